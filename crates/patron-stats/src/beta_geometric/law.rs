//! The law of coins as a purchase model.

use std::sync::OnceLock;

use rand::{Rng, RngExt};

use super::curve::{PaceCurve, Reach};
use super::fitting::fit;
use super::{Alive, BetaGeometric, Dropout};
use crate::estimate::FitError;
use crate::fitting::MinimumRepeatBuyers;
use crate::history::{History, WeightedHistories};
use crate::purchase::{Law, Moments, Outlook, Posterior};
use crate::sample::{beta_variable, exponential, ln_gamma_variable};

/// Curves are kept for customers with fewer repeat purchases than this; above, one is made per call or run of equals.
const CURVES_KEPT: usize = 1024;

/// Pace curves by repeat purchases, each made when it is first needed.
#[derive(Debug)]
pub(crate) struct Curves {
    reach: Reach,
    kept: Vec<OnceLock<PaceCurve>>,
}

impl Curves {
    fn of<'a>(&'a self, alive: &Alive, spare: &'a mut Option<PaceCurve>) -> &'a PaceCurve {
        match self.kept.get(alive.repeat_purchases as usize) {
            Some(kept) => kept.get_or_init(|| PaceCurve::new(alive, self.reach)),
            None => {
                if spare.as_ref().is_none_or(|curve| !curve.serves(alive)) {
                    *spare = None;
                }
                spare.get_or_insert_with(|| PaceCurve::new(alive, self.reach))
            }
        }
    }
}

impl Law for BetaGeometric {
    type Prospects = Alive;
    type Shared = Curves;
    type Spare = Option<PaceCurve>;

    fn named_parameters(&self) -> Vec<(&'static str, f64)> {
        Self::NAMES
            .into_iter()
            .zip([self.r, self.alpha, self.a, self.b])
            .collect()
    }

    fn with_parameters(&self, parameters: &[f64]) -> Option<Self> {
        let [r, alpha, a, b] = <[f64; 4]>::try_from(parameters).ok()?;
        Some(Self {
            r,
            alpha,
            a,
            b,
            ..*self
        })
    }

    fn ln_likelihood(&self, histories: &WeightedHistories) -> f64 {
        self.log_likelihood(histories).value
    }

    fn score(&self, histories: &WeightedHistories) -> Vec<f64> {
        self.log_likelihood(histories).gradient.to_vec()
    }

    fn likeliest(&self, histories: &WeightedHistories) -> Result<Vec<f64>, FitError> {
        let (best, _) = fit(self.dropout, histories, MinimumRepeatBuyers::ANY)?;
        Ok(vec![best.r, best.alpha, best.a, best.b])
    }

    fn probability_alive(&self, history: &History) -> f64 {
        self.alive(history)
    }

    fn probabilities_alive(&self, histories: &[History]) -> Vec<f64> {
        self.alive_all(histories)
    }

    fn prospects(&self, history: &History) -> Alive {
        self.given_alive(history.repeat_purchases(), history.age())
    }

    /// Outlooks are functions of `A = α + T`, singular nowhere but where `A + p·s` can be 0 or less.
    fn smooth_from(&self) -> Option<f64> {
        Some(self.alpha)
    }

    /// A mixture of two: who is there has `Gamma(R, A)` and `Beta(a, b′)`, who left with the last purchase has
    /// `Gamma(R, α + t)` and `Beta(a + 1, b′ − 1)`.
    fn posterior(&self, history: &History) -> Posterior {
        let alive = self.alive(history);
        let Alive { arrivals, a, b, .. } = self.prospects(history);
        let shape = arrivals.shape;
        let (since, until) = (self.alpha + history.recency(), arrivals.time);
        let mix = |of_alive: f64, of_left: f64| {
            // Without a coin nobody can have left, and b′ − 1 may be negative.
            let left = if alive < 1.0 {
                (1.0 - alive) * of_left
            } else {
                0.0
            };
            alive * of_alive + left
        };
        let coins = a + b;
        Posterior {
            rate: Moments::from_raw(
                mix(shape / until, shape / since),
                mix(
                    shape / until * ((shape + 1.0) / until),
                    shape / since * ((shape + 1.0) / since),
                ),
            ),
            dropout: Some(Moments::from_raw(
                mix(a / coins, (a + 1.0) / coins),
                mix(
                    a / coins * ((a + 1.0) / (coins + 1.0)),
                    (a + 1.0) / coins * ((a + 2.0) / (coins + 1.0)),
                ),
            )),
        }
    }

    fn purchase_times(&self, generator: &mut dyn Rng, end: f64) -> Vec<f64> {
        let rate = ln_gamma_variable(generator, self.r).exp() / self.alpha;
        let leaving = beta_variable(generator, self.a, self.b);
        let mut times = Vec::new();
        let mut time = 0.0;
        let mut gone =
            self.dropout == Dropout::AfterAnyPurchase && generator.random::<f64>() < leaving;
        while !gone {
            time += exponential(generator) / rate;
            if time > end {
                break;
            }
            times.push(time);
            gone = generator.random::<f64>() < leaving;
        }
        times
    }

    fn share(&self, horizon: f64, discount_rate: f64) -> Curves {
        Curves {
            reach: Reach::new(self.alpha, horizon, discount_rate),
            kept: std::iter::repeat_with(OnceLock::new)
                .take(CURVES_KEPT)
                .collect(),
        }
    }

    fn outlook(
        shared: &Curves,
        prospects: &Alive,
        (horizon, discount_rate): (f64, f64),
        spare: &mut Option<PaceCurve>,
    ) -> Outlook {
        let time = prospects.arrivals.time;
        let curve = shared.of(prospects, spare);
        let expected = curve.purchases(time, horizon);
        if discount_rate > 0.0 {
            let (discounted, lifetime) = curve.discounted(time, horizon, discount_rate);
            Outlook {
                expected,
                discounted,
                lifetime,
            }
        } else {
            Outlook {
                expected,
                discounted: expected,
                lifetime: undiscounted(prospects),
            }
        }
    }

    fn purchases(
        shared: &Curves,
        prospects: &Alive,
        (horizon, _): (f64, f64),
        spare: &mut Option<PaceCurve>,
    ) -> f64 {
        let curve = shared.of(prospects, spare);
        curve.purchases(prospects.arrivals.time, horizon)
    }
}

/// Expected purchases of a living customer without end and without discount: `E[1/p] = (a + b′ − 1)/(a − 1)`.
fn undiscounted(alive: &Alive) -> f64 {
    if alive.a > 1.0 {
        (alive.a + alive.b - 1.0) / (alive.a - 1.0)
    } else {
        f64::INFINITY
    }
}
