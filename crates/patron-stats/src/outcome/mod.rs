//! The distribution of what one customer will actually bring over a horizon, not of its expectation.
//!
//! # Model
//!
//! N purchases within the horizon follow the purchase model. Given N = n ≥ 1 and the spends known so far, the sum of n
//! future spends divided by `γ + x·m` (see [`FittedGammaGamma::posterior_scale`]) is beta prime:
//!
//! ```text
//! V = Σ spends / (γ + x·m)      V | N = n ~ BetaPrime(p·n, c)       c = p·x + q
//! P(V ≤ v) = P(N = 0) + Σ_{n≥1} P(N = n) · I_{v/(1+v)}(p·n, c)
//! ```
//!
//! | symbol | meaning                                                   |
//! |--------|-----------------------------------------------------------|
//! | x, m   | purchases with known spend and their mean (spend history) |
//! | p q γ  | parameters of Gamma-Gamma                                 |
//!
//! So the standardised quantile depends on the purchase history and x only, and money on m through the scale. A quantile
//! in discounted money is `standardised · scale · (discounted purchases / expected purchases)`.
//!
//! # Numerics
//! On the scale `t = ln v` the density is analytic; it is kept as Legendre series on panels and summed from the right.

mod density;

use crate::gamma_gamma::FittedGammaGamma;
use crate::history::History;
use crate::purchase::{CountDistribution, ForecastError, PurchaseModel};
use crate::quadrature::{Panel, cover};
use crate::special::ln_gamma;
use density::Density;

/// A panel may miss this much probability.
const PANEL_TOLERANCE: f64 = 1e-8;

/// Panels are added until one holds less than this.
const EMPTY_PANEL: f64 = 1e-9;

/// Panels on either side of the middle, at most.
const MOST_PANELS: usize = 400;

/// Logarithms of gamma functions are kept for this many purchases.
const KEPT: usize = 2048;

/// Standardised outcomes of customers over one horizon, under a purchase model and Gamma-Gamma.
///
/// May be shared between threads; what it answers for a customer depends on no other customer.
#[derive(Debug)]
pub struct OutcomeForecaster<'a> {
    model: &'a dyn PurchaseModel,
    horizon: f64,
    p: f64,
    q: f64,
    /// `ln Γ(p·n)` and `ln Γ(p·n + q)`.
    ln_gamma_own: Vec<f64>,
    ln_gamma_shape: Vec<f64>,
}

/// The standardised outcome given that the customer is alive: the same for all with equal prospects and spend count.
#[derive(Debug, Clone)]
struct GivenAlive {
    /// `P(N = 0 | alive)`.
    none: f64,
    panels: Vec<Panel>,
    /// Probability above each panel's low end.
    from_low: Vec<f64>,
}

/// The distribution of one customer's standardised outcome.
#[derive(Debug, Clone)]
pub struct OutcomeDistribution {
    probability_alive: f64,
    given_alive: GivenAlive,
}

impl<'a> OutcomeForecaster<'a> {
    /// Prepares for outcomes within `horizon` model units.
    ///
    /// # Errors
    /// [`ForecastError::HorizonOutsideDomain`].
    pub fn new(
        model: &'a dyn PurchaseModel,
        spend: &FittedGammaGamma,
        horizon: f64,
    ) -> Result<Self, ForecastError> {
        model.count_distribution(&History::NEW_CUSTOMER, horizon)?;
        let parameters = spend.parameters();
        let (p, q) = (parameters.p, parameters.q);
        let of = |n: usize| p * n as f64;
        Ok(Self {
            model,
            horizon,
            p,
            q,
            ln_gamma_own: (0..KEPT).map(|n| ln_gamma(of(n))).collect(),
            ln_gamma_shape: (0..KEPT).map(|n| ln_gamma(of(n) + q)).collect(),
        })
    }

    /// Returns the distribution for one customer with `spend_count` purchases of known spend.
    #[must_use]
    pub fn distribution(&self, history: &History, spend_count: u32) -> OutcomeDistribution {
        OutcomeDistribution {
            probability_alive: self.model.probability_alive(history),
            given_alive: self.given_alive(history, spend_count),
        }
    }

