//! What is expected of each customer, and how surely.

use patron_core::Day;
use patron_stats::estimate::FitError;
use patron_stats::gamma_gamma::{FittedGammaGamma, GammaGammaConfig, SpendHistory};
use patron_stats::history::History;
use patron_stats::intervals::{
    ExpectationForecaster, ForecastInterval, Interval, IntervalError, ParameterDraws, SpendDraws,
};
use patron_stats::outcome::count_quantiles;
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
}

/// What is expected of a customer.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// Of the model.
    pub forecast: Forecast,
    /// Probability of at least one purchase within the horizon.
    pub probability_of_purchase: f64,
    /// How surely the expectation is known; nothing where that cannot be told.
    pub expectation: Option<ForecastInterval>,
    /// Between which numbers of purchases this customer will end up.
    pub outcome: [usize; 2],
    /// Expected spend of a purchase and value over the horizon, with the interval of its expectation.
    pub value: Option<Value>,
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
    /// One per customer of the base, in its order.
    pub customers: Vec<Prediction>,
    /// The horizon in units of the model.
    pub horizon: f64,
    /// Whether values are margin, not revenue.
    pub is_margin: bool,
    /// What a reader must know.
    pub notes: Vec<String>,
}

/// Predicts every customer of a base.
///
/// # Errors
/// [`ClvError::Forecast`], [`ClvError::Interval`].
pub fn predict(base: &Base, fit: &Fit, request: &PredictRequest) -> Result<Predictions, ClvError> {
    let mut notes = Vec::new();
    let unit_days = base.unit.days();
    let horizon = horizon(base);
    let discount = base.settings.annual_discount.ln_1p() * unit_days / 365.25;
    let model = fit.model.as_ref();
    let draws = noted(draws(base, model, request), &mut notes)?;
    let expected = match &draws {
        Some(draws) => Some(ExpectationForecaster::new(
            model,
            draws,
            horizon,
            discount,
            request.level,
        )?),
        None => None,
    };
    let spend = Spend::of(base, &mut notes)?;
    let teller = Teller {
        model,
        expected: expected.as_ref(),
        spend: spend.as_ref(),
        forecaster: model.forecaster(horizon, discount)?,
        horizon,
        level: request.level,
        margin: base.settings.margin.map_or(1.0, patron_core::Money::to_f64),
    };
    let customers = teller.all(base)?;
    let unbounded = customers.iter().filter(|told| {
        let interval = told.value.and_then(|value| value.interval);
        interval.is_some_and(|interval| interval.high.is_infinite())
    });
    let unbounded = unbounded.count();
    if unbounded > 0 {
        notes.push(format!(
            "the value of {unbounded} has no upper bound: within the precision of the fit the mean of what they spend may be infinite"
        ));
    }
    if spend.is_none() {
        notes.push("no values: nothing is known of what repeat purchases brought".to_owned());
    }
    Ok(Predictions {
        customers,
        horizon,
        is_margin: base.settings.margin.is_some(),
        notes,
    })
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
) -> Result<ParameterDraws, IntervalError> {
    let mut generator = ChaCha12Rng::seed_from_u64(SEED);
    if request.bootstrap {
        ParameterDraws::bootstrap(model, &base.histories(), DRAWS, &mut generator)
    } else {
        let named = model.named_parameters();
        ParameterDraws::laplace(&named, model.report(), DRAWS, &mut generator)
    }
}

