//! Kaplan and Meier's curve: the share of those watched to whom something has not happened yet, where watching ends at
//! different times.
//!
//! Asked of purchases: who has not bought again t days after the purchase before? Who bought yesterday has been watched for a day only
//! and must not count as someone who does not buy.

use crate::intervals::Interval;
use crate::level::Level;
use crate::summary;

/// Shares that differ by less than this are equal but for rounding, where a share of a half is looked for.
const ROUNDING: f64 = 1e-12;

/// Why no curve can be drawn.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SurvivalError {
    /// Nobody was watched.
    #[error("nobody was watched, expected at least one")]
    NobodyWatched,
    /// A time is negative, infinite or not a number.
    #[error("a time of {time}, expected a finite number of at least 0")]
    TimeOutsideDomain {
        /// The time given.
        time: f64,
    },
}

/// How long one was watched, or several alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Watched {
    /// Time from the beginning to the event or, without one, to the end of watching; in any unit.
    pub time: f64,
    /// Whether it ended with the event; otherwise it was cut off (censored).
    pub event: bool,
    /// How many there are of them.
    pub count: u64,
}

impl Watched {
    /// Returns one who was watched until the event.
    #[must_use]
    pub const fn event(time: f64) -> Self {
        Self {
            time,
            event: true,
            count: 1,
        }
    }

    /// Returns one who was watched without an event.
    #[must_use]
    pub const fn censored(time: f64) -> Self {
        Self {
            time,
            event: false,
            count: 1,
        }
    }
}

/// The curve at one time at which an event happened or watching ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// The time.
    pub time: f64,
    /// Watched until just before it.
    pub at_risk: u64,
    /// Events at it.
    pub events: u64,
    /// Cut off at it: they were at risk at it still.
    pub censored: u64,
    /// Share without an event up to and including it.
    pub survival: f64,
    /// Standard error of the share, by Greenwood's formula; nothing at a share of 0.
    pub standard_error: Option<f64>,
    /// Interval of the share; nothing at shares of 1 and 0, where the formula has none.
    pub interval: Option<Interval>,
}

/// A time by which a share of all has had the event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SurvivalTime {
    /// The time; nothing where the curve does not come so low.
    pub time: Option<f64>,
    /// Lower bound; nothing where the bound of the curve does not come so low.
    pub low: Option<f64>,
    /// Upper bound; nothing where the bound of the curve does not come so low: "or later".
    pub high: Option<f64>,
}

/// The curve of Kaplan and Meier.
#[derive(Debug, Clone, PartialEq)]
pub struct KaplanMeier {
    steps: Vec<Step>,
    watched: u64,
}

impl KaplanMeier {
    /// Draws the curve, with intervals of `level` at every step.
    ///
    /// # Model
    ///
    /// ```text
    /// S(t) = Π_{tᵢ ≤ t} (1 − dᵢ/nᵢ)        V = Σ_{tᵢ ≤ t} dᵢ/(nᵢ·(nᵢ − dᵢ))
    /// standard error S·√V                  interval S^exp(± z·√V / ln S)
    /// ```
    ///
    /// | symbol | field      | unit   |
    /// |--------|------------|--------|
    /// | tᵢ     | `time`     | any    |
    /// | dᵢ     | `events`   | people |
    /// | nᵢ     | `at_risk`  | people |
    /// | S      | `survival` | share  |
    ///
    /// Who is cut off at the time of an event was at risk of it. Being cut off must say nothing about when the event would have come.
    /// The interval is that of ln(−ln S), which stays between 0 and 1; it holds at one time, not for the whole curve at once.
    ///
    /// # Errors
    /// [`SurvivalError`]; counts of 0 are nobody.
    ///
    /// # Source
    /// Kaplan, Meier (1958), Nonparametric estimation from incomplete observations; Greenwood (1926); Kalbfleisch, Prentice (2002),
    /// The Statistical Analysis of Failure Time Data, section 1.4. Checked against lifelines.
    ///
    /// # Examples
    /// ```
    /// use patron_stats::kaplan_meier::{KaplanMeier, Watched};
    /// use patron_stats::level::Level;
    ///
    /// let watched = [Watched::event(3.0), Watched::censored(3.0), Watched::event(8.0), Watched::censored(9.0)];
    /// let curve = KaplanMeier::new(&watched, Level::NINETY_FIVE)?;
    /// let shares: Vec<f64> = curve.steps().iter().map(|step| step.survival).collect();
    /// assert_eq!(shares, [0.75, 0.375, 0.375]);
    /// # Ok::<(), patron_stats::kaplan_meier::SurvivalError>(())
    /// ```
    pub fn new(watched: &[Watched], level: Level) -> Result<Self, SurvivalError> {
        let valid = |time: f64| time >= 0.0 && time.is_finite();
        if let Some(bad) = watched.iter().find(|one| !valid(one.time)) {
            return Err(SurvivalError::TimeOutsideDomain { time: bad.time });
        }
        let mut sorted: Vec<Watched> = watched
            .iter()
            .filter(|one| one.count > 0)
            .copied()
            .collect();
        if sorted.is_empty() {
            return Err(SurvivalError::NobodyWatched);
        }
        sorted.sort_by(|left, right| left.time.total_cmp(&right.time));
        let total = sorted.iter().map(|one| one.count).sum();
        let z = level.normal();
        let mut before = Before {
            at_risk: total,
            survival: 1.0,
            variance: 0.0,
        };
        let same_time =
            |left: &Watched, right: &Watched| left.time <= right.time && right.time <= left.time;
        let steps = sorted
            .chunk_by(same_time)
            .map(|alike| before.step(alike, z));
        Ok(Self {
            steps: steps.collect(),
            watched: total,
        })
    }

