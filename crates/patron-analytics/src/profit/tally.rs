//! Sums of accounts: of a customer, a month, a shop.

use std::collections::BTreeMap;

use patron_core::{Day, MoneySum};
use patron_engine::Dossier;
use patron_engine::dossier::Purchase;

use super::costs::Account;

/// Of this share of revenue at least it must be known what goods cost, for the rest to be estimated by it.
const ENOUGH_KNOWN: f64 = 0.5;

/// Sums over orders.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) customers: u64,
    pub(crate) orders: u64,
    pub(crate) net: MoneySum,
    /// Net of orders of which it is not known what goods cost.
    pub(crate) net_unknown: MoneySum,
    pub(crate) refunded: MoneySum,
    pub(crate) discount: MoneySum,
    pub(crate) platform_discount: MoneySum,
    pub(crate) shipping_paid: MoneySum,
    /// Of the orders of which it is known.
    pub(crate) goods: MoneySum,
    pub(crate) shipping: MoneySum,
    pub(crate) payment: MoneySum,
    pub(crate) returns: MoneySum,
    pub(crate) contacts: u64,
    pub(crate) service: MoneySum,
    /// Refunds that belong to no order, and those of them with which goods came back.
    pub(crate) unlinked: MoneySum,
    pub(crate) unlinked_goods: MoneySum,
}

/// A customer's.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) totals: Totals,
}

/// Sums by calendar month, each by its number since year 0.
#[derive(Debug, Default)]
pub(crate) struct Months(pub(crate) BTreeMap<i32, Totals>);

/// What goods cost of a unit of net, for orders of which it is not known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum GoodsShare {
    /// It is known of every order: so much on average, cost and net.
    NotNeeded(MoneySum, MoneySum),
    /// So much: cost and net of the orders of which it is known.
    Of(MoneySum, MoneySum),
    /// It is known of too little.
    Unknown,
}

impl Totals {
    pub(crate) fn take(&mut self, order: &Purchase<'_>, account: &Account) {
        self.orders += 1;
        self.net += account.net;
        self.refunded += order.amount - order.net;
        self.discount += order.discount;
        self.platform_discount += order.platform_discount;
        self.shipping_paid += account.shipping_paid;
        self.shipping += account.shipping;
        self.payment += account.payment;
        self.returns += account.returns;
        match account.goods {
            Some(goods) => self.goods += goods,
            None => self.net_unknown += account.net,
        }
    }

    /// Takes what is a customer's and no order's; contacts with service are taken elsewhere.
    pub(crate) fn take_customer(&mut self, dossier: &Dossier<'_>) {
        self.customers = 1;
        self.unlinked = dossier.unlinked;
        self.unlinked_goods = dossier.unlinked_goods;
    }

    pub(crate) fn add(&mut self, more: &Self) {
        self.customers += more.customers;
        self.orders += more.orders;
        self.contacts += more.contacts;
        for (sum, more) in [
            (&mut self.net, more.net),
            (&mut self.net_unknown, more.net_unknown),
            (&mut self.refunded, more.refunded),
            (&mut self.discount, more.discount),
            (&mut self.platform_discount, more.platform_discount),
            (&mut self.shipping_paid, more.shipping_paid),
            (&mut self.goods, more.goods),
            (&mut self.shipping, more.shipping),
            (&mut self.payment, more.payment),
            (&mut self.returns, more.returns),
            (&mut self.service, more.service),
            (&mut self.unlinked, more.unlinked),
            (&mut self.unlinked_goods, more.unlinked_goods),
        ] {
            *sum += more;
        }
    }

    /// Returns of which share of revenue it is known what goods cost.
    pub(crate) fn known_share(&self) -> f64 {
        if self.net == MoneySum::ZERO {
            return 0.0;
        }
        1.0 - self.net_unknown.to_f64() / self.net.to_f64()
    }

    /// Returns how the cost of goods of the other orders is estimated, of the sums of a whole shop.
    pub(crate) fn goods_share(&self) -> GoodsShare {
        let known = self.net - self.net_unknown;
        if self.net_unknown == MoneySum::ZERO && self.net > MoneySum::ZERO {
            GoodsShare::NotNeeded(self.goods, self.net)
        } else if self.known_share() >= ENOUGH_KNOWN && known > MoneySum::ZERO {
            GoodsShare::Of(self.goods, known)
        } else {
            GoodsShare::Unknown
        }
    }

    /// Returns what goods cost, those of other orders estimated; nothing where that cannot be.
    pub(crate) fn all_goods(&self, share: GoodsShare) -> Option<MoneySum> {
        match share {
            GoodsShare::NotNeeded(goods, net) | GoodsShare::Of(goods, net) => {
                // Goods that came back without naming their order cost what goods of the shop cost.
                let estimated = self.net_unknown.0 - self.unlinked_goods.0;
                Some(self.goods + MoneySum(estimated * goods.0 / net.0.max(1)))
            }
            GoodsShare::Unknown => None,
        }
    }

    /// Returns what is left.
    pub(crate) fn contribution(&self, share: GoodsShare) -> Option<MoneySum> {
        let goods = self.all_goods(share)?;
        let benefit = self.net + self.shipping_paid;
        let cost = goods + self.shipping + self.payment + self.returns + self.service;
        Some(benefit - cost - self.unlinked)
    }
}

/// The number of a day's month since year 0.
pub(crate) fn month_of(day: Day) -> i32 {
    let (year, month, _) = day.ymd();
    i32::from(year) * 12 + i32::from(month) - 1
}

/// A month as people write it: `2025-03`.
pub(crate) fn month_name(month: i32) -> String {
    format!(
        "{:04}-{:02}",
        month.div_euclid(12),
        month.rem_euclid(12) + 1
    )
}

impl Months {
    pub(crate) fn add(&mut self, day: Day, totals: &Totals) {
        self.0.entry(month_of(day)).or_default().add(totals);
    }

    pub(crate) fn merge(&mut self, other: Self) {
        for (month, totals) in other.0 {
            self.0.entry(month).or_default().add(&totals);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goods_cost_is_estimated_only_where_enough_is_known() {
        let totals = |net, unknown, goods| Totals {
            net: MoneySum(net),
            net_unknown: MoneySum(unknown),
            goods: MoneySum(goods),
            ..Totals::default()
        };
        let known = GoodsShare::NotNeeded(MoneySum(40), MoneySum(100));
        assert_eq!(totals(100, 0, 40).goods_share(), known);
        let returned = Totals {
            unlinked: MoneySum(50),
            unlinked_goods: MoneySum(50),
            ..totals(100, 0, 40)
        };
        // Half of what was sold came back, whatever its order: half of 60 is left.
        assert_eq!(returned.contribution(known), Some(MoneySum(30)));
        let share = totals(100, 20, 40).goods_share();
        assert_eq!(share, GoodsShare::Of(MoneySum(40), MoneySum(80)));
        assert_eq!(totals(100, 20, 40).all_goods(share), Some(MoneySum(50)));
        assert_eq!(totals(100, 20, 40).contribution(share), Some(MoneySum(50)));
        assert_eq!(totals(100, 60, 20).goods_share(), GoodsShare::Unknown);
        assert_eq!(totals(0, 0, 0).goods_share(), GoodsShare::Unknown);
        assert_eq!(totals(100, 60, 20).contribution(GoodsShare::Unknown), None);
    }

    #[test]
    fn months_are_numbered_and_named() {
        let day = Day::parse_iso("2025-12-31").unwrap();
        assert_eq!(month_name(month_of(day)), "2025-12");
        assert_eq!(month_of(day.plus_days(1)), month_of(day) + 1);
    }
}