    /// Returns the smallest standardised outcomes that are not exceeded with the probabilities `levels`.
    ///
    /// # Returns
    /// 0 for a level at most `P(N = 0)`. Multiply by [`FittedGammaGamma::posterior_scale`], and for discounted money by
    /// discounted over expected purchases.
    #[must_use]
    pub fn standardised_quantiles<const L: usize>(
        &self,
        history: &History,
        spend_count: u32,
        levels: [f64; L],
    ) -> [f64; L] {
        let given_alive = self.given_alive(history, spend_count);
        let alive = self.model.probability_alive(history);
        levels.map(|level| given_alive.quantile(level, alive))
    }

    /// Returns the quantiles of many customers, each a history with its spend count, in their order.
    ///
    /// Fastest when neighbours have equal repeat purchases, age and spend count.
    #[must_use]
    pub fn standardised_quantiles_all<const L: usize>(
        &self,
        customers: &[(History, u32)],
        levels: [f64; L],
    ) -> Vec<[f64; L]> {
        let by_recency = self.model.prospects_depend_on_recency();
        let mut last: Option<(_, GivenAlive)> = None;
        let mut quantiles = Vec::with_capacity(customers.len());
        for (history, spend_count) in customers {
            let key = (
                history.repeat_purchases(),
                history.age().to_bits(),
                by_recency.then(|| history.recency().to_bits()),
                *spend_count,
            );
            let known = last.take().filter(|(known, _)| *known == key);
            let (_, given_alive) = last
                .insert(known.unwrap_or_else(|| (key, self.given_alive(history, *spend_count))));
            let alive = self.model.probability_alive(history);
            quantiles.push(levels.map(|level| given_alive.quantile(level, alive)));
        }
        quantiles
    }

    fn given_alive(&self, history: &History, spend_count: u32) -> GivenAlive {
        let Ok(counts) = self.model.count_distribution(history, self.horizon) else {
            // Not reached: the horizon was checked by `new`.
            return GivenAlive {
                none: 1.0,
                panels: Vec::new(),
                from_low: Vec::new(),
            };
        };
        let density = Density::new(self, counts.given_alive(), spend_count);
        GivenAlive::new(
            counts.given_alive().first().copied().unwrap_or(1.0),
            &density,
        )
    }

    fn ln_gamma_own(&self, purchases: usize) -> f64 {
        let kept = self.ln_gamma_own.get(purchases);
        kept.copied()
            .unwrap_or_else(|| ln_gamma(self.p * purchases as f64))
    }

    fn ln_gamma_shape(&self, purchases: usize) -> f64 {
        let kept = self.ln_gamma_shape.get(purchases);
        kept.copied()
            .unwrap_or_else(|| ln_gamma(self.p * purchases as f64 + self.q))
    }
}

impl GivenAlive {
    fn new(none: f64, density: &Density) -> Self {
        let mut panels = Vec::new();
        if !density.is_empty() {
            let width = density.width;
            let mut side = Vec::new();
            extend(&mut side, density, -width);
            side.reverse();
            panels.append(&mut side);
            extend(&mut panels, density, width);
        }
        let mut above = 0.0;
        let mut from_low: Vec<f64> = panels
            .iter()
            .rev()
            .map(|panel: &Panel| {
                above += panel.integral();
                above
            })
            .collect();
        from_low.reverse();
        Self {
            none,
            panels,
            from_low,
        }
    }

    /// Returns the smallest v with `P(V ≤ v) ≥ level` for a customer who is alive with `probability_alive`.
    fn quantile(&self, level: f64, probability_alive: f64) -> f64 {
        let nothing = 1.0 - probability_alive * (1.0 - self.none);
        if level <= nothing {
            return 0.0;
        }
        let above = (1.0 - level) / probability_alive;
        let index = self.from_low.partition_point(|mass| *mass >= above);
        let Some(panel) = self.panels.get(index.wrapping_sub(1)) else {
            return self.panels.first().map_or(0.0, |panel| panel.low.exp());
        };
        let end = self.from_low.get(index).copied().unwrap_or(0.0);
        panel
            .end_of((panel.integral() - (above - end)).max(0.0))
            .exp()
    }

