//! Log-likelihood of BG/NBD and MBG/NBD with exact gradient and Hessian in (r, α, a, b).
#![expect(
    clippy::indexing_slicing,
    reason = "numeric kernel: constant indices into arrays of four"
)]

use super::{BetaGeometric, Dropout};
use crate::history::{History, WeightedHistories};
use crate::optimise::Evaluation;
use crate::purchase::Rising;

/// Running sums that turn the beta function of one history into that of the next larger x, beside the [`Rising`] ones.
///
/// ```text
/// ln B(a, b + n) − ln B(a, b) = Σ_{j<n} ln((b + j)/(a + b + j))
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RisingBeta {
    /// Terms so far.
    survivals: u32,
    pub(crate) ln_beta: f64,
    b_first: f64,
    b_second: f64,
    total_first: f64,
    total_second: f64,
}

impl RisingBeta {
    pub(crate) fn advance(&mut self, law: &BetaGeometric, survivals: u32) {
        while self.survivals < survivals {
            let stay = law.b + f64::from(self.survivals);
            let total = law.a + stay;
            self.ln_beta += (stay / total).ln();
            self.b_first += 1.0 / stay;
            self.b_second -= 1.0 / (stay * stay);
            self.total_first += 1.0 / total;
            self.total_second -= 1.0 / (total * total);
            self.survivals += 1;
        }
    }
}

/// The two ways a history can have come about: the customer is still there, or left right after the last purchase.
struct Ways {
    /// `ln((α+T)^−(r+x) + [dead possible] a/(b+n−1)·(α+t)^−(r+x))`.
    ln_sum: f64,
    alive: f64,
    dead: f64,
    /// `ln(α + T)` and `ln(α + t)`.
    ln_living: f64,
    ln_leaving: f64,
}

/// Logarithms that neighbouring histories share: all with one x, and all with one x and T.
#[derive(Debug, Clone, Copy, Default)]
struct Neighbour {
    survivals: Option<u32>,
    /// `ln(a/(b + n − 1))`.
    ln_leave: f64,
    age: Option<u64>,
    /// `ln(α + T)`.
    ln_living: f64,
}

impl Neighbour {
    fn meet(&mut self, law: &BetaGeometric, history: &History, survivals: u32) {
        if self.survivals != Some(survivals) {
            self.survivals = Some(survivals);
            self.ln_leave = law.ln_leave(survivals);
        }
        let age = history.age().to_bits();
        if self.age != Some(age) {
            self.age = Some(age);
            self.ln_living = (law.alpha + history.age()).ln();
        }
    }
}

impl BetaGeometric {
    /// Number of times the customer has survived a chance to leave, when still alive.
    pub(crate) fn survivals(&self, repeat_purchases: u32) -> u32 {
        match self.dropout {
            Dropout::AfterRepeatPurchase => repeat_purchases,
            Dropout::AfterAnyPurchase => repeat_purchases + 1,
        }
    }

    /// Returns `ln(a/(b + n − 1))`: the odds of leaving at the last of n coins. Without a coin there is none.
    fn ln_leave(&self, survivals: u32) -> f64 {
        match survivals.checked_sub(1) {
            Some(before) => (self.a / (self.b + f64::from(before))).ln(),
            None => f64::NEG_INFINITY,
        }
    }

    fn ways(&self, history: &History, survivals: u32, shared: &Neighbour) -> Ways {
        let exponent = self.r + f64::from(history.repeat_purchases());
        let ln_alive = -exponent * shared.ln_living;
        if survivals == 0 {
            return Ways {
                ln_sum: ln_alive,
                alive: 1.0,
                dead: 0.0,
                ln_living: shared.ln_living,
                ln_leaving: f64::NAN,
            };
        }
        let ln_leaving = (self.alpha + history.recency()).ln();
        let ln_dead = shared.ln_leave - exponent * ln_leaving;
        // Of the two the smaller as a part of the larger: neither overflows.
        let smaller = (-(ln_alive - ln_dead).abs()).exp();
        let (of_larger, of_smaller) = (1.0 / (1.0 + smaller), smaller / (1.0 + smaller));
        let (alive, dead) = if ln_alive > ln_dead {
            (of_larger, of_smaller)
        } else {
            (of_smaller, of_larger)
        };
        Ways {
            ln_sum: ln_alive.max(ln_dead) + smaller.ln_1p(),
            alive,
            dead,
            ln_living: shared.ln_living,
            ln_leaving,
        }
    }

    /// Returns the probability that the customer has not left by the end of observation.
    pub(super) fn alive(&self, history: &History) -> f64 {
        let survivals = self.survivals(history.repeat_purchases());
        if survivals == 0 {
            return 1.0;
        }
        let exponent = self.r + f64::from(history.repeat_purchases());
        let stay = self.b + f64::from(survivals - 1);
        let silence = (history.age() - history.recency()) / (self.alpha + history.recency());
        let ln_odds_of_death = (self.a / stay).ln() + exponent * silence.ln_1p();
        1.0 / (1.0 + ln_odds_of_death.exp())
    }

