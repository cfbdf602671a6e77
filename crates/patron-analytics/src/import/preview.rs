//! The first rows of a file as they were understood.

use patron_engine::FileRead;
use patron_import::{Content, RowKind};

/// One row, as it was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The line of the file; of a table or a query the row's number.
    pub line: u64,
    /// Whose.
    pub customer: String,
    /// The order's id.
    pub order: String,
    /// µs UTC, if there is a date.
    pub at: Option<i64>,
    /// In ten-thousandths.
    pub net: i64,
    /// What it is: `order`, `line`, `refund`, or the class of a row that is set aside.
    pub what: &'static str,
}

/// Returns the first rows of a file that was read, at most five.
#[must_use]
pub fn sample(read: &FileRead) -> Vec<Sample> {
    let holds = read.understanding.holds;
    let first = read.first_facts.iter();
    let sample = first.map(|fact| Sample {
        line: fact.line,
        customer: fact.customer.clone(),
        order: fact.order_id.clone(),
        at: fact.at,
        net: fact.net,
        what: what(fact.kind, holds),
    });
    sample.collect()
}

const fn what(kind: RowKind, holds: Content) -> &'static str {
    match kind {
        RowKind::Order => "order",
        RowKind::Line => "line",
        RowKind::Refund => "refund",
        RowKind::Withdrawn => "refund not given",
        RowKind::Person if matches!(holds, Content::Customers) => "customer",
        RowKind::Person => "further row",
        RowKind::Product => "product",
        RowKind::Event => "event",
        RowKind::Answer => "answer",
        RowKind::Spend => "spend",
        RowKind::Mention(class) => class.key(),
    }
}
