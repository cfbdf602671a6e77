//! What is expected of each customer, and how surely.
//!
//! | module | question it answers |
//! |---|---|
//! | `teller` | what is told of every history, and of every customer's value? |
//! | `spend` | what does a purchase bring? |
//! | `covariates` | the same where customers differ by what else is known of them |
//! | `drawn` | and where every set of parameters counts |
//! | `own` | and where their own rates were drawn |
//! | `opportunities` | and where one can only buy at opportunities |
//! | `contracts` | and where customers renew |
//! | `periods` | how far ahead is that, in opportunities and renewals? |

mod contracts;
mod covariates;
mod drawn;
mod opportunities;
mod own;
mod periods;
mod spend;
mod teller;

pub use contracts::{ContractPrediction, ContractPredictions, predict_contracts};
pub use covariates::predict_with_covariates;
pub use drawn::predict_drawn;
pub use opportunities::predict_opportunities;
pub use own::predict_own;
pub use periods::Periods;

use patron_core::Day;
use patron_stats::intervals::{Interval, IntervalError, ParameterDraws};
use patron_stats::purchase::{Forecast, PurchaseModel};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;

use super::{Base, ClvError, Fit, steps};
use spend::Spend;
use teller::{Asked, How};

/// Draws of the parameters: the bounds of a 90 % interval are then the tenth from either end.
const DRAWS: usize = 199;
/// The draws are the same for the same fit.
const SEED: u64 = 1;

/// What is to be predicted.
#[derive(Debug, Clone, Copy)]
pub struct PredictRequest {
    /// The level of intervals, above 0 and below 1.
    pub level: f64,
    /// Parameters are drawn by refits to simulated customers, not from the likelihood's curvature.
    pub bootstrap: bool,
    /// Whether intervals are told at all: they take most of the time.
    pub intervals: bool,
    /// Nobody asks for more than the probability of being a customer still and expected purchases. Where it saves work, the rest
    /// is left out: it is not a number then, nobody has a value, and no note speaks of it.
    pub only_purchases: bool,
}

/// What is expected of a customer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// What the history alone decides.
    pub of_history: OfHistory,
    /// Expected spend of a purchase and value over the horizon, with the interval of its expectation.
    pub value: Option<Value>,
}

/// What is expected of everybody with one history.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OfHistory {
    /// Of the model.
    pub forecast: Forecast,
    /// Probability of at least one purchase within the horizon.
    pub probability_of_purchase: f64,
    /// How surely the expected purchases are known; nothing where that cannot be told, or was not asked for.
    pub expected_purchases: Option<Interval>,
    /// Between which numbers of purchases one of these customers will end up; nothing where that was not asked for.
    pub outcome: Option<[usize; 2]>,
}

impl OfHistory {
    /// Nothing is expected of anybody.
    const NOTHING: Self = Self {
        forecast: Forecast::NOTHING,
        probability_of_purchase: 0.0,
        expected_purchases: None,
        outcome: None,
    };

    /// What is known where only P(alive) and expected purchases are.
    const fn of_purchases([probability_alive, expected_purchases]: [f64; 2]) -> Self {
        Self {
            forecast: Forecast {
                probability_alive,
                expected_purchases,
                discounted_purchases: f64::NAN,
                discounted_purchases_lifetime: f64::NAN,
                median_time_to_next_purchase: None,
            },
            probability_of_purchase: f64::NAN,
            ..Self::NOTHING
        }
    }
}

/// What a customer's purchases are expected to bring.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Value {
    /// Mean spend of a purchase.
    pub expected_spend: f64,
    /// Discounted purchases × spend × margin.
    pub clv: f64,
    /// How surely that is known.
    pub interval: Option<Interval>,
    /// The same without end.
    pub clv_lifetime: f64,
}

/// What is told of each distinct history.
#[derive(Debug)]
enum OfHistories {
    All(Vec<OfHistory>),
    /// P(alive) and expected purchases alone: a sixth of the memory, which takes as long to fill as the numbers to find.
    Purchases(Vec<[f64; 2]>),
}

impl OfHistories {
    fn of(&self, history: usize) -> Option<OfHistory> {
        match self {
            Self::All(told) => told.get(history).copied(),
            Self::Purchases(told) => told.get(history).copied().map(OfHistory::of_purchases),
        }
    }

    const fn len(&self) -> usize {
        match self {
            Self::All(told) => told.len(),
            Self::Purchases(told) => told.len(),
        }
    }
}

impl From<Vec<OfHistory>> for OfHistories {
    fn from(told: Vec<OfHistory>) -> Self {
        Self::All(told)
    }
}

