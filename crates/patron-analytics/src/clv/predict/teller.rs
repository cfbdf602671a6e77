//! What is told of every history, and of every customer's value?

use patron_stats::gamma_gamma::SpendHistory;
use patron_stats::history::History;
use patron_stats::intervals::{ExpectationForecaster, Interval, ParameterDraws};
use patron_stats::outcome::count_quantiles_all;
use patron_stats::purchase::{Forecast, PurchaseModel};
use rayon::prelude::*;

use super::spend::Spend;
use super::{OfHistory, PredictRequest, Value, horizon};
use crate::clv::{Base, ClvError};

/// Customers that a thread takes at a time.
const CHUNK: usize = 512;

/// What is asked of every customer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// In units of the model.
    pub(super) horizon: f64,
    /// Continuous, per unit.
    pub(super) discount: f64,
    /// That of intervals, if any are asked for.
    pub(super) level: Option<f64>,
    margin: f64,
}

impl Asked {
    pub(super) fn of(base: &Base, request: &PredictRequest) -> Self {
        let margin = base.settings.margin;
        Self {
            horizon: horizon(base),
            discount: base.settings.annual_discount.ln_1p() * base.unit.days() / 365.25,
            level: request.intervals.then_some(request.level),
            margin: margin.map_or(1.0, patron_core::Money::to_f64),
        }
    }

    /// Returns P(alive) and expected purchases of every history of a base: the same numbers as those of all that is told.
    pub(super) fn purchases(
        self,
        base: &Base,
        model: &dyn PurchaseModel,
    ) -> Result<Vec<[f64; 2]>, ClvError> {
        let forecaster = model.forecaster(self.horizon, self.discount)?;
        let histories = base.by_history().histories();
        let mut told = vec![[0.0; 2]; histories.len()];
        let parts = histories.par_chunks(CHUNK).zip(told.par_chunks_mut(CHUNK));
        parts.for_each(|(histories, told)| {
            for (slot, of_one) in told.iter_mut().zip(forecaster.purchases_all(histories)) {
                *slot = of_one;
            }
        });
        Ok(told)
    }

    /// Returns what a model tells of every history of a base, and what every customer is worth.
    pub(super) fn tell(
        self,
        base: &Base,
        model: &dyn PurchaseModel,
        how: How<'_>,
    ) -> Result<(Vec<OfHistory>, Vec<Value>), ClvError> {
        let How { draws, spend, .. } = how;
        let expected = match (draws, self.level) {
            (Some(draws), Some(level)) => Some(ExpectationForecaster::new(
                model,
                draws,
                self.horizon,
                self.discount,
                level,
            )?),
            _ => None,
        };
        let teller = Teller {
            model,
            expected: expected.as_ref(),
            spend,
            averaged: how.averaged,
            forecaster: model.forecaster(self.horizon, self.discount)?,
            asked: self,
        };
        teller.all(base)
    }

    pub(super) fn value(
        self,
        forecast: &Forecast,
        spend: f64,
        interval: Option<Interval>,
    ) -> Value {
        Value {
            expected_spend: spend,
            clv: spend * self.margin * forecast.discounted_purchases,
            interval: interval.map(|interval| times(interval, self.margin)),
            clv_lifetime: spend * self.margin * forecast.discounted_purchases_lifetime,
        }
    }
}

/// What predictions are made of besides the model.
#[derive(Clone, Copy)]
pub(super) struct How<'a> {
    /// Of its parameters.
    pub(super) draws: Option<&'a ParameterDraws>,
    /// What a purchase brings.
    pub(super) spend: Option<&'a Spend>,
    /// Predictions are means over the draws: these are from a posterior.
    pub(super) averaged: bool,
}

/// Everything that a prediction takes.
struct Teller<'a> {
    model: &'a dyn PurchaseModel,
    expected: Option<&'a ExpectationForecaster>,
    spend: Option<&'a Spend>,
    averaged: bool,
    forecaster: patron_stats::purchase::Forecaster,
    asked: Asked,
}

