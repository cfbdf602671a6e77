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
//! | `alive` | what lies before a customer who is still there? |
//! | `counts` | how many purchases will there be? |
//! | `curve` | at which pace do they come, so that they can be discounted? |
//! | `law` | how does all this become a purchase model? |
//!
//! What every purchase model can say is in [`purchase`](crate::purchase); its names are kept here as well.

mod alive;
mod counts;
mod curve;
mod fitting;
mod law;
mod likelihood;

pub use crate::purchase::{CountDistribution, Forecast, ForecastError, Forecaster, PurchaseModel};

pub(crate) use counts::{coins_after, tails};
pub(crate) use fitting::{STARTS, fit, in_words};
pub(crate) use likelihood::{RisingBeta, add_rising};

use crate::purchase::Arrivals;

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

/// What is known of a customer who is still there: `λ ~ Gamma(R, A)`, `p ~ Beta(a, b′)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Alive {
    /// x, which with the parameters decides all but A.
    repeat_purchases: u32,
    /// R = r + x and A = α + T.
    pub(crate) arrivals: Arrivals,
    /// a.
    pub(crate) a: f64,
    /// b′ = b + coins survived.
    pub(crate) b: f64,
}

impl BetaGeometric {
    pub(crate) const NAMES: [&'static str; 4] = ["r", "alpha", "a", "b"];

    fn given_alive(&self, repeat_purchases: u32, age: f64) -> Alive {
        Alive {
            repeat_purchases,
            arrivals: Arrivals {
                shape: self.r + f64::from(repeat_purchases),
                time: self.alpha + age,
            },
            a: self.a,
            b: self.b + f64::from(self.survivals(repeat_purchases)),
        }
    }
}
