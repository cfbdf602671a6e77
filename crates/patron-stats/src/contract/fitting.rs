//! Log-likelihood of contracts, its maximum, and what its limits mean.
#![expect(
    clippy::indexing_slicing,
    reason = "numeric kernel: the first N of three derivatives"
)]

use super::{ContractHistories, Staying};
use crate::estimate::{FitError, FitReport, FitWarning};
use crate::fitting::{self, ALIKE};
use crate::optimise::Evaluation;

/// Below this share of leavers per renewal nobody leaves, above its complement everybody does.
const ONE_SIDED: f64 = 1e-4;

/// Fewest customers who left that a fit is made from; at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MinimumLeavers(u64);

impl Default for MinimumLeavers {
    /// 30: two or three parameters have to be told apart from them.
    fn default() -> Self {
        Self(30)
    }
}

impl MinimumLeavers {
    /// Where nobody leaves there is no likelihood to climb.
    pub(crate) const fn new(minimum: u64) -> Result<Self, FitError> {
        if minimum < 1 {
            return Err(FitError::MinimumTooSmall {
                required: 1,
                found: minimum,
            });
        }
        Ok(Self(minimum))
    }
}

impl Staying {
    pub(crate) fn ln_likelihood(&self, histories: &ContractHistories) -> f64 {
        self.log_likelihood::<0>(histories).value
    }

    /// Returns the log-likelihood of all histories, with the derivatives in the first N of (a, b, c).
    pub(super) fn log_likelihood<const N: usize>(
        &self,
        histories: &ContractHistories,
    ) -> Evaluation<N> {
        let mut sum = Evaluation::ZERO;
        for (history, count) in histories.entries() {
            let one = self.ln_probability(*history);
            let weight = *count as f64;
            sum.value += weight * one.value;
            for i in 0..N {
                sum.gradient[i] += weight * one.gradient[i];
                for j in i..N {
                    sum.hessian[i][j] += weight * one.hessian[i][j];
                }
            }
        }
        sum.mirror();
        sum
    }
}

/// Returns the likeliest parameters with what is known of their precision; `of` makes the shares from them.
pub(crate) fn fit<const N: usize>(
    histories: &ContractHistories,
    minimum: MinimumLeavers,
    names: [&'static str; N],
    starts: &[[f64; N]],
    of: impl Fn(&[f64; N]) -> Staying + Sync,
) -> Result<(Staying, FitReport), FitError> {
    let (required, found) = (minimum.0, histories.leavers());
    if found < required {
        return Err(FitError::TooFewLeavers { required, found });
    }
    let likelihood = |parameters: &[f64; N], histories: &ContractHistories| {
        of(parameters).log_likelihood(histories)
    };
    let (parameters, mut report) = fitting::fit(histories, names, starts, likelihood)?;
    let law = of(&parameters);
    report.warnings.extend(in_words(&law));
    Ok((law, report))
}

/// Says what a limit of the parameters means.
fn in_words(law: &Staying) -> Vec<FitWarning> {
    let leaving = law.a / (law.a + law.b);
    if leaving < ONE_SIDED {
        vec![FitWarning::NobodyLeaves]
    } else if leaving > 1.0 - ONE_SIDED {
        vec![FitWarning::EverybodyLeaves]
    } else if law.a + law.b > ALIKE {
        vec![FitWarning::DropoutAlike {
            probability: leaving,
        }]
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::ContractHistory;

    /// Central differences of step 1e-5 lose half of the digits.
    const DIFFERENCE_TOLERANCE: f64 = 2e-6;

    #[test]
    fn gradient_and_hessian_equal_differences() {
        let histories = ContractHistories::new([
            (ContractHistory::left_at(1).unwrap(), 30),
            (ContractHistory::left_at(2).unwrap(), 11),
            (ContractHistory::left_at(9).unwrap(), 3),
            (ContractHistory::staying(0), 5),
            (ContractHistory::staying(1), 4),
            (ContractHistory::staying(40), 7),
        ]);
        let at = |[a, b, c]: [f64; 3]| Staying { a, b, c }.log_likelihood::<3>(&histories);
        let point = [0.7, 1.2, 1.4];
        let exact = at(point);
        for i in 0..3 {
            let step = 1e-5 * point[i];
            let (mut up, mut down) = (point, point);
            up[i] += step;
            down[i] -= step;
            let (up, down) = (at(up), at(down));
            let slope = (up.value - down.value) / (2.0 * step);
            let gap = (slope - exact.gradient[i]).abs();
            assert!(gap < DIFFERENCE_TOLERANCE * slope.abs().max(1.0), "{i}");
            for j in 0..3 {
                let bend = (up.gradient[j] - down.gradient[j]) / (2.0 * step);
                let gap = (bend - exact.hessian[i][j]).abs();
                assert!(gap < DIFFERENCE_TOLERANCE * bend.abs().max(1.0), "{i} {j}");
            }
        }
    }

    #[test]
    fn limits_are_told_in_words() {
        let words = |a, b| in_words(&Staying { a, b, c: 1.0 });
        assert_eq!(words(0.7, 1.2), []);
        assert_eq!(words(1e-6, 1.2), [FitWarning::NobodyLeaves]);
        assert_eq!(words(0.7, 1e-6), [FitWarning::EverybodyLeaves]);
        assert_eq!(
            words(2e5, 6e5),
            [FitWarning::DropoutAlike { probability: 0.25 }]
        );
    }
}