/// What is expected of all customers.
#[derive(Debug)]
pub struct Predictions {
    told: OfHistories,
    /// The place of each customer's history, in the order of the base.
    of_customer: Vec<usize>,
    /// One per customer, or none where nothing is known of spend.
    values: Vec<Value>,
    /// The horizon in units of the model.
    pub horizon: f64,
    /// Whether values are margin, not revenue.
    pub is_margin: bool,
    /// What a reader must know.
    pub notes: Vec<String>,
}

impl Predictions {
    /// Returns what is expected of the customer at a place of the base.
    #[must_use]
    pub fn customer(&self, place: usize) -> Option<Prediction> {
        Some(Prediction {
            of_history: self.told.of(self.history(place)?)?,
            value: self.values.get(place).copied(),
        })
    }

    /// Returns the number of the history that a customer has: customers with one number are told the same, but for values.
    #[must_use]
    pub fn history(&self, place: usize) -> Option<usize> {
        self.of_customer.get(place).copied()
    }

    /// Returns how many distinct histories there are.
    #[must_use]
    pub const fn histories(&self) -> usize {
        self.told.len()
    }

    /// Returns whether anything is known of what purchases bring.
    #[must_use]
    pub const fn has_values(&self) -> bool {
        !self.values.is_empty()
    }
}

/// Predicts every customer of a base.
///
/// # Errors
/// [`ClvError::Forecast`], [`ClvError::Interval`].
pub fn predict(base: &Base, fit: &Fit, request: &PredictRequest) -> Result<Predictions, ClvError> {
    let mut notes = Vec::new();
    let asked = Asked::of(base, request);
    let model = fit.model.as_ref();
    let (told, values) = if request.only_purchases && !request.intervals {
        (
            OfHistories::Purchases(asked.purchases(base, model)?),
            Vec::new(),
        )
    } else {
        let drawn = noted(draws(base, model, request), &mut notes)?;
        let spend = Spend::of(base, request, &mut notes)?;
        let how = How {
            draws: drawn.as_ref(),
            spend: spend.as_ref(),
            averaged: false,
        };
        let (told, values) = asked.tell(base, model, how)?;
        notes.extend(of_values(&values, spend.as_ref()));
        (told.into(), values)
    };
    steps::done("predictions", told.len());
    Ok(Predictions {
        told,
        of_customer: base.by_history().of_customers().collect(),
        values,
        horizon: asked.horizon,
        is_margin: base.settings.margin.is_some(),
        notes,
    })
}

/// What there is to say of values, or of there being none.
fn of_values(values: &[Value], spend: Option<&Spend>) -> Vec<String> {
    let none = "no values: nothing is known of what repeat purchases brought";
    let none = spend.is_none().then(|| none.to_owned());
    unbounded(values).into_iter().chain(none).collect()
}

/// Says of how many the value may be anything.
fn unbounded(values: &[Value]) -> Option<String> {
    let unbounded = values.iter().filter(|value| {
        let interval = value.interval;
        interval.is_some_and(|interval| interval.high.is_infinite())
    });
    match unbounded.count() {
        0 => None,
        unbounded => Some(format!(
            "the value of {unbounded} has no upper bound: within the precision of the fit the mean of what they spend may be infinite"
        )),
    }
}

/// The horizon of values in units of the model: calendar months after a day, mean months after a summary.
fn horizon(base: &Base) -> f64 {
    let months = base.settings.horizon_months;
    let days = match base.calibration_end {
        Some(day) => days_of(day, months),
        None => f64::from(months) * 365.25 / 12.0,
    };
    days / base.unit.days()
}

fn days_of(day: Day, months: u32) -> f64 {
    f64::from(day.plus_months(months).days_since(day))
}

fn draws(
    base: &Base,
    model: &dyn PurchaseModel,
    request: &PredictRequest,
) -> Option<Result<ParameterDraws, IntervalError>> {
    let mut generator = ChaCha12Rng::seed_from_u64(SEED);
    let named = model.named_parameters();
    request.intervals.then(|| {
        if request.bootstrap {
            ParameterDraws::bootstrap(model, &base.histories(), DRAWS, &mut generator)
        } else {
            ParameterDraws::laplace(&named, model.report(), DRAWS, &mut generator)
        }
    })
}

/// Takes draws with what there is to say of them; that there are none is said, too.
fn noted(
    draws: Option<Result<ParameterDraws, IntervalError>>,
    notes: &mut Vec<String>,
) -> Result<Option<ParameterDraws>, ClvError> {
    let Some(draws) = draws else { return Ok(None) };
    match draws {
        Ok(draws) => {
            notes.extend(draws.notes().iter().map(ToString::to_string));
            Ok(Some(draws))
        }
        Err(error @ (IntervalError::CovarianceAbsent | IntervalError::NotFitted)) => {
            let hint = error
                .hint()
                .map_or(String::new(), |hint| format!(": {hint}"));
            notes.push(format!("no interval of the expectation: {error}{hint}"));
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}
