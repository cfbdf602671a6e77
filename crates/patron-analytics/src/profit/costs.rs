//! What orders cost: settings, and the account of one order.

use patron_core::{Money, MoneySum};
use patron_engine::Dossier;
use patron_engine::dossier::{Item, Purchase};

use crate::settings::{CostsForm, ResolveError, Settings, SettingsError};
use crate::shop::Products;

/// Ten-thousandths of one.
const SCALE: i128 = 10_000;

/// What orders cost besides goods, as far as it is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Costs {
    /// Sending an order.
    pub shipping_per_order: Option<MoneySum>,
    /// Ten-thousandths of what was paid.
    pub payment_share: Option<i64>,
    /// Besides, for each payment.
    pub payment_per_order: Option<MoneySum>,
    /// One contact with customer service.
    pub service_per_contact: Option<MoneySum>,
    /// Taking goods back once.
    pub return_handling: Option<MoneySum>,
}

/// Works out what is left of orders.
#[derive(Debug, Clone)]
pub struct Accountant {
    /// What orders cost besides goods.
    pub costs: Costs,
    /// Share of net that is margin, in ten-thousandths, where lines do not tell costs.
    pub margin: Option<Money>,
    /// What the list of products says.
    pub products: Products,
}

/// The account of an order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Account {
    /// What the customer paid for goods and kept, less refunds.
    pub net: MoneySum,
    /// What the customer paid for delivery, where it is known what that costs.
    pub shipping_paid: MoneySum,
    /// What goods cost that did not come back; nothing where it is not known.
    pub goods: Option<MoneySum>,
    /// Sending.
    pub shipping: MoneySum,
    /// The payment.
    pub payment: MoneySum,
    /// Taking goods back.
    pub returns: MoneySum,
}

impl Costs {
    /// Takes what flags, else a file, say.
    ///
    /// # Errors
    /// [`SettingsError::Value`] of a cost below zero, or a share that is none.
    pub fn new(flags: &Settings, file: &Settings) -> Result<Self, ResolveError> {
        let form = flags.costs.or(file.costs).unwrap_or_default();
        let CostsForm {
            shipping_per_order,
            payment_share,
            payment_per_order,
            service_per_contact,
            return_handling,
        } = form;
        let cost = |setting, value| money(setting, value).map(|cost| cost.map(MoneySum::from));
        let share = money("costs.payment_share", payment_share)?.map(|share| share.0);
        if share.is_some_and(|share| i128::from(share) > SCALE) {
            return Err(wrong("costs.payment_share", payment_share, "a share from 0 to 1").into());
        }
        Ok(Self {
            shipping_per_order: cost("costs.shipping_per_order", shipping_per_order)?,
            payment_share: share,
            payment_per_order: cost("costs.payment_per_order", payment_per_order)?,
            service_per_contact: cost("costs.service_per_contact", service_per_contact)?,
            return_handling: cost("costs.return_handling", return_handling)?,
        })
    }

    /// The names of those that nobody gave.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        let given = [
            ("shipping_per_order", self.shipping_per_order.is_some()),
            (
                "payment_share",
                self.payment_share.is_some() || self.payment_per_order.is_some(),
            ),
            ("service_per_contact", self.service_per_contact.is_some()),
            ("return_handling", self.return_handling.is_some()),
        ];
        let given = given.into_iter();
        given
            .filter_map(|(name, is_given)| (!is_given).then_some(name))
            .collect()
    }
}

fn money(setting: &'static str, value: Option<f64>) -> Result<Option<Money>, SettingsError> {
    let Some(number) = value else { return Ok(None) };
    let read = Money::from_f64(number).ok().map(|read| read.amount);
    match read.filter(|amount| *amount >= Money::ZERO) {
        Some(amount) => Ok(Some(amount)),
        None => Err(wrong(setting, value, "an amount of at least 0")),
    }
}

fn wrong(setting: &'static str, value: Option<f64>, expected: &str) -> SettingsError {
    SettingsError::Value {
        setting,
        value: value.map(|value| value.to_string()).unwrap_or_default(),
        expected: expected.to_owned(),
    }
}

