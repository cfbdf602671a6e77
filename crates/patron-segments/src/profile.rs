//! The columns of a customer's profile that conditions may read.

use arrow_schema::{DataType, Field, Schema, TimeUnit};

/// Returns every column that a condition may read, with the type in which the engine hands it over.
///
/// The engine may leave out columns that a run does not have (no value columns with `--no-clv`); a condition that reads
/// one of those is then refused with the columns there are.
#[must_use]
pub fn profile_schema() -> Schema {
    let money = DataType::Decimal128(18, 4);
    let money_sum = DataType::Decimal128(38, 4);
    let instant = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let columns = [
        ("customer_id", DataType::Utf8),
        ("recency_days", DataType::Int32),
        ("orders", DataType::Int64),
        ("purchase_days", DataType::Int64),
        ("repeat_purchases", DataType::Int64),
        ("monetary", money_sum.clone()),
        ("average_order_value", money.clone()),
        ("last_order_value", money.clone()),
        ("orders_window", DataType::Int64),
        ("orders_prior_window", DataType::Int64),
        ("monetary_window", money_sum),
        ("mean_days_between_orders", DataType::Float64),
        ("gap_variation", DataType::Float64),
        ("r_score", DataType::Int64),
        ("f_score", DataType::Int64),
        ("m_score", DataType::Int64),
        ("r_bins", DataType::Int64),
        ("f_bins", DataType::Int64),
        ("m_bins", DataType::Int64),
        ("rfm", DataType::Utf8),
        ("rfm_total", DataType::Float64),
        ("octant", DataType::Utf8),
        ("lifecycle", DataType::Utf8),
        ("first_order_at", instant.clone()),
        ("last_order_at", instant.clone()),
        ("days_first_to_last", DataType::Int32),
        ("age_days", DataType::Int32),
        ("probability_alive", DataType::Float64),
        ("expected_purchases", DataType::Float64),
        ("next_order_expected_at", instant),
        ("expected_order_value", money.clone()),
        ("historic_value", money.clone()),
        ("clv", money.clone()),
        ("clv_low", money.clone()),
        ("clv_high", money.clone()),
        ("clv_lifetime", money.clone()),
        ("total_clv", money),
    ];
    let fields: Vec<Field> = columns
        .into_iter()
        .map(|(name, data_type)| Field::new(name, data_type, true))
        .collect();
    Schema::new(fields)
}
