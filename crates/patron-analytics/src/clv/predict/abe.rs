//! What is expected of customers whose own rates were drawn?

use patron_stats::history::History;
use patron_stats::pareto_nbd_abe::OwnRates;
use patron_stats::purchase::Forecast;
use rayon::prelude::*;

use super::spend::Spend;
use super::teller::Asked;
use super::{DRAWS, OfHistory, PredictRequest, Predictions, Value, of_values};
use crate::clv::{AbeFit, Base, ClvError, Customer, Customers};

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
pub fn predict_abe(
    base: &Base,
    fit: &AbeFit,
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
    let places = (0..fit.sampled.customers().len()).into_par_iter();
    let told = places.filter_map(|place| of_place(asked, fit, place).transpose());
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
        told: told.into_iter().map(|(told, _)| told).collect(),
        of_customer,
        values,
        horizon: asked.horizon,
        is_margin: known.settings.margin.is_some(),
        notes,
    };
    Ok((known, predictions))
}

fn of_place(asked: Asked, fit: &AbeFit, place: usize) -> Result<Option<Told>, ClvError> {
    let Some(customer) = fit.sampled.customers().get(place) else {
        return Ok(None);
    };
    let (history, horizon) = (&customer.history, asked.horizon);
    let level = asked.level.unwrap_or(0.9);
    let Some(own) = fit.sampled.forecast(place, horizon, level)? else {
        return Ok(None);
    };
    let all: Vec<OwnRates> = fit.sampled.own_rates(place).collect();
    let rates: Vec<OwnRates> = all
        .iter()
        .step_by(all.len().div_ceil(MOST_RATES).max(1))
        .copied()
        .collect();
    let mean = |of: &dyn Fn(&OwnRates) -> f64| {
        rates.iter().map(of).sum::<f64>() / rates.len().max(1) as f64
    };
    let discounted =
        |until: f64| mean(&|own| own.discounted_expected_purchases(history, until, asked.discount));
    let outcome = match asked.level {
        Some(level) => fit.sampled.counts(place, horizon)?.map(|counts| {
            [0.5 * (1.0 - level), 0.5 * (1.0 + level)].map(|tail| counts.quantile(tail))
        }),
        None => None,
    };
    let any = |until: f64| mean(&|own| own.probability_of_purchase(history, until));
    let told = OfHistory {
        forecast: Forecast {
            probability_alive: own.probability_alive,
            expected_purchases: own.expected_purchases,
            discounted_purchases: discounted(horizon),
            discounted_purchases_lifetime: discounted(f64::INFINITY),
            median_time_to_next_purchase: median(any),
        },
        probability_of_purchase: any(horizon),
        expected_purchases: asked.level.map(|_| own.own_expectation),
        outcome,
    };
    Ok(Some((told, drawn(asked, history, &all))))
}

/// As many draws of the discounted purchases as there are of spend, spread evenly.
fn drawn(asked: Asked, history: &History, rates: &[OwnRates]) -> Vec<f64> {
    let places = (0..DRAWS).map(|draw| (2 * draw + 1) * rates.len() / (2 * DRAWS));
    let rates = places.filter_map(|place| rates.get(place));
    rates
        .map(|own| own.discounted_expected_purchases(history, asked.horizon, asked.discount))
        .collect()
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
