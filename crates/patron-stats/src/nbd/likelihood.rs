//! Log-likelihood of NBD with exact gradient and Hessian in (r, α), its maximum, and what its limit means.

use super::GammaPoisson;
use crate::estimate::{FitError, FitReport, FitWarning};
use crate::fitting::{self, ALIKE, MinimumRepeatBuyers};
use crate::history::WeightedHistories;
use crate::optimise::Evaluation;
use crate::purchase::Rising;

/// r of the starts; α follows from the overall purchase rate.
const STARTS: [f64; 3] = [0.5, 2.0, 20.0];

impl GammaPoisson {
    pub(super) const NAMES: [&'static str; 2] = ["r", "alpha"];

    /// Returns the log-likelihood of all histories, sorted by x, with gradient and Hessian.
    pub(super) fn log_likelihood(&self, histories: &WeightedHistories) -> Evaluation<2> {
        let mut sum = Evaluation::ZERO;
        let mut rising = Rising::default();
        for (history, count) in histories.entries() {
            rising.advance(self.r, history.repeat_purchases());
            let weight = *count as f64;
            let shape = self.r + f64::from(history.repeat_purchases());
            let time = self.alpha + history.age();
            // ln(α/(α + T)), without taking two logarithms apart.
            let ln_ratio = -(history.age() / self.alpha).ln_1p();
            let purchases = f64::from(history.repeat_purchases());
            sum.value += weight * (rising.ln + self.r * ln_ratio - purchases * time.ln());
            sum.gradient[0] += weight * (rising.first + ln_ratio);
            sum.gradient[1] += weight * (self.r / self.alpha - shape / time);
            sum.hessian[0][0] += weight * rising.second;
            sum.hessian[0][1] += weight * (1.0 / self.alpha - 1.0 / time);
            sum.hessian[1][1] +=
                weight * (shape / (time * time) - self.r / (self.alpha * self.alpha));
        }
        sum.mirror();
        sum
    }
}

/// Returns the likeliest parameters with what is known of their precision.
pub(super) fn fit(
    histories: &WeightedHistories,
    minimum: MinimumRepeatBuyers,
) -> Result<(GammaPoisson, FitReport), FitError> {
    minimum.check(histories.repeat_buyers())?;
    let rate = histories.overall_rate();
    let starts = STARTS.map(|r| [r, r / rate]);
    let of = |&[r, alpha]: &[f64; 2]| GammaPoisson { r, alpha };
    let likelihood = |parameters: &[f64; 2], histories: &WeightedHistories| {
        of(parameters).log_likelihood(histories)
    };
    let (parameters, mut report) =
        fitting::fit(histories, GammaPoisson::NAMES, &starts, likelihood)?;
    let law = of(&parameters);
    if law.r > ALIKE {
        report.warnings.push(FitWarning::RatesAlike {
            rate: law.r / law.alpha,
        });
    }
    Ok((law, report))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::History;

    /// Central differences of step 1e-5 lose half of the digits.
    const DIFFERENCE_TOLERANCE: f64 = 2e-6;

    #[test]
    fn gradient_and_hessian_equal_differences() {
        let rows = [
            (0, 0.0, 12.0, 40),
            (1, 3.0, 20.0, 7),
            (6, 19.0, 31.0, 3),
            (40, 39.0, 39.0, 1),
        ];
        let histories = WeightedHistories::from_histories(
            rows.map(|(x, recency, age, count)| (History::new(x, recency, age).unwrap(), count)),
        );
        let at = |[r, alpha]: [f64; 2]| GammaPoisson { r, alpha }.log_likelihood(&histories);
        let point = [0.7, 5.5];
        let exact = at(point);
        for i in 0..2 {
            let step = 1e-5 * point[i];
            let (mut up, mut down) = (point, point);
            up[i] += step;
            down[i] -= step;
            let (up, down) = (at(up), at(down));
            let slope = (up.value - down.value) / (2.0 * step);
            let gap = (slope - exact.gradient[i]).abs();
            assert!(gap < DIFFERENCE_TOLERANCE * slope.abs().max(1.0));
            for j in 0..2 {
                let bend = (up.gradient[j] - down.gradient[j]) / (2.0 * step);
                let gap = (bend - exact.hessian[i][j]).abs();
                assert!(gap < DIFFERENCE_TOLERANCE * bend.abs().max(1.0), "{i} {j}");
            }
        }
    }
}
