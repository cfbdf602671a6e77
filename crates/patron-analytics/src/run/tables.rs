//! The small tables: `segments.csv` and `customers_without_order.csv`.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

use patron_engine::Prospect;

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

/// Writes everybody without a valid order, with the reason.
pub(crate) fn write_prospects(path: &Path, prospects: &[Prospect]) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(BufWriter::new(File::create(path)?));
    writer.write_record(["customer_id", "lifecycle", "reason"])?;
    for prospect in prospects {
        writer.write_record([
            prospect.customer_id.as_str(),
            "prospect",
            &prospect.reason.key(),
        ])?;
    }
    writer.flush()
}
