//! What came back of orders, without a fault of the goods; and how often goods of each category do.

use std::collections::BTreeMap;

use patron_core::MoneySum;
use patron_engine::Dossier;
use patron_engine::dossier::{Item, Purchase, Refund};

use super::FaultWords;
use crate::shop::Products;

/// Of how many parts the share of an order that came back is counted: sums of whole parts do not depend on who comes first.
pub(crate) const SHARE_PARTS: i128 = 1_000_000_000_000;

/// What came back of an order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct CameBack {
    /// Its lines; one where none is known.
    pub(crate) lines: u64,
    /// Of these came back. Refunds seldom name a line: all if the whole amount was given back, else one for each refund.
    pub(crate) back: u64,
    /// The share of its amount, in parts; of an order without lines all, if anything came back.
    pub(crate) share: i128,
}

/// Whether a refund is of goods that the customer did not want after all: not of a fault of theirs.
pub(crate) fn is_return(refund: &Refund<'_>, faults: &FaultWords) -> bool {
    refund.brings_goods() && !faults.of_goods(refund.reason)
}

/// Returns what came back of an order, faults left out. Refunds without a day count only where an order has no others: they are
/// what its own row says of it.
pub(crate) fn came_back(
    dossier: &Dossier<'_>,
    order: &Purchase<'_>,
    faults: &FaultWords,
) -> CameBack {
    let known = dossier.items_of(order).len() as u64;
    let lines = known.max(1);
    let refunds = dossier.refunds_of(order);
    let is_dated = refunds.iter().any(|refund| refund.at.is_some());
    let (mut times, mut amount) = (0, MoneySum::ZERO);
    for refund in refunds {
        let speaks = refund.at.is_some() == is_dated && refund.amount > MoneySum::ZERO;
        if speaks && is_return(refund, faults) {
            times += 1;
            amount += refund.amount;
        }
    }
    let is_all = times > 0 && amount >= order.amount;
    let back = if is_all { lines } else { lines.min(times) };
    let kept_to = amount.0.min(order.amount.0) * SHARE_PARTS;
    CameBack {
        lines,
        back,
        share: if known == 0 {
            // Its one line stands for all of them: what is usual must be counted as the customer's own is.
            i128::from(back) * SHARE_PARTS
        } else {
            kept_to.checked_div(order.amount.0).unwrap_or(0)
        },
    }
}

/// Returns the category of an article: as its line says, else the list of products; empty where neither does.
pub(crate) fn category<'d>(products: &'d Products, item: &Item<'d>) -> &'d str {
    if item.category.is_empty() {
        let listed = products.get(item.product);
        listed.map_or("", |product| product.category.as_str())
    } else {
        item.category
    }
}

/// Lines of each category, and how many parts of them came back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Categories(BTreeMap<String, (u64, i128)>);

impl Categories {
    pub(crate) fn add(&mut self, name: &str, lines: u64, parts: i128) {
        if !self.0.contains_key(name) {
            self.0.insert(name.to_owned(), (0, 0));
        }
        if let Some(known) = self.0.get_mut(name) {
            known.0 += lines;
            known.1 += parts;
        }
    }

    pub(crate) fn merge(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::default();
        for (name, (lines, back)) in parts.into_iter().flat_map(|part| part.0) {
            all.add(&name, lines, back);
        }
        all
    }

    /// The share of a category's lines that usually comes back.
    pub(crate) fn rate(&self, name: &str) -> f64 {
        let known = self.0.get(name).filter(|(lines, _)| *lines > 0);
        known.map_or(0.0, |(lines, parts)| {
            *parts as f64 / SHARE_PARTS as f64 / *lines as f64
        })
    }

    /// Names with lines and rates, by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, u64, f64)> {
        let known = self.0.iter();
        known.map(|(name, (lines, _))| (name.as_str(), *lines, self.rate(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_are_merged_whatever_the_order() {
        let part = |of: &[(&str, u64, i128)]| {
            let mut part = Categories::default();
            of.iter()
                .for_each(|(name, lines, parts)| part.add(name, *lines, *parts));
            part
        };
        let (one, other) = (
            part(&[("tea", 3, SHARE_PARTS), ("cups", 1, 0)]),
            part(&[("tea", 1, SHARE_PARTS / 2)]),
        );
        let both = Categories::merge([one.clone(), other.clone()]);
        assert_eq!(both, Categories::merge([other, one]));
        assert!((both.rate("tea") - 0.375).abs() < 1e-15);
        assert!(both.rate("cups").abs() < 1e-15 && both.rate("none").abs() < 1e-15);
    }
}
