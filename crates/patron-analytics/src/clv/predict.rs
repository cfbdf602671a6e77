//! What is expected of each customer, and how surely.

use patron_core::Day;
use patron_stats::estimate::FitError;
use patron_stats::gamma_gamma::{FittedGammaGamma, GammaGammaConfig, SpendHistory};
use patron_stats::history::History;
use patron_stats::intervals::{
    ExpectationForecaster, Interval, IntervalError, ParameterDraws, SpendDraws,
};
use patron_stats::outcome::count_quantiles_all;
use patron_stats::purchase::{Forecast, PurchaseModel};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;

use super::{Base, ClvError, Fit};

/// Draws of the parameters: the bounds of a 90 % interval are then the tenth from either end.
const DRAWS: usize = 199;
/// The draws are the same for the same fit.
const SEED: u64 = 1;
/// Customers that a thread takes at a time.
const CHUNK: usize = 512;

/// What is to be predicted.
#[derive(Debug, Clone, Copy)]
pub struct PredictRequest {
    /// The level of intervals, above 0 and below 1.
    pub level: f64,
    /// Parameters are drawn by refits to simulated customers, not from the likelihood's curvature.
    pub bootstrap: bool,
    /// Whether intervals are told at all: they take most of the time.
    pub intervals: bool,
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

/// What is expected of all customers.
#[derive(Debug)]
pub struct Predictions {
    /// By distinct history.
    told: Vec<OfHistory>,
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
            of_history: *self.told.get(self.history(place)?)?,
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
    let horizon = horizon(base);
    let discount = base.settings.annual_discount.ln_1p() * base.unit.days() / 365.25;
    let model = fit.model.as_ref();
    let expected = match noted(draws(base, model, request), &mut notes)? {
        Some(draws) => Some(ExpectationForecaster::new(
            model,
            &draws,
            horizon,
            discount,
            request.level,
        )?),
        None => None,
    };
    let spend = Spend::of(base, request, &mut notes)?;
    let teller = Teller {
        model,
        expected: expected.as_ref(),
        spend: spend.as_ref(),
        forecaster: model.forecaster(horizon, discount)?,
        horizon,
        level: request.intervals.then_some(request.level),
        margin: base.settings.margin.map_or(1.0, patron_core::Money::to_f64),
    };
    let (told, values) = teller.all(base)?;
    notes.extend(unbounded(&values));
    if spend.is_none() {
        notes.push("no values: nothing is known of what repeat purchases brought".to_owned());
    }
    Ok(Predictions {
        told,
        of_customer: base.by_history().of_customer().to_vec(),
        values,
        horizon,
        is_margin: base.settings.margin.is_some(),
        notes,
    })
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

/// What a purchase brings.
enum Spend {
    GammaGamma(Box<FittedGammaGamma>, Option<SpendDraws>),
    /// Every repeat buyer spends the same.
    Constant(f64),
}

impl Spend {
    fn of(
        base: &Base,
        request: &PredictRequest,
        notes: &mut Vec<String>,
    ) -> Result<Option<Self>, ClvError> {
        if base
            .customers
            .iter()
            .all(|customer| customer.spend.is_none())
        {
            return Ok(None);
        }
        let fitted = match GammaGammaConfig::default().build().fit(&base.spends()) {
            Ok(fitted) => fitted,
            Err(FitError::SpendConstant { spend, .. }) => return Ok(Some(Self::Constant(spend))),
            Err(error) => {
                notes.push(format!("the spend model cannot be fitted: {error}"));
                return Ok(None);
            }
        };
        if fitted.population_mean().is_none() {
            notes.push(
                "under the spend model the mean of what customers spend is infinite".to_owned(),
            );
            return Ok(None);
        }
        let mut generator = ChaCha12Rng::seed_from_u64(SEED + 1);
        let named = fitted.named_parameters();
        let draw = || ParameterDraws::laplace(&named, fitted.report(), DRAWS, &mut generator);
        let drawn = request.intervals.then(draw);
        let draws = match noted(drawn, notes)? {
            Some(draws) => Some(SpendDraws::new(&draws)?),
            None => None,
        };
        Ok(Some(Self::GammaGamma(Box::new(fitted), draws)))
    }

