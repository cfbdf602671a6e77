//! GGom/NBD: customers buy at random and may leave at any time, unseen, more readily as they age.
//!
//! | module | question it answers |
//! |---|---|
//! | `lifetime` | how long do customers stay? |
//! | `walk` | how finely must sums over time be taken? |
//! | `departures` | over which times of leaving must be summed? |
//! | `likelihood` | how likely are the histories, and which way is uphill? |
//! | `fitting` | which parameters make them likeliest? |
//! | `alive` | what lies before a customer who is still there? |
//! | `counts` | how many purchases will there be? |
//! | `next_purchase` | when does the next one come, if ever? |
//! | `law` | how does all this become a purchase model? |

mod alive;
mod counts;
mod departures;
mod fitting;
mod law;
mod lifetime;
mod likelihood;
mod next_purchase;
mod walk;

use crate::estimate::{FitError, FitReport, all_positive};
use crate::fitting::MinimumRepeatBuyers;
use crate::history::WeightedHistories;
use crate::purchase::{Arrivals, purchase_model};
use lifetime::Lifetime;

/// How GGom/NBD is fitted.
///
/// By default from at least 30 customers with a repeat purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GgomNbdConfig {
    minimum_repeat_buyers: MinimumRepeatBuyers,
}

impl GgomNbdConfig {
    /// Sets the fewest customers with a repeat purchase that a fit is made from.
    ///
    /// # Errors
    /// [`FitError::MinimumTooSmall`] below 1: without any repeat purchase there is no likelihood to climb.
    pub fn with_minimum_repeat_buyers(self, minimum: u64) -> Result<Self, FitError> {
        Ok(Self {
            minimum_repeat_buyers: MinimumRepeatBuyers::new(minimum)?,
        })
    }

    /// Completes the configuration.
    #[must_use]
    pub const fn build(self) -> GgomNbd {
        GgomNbd { config: self }
    }
}

/// GGom/NBD, ready to be fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GgomNbd {
    config: GgomNbdConfig,
}

/// Parameters of GGom/NBD; time is in the unit of the histories.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GgomNbdParameters {
    /// Shape of the purchase rates.
    pub r: f64,
    /// Inverse scale of the purchase rates, in units of time.
    pub alpha: f64,
    /// Growth of the readiness to leave, per unit of time.
    pub b: f64,
    /// Shape of the dropout.
    pub s: f64,
    /// Inverse scale of the dropout, without a unit: that of Pareto/NBD times b.
    pub beta: f64,
}

/// The rules with their parameters, positive and finite by construction.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Ggom {
    r: f64,
    alpha: f64,
    lifetime: Lifetime,
}

/// What is known of a customer who is still there: `λ ~ Gamma(R, A)`, and the law of leaving from now on.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Alive {
    /// R = r + x and A = α + T.
    arrivals: Arrivals,
    lifetime: Lifetime,
}

/// GGom/NBD with parameters; its answers are the methods of
/// [`PurchaseModel`](crate::purchase::PurchaseModel).
///
/// The dropout of a posterior is `η·b`, the customer's own rate of leaving at the first purchase, per model unit; by age u it
/// has grown to `η·b·e^(bu)`.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedGgomNbd {
    law: Ggom,
    report: Option<FitReport>,
}

impl GgomNbd {
    /// Returns the model with the likeliest parameters.
    ///
    /// # Model
    ///
    /// λ ~ Gamma(r, α) purchases per unit of time while alive. Whether or not there was a purchase, the customer leaves at a
    /// rate `η·b·e^(bτ)` per unit of time at age τ, η ~ Gamma(s, β): lifetimes are Gompertz.
    ///
    /// ```text
    /// S(τ) = (β/(β + e^(bτ) − 1))^s                     those still there at age τ
    ///
    /// L = Γ(r + x)·α^r / Γ(r) · [ (α + T)^−(r + x)·S(T)  −  ∫_t^T (α + τ)^−(r + x)·S′(τ) dτ ]
    ///
    /// P(alive) = first term of the bracket / the bracket
    /// ```
    ///
    /// | symbol  | field                       | unit      | domain      |
    /// |---------|-----------------------------|-----------|-------------|
    /// | x       | `repeat_purchases`          | purchases | ≥ 0         |
    /// | t, T    | `recency`, `age`            | model     | 0 ≤ t ≤ T   |
    /// | α       | `alpha`                     | model     | > 0         |
    /// | b       | `b`                         | per model | > 0         |
    /// | r s β   | same                        | none      | > 0         |
    ///
    /// For b → 0 with β/b = β′ this is Pareto/NBD with β′; at β = 1 lifetimes are exponential at the rate b·s, which alone is
    /// then determined.
    ///
    /// # Errors
    /// [`FitError::TooFewRepeatBuyers`]; [`FitError::NoFiniteStart`] for histories no parameters can explain.
    ///
    /// # Numerics
    /// As [`ParetoNbd::fit`](crate::pareto_nbd::ParetoNbd::fit), with seven starts. Everything is written in `e^(−bτ)` and
    /// `1 − e^(−bτ)`, so that b → 0, b → ∞, β tiny and β huge are no special cases, and sums over the time of leaving have
    /// positive terms only.
    ///
    /// # Source
    /// Bemmaor, Glady (2012), Modeling purchasing behavior with sudden "death": a flexible customer lifetime model, Management
    /// Science 58. Checked against `reference/ggom_nbd/`.
    ///
    /// # Examples
    /// ```
    /// use patron_stats::ggom_nbd::{FittedGgomNbd, GgomNbdParameters};
    /// use patron_stats::history::History;
    /// use patron_stats::purchase::PurchaseModel;
    ///
    /// let parameters = GgomNbdParameters { r: 0.553, alpha: 10.578, b: 0.0002, s: 0.603, beta: 0.0026 };
    /// let model = FittedGgomNbd::from_parameters(parameters)?;
    /// let customer = History::new(26, 30.86, 31.0)?;
    /// assert!((model.expected_purchases(&customer, 52.0)? - 25.609_548).abs() < 1e-6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fit(&self, histories: &WeightedHistories) -> Result<FittedGgomNbd, FitError> {
        let (law, report) = fitting::fit(histories, self.config.minimum_repeat_buyers)?;
        Ok(FittedGgomNbd {
            law,
            report: Some(report),
        })
    }
}

impl FittedGgomNbd {
    /// Makes a model from parameters known otherwise.
    ///
    /// # Errors
    /// [`FitError::ParameterNotPositive`].
    pub fn from_parameters(parameters: GgomNbdParameters) -> Result<Self, FitError> {
        let GgomNbdParameters {
            r,
            alpha,
            b,
            s,
            beta,
        } = parameters;
        all_positive(Ggom::NAMES, [r, alpha, b, s, beta])?;
        let lifetime = Lifetime { b, s, beta };
        let law = Ggom { r, alpha, lifetime };
        Ok(Self { law, report: None })
    }

    /// Returns the parameters.
    #[must_use]
    pub const fn parameters(&self) -> GgomNbdParameters {
        let Ggom { r, alpha, lifetime } = self.law;
        let Lifetime { b, s, beta } = lifetime;
        GgomNbdParameters {
            r,
            alpha,
            b,
            s,
            beta,
        }
    }
}

purchase_model!(FittedGgomNbd, "ggom-nbd");
