//! `patron drivers`: why revenue, and what is left of it, is not what it was.

mod tables;

use patron_core::{Day, MoneySum};
use patron_engine::{Dossier, Progress, Visitor};

use crate::profit::{Accountant, Basis, Brought, Totals};
use crate::run::RunError;
use crate::settings::Settings;
use crate::shop::Shop;
use crate::study::Study;

/// Months of a period, where nothing else is asked for: whole years are of the same seasons.
pub const DEFAULT_MONTHS: u32 = 12;

/// What is asked besides the shop.
#[derive(Debug, Clone)]
pub struct DriversRequest {
    /// Settings given as flags.
    pub flags: Settings,
    /// Months of the later period, which ends on the as-of day, and of the earlier before it.
    pub months: u32,
}

/// Sums of one period.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    buyers: u64,
    orders: u64,
    brought: Brought,
}

impl Sums {
    fn add(&mut self, more: &Self) {
        self.buyers += more.buyers;
        self.orders += more.orders;
        self.brought.add(&more.brought);
    }

    fn net(&self) -> MoneySum {
        self.brought.net
    }
}

/// The two periods.
#[derive(Debug, Clone, Copy, Default)]
struct Both {
    earlier: Sums,
    later: Sums,
}

impl Both {
    fn add(&mut self, more: &Self) {
        self.earlier.add(&more.earlier);
        self.later.add(&more.later);
    }
}

/// What became of a customer between the periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moved {
    /// Bought in both.
    Kept,
    /// Bought for the first time in the later.
    New,
    /// Bought in the later, not in the earlier, but before it.
    WonBack,
    /// Bought in the earlier only.
    Lost,
}

impl Moved {
    const ALL: [Self; 4] = [Self::Kept, Self::New, Self::WonBack, Self::Lost];

    const fn key(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::New => "new",
            Self::WonBack => "won_back",
            Self::Lost => "lost",
        }
    }
}

/// Adds up dossiers.
struct Book<'a> {
    accountant: &'a Accountant,
    /// The earlier period begins after this day,
    begin: Day,
    /// and ends on this one, after which the later begins.
    middle: Day,
    /// Of the whole shop, over all time.
    all: Totals,
    customers: u64,
    first: Option<Day>,
    /// In the order of [`Moved::ALL`], with the number of customers.
    moved: [(u64, Both); 4],
}

impl Visitor for Book<'_> {
    fn take(&mut self, dossier: &Dossier<'_>) {
        let Some(first) = dossier.orders.first() else {
            return;
        };
        self.customers += 1;
        self.first = Some(self.first.map_or(first.day, |day| day.min(first.day)));
        let mut own = Both::default();
        for order in &dossier.orders {
            let brought = Brought::of(order, &self.accountant.of(dossier, order));
            self.all.add(&brought.totals());
            let sums = match order.day {
                day if day > self.middle => &mut own.later,
                day if day > self.begin => &mut own.earlier,
                _ => continue,
            };
            sums.buyers = 1;
            sums.orders += 1;
            sums.brought.add(&brought);
        }
        let moved = match (own.earlier.buyers > 0, own.later.buyers > 0) {
            (true, true) => Moved::Kept,
            (true, false) => Moved::Lost,
            (false, true) if first.day > self.middle => Moved::New,
            (false, true) => Moved::WonBack,
            (false, false) => return,
        };
        let place = Moved::ALL.iter().position(|one| *one == moved);
        if let Some((customers, both)) = place.and_then(|place| self.moved.get_mut(place)) {
            *customers += 1;
            both.add(&own);
        }
    }
}

/// Works out which part of a change is due to buyers, to orders of each, to money of each order, and to margin; and to customers
/// kept, won, won back and lost.
///
/// # Errors
/// [`RunError`].
pub fn drivers(
    shop: &Shop,
    request: &DriversRequest,
    progress: &dyn Progress,
) -> Result<Study, RunError> {
    let accountant = shop.accountant(&request.flags)?;
    let months = request.months.max(1);
    let (begin, middle) = (
        shop.as_of().minus_months(2 * months),
        shop.as_of().minus_months(months),
    );
    let new = || Book {
        accountant: &accountant,
        begin,
        middle,
        all: Totals::default(),
        customers: 0,
        first: None,
        moved: Default::default(),
    };
    let mut book = new();
    for part in shop.visit(progress, new)? {
        book.all.add(&part.all);
        book.customers += part.customers;
        book.first = [book.first, part.first].into_iter().flatten().min();
        for ((customers, both), (more, of_part)) in book.moved.iter_mut().zip(&part.moved) {
            *customers += more;
            both.add(of_part);
        }
    }
    let found = tables::Found {
        shop,
        months,
        basis: Basis::of(&book.all),
        begin,
        middle,
        first: book.first,
        customers: book.customers,
        moved: book.moved,
    };
    Ok(found.study())
}
