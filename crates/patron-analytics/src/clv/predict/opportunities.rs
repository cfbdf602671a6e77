//! What is expected where one can only buy at opportunities?

use patron_stats::bg_bb::{BgBbConfig, FittedBgBb, OpportunityHistories, OpportunityHistory};
use patron_stats::estimate::FitError;
use patron_stats::history::History;
use patron_stats::intervals::{Interval, IntervalError, OpportunityExpectations, ParameterDraws};
use patron_stats::purchase::Forecast;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;

use super::{DRAWS, OfHistory, Periods, PredictRequest, Predictions, SEED, noted};
use crate::clv::{Base, ClvError, Customer, fit_opportunities, opportunities};

/// Fits BG/BB, and predicts every customer.
///
/// P(alive) is that of being there at the next opportunity, as in the literature.
///
/// # Returns
/// The customers with their opportunities as history, and what is expected of them.
///
/// # Errors
/// [`ClvError::Opportunities`], [`ClvError::Fit`], [`ClvError::Forecast`], [`ClvError::Interval`].
pub fn predict_opportunities(
    base: &Base,
    request: &PredictRequest,
    periods: Periods,
) -> Result<(Base, Predictions), ClvError> {
    let histories = opportunities(base)?;
    let model = fit_opportunities(base, &histories)?;
    let seen = seen(base, &histories);
    let months = base.settings.horizon_months;
    let horizon = periods.horizon(base.unit.days(), months);
    let discount = periods.discount(base.unit.days(), base.settings.annual_discount);
    let mut notes = Vec::new();
    let counted = OpportunityHistories::new(
        histories
            .iter()
            .zip(base.customers.iter())
            .map(|(history, customer)| (*history, customer.weight)),
    );
    let expected = match noted(drawn(&model, &counted, request), &mut notes)? {
        Some(draws) => Some(OpportunityExpectations::new(
            &draws,
            horizon,
            discount,
            request.level,
        )?),
        None => None,
    };
    let teller = Teller {
        model: &model,
        expected: expected.as_ref(),
        horizon,
        discount,
        level: request.intervals.then_some(request.level),
    };
    let distinct = seen.by_history().histories().par_iter();
    let told = distinct.map(|history| teller.tell(history));
    let told = told.collect::<Result<Vec<OfHistory>, ClvError>>()?;
    if base
        .customers
        .iter()
        .any(|customer| customer.spend.is_some())
    {
        notes.push(
            "no values: an opportunity that is used may hold several purchases, and spend is known of each"
                .to_owned(),
        );
    }
    let predictions = Predictions {
        told: told.into(),
        of_customer: seen.by_history().of_customers().collect(),
        values: Vec::new(),
        horizon: f64::from(horizon),
        is_margin: false,
        notes,
    };
    Ok((seen, predictions))
}

/// The customers with their opportunities in the place of times.
fn seen(base: &Base, histories: &[OpportunityHistory]) -> Base {
    let counts_opportunities = base.days.is_none();
    let customers = base.customers.iter().zip(histories);
    base.of(customers
        .map(|(customer, history)| {
            let [last, all] = [history.last(), history.opportunities()].map(f64::from);
            let history = History::new(history.repeat_purchases(), last, all);
            Customer {
                // Whole numbers in order are a history.
                history: history.unwrap_or(History::NEW_CUSTOMER),
                // Of orders purchases are counted after the end, and not opportunities.
                later: customer.later.filter(|_| counts_opportunities),
                spend: None,
                ln_intervals: None,
                ..customer
            }
        })
        .collect())
}

fn drawn(
    model: &FittedBgBb,
    counted: &OpportunityHistories,
    request: &PredictRequest,
) -> Option<Result<ParameterDraws, IntervalError>> {
    let mut generator = ChaCha12Rng::seed_from_u64(SEED);
    let named = model.named_parameters();
    request.intervals.then(|| {
        if !request.bootstrap {
            return ParameterDraws::laplace(&named, model.report(), DRAWS, &mut generator);
        }
        ParameterDraws::refitted(&named, DRAWS, &mut generator, |generator| {
            let mut simulated = Vec::new();
            for (history, count) in counted.entries() {
                for _ in 0..*count {
                    let drawn = model.simulate(generator, history.opportunities(), 0);
                    simulated.push((drawn.history, 1));
                }
            }
            let refitted = BgBbConfig::default().build();
            let refitted = refitted.fit(&OpportunityHistories::new(simulated))?;
            let values = refitted.named_parameters().into_iter();
            Ok::<_, FitError>(values.map(|(_, value)| value).collect())
        })
    })
}

/// Everything that a prediction takes.
struct Teller<'a> {
    model: &'a FittedBgBb,
    expected: Option<&'a OpportunityExpectations>,
    horizon: u32,
    discount: f64,
    level: Option<f64>,
}

impl Teller<'_> {
    fn tell(&self, history: &History) -> Result<OfHistory, ClvError> {
        let history = of_history(history)?;
        let (model, horizon, rate) = (self.model, self.horizon, self.discount);
        let purchases: Option<Interval> = match self.expected {
            Some(expected) => Some(expected.forecast(&history)?.expected_purchases),
            None => None,
        };
        let outcome = self.level.map(|level| {
            let counts = model.count_distribution(&history, horizon);
            [0.5 * (1.0 - level), 0.5 * (1.0 + level)].map(|tail| counts.quantile(tail))
        });
        let next = model.opportunity_of_next_purchase(&history, 0.5);
        Ok(OfHistory {
            forecast: Forecast {
                probability_alive: model.probability_alive(&history, 1),
                expected_purchases: model.expected_purchases(&history, horizon),
                discounted_purchases: model
                    .discounted_expected_purchases(&history, horizon, rate)?,
                discounted_purchases_lifetime: model
                    .discounted_expected_purchases_lifetime(&history, rate)?,
                median_time_to_next_purchase: next.map(f64::from),
            },
            probability_of_purchase: model.probability_of_purchase(&history, horizon),
            expected_purchases: purchases,
            outcome,
        })
    }
}

/// The opportunities of a history that was made of them.
fn of_history(history: &History) -> Result<OpportunityHistory, ClvError> {
    let [last, all] = [history.recency(), history.age()].map(super::periods::whole);
    let found = OpportunityHistory::new(history.repeat_purchases(), last, all);
    found.map_err(|error| ClvError::Opportunities {
        customer: String::new(),
        problem: error.to_string(),
    })
}