impl Teller<'_> {
    /// Returns what is told of every history, and what every customer is worth.
    fn all(&self, base: &Base) -> Result<(Vec<OfHistory>, Vec<Value>), ClvError> {
        let by_history = base.by_history();
        // On all threads, because what takes the time is the memory.
        let histories = by_history.histories().par_iter();
        let mut told: Vec<OfHistory> = histories.map(|_| OfHistory::NOTHING).collect();
        let parts = by_history.histories().par_chunks(CHUNK);
        parts
            .zip(told.par_chunks_mut(CHUNK))
            .try_for_each(|(histories, told)| self.of_histories(histories, told))?;
        let Some(spend) = self.spend else {
            return Ok((told, Vec::new()));
        };
        let order = by_history.order();
        let intervals = self.purchases_and_values(base, &order)?;
        let mut of_values = vec![None; base.customers.len()];
        for (place, [purchases, value]) in order.iter().zip(intervals) {
            let history = by_history.of_customer(*place);
            if let Some(told) = history.and_then(|history| told.get_mut(history)) {
                told.expected_purchases = Some(purchases);
            }
            if let Some(slot) = of_values.get_mut(*place) {
                *slot = Some(value);
            }
        }
        let customers = base.customers.iter().zip(by_history.of_customers());
        let values = customers
            .zip(of_values)
            .filter_map(|((customer, history), interval)| {
                let forecast = &told.get(history)?.forecast;
                let spend = spend.mean(customer.spend.as_ref());
                Some(self.asked.value(forecast, spend, interval))
            });
        let values = values.collect();
        Ok((told, values))
    }

    /// Tells of each of some histories.
    fn of_histories(&self, distinct: &[History], told: &mut [OfHistory]) -> Result<(), ClvError> {
        let forecasts = self.forecaster.forecast_all(distinct);
        // With draws of spend, purchases are drawn along with them: once.
        let intervals = match (self.expected, self.spend) {
            (None, _)
            | (_, Some(Spend::GammaGamma(_, Some(_)) | Spend::Drawn(_) | Spend::Constant(_))) => {
                None
            }
            (Some(expected), _) => Some(expected.expected_purchases_all(distinct)),
        };
        let outcomes = match self.asked.level {
            Some(level) => {
                let tails = [0.5 * (1.0 - level), 0.5 * (1.0 + level)];
                let model = self.model;
                Some(count_quantiles_all(
                    model,
                    distinct,
                    self.asked.horizon,
                    tails,
                )?)
            }
            None => None,
        };
        let of_each = distinct.iter().zip(forecasts).zip(told).enumerate();
        for (place, ((history, forecast), slot)) in of_each {
            let any = self
                .model
                .probability_of_purchase(history, self.asked.horizon)?;
            let told = OfHistory {
                forecast,
                probability_of_purchase: any,
                expected_purchases: intervals
                    .as_ref()
                    .and_then(|intervals| intervals.get(place).copied()),
                outcome: outcomes
                    .as_ref()
                    .and_then(|outcomes| outcomes.get(place).copied()),
            };
            *slot = match self.expected.filter(|_| self.averaged) {
                Some(expected) => self.averaged(expected, history, told),
                None => told,
            };
        }
        Ok(())
    }

    /// Means over all draws in the place of what the model says at its mode; the median of the next purchase stays that.
    fn averaged(
        &self,
        expected: &ExpectationForecaster,
        history: &History,
        told: OfHistory,
    ) -> OfHistory {
        let mean = expected.mean(history);
        let counts = expected.counts(history);
        let outcome = self.asked.level.map(|level| {
            [0.5 * (1.0 - level), 0.5 * (1.0 + level)].map(|tail| counts.quantile(tail))
        });
        OfHistory {
            forecast: Forecast {
                probability_alive: mean.probability_alive,
                expected_purchases: mean.expected_purchases,
                discounted_purchases: mean.discounted_purchases,
                discounted_purchases_lifetime: mean.discounted_purchases_lifetime,
                ..told.forecast
            },
            probability_of_purchase: 1.0 - counts.probability(0),
            outcome,
            ..told
        }
    }

    /// The intervals of expected purchases, and of the expected value before any margin, by customers in work order; none where the
    /// data do not tell them.
    fn purchases_and_values(
        &self,
        base: &Base,
        order: &[usize],
    ) -> Result<Vec<[Interval; 2]>, ClvError> {
        let Some(expected) = self.expected else {
            return Ok(Vec::new());
        };
        let parts = order.par_chunks(CHUNK).map(|places| {
            let customers = places.iter().filter_map(|place| base.customers.get(*place));
            match self.spend {
                Some(Spend::GammaGamma(_, Some(draws)) | Spend::Drawn(draws)) => {
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
}

fn times(interval: Interval, factor: f64) -> Interval {
    Interval {
        low: interval.low * factor,
        high: interval.high * factor,
    }
}
