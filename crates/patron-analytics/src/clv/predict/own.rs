//! What is expected of customers whose own rates were drawn?

use patron_stats::purchase::{Forecast, KnownCustomer, OwnDraws};
use rayon::prelude::*;

use super::spend::Spend;
use super::teller::Asked;
use super::{DRAWS, OfHistories, OfHistory, PredictRequest, Predictions, Value, of_values};
use crate::clv::{Base, ClvError, Customer, Customers, OwnFit};

/// More draws of the rates of customers alike would move nothing that is printed.
const MOST_RATES: usize = 20_000;

/// What is told of customers alike, and the draws of their discounted purchases.
type Told = (OfHistory, Vec<f64>);

/// Predicts every customer whose own rates were drawn.
///
/// # Returns
/// These customers, and what is expected of them; intervals are those of their own expectation.
///
/// # Errors
/// [`ClvError::Forecast`], [`ClvError::Interval`].
pub fn predict_own<R: KnownCustomer + Send + Sync>(
    base: &Base,
    fit: &OwnFit<R>,
    request: &PredictRequest,
) -> Result<(Base, Predictions), ClvError> {
    let known = base.customers.iter().zip(&fit.places);
    let known = known.filter_map(|(customer, place)| Some((customer, (*place)?)));
    let (customers, of_customer): (Customers, Vec<usize>) = known.unzip();
    let known = base.of(customers);
    let asked = Asked::of(&known, request);
    let mut notes = fit.notes.clone();
    notes.extend(fit.card.warnings.iter().map(ToString::to_string));
    let spend = Spend::of(&known, request, &mut notes)?;
    let places = (0..fit.own.places()).into_par_iter();
    let told = places.filter_map(|place| of_place(asked, &fit.own, place).transpose());
    let told = told.collect::<Result<Vec<Told>, ClvError>>()?;
    let mut values: Vec<Value> = Vec::new();
    if let Some(spend) = &spend {
        for (customer, place) in known.customers.iter().zip(&of_customer) {
            if let Some((told, drawn)) = told.get(*place) {
                values.push(value(asked, &customer, (told, drawn), spend)?);
            }
        }
    }
    notes.extend(of_values(&values, spend.as_ref()));
    let predictions = Predictions {
        told: OfHistories::All(told.into_iter().map(|(told, _)| told).collect()),
        of_customer,
        values,
        horizon: asked.horizon,
        is_margin: known.settings.margin.is_some(),
        notes,
    };
    Ok((known, predictions))
}

fn of_place<R: KnownCustomer>(
    asked: Asked,
    own: &OwnDraws<R>,
    place: usize,
) -> Result<Option<Told>, ClvError> {
    let horizon = asked.horizon;
    let (forecast, outcome) = match asked.level {
        Some(level) => own.outlook(place, horizon, level)?.map(|(told, counts)| {
            let tails = [0.5 * (1.0 - level), 0.5 * (1.0 + level)];
            (told, Some(tails.map(|tail| counts.quantile(tail))))
        }),
        None => own.forecast(place, horizon, 0.9)?.map(|told| (told, None)),
    }
    .unzip();
    let (Some(history), Some(forecast)) = (own.history(place), forecast) else {
        return Ok(None);
    };
    let all: Vec<R> = own.of_forecast(place).collect();
    let rates = thinned(&all);
    let discounted = |until: f64| {
        move |own: &R| own.discounted_expected_purchases(history, until, asked.discount)
    };
    let any = |until: f64| move |own: &R| own.probability_of_purchase(history, until);
    let until_horizon = each(&rates, discounted(horizon));
    // Of the draws that P(alive) is of: it is never less.
    let of_alive = thinned(&own.of(place).collect::<Vec<R>>());
    let told = OfHistory {
        forecast: Forecast {
            probability_alive: forecast.probability_alive,
            expected_purchases: forecast.expected_purchases,
            discounted_purchases: mean(&until_horizon),
            discounted_purchases_lifetime: mean(&each(&rates, discounted(f64::INFINITY))),
            median_time_to_next_purchase: median(|until| mean(&each(&rates, any(until)))),
        },
        probability_of_purchase: mean(&each(&of_alive, any(horizon))),
        expected_purchases: asked.level.map(|_| forecast.own_expectation),
        outcome: outcome.flatten(),
    };
    let drawn = if rates.len() == all.len() {
        spread(&until_horizon).copied().collect()
    } else {
        spread(&all).map(discounted(horizon)).collect()
    };
    Ok(Some((told, drawn)))
}

fn thinned<R: Copy>(all: &[R]) -> Vec<R> {
    let step = all.len().div_ceil(MOST_RATES).max(1);
    all.iter().step_by(step).copied().collect()
}

fn each<R>(rates: &[R], of: impl Fn(&R) -> f64) -> Vec<f64> {
    rates.iter().map(of).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// As many of all draws as there are of spend, spread evenly.
fn spread<T>(all: &[T]) -> impl Iterator<Item = &T> {
    let places = (0..DRAWS).map(|draw| (2 * draw + 1) * all.len() / (2 * DRAWS));
    places.filter_map(|place| all.get(place))
}

/// The time by which a probability that rises with it reaches one half; nothing where it never does.
fn median(probability: impl Fn(f64) -> f64) -> Option<f64> {
    if probability(f64::INFINITY) <= 0.5 {
        return None;
    }
    let mut high = 1.0;
    while probability(high) < 0.5 {
        high *= 2.0;
    }
    let mut low = 0.0;
    // Halved until a double has no digit left that anybody prints.
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if probability(middle) < 0.5 {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(high)
}

fn value(
    asked: Asked,
    customer: &Customer<'_>,
    (told, drawn): (&OfHistory, &[f64]),
    spend: &Spend,
) -> Result<Value, ClvError> {
    let of_one = customer.spend.as_ref();
    let interval = match asked.level {
        Some(level) => spend.value_interval(drawn, of_one, level)?,
        None => None,
    };
    Ok(asked.value(&told.forecast, spend.mean(of_one), interval))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_where_half_have_bought() {
        // Exponential of rate 0.1, of nine in ten: 1 − e^−0.1t = 5/9.
        let found = median(|time| 0.9 * -(-0.1 * time).exp_m1()).unwrap();
        assert!((found - 8.109_302_162).abs() < 1e-8, "{found}");
        assert_eq!(median(|time| 0.5 * -(-time).exp_m1()), None);
    }
}
