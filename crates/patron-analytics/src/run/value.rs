//! What each customer is worth: models fitted to the folded histories, predictions per distinct history.
//!
//! Histories are whole days, so many customers share one; everything that depends on the history alone is computed once
//! per distinct history, in a fixed order, so neither threads nor the order of customers can change a number.

use patron_core::{Day, Instant, Money, MoneySum};
use patron_engine::output::CustomerValues;
use patron_engine::output::columns::ExpectedValues;
use patron_engine::scoring::historic_value;
use patron_engine::{CustomerTable, Profiles, Progress, PurchaseLog, Step};
use patron_fold::{Profile, Tally};
use patron_stats::beta_geometric::{Forecast, PurchaseModel};
use patron_stats::estimate::FitError;
use patron_stats::gamma_gamma::{FittedGammaGamma, GammaGammaConfig, SpendHistories, SpendHistory};
use patron_stats::history::{DayHistory, History, WeightedHistories};
use patron_stats::outcome::{OutcomeForecaster, count_quantiles};
use rayon::prelude::*;

use super::choice::{Judged, ModelPicture, judge, picture};
use super::model_card::{ModelCard, purchase_card, spend_card};
use crate::model::ModelKey;
use crate::settings::Resolved;

/// Distinct histories that one thread takes at a time.
const CHUNK: usize = 512;
const INTERVAL: [f64; 2] = [0.05, 0.95];
/// The last instant that a date can be written for: 9999-12-31.
const LAST_INSTANT_MICROS: i64 = 253_402_214_400_000_000;

/// Why there is no value per customer.
#[derive(Debug, Clone, PartialEq)]
pub enum NoModel {
    /// It was not asked for.
    NotAsked,
    /// The purchase or spend model cannot be fitted.
    CannotFit(FitError),
    /// The spend model has no finite mean.
    InfiniteSpend,
}

/// A shop-level textbook figure, where models cannot be fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RoughValue {
    /// Value of a new customer over the horizon, the first order included.
    pub value: f64,
    /// Mean net of an order.
    pub average_order_value: f64,
    /// Repeat orders per customer and year since the first order.
    pub orders_per_year: f64,
    /// Length of the horizon.
    pub years: f64,
    /// Share that is margin; 1 where none is known.
    pub margin: f64,
}

/// The values of a run.
#[derive(Debug)]
pub struct Valuation {
    /// Per customer.
    pub values: CustomerValues,
    /// The purchase model.
    pub purchases: Option<ModelCard>,
    /// How it came to be used; nothing where none was asked for.
    pub judged: Option<Judged>,
    /// What is drawn of it.
    pub picture: Option<ModelPicture>,
    /// The spend model.
    pub spend: Option<ModelCard>,
    /// Why there are no models.
    pub no_model: Option<NoModel>,
    /// The textbook figure in their place.
    pub rough: Option<RoughValue>,
    /// What every repeat buyer spends on a purchase day, where all spend the same and there is nothing to fit.
    pub constant_spend: Option<f64>,
    /// Share of what was sold that comes back, and the money deducted from values for it; where orders may come back.
    pub expected_returns: Option<ExpectedReturns>,
    /// Distinct histories that were predicted.
    pub distinct_histories: u64,
}

/// What is deducted for orders so young that they may still come back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExpectedReturns {
    /// Refunds ÷ value sold, of orders old enough that nothing more comes back.
    pub rate: f64,
    /// Rate × value of the young orders × margin, over all customers.
    pub value: f64,
}

/// Values every customer.
pub(crate) fn value(
    table: &CustomerTable,
    log: &PurchaseLog,
    settings: &Resolved,
    progress: &dyn Progress,
) -> Valuation {
    let mut valuation = Valuation {
        values: historic_values(table, settings),
        purchases: None,
        judged: None,
        picture: None,
        spend: None,
        no_model: None,
        rough: None,
        constant_spend: None,
        expected_returns: {
            let provisional = table
                .profiles
                .iter()
                .map(|profile| profile.provisional_value);
            let provisional = provisional.fold(MoneySum::ZERO, |sum, value| sum + value);
            expected_returns(&table.tally, provisional, settings)
        },
        distinct_histories: 0,
    };
    if !settings.with_clv {
        valuation.no_model = Some(NoModel::NotAsked);
        return valuation;
    }
    let judged = judge(log, table.as_of.day, settings);
    match fit(table, &judged, settings) {
        Ok(models) => {
            let model = models.purchases.as_ref();
            valuation.picture = Some(picture(model, &judged, (table, log), settings));
            expect(table, settings, &models, &mut valuation, progress);
        }
        Err(error) => {
            valuation.no_model = Some(NoModel::CannotFit(error));
            valuation.rough = rough(&table.profiles, table.as_of.day, settings);
        }
    }
    valuation.judged = Some(judged);
    valuation
}

