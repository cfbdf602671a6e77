//! Log-likelihood of BG/BB with exact gradient and Hessian in (α, β, γ, δ), its maximum, and what its limits mean.
#![expect(
    clippy::indexing_slicing,
    reason = "numeric kernel: constant indices into arrays of four, and tables as long as the longest history"
)]

use super::{BetaBernoulli, OpportunityHistories, OpportunityHistory};
use crate::estimate::{FitError, FitReport, FitWarning};
use crate::fitting::{self, ALIKE, MinimumRepeatBuyers};
use crate::optimise::Evaluation;
use crate::purchase::Rising;
use crate::ways::Ways;

const STARTS: [[f64; 4]; 4] = [
    [1.0, 1.0, 1.0, 3.0],
    [0.3, 1.0, 0.5, 10.0],
    [3.0, 3.0, 0.3, 1.0],
    [1.0, 5.0, 2.0, 20.0],
];

/// Below this share of leavers per opportunity nobody leaves, above its complement everybody does.
const ONE_SIDED: f64 = 1e-4;

/// Sums of logarithms of a rising base, with derivatives, for every number of terms up to a largest.
struct Table(Vec<Rising>);

impl Table {
    fn new(base: f64, most: u32) -> Self {
        let mut rising = Rising::default();
        let up_to = |terms: u32| {
            rising.advance(base, terms);
            rising
        };
        Self((0..=most).map(up_to).collect())
    }

    fn at(&self, terms: u32) -> &Rising {
        &self.0[terms as usize]
    }
}

/// Tables of all bases in the likelihood.
struct Tables {
    gamma: f64,
    buys: Table,
    passes: Table,
    either: Table,
    stays: Table,
    leaves_or_stays: Table,
}

/// A way that a history can have come about: its logarithm, gradient, and what of the Hessian is not 0.
struct Way {
    ln: f64,
    gradient: [f64; 4],
    /// αα, αβ, ββ, γγ, γδ, δδ.
    bend: [f64; 6],
}

impl Tables {
    fn new(law: &BetaBernoulli, most: u32) -> Self {
        let BetaBernoulli {
            alpha,
            beta,
            gamma,
            delta,
        } = *law;
        Self {
            gamma,
            buys: Table::new(alpha, most),
            passes: Table::new(beta, most),
            either: Table::new(alpha + beta, most),
            stays: Table::new(delta, most),
            leaves_or_stays: Table::new(gamma + delta, most + 1),
        }
    }

    /// The customer stayed for `survived` opportunities and then left (`left`), or observation ended.
    ///
    /// ```text
    /// B(α + x, β + k − x)/B(α, β) · B(γ + [left], δ + k)/B(γ, δ)
    /// ```
    fn way(&self, repeat_purchases: u32, survived: u32, left: bool) -> Way {
        let buys = self.buys.at(repeat_purchases);
        let passes = self.passes.at(survived - repeat_purchases);
        let either = self.either.at(survived);
        let stays = self.stays.at(survived);
        let total = self.leaves_or_stays.at(survived + u32::from(left));
        let leaves = if left {
            (
                self.gamma.ln(),
                1.0 / self.gamma,
                -1.0 / (self.gamma * self.gamma),
            )
        } else {
            (0.0, 0.0, 0.0)
        };
        Way {
            ln: buys.ln + passes.ln - either.ln + leaves.0 + stays.ln - total.ln,
            gradient: [
                buys.first - either.first,
                passes.first - either.first,
                leaves.1 - total.first,
                stays.first - total.first,
            ],
            bend: [
                buys.second - either.second,
                -either.second,
                passes.second - either.second,
                leaves.2 - total.second,
                -total.second,
                stays.second - total.second,
            ],
        }
    }

    /// Adds a history: the way of those who are still there, and one for each opportunity at which one may have left.
    fn add_history(&self, sum: &mut Evaluation<4>, history: &OpportunityHistory, customers: f64) {
        let x = history.repeat_purchases();
        let there = self.way(x, history.opportunities(), false);
        let mut ways = Ways::NONE;
        let departures = history.last()..history.opportunities();
        let reference = departures
            .clone()
            .map(|survived| self.way(x, survived, true).ln)
            .fold(there.ln, f64::max);
        let base = there.gradient;
        let all = departures.map(|survived| self.way(x, survived, true));
        for way in std::iter::once(there).chain(all) {
            let weight = (way.ln - reference).exp();
            let away: [f64; 4] = std::array::from_fn(|i| way.gradient[i] - base[i]);
            ways.add(weight, &away);
            let places = [(0, 0), (0, 1), (1, 1), (2, 2), (2, 3), (3, 3)];
            for ((i, j), bend) in places.into_iter().zip(way.bend) {
                ways.bend[i][j] += weight * bend;
            }
        }
        ways.add_to(sum, reference, &base, customers);
    }
}

