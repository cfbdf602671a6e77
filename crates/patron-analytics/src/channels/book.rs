//! What is added up, customer by customer, by channel and month of the first order.

use std::collections::BTreeMap;

use patron_core::{Day, MoneySum};
use patron_engine::dossier::Event;
use patron_engine::{Dossier, Visitor};

use crate::profit::{Accountant, Totals, month_of};
use crate::shop::{Foretold, Shop};

/// Customers of whom nobody says by which channel they came.
pub(crate) const UNKNOWN: &str = "unknown";

/// Customers of one channel whose first order lies in one month.
#[derive(Debug, Default)]
pub(super) struct Cohort {
    /// All their orders.
    pub(super) totals: Totals,
    /// The same by calendar months since the first order.
    pub(super) by_age: BTreeMap<i32, Totals>,
}

/// A customer's own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Own {
    /// Where the customer stands in the shop's table.
    pub(super) place: usize,
    pub(super) totals: Totals,
    /// Month and net of the first order.
    pub(super) month: i32,
    pub(super) first: MoneySum,
    /// Whether the customer took part in the first days.
    pub(super) engaged: bool,
    /// Orders after these days; nothing of whoever is younger.
    pub(super) later: Option<Totals>,
    /// Revenue that was foretold of the last horizon, and what came; nothing of whoever came since.
    pub(super) foretold: Option<[f64; 2]>,
}

/// Days in which a customer may take part, before it is looked what comes of it.
const FIRST_DAYS: i32 = 90;

/// A channel with its customers.
#[derive(Debug, Default)]
pub(super) struct Channel {
    /// By the number of the month.
    pub(super) cohorts: BTreeMap<i32, Cohort>,
    pub(super) customers: Vec<Own>,
}

/// All channels, by name.
pub(super) type Channels = BTreeMap<String, Channel>;

/// Adds up dossiers.
pub(super) struct Book<'a> {
    pub(super) shop: &'a Shop,
    pub(super) accountant: &'a Accountant,
    /// What would have been foretold one horizon ago, and that day.
    pub(super) earlier: Option<(&'a Foretold, Day)>,
    pub(super) channels: Channels,
}

impl Visitor for Book<'_> {
    fn take(&mut self, dossier: &Dossier<'_>) {
        let (Some(first), Some(place)) =
            (dossier.orders.first(), self.shop.place_of(dossier.customer))
        else {
            return;
        };
        let name = match dossier.acquisition_channel() {
            "" => UNKNOWN,
            channel => channel,
        };
        let foretold = self.foretold(dossier);
        if !self.channels.contains_key(name) {
            self.channels.insert(name.to_owned(), Channel::default());
        }
        let Some(channel) = self.channels.get_mut(name) else {
            return;
        };
        let month = month_of(first.day);
        let cohort = channel.cohorts.entry(month).or_default();
        let (mut all, mut later) = (Totals::default(), Totals::default());
        for order in &dossier.orders {
            let mut totals = Totals::default();
            totals.take(order, &self.accountant.of(dossier, order));
            let age = month_of(order.day) - month;
            cohort.by_age.entry(age).or_default().add(&totals);
            all.add(&totals);
            if order.day.days_since(first.day) >= FIRST_DAYS {
                later.add(&totals);
            }
        }
        let contacts = dossier.events.iter();
        all.contacts = contacts.filter(|event| event.is_service_contact()).count() as u64;
        all.service = self.accountant.service(all.contacts);
        all.take_customer(dossier);
        cohort.totals.add(&all);
        let calendar = &self.shop.settings.calendar;
        let is_first = |at| calendar.day_of(at).days_since(first.day) < FIRST_DAYS;
        let opened = |event: &Event<'_>| {
            matches!(event.kind, "mail_open" | "mail_click") && is_first(event.at)
        };
        let engaged = dossier.events.iter().any(opened)
            || dossier.answers.iter().any(|answer| is_first(answer.at));
        let is_old = self.shop.as_of().days_since(first.day) >= FIRST_DAYS;
        channel.customers.push(Own {
            place,
            totals: all,
            month,
            first: first.net,
            engaged,
            later: is_old.then_some(later),
            foretold,
        });
    }
}

impl Book<'_> {
    fn foretold(&self, dossier: &Dossier<'_>) -> Option<[f64; 2]> {
        let (earlier, since) = self.earlier?;
        let foretold = earlier.revenue(dossier.customer)?;
        let came = dossier.orders.iter().filter(|order| order.day > since);
        let came: MoneySum = came.map(|order| order.net).sum();
        Some([foretold, came.to_f64()])
    }
}

/// Puts what was added up by several together; customers in the order of the shop's table.
pub(super) fn merge<'a>(books: impl IntoIterator<Item = Book<'a>>) -> Channels {
    let mut all = Channels::new();
    for (name, part) in books.into_iter().flat_map(|book| book.channels) {
        all.entry(name).or_default().add(&part);
    }
    for channel in all.values_mut() {
        channel.customers.sort_by_key(|own| own.place);
    }
    all
}

impl Channel {
    /// Adds the customers of another.
    pub(super) fn add(&mut self, other: &Self) {
        self.customers.extend_from_slice(&other.customers);
        for (month, more) in &other.cohorts {
            let cohort = self.cohorts.entry(*month).or_default();
            cohort.totals.add(&more.totals);
            for (age, totals) in &more.by_age {
                cohort.by_age.entry(*age).or_default().add(totals);
            }
        }
    }

    pub(super) fn totals(&self) -> Totals {
        let mut all = Totals::default();
        self.cohorts
            .values()
            .for_each(|cohort| all.add(&cohort.totals));
        all
    }

    /// What customers who are old enough brought in their first `months` calendar months, and how many they are; `last` is the
    /// last month that is known whole.
    pub(super) fn in_first(&self, months: i32, last: i32) -> (Totals, u64) {
        let mut sum = Totals::default();
        let mut customers = 0;
        let old_enough = |(month, _): &(&i32, &Cohort)| **month + months - 1 <= last;
        for (_, cohort) in self.cohorts.iter().filter(old_enough) {
            customers += cohort.totals.customers;
            for (_, totals) in cohort.by_age.range(..months) {
                sum.add(totals);
            }
        }
        (sum, customers)
    }

    /// Customers who had ordered before a month.
    pub(super) fn before(&self, month: i32) -> u64 {
        let earlier = self.cohorts.range(..month);
        earlier.map(|(_, cohort)| cohort.totals.customers).sum()
    }
}
