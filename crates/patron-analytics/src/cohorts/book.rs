//! What is added up of every customer: by period of the first order, by what the first order was, by wait between purchases.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use patron_core::{Money, MoneySum};
use patron_engine::dossier::Purchase;
use patron_engine::{Dossier, Visitor};

use super::Period;
use crate::channels::UNKNOWN;
use crate::profit::{Accountant, Brought, Totals};
use crate::shop::{Products, Shop};

/// Purchases up to which waits for the next are watched.
pub(super) const MOST_PURCHASES: usize = 10;

/// A cohort in the period of an age.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cell {
    /// Customers with an order in it.
    pub(super) buyers: u64,
    pub(super) brought: Brought,
}

/// Customers whose first order lies in one period.
#[derive(Debug, Default)]
pub(super) struct Cohort {
    pub(super) customers: u64,
    /// With two purchase days or more.
    pub(super) repeaters: u64,
    /// What the model expects of them, as it gives it.
    pub(super) expected: MoneySum,
    /// By periods since the first.
    pub(super) cells: BTreeMap<i32, Cell>,
}

/// Customers alike at one age: those for whom that period is over.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Age {
    pub(super) customers: u64,
    /// With an order in the period of this age.
    pub(super) buyers: u64,
    /// Up to and with this age.
    pub(super) brought: Brought,
}

/// Customers with something in common, whenever they came.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) customers: u64,
    pub(super) repeaters: u64,
    /// From age 0 on.
    pub(super) ages: Vec<Age>,
}

/// What customers may have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grouping {
    All,
    Channel,
    FirstProduct,
    FirstCategory,
    FirstDiscount,
}

impl Grouping {
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Channel => "channel",
            Self::FirstProduct => "first_product",
            Self::FirstCategory => "first_category",
            Self::FirstDiscount => "first_discount",
        }
    }
}

/// Everything added up.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) all: Totals,
    pub(super) cohorts: BTreeMap<i32, Cohort>,
    pub(super) groups: BTreeMap<Grouping, BTreeMap<String, Group>>,
    /// Customers by purchases so far, days until the next or until the as-of day, and whether the next came.
    pub(super) waits: BTreeMap<(usize, i32, bool), u64>,
    /// Customers with so many purchase days or more, from 1 on.
    pub(super) reached: Vec<u64>,
}

/// Adds up dossiers, into one book for all: as many books as visitors would hold cells by the million.
pub(super) struct Clerk<'a> {
    pub(super) shop: &'a Shop,
    pub(super) accountant: &'a Accountant,
    pub(super) products: &'a Products,
    pub(super) period: Period,
    /// The last period that is over.
    pub(super) last: i32,
    pub(super) book: &'a Mutex<Book>,
}

/// A customer's own.
struct Own {
    first: i32,
    /// Ages with orders, ascending.
    ages: Vec<(i32, Brought)>,
    /// Purchase days, ascending.
    days: Vec<i32>,
    expected: MoneySum,
    groups: Vec<(Grouping, String)>,
}

impl Visitor for Clerk<'_> {
    fn take(&mut self, dossier: &Dossier<'_>) {
        let Some(own) = self.own(dossier) else { return };
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, brought) in &own.ages {
            book.all.add(&brought.totals());
        }
        book.all.customers += 1;
        book.take_cohort(&own);
        book.take_waits(&own, self.shop.as_of().0);
        let oldest = self.period.most_ages().min(self.last - own.first);
        for (grouping, name) in &own.groups {
            let groups = book.groups.entry(*grouping).or_default();
            match groups.get_mut(name) {
                Some(group) => group.take(&own, oldest),
                None => groups.entry(name.clone()).or_default().take(&own, oldest),
            }
        }
    }
}