    /// Returns the same of many: a logarithm and a power each where neighbours share x and T.
    ///
    /// `ln(1 + silence)` is `ln(α + T) − ln(α + t)` here, which takes an ulp of these logarithms r + x times.
    pub(super) fn alive_all(&self, histories: &[History]) -> Vec<f64> {
        let mut shared = Neighbour::default();
        let alive = histories.iter().map(|history| {
            let survivals = self.survivals(history.repeat_purchases());
            shared.meet(self, history, survivals);
            let exponent = self.r + f64::from(history.repeat_purchases());
            let ln_silence = shared.ln_living - (self.alpha + history.recency()).ln();
            1.0 / (1.0 + (shared.ln_leave + exponent * ln_silence).exp())
        });
        alive.collect()
    }

    /// Returns the log-likelihood of all histories, sorted by x, with gradient and Hessian.
    pub(super) fn log_likelihood(&self, histories: &WeightedHistories) -> Evaluation<4> {
        let mut sum = Evaluation::ZERO;
        let mut gamma = Rising::default();
        let mut beta = RisingBeta::default();
        let mut shared = Neighbour::default();
        let mut customers = 0.0;
        for (history, count) in histories.entries() {
            let repeat_purchases = history.repeat_purchases();
            let survivals = self.survivals(repeat_purchases);
            gamma.advance(self.r, repeat_purchases);
            beta.advance(self, survivals);
            let weight = *count as f64;
            customers += weight;
            shared.meet(self, history, survivals);
            let ways = self.ways(history, survivals, &shared);
            sum.value += weight * (gamma.ln + beta.ln_beta + ways.ln_sum);
            add_rising(&mut sum, &gamma, &beta, weight);
            self.add_ways(&mut sum, history, &ways, survivals, weight);
        }
        self.add_prior_rate(&mut sum, customers);
        sum.mirror();
        sum
    }

    /// Adds `r·ln α` of every customer.
    pub(crate) fn add_prior_rate(&self, sum: &mut Evaluation<4>, customers: f64) {
        sum.value += customers * self.r * self.alpha.ln();
        sum.gradient[0] += customers * self.alpha.ln();
        sum.gradient[1] += customers * self.r / self.alpha;
        sum.hessian[0][1] += customers / self.alpha;
        sum.hessian[1][1] -= customers * self.r / (self.alpha * self.alpha);
    }

    /// Adds the derivatives of `ln(e^A + e^D)`, A the way of the living and D that of the dead:
    ///
    /// ```text
    /// ∇ = πA·∇A + πD·∇D        ∇² = πA·∇²A + πD·∇²D + πA·πD·(∇A − ∇D)(∇A − ∇D)ᵀ
    /// ```
    fn add_ways(
        &self,
        sum: &mut Evaluation<4>,
        history: &History,
        ways: &Ways,
        survivals: u32,
        weight: f64,
    ) {
        let exponent = self.r + f64::from(history.repeat_purchases());
        let living = self.alpha + history.age();
        let alive = weight * ways.alive;
        sum.gradient[0] -= alive * ways.ln_living;
        sum.gradient[1] -= alive * exponent / living;
        sum.hessian[0][1] -= alive / living;
        sum.hessian[1][1] += alive * exponent / (living * living);
        if survivals == 0 {
            return;
        }
        let leaving = self.alpha + history.recency();
        let stay = self.b + f64::from(survivals - 1);
        let dead = weight * ways.dead;
        sum.gradient[0] -= dead * ways.ln_leaving;
        sum.gradient[1] -= dead * exponent / leaving;
        sum.gradient[2] += dead / self.a;
        sum.gradient[3] -= dead / stay;
        sum.hessian[0][1] -= dead / leaving;
        sum.hessian[1][1] += dead * exponent / (leaving * leaving);
        sum.hessian[2][2] -= dead / (self.a * self.a);
        sum.hessian[3][3] += dead / (stay * stay);
        let between = weight * ways.alive * ways.dead;
        let difference = [
            ways.ln_leaving - ways.ln_living,
            exponent / leaving - exponent / living,
            -1.0 / self.a,
            1.0 / stay,
        ];
        for i in 0..4 {
            for j in i..4 {
                sum.hessian[i][j] += between * difference[i] * difference[j];
            }
        }
    }
}

/// Adds the derivatives of the ratios of gamma and beta functions.
pub(crate) fn add_rising(sum: &mut Evaluation<4>, gamma: &Rising, beta: &RisingBeta, weight: f64) {
    sum.gradient[0] += weight * gamma.first;
    sum.gradient[2] -= weight * beta.total_first;
    sum.gradient[3] += weight * (beta.b_first - beta.total_first);
    sum.hessian[0][0] += weight * gamma.second;
    sum.hessian[2][2] -= weight * beta.total_second;
    sum.hessian[2][3] -= weight * beta.total_second;
    sum.hessian[3][3] += weight * (beta.b_second - beta.total_second);
}
