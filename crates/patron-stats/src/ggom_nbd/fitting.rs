//! Maximum likelihood for GGom/NBD, and what its limits mean.

use super::Ggom;
use super::lifetime::Lifetime;
use crate::estimate::{FitError, FitReport, FitWarning};
use crate::fitting::{self, ALIKE, MinimumRepeatBuyers};
use crate::history::WeightedHistories;

/// (r, purchase rate of the living over that of all, b in lengths of the oldest history, s, β) of the starts.
const STARTS: [[f64; 5]; 7] = [
    // Close to Pareto/NBD: readiness to leave hardly grows.
    [0.5, 1.5, 0.1, 0.6, 0.02],
    [1.5, 1.2, 0.1, 0.3, 0.005],
    // It falls at first, as those who leave easily leave early.
    [0.5, 1.5, 2.0, 0.2, 0.3],
    [0.8, 2.0, 0.5, 2.0, 1.2],
    // It grows: few leave before half of the time is over.
    [1.0, 1.3, 5.0, 0.8, 15.0],
    [0.7, 1.3, 12.0, 0.5, 400.0],
    // All alike.
    [1.0, 1.5, 3.0, 30.0, 100.0],
];

/// Below this share of leavers nobody leaves, above its complement everybody does.
const ONE_SIDED: f64 = 1e-4;

/// Below this `b·T` readiness to leave has grown by less than 1 in 10,000 for the oldest history.
const STEADY: f64 = 1e-4;

/// As in [`FitReport`]: a standard error of this size in a logarithm says nothing of a parameter.
const FLAT_STANDARD_ERROR: f64 = 1.5;

/// A product is known where its logarithm has a standard error this many times smaller than its factors'.
const KNOWN: f64 = 5.0;

/// Returns the likeliest parameters with what is known of their precision.
pub(super) fn fit(
    histories: &WeightedHistories,
    minimum: MinimumRepeatBuyers,
) -> Result<(Ggom, FitReport), FitError> {
    minimum.check(histories.repeat_buyers())?;
    let rate = histories.overall_rate();
    let oldest = histories.oldest_age();
    let starts =
        STARTS.map(|[r, faster, b, s, beta]| [r, r / (faster * rate), b / oldest, s, beta]);
    let likelihood = |parameters: &[f64; 5], histories: &WeightedHistories| {
        of(parameters).log_likelihood(histories)
    };
    let (parameters, mut report) = fitting::fit(histories, Ggom::NAMES, &starts, likelihood)?;
    let law = of(&parameters);
    report.warnings.extend(in_words(&law, oldest));
    report
        .warnings
        .extend(only_the_product(&law.lifetime, &report));
    Ok((law, report))
}

fn of(&[r, alpha, b, s, beta]: &[f64; 5]) -> Ggom {
    let lifetime = Lifetime { b, s, beta };
    Ggom { r, alpha, lifetime }
}

/// Says what a limit of the parameters means, to customers observed for at most `oldest`.
fn in_words(law: &Ggom, oldest: f64) -> Vec<FitWarning> {
    let mut warnings = Vec::new();
    let Lifetime { b, s, beta } = law.lifetime;
    let left_by = |time: f64| -(-s * law.lifetime.at(time).ln_growth).exp_m1();
    if left_by(oldest) < ONE_SIDED {
        warnings.push(FitWarning::NobodyLeaves);
    } else if left_by(0.01 * oldest) > 1.0 - ONE_SIDED {
        warnings.push(FitWarning::EverybodyLeaves);
    } else {
        if b * oldest < STEADY {
            warnings.push(FitWarning::HazardSteady { scale: beta / b });
        }
        if s > ALIKE {
            warnings.push(FitWarning::HazardsAlike {
                rate: s * b / beta,
                growth: b,
            });
        }
    }
    if law.r > ALIKE {
        warnings.push(FitWarning::RatesAlike {
            rate: law.r / law.alpha,
        });
    }
    warnings
}

/// At β = 1 the lifetimes are exponential at the rate b·s: the data may know this rate, and neither factor.
fn only_the_product(lifetime: &Lifetime, report: &FitReport) -> Option<FitWarning> {
    let covariance = report.covariance.as_ref()?;
    let entry = |row: usize, column: usize| covariance.get(row)?.get(column).copied();
    let Lifetime { b, s, .. } = *lifetime;
    let (of_b, of_s) = (entry(2, 2)? / (b * b), entry(3, 3)? / (s * s));
    let of_product = of_b + of_s + 2.0 * entry(2, 3)? / (b * s);
    let least = of_b.min(of_s);
    (least > FLAT_STANDARD_ERROR * FLAT_STANDARD_ERROR && of_product * KNOWN * KNOWN < least)
        .then_some(FitWarning::OnlyHazardDetermined { rate: b * s })
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
            (200, 30.0, 39.0, 1),
        ];
        WeightedHistories::from_histories(
            rows.map(|(x, recency, age, count)| (History::new(x, recency, age).unwrap(), count)),
        )
    }

    /// Value, gradient and Hessian in the logarithms of the parameters.
    fn at(point: &[f64; 5]) -> crate::optimise::Evaluation<5> {
        of(point)
            .log_likelihood(&histories())
            .on_log_scale(point, 1.0)
    }

    #[test]
    fn gradient_and_hessian_equal_differences_also_where_b_is_tiny_and_beta_is_huge() {
        for point in [
            [0.7, 5.5, 0.05, 0.9, 0.6],
            [0.7, 8.0, 0.2, 0.5, 30.0],
            [0.7, 8.0, 0.1, 0.5, 1.0],
            [2.0, 0.3, 1e-7, 0.6, 1e-6],
            [0.5, 10.0, 2.0, 0.3, 1e7],
            [0.5, 10.0, 1e-3, 30.0, 0.2],
            [0.5, 10.0, 0.3, 2e4, 5e6],
        ] {
            let exact = at(&point);
            for i in 0..5 {
                let step = 1e-5_f64;
                let (mut up, mut down) = (point, point);
                up[i] *= step.exp();
                down[i] *= (-step).exp();
                let (up, down) = (at(&up), at(&down));
                let slope = (up.value - down.value) / (2.0 * step);
                assert!(
                    (slope - exact.gradient[i]).abs() < DIFFERENCE_TOLERANCE * slope.abs().max(1.0),
                    "{point:?} {i}: {slope} {}",
                    exact.gradient[i]
                );
                for j in 0..5 {
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
        let law = |r, b, s, beta| of(&[r, r / 0.2, b, s, beta]);
        let words = |law| in_words(&law, 100.0);
        assert_eq!(words(law(1.0, 0.02, 0.5, 4.0)), []);
        assert_eq!(words(law(1.0, 0.02, 1e-6, 4.0)), [FitWarning::NobodyLeaves]);
        assert_eq!(
            words(law(1.0, 9.0, 50.0, 1e-3)),
            [FitWarning::EverybodyLeaves]
        );
        let warnings = words(law(1.0, 1e-8, 0.5, 2e-7));
        let [FitWarning::HazardSteady { scale }] = warnings.as_slice() else {
            panic!("{warnings:?}");
        };
        assert!((scale / 20.0 - 1.0).abs() < 1e-14);
        assert_eq!(
            words(law(1.0, 0.03, 5e5, 5e6)),
            [FitWarning::HazardsAlike {
                rate: 0.003,
                growth: 0.03
            }]
        );
        assert_eq!(
            words(law(1e5, 0.02, 0.5, 4.0)),
            [FitWarning::RatesAlike { rate: 0.2 }]
        );
    }
}
