//! What customers are worth: what is left of their orders, or, where costs are not known, revenue.

use patron_core::{Money, MoneySum};

use super::tally::{GoodsShare, Totals};
use crate::shop::Shop;

/// What a unit of money is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Basis {
    goods: GoodsShare,
    /// What is left of a unit of revenue; 1 where that is not known.
    of_revenue: f64,
}

impl Basis {
    /// Of the sums of a whole shop.
    pub(crate) fn of(all: &Totals) -> Self {
        let goods = all.goods_share();
        let left = all.contribution(goods).map(MoneySum::to_f64);
        let net = all.net.to_f64();
        Self {
            goods,
            of_revenue: left.filter(|_| net > 0.0).map_or(1.0, |left| left / net),
        }
    }

    /// Whether costs are known, so that values are profit.
    pub(crate) fn is_profit(self) -> bool {
        self.goods != GoodsShare::Unknown
    }

    /// What sums are worth.
    pub(crate) fn value(self, totals: &Totals) -> MoneySum {
        let revenue = totals.net - totals.unlinked;
        totals.contribution(self.goods).unwrap_or(revenue)
    }

    /// What a unit of expected value is worth beside that.
    pub(crate) fn of_expected(self, shop: &Shop) -> f64 {
        // With a margin expected values are margin already.
        let margin = shop.settings.margin.map_or(1.0, Money::to_f64);
        if margin > 0.0 {
            self.of_revenue / margin
        } else {
            0.0
        }
    }

    /// What is expected of the customer at a place of the shop's table, less costs; nothing without a model.
    pub(crate) fn expected(self, shop: &Shop, place: usize) -> Option<f64> {
        let models = shop.valuation.values.expected.as_ref()?;
        let clv = *models.clv.get(place)?;
        Some(Money(clv).to_f64() * self.of_expected(shop))
    }
}