    fn mean(&self, spend: Option<&SpendHistory>) -> f64 {
        match self {
            Self::GammaGamma(model, _) => model.expected_spend(spend).unwrap_or(f64::INFINITY),
            Self::Constant(spend) => *spend,
        }
    }
}

/// Everything that a prediction takes.
struct Teller<'a> {
    model: &'a dyn PurchaseModel,
    expected: Option<&'a ExpectationForecaster>,
    spend: Option<&'a Spend>,
    forecaster: patron_stats::purchase::Forecaster,
    horizon: f64,
    /// That of intervals, if any are asked for.
    level: Option<f64>,
    margin: f64,
}

impl Teller<'_> {
    /// Returns what is told of every history, and what every customer is worth.
    fn all(&self, base: &Base) -> Result<(Vec<OfHistory>, Vec<Value>), ClvError> {
        let by_history = base.by_history();
        let parts = by_history.histories().par_chunks(CHUNK);
        let parts = parts
            .map(|histories| self.of_histories(histories))
            .collect::<Result<Vec<_>, ClvError>>()?;
        let mut told: Vec<OfHistory> = parts.into_iter().flatten().collect();
        let intervals = self.purchases_and_values(base)?;
        let mut of_values = vec![None; base.customers.len()];
        for (place, [purchases, value]) in by_history.order().iter().zip(intervals) {
            let history = by_history.of_customer().get(*place);
            if let Some(told) = history.and_then(|history| told.get_mut(*history)) {
                told.expected_purchases = Some(purchases);
            }
            if let Some(slot) = of_values.get_mut(*place) {
                *slot = Some(value);
            }
        }
        let Some(spend) = self.spend else {
            return Ok((told, Vec::new()));
        };
        let customers = base.customers.iter().zip(by_history.of_customer());
        let values = customers
            .zip(of_values)
            .filter_map(|((customer, history), interval)| {
                let forecast = &told.get(*history)?.forecast;
                let spend = spend.mean(customer.spend.as_ref());
                Some(self.value(forecast, spend, interval))
            });
        let values = values.collect();
        Ok((told, values))
    }

    fn of_histories(&self, distinct: &[History]) -> Result<Vec<OfHistory>, ClvError> {
        let forecasts = self.forecaster.forecast_all(distinct);
        // With draws of spend, purchases are drawn along with them: once.
        let intervals = match (self.expected, self.spend) {
            (None, _) | (_, Some(Spend::GammaGamma(_, Some(_)) | Spend::Constant(_))) => None,
            (Some(expected), _) => Some(expected.expected_purchases_all(distinct)),
        };
        let outcomes = match self.level {
            Some(level) => {
                let tails = [0.5 * (1.0 - level), 0.5 * (1.0 + level)];
                let model = self.model;
                Some(count_quantiles_all(model, distinct, self.horizon, tails)?)
            }
            None => None,
        };
        let histories = distinct.iter().zip(forecasts).enumerate();
        histories
            .map(|(place, (history, forecast))| {
                let any = self.model.probability_of_purchase(history, self.horizon)?;
                Ok(OfHistory {
                    forecast,
                    probability_of_purchase: any,
                    expected_purchases: intervals
                        .as_ref()
                        .and_then(|intervals| intervals.get(place).copied()),
                    outcome: outcomes
                        .as_ref()
                        .and_then(|outcomes| outcomes.get(place).copied()),
                })
            })
            .collect()
    }

    /// The intervals of expected purchases, and of the expected value before any margin, by customers in work order; none where the
    /// data do not tell them.
    fn purchases_and_values(&self, base: &Base) -> Result<Vec<[Interval; 2]>, ClvError> {
        let Some(expected) = self.expected else {
            return Ok(Vec::new());
        };
        let parts = base.by_history().order().par_chunks(CHUNK).map(|places| {
            let customers = places.iter().filter_map(|place| base.customers.get(*place));
            match self.spend {
                Some(Spend::GammaGamma(_, Some(draws))) => {
                    let pairs: Vec<(History, Option<SpendHistory>)> = customers
                        .map(|customer| (customer.history, customer.spend))
                        .collect();
                    Ok(expected.purchases_and_values(draws, &pairs)?)
                }
                Some(Spend::Constant(spend)) => {
                    let histories: Vec<History> =
                        customers.map(|customer| customer.history).collect();
                    let intervals = expected.forecast_all(&histories).into_iter();
                    let of_one = |told: patron_stats::intervals::ForecastInterval| {
                        let value = times(told.discounted_purchases, *spend);
                        [told.expected_purchases, value]
                    };
                    Ok(intervals.map(of_one).collect())
                }
                _ => Ok(Vec::new()),
            }
        });
        let parts = parts.collect::<Result<Vec<_>, ClvError>>()?;
        Ok(parts.into_iter().flatten().collect())
    }

    fn value(&self, forecast: &Forecast, spend: f64, interval: Option<Interval>) -> Value {
        Value {
            expected_spend: spend,
            clv: spend * self.margin * forecast.discounted_purchases,
            interval: interval.map(|interval| times(interval, self.margin)),
            clv_lifetime: spend * self.margin * forecast.discounted_purchases_lifetime,
        }
    }
}

fn times(interval: Interval, factor: f64) -> Interval {
    Interval {
        low: interval.low * factor,
        high: interval.high * factor,
    }
}
