//! `patron profit`: what is left of each order and customer after what they cost.

mod basis;
mod brought;
mod costs;
mod tables;
mod tally;

use std::collections::BTreeSet;

use patron_engine::{Dossier, Progress, Visitor};

use crate::run::RunError;
use crate::settings::Settings;
use crate::shop::Shop;
use crate::study::Study;

pub(crate) use basis::Basis;
pub(crate) use brought::Brought;
pub use costs::{Account, Accountant, Costs};
use tally::{Months, Person};
pub(crate) use tally::{Totals, month_name, month_of};

/// One customer in so many is among the best.
const BEST: usize = 10;

/// What is asked besides the shop.
#[derive(Debug, Clone, Default)]
pub struct ProfitRequest {
    /// Settings given as flags.
    pub flags: Settings,
    /// Whether everybody is listed, one by one.
    pub with_customers: bool,
}

impl Shop {
    /// Returns who works out what is left of an order of this shop.
    ///
    /// # Errors
    /// [`RunError`]: a cost that is none, a ledger that cannot be read.
    pub fn accountant(&self, flags: &Settings) -> Result<Accountant, RunError> {
        let costs = Costs::new(flags, self.file_settings())?;
        Ok(Accountant {
            costs,
            margin: self.settings.margin,
            products: self.products()?,
        })
    }
}

/// What is left of orders, customer by customer.
struct Books<'a> {
    accountant: &'a Accountant,
    people: Vec<Person>,
    months: Months,
}

impl Visitor for Books<'_> {
    fn take(&mut self, dossier: &Dossier<'_>) {
        if dossier.orders.is_empty() {
            return;
        }
        let mut totals = Totals::default();
        for order in &dossier.orders {
            let account = self.accountant.of(dossier, order);
            let mut of_order = Totals::default();
            of_order.take(order, &account);
            self.months.add(order.day, &of_order);
            totals.add(&of_order);
        }
        let contacts = dossier.events.iter();
        totals.contacts = contacts.filter(|event| event.is_service_contact()).count() as u64;
        totals.service = self.accountant.service(totals.contacts);
        totals.take_customer(dossier);
        self.people.push(Person {
            id: dossier.customer.to_owned(),
            totals,
        });
    }
}

/// What the best brought, month by month.
struct OfBest<'a> {
    accountant: &'a Accountant,
    best: &'a BTreeSet<String>,
    months: Months,
}

impl Visitor for OfBest<'_> {
    fn take(&mut self, dossier: &Dossier<'_>) {
        if !self.best.contains(dossier.customer) {
            return;
        }
        for order in &dossier.orders {
            let mut totals = Totals::default();
            totals.take(order, &self.accountant.of(dossier, order));
            self.months.add(order.day, &totals);
        }
    }
}

/// Works out the profit of a shop: in all, by month, by tenth of customers, and of whom it is below zero.
///
/// # Errors
/// [`RunError`].
pub fn profit(
    shop: &Shop,
    request: &ProfitRequest,
    progress: &dyn Progress,
) -> Result<Study, RunError> {
    let accountant = shop.accountant(&request.flags)?;
    let books = shop.visit(progress, || Books {
        accountant: &accountant,
        people: Vec::new(),
        months: Months::default(),
    })?;
    let (mut people, mut months) = (Vec::new(), Months::default());
    for mut part in books {
        people.append(&mut part.people);
        months.merge(part.months);
    }
    let mut all = Totals::default();
    people.iter().for_each(|person| all.add(&person.totals));
    let goods = all.goods_share();
    // The least first: of equal ones by id, so that nothing depends on who came when.
    people.sort_by(|a, b| {
        (a.totals.contribution(goods), &a.id).cmp(&(b.totals.contribution(goods), &b.id))
    });
    let best = people.iter().rev().take(people.len().div_ceil(BEST));
    let best: BTreeSet<String> = best.map(|person| person.id.clone()).collect();
    let of_best = shop.visit(progress, || OfBest {
        accountant: &accountant,
        best: &best,
        months: Months::default(),
    })?;
    let mut best_months = Months::default();
    for part in of_best {
        best_months.merge(part.months);
    }
    let found = tables::Found {
        shop,
        costs: &accountant.costs,
        people: &people,
        all,
        months,
        best: best_months,
        with_customers: request.with_customers,
    };
    Ok(found.study())
}
