//! What orders brought, in as few sums as values are made of: where there is one of a customer, or of a cell of a large table.

use patron_core::MoneySum;
use patron_engine::Dossier;
use patron_engine::dossier::Purchase;

use super::{Account, Totals};

/// Of [`Totals`] what values are made of.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Brought {
    pub(crate) net: MoneySum,
    net_unknown: MoneySum,
    goods: MoneySum,
    /// Delivery paid by customers less delivery, payment, handling of returns, and what else was taken off.
    rest: MoneySum,
    /// Refunds that belong to no order, with which goods came back.
    unlinked_goods: MoneySum,
}

impl Brought {
    pub(crate) fn of(order: &Purchase<'_>, account: &Account) -> Self {
        let mut all = Totals::default();
        all.take(order, account);
        Self {
            net: all.net,
            net_unknown: all.net_unknown,
            goods: all.goods,
            rest: all.shipping_paid - all.shipping - all.payment - all.returns,
            unlinked_goods: MoneySum::ZERO,
        }
    }

    pub(crate) fn add(&mut self, more: &Self) {
        self.net += more.net;
        self.net_unknown += more.net_unknown;
        self.goods += more.goods;
        self.rest += more.rest;
        self.unlinked_goods += more.unlinked_goods;
    }

    /// Takes off what is the customer's and no order's: contacts with customer service, refunds without an order.
    pub(crate) fn take_off(&mut self, service: MoneySum, dossier: &Dossier<'_>) {
        self.rest = self.rest - service - dossier.unlinked;
        self.unlinked_goods += dossier.unlinked_goods;
    }

    /// Returns sums that have the same value.
    pub(crate) fn totals(&self) -> Totals {
        Totals {
            net: self.net,
            net_unknown: self.net_unknown,
            goods: self.goods,
            shipping_paid: self.rest,
            unlinked_goods: self.unlinked_goods,
            ..Totals::default()
        }
    }
}
