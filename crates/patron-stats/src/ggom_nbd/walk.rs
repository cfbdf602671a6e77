//! How finely sums over time must be taken.

use super::lifetime::Lifetime;

/// A panel ends where the integrand has fallen by this many logarithms at most.
const STEEPEST: f64 = 8.0;

/// A panel is at most this many times as long as its beginning is away from the pole of a power, and shorter where the power
/// is high: sixteen nodes then miss 1e-14 of the panel's largest value.
const FARTHEST: f64 = 3.0;

/// Returns how long a panel may be that begins so far from the pole of this power.
pub(super) fn reach_of_power(away: f64, power: f64) -> f64 {
    away * FARTHEST.min(STEEPEST / power)
}

/// An integrand made of falling factors: `(c + u)^−k · e^(−δu) · S(u)`, or with the density of leaving for `S(u)`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Falling {
    pub(super) lifetime: Lifetime,
    /// (c, k).
    pub(super) power: (f64, f64),
    /// δ.
    pub(super) rate: f64,
    /// Whether the density of leaving takes the place of S.
    pub(super) leaving: bool,
}

impl Falling {
    /// Returns how many logarithms the factors have fallen by; factors that rise, do so by 4 in a panel at most.
    fn fallen(&self, time: f64) -> f64 {
        let at = self.lifetime.at(time);
        let (offset, power) = self.power;
        let mut sum = self.lifetime.s * at.ln_growth + self.rate * time;
        if power > 0.0 {
            sum += power * (offset + time).ln();
        }
        if self.leaving && self.lifetime.beta < 1.0 {
            sum += at.beta.ln();
        }
        sum
    }

    /// Returns the end of the panel that begins at `low`, at most `to`.
    pub(super) fn panel_end(&self, low: f64, to: f64) -> f64 {
        let mut length = self.lifetime.reach(low);
        let (offset, power) = self.power;
        if power > 0.0 {
            length = length.min(reach_of_power(offset + low, power));
        }
        let before = self.fallen(low);
        loop {
            let high = (low + length).min(to);
            let fall = self.fallen(high) - before;
            if fall <= STEEPEST || high <= low {
                return high;
            }
            length = (high - low) * (0.9 * STEEPEST / fall).clamp(0.02, 0.7);
        }
    }
}
