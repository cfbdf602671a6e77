//! `patron cohorts`: customers by when they came and by what they came for: who stays, what they bring as they grow older, and how
//! soon they buy again.

mod book;
mod rhythm;
mod tables;

use std::sync::{Mutex, PoisonError};

use patron_core::Day;
use patron_engine::Progress;

use crate::channels::{Spent, last_whole_month};
use crate::profit::{Basis, month_of};
use crate::run::RunError;
use crate::settings::Settings;
use crate::shop::Shop;
use crate::study::Study;

use book::{Book, Clerk};

/// How long a period is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Period {
    /// A calendar month.
    #[default]
    Month,
    /// A calendar quarter.
    Quarter,
}

/// What is asked besides the shop.
#[derive(Debug, Clone, Default)]
pub struct CohortsRequest {
    /// Settings given as flags.
    pub flags: Settings,
    /// How long a period is.
    pub period: Period,
    /// Whether every cohort is told at every age, and every group.
    pub with_cells: bool,
}

impl Period {
    const fn months(self) -> i32 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
        }
    }

    /// The number of the period of a day since year 0.
    fn of(self, day: Day) -> i32 {
        month_of(day).div_euclid(self.months())
    }

    /// The last period that is over at the end of a day.
    fn last_whole(self, day: Day) -> i32 {
        (last_whole_month(day) + 1).div_euclid(self.months()) - 1
    }

    /// The months of a period.
    fn months_of(self, period: i32) -> std::ops::Range<i32> {
        period * self.months()..(period + 1) * self.months()
    }

    /// Ages up to which groups are followed.
    const fn most_ages(self) -> i32 {
        match self {
            Self::Month => 24,
            Self::Quarter => 8,
        }
    }

    /// Ages at which groups are compared.
    const fn read_at(self) -> [i32; 4] {
        match self {
            Self::Month => [1, 3, 6, 12],
            Self::Quarter => [1, 2, 4, 8],
        }
    }
}

/// Works out how customers stay and what they bring by when and how they came, and their rhythm.
///
/// # Errors
/// [`RunError`].
pub fn cohorts(
    shop: &Shop,
    request: &CohortsRequest,
    progress: &dyn Progress,
) -> Result<Study, RunError> {
    let accountant = shop.accountant(&request.flags)?;
    let products = shop.products()?;
    let last = request.period.last_whole(shop.as_of());
    let book = Mutex::new(Book::default());
    shop.visit(progress, || Clerk {
        shop,
        accountant: &accountant,
        products: &products,
        period: request.period,
        last,
        book: &book,
    })?;
    let book = book.into_inner().unwrap_or_else(PoisonError::into_inner);
    let found = tables::Found {
        shop,
        period: request.period,
        basis: Basis::of(&book.all),
        spent: Spent::new(&shop.spend()?),
        last,
        book,
        with_cells: request.with_cells,
    };
    Ok(found.study())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_is_over_on_its_last_day() {
        let day = |text| Day::parse_iso(text).unwrap();
        let quarter = Period::Quarter;
        assert_eq!(quarter.of(day("2025-04-01")), 2025 * 4 + 1);
        assert_eq!(quarter.last_whole(day("2025-06-30")), 2025 * 4 + 1);
        assert_eq!(quarter.last_whole(day("2025-06-29")), 2025 * 4);
        assert_eq!(quarter.months_of(2025 * 4), 2025 * 12..2025 * 12 + 3);
        assert_eq!(Period::Month.last_whole(day("2025-06-29")), 2025 * 12 + 4);
    }
}
