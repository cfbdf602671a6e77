//! Forecasts for many customers over one horizon.

use std::fmt::Debug;
use std::sync::OnceLock;

use super::outlooks::Smooth;
use super::{Law, Prospects};
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
    /// The same without end; infinite where the discount rate is 0 and too few ever leave (a ≤ 1, s ≤ 1).
    pub discounted_purchases_lifetime: f64,
    /// Time, in model units after the end of observation, by which the next purchase has happened with probability
    /// one half. Absent when the probability of any further purchase is at most one half. May be astronomically large.
    pub median_time_to_next_purchase: Option<f64>,
}

/// What of a forecast is an expectation or a probability, and so has an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Expectations {
    pub(crate) probability_alive: f64,
    pub(crate) purchases: f64,
    pub(crate) discounted: f64,
    pub(crate) lifetime: f64,
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
    /// An interval ends before it begins.
    #[error("an interval from {from} to {to} model units, expected an end after the beginning")]
    IntervalReversed {
        /// The beginning given.
        from: f64,
        /// The end given.
        to: f64,
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

/// Answers for any number of customers, over one horizon and discount rate, doing shared work once.
///
/// May be shared between threads. What it answers for a customer depends neither on the others nor on the order.
///
/// ```text
/// expected purchases     P(alive) · ∫₀^H m(s) ds          m(s) = pace of purchases at T + s given alive at T
/// discounted             P(alive) · ∫₀^H e^−δs m(s) ds
/// without end            P(alive) · ∫₀^∞ e^−δs m(s) ds
/// ```
///
/// Integrating by parts turns the second into `e^−δH·CET(H) + δ∫₀^H e^−δt·CET(t) dt`, the identity of the literature.
#[derive(Debug)]
pub struct Forecaster {
    horizon: f64,
    prepared: Box<dyn Foretell>,
}

/// The sums of a forecast given that the customer is alive: the same for all with equal prospects.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outlook {
    pub(crate) expected: f64,
    pub(crate) discounted: f64,
    pub(crate) lifetime: f64,
}

/// A law prepared for one horizon and discount rate, its type forgotten.
trait Foretell: Debug + Send + Sync {
    fn forecast_all(&self, histories: &[History], forecasts: &mut Vec<Forecast>);

    fn expect_all(&self, histories: &[History], expectations: &mut Vec<Expectations>);

    fn purchases_all(&self, histories: &[History], told: &mut Vec<[f64; 2]>);

    fn expect_smoothly(&self, histories: &[History], visit: &mut dyn FnMut(Expectations));

    fn expect_purchases_smoothly(&self, histories: &[History], visit: &mut dyn FnMut(f64));
}

#[derive(Debug)]
struct Prepared<L: Law> {
    law: L,
    horizon: f64,
    discount_rate: f64,
    shared: L::Shared,
    outlooks: OnceLock<Option<Smooth<3>>>,
    /// The expected purchases of an outlook alone.
    purchases: OnceLock<Option<Smooth<1>>>,
}

