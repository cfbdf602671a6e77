//! Maximum likelihood for the shared law, and what its limits mean.

use super::{BetaGeometric, Dropout};
use crate::covariates::Family;
use crate::estimate::{FitError, FitReport, FitWarning};
use crate::fitting::{self, ALIKE, MinimumRepeatBuyers};
use crate::history::WeightedHistories;
use crate::optimise::Evaluation;

/// (r, a, b) of the starts; α follows from the overall purchase rate.
pub(crate) const STARTS: [[f64; 3]; 4] = [
    [0.5, 0.8, 2.5],
    [1.0, 0.3, 1.0],
    [2.0, 1.5, 8.0],
    [0.3, 0.1, 5.0],
];

/// Below this share of leavers per purchase nobody leaves, above its complement everybody does.
const ONE_SIDED: f64 = 1e-4;

/// Returns the likeliest parameters with what is known of their precision.
pub(crate) fn fit(
    dropout: Dropout,
    histories: &WeightedHistories,
    minimum: MinimumRepeatBuyers,
) -> Result<(BetaGeometric, FitReport), FitError> {
    minimum.check(histories.repeat_buyers())?;
    let likelihood = |parameters: &[f64; 4], histories: &WeightedHistories| {
        dropout.evaluate(parameters, histories)
    };
    let starts = starts(histories);
    let (parameters, mut report) =
        fitting::fit(histories, BetaGeometric::NAMES, &starts, likelihood)?;
    let law = dropout.law(&parameters);
    report.warnings.extend(in_words(&law));
    Ok((law, report))
}

/// Returns the starts in the unit of time of the histories.
fn starts(histories: &WeightedHistories) -> [[f64; 4]; 4] {
    let rate = histories.overall_rate();
    STARTS.map(|[r, a, b]| [r, r / rate, a, b])
}

impl Dropout {
    const fn law(self, &[r, alpha, a, b]: &[f64; 4]) -> BetaGeometric {
        BetaGeometric {
            r,
            alpha,
            a,
            b,
            dropout: self,
        }
    }
}

impl Family<4> for Dropout {
    fn starts(&self, histories: &WeightedHistories) -> Vec<[f64; 4]> {
        starts(histories).to_vec()
    }

    fn evaluate(&self, parameters: &[f64; 4], histories: &WeightedHistories) -> Evaluation<4> {
        self.law(parameters).log_likelihood(histories)
    }

    fn in_words(&self, parameters: &[f64; 4], _: f64) -> Vec<FitWarning> {
        in_words(&self.law(parameters))
    }
}

/// Says what a limit of the parameters means.
pub(crate) fn in_words(law: &BetaGeometric) -> Vec<FitWarning> {
    let mut warnings = Vec::new();
    let leaving = law.a / (law.a + law.b);
    if leaving < ONE_SIDED {
        warnings.push(FitWarning::NobodyLeaves);
    } else if leaving > 1.0 - ONE_SIDED {
        warnings.push(FitWarning::EverybodyLeaves);
    } else if law.a + law.b > ALIKE {
        warnings.push(FitWarning::DropoutAlike {
            probability: leaving,
        });
    }
    if law.r > ALIKE {
        warnings.push(FitWarning::RatesAlike {
            rate: law.r / law.alpha,
        });
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::History;

    /// Central differences of step 1e-5 lose half of the digits.
    const DIFFERENCE_TOLERANCE: f64 = 2e-6;

    fn histories() -> WeightedHistories {
        let rows = [
            (0, 0.0, 12.0, 40),
            (1, 3.0, 20.0, 7),
            (2, 9.5, 10.0, 5),
            (6, 19.0, 31.0, 3),
            (40, 38.0, 39.0, 1),
        ];
        WeightedHistories::from_histories(
            rows.map(|(x, recency, age, count)| (History::new(x, recency, age).unwrap(), count)),
        )
    }

    #[test]
    fn gradient_and_hessian_equal_differences() {
        let histories = histories();
        for dropout in [Dropout::AfterRepeatPurchase, Dropout::AfterAnyPurchase] {
            let at = |p: [f64; 4]| {
                let [r, alpha, a, b] = p;
                BetaGeometric {
                    r,
                    alpha,
                    a,
                    b,
                    dropout,
                }
                .log_likelihood(&histories)
            };
            let point = [0.7, 5.5, 0.9, 2.2];
            let exact = at(point);
            for i in 0..4 {
                let step = 1e-5 * point[i];
                let (mut up, mut down) = (point, point);
                up[i] += step;
                down[i] -= step;
                let (up, down) = (at(up), at(down));
                let slope = (up.value - down.value) / (2.0 * step);
                assert!(
                    (slope - exact.gradient[i]).abs() < DIFFERENCE_TOLERANCE * slope.abs().max(1.0)
                );
                for j in 0..4 {
                    let bend = (up.gradient[j] - down.gradient[j]) / (2.0 * step);
                    let gap = (bend - exact.hessian[i][j]).abs();
                    assert!(
                        gap < DIFFERENCE_TOLERANCE * bend.abs().max(1.0),
                        "{dropout:?} {i} {j}"
                    );
                }
            }
        }
    }

    #[test]
    fn limits_are_told_in_words() {
        let law = |r, a, b| BetaGeometric {
            r,
            alpha: r / 0.2,
            a,
            b,
            dropout: Dropout::AfterAnyPurchase,
        };
        assert_eq!(in_words(&law(1.0, 0.5, 2.0)), []);
        assert_eq!(in_words(&law(1.0, 1e-6, 2.0)), [FitWarning::NobodyLeaves]);
        assert_eq!(
            in_words(&law(1.0, 5.0, 1e-6)),
            [FitWarning::EverybodyLeaves]
        );
        assert_eq!(
            in_words(&law(1.0, 5e5, 5e5)),
            [FitWarning::DropoutAlike { probability: 0.5 }]
        );
        assert_eq!(
            in_words(&law(1e5, 0.5, 2.0)),
            [FitWarning::RatesAlike { rate: 0.2 }]
        );
    }
}
