//! How long customers stay: the gamma/Gompertz law, in forms that hold at any age and any parameters.

use super::walk::{Falling, reach_of_power};
use crate::quadrature::each_node;

/// Nothing is left of an exponential that has fallen by this many logarithms, beside a 1.
const NEGLIGIBLE: f64 = 36.0;

/// A sum has ended when what may still come is below this share of it.
const REST: f64 = 1e-17;

/// The law of leaving of customers of one age, positive and finite parameters.
///
/// ```text
/// P(still there after u) = S(u) = (1 + (e^(b·u) − 1)/β)^−s
/// ```
///
/// Who is still there after v follows the same law with `β·e^(−b·v) + 1 − e^(−b·v)` for β: a sum of positive terms, in
/// which nothing can overflow, and which goes to 1. At β = 1 the law is exponential.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Lifetime {
    pub(super) b: f64,
    pub(super) s: f64,
    pub(super) beta: f64,
}

/// What the law needs to know of one time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// `e^(−b·u)`.
    pub(super) rest: f64,
    /// `1 − e^(−b·u)`.
    pub(super) past: f64,
    /// β of those who are still there.
    pub(super) beta: f64,
    /// `ln(1 + (e^(b·u) − 1)/β)`.
    pub(super) ln_growth: f64,
}

impl Lifetime {
    pub(super) fn at(&self, time: f64) -> Moment {
        let z = self.b * time;
        let (past, rest) = if z < 0.5 {
            let past = -(-z).exp_m1();
            (past, 1.0 - past)
        } else {
            let rest = (-z).exp();
            (1.0 - rest, rest)
        };
        let beta = self.beta * rest + past;
        let growth = past / (self.beta * rest);
        let ln_growth = if growth.is_finite() {
            growth.ln_1p()
        } else {
            z + beta.ln() - self.beta.ln()
        };
        Moment {
            rest,
            past,
            beta,
            ln_growth,
        }
    }

    /// Returns the probability of staying for `time`.
    pub(super) fn stays(&self, time: f64) -> f64 {
        (-self.s * self.at(time).ln_growth).exp()
    }

    /// Returns the time at which `ln(1 + (e^(b·u) − 1)/β)` is `ln_growth`.
    pub(super) fn time_of(&self, ln_growth: f64) -> f64 {
        let growth = self.beta * ln_growth.exp_m1();
        let z = if growth.is_finite() {
            growth.ln_1p()
        } else {
            // Of the 1 beside so large a number nothing is left.
            ln_growth + self.beta.ln() + (-(-ln_growth).exp()).ln_1p()
        };
        z / self.b
    }

    /// Returns the rate of leaving of those who are still there: `s·b/β` at first, `s·b` in the end.
    pub(super) fn hazard(&self, at: &Moment) -> f64 {
        self.s * self.b / at.beta
    }

    /// Returns the law of those who are still there after `time`.
    pub(super) fn after(&self, time: f64) -> Self {
        Self {
            beta: self.at(time).beta,
            ..*self
        }
    }

    /// Returns how long a panel of sixteen nodes from `time` on may be.
    ///
    /// `S` has poles where `e^(b·u) = 1 − β`: for β < 1 one on the axis before 0, for β > 1 one π/b off the axis, at the age of
    /// most leaving.
    pub(super) fn reach(&self, time: f64) -> f64 {
        if self.beta < 1.0 {
            let away = time - (-self.beta).ln_1p() / self.b;
            reach_of_power(away, self.s + 1.0)
        } else {
            let past_the_pole = self.b * time - (self.beta - 1.0).ln();
            (4.0 + 2.0 * past_the_pole.max(0.0)) / self.b
        }
    }

    /// Returns the time from which on `S` is a pure exponential, `e^(−s·b·u)`, to rounding.
    fn exponential_from(&self) -> f64 {
        let ln_away = (self.beta - 1.0).abs().ln() + self.s.max(1.0).ln();
        ((NEGLIGIBLE + ln_away) / self.b).max(0.0)
    }