/// What customers were worth so far, without any model.
pub(crate) fn historic_values(table: &CustomerTable, settings: &Resolved) -> CustomerValues {
    let historic = |profile: Profile| historic_value(&profile, settings.margin);
    CustomerValues {
        historic_value: table.profiles.iter().map(historic).collect(),
        expected: None,
    }
}

/// The shop's returns, applied to what is young enough to come back.
pub(super) fn expected_returns(
    tally: &Tally,
    provisional: MoneySum,
    settings: &Resolved,
) -> Option<ExpectedReturns> {
    let rate = tally
        .return_rate()
        .filter(|_| settings.fold.return_window_days > 0)?;
    let margin = settings.margin.map_or(1.0, Money::to_f64);
    let value = rate * provisional.to_f64() * margin;
    Some(ExpectedReturns { rate, value })
}

struct Models {
    purchases: Box<dyn PurchaseModel>,
    spend: Spend,
}

/// What a purchase day brings.
enum Spend {
    GammaGamma(Box<FittedGammaGamma>),
    /// Every repeat buyer spends the same, as where one thing is sold at one price.
    Constant(f64),
}

impl Spend {
    /// Returns the mean spend per purchase day, and the money that one standardised unit of an outcome stands for.
    fn of(&self, spend: Option<&SpendHistory>) -> (f64, f64) {
        match self {
            Self::GammaGamma(model) => (
                model.expected_spend(spend).unwrap_or(0.0),
                model.posterior_scale(spend),
            ),
            Self::Constant(spend) => (*spend, *spend),
        }
    }
}

fn fit(table: &CustomerTable, judged: &Judged, settings: &Resolved) -> Result<Models, FitError> {
    let day = table.as_of.day;
    let days = table
        .profiles
        .iter()
        .map(|profile| day_history(&profile, day));
    // Days are ordered first ≤ last ≤ as-of by construction of a profile, so no history is refused.
    let histories = WeightedHistories::from_days(days, settings.unit.days())
        .unwrap_or_else(|_| WeightedHistories::from_histories([]));
    let purchases = fit_first(&judged.ranking, |model| model.fit(&histories))?;
    let spend = SpendHistories::new(
        table
            .profiles
            .iter()
            .filter_map(|profile| spend_history(&profile)),
    );
    let spend = match GammaGammaConfig::default().build().fit(&spend) {
        Ok(fitted) => Spend::GammaGamma(Box::new(fitted)),
        Err(FitError::SpendConstant { spend, .. }) => Spend::Constant(spend),
        Err(error) => return Err(error),
    };
    Ok(Models { purchases, spend })
}

/// Fits the best model whose search settles; where none does, the best that can be fitted.
pub(super) fn fit_first(
    ranking: &[ModelKey],
    fit: impl Fn(ModelKey) -> Result<Box<dyn PurchaseModel>, FitError>,
) -> Result<Box<dyn PurchaseModel>, FitError> {
    let mut first: Option<Result<Box<dyn PurchaseModel>, FitError>> = None;
    for model in ranking {
        let fitted = fit(*model);
        let settled = |model: &dyn PurchaseModel| model.report().is_some_and(|fit| fit.converged);
        match (fitted, &first) {
            (Ok(model), _) if settled(model.as_ref()) => return Ok(model),
            (fitted, None) | (fitted @ Ok(_), Some(Err(_))) => first = Some(fitted),
            _ => {}
        }
    }
    first.unwrap_or_else(|| fit(ModelKey::MbgNbd))
}

