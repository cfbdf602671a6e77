//! What is lost if somebody has left.

use patron_core::Money;

/// P(alive) below which what somebody would be worth alive is more noise than figure.
const LEAST_ALIVE: f64 = 0.01;

/// Returns the value at stake: what the customer would be expected to bring if they had certainly not left, less what they are
/// expected to bring as it is.
///
/// # Model
///
/// ```text
/// clv = P(alive) · E[value | alive]        the models' value knows that the customer may have left
/// at stake = E[value | alive] − clv = clv · (1 − P(alive)) / P(alive)
/// ```
///
/// It is what a return that is certain would bring beyond what is expected anyway: an upper bound of what an action can win, and
/// no forecast of what it does. `clv · (1 − P(alive))` would call nothing at stake of those who have nearly left, since their
/// `clv` is small already.
///
/// | symbol | argument | unit | domain |
/// |---|---|---|---|
/// | clv | `clv` | money | any; below zero counts as zero |
/// | P(alive) | `probability_alive` | none | 0 to 1; at least 0.01 is used |
///
/// # Returns
/// Money; nothing where `probability_alive` is no number.
#[must_use]
pub fn value_at_stake(clv: Money, probability_alive: f64) -> Option<Money> {
    if !probability_alive.is_finite() {
        return None;
    }
    let alive = probability_alive.clamp(LEAST_ALIVE, 1.0);
    let value = clv.to_f64().max(0.0) * (1.0 - alive) / alive;
    Money::from_f64(value).ok().map(|parsed| parsed.amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_stake(clv: i64, alive: f64) -> Option<f64> {
        value_at_stake(Money(clv * 10_000), alive).map(Money::to_f64)
    }

    #[test]
    fn what_is_at_stake_is_what_certainty_would_add() {
        // Worth 100 as it is, with one chance in four of being there: 400 if certainly there.
        assert_eq!(at_stake(100, 0.25), Some(300.0));
        assert_eq!(at_stake(100, 0.5), Some(100.0));
        assert_eq!(at_stake(100, 1.0), Some(0.0));
        assert_eq!(at_stake(0, 0.1), Some(0.0));
        assert_eq!(at_stake(-5, 0.1), Some(0.0));
        assert_eq!(
            at_stake(1, 0.0),
            Some(99.0),
            "P(alive) counts as one in a hundred at least"
        );
        assert_eq!(at_stake(1, f64::NAN), None);
    }
}
