//! Forecasts for many customers over one horizon.

use std::sync::OnceLock;

use super::curve::PaceCurve;
use super::{Alive, BetaGeometric};
use crate::history::History;

/// What is expected of one customer after the end of observation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    /// Probability of not having left by the end of observation.
    pub probability_alive: f64,
    /// Expected purchases within the horizon.
    pub expected_purchases: f64,
    /// The same, each purchase discounted from its time to the end of observation.
    pub discounted_purchases: f64,
    /// The same without end; infinite where the discount rate is 0 and a ≤ 1.
    pub discounted_purchases_lifetime: f64,
    /// Time, in model units after the end of observation, by which the next purchase has happened with probability
    /// one half. Absent when the probability of any further purchase is at most one half. May be astronomically large.
    pub median_time_to_next_purchase: Option<f64>,
}

/// Why a forecast was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ForecastError {
    /// The horizon is negative, infinite or not a number.
    #[error("a horizon of {horizon} model units, expected a finite number of at least 0")]
    HorizonOutsideDomain {
        /// The horizon given.
        horizon: f64,
    },
    /// The discount rate is negative, infinite or not a number.
    #[error(
        "a discount rate of {discount_rate} per model unit, expected a finite number of at least 0"
    )]
    DiscountRateOutsideDomain {
        /// The rate given.
        discount_rate: f64,
    },
}

/// Curves are kept for customers with fewer repeat purchases than this; above, one is made per call or run of equals.
const CURVES_KEPT: usize = 1024;

/// Answers for any number of customers, over one horizon and discount rate, doing shared work once.
///
/// May be shared between threads. What it answers for a customer depends neither on the others nor on the order.
///
/// ```text
/// expected purchases     P(alive) · ∫₀^H m(s) ds          m(s) = R/A · E_p[(1 + p·s/A)^−(R+1)]
/// discounted             P(alive) · ∫₀^H e^−δs m(s) ds
/// without end            P(alive) · ∫₀^∞ e^−δs m(s) ds
/// ```
///
/// Integrating by parts turns the second into `e^−δH·CET(H) + δ∫₀^H e^−δt·CET(t) dt`, the identity of the literature.
#[derive(Debug)]
pub struct Forecaster {
    law: BetaGeometric,
    horizon: f64,
    discount_rate: f64,
    curves: Vec<OnceLock<PaceCurve>>,
}

/// Forecasts given that the customer is alive: the same for all with equal x and T.
#[derive(Debug, Clone, Copy)]
struct GivenAlive {
    state: Alive,
    expected: f64,
    discounted: f64,
    lifetime: f64,
}

impl Forecaster {
    pub(super) fn new(
        law: BetaGeometric,
        horizon: f64,
        discount_rate: f64,
    ) -> Result<Self, ForecastError> {
        check_horizon(horizon)?;
        check_discount_rate(discount_rate)?;
        let curves = std::iter::repeat_with(OnceLock::new)
            .take(CURVES_KEPT)
            .collect();
        Ok(Self {
            law,
            horizon,
            discount_rate,
            curves,
        })
    }

    /// Returns the horizon in model units.
    #[must_use]
    pub const fn horizon(&self) -> f64 {
        self.horizon
    }

    /// Returns the forecast of one customer.
    #[must_use]
    pub fn forecast(&self, history: &History) -> Forecast {
        let mut spare = None;
        self.finish(history, &self.given_alive(history, &mut spare))
    }

    /// Returns the forecasts of many, in their order.
    ///
    /// Fastest when neighbours have equal repeat purchases and age, as after sorting by [`History::work_order`].
    #[must_use]
    pub fn forecast_all(&self, histories: &[History]) -> Vec<Forecast> {
        let mut spare = None;
        let mut last: Option<GivenAlive> = None;
        let mut forecasts = Vec::with_capacity(histories.len());
        for history in histories {
            let state = self
                .law
                .given_alive(history.repeat_purchases(), history.age());
            let given_alive = match last {
                Some(known) if known.state == state => known,
                _ => self.given_alive(history, &mut spare),
            };
            last = Some(given_alive);
            forecasts.push(self.finish(history, &given_alive));
        }
        forecasts
    }

    fn given_alive(&self, history: &History, spare: &mut Option<PaceCurve>) -> GivenAlive {
        let state = self
            .law
            .given_alive(history.repeat_purchases(), history.age());
        let curve = self.curve(history.repeat_purchases(), &state, spare);
        let expected = curve.purchases(state.time, self.horizon);
        let (discounted, lifetime) = curve.discounted(state.time, self.horizon, self.discount_rate);
        if self.discount_rate > 0.0 {
            GivenAlive {
                state,
                expected,
                discounted,
                lifetime,
            }
        } else {
            GivenAlive {
                state,
                expected,
                discounted: expected,
                lifetime: undiscounted(&state),
            }
        }
    }

    fn curve<'a>(
        &'a self,
        repeat_purchases: u32,
        state: &Alive,
        spare: &'a mut Option<PaceCurve>,
    ) -> &'a PaceCurve {
        let reach = PaceCurve::reach(self.law.alpha, self.horizon, self.discount_rate);
        match self.curves.get(repeat_purchases as usize) {
            Some(kept) => kept.get_or_init(|| PaceCurve::new(state, reach)),
            None => {
                if spare.as_ref().is_none_or(|curve| !curve.serves(state)) {
                    *spare = None;
                }
                spare.get_or_insert_with(|| PaceCurve::new(state, reach))
            }
        }
    }

    fn finish(&self, history: &History, given_alive: &GivenAlive) -> Forecast {
        let probability_alive = self.law.alive(history);
        let median = (probability_alive > 0.5).then(|| {
            given_alive
                .state
                .next_purchase_quantile(0.5 / probability_alive)
        });
        Forecast {
            probability_alive,
            expected_purchases: probability_alive * given_alive.expected,
            discounted_purchases: probability_alive * given_alive.discounted,
            discounted_purchases_lifetime: probability_alive * given_alive.lifetime,
            median_time_to_next_purchase: median,
        }
    }
}

/// Expected purchases of a living customer without end and without discount: `E[1/p] = (a + b′ − 1)/(a − 1)`.
fn undiscounted(state: &Alive) -> f64 {
    if state.a > 1.0 {
        (state.a + state.b - 1.0) / (state.a - 1.0)
    } else {
        f64::INFINITY
    }
}

pub(super) fn check_horizon(horizon: f64) -> Result<(), ForecastError> {
    if horizon >= 0.0 && horizon.is_finite() {
        Ok(())
    } else {
        Err(ForecastError::HorizonOutsideDomain { horizon })
    }
}

fn check_discount_rate(discount_rate: f64) -> Result<(), ForecastError> {
    if discount_rate >= 0.0 && discount_rate.is_finite() {
        Ok(())
    } else {
        Err(ForecastError::DiscountRateOutsideDomain { discount_rate })
    }
}