impl Forecaster {
    pub(super) fn new<L: Law>(
        law: L,
        horizon: f64,
        discount_rate: f64,
    ) -> Result<Self, ForecastError> {
        check_horizon(horizon)?;
        check_discount_rate(discount_rate)?;
        let prepared = Prepared {
            shared: law.share(horizon, discount_rate),
            law,
            horizon,
            discount_rate,
            outlooks: OnceLock::new(),
            purchases: OnceLock::new(),
        };
        Ok(Self {
            horizon,
            prepared: Box::new(prepared),
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
        let mut forecasts = Vec::with_capacity(1);
        self.prepared
            .forecast_all(std::slice::from_ref(history), &mut forecasts);
        forecasts.pop().unwrap_or(Forecast::NOTHING)
    }

    /// Returns the forecasts of many, in their order.
    ///
    /// Fastest when neighbours have equal repeat purchases and age, as after sorting by [`History::work_order`].
    #[must_use]
    pub fn forecast_all(&self, histories: &[History]) -> Vec<Forecast> {
        let mut forecasts = Vec::with_capacity(histories.len());
        self.prepared.forecast_all(histories, &mut forecasts);
        forecasts
    }

    /// Returns P(alive) and expected purchases of many, in their order: the same numbers as those of their forecasts, sooner.
    #[must_use]
    pub fn purchases_all(&self, histories: &[History]) -> Vec<[f64; 2]> {
        let mut told = Vec::with_capacity(histories.len());
        self.prepared.purchases_all(histories, &mut told);
        told
    }

    /// Returns the part of the forecasts that needs no search for a quantile.
    pub(crate) fn expect_all(&self, histories: &[History]) -> Vec<Expectations> {
        let mut expectations = Vec::with_capacity(histories.len());
        self.prepared.expect_all(histories, &mut expectations);
        expectations
    }

    /// Visits the same, read from curves where the model has smooth ones: to about 1e-11 of themselves, for what is drawn at random
    /// anyway. Ages that neighbours do not share cost little.
    pub(crate) fn expect_smoothly(
        &self,
        histories: &[History],
        mut visit: impl FnMut(Expectations),
    ) {
        self.prepared.expect_smoothly(histories, &mut visit);
    }

    /// Visits the expected purchases of the same alone, which need no discounts.
    pub(crate) fn expect_purchases_smoothly(
        &self,
        histories: &[History],
        mut visit: impl FnMut(f64),
    ) {
        self.prepared
            .expect_purchases_smoothly(histories, &mut visit);
    }
}

impl<L: Law> Prepared<L> {
    /// Visits every history with P(alive), prospects and outlook; neighbours with equal prospects share an outlook.
    fn each(&self, histories: &[History], mut visit: impl FnMut(f64, &L::Prospects, &Outlook)) {
        let span = (self.horizon, self.discount_rate);
        let mut spare = L::Spare::default();
        let mut last: Option<(L::Prospects, Outlook)> = None;
        for history in histories {
            let prospects = self.law.prospects(history);
            let outlook = match last {
                Some((known, outlook)) if known == prospects => outlook,
                _ => L::outlook(&self.shared, &prospects, span, &mut spare),
            };
            last = Some((prospects, outlook));
            visit(self.law.probability_alive(history), &prospects, &outlook);
        }
    }

    /// Returns the outlook of one history, nothing shared.
    fn outlook(&self, history: &History) -> Outlook {
        let span = (self.horizon, self.discount_rate);
        let prospects = self.law.prospects(history);
        L::outlook(&self.shared, &prospects, span, &mut L::Spare::default())
    }

    /// Visits every history with P(alive) and M numbers of those who are, read from curves where there are any.
    fn each_smoothly<const M: usize>(
        &self,
        histories: &[History],
        smooth: &Smooth<M>,
        exact: impl Fn(&History) -> [f64; M],
        mut visit: impl FnMut(f64, [f64; M]),
    ) {
        let mut last: Option<((u32, u64), [f64; M])> = None;
        let alive = self.law.probabilities_alive(histories);
        for (history, alive) in histories.iter().zip(alive) {
            let (repeat_purchases, age) = (history.repeat_purchases(), history.age());
            let key = (repeat_purchases, age.to_bits());
            // The time of the last purchase does not matter here.
            let at = |age: f64| match History::new(repeat_purchases, 0.0, age) {
                Ok(history) => exact(&history),
                Err(_) => [f64::NAN; M],
            };
            let told = match last {
                Some((known, told)) if known == key => told,
                _ => smooth
                    .at(repeat_purchases, age, at)
                    .unwrap_or_else(|| exact(history)),
            };
            last = Some((key, told));
            visit(alive, told);
        }
    }
}

impl<L: Law> Foretell for Prepared<L> {
    fn forecast_all(&self, histories: &[History], forecasts: &mut Vec<Forecast>) {
        self.each(histories, |alive, prospects, outlook| {
            forecasts.push(Forecast::new(alive, prospects, outlook));
        });
    }

    fn expect_all(&self, histories: &[History], expectations: &mut Vec<Expectations>) {
        self.each(histories, |alive, _, outlook| {
            expectations.push(Expectations::new(alive, outlook));
        });
    }

    fn purchases_all(&self, histories: &[History], told: &mut Vec<[f64; 2]>) {
        let span = (self.horizon, self.discount_rate);
        let mut spare = L::Spare::default();
        let mut last: Option<(L::Prospects, f64)> = None;
        for history in histories {
            let prospects = self.law.prospects(history);
            let expected = match last {
                Some((known, expected)) if known == prospects => expected,
                _ => L::purchases(&self.shared, &prospects, span, &mut spare),
            };
            last = Some((prospects, expected));
            let alive = self.law.probability_alive(history);
            told.push([alive, alive * expected]);
        }
    }

    fn expect_smoothly(&self, histories: &[History], visit: &mut dyn FnMut(Expectations)) {
        let smooth = || self.law.smooth_from().map(Smooth::new);
        let Some(smooth) = self.outlooks.get_or_init(smooth) else {
            self.each(histories, |alive, _, outlook| {
                visit(Expectations::new(alive, outlook));
            });
            return;
        };
        let exact = |history: &History| {
            let outlook = self.outlook(history);
            [outlook.expected, outlook.discounted, outlook.lifetime]
        };
        let visit = |alive: f64, [expected, discounted, lifetime]: [f64; 3]| {
            let outlook = Outlook {
                expected,
                discounted,
                lifetime,
            };
            visit(Expectations::new(alive, &outlook));
        };
        self.each_smoothly(histories, smooth, exact, visit);
    }

    fn expect_purchases_smoothly(&self, histories: &[History], visit: &mut dyn FnMut(f64)) {
        let smooth = || self.law.smooth_from().map(Smooth::new);
        let Some(smooth) = self.purchases.get_or_init(smooth) else {
            self.each(histories, |alive, _, outlook| {
                visit(alive * outlook.expected);
            });
            return;
        };
        let exact = |history: &History| {
            let prospects = self.law.prospects(history);
            [prospects.expected_between(0.0, self.horizon)]
        };
        self.each_smoothly(histories, smooth, exact, |alive, [expected]| {
            visit(alive * expected);
        });
    }
}

/// Of somebody who has left nothing is expected, and be it without end.
fn of_alive(probability_alive: f64, without_end: f64) -> f64 {
    if probability_alive > 0.0 {
        probability_alive * without_end
    } else {
        0.0
    }
}

impl Expectations {
    fn new(alive: f64, outlook: &Outlook) -> Self {
        Self {
            probability_alive: alive,
            purchases: alive * outlook.expected,
            discounted: alive * outlook.discounted,
            lifetime: of_alive(alive, outlook.lifetime),
        }
    }
}

impl Forecast {
    /// What is expected of someone who has left.
    pub const NOTHING: Self = Self {
        probability_alive: 0.0,
        expected_purchases: 0.0,
        discounted_purchases: 0.0,
        discounted_purchases_lifetime: 0.0,
        median_time_to_next_purchase: None,
    };

    fn new(probability_alive: f64, prospects: &impl Prospects, outlook: &Outlook) -> Self {
        let median = if probability_alive > 0.5 {
            prospects.time_to_next_purchase(0.5 / probability_alive)
        } else {
            None
        };
        Self {
            probability_alive,
            expected_purchases: probability_alive * outlook.expected,
            discounted_purchases: probability_alive * outlook.discounted,
            discounted_purchases_lifetime: of_alive(probability_alive, outlook.lifetime),
            median_time_to_next_purchase: median,
        }
    }
}

pub(crate) fn check_horizon(horizon: f64) -> Result<(), ForecastError> {
    if horizon >= 0.0 && horizon.is_finite() {
        Ok(())
    } else {
        Err(ForecastError::HorizonOutsideDomain { horizon })
    }
}

pub(super) fn check_interval(from: f64, to: f64) -> Result<(), ForecastError> {
    check_horizon(from)?;
    check_horizon(to)?;
    if from <= to {
        Ok(())
    } else {
        Err(ForecastError::IntervalReversed { from, to })
    }
}

pub(crate) fn check_discount_rate(discount_rate: f64) -> Result<(), ForecastError> {
    if discount_rate >= 0.0 && discount_rate.is_finite() {
        Ok(())
    } else {
        Err(ForecastError::DiscountRateOutsideDomain { discount_rate })
    }
}