    /// Returns `P(V > v | alive)`.
    fn above(&self, value: f64) -> f64 {
        if value <= 0.0 {
            return if value < 0.0 { 1.0 } else { 1.0 - self.none };
        }
        let t = value.ln();
        let index = self.panels.partition_point(|panel| panel.high < t);
        match (self.panels.get(index), self.from_low.get(index)) {
            (Some(panel), Some(mass)) if t > panel.low => mass - panel.integral_to(t),
            (Some(_), Some(mass)) => *mass,
            _ => 0.0,
        }
    }
}

impl OutcomeDistribution {
    /// Returns `P(V ≤ value)`.
    #[must_use]
    pub fn cumulative(&self, value: f64) -> f64 {
        if value < 0.0 {
            return 0.0;
        }
        1.0 - self.probability_alive * self.given_alive.above(value)
    }

    /// Returns the smallest v with `P(V ≤ v) ≥ level`.
    #[must_use]
    pub fn quantile(&self, level: f64) -> f64 {
        self.given_alive.quantile(level, self.probability_alive)
    }
}

/// Appends panels of `width` (negative: to the left) from the middle on until one is all but empty.
fn extend(panels: &mut Vec<Panel>, density: &Density, width: f64) {
    let accept = |panel: &Panel| panel.miss() * (panel.high - panel.low) <= PANEL_TOLERANCE;
    let mut edge = density.middle;
    for _ in 0..MOST_PANELS {
        let mut piece = Vec::new();
        let bounds = (edge.min(edge + width), edge.max(edge + width));
        cover(&mut piece, bounds, &accept, &mut |points| {
            density.at(points)
        });
        let mass: f64 = piece.iter().map(Panel::integral).sum();
        if width < 0.0 {
            piece.reverse();
        }
        panels.append(&mut piece);
        edge += width;
        // Between the spikes of an almost constant spend a panel may be empty too.
        if mass < EMPTY_PANEL && density.is_past(edge) {
            break;
        }
    }
}

/// Returns quantiles of the number of purchases within a horizon: the outcome of a customer whose spend is constant.
///
/// # Errors
/// [`ForecastError::HorizonOutsideDomain`].
pub fn count_quantiles<const L: usize>(
    model: &dyn PurchaseModel,
    history: &History,
    horizon: f64,
    levels: [f64; L],
) -> Result<[usize; L], ForecastError> {
    let counts = model.count_distribution(history, horizon)?;
    Ok(levels.map(|level| counts.quantile(level)))
}

/// Returns the same quantiles of many, in their order.
///
/// Fastest when neighbours have equal repeat purchases and age, as after sorting by [`History::work_order`]: they share what lies
/// before someone who is still there.
///
/// # Errors
/// [`ForecastError::HorizonOutsideDomain`].
pub fn count_quantiles_all<const L: usize>(
    model: &dyn PurchaseModel,
    histories: &[History],
    horizon: f64,
    levels: [f64; L],
) -> Result<Vec<[usize; L]>, ForecastError> {
    let by_recency = model.prospects_depend_on_recency();
    let mut last: Option<(_, CountDistribution)> = None;
    let mut quantiles = Vec::with_capacity(histories.len());
    for history in histories {
        let key = (
            history.repeat_purchases(),
            history.age().to_bits(),
            by_recency.then(|| history.recency().to_bits()),
        );
        let counts = match last.take() {
            Some((known, counts)) if known == key => {
                counts.of_alive(model.probability_alive(history))
            }
            _ => model.count_distribution(history, horizon)?,
        };
        quantiles.push(levels.map(|level| counts.quantile(level)));
        last = Some((key, counts));
    }
    Ok(quantiles)
}