impl Accountant {
    /// Returns the account of an order of a dossier.
    #[must_use]
    pub fn of(&self, dossier: &Dossier<'_>, order: &Purchase<'_>) -> Account {
        let costs = &self.costs;
        let paid = order.net + order.shipping.unwrap_or_default() + order.tax.unwrap_or_default();
        let share = costs.payment_share.unwrap_or(0);
        let handled = dossier.refunds_of(order).iter();
        let handled = handled.filter(|refund| refund.at.is_some() && refund.brings_goods());
        let times = handled.count() as i128;
        Account {
            net: order.net,
            shipping_paid: match costs.shipping_per_order {
                Some(_) => order.shipping.unwrap_or_default(),
                None => MoneySum::ZERO,
            },
            goods: self.goods(dossier.items_of(order), order),
            shipping: costs.shipping_per_order.unwrap_or_default(),
            payment: part(paid, i128::from(share), SCALE)
                + costs.payment_per_order.unwrap_or_default(),
            returns: MoneySum(costs.return_handling.unwrap_or_default().0 * times),
        }
    }

    /// What the goods of an order cost that did not come back.
    fn goods(&self, items: &[Item<'_>], order: &Purchase<'_>) -> Option<MoneySum> {
        match self.bought_for(items) {
            Some(cost) => {
                let kept = order.amount.0 - order.returned.0;
                Some(part(cost, kept, order.amount.0))
            }
            None => {
                let margin = i128::from(self.margin?.0);
                Some(part(order.net, SCALE - margin, SCALE))
            }
        }
    }

    /// What all goods of an order cost; nothing where one of them does not say.
    fn bought_for(&self, items: &[Item<'_>]) -> Option<MoneySum> {
        if items.is_empty() {
            return None;
        }
        let of_list = |item: &Item<'_>| self.products.get(item.product)?.unit_cost;
        let cost = |item: &Item<'_>| {
            let unit = item.unit_cost.or_else(|| of_list(item))?;
            let cost = i128::from(unit) * i128::from(item.quantity);
            Some(part(MoneySum(cost), 1, SCALE))
        };
        items.iter().map(cost).sum()
    }

    /// What contacts with customer service cost.
    #[must_use]
    pub fn service(&self, contacts: u64) -> MoneySum {
        let one = self.costs.service_per_contact.unwrap_or_default();
        MoneySum(one.0 * i128::from(contacts))
    }
}

impl Account {
    /// What is left without the cost of goods.
    #[must_use]
    pub fn before_goods(&self) -> MoneySum {
        self.net + self.shipping_paid - self.shipping - self.payment - self.returns
    }

    /// What is left; nothing where it is not known what goods cost.
    #[must_use]
    pub fn contribution(&self) -> Option<MoneySum> {
        Some(self.before_goods() - self.goods?)
    }
}

/// Returns `part` of `of` such parts of an amount, rounded half to even; nothing of none.
fn part(amount: MoneySum, part: i128, of: i128) -> MoneySum {
    if of == 0 {
        return MoneySum::ZERO;
    }
    let (product, of) = if of < 0 {
        (-amount.0 * part, -of)
    } else {
        (amount.0 * part, of)
    };
    let (quotient, rest) = (product.div_euclid(of), product.rem_euclid(of));
    let up = rest * 2 > of || rest * 2 == of && quotient % 2 != 0;
    MoneySum(quotient + i128::from(up))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_rounded_half_to_even() {
        let of = |amount, times, by| part(MoneySum(amount), times, by).0;
        assert_eq!(of(10, 1, 4), 2);
        assert_eq!(of(30, 1, 4), 8);
        assert_eq!(of(-10, 1, 4), -2);
        assert_eq!(of(11, 1, 4), 3);
        assert_eq!(of(7, 3, 0), 0);
        assert_eq!(of(10, 1, -4), -2);
    }

    #[test]
    fn costs_that_are_none_are_refused() {
        let with = |form| Settings {
            costs: Some(form),
            ..Settings::default()
        };
        let nothing = Settings::default();
        let negative = CostsForm {
            return_handling: Some(-1.0),
            ..CostsForm::default()
        };
        let error = Costs::new(&with(negative), &nothing).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`costs.return_handling` is `-1`, expected an amount of at least 0"
        );
        let too_much = CostsForm {
            payment_share: Some(1.5),
            ..CostsForm::default()
        };
        assert!(Costs::new(&nothing, &with(too_much)).is_err());
        let given = CostsForm {
            payment_share: Some(0.02),
            ..CostsForm::default()
        };
        let costs = Costs::new(&nothing, &with(given)).unwrap();
        assert_eq!(costs.payment_share, Some(200));
        assert_eq!(
            costs.missing(),
            [
                "shipping_per_order",
                "service_per_contact",
                "return_handling"
            ]
        );
    }
}