impl BetaBernoulli {
    pub(super) const NAMES: [&'static str; 4] = ["alpha", "beta", "gamma", "delta"];

    /// Returns the log-likelihood of all histories with gradient and Hessian.
    pub(super) fn log_likelihood(&self, histories: &OpportunityHistories) -> Evaluation<4> {
        let tables = Tables::new(self, histories.most_opportunities());
        let mut sum = Evaluation::ZERO;
        for (history, count) in histories.entries() {
            tables.add_history(&mut sum, history, *count as f64);
        }
        sum.mirror();
        sum
    }

    fn of(&[alpha, beta, gamma, delta]: &[f64; 4]) -> Self {
        Self {
            alpha,
            beta,
            gamma,
            delta,
        }
    }
}

/// Returns the likeliest parameters with what is known of their precision.
pub(super) fn fit(
    histories: &OpportunityHistories,
    minimum: MinimumRepeatBuyers,
) -> Result<(BetaBernoulli, FitReport), FitError> {
    minimum.check(histories.repeat_buyers())?;
    let likelihood = |parameters: &[f64; 4], histories: &OpportunityHistories| {
        BetaBernoulli::of(parameters).log_likelihood(histories)
    };
    let (parameters, mut report) =
        fitting::fit(histories, BetaBernoulli::NAMES, &STARTS, likelihood)?;
    let law = BetaBernoulli::of(&parameters);
    report.warnings.extend(in_words(&law));
    Ok((law, report))
}

/// Says what a limit of the parameters means.
fn in_words(law: &BetaBernoulli) -> Vec<FitWarning> {
    let mut warnings = Vec::new();
    let leaving = law.gamma / (law.gamma + law.delta);
    if leaving < ONE_SIDED {
        warnings.push(FitWarning::NobodyLeaves);
    } else if leaving > 1.0 - ONE_SIDED {
        warnings.push(FitWarning::EverybodyLeaves);
    } else if law.gamma + law.delta > ALIKE {
        warnings.push(FitWarning::DropoutAlike {
            probability: leaving,
        });
    }
    if law.alpha + law.beta > ALIKE {
        warnings.push(FitWarning::RatesAlike {
            rate: law.alpha / (law.alpha + law.beta),
        });
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Central differences of step 1e-5 lose half of the digits.
    const DIFFERENCE_TOLERANCE: f64 = 2e-6;

    #[test]
    fn gradient_and_hessian_equal_differences() {
        let rows = [
            (0, 0, 6, 40),
            (1, 3, 6, 7),
            (2, 2, 4, 5),
            (6, 6, 6, 3),
            (0, 0, 0, 2),
            (9, 20, 40, 1),
        ];
        let histories = OpportunityHistories::new(
            rows.map(|(x, last, n, count)| (OpportunityHistory::new(x, last, n).unwrap(), count)),
        );
        let at = |point: [f64; 4]| BetaBernoulli::of(&point).log_likelihood(&histories);
        let point = [1.2, 0.75, 0.66, 2.8];
        let exact = at(point);
        for i in 0..4 {
            let step = 1e-5 * point[i];
            let (mut up, mut down) = (point, point);
            up[i] += step;
            down[i] -= step;
            let (up, down) = (at(up), at(down));
            let slope = (up.value - down.value) / (2.0 * step);
            let gap = (slope - exact.gradient[i]).abs();
            assert!(gap < DIFFERENCE_TOLERANCE * slope.abs().max(1.0), "{i}");
            for j in 0..4 {
                let bend = (up.gradient[j] - down.gradient[j]) / (2.0 * step);
                let gap = (bend - exact.hessian[i][j]).abs();
                assert!(gap < DIFFERENCE_TOLERANCE * bend.abs().max(1.0), "{i} {j}");
            }
        }
    }

    #[test]
    fn limits_are_told_in_words() {
        let words = |point: [f64; 4]| in_words(&BetaBernoulli::of(&point));
        assert_eq!(words([1.0, 1.0, 0.5, 2.0]), []);
        assert_eq!(words([1.0, 1.0, 1e-6, 2.0]), [FitWarning::NobodyLeaves]);
        assert_eq!(words([1.0, 1.0, 5.0, 1e-6]), [FitWarning::EverybodyLeaves]);
        assert_eq!(
            words([1.0, 1.0, 5e5, 5e5]),
            [FitWarning::DropoutAlike { probability: 0.5 }]
        );
        assert_eq!(
            words([1e5, 3e5, 0.5, 2.0]),
            [FitWarning::RatesAlike { rate: 0.25 }]
        );
    }
}
