//! The law that BG/NBD and MBG/NBD share: a gamma mixture of purchase rates, a beta mixture of dropout coins.
//!
//! Every customer buys at random at an own rate λ, gamma distributed (r, α), and after a purchase leaves for good with
//! an own probability p, beta distributed (a, b). The two models differ only in whether the coin is also thrown after
//! the first purchase. Given that a customer is still there, both look the same from then on:
//!
//! ```text
//! λ | history, alive ~ Gamma(R, A)     R = r + x,  A = α + T
//! p | history, alive ~ Beta(a, b′)     b′ = b + coins survived
//! ```
//!
//! so everything after the end of observation depends on (x, T) alone, and the last purchase only enters through P(alive). All
//! forecasts are built on this.
//!
//! | module | question it answers |
//! |---|---|
//! | `likelihood` | how likely are the histories, and which way is uphill? |
//! | `fitting` | which parameters make them likeliest? |
//! | `mixture` | what is the mean of a function of p under a beta distribution? |
//! | `counts` | how many purchases will there be? |
//! | `curve` | at which pace do they come, so that they can be discounted? |
//! | `forecaster` | how to answer for a million customers |
//! | `surface` | what is expected of one customer? |
//! | `model` | what every fitted purchase model can say |

mod counts;
mod curve;
mod fitting;
mod forecaster;
mod likelihood;
mod mixture;
mod model;
mod surface;

pub use counts::CountDistribution;
pub use forecaster::{Forecast, ForecastError, Forecaster};
pub use model::PurchaseModel;

pub(crate) use fitting::{MINIMUM_REPEAT_BUYERS, fit};
pub(crate) use model::purchase_model;

/// When a customer can leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dropout {
    /// BG/NBD: right after a repeat purchase.
    AfterRepeatPurchase,
    /// MBG/NBD: right after any purchase, the first included.
    AfterAnyPurchase,
}

/// Parameters with the rule of dropout; positive and finite by construction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BetaGeometric {
    pub(crate) r: f64,
    pub(crate) alpha: f64,
    pub(crate) a: f64,
    pub(crate) b: f64,
    pub(crate) dropout: Dropout,
}

/// What is known of a customer who is still there: `λ ~ Gamma(shape, time)`, `p ~ Beta(a, b)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Alive {
    /// R = r + x.
    pub(crate) shape: f64,
    /// A = α + T, model units.
    pub(crate) time: f64,
    /// a.
    pub(crate) a: f64,
    /// b′ = b + coins survived.
    pub(crate) b: f64,
}

impl BetaGeometric {
    pub(crate) const NAMES: [&'static str; 4] = ["r", "alpha", "a", "b"];

    pub(crate) fn given_alive(&self, repeat_purchases: u32, age: f64) -> Alive {
        Alive {
            shape: self.r + f64::from(repeat_purchases),
            time: self.alpha + age,
            a: self.a,
            b: self.b + f64::from(self.survivals(repeat_purchases)),
        }
    }
}

impl Alive {
    /// Returns the probability of at least one purchase within `horizon`: `1 − (A/(A + t))^R`.
    pub(crate) fn any_purchase(&self, horizon: f64) -> f64 {
        -(-self.shape * (horizon / self.time).ln_1p()).exp_m1()
    }

    /// Returns the expected number of purchases within `horizon`:
    ///
    /// ```text
    /// E_p[ (1 − (1 + p·t/A)^−R) / p ]
    /// ```
    ///
    /// The integrand is smooth at p = 0 and nothing is divided by a − 1, so a = 1 is no special case.
    pub(crate) fn expected_purchases(&self, horizon: f64) -> f64 {
        if horizon == 0.0 {
            return 0.0;
        }
        let pace = horizon / self.time;
        let mixture =
            mixture::BetaMixture::new(self.a, self.b, 1.0 / (1.0 + self.shape * pace), self.shape);
        mixture.mean(self.shape * pace, |p| {
            -(-self.shape * (p * pace).ln_1p()).exp_m1() / p
        })
    }

    /// Returns the time until the next purchase has happened with probability `level < 1`.
    pub(crate) fn next_purchase_quantile(&self, level: f64) -> f64 {
        self.time * (-(-level).ln_1p() / self.shape).exp_m1()
    }
}
