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
//! On the scale `t = ln v` the density is analytic: `(1 + e^t)^−c · Σ_n C_n·y^n` with `y = (e^t/(1 + e^t))^p`, a power
//! series that is cheap at sixteen nodes at once. It is kept as Legendre series on panels and summed from the right.
#![expect(
    clippy::indexing_slicing,
    reason = "numeric kernel: indices are loop counters over arrays of the same fixed length"
)]

use crate::beta_geometric::{ForecastError, PurchaseModel};
use crate::gamma_gamma::FittedGammaGamma;
use crate::history::History;
use crate::quadrature::{NODES, Panel, cover};
use crate::special::ln_gamma;

/// Purchase counts beyond this share of customers are left out: far inside the 1e-4 asked for.
const TAIL: f64 = 1e-8;

/// A panel may miss this much probability.
const PANEL_TOLERANCE: f64 = 1e-8;

/// Panels are added until one holds less than this.
const EMPTY_PANEL: f64 = 1e-9;

/// Panels on either side of the middle, at most.
const MOST_PANELS: usize = 400;

/// A panel is at most this many standard deviations of its narrowest term wide, so that a term that matters anywhere in
/// the panel cannot underflow at its centre.
const WIDEST: f64 = 30.0;

/// A term that stays below `e^-45` in a panel is left out of it.
const LN_NEGLIGIBLE: f64 = -45.0;

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

/// The standardised outcome given that the customer is alive: the same for all with equal x, T and spend count.
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
        let mut last: Option<((u32, u64, u32), GivenAlive)> = None;
        let mut quantiles = Vec::with_capacity(customers.len());
        for (history, spend_count) in customers {
            let key = (
                history.repeat_purchases(),
                history.age().to_bits(),
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

/// The density of `t = ln v` given alive, without the point at v = 0.
struct Density {
    p: f64,
    /// c.
    shape: f64,
    terms: Vec<Term>,
    /// Where the mass lies, and how wide a panel should be.
    middle: f64,
    width: f64,
}

/// The part of the density that belongs to one number of purchases: `e^ln_factor · e^(p·n·t) · (1 + e^t)^−(p·n + c)`.
struct Term {
    /// p·n.
    own: f64,
    /// `ln P(N = n | alive) − ln B(p·n, c)`.
    ln_factor: f64,
    /// Where it is largest: `ln(p·n/c)`.
    mode: f64,
}

impl Term {
    /// Returns the logarithm of the largest value between two points, given `ln(1 + e^t)` at them.
    fn ln_largest(&self, shape: f64, low: (f64, f64), high: (f64, f64)) -> f64 {
        let (t, softplus_t) = if self.mode < low.0 {
            low
        } else if self.mode > high.0 {
            high
        } else {
            (self.mode, softplus(self.mode))
        };
        self.ln_factor + self.own * t - (self.own + shape) * softplus_t
    }
}

impl Density {
    fn new(forecaster: &OutcomeForecaster<'_>, counts: &[f64], spend_count: u32) -> Self {
        let known = spend_count as usize;
        let ln_gamma_known = forecaster.ln_gamma_shape(known);
        let shape = forecaster.p * f64::from(spend_count) + forecaster.q;
        let mut terms = Vec::with_capacity(counts.len());
        let (mut any, mut sum) = (0.0, 0.0);
        let mut left: f64 = counts.iter().skip(1).sum();
        for (n, probability) in counts.iter().enumerate().skip(1) {
            let ln_beta =
                forecaster.ln_gamma_own(n) + ln_gamma_known - forecaster.ln_gamma_shape(n + known);
            let own = forecaster.p * n as f64;
            let ln_factor = probability.ln() - ln_beta;
            terms.push(Term {
                own,
                ln_factor,
                mode: (own / shape).ln(),
            });
            any += probability;
            sum += probability * n as f64;
            left -= probability;
            if left < TAIL {
                break;
            }
        }
        let mean = if any > 0.0 { sum / any } else { 1.0 };
        let most = terms.last().map_or(1.0, |term| term.own);
        let spread = |own: f64| (1.0 / own + 1.0 / shape).sqrt();
        Self {
            p: forecaster.p,
            shape,
            terms,
            middle: (forecaster.p * mean / shape).ln(),
            width: (4.0 * spread(forecaster.p * mean))
                .min(WIDEST * spread(most))
                .min(2.0),
        }
    }

    /// Returns the density at sixteen points of a panel, as a power series about its centre in the terms that matter.
    fn at(&self, points: &[f64; NODES]) -> [f64; NODES] {
        let softplus_at = points.map(softplus);
        let (low, high) = (
            (points[0], softplus_at[0]),
            (points[NODES - 1], softplus_at[NODES - 1]),
        );
        let matters = |term: &Term| term.ln_largest(self.shape, low, high) > LN_NEGLIGIBLE;
        let Some(first) = self.terms.iter().position(matters) else {
            return [0.0; NODES];
        };
        let last = self.terms.iter().rposition(matters).unwrap_or(first);
        let centre = 0.5 * (low.0 + high.0);
        let softplus_centre = softplus(centre);
        let mut y = [0.0; NODES];
        let mut outer = [0.0; NODES];
        for i in 0..NODES {
            let change = softplus_at[i] - softplus_centre;
            let ln_y = points[i] - centre - change;
            y[i] = (self.p * ln_y).exp();
            outer[i] = (self.terms[first].own * ln_y - self.shape * change).exp();
        }
        let mut sums = [0.0; NODES];
        for term in self.terms[first..=last].iter().rev() {
            let ln = term.ln_factor + term.own * centre - (term.own + self.shape) * softplus_centre;
            let at_centre = ln.exp();
            for i in 0..NODES {
                sums[i] = sums[i] * y[i] + at_centre;
            }
        }
        for i in 0..NODES {
            sums[i] *= outer[i];
        }
        sums
    }

    /// Returns whether a point lies beyond all terms.
    fn is_past(&self, t: f64) -> bool {
        let before = self.terms.first().is_none_or(|term| t < term.mode);
        before || self.terms.last().is_none_or(|term| t > term.mode)
    }
}

impl GivenAlive {
    fn new(none: f64, density: &Density) -> Self {
        let mut panels = Vec::new();
        if !density.terms.is_empty() {
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
        solve(panel, (panel.integral() - (above - end)).max(0.0)).exp()
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

/// Returns the point of a panel below which it holds `mass`: Newton's method kept inside a shrinking bracket.
fn solve(panel: &Panel, mass: f64) -> f64 {
    let (mut low, mut high) = (panel.low, panel.high);
    let mut t = low + (high - low) * (mass / panel.integral()).clamp(0.0, 1.0);
    for _ in 0..60 {
        let gap = panel.integral_to(t) - mass;
        if gap > 0.0 {
            high = t;
        } else {
            low = t;
        }
        let newton = t - gap / panel.value(t);
        let next = if newton > low && newton < high {
            newton
        } else {
            0.5 * (low + high)
        };
        if (next - t).abs() < 1e-10 {
            return next;
        }
        t = next;
    }
    t
}

/// `ln(1 + e^t)`.
fn softplus(t: f64) -> f64 {
    t.max(0.0) + (-t.abs()).exp().ln_1p()
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