pub(crate) fn day_history(profile: &Profile, day: Day) -> DayHistory {
    let days = |days: i32| u32::try_from(days).unwrap_or(0);
    DayHistory {
        repeat_purchases: profile.repeat_purchases(),
        age_days: days(profile.age_days(day)),
        recency_days: days(profile.days_first_to_last()),
    }
}

/// The customer's repeat spend per day, net of refunds.
///
/// Refunds that name no order cannot be set against one, so they lower every order of the customer alike. Who has had
/// everything back says nothing about spending.
pub(crate) fn spend_history(profile: &Profile) -> Option<SpendHistory> {
    let kept = profile.monetary.to_f64() / profile.order_value.to_f64();
    let mean = profile.repeat_spend.to_f64() / f64::from(profile.repeat_spend_days) * kept;
    SpendHistory::new(profile.repeat_spend_days, mean).ok()
}

/// One prediction per distinct (history, number of spend days), and which one each customer has.
struct Distinct {
    keys: Vec<(DayHistory, u32)>,
    of_customer: Vec<u32>,
}

impl Distinct {
    fn new(table: &CustomerTable) -> Self {
        let day = table.as_of.day;
        let mut order: Vec<((DayHistory, u32), u32)> = (0_u32..)
            .zip(table.profiles.iter())
            .map(|(row, profile)| ((day_history(&profile, day), profile.repeat_spend_days), row))
            .collect();
        order.par_sort_unstable();
        let mut keys = Vec::new();
        let mut of_customer = vec![0; order.len()];
        for (key, row) in order {
            if keys.last() != Some(&key) {
                keys.push(key);
            }
            if let Some(slot) = of_customer.get_mut(row as usize) {
                *slot = u32::try_from(keys.len() - 1).unwrap_or(u32::MAX);
            }
        }
        Self { keys, of_customer }
    }
}

/// What depends on the history alone.
#[derive(Clone)]
struct Prediction {
    forecast: Forecast,
    purchases_in_a_year: f64,
    standardised: [f64; 2],
}

fn expect(
    table: &CustomerTable,
    settings: &Resolved,
    models: &Models,
    valuation: &mut Valuation,
    progress: &dyn Progress,
) {
    valuation.purchases = Some(purchase_card(models.purchases.as_ref()));
    match &models.spend {
        Spend::Constant(spend) => valuation.constant_spend = Some(*spend),
        Spend::GammaGamma(model) => {
            valuation.spend = Some(spend_card(model));
            if model.population_mean().is_none() {
                valuation.no_model = Some(NoModel::InfiniteSpend);
                valuation.rough = rough(&table.profiles, table.as_of.day, settings);
                return;
            }
        }
    }
    let distinct = Distinct::new(table);
    valuation.distinct_histories = distinct.keys.len() as u64;
    progress.begin(Step::Value, distinct.keys.len() as u64);
    let predictions = predict(&distinct.keys, table.as_of.day, settings, models, progress);
    progress.end();
    let Some(predictions) = predictions else {
        valuation.no_model = Some(NoModel::InfiniteSpend);
        return;
    };
    let money = MoneyTerms {
        margin: settings.margin.map_or(1.0, Money::to_f64),
        return_rate: valuation
            .expected_returns
            .map_or(0.0, |returns| returns.rate),
    };
    let rows: Vec<Row> = distinct
        .of_customer
        .par_iter()
        .enumerate()
        .map(|(place, &key)| {
            let known = table.profiles.get(place).zip(predictions.get(key as usize));
            known.map_or_else(Row::default, |(profile, prediction)| {
                row(&profile, prediction, table, settings, models, money)
            })
        })
        .collect();
    valuation.values.expected = Some(columns(&rows));
}

/// How purchases become money.
#[derive(Clone, Copy)]
struct MoneyTerms {
    /// Share of net that is margin; 1 where none is known.
    margin: f64,
    /// Share of young orders' value that will come back.
    return_rate: f64,
}

/// Months over which `expected_purchases` looks ahead, whatever the horizon of values.
pub(super) const PURCHASE_MONTHS: u32 = 12;

