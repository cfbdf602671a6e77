//! What has to be known of all customers before any is scored, found from counts: cut points, knives, the shop's interval.

use patron_core::Money;
use patron_segments::Vocabulary;
use patron_stats::scores::counted::Ranks;
use patron_stats::scores::{
    Counted, CutError, CutPoints, Direction, EXACT_DISTINCT_VALUES, Method,
};

use super::error::SparkError;
use super::job::same;
use super::measured::{INTERVAL, MEASURES, MeasurePlan, MeasuredTotals, OF_OCTANTS, value};
use super::plan::{FoldPlan, speaks};
use super::refine::{Bucket, Counts, Round, refine};
use super::scorer::{AxisPlan, ScorePlan};
use crate::error::EngineError;
use crate::scoring::lifecycle::WITHOUT_REPEATS_DAYS;
use crate::scoring::octants::KnifeMethod;
use crate::scoring::scores::AXES;
use crate::scoring::{
    AxisSettings, LifecycleBounds, Measures, OctantSettings, ScoreError, ScoreOn, ScoreSettings,
};

/// The directions of R, F and M.
const DIRECTIONS: [Direction; 3] = [
    Direction::LowerIsBetter,
    Direction::HigherIsBetter,
    Direction::HigherIsBetter,
];

/// Numbers of customers that can be counted where they are.
pub(super) trait Numbers {
    /// Counts them by their upper bits.
    fn round(&mut self, round: &Round) -> Result<Vec<Bucket>, SparkError>;
    /// Counts each different one of a measure; no more than so many.
    fn every(&mut self, measure: usize, most: usize) -> Result<Vec<Bucket>, SparkError>;
}

/// How customers are scored.
#[derive(Debug, Clone)]
pub struct ScoringRules {
    /// What R, F and M of scores stand for.
    pub measures: Measures,
    /// How scores are given.
    pub scores: ScoreSettings,
    /// How octants are cut.
    pub octants: OctantSettings,
    /// Where stages of life end.
    pub lifecycle: LifecycleBounds,
    /// Which segments there are.
    pub vocabulary: Vocabulary,
    /// The share that is margin, if it is known.
    pub margin: Option<Money>,
}

/// What was found over all customers before any was scored.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) cut_points: [CutPoints; 3],
    pub(super) knives: [f64; 3],
    pub(super) shop_interval: f64,
}

impl ScoringRules {
    /// Refuses what needs all customers in one order.
    ///
    /// # Errors
    /// [`SparkError::NotOnSpark`].
    pub fn check(&self) -> Result<(), SparkError> {
        for axis in &self.scores.axes {
            if axis.frozen.is_none()
                && let Err(CutError::NeedsOrder { .. }) = Counted::ranks(&axis.method, axis.bins, 1)
            {
                return Err(SparkError::NotOnSpark {
                    setting: "a score method that splits equal values by the order of customers (`qcut-first`, `ntile`) beside `--customers-to`",
                    hint: "say `--score-method quantile`, or leave `--customers-to` out, and customers come here",
                });
            }
        }
        Ok(())
    }

    /// Returns what is measured of customers.
    pub(super) fn plan(&self) -> MeasurePlan {
        let octants = &self.octants;
        MeasurePlan {
            scores: self.measures,
            octants: Measures {
                frequency: octants.frequency,
                monetary: octants.monetary,
                score_on: ScoreOn::All,
                margin: octants.margin,
            },
        }
    }

    pub(super) fn score_plan(
        &self,
        fold: FoldPlan,
        measures: MeasurePlan,
        found: &Found,
        totals: &MeasuredTotals,
    ) -> ScorePlan {
        ScorePlan {
            speaks: speaks(),
            fold,
            measures,
            axes: found.cut_points.each_ref().map(AxisPlan::new),
            weights: self.scores.weights,
            knives: found.knives,
            lifecycle: self.lifecycle,
            shop_interval: found.shop_interval,
            margin: self.margin,
            vocabulary: self.vocabulary.clone(),
            contacts: totals.contacts.map(|count| count > 0),
        }
    }

    /// How each measure is cut: R, F and M of scores, F and M of octants.
    fn method(&self, measure: usize) -> Option<(Method, u8)> {
        let of_axis = |axis: &AxisSettings| match &axis.frozen {
            Some(_) => (Method::Fixed(Vec::new()), axis.bins),
            None => (axis.method.clone(), axis.bins),
        };
        match self.scores.axes.get(measure) {
            Some(axis) => Some(of_axis(axis)),
            None if measure == INTERVAL => Some((Method::Median, 2)),
            None => Some((self.knife(measure), 2)),
        }
    }

    fn knife(&self, axis: usize) -> Method {
        match self.octants.knife {
            KnifeMethod::Mean => Method::Mean,
            KnifeMethod::Median => Method::Median,
            KnifeMethod::Fixed(cuts) => {
                Method::Fixed(cuts.get(axis).copied().into_iter().collect())
            }
        }
    }

    /// The ranks of a measure that have to be known.
    fn wanted(&self, measure: usize, total: u64) -> Vec<u64> {
        let mut wanted = Vec::new();
        let mut add = |(method, bins): (Method, u8)| {
            if let Ok(Ranks::Some(ranks)) = Counted::ranks(&method, bins, total) {
                wanted.extend(ranks);
            }
        };
        self.method(measure).into_iter().for_each(&mut add);
        if measure == 0 {
            // R of octants is R of scores.
            add((self.knife(0), 2));
        }
        wanted
    }
}

