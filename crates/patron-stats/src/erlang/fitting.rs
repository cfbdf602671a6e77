//! Maximum likelihood for the shared law, and the choice of k.

use super::Erlang;
use crate::beta_geometric::{BetaGeometric, Dropout, STARTS, in_words};
use crate::estimate::{FitError, FitReport, FitWarning};
use crate::fitting::{self, MinimumRepeatBuyers};
use crate::history::WeightedHistories;
use crate::regularity::{LnIntervals, MOST_STAGES, Stages};
use crate::special::ln_gamma;

/// Who decides about k.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Choice {
    /// The likelihood does.
    #[default]
    Likeliest,
    /// The caller did.
    Given(Stages),
}

/// Returns the likeliest parameters with what is known of their precision.
pub(crate) fn fit(
    dropout: Dropout,
    histories: &WeightedHistories,
    intervals: LnIntervals,
    choice: Choice,
    minimum: MinimumRepeatBuyers,
) -> Result<(Erlang, FitReport), FitError> {
    minimum.check(histories.repeat_buyers())?;
    let fit_given = |stages| fit_stages(dropout, histories, intervals, stages);
    match choice {
        Choice::Given(stages) => fit_given(stages),
        Choice::Likeliest => {
            // A k that explains nothing is passed over; of equal ones the smaller stays.
            let better = |best: (Erlang, FitReport), next: (Erlang, FitReport)| {
                if next.1.log_likelihood > best.1.log_likelihood {
                    next
                } else {
                    best
                }
            };
            let fits = Stages::all().filter_map(|stages| fit_given(stages).ok());
            let (law, mut report) = fits.reduce(better).ok_or(FitError::NoFiniteStart)?;
            // k was estimated, too.
            report.parameters += 1;
            if law.stages.get() == MOST_STAGES {
                report.warnings.push(FitWarning::ParameterAtBound {
                    parameter: "k".into(),
                    value: f64::from(MOST_STAGES),
                });
            }
            Ok((law, report))
        }
    }
}

/// Returns the likeliest parameters for a given k; times between purchases move the log-likelihood only.
pub(super) fn fit_stages(
    dropout: Dropout,
    histories: &WeightedHistories,
    intervals: LnIntervals,
    stages: Stages,
) -> Result<(Erlang, FitReport), FitError> {
    let k = f64::from(stages.get());
    let rate = k * histories.overall_rate();
    let starts = STARTS.map(|[r, a, b]| [r, r / rate, a, b]);
    let of = |&[r, alpha, a, b]: &[f64; 4]| Erlang {
        stages,
        base: BetaGeometric {
            r,
            alpha,
            a,
            b,
            dropout,
        },
    };
    let likelihood = |parameters: &[f64; 4], histories: &WeightedHistories| {
        of(parameters).log_likelihood(histories)
    };
    let (parameters, mut report) =
        fitting::fit(histories, BetaGeometric::NAMES, &starts, likelihood)?;
    let law = of(&parameters);
    report.log_likelihood += of_intervals(histories, intervals, k);
    report.warnings.extend(in_words(&law.base));
    Ok((law, report))
}

/// Returns what the times between purchases add to the log-likelihood: `(k − 1)·Σ ln(time) − ln Γ(k)·Σ x`.
fn of_intervals(histories: &WeightedHistories, intervals: LnIntervals, k: f64) -> f64 {
    if k > 1.0 {
        (k - 1.0) * intervals.sum() - ln_gamma(k) * histories.repeat_purchases() as f64
    } else {
        0.0
    }
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
            (5, 8.0, 8.0, 2),
            (40, 38.0, 39.0, 1),
        ];
        WeightedHistories::from_histories(
            rows.map(|(x, recency, age, count)| (History::new(x, recency, age).unwrap(), count)),
        )
    }

    fn assert_differences(dropout: Dropout, stages: Stages) {
        let histories = histories();
        let at = |[r, alpha, a, b]: [f64; 4]| {
            let base = BetaGeometric {
                r,
                alpha,
                a,
                b,
                dropout,
            };
            Erlang { stages, base }.log_likelihood(&histories)
        };
        let point = [0.7, 2.5, 0.9, 2.2];
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
                    "{dropout:?} {stages:?} {i} {j}"
                );
            }
        }
    }

    #[test]
    fn gradient_and_hessian_equal_differences() {
        for stages in Stages::all() {
            assert_differences(Dropout::AfterRepeatPurchase, stages);
            assert_differences(Dropout::AfterAnyPurchase, stages);
        }
    }
}