/// Predicts every distinct history; nothing if the horizon or discount rate is out of the model's domain, which
/// [`Resolved`] rules out.
fn predict(
    keys: &[(DayHistory, u32)],
    day: Day,
    settings: &Resolved,
    models: &Models,
    progress: &dyn Progress,
) -> Option<Vec<Prediction>> {
    let unit_days = settings.unit.days();
    let units = |months: u32| f64::from(day.plus_months(months).days_since(day)) / unit_days;
    let horizon = units(settings.horizon_months);
    let discount = settings.annual_discount.ln_1p() * unit_days / 365.25;
    let forecaster = models.purchases.forecaster(horizon, discount).ok()?;
    // Values look ahead over their horizon; expected purchases are those of twelve months.
    let year = (settings.horizon_months != PURCHASE_MONTHS).then(|| {
        models
            .purchases
            .forecaster(units(PURCHASE_MONTHS), discount)
    });
    let year = year.transpose().ok()?;
    let outcomes = Outcomes::new(models, horizon)?;
    let done = std::sync::atomic::AtomicU64::new(0);
    let parts: Vec<Vec<Prediction>> = keys
        .par_chunks(CHUNK)
        .map(|keys| {
            let histories: Vec<(History, u32)> = keys
                .iter()
                .map(|&(days, spend)| {
                    (
                        History::from_days(days, unit_days).unwrap_or(History::NEW_CUSTOMER),
                        spend,
                    )
                })
                .collect();
            let plain: Vec<History> = histories.iter().map(|(history, _)| *history).collect();
            let forecasts = forecaster.forecast_all(&plain);
            let of_year = year.as_ref().map(|year| year.forecast_all(&plain));
            let standardised = outcomes.quantiles(&histories);
            let count = keys.len() as u64;
            progress
                .advance_to(done.fetch_add(count, std::sync::atomic::Ordering::Relaxed) + count);
            forecasts
                .into_iter()
                .zip(standardised)
                .enumerate()
                .map(|(place, (forecast, standardised))| Prediction {
                    purchases_in_a_year: of_year
                        .as_ref()
                        .and_then(|year| year.get(place))
                        .unwrap_or(&forecast)
                        .expected_purchases,
                    forecast,
                    standardised,
                })
                .collect()
        })
        .collect();
    Some(parts.into_iter().flatten().collect())
}

/// Who tells the range of outcomes.
enum Outcomes<'m> {
    Spend(Box<OutcomeForecaster<'m>>),
    /// A constant spend: the range is that of the number of purchases.
    Counts {
        model: &'m dyn PurchaseModel,
        horizon: f64,
    },
}

impl<'m> Outcomes<'m> {
    fn new(models: &'m Models, horizon: f64) -> Option<Self> {
        let model = models.purchases.as_ref();
        match &models.spend {
            Spend::GammaGamma(spend) => OutcomeForecaster::new(model, spend, horizon)
                .ok()
                .map(|outcomes| Self::Spend(Box::new(outcomes))),
            Spend::Constant(_) => Some(Self::Counts { model, horizon }),
        }
    }

    fn quantiles(&self, histories: &[(History, u32)]) -> Vec<[f64; 2]> {
        match self {
            Self::Spend(outcomes) => outcomes.standardised_quantiles_all(histories, INTERVAL),
            Self::Counts { model, horizon } => histories
                .iter()
                .map(|(history, _)| {
                    count_quantiles(*model, history, *horizon, INTERVAL)
                        .map_or([f64::NAN; 2], |counts| counts.map(|count| count as f64))
                })
                .collect(),
        }
    }
}

/// One customer's expected values.
#[derive(Debug, Clone, Copy, Default)]
struct Row {
    probability_alive: f64,
    expected_purchases: f64,
    next_order_expected_at: Option<i64>,
    order_value: i64,
    clv: i64,
    clv_low: i64,
    clv_high: i64,
    clv_lifetime: i64,
}

