//! Pareto/NBD: customers buy at random and may leave at any time, unseen.
//!
//! | module | question it answers |
//! |---|---|
//! | `departures` | over which times of leaving must be summed, and how finely? |
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
mod likelihood;
mod next_purchase;

pub(crate) use fitting::ParetoLaws;

use crate::covariates::{
    CovariateError, CovariateHistories, CovariateModel, Covariates, MovedParameter, RATES,
    WithCovariates,
};
use crate::estimate::{FitError, FitReport, all_positive, exactly};
use crate::fitting::MinimumRepeatBuyers;
use crate::history::{History, WeightedHistories};
use crate::purchase::{Arrivals, ForecastError, Law, check_discount_rate, purchase_model};
use crate::special::scaled_exponential_integral;

/// How Pareto/NBD is fitted.
///
/// By default from at least 30 customers with a repeat purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ParetoNbdConfig {
    minimum_repeat_buyers: MinimumRepeatBuyers,
}

impl ParetoNbdConfig {
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
    pub const fn build(self) -> ParetoNbd {
        ParetoNbd { config: self }
    }
}

/// Pareto/NBD, ready to be fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParetoNbd {
    config: ParetoNbdConfig,
}

/// Parameters of Pareto/NBD; time is in the unit of the histories.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParetoNbdParameters {
    /// Shape of the purchase rates.
    pub r: f64,
    /// Inverse scale of the purchase rates, in units of time.
    pub alpha: f64,
    /// Shape of the dropout rates.
    pub s: f64,
    /// Inverse scale of the dropout rates, in units of time.
    pub beta: f64,
}

/// The rules with their parameters, positive and finite by construction.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pareto {
    r: f64,
    alpha: f64,
    s: f64,
    beta: f64,
}

/// What is known of a customer who is still there: `λ ~ Gamma(R, A)`, `μ ~ Gamma(s, B)`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Alive {
    /// R = r + x and A = α + T.
    arrivals: Arrivals,
    /// s.
    shape: f64,
    /// B = β + T, model units.
    time: f64,
}

/// Pareto/NBD with parameters; its answers are the methods of
/// [`PurchaseModel`](crate::purchase::PurchaseModel).
#[derive(Debug, Clone, PartialEq)]
pub struct FittedParetoNbd {
    law: Pareto,
    report: Option<FitReport>,
}

impl ParetoNbd {
    /// Returns the model with the likeliest parameters.
    ///
    /// # Model
    ///
    /// λ ~ Gamma(r, α) purchases per unit of time while alive; the customer leaves at a rate μ ~ Gamma(s, β) per unit of
    /// time, whether or not there was a purchase.
    ///
    /// ```text
    /// L = Γ(r + x)·α^r·β^s / Γ(r)
    ///     · [ (α + T)^−(r + x)·(β + T)^−s  +  ∫_t^T s·(α + τ)^−(r + x)·(β + τ)^−(s + 1) dτ ]
    ///
    /// P(alive) = first term of the bracket / the bracket
    /// ```
    ///
    /// | symbol  | field                       | unit      | domain      |
    /// |---------|-----------------------------|-----------|-------------|
    /// | x       | `repeat_purchases`          | purchases | ≥ 0         |
    /// | t, T    | `recency`, `age`            | model     | 0 ≤ t ≤ T   |
    /// | α β     | `alpha`, `beta`             | model     | > 0         |
    /// | r s     | same                        | none      | > 0         |
    ///
    /// # Errors
    /// [`FitError::TooFewRepeatBuyers`]; [`FitError::NoFiniteStart`] for histories no parameters can explain.
    ///
    /// # Numerics
    /// As [`BgNbd::fit`](crate::bg_nbd::BgNbd::fit). The papers write the integral, over the time of leaving, as a difference
    /// of two hypergeometric functions with one case for α ≥ β and one for α < β; it cancels, and overflows near x = 300. Here it
    /// is a sum of positive terms on Gauss-Legendre panels, relative to its largest, exact to rounding: one form for any order of α
    /// and β, for α = β, for t = T and for any x, and its derivatives in the parameters are sums over the same nodes.
    ///
    /// # Source
    /// Schmittlein, Morrison, Colombo (1987), "Counting your customers"; Fader, Hardie (2005), A note on deriving the
    /// Pareto/NBD model and related expressions. Checked against `reference/pareto_nbd/` to 1e-5 relative.
    ///
    /// # Examples
    /// ```
    /// use patron_stats::history::History;
    /// use patron_stats::pareto_nbd::{FittedParetoNbd, ParetoNbdParameters};
    /// use patron_stats::purchase::PurchaseModel;
    ///
    /// let parameters = ParetoNbdParameters { r: 0.553, alpha: 10.578, s: 0.606, beta: 11.669 };
    /// let model = FittedParetoNbd::from_parameters(parameters)?;
    /// let customer = History::new(26, 30.86, 31.0)?;
    /// assert!((model.expected_purchases(&customer, 52.0)? - 25.456).abs() < 5e-3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fit(&self, histories: &WeightedHistories) -> Result<FittedParetoNbd, FitError> {
        let (law, report) = fitting::fit(histories, self.config.minimum_repeat_buyers)?;
        Ok(FittedParetoNbd {
            law,
            report: Some(report),
        })
    }

    /// Returns the model whose parameters and effects of covariates are likeliest.
    ///
    /// # Model
    ///
    /// The law of [`ParetoNbd::fit`] for every customer, at own parameters; one row of effects for each place, over its own columns z.
    ///
    /// ```text
    /// α_i = α·exp(−γ₁′z_i)        β_i = β·exp(−γ₂′z_i)        r, s the same for all
    /// ```
    ///
    /// # Errors
    /// [`CovariateError`]: effects, columns or constraints that the model or the data do not have; columns that are constant or
    /// follow from others; [`CovariateError::Fit`] as [`ParetoNbd::fit`].
    ///
    /// # Numerics
    /// Newton's method as in [`ParetoNbd::fit`], over the parameters of a customer with mean covariates and the effects of one standard
    /// deviation, with exact gradient and Hessian by the chain rule; starts are the fit without covariates and the starts of that. The
    /// unit and the origin of a column change an effect as they must, and nothing else.
    ///
    /// # Source
    /// Fader, Hardie (2007), Incorporating time-invariant covariates into the Pareto/NBD and BG/NBD models. Checked against
    /// `reference/covariates/`.
    pub fn fit_with_covariates(
        &self,
        customers: &CovariateHistories,
        covariates: &Covariates,
    ) -> Result<WithCovariates<FittedParetoNbd>, CovariateError> {
        let minimum = self.config.minimum_repeat_buyers;
        crate::covariates::fit(&ParetoLaws, customers, covariates, minimum)
    }
}