/// Finds cut points and the like over all customers.
pub(super) fn find(
    numbers: &mut dyn Numbers,
    rules: &ScoringRules,
    totals: &MeasuredTotals,
) -> Result<Found, EngineError> {
    let wanted = |measure, total| rules.wanted(measure, total);
    let counts = refine(MEASURES, wanted, |round| numbers.round(round))?;
    for (counts, sum) in counts.iter().zip(&totals.sums) {
        same("customers who are measured", sum.0.count(), counts.total())?;
    }
    let of = |measure: usize| -> Counted {
        let counted = counts.get(measure).map(Counts::counted);
        let sum = totals.sums.get(measure);
        let sum = sum.map(|sum| sum.0.clone()).unwrap_or_default();
        counted.unwrap_or_default().with_sum(sum)
    };
    let mut cut_points = Vec::with_capacity(3);
    for (place, axis) in rules.scores.axes.iter().enumerate() {
        let counted = match axis.method {
            Method::NaturalBreaks if axis.frozen.is_none() => {
                every(numbers, place, of(place).total())?
            }
            _ => of(place),
        };
        cut_points.push(cuts(place, axis, rules.measures.score_on, &counted)?);
    }
    let mut knives = [0.0; 3];
    for ((place, knife), measure) in knives.iter_mut().enumerate().zip(OF_OCTANTS) {
        let method = rules.knife(place);
        let cuts = CutPoints::find_counted(&of(measure), &method, 2, direction(place));
        let cuts = cuts.map_err(|source| of_axis(place, source))?;
        *knife = cuts.cuts().first().copied().unwrap_or_default();
    }
    let cut_points = <[CutPoints; 3]>::try_from(cut_points).map_err(|_| SparkError::Answer {
        what: "cut points of other axes than three".to_owned(),
    })?;
    let interval = of(INTERVAL).type_7_quantile(0.5);
    Ok(Found {
        cut_points,
        knives,
        shop_interval: interval.unwrap_or(WITHOUT_REPEATS_DAYS),
    })
}

/// The cut points of one axis.
fn cuts(
    place: usize,
    axis: &AxisSettings,
    score_on: ScoreOn,
    counted: &Counted,
) -> Result<CutPoints, ScoreError> {
    let direction = direction(place);
    let nobody = counted.total() == 0 && place > 0 && score_on == ScoreOn::Window;
    let cuts = match &axis.frozen {
        Some(frozen) => CutPoints::frozen(&axis.method, axis.bins, direction, frozen.clone()),
        // As where customers are scored here: everybody scores 1.
        None if nobody => {
            let nowhere = vec![0.0; usize::from(axis.bins.max(1) - 1)];
            CutPoints::frozen(&axis.method, axis.bins, direction, nowhere)
        }
        None => CutPoints::find_counted(counted, &axis.method, axis.bins, direction),
    };
    cuts.map_err(|source| of_axis(place, source))
}

fn direction(place: usize) -> Direction {
    let direction = DIRECTIONS.get(place).copied();
    direction.unwrap_or(Direction::HigherIsBetter)
}

fn of_axis(place: usize, source: CutError) -> ScoreError {
    let axis = AXES.get(place).copied().unwrap_or_default();
    ScoreError::Axis { axis, source }
}

/// The medians of R, F and M of segments of so many customers each; their numbers come as three measures a segment.
pub(super) fn medians(
    numbers: &mut dyn Numbers,
    segments: &[u64],
) -> Result<Vec<Option<[f64; 3]>>, SparkError> {
    let wanted = |_: usize, total: u64| match Counted::ranks(&Method::Median, 2, total) {
        Ok(Ranks::Some(ranks)) => ranks,
        _ => Vec::new(),
    };
    let counts = refine(3 * segments.len(), wanted, |round| numbers.round(round))?;
    for (axes, customers) in counts.chunks(3).zip(segments) {
        for axis in axes {
            same("customers of a segment", *customers, axis.total())?;
        }
    }
    let medians = counts.chunks(3).map(|axes| match axes {
        [r, f, m] => {
            let median = |counts: &Counts| counts.counted().type_7_quantile(0.5);
            Some([median(r)?, median(f)?, median(m)?])
        }
        _ => None,
    });
    Ok(medians.collect())
}

/// Every value of a measure with its count, if there are not too many.
fn every(numbers: &mut dyn Numbers, measure: usize, total: u64) -> Result<Counted, SparkError> {
    let most = EXACT_DISTINCT_VALUES + 1;
    let mut found = numbers.every(measure, most)?;
    if found.len() >= most {
        return Err(SparkError::NotOnSpark {
            setting: "natural breaks of so many distinct values, beside `--customers-to`,",
            hint: "say `--score-method quantile`, or leave `--customers-to` out, and customers come here",
        });
    }
    found.sort_unstable();
    let mut counted = Counted::new(total);
    let mut before = 0;
    for bucket in found {
        counted.push(before, value(bucket.least), bucket.count);
        before += bucket.count;
    }
    Ok(counted)
}
