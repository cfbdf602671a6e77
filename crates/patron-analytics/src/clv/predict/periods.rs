//! How far ahead is looked where time goes by opportunities or renewals?

/// How far ahead is looked, in opportunities or renewals, and how many there are in a year.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Periods {
    /// How many; as many as the months of the horizon have unless given, and at least one.
    pub ahead: Option<u32>,
    /// How many a year; as many as it has units unless given.
    pub per_year: Option<f64>,
}

impl Periods {
    /// Returns the horizon in periods.
    #[must_use]
    pub fn horizon(self, unit_days: f64, months: u32) -> u32 {
        let in_year = self.in_year(unit_days);
        // Twelve months of 52.18 weeks are 52 whole ones.
        let whole = whole(in_year * f64::from(months) / 12.0 + 1e-9).max(1);
        self.ahead.unwrap_or(whole)
    }

    /// Returns the continuous discount rate of a period.
    #[must_use]
    pub fn discount(self, unit_days: f64, annual: f64) -> f64 {
        annual.ln_1p() / self.in_year(unit_days)
    }

    fn in_year(self, unit_days: f64) -> f64 {
        self.per_year.unwrap_or(365.25 / unit_days)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a positive number of periods; what does not fit asks for more than there can be"
)]
pub(super) const fn whole(periods: f64) -> u32 {
    periods as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_horizon_is_whole_periods_and_a_rate_is_of_one() {
        let none = Periods::default();
        assert_eq!(none.horizon(365.25 / 12.0, 12), 12);
        assert_eq!((none.horizon(7.0, 12), none.horizon(7.0, 1)), (52, 4));
        let yearly = Periods {
            per_year: Some(1.0),
            ..none
        };
        // Half a year is looked ahead by one year, not by none.
        assert_eq!((yearly.horizon(7.0, 6), yearly.horizon(7.0, 60)), (1, 5));
        assert!((yearly.discount(7.0, 0.1) - 0.095_310_179_8).abs() < 1e-9);
        assert!((none.discount(365.25 / 12.0, 0.1) * 12.0 - 0.095_310_179_8).abs() < 1e-9);
        let ten = Periods {
            ahead: Some(10),
            ..yearly
        };
        assert_eq!(ten.horizon(7.0, 12), 10);
    }
}
