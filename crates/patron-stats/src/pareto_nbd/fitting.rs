//! Maximum likelihood for Pareto/NBD, and what its limits mean.

use super::Pareto;
use crate::covariates::Family;
use crate::estimate::{FitError, FitReport, FitWarning};
use crate::fitting::{self, ALIKE, MinimumRepeatBuyers};
use crate::history::WeightedHistories;
use crate::optimise::Evaluation;

/// (r, purchase rate of the living over that of all, s, β in mean times between purchases) of the starts.
const STARTS: [[f64; 4]; 5] = [
    [0.5, 1.5, 0.6, 0.4],
    [1.5, 1.2, 0.3, 0.2],
    [0.3, 2.0, 2.0, 3.0],
    [2.0, 1.0, 1.0, 10.0],
    [0.8, 3.0, 0.2, 0.02],
];

/// Below this share of leavers nobody leaves, above its complement everybody does.
const ONE_SIDED: f64 = 1e-4;

/// Returns the likeliest parameters with what is known of their precision.
pub(super) fn fit(
    histories: &WeightedHistories,
    minimum: MinimumRepeatBuyers,
) -> Result<(Pareto, FitReport), FitError> {
    minimum.check(histories.repeat_buyers())?;
    let likelihood = |parameters: &[f64; 4], histories: &WeightedHistories| {
        law(parameters).log_likelihood(histories)
    };
    let starts = starts(histories);
    let (parameters, mut report) = fitting::fit(histories, Pareto::NAMES, &starts, likelihood)?;
    let law = law(&parameters);
    report
        .warnings
        .extend(in_words(&law, histories.oldest_age()));
    Ok((law, report))
}

const fn law(&[r, alpha, s, beta]: &[f64; 4]) -> Pareto {
    Pareto { r, alpha, s, beta }
}

/// Returns the starts in the unit of time of the histories.
fn starts(histories: &WeightedHistories) -> [[f64; 4]; 5] {
    let rate = histories.overall_rate();
    STARTS.map(|[r, faster, s, beta]| [r, r / (faster * rate), s, beta / rate])
}

/// Pareto/NBD as a family of laws, one for each set of parameters.
pub(crate) struct ParetoLaws;

impl Family<4> for ParetoLaws {
    fn starts(&self, histories: &WeightedHistories) -> Vec<[f64; 4]> {
        starts(histories).to_vec()
    }

    fn evaluate(&self, parameters: &[f64; 4], histories: &WeightedHistories) -> Evaluation<4> {
        law(parameters).log_likelihood(histories)
    }

    fn in_words(&self, parameters: &[f64; 4], oldest: f64) -> Vec<FitWarning> {
        in_words(&law(parameters), oldest)
    }
}

/// Says what a limit of the parameters means, to customers observed for at most `oldest`.
fn in_words(law: &Pareto, oldest: f64) -> Vec<FitWarning> {
    let mut warnings = Vec::new();
    let left_by = |time: f64| -(-law.s * (time / law.beta).ln_1p()).exp_m1();
    if left_by(oldest) < ONE_SIDED {
        warnings.push(FitWarning::NobodyLeaves);
    } else if left_by(0.01 * oldest) > 1.0 - ONE_SIDED {
        warnings.push(FitWarning::EverybodyLeaves);
    } else if law.s > ALIKE {
        warnings.push(FitWarning::DropoutRatesAlike {
            rate: law.s / law.beta,
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
            (40, 39.0, 39.0, 1),
        ];
        WeightedHistories::from_histories(
            rows.map(|(x, recency, age, count)| (History::new(x, recency, age).unwrap(), count)),
        )
    }

    #[test]
    fn gradient_and_hessian_equal_differences() {
        let histories = histories();
        let at =
            |[r, alpha, s, beta]: [f64; 4]| Pareto { r, alpha, s, beta }.log_likelihood(&histories);
        for point in [
            [0.7, 5.5, 0.9, 12.2],
            [0.7, 8.0, 1.0, 8.0],
            [2.0, 0.3, 0.2, 0.05],
        ] {
            let exact = at(point);
            for i in 0..4 {
                let step = 1e-5 * point[i];
                let (mut up, mut down) = (point, point);
                up[i] += step;
                down[i] -= step;
                let (up, down) = (at(up), at(down));
                let slope = (up.value - down.value) / (2.0 * step);
                assert!(
                    (slope - exact.gradient[i]).abs() < DIFFERENCE_TOLERANCE * slope.abs().max(1.0),
                    "{point:?} {i}: {slope} {}",
                    exact.gradient[i]
                );
                for j in 0..4 {
                    let bend = (up.gradient[j] - down.gradient[j]) / (2.0 * step);
                    let gap = (bend - exact.hessian[i][j]).abs();
                    assert!(
                        gap < DIFFERENCE_TOLERANCE * bend.abs().max(1.0),
                        "{point:?} {i} {j}: {bend} {}",
                        exact.hessian[i][j]
                    );
                }
            }
        }
    }

    #[test]
    fn limits_are_told_in_words() {
        let law = |r, s, beta| Pareto {
            r,
            alpha: r / 0.2,
            s,
            beta,
        };
        let words = |law| in_words(&law, 100.0);
        assert_eq!(words(law(1.0, 0.5, 20.0)), []);
        assert_eq!(words(law(1.0, 1e-6, 20.0)), [FitWarning::NobodyLeaves]);
        assert_eq!(words(law(1.0, 50.0, 1e-3)), [FitWarning::EverybodyLeaves]);
        assert_eq!(
            words(law(1.0, 5e5, 5e6)),
            [FitWarning::DropoutRatesAlike { rate: 0.1 }]
        );
        assert_eq!(
            words(law(1e5, 0.5, 20.0)),
            [FitWarning::RatesAlike { rate: 0.2 }]
        );
    }
}