    /// Returns the times at which an event happened or watching ended, ascending.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Returns how many were watched.
    #[must_use]
    pub const fn watched(&self) -> u64 {
        self.watched
    }

    /// Returns how many events there were.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.steps.iter().map(|step| step.events).sum()
    }

    /// Returns the curve at a time: the last step at or before it, with its counts; before the first step a share of 1.
    ///
    /// # Returns
    /// Nothing beyond the last step, unless the share is 0 there: nobody was watched for so long. Nothing for NaN.
    #[must_use]
    pub fn at(&self, time: f64) -> Option<Step> {
        let last = self.steps.last()?;
        if time.is_nan() || (time > last.time && last.survival > 0.0) {
            return None;
        }
        let passed = self.steps.partition_point(|step| step.time <= time);
        let start = Step {
            time: 0.0,
            at_risk: self.watched,
            events: 0,
            censored: 0,
            survival: 1.0,
            standard_error: Some(0.0),
            interval: None,
        };
        let step = passed
            .checked_sub(1)
            .and_then(|place| self.steps.get(place));
        Some(step.copied().unwrap_or(start))
    }

    /// Returns the first time at which at least the share `level` of all has had the event: the median for a half.
    ///
    /// The bounds are the times at which the bounds of the curve come there. Where the curve is flat exactly at the share, this is the
    /// beginning of the flat part, as lifelines has it; R's survfit takes its middle.
    ///
    /// # Returns
    /// No times for a `level` outside `(0, 1]`.
    #[must_use]
    pub fn time_of_share(&self, level: f64) -> SurvivalTime {
        let left = 1.0 - level + ROUNDING;
        let first = |of: &dyn Fn(&Step) -> Option<f64>| {
            let found = |step: &&Step| of(step).is_some_and(|share| share <= left);
            let possible = level > 0.0 && level <= 1.0;
            let step = self.steps.iter().find(found).filter(|_| possible);
            step.map(|step| step.time)
        };
        SurvivalTime {
            time: first(&|step| Some(step.survival)),
            low: first(&|step| step.interval.map(|interval| interval.low)),
            high: first(&|step| step.interval.map(|interval| interval.high)),
        }
    }

    /// Returns the mean time to the event up to `until`: the area under the curve there (restricted mean).
    ///
    /// # Returns
    /// Nothing beyond the last step, as [`Self::at`], and for a time that is not above 0.
    #[must_use]
    pub fn mean_until(&self, until: f64) -> Option<f64> {
        self.at(until)?;
        let mut areas = Vec::new();
        let (mut since, mut share) = (0.0, 1.0);
        for step in self.steps.iter().take_while(|step| step.time < until) {
            areas.push(share * (step.time - since));
            (since, share) = (step.time, step.survival);
        }
        areas.push(share * (until - since));
        (until > 0.0).then(|| summary::sum(&areas))
    }
}

/// What is known just before a step.
#[derive(Debug)]
struct Before {
    at_risk: u64,
    survival: f64,
    /// Greenwood's sum.
    variance: f64,
}

impl Before {
    /// Takes those whose watching ended at one time.
    fn step(&mut self, alike: &[Watched], z: f64) -> Step {
        let count = |event: bool| -> u64 {
            let those = alike.iter().filter(|one| one.event == event);
            those.map(|one| one.count).sum()
        };
        let (events, censored) = (count(true), count(false));
        let (n, d) = (self.at_risk as f64, events as f64);
        self.survival *= (n - d) / n;
        self.variance += d / (n * (n - d));
        let known = self.survival > 0.0;
        let step = Step {
            time: alike.first().map_or(0.0, |one| one.time),
            at_risk: self.at_risk,
            events,
            censored,
            survival: self.survival,
            standard_error: known.then(|| self.survival * self.variance.sqrt()),
            interval: (known && self.survival < 1.0).then(|| self.interval(z)),
        };
        self.at_risk -= events + censored;
        step
    }

    fn interval(&self, z: f64) -> Interval {
        let factor = (z * self.variance.sqrt() / self.survival.ln().abs()).exp();
        Interval {
            low: self.survival.powf(factor),
            high: self.survival.powf(1.0 / factor),
        }
    }
}