impl Clerk<'_> {
    fn own(&self, dossier: &Dossier<'_>) -> Option<Own> {
        let first = dossier.orders.first()?;
        let place = self.shop.place_of(dossier.customer)?;
        let begin = self.period.of(first.day);
        let mut ages: Vec<(i32, Brought)> = Vec::new();
        let mut days: Vec<i32> = Vec::new();
        for order in &dossier.orders {
            let brought = Brought::of(order, &self.accountant.of(dossier, order));
            let age = self.period.of(order.day) - begin;
            match ages.last_mut() {
                Some((last, sum)) if *last == age => sum.add(&brought),
                _ => ages.push((age, brought)),
            }
            if days.last() != Some(&order.day.0) {
                days.push(order.day.0);
            }
        }
        let expected = self.shop.valuation.values.expected.as_ref();
        let clv = expected.and_then(|expected| expected.clv.get(place));
        Some(Own {
            first: begin,
            ages,
            days,
            expected: MoneySum::from(Money(clv.copied().unwrap_or(0))),
            groups: self.groups_of(dossier, first),
        })
    }

    fn groups_of(&self, dossier: &Dossier<'_>, first: &Purchase<'_>) -> Vec<(Grouping, String)> {
        let is_discounted = first.discount + first.platform_discount > MoneySum::ZERO;
        let discount = if is_discounted {
            "discounted"
        } else {
            "full price"
        };
        let channel = match dossier.acquisition_channel() {
            "" => UNKNOWN,
            channel => channel,
        };
        let mut groups = vec![
            (Grouping::All, "all".to_owned()),
            (Grouping::Channel, channel.to_owned()),
            (Grouping::FirstDiscount, discount.to_owned()),
        ];
        // The article that most was paid for; of equals the first by code.
        let items = dossier.items_of(first).iter();
        let items = items.filter(|item| !item.product.is_empty());
        let paid = |item: &patron_engine::dossier::Item<'_>| {
            i128::from(item.quantity) * i128::from(item.unit_price.unwrap_or(0))
        };
        let dearest = items.min_by_key(|item| (-paid(item), item.product));
        if let Some(item) = dearest {
            groups.push((Grouping::FirstProduct, item.product.to_owned()));
            let of_list = || {
                self.products
                    .get(item.product)
                    .map(|product| product.category.as_str())
            };
            let category = Some(item.category).filter(|category| !category.is_empty());
            if let Some(category) = category
                .or_else(of_list)
                .filter(|category| !category.is_empty())
            {
                groups.push((Grouping::FirstCategory, category.to_owned()));
            }
        }
        groups
    }
}

impl Book {
    fn take_cohort(&mut self, own: &Own) {
        let cohort = self.cohorts.entry(own.first).or_default();
        cohort.customers += 1;
        cohort.repeaters += u64::from(own.days.len() > 1);
        cohort.expected += own.expected;
        for (age, brought) in &own.ages {
            let cell = cohort.cells.entry(*age).or_default();
            cell.buyers += 1;
            cell.brought.add(brought);
        }
    }

    fn take_waits(&mut self, own: &Own, today: i32) {
        self.reached.resize(MOST_PURCHASES, 0);
        let next = own.days.iter().skip(1).map(|day| (*day, true));
        let next = next.chain([(today, false)]);
        let waits = own.days.iter().zip(next).enumerate();
        for (before, (day, (until, came))) in waits.take(MOST_PURCHASES) {
            if let Some(reached) = self.reached.get_mut(before) {
                *reached += 1;
            }
            *self
                .waits
                .entry((before + 1, until - day, came))
                .or_default() += 1;
        }
    }
}

impl Group {
    fn take(&mut self, own: &Own, oldest: i32) {
        self.customers += 1;
        self.repeaters += u64::from(own.days.len() > 1);
        let mut orders = own.ages.iter().peekable();
        let mut so_far = Brought::default();
        for (place, age) in (0..=oldest).enumerate() {
            if self.ages.len() <= place {
                self.ages.push(Age::default());
            }
            let bought = orders.next_if(|(at, _)| *at == age);
            if let Some((_, brought)) = bought {
                so_far.add(brought);
            }
            if let Some(sum) = self.ages.get_mut(place) {
                sum.customers += 1;
                sum.buyers += u64::from(bought.is_some());
                sum.brought.add(&so_far);
            }
        }
    }
}