/// Takes draws with what there is to say of them; that there are none is said, too.
fn noted(
    draws: Result<ParameterDraws, IntervalError>,
    notes: &mut Vec<String>,
) -> Result<Option<ParameterDraws>, ClvError> {
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
    fn of(base: &Base, notes: &mut Vec<String>) -> Result<Option<Self>, ClvError> {
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
        let drawn = ParameterDraws::laplace(&named, fitted.report(), DRAWS, &mut generator);
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
    level: f64,
    margin: f64,
}

/// What a history alone decides.
#[derive(Clone)]
struct OfHistory {
    forecast: Forecast,
    probability_of_purchase: f64,
    expectation: Option<ForecastInterval>,
    outcome: [usize; 2],
}

impl Teller<'_> {
    fn all(&self, base: &Base) -> Result<Vec<Prediction>, ClvError> {
        let customers = &base.customers;
        let mut order: Vec<usize> = (0..customers.len()).collect();
        let history = |place: &usize| customers.get(*place).map(|customer| customer.history);
        order.par_sort_by(|a, b| match (history(a), history(b)) {
            (Some(a), Some(b)) => a.work_order(&b),
            _ => std::cmp::Ordering::Equal,
        });
        let parts = order
            .par_chunks(CHUNK)
            .map(|places| self.some(base, places))
            .collect::<Result<Vec<_>, ClvError>>()?;
        let mut told: Vec<(usize, Prediction)> =
            order.into_iter().zip(parts.into_iter().flatten()).collect();
        told.par_sort_unstable_by_key(|(place, _)| *place);
        Ok(told.into_iter().map(|(_, prediction)| prediction).collect())
    }

    /// Predicts some customers, of whom those with one history stand together.
    fn some(&self, base: &Base, places: &[usize]) -> Result<Vec<Prediction>, ClvError> {
        let customers = places.iter().filter_map(|place| base.customers.get(*place));
        let pairs: Vec<(History, Option<SpendHistory>)> = customers
            .map(|customer| (customer.history, customer.spend))
            .collect();
        let mut distinct: Vec<History> = pairs.iter().map(|(history, _)| *history).collect();
        distinct.dedup();
        let known = self.of_histories(&distinct)?;
        let intervals = self.value_intervals(&pairs)?;
        let mut told = Vec::with_capacity(pairs.len());
        let mut index = 0;
        for (number, (history, spend)) in pairs.iter().enumerate() {
            if distinct.get(index) != Some(history) {
                index += 1;
            }
            let Some(of_history) = known.get(index).cloned() else {
                continue;
            };
            let interval = intervals.get(number).copied().flatten();
            told.push(Prediction {
                value: self.value(&of_history.forecast, spend.as_ref(), interval),
                forecast: of_history.forecast,
                probability_of_purchase: of_history.probability_of_purchase,
                expectation: of_history.expectation,
                outcome: of_history.outcome,
            });
        }
        Ok(told)
    }

    fn of_histories(&self, distinct: &[History]) -> Result<Vec<OfHistory>, ClvError> {
        let tails = [0.5 * (1.0 - self.level), 0.5 * (1.0 + self.level)];
        let forecasts = self.forecaster.forecast_all(distinct);
        let intervals = self
            .expected
            .map(|expected| expected.forecast_all(distinct));
        let histories = distinct.iter().zip(forecasts).enumerate();
        histories
            .map(|(place, (history, forecast))| {
                Ok(OfHistory {
                    forecast,
                    probability_of_purchase: self
                        .model
                        .probability_of_purchase(history, self.horizon)?,
                    expectation: intervals
                        .as_ref()
                        .and_then(|intervals| intervals.get(place).copied()),
                    outcome: count_quantiles(self.model, history, self.horizon, tails)?,
                })
            })
            .collect()
    }

    /// The intervals of the expected value before any margin, where the data tell them.
    fn value_intervals(
        &self,
        pairs: &[(History, Option<SpendHistory>)],
    ) -> Result<Vec<Option<Interval>>, ClvError> {
        let Some(expected) = self.expected else {
            return Ok(vec![None; pairs.len()]);
        };
        match self.spend {
            Some(Spend::GammaGamma(_, Some(draws))) => {
                let values = expected.values(draws, pairs)?;
                Ok(values.iter().map(|value| Some(value.value)).collect())
            }
            Some(Spend::Constant(spend)) => {
                let histories: Vec<History> = pairs.iter().map(|(history, _)| *history).collect();
                let intervals = expected.forecast_all(&histories);
                let of_one = |interval: ForecastInterval| Interval {
                    low: interval.discounted_purchases.low * spend,
                    high: interval.discounted_purchases.high * spend,
                };
                Ok(intervals.into_iter().map(of_one).map(Some).collect())
            }
            _ => Ok(vec![None; pairs.len()]),
        }
    }

    fn value(
        &self,
        forecast: &Forecast,
        spend: Option<&SpendHistory>,
        interval: Option<Interval>,
    ) -> Option<Value> {
        let expected_spend = self.spend?.mean(spend);
        Some(Value {
            expected_spend,
            clv: expected_spend * self.margin * forecast.discounted_purchases,
            interval: interval.map(|interval| Interval {
                low: interval.low * self.margin,
                high: interval.high * self.margin,
            }),
            clv_lifetime: expected_spend * self.margin * forecast.discounted_purchases_lifetime,
        })
    }
}
