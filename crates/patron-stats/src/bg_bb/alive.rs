//! What lies before a customer who is still there: sums over the opportunities to come, all of positive terms.
#![expect(
    clippy::indexing_slicing,
    reason = "numeric kernel: indices are loop counters over vectors of known length"
)]

use crate::mixture::BetaMixture;

/// What is known of a customer who is still there: `p ~ Beta(a, b)`, `θ ~ Beta(γ, d)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Alive {
    /// a = α + x.
    pub(super) buys: f64,
    /// b = β + n − x.
    pub(super) passes: f64,
    /// γ.
    pub(super) leaves: f64,
    /// d = δ + n.
    pub(super) stays: f64,
}

/// Beyond a discount of `e^-45` nothing is left that a double could see.
const LARGEST_DISCOUNT: f64 = 45.0;

/// Opportunities looked at for the next purchase.
const FURTHEST: u32 = 10_000_000;

impl Alive {
    /// Returns the probability of a purchase at an opportunity, if still there.
    pub(super) fn chance(&self) -> f64 {
        self.buys / (self.buys + self.passes)
    }

    /// What will be known of a customer who is still there after `opportunities`: of p as much as now.
    pub(super) fn later(&self, opportunities: u32) -> Self {
        Self {
            stays: self.stays + f64::from(opportunities),
            ..*self
        }
    }

    /// Returns the probabilities of being there at the first, second, … opportunity from now:
    ///
    /// ```text
    /// S_k = Π_{j<k} (d + j)/(γ + d + j)
    /// ```
    pub(super) fn there(&self) -> impl Iterator<Item = f64> + use<> {
        let Self { leaves, stays, .. } = *self;
        let mut there = 1.0;
        (0u32..).map(move |j| {
            let staying = stays + f64::from(j);
            there *= staying / (leaves + staying);
            there
        })
    }

    /// Returns the probability of staying for `opportunities`.
    pub(super) fn stays_for(&self, opportunities: u32) -> f64 {
        match opportunities.checked_sub(1) {
            Some(before) => self.there().nth(before as usize).unwrap_or(0.0),
            None => 1.0,
        }
    }

    /// Returns the expected number of the next `opportunities` at which the customer is there.
    ///
    /// A sum: nothing is divided by γ − 1, so γ = 1 is no special case.
    pub(super) fn present(&self, opportunities: u32) -> f64 {
        self.there().take(opportunities as usize).sum()
    }

    /// The same without end: `E[(1 − θ)/θ] = d/(γ − 1)`, infinite for γ ≤ 1.
    pub(super) fn present_ever(&self) -> f64 {
        if self.leaves > 1.0 {
            self.stays / (self.leaves - 1.0)
        } else {
            f64::INFINITY
        }
    }

    /// Returns the same within `horizon` and ever, each opportunity discounted at `rate` above 0.
    pub(super) fn discounted_present(&self, horizon: u32, rate: f64) -> (f64, f64) {
        let (mut within, mut ever) = (0.0, 0.0);
        for (k, there) in (1u32..).zip(self.there()) {
            let discount = rate * f64::from(k);
            if discount > LARGEST_DISCOUNT && k > horizon {
                break;
            }
            let term = there * (-discount).exp();
            ever += term;
            if k <= horizon {
                within += term;
            }
        }
        (within, ever)
    }

    /// Returns the probabilities that the next purchase comes at the first, second, … opportunity from now:
    ///
    /// ```text
    /// S_k · B(a + 1, b + k − 1)/B(a, b)
    /// ```
    pub(super) fn next_purchase(&self) -> impl Iterator<Item = f64> + use<> {
        let Self { buys, passes, .. } = *self;
        let mut none = 1.0;
        (0u32..).zip(self.there()).map(move |(j, there)| {
            let passing = passes + f64::from(j);
            let here = none * buys / (buys + passing);
            none *= passing / (buys + passing);
            there * here
        })
    }

    /// Returns the probability of a purchase within `opportunities`.
    pub(super) fn any(&self, opportunities: u32) -> f64 {
        self.next_purchase().take(opportunities as usize).sum()
    }

    /// Returns the probability of a purchase, however late.
    ///
    /// ```text
    /// Σ_k (1 − θ)^k·(1 − p)^(k − 1)·p = (1 − θ)·p/(θ + p·(1 − θ)),      then the means over θ and p
    /// ```
    ///
    /// The sum over opportunities would fall like a power of their number only.
    pub(super) fn any_ever(&self) -> f64 {
        let chances = BetaMixture::new(self.buys, self.passes, f64::MIN_POSITIVE, 1.0);
        chances.mean(0.0, |p| {
            let leaving = BetaMixture::new(self.leaves, self.stays, p, 1.0);
            leaving.mean(1.0, |theta| {
                let buys = p * (1.0 - theta);
                buys / (theta + buys)
            })
        })
    }

    /// Returns the opportunity from now by which the next purchase has happened with probability `level`.
    pub(super) fn quantile(&self, level: f64) -> Option<u32> {
        let mut by = 0.0;
        for (k, (here, there)) in (1..FURTHEST).zip(self.next_purchase().zip(self.there())) {
            by += here;
            if by >= level {
                return Some(k);
            }
            // Whoever is yet to buy must be there.
            if by + there < level {
                return None;
            }
        }
        None
    }

    /// Returns `P(N = n)` for every n up to the number of opportunities.
    ///
    /// Opportunity by opportunity: with n purchases at k opportunities the next one is used with probability
    /// `(a + n)/(a + b + k)`; who leaves before it keeps n.
    pub(super) fn counts(&self, opportunities: u32) -> Vec<f64> {
        let mut there = vec![1.0];
        let mut counts = vec![0.0; opportunities as usize + 1];
        for k in 0..opportunities {
            let k_f = f64::from(k);
            let leaving = self.leaves / (self.leaves + self.stays + k_f);
            let mut next = vec![0.0; there.len() + 1];
            for (n, probability) in there.iter().enumerate() {
                let n_f = n as f64;
                counts[n] += leaving * probability;
                let stays = (1.0 - leaving) * probability / (self.buys + self.passes + k_f);
                next[n] += stays * (self.passes + k_f - n_f);
                next[n + 1] += stays * (self.buys + n_f);
            }
            there = next;
        }
        for (count, probability) in counts.iter_mut().zip(there) {
            *count += probability;
        }
        counts
    }
}
