//! The classes in which input rows end, and the flags that are counted besides.

use serde::{Deserialize, Serialize};

macro_rules! keyed {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident => $key:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[repr(u8)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Returns the stable key used in files.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Self::$variant => $key,)+ }
            }
        }
    };
}

keyed! {
    /// What becomes of an input row. The order is the precedence: the first class that fits is the row's class.
    RowClass {
        /// A field cannot be understood, or the row has another number of fields than the header.
        Unreadable => "unreadable",
        /// The header again, or a line of totals.
        RepeatedHeaderOrTotal => "repeated_header_or_total",
        /// Something else that the source tells between its orders, such as an event.
        NotAnOrder => "not_an_order",
        /// Nobody to whom the row belongs.
        MissingCustomer => "missing_customer",
        /// Its order's id stands with another customer, too.
        SharedOrder => "shared_order",
        /// A test or void order.
        TestOrVoid => "test_or_void",
        /// An order that was cancelled and not paid.
        CancelledOrder => "cancelled_order",
        /// Bad debt, a manual adjustment.
        BadDebtOrAdjustment => "bad_debt_or_adjustment",
        /// Postage, commission, bank charges: not goods.
        FeeLine => "fee_line",
        /// A negative line or a cancellation document: accepted, as a refund fact.
        Refund => "refund",
        /// A quantity of zero or less.
        QuantityNotPositive => "quantity_not_positive",
        /// A price below zero.
        PriceNegative => "price_negative",
        /// A price of exactly zero.
        PriceZero => "price_zero",
        /// Goods bought: accepted.
        OrderLine => "order_line",
        /// An entry of a list (a customer, a product, an event, an answer, spend): accepted.
        Listed => "listed",
        /// Only repeats or supersedes what is there already.
        Merged => "merged",
    }
}

keyed! {
    /// What is worth counting about a row besides its class.
    RowFlag {
        /// Equal in every column to an earlier row of the same file.
        Duplicate => "duplicate",
        /// An amount with more than four decimals was rounded.
        Rounded => "rounded",
        /// A value was understood by a rule that could be wrong, such as an id written as a float.
        Guessed => "guessed",
        /// A refund or cancellation without a date, applied at its order's date.
        Undated => "undated",
    }
}

impl RowClass {
    /// Returns true for rows that become facts.
    #[must_use]
    pub const fn is_accepted(self) -> bool {
        matches!(self, Self::Refund | Self::OrderLine | Self::Listed)
    }

    /// Returns true for rows that are kept aside, listed and not used.
    #[must_use]
    pub const fn is_set_aside(self) -> bool {
        !self.is_accepted() && !matches!(self, Self::Merged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_is_accepted_merged_or_set_aside() {
        let accepted = RowClass::ALL
            .iter()
            .filter(|class| class.is_accepted())
            .count();
        let aside = RowClass::ALL
            .iter()
            .filter(|class| class.is_set_aside())
            .count();
        assert_eq!(accepted + aside + 1, RowClass::ALL.len());
    }

    #[test]
    fn keys_are_distinct() {
        let keys: std::collections::BTreeSet<_> =
            RowClass::ALL.iter().map(|class| class.key()).collect();
        assert_eq!(keys.len(), RowClass::ALL.len());
    }
}