fn row(
    profile: &Profile,
    prediction: &Prediction,
    table: &CustomerTable,
    settings: &Resolved,
    models: &Models,
    MoneyTerms {
        margin,
        return_rate,
    }: MoneyTerms,
) -> Row {
    let Prediction {
        forecast,
        purchases_in_a_year,
        standardised,
    } = prediction;
    let spend = spend_history(profile);
    let (mean_spend, unit) = models.spend.of(spend.as_ref());
    let discounting = if forecast.expected_purchases > 0.0 {
        forecast.discounted_purchases / forecast.expected_purchases
    } else {
        0.0
    };
    let outcome_unit = unit * margin * discounting;
    // What the customer holds that will still come back was counted in what came in so far.
    let returns = return_rate * profile.provisional_value.to_f64() * margin;
    let [low, high] =
        standardised.map(|quantile| ten_thousandths(quantile * outcome_unit - returns));
    Row {
        probability_alive: forecast.probability_alive,
        expected_purchases: *purchases_in_a_year,
        next_order_expected_at: forecast
            .median_time_to_next_purchase
            .and_then(|units| instant_after(table.as_of.end, units * settings.unit.days())),
        order_value: ten_thousandths(mean_spend),
        clv: ten_thousandths(mean_spend * margin * forecast.discounted_purchases - returns),
        clv_low: low,
        clv_high: high,
        clv_lifetime: ten_thousandths(
            mean_spend * margin * forecast.discounted_purchases_lifetime - returns,
        ),
    }
}

fn columns(rows: &[Row]) -> ExpectedValues {
    ExpectedValues {
        probability_alive: rows.iter().map(|row| row.probability_alive).collect(),
        expected_purchases: rows.iter().map(|row| row.expected_purchases).collect(),
        next_order_expected_at: rows.iter().map(|row| row.next_order_expected_at).collect(),
        expected_order_value: rows.iter().map(|row| row.order_value).collect(),
        clv: rows.iter().map(|row| row.clv).collect(),
        clv_low: rows.iter().map(|row| row.clv_low).collect(),
        clv_high: rows.iter().map(|row| row.clv_high).collect(),
        clv_lifetime: rows.iter().map(|row| row.clv_lifetime).collect(),
    }
}

/// The textbook for a new customer: value = order value × (1 + repeat orders per year × years) × margin.
///
/// Everybody has a first order by construction, so only the repeat orders tell a rate: they are divided by the time since
/// the first ones. Nothing is said on less than [`LEAST_EXPOSURE_YEARS`] of such time.
fn rough(profiles: &Profiles, day: Day, settings: &Resolved) -> Option<RoughValue> {
    const LEAST_EXPOSURE_YEARS: f64 = 10.0;
    let mut orders = 0_u64;
    let mut value = MoneySum::ZERO;
    let mut customer_days = 0_i64;
    for profile in profiles.iter() {
        orders += profile.orders;
        value += profile.monetary;
        customer_days += i64::from(profile.age_days(day));
    }
    let exposure_years = customer_days as f64 / 365.25;
    if exposure_years < LEAST_EXPOSURE_YEARS {
        return None;
    }
    let repeat_orders = orders.saturating_sub(profiles.len() as u64);
    let input = patron_stats::textbook::CalculatorInput {
        average_order_value: value.to_f64() / orders as f64,
        orders_per_year: repeat_orders as f64 / exposure_years,
        years: f64::from(settings.horizon_months) / 12.0,
        margin: settings.margin.map_or(1.0, Money::to_f64),
        acquisition_cost: None,
    };
    let output = patron_stats::textbook::calculate(&input).ok()?;
    Some(RoughValue {
        value: input.average_order_value * input.margin + output.value_before_acquisition_cost,
        average_order_value: input.average_order_value,
        orders_per_year: input.orders_per_year,
        years: input.years,
        margin: input.margin,
    })
}

/// Units of currency as ten-thousandths, rounded half to even.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a float cast saturates at the ends of the range"
)]
fn ten_thousandths(units: f64) -> i64 {
    (units * patron_core::money::SCALE as f64).round_ties_even() as i64
}

/// The instant so many days after another; nothing beyond the year 9999.
#[expect(
    clippy::cast_possible_truncation,
    reason = "checked against the last instant first"
)]
fn instant_after(from: Instant, days: f64) -> Option<i64> {
    let micros = from.0 as f64 + days * 86_400_000_000.0;
    // Whole seconds: a date in the future has no use for more, and no float noise shows.
    (micros < LAST_INSTANT_MICROS as f64).then(|| (micros / 1e6).round() as i64 * 1_000_000)
}
