//! R, F and M scores from cut points.

use patron_core::{Coded, ErrorCode};
use patron_stats::scores::{CutError, CutPoints, Direction, Method};

use super::measures::Values;

/// How one axis is scored.
#[derive(Debug, Clone)]
pub struct AxisSettings {
    /// Number of scores, 2 to 10.
    pub bins: u8,
    /// How cut points are found.
    pub method: Method,
    /// Cut points of an earlier run, to be used as they are.
    pub frozen: Option<Vec<f64>>,
}

/// How customers are scored.
#[derive(Debug, Clone)]
pub struct ScoreSettings {
    /// R, F, M.
    pub axes: [AxisSettings; 3],
    /// Weights of R, F, M in the total.
    pub weights: [f64; 3],
}

/// Scores of every customer, in customer order.
#[derive(Debug, Clone)]
pub struct Scores {
    /// Scores on R, F, M.
    pub scores: [Vec<u8>; 3],
    /// Cut points on R, F, M.
    pub cut_points: [CutPoints; 3],
    /// Weights of the total.
    pub weights: [f64; 3],
    /// Customers with nothing in the window: score 1 on F and M, no part in their cut points.
    pub outside_window: u64,
}

/// The axes, in the order of every array here.
pub const AXES: [&str; 3] = ["recency", "frequency", "monetary"];

/// Why scores cannot be given.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ScoreError {
    /// The cut points of an axis cannot be found.
    #[error("cannot score {axis}")]
    Axis {
        /// Which axis.
        axis: &'static str,
        /// Why.
        #[source]
        source: CutError,
    },
}

impl Coded for ScoreError {
    fn code(&self) -> ErrorCode {
        let Self::Axis { source, .. } = self;
        match source {
            CutError::NoValues => ErrorCode::InputEmpty,
            CutError::NotFinite { .. } => ErrorCode::Internal,
            CutError::RepeatedEdges { .. } => ErrorCode::TooLittleData,
            _ => ErrorCode::SettingInvalid,
        }
    }

    fn key(&self) -> &'static str {
        "cannot_score"
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        let Self::Axis { axis, source } = self;
        vec![("axis", (*axis).to_owned()), ("reason", source.to_string())]
    }

    fn hint(&self) -> Option<String> {
        let Self::Axis { axis, source } = self;
        match source {
            CutError::RepeatedEdges { .. } => Some(format!(
                "too many customers share a value: use `--score-method quantile` (ties share a score) or fewer `--bins` for {axis}"
            )),
            _ => None,
        }
    }
}

impl Scores {
    /// Scores every customer on the three axes.
    ///
    /// # Errors
    /// [`ScoreError::Axis`] for the first axis whose cut points cannot be found.
    pub fn new(values: &Values, settings: &ScoreSettings) -> Result<Self, ScoreError> {
        let [recency, frequency, monetary] = &settings.axes;
        let (r, r_cuts) = score_axis(
            AXES[0],
            &values.recency,
            &[],
            recency,
            Direction::LowerIsBetter,
        )?;
        let window = values.in_window.as_slice();
        let (f, f_cuts) = score_axis(
            AXES[1],
            &values.frequency,
            window,
            frequency,
            Direction::HigherIsBetter,
        )?;
        let (m, m_cuts) = score_axis(
            AXES[2],
            &values.monetary,
            window,
            monetary,
            Direction::HigherIsBetter,
        )?;
        Ok(Self {
            scores: [r, f, m],
            cut_points: [r_cuts, f_cuts, m_cuts],
            weights: settings.weights,
            outside_window: window.iter().filter(|&&inside| !inside).count() as u64,
        })
    }

    /// Returns a customer's R, F, M scores; zeros beyond the end.
    #[must_use]
    pub fn of(&self, customer: usize) -> [u8; 3] {
        let [r, f, m] = &self.scores;
        [r, f, m].map(|scores| scores.get(customer).copied().unwrap_or(0))
    }

    /// Returns the scores as text: `545`, or `10-5-9` where an axis has ten scores.
    #[must_use]
    pub fn text(&self, [r, f, m]: [u8; 3]) -> String {
        if self.cut_points.iter().all(|cuts| cuts.bins() <= 9) {
            format!("{r}{f}{m}")
        } else {
            format!("{r}-{f}-{m}")
        }
    }

    /// Returns the weighted total of three scores.
    #[must_use]
    pub fn total(&self, scores: [u8; 3]) -> f64 {
        scores
            .iter()
            .zip(self.weights)
            .map(|(&score, weight)| f64::from(score) * weight)
            .sum()
    }
}

fn score_axis(
    axis: &'static str,
    values: &[f64],
    in_scope: &[bool],
    settings: &AxisSettings,
    direction: Direction,
) -> Result<(Vec<u8>, CutPoints), ScoreError> {
    let error = |source| ScoreError::Axis { axis, source };
    let scoped: Vec<f64>;
    let inside = if in_scope.is_empty() {
        values
    } else {
        scoped = values
            .iter()
            .zip(in_scope)
            .filter(|(_, inside)| **inside)
            .map(|(value, _)| *value)
            .collect();
        &scoped
    };
    let cuts = match &settings.frozen {
        Some(frozen) => {
            CutPoints::frozen(&settings.method, settings.bins, direction, frozen.clone())
        }
        // Nobody has anything in the window: everybody scores 1, and the other scores are missing.
        None if inside.is_empty() && !in_scope.is_empty() => {
            let nowhere = vec![0.0; usize::from(settings.bins.max(1) - 1)];
            CutPoints::frozen(&settings.method, settings.bins, direction, nowhere)
        }
        None => CutPoints::find(inside, &settings.method, settings.bins, direction),
    }
    .map_err(error)?;
    let scores = cuts.score_all(inside);
    if in_scope.is_empty() {
        return Ok((scores, cuts));
    }
    let mut inside = scores.into_iter();
    let scores = in_scope
        .iter()
        .map(|&within| {
            if within {
                inside.next().unwrap_or(1)
            } else {
                1
            }
        })
        .collect();
    Ok((scores, cuts))
}
