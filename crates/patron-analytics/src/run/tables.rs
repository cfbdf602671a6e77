//! The small tables: `segments.csv` and `customers_without_order.csv`.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

use patron_core::RowClass;
use patron_engine::{Prospect, ProspectReason};
use patron_fold::NoOrderReason;
use patron_segments::Vocabulary;

use super::summary::Summary;

const SEGMENT_COLUMNS: [&str; 23] = [
    "segment",
    "name",
    "customers",
    "share",
    "orders",
    "revenue",
    "share_of_revenue",
    "recency_mean",
    "recency_median",
    "frequency_mean",
    "frequency_median",
    "monetary_mean",
    "monetary_median",
    "average_order_value",
    "margin",
    "share_bought_once",
    "probability_alive_mean",
    "clv_sum",
    "clv_mean",
    "members",
    "historic_value_sum",
    "name_zh_hans",
    "name_zh_hant",
];

/// Counts people without an order as members of the segment that is theirs. They are customers of none.
pub(crate) fn count_prospects(summary: &mut Summary, vocabulary: &Vocabulary, prospects: u64) {
    let theirs = vocabulary.segment_without_order();
    for segment in &mut summary.segments {
        if Some(segment.key.as_str()) == theirs {
            segment.members = prospects;
        }
    }
}

/// Writes one row per segment of the vocabulary. Columns without a value in this run are empty.
pub(crate) fn write_segments(path: &Path, summary: &Summary, with_margin: bool) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(BufWriter::new(File::create(path)?));
    writer.write_record(SEGMENT_COLUMNS)?;
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    for segment in &summary.segments {
        let group = &segment.group;
        let axis = |of: Option<[f64; 3]>, index: usize| {
            number(of.and_then(|values| values.get(index).copied()))
        };
        writer.write_record([
            segment.key.clone(),
            segment.names.en.clone(),
            group.customers.to_string(),
            group.customer_share(&summary.all).to_string(),
            group.orders.to_string(),
            group.revenue.to_string(),
            number(group.revenue_share(&summary.all)),
            axis(segment.means, 0),
            axis(segment.medians, 0),
            axis(segment.means, 1),
            axis(segment.medians, 1),
            axis(segment.means, 2),
            axis(segment.medians, 2),
            number(group.average_order_value()),
            if with_margin {
                group.historic_value.to_string()
            } else {
                String::new()
            },
            number(group.bought_once_share()),
            number(group.probability_alive_mean),
            group.clv.map(|clv| clv.to_string()).unwrap_or_default(),
            number(group.clv_mean()),
            segment.members.to_string(),
            group.historic_value.to_string(),
            segment.names.zh_hans.clone(),
            segment.names.zh_hant.clone(),
        ])?;
    }
    writer.flush()
}

/// Writes everybody without a valid order, with the reason: as a key, and last in words.
pub(crate) fn write_prospects(path: &Path, prospects: &[Prospect]) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(BufWriter::new(File::create(path)?));
    writer.write_record(["customer_id", "lifecycle", "reason", "reason_text"])?;
    for prospect in prospects {
        writer.write_record([
            prospect.customer_id.as_str(),
            "prospect",
            &prospect.reason.key(),
            in_words(prospect.reason),
        ])?;
    }
    writer.flush()
}

/// Says why somebody has no valid order.
const fn in_words(reason: ProspectReason) -> &'static str {
    match reason {
        ProspectReason::History(reason) => match reason {
            NoOrderReason::OnlyAfterAsOf => "every order is dated after the as-of day",
            NoOrderReason::FullyRefunded => "every order was refunded in full",
            NoOrderReason::CancelledOrVoid => "every order was cancelled, void or a test",
            NoOrderReason::NotPaid => "every order waits for payment",
            NoOrderReason::ZeroValue => "every order is of zero value",
            NoOrderReason::OnlyRefunds => "there are refunds but no orders",
            NoOrderReason::NoOrders => "there are no orders",
        },
        ProspectReason::SetAside(class) => match class {
            RowClass::Unreadable => "every row was set aside: something in it could not be read",
            RowClass::RepeatedHeaderOrTotal => "every row was set aside: a header or a total",
            RowClass::NotAnOrder => "every row was set aside: not an order",
            RowClass::MissingCustomer => "every row was set aside: it names no customer",
            RowClass::SharedOrder => "every row was set aside: others have its order, too",
            RowClass::TestOrVoid => "every row was set aside: a test, void or excluded",
            RowClass::CancelledOrder => "every row was set aside: of a cancelled order",
            RowClass::BadDebtOrAdjustment => "every row was set aside: bad debt or an adjustment",
            RowClass::FeeLine => "every row was set aside: a fee, not goods",
            RowClass::QuantityNotPositive => "every row was set aside: a quantity of zero or less",
            RowClass::PriceNegative => "every row was set aside: a price below zero",
            RowClass::PriceZero => "every row was set aside: a price of zero",
            RowClass::Refund | RowClass::OrderLine | RowClass::Listed | RowClass::Merged => {
                "no row is left that counts"
            }
        },
    }
}
