//! How rows of each file are written.

mod customer;
mod order;
mod row;
mod shop;
mod trail;
mod truth;

pub(crate) use customer::{CUSTOMERS, write_customer};
pub(crate) use order::{LINES, ORDERS, REFUNDS, write_lines, write_order, write_refunds};
pub(crate) use row::Row;
pub(crate) use shop::write_shop_tables;
pub(crate) use trail::{EVENTS, MEMBERS, SURVEYS, write_events, write_members, write_surveys};
pub(crate) use truth::{CampaignTotals, Truth};

use crate::history::History;
use crate::person::{Contact, Person};
use crate::shop::Shop;

/// Everything about one customer that rows are made of.
#[derive(Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) shop: &'a Shop,
    pub(crate) person: &'a Person,
    pub(crate) contact: &'a Contact,
    pub(crate) history: &'a History,
}

impl Subject<'_> {
    /// Returns the id in the files: nothing for guests.
    fn customer_id(&self, row: &mut Row) {
        if self.person.guest {
            row.blank();
        } else {
            row.number(self.person.number());
        }
    }

    /// Returns whether the shop may write mail to the customer when the records end.
    const fn consent(&self) -> bool {
        self.person.consent && self.history.unsubscribed.is_none()
    }
}
