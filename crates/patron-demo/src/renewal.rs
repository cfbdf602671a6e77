//! How many purchases are to be expected while some demand passes, exactly, for one customer between two states.

/// A customer's purchase process on the clock of demand: a gamma-distributed gap of whole shape is a number of
/// exponential phases.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Renewal {
    /// Phases per purchase: the shape of the gamma distribution.
    pub(crate) shape: u32,
    /// Purchases per unit of demand.
    pub(crate) rate: f64,
}

impl Renewal {
    /// Returns the weights of 0, 1, … phases being over, when some demand has passed since the last purchase: Poisson,
    /// given that not all are over.
    pub(crate) fn phases_over(self, passed: f64) -> impl Iterator<Item = f64> + Clone {
        let mean = passed * self.phase_rate();
        (0..self.shape).scan(1.0, move |weight, phase| {
            let this = *weight;
            *weight *= mean / f64::from(phase + 1);
            Some(this)
        })
    }

    /// Returns phases per unit of demand.
    pub(crate) fn phase_rate(self) -> f64 {
        f64::from(self.shape) * self.rate
    }

    /// Returns the expected number of purchases while `demand` passes, when `passed` has passed since the last one.
    ///
    /// ```text
    /// E = Σ_j w_j Σ_p Poisson(p; k·λ·demand) · ⌊(j + p) / k⌋
    /// ```
    pub(crate) fn expected_purchases(self, passed: f64, demand: f64) -> f64 {
        let mean = demand * self.phase_rate();
        let total: f64 = self.phases_over(passed).sum();
        let (mut probability, mut left, mut expected) = (libm::exp(-mean), 1.0, 0.0);
        let mut phases = 0_u32;
        // beyond 20 times the mean nothing is left that a double could tell
        while left > 1e-15 && f64::from(phases) < 60.0 + 20.0 * mean {
            for (over, weight) in (0..).zip(self.phases_over(passed)) {
                let purchases = f64::from((over + phases) / self.shape);
                expected += weight / total * probability * purchases;
            }
            left -= probability;
            phases += 1;
            probability *= mean / f64::from(phases);
        }
        expected
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::{Draw, Purpose};

    #[test]
    fn without_regularity_purchases_are_rate_times_demand() {
        let renewal = Renewal {
            shape: 1,
            rate: 0.3,
        };
        for (passed, demand) in [(0.0, 1.0), (50.0, 2.0), (3.0, 14.0)] {
            // a Poisson process has no memory
            let found = renewal.expected_purchases(passed, demand);
            assert!((found - 0.3 * demand).abs() < 1e-12, "{found}");
        }
    }

    #[test]
    fn regular_buyers_are_due_when_they_have_waited_and_not_when_they_have_just_bought() {
        let renewal = Renewal {
            shape: 4,
            rate: 0.1,
        };
        let just_bought = renewal.expected_purchases(0.0, 3.0);
        let waited = renewal.expected_purchases(15.0, 3.0);
        assert!(just_bought < 0.3 && waited > 0.3, "{just_bought} {waited}");
    }

    #[test]
    fn agrees_with_simulation_by_rejection() {
        let renewal = Renewal {
            shape: 2,
            rate: 0.05,
        };
        let (passed, demand) = (12.0, 30.0);
        let mut draw = Draw::new(11, 0, Purpose::Shop);
        let (mut kept, mut sum, mut squares) = (0.0_f64, 0.0, 0.0);
        while kept < 100_000.0 {
            let mut gap = draw.erlang(2) / 0.05;
            if gap <= passed {
                continue;
            }
            gap -= passed;
            let (mut count, mut at) = (0.0, gap);
            while at <= demand {
                count += 1.0;
                at += draw.erlang(2) / 0.05;
            }
            kept += 1.0;
            sum += count;
            squares += count * count;
        }
        let mean = sum / kept;
        let standard_error = ((squares / kept - mean * mean) / kept).sqrt();
        let expected = renewal.expected_purchases(passed, demand);
        assert!(
            (mean - expected).abs() < 4.0 * standard_error,
            "{mean} {expected}"
        );
    }
}
