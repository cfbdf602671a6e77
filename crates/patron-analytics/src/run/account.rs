//! The account of rows: where every input row ended, by file and in total.

use std::collections::BTreeMap;

use patron_core::{MoneySum, RowClass, RowFlag};
use patron_engine::{FileFolded, FileRead};

/// In which class rows ended. `rows_in = accepted + merged + Σ set_aside`, see [`Account::adds_up`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// All rows but headers and blank lines.
    pub rows_in: u64,
    /// Accepted as goods bought.
    pub order_lines: u64,
    /// Accepted as refunds.
    pub refunds: u64,
    /// Accepted as entries of lists: customers, products, events, answers, spend.
    pub listed: u64,
    /// Rows that only repeat or supersede another.
    pub merged: u64,
    /// Set aside, by class.
    pub set_aside: BTreeMap<&'static str, u64>,
    /// The signed amounts of what was set aside, by class, where they could be read.
    pub revenue_set_aside: BTreeMap<&'static str, MoneySum>,
    /// Flags, counted besides.
    pub flags: BTreeMap<&'static str, u64>,
}

impl Account {
    /// Makes the account of one file.
    #[must_use]
    pub fn of_file(read: &FileRead, folded: &FileFolded) -> Self {
        let rows = &read.account;
        let merged_lines = folded.merged_order_lines + read.merged_before.0;
        let merged_refunds = folded.merged_refunds + read.merged_before.1;
        let mut account = Self {
            rows_in: rows.rows_in,
            order_lines: rows.count(RowClass::OrderLine).saturating_sub(merged_lines),
            refunds: rows.count(RowClass::Refund).saturating_sub(merged_refunds),
            listed: rows.count(RowClass::Listed),
            merged: rows.count(RowClass::Merged) + merged_lines + merged_refunds,
            ..Self::default()
        };
        for &class in RowClass::ALL.iter().filter(|class| class.is_set_aside()) {
            if rows.count(class) > 0 {
                account.set_aside.insert(class.key(), rows.count(class));
                // Of these the amount was not read, or is none of an order.
                let is_unknown = matches!(
                    class,
                    RowClass::Unreadable | RowClass::RepeatedHeaderOrTotal
                );
                if !is_unknown {
                    let revenue = rows.revenue(class);
                    account.revenue_set_aside.insert(class.key(), revenue);
                }
            }
        }
        for &flag in RowFlag::ALL {
            let folded = if flag == RowFlag::Duplicate {
                folded.duplicates
            } else {
                0
            };
            account
                .flags
                .insert(flag.key(), rows.flagged(flag) + folded);
        }
        account
    }

    /// Adds another file's account.
    pub fn add(&mut self, other: &Self) {
        self.rows_in += other.rows_in;
        self.order_lines += other.order_lines;
        self.refunds += other.refunds;
        self.listed += other.listed;
        self.merged += other.merged;
        for (class, rows) in &other.set_aside {
            *self.set_aside.entry(class).or_default() += rows;
        }
        for (class, revenue) in &other.revenue_set_aside {
            *self.revenue_set_aside.entry(class).or_default() += *revenue;
        }
        for (flag, rows) in &other.flags {
            *self.flags.entry(flag).or_default() += rows;
        }
    }

    /// Returns the accepted rows.
    #[must_use]
    pub const fn accepted(&self) -> u64 {
        self.order_lines + self.refunds + self.listed
    }

    /// Returns whether every row is in exactly one class.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        self.rows_in == self.accepted() + self.merged + self.set_aside.values().sum::<u64>()
    }
}