    /// Returns the expected time spent as a customer within `time`, each moment discounted at `rate`:
    ///
    /// ```text
    /// ∫₀^t e^(−δu)·S(u) du
    /// ```
    ///
    /// Finite without end, too, and without discounting, since in the end customers leave at the rate s·b.
    pub(super) fn time_as_customer(&self, time: f64, rate: f64) -> f64 {
        let far = self.exponential_from();
        let falling = Falling {
            lifetime: *self,
            power: (1.0, 0.0),
            rate,
            leaving: false,
        };
        let mut sum = 0.0;
        let mut low = 0.0;
        while low < time.min(far) {
            let high = falling.panel_end(low, time.min(far));
            each_node(low, high, |u, length| {
                sum += length * (-rate * u).exp() * self.stays(u);
            });
            let at = self.at(high);
            let slowest = self.s * self.b / at.beta.max(1.0) + rate;
            let left = (-rate * high - self.s * at.ln_growth).exp();
            if high <= low || left <= REST * sum * slowest {
                return sum;
            }
            low = high;
        }
        if time > far {
            let fall = self.s * self.b + rate;
            let length = -(-fall * (time - far)).exp_m1() / fall;
            sum += (-rate * far).exp() * self.stays(far) * length;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sixteen nodes on panels as long as allowed, and a few hundred roundings.
    const SAME: f64 = 1e-13;

    #[test]
    fn time_as_customer_is_the_closed_form_where_there_is_one() {
        let relative = |found: f64, exact: f64| (found / exact - 1.0).abs();
        for b in [1e-9_f64, 0.02, 3.0] {
            // β = 1: exponential at the rate s·b.
            for s in [0.03, 1.0, 40.0] {
                let law = Lifetime { b, s, beta: 1.0 };
                let k = s * b;
                let exact = -(-k * 30.0).exp_m1() / k;
                assert!(relative(law.time_as_customer(30.0, 0.0), exact) < SAME);
                let exact = 1.0 / (k + 0.01);
                assert!(relative(law.time_as_customer(f64::INFINITY, 0.01), exact) < SAME);
            }
            // s = 1: β/(β − 1)·(u − ln((β + e^bu − 1)/β)/b).
            for beta in [1e-6, 0.3, 2.5, 400.0, 1e7] {
                let law = Lifetime { b, s: 1.0, beta };
                for time in [0.5, 30.0, 4000.0] {
                    if (b * time).min(b * time / beta) < 1e-3 {
                        // The closed form cancels.
                        continue;
                    }
                    let growth = law.at(time).ln_growth;
                    let exact = beta / (beta - 1.0) * (time - growth / b);
                    let found = law.time_as_customer(time, 0.0);
                    // What the closed form loses by its difference.
                    let lost = 1e-15 * time / (time - growth / b).abs();
                    assert!(
                        relative(found, exact) < SAME + lost,
                        "b {b}, β {beta}, {time}: {found} {exact}"
                    );
                }
                let exact = beta * beta.ln() / (b * (beta - 1.0));
                let found = law.time_as_customer(f64::INFINITY, 0.0);
                assert!(relative(found, exact) < SAME, "{b} {beta}: {found} {exact}");
            }
        }
    }

    #[test]
    fn staying_twice_is_staying_longer() {
        for (b, s, beta) in [
            (1e-12, 0.6, 1e-11),
            (0.1, 0.6, 0.01),
            (2.0, 3.0, 1e9),
            (30.0, 0.2, 1e280),
        ] {
            let law = Lifetime { b, s, beta };
            for (first, second) in [(0.0, 5.0), (3.0, 0.1), (20.0, 40.0), (300.0, 1.0)] {
                let ln = |law: &Lifetime, time: f64| s * law.at(time).ln_growth;
                let twice = ln(&law, first) + ln(&law.after(first), second);
                let once = ln(&law, first + second);
                let back = law.time_of(once / s);
                assert!(
                    (back / (first + second) - 1.0).abs() < 1e-9,
                    "{law:?} {back}"
                );
                assert!((twice - once).abs() <= SAME * once.max(1e-3), "{law:?}");
            }
        }
    }
}