#[cfg(feature = "bayes")]
impl ParetoNbd {
    /// Returns the fewest customers with a repeat purchase that parameters are estimated from.
    pub(crate) const fn minimum(&self) -> MinimumRepeatBuyers {
        self.config.minimum_repeat_buyers
    }
}

impl FittedParetoNbd {
    /// Makes a model from parameters known otherwise.
    ///
    /// # Errors
    /// [`FitError::ParameterNotPositive`].
    pub fn from_parameters(parameters: ParetoNbdParameters) -> Result<Self, FitError> {
        let ParetoNbdParameters { r, alpha, s, beta } = parameters;
        all_positive(Pareto::NAMES, [r, alpha, s, beta])?;
        let law = Pareto { r, alpha, s, beta };
        Ok(Self { law, report: None })
    }

    /// Returns the parameters.
    #[must_use]
    pub const fn parameters(&self) -> ParetoNbdParameters {
        let Pareto { r, alpha, s, beta } = self.law;
        ParetoNbdParameters { r, alpha, s, beta }
    }

    /// Returns the expected purchases after T without end, each discounted from its time to T, by the closed form.
    ///
    /// # Model
    ///
    /// ```text
    /// DERT = P(alive) · (r + x)/(α + T) · (β + T)·e^z·E_s(z)      z = δ·(β + T),  E_s the exponential integral
    /// ```
    ///
    /// which is the paper's form with Tricomi's function, since `Ψ(s, s; z) = z^(1 − s)·e^z·E_s(z)`.
    ///
    /// # Errors
    /// [`ForecastError::DiscountRateOutsideDomain`]; the closed form has no value at a rate of 0.
    ///
    /// # Numerics
    /// One continued fraction of positive terms, where peers subtract two that diverge. It takes some `80/z` steps, so
    /// [`PurchaseModel::forecaster`](crate::purchase::PurchaseModel::forecaster) sums over time instead.
    ///
    /// # Source
    /// Fader, Hardie, Lee (2005), RFM and CLV: using iso-value curves for customer base analysis, equation 6.
    pub fn lifetime_by_closed_form(
        &self,
        history: &History,
        discount_rate: f64,
    ) -> Result<f64, ForecastError> {
        check_discount_rate(discount_rate)?;
        if discount_rate == 0.0 {
            return Err(ForecastError::DiscountRateOutsideDomain { discount_rate });
        }
        let alive = self.law.prospects(history);
        let z = discount_rate * alive.time;
        let time = alive.time * scaled_exponential_integral(alive.shape, z);
        Ok(self.law.probability_alive(history) * alive.arrivals.rate() * time)
    }
}

impl CovariateModel for FittedParetoNbd {
    const KEY: &'static str = "pareto-nbd";
    const PARAMETERS: &'static [&'static str] = &Pareto::NAMES;
    const PLACES: &'static [MovedParameter] = RATES;

    fn from_values(values: &[f64]) -> Result<Self, FitError> {
        let [r, alpha, s, beta] = exactly(values)?;
        Self::from_parameters(ParetoNbdParameters { r, alpha, s, beta })
    }
}

purchase_model!(FittedParetoNbd, "pareto-nbd");
