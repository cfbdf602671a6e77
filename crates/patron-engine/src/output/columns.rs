//! The columns of `customers.*`: their order, names, types and values, defined once for every form of file and for
//! segment conditions.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::types::{
    Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType, UInt8Type,
};
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, PrimitiveArray,
    RecordBatch, RecordBatchOptions, StringArray,
};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};
use patron_core::Day;
use patron_fold::Profile;

use crate::customers::CustomerTable;
use crate::scoring::{Lifecycle, Octant, Octants, Scores, Segments, Stage};
use crate::texts::Texts;

/// What customers are worth, in customer order. Money in ten-thousandths.
#[derive(Debug, Clone, Default)]
pub struct CustomerValues {
    /// Margin (or revenue) so far.
    pub historic_value: Vec<i64>,
    /// What the models expect; nothing where there is no model.
    pub expected: Option<ExpectedValues>,
}

/// What the models expect of each customer, in customer order.
#[derive(Debug, Clone, Default)]
pub struct ExpectedValues {
    /// P(alive) at the as-of day.
    pub probability_alive: Vec<f64>,
    /// Purchase days within the horizon.
    pub expected_purchases: Vec<f64>,
    /// Median time of the next order, µs UTC; nothing if it may well never come.
    pub next_order_expected_at: Vec<Option<i64>>,
    /// Money per purchase day.
    pub expected_order_value: Vec<i64>,
    /// Discounted value over the horizon.
    pub clv: Vec<i64>,
    /// 5 % quantile of the outcome.
    pub clv_low: Vec<i64>,
    /// 95 % quantile of the outcome.
    pub clv_high: Vec<i64>,
    /// Discounted value for ever.
    pub clv_lifetime: Vec<i64>,
}

/// Everything known about the customers of a run, before segments.
#[derive(Debug, Clone, Copy)]
pub struct ScoredCustomers<'a> {
    /// Ids and profiles.
    pub table: &'a CustomerTable,
    /// R, F, M scores.
    pub scores: &'a Scores,
    /// Octants.
    pub octants: &'a Octants,
    /// Stages.
    pub lifecycle: &'a Lifecycle,
    /// Values.
    pub values: &'a CustomerValues,
}

impl ScoredCustomers<'_> {
    /// Returns the number of customers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Returns true if there is no customer.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.table.is_empty()
    }
}

/// A column: its name, type and how a range of customers becomes an array.
pub(super) struct Column<'a> {
    field: Field,
    build: Box<dyn Fn(Range<usize>) -> ArrayRef + Send + Sync + 'a>,
}

/// The columns of customers, ready to be cut into batches.
pub struct Columns<'a> {
    columns: Vec<Column<'a>>,
    schema: SchemaRef,
}

impl std::fmt::Debug for Columns<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Columns")
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}

impl<'a> Columns<'a> {
    /// The columns of `customers.*`, in the order of DEFINITIONS §9.
    #[must_use]
    pub fn for_results(customers: &ScoredCustomers<'a>, segments: &'a Segments) -> Self {
        let is_there = |texts: &Texts| texts.total_bytes() > 0;
        let contacts = customers.table.contacts.as_ref();
        let there = contacts.map_or([false; 4], |texts| texts.each_ref().map(is_there));
        Self::for_results_with(customers, segments, there)
    }

    /// As [`Self::for_results`], with these of the columns of how people can be reached, whether anybody has one or not.
    pub(crate) fn for_results_with(
        customers: &ScoredCustomers<'a>,
        segments: &'a Segments,
        contacts_there: [bool; 4],
    ) -> Self {
        let mut columns = behaviour(customers.table);
        columns.extend(scores(customers));
        columns.extend(keys(customers));
        columns.push(text("segment", |row| segments.primary_key(row)));
        columns.push(segment_list(segments));
        columns.extend(history_lengths(customers.table));
        columns.extend(value(customers.values));
        columns.extend(contacts(customers.table, contacts_there));
        Self::new(columns)
    }

    /// The columns of `customers_by_month.*`: the day, and of the results what changes from month to month.
    #[must_use]
    pub fn by_month(customers: &ScoredCustomers<'a>, segments: &'a Segments) -> Self {
        let day = customers.table.as_of.day;
        let results = Self::for_results(customers, segments).only(&BY_MONTH);
        let mut columns = vec![date("as_of", day)];
        columns.extend(results.columns);
        Self::new(columns)
    }

    /// The columns that segment conditions may read: those of the results that do not depend on segments, and some more.
    #[must_use]
    pub fn for_conditions(customers: &ScoredCustomers<'a>) -> Self {
        let mut columns = behaviour(customers.table);
        columns.extend(scores(customers));
        columns.extend(coded_keys(customers));
        columns.extend(history_lengths(customers.table));
        columns.extend(value(customers.values));
        columns.extend(condition_extras(customers));
        Self::new(columns)
    }

    pub(super) fn new(columns: Vec<Column<'a>>) -> Self {
        let fields: Vec<Field> = columns.iter().map(|column| column.field.clone()).collect();
        Self {
            columns,
            schema: Arc::new(Schema::new(fields)),
        }
    }

    /// Returns those of the columns that have one of these names.
    #[must_use]
    pub fn only(self, names: &[&str]) -> Self {
        let is_named = |column: &Column<'_>| names.contains(&column.field.name().as_str());
        Self::new(self.columns.into_iter().filter(is_named).collect())
    }

    /// Returns names and types.
    #[must_use]
    pub const fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Returns the values of a range of customers in the column at a place of the schema; nothing beyond the last.
    pub(super) fn array(&self, column: usize, rows: Range<usize>) -> Option<ArrayRef> {
        let column = self.columns.get(column)?;
        Some((column.build)(rows))
    }

    /// Returns the customers of a range as a batch.
    ///
    /// # Errors
    /// What arrow says where an array does not fit its field; every array is built for its own, so this is a defect.
    pub fn batch(&self, rows: Range<usize>) -> Result<RecordBatch, ArrowError> {
        let columns = 0..self.columns.len();
        let arrays = columns
            .filter_map(|column| self.array(column, rows.clone()))
            .collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)
    }
}

/// Of the columns of results those that are told as of every month-end.
const BY_MONTH: [&str; 14] = [
    "customer_id",
    "recency_days",
    "orders",
    "purchase_days",
    "monetary",
    "orders_window",
    "monetary_window",
    "r_score",
    "f_score",
    "m_score",
    "octant",
    "lifecycle",
    "segment",
    "age_days",
];

fn behaviour(table: &CustomerTable) -> Vec<Column<'_>> {
    let day = table.as_of.day;
    vec![
        text("customer_id", |row| table.ids.get(row)),
        instant("first_order_at", false, {
            let first = of(table, |profile| profile.first_order_at.0);
            move |row| Some(first(row))
        }),
        instant("last_order_at", false, {
            let last = of(table, |profile| profile.last_order_at.0);
            move |row| Some(last(row))
        }),
        days("recency_days", move |row| {
            table
                .profiles
                .get(row)
                .map_or(0, |profile| profile.recency_days(day))
        }),
        count(
            "orders",
            of(table, |profile| {
                i64::try_from(profile.orders).unwrap_or(i64::MAX)
            }),
        ),
        count(
            "purchase_days",
            of(table, |profile| i64::from(profile.purchase_days)),
        ),
        money_sum("monetary", of(table, |profile| profile.monetary.0)),
        money(
            "average_order_value",
            of(table, |profile| profile.average_order_value().0),
        ),
        money(
            "last_order_value",
            of(table, |profile| profile.last_order_value.0),
        ),
        count(
            "orders_window",
            of(table, |profile| {
                i64::try_from(profile.orders_window).unwrap_or(i64::MAX)
            }),
        ),
        money_sum(
            "monetary_window",
            of(table, |profile| profile.monetary_window.0),
        ),
        optional_float("mean_days_between_orders", move |row| {
            table
                .profiles
                .get(row)
                .and_then(|profile| profile.mean_days_between_orders())
        }),
    ]
}

/// A number of each profile. The compiler sees which fields it takes, and unpacks no others.
fn of<'a, Number: Default>(
    table: &'a CustomerTable,
    number: impl Fn(&Profile) -> Number + Send + Sync + 'a,
) -> impl Fn(usize) -> Number + Send + Sync + 'a {
    move |row| {
        let profile = table.profiles.get(row);
        profile.map_or_else(Number::default, |profile| number(&profile))
    }
}

fn scores<'a>(customers: &ScoredCustomers<'a>) -> Vec<Column<'a>> {
    let scores = customers.scores;
    let axis = |axis: usize| {
        move |row: usize| {
            scores
                .of(row)
                .get(axis)
                .map_or(0, |&score| i64::from(score))
        }
    };
    vec![
        count("r_score", axis(0)),
        count("f_score", axis(1)),
        count("m_score", axis(2)),
        owned_text("rfm", move |row| scores.text(scores.of(row))),
        float("rfm_total", move |row| scores.total(scores.of(row))),
    ]
}

fn keys<'a>(customers: &ScoredCustomers<'a>) -> [Column<'a>; 2] {
    let (octants, lifecycle) = (customers.octants, customers.lifecycle);
    [
        text("octant", move |row| {
            octants.octants.get(row).map_or("", |octant| octant.key())
        }),
        text("lifecycle", move |row| {
            lifecycle.stages.get(row).map_or("", |stage| stage.key())
        }),
    ]
}

/// The columns of [`keys`] by the places of their keys: conditions are evaluated once per key.
fn coded_keys<'a>(customers: &ScoredCustomers<'a>) -> [Column<'a>; 2] {
    let (octants, lifecycle) = (customers.octants, customers.lifecycle);
    [
        coded_text("octant", &Octant::KEYS, move |row| {
            octants.octants.get(row).map_or(0, |octant| octant.index())
        }),
        coded_text("lifecycle", &Stage::KEYS, move |row| {
            lifecycle.stages.get(row).map_or(0, |stage| stage.index())
        }),
    ]
}

fn history_lengths(table: &CustomerTable) -> Vec<Column<'_>> {
    let day = table.as_of.day;
    let of = move |row: usize| table.profiles.get(row);
    vec![
        count("repeat_purchases", move |row| {
            of(row).map_or(0, |profile| i64::from(profile.repeat_purchases()))
        }),
        days("days_first_to_last", move |row| {
            of(row).map_or(0, |profile| profile.days_first_to_last())
        }),
        days("age_days", move |row| {
            of(row).map_or(0, |profile| profile.age_days(day))
        }),
    ]
}

/// Value columns; without a model they are null, and a condition that reads them is met by nobody.
fn value(values: &CustomerValues) -> Vec<Column<'_>> {
    let expected = values.expected.as_ref();
    let historic = move |row: usize| values.historic_value.get(row).copied();
    let number = |pick: fn(&ExpectedValues) -> &[f64]| {
        move |row: usize| expected.and_then(|expected| pick(expected).get(row).copied())
    };
    let amount = |pick: fn(&ExpectedValues) -> &[i64]| {
        move |row: usize| expected.and_then(|expected| pick(expected).get(row).copied())
    };
    let next = move |row: usize| expected?.next_order_expected_at.get(row).copied().flatten();
    let clv = amount(|expected| &expected.clv);
    let total = move |row: usize| Some(historic(row)?.saturating_add(clv(row)?));
    vec![
        optional_float(
            "probability_alive",
            number(|expected| &expected.probability_alive),
        ),
        optional_float(
            "expected_purchases",
            number(|expected| &expected.expected_purchases),
        ),
        instant("next_order_expected_at", true, next),
        optional_money(
            "expected_order_value",
            amount(|expected| &expected.expected_order_value),
        ),
        optional_money("historic_value", historic),
        optional_money("clv", clv),
        optional_money("clv_low", amount(|expected| &expected.clv_low)),
        optional_money("clv_high", amount(|expected| &expected.clv_high)),
        optional_money("clv_lifetime", amount(|expected| &expected.clv_lifetime)),
        optional_money("total_clv", total),
    ]
}

fn contacts(table: &CustomerTable, there: [bool; 4]) -> Vec<Column<'_>> {
    let Some(contacts) = &table.contacts else {
        return Vec::new();
    };
    let names = ["email", "phone", "name", "consent_email"];
    names
        .into_iter()
        .zip(contacts)
        .zip(there)
        .filter(|(_, there)| *there)
        .map(|((name, texts), _)| {
            optional_text(name, move |row| {
                Some(texts.get(row)).filter(|text| !text.is_empty())
            })
        })
        .collect()
}

fn condition_extras<'a>(customers: &ScoredCustomers<'a>) -> Vec<Column<'a>> {
    let table = customers.table;
    let scores = customers.scores;
    let bins = |axis: usize| {
        let bins = scores
            .cut_points
            .get(axis)
            .map_or(0, |cuts| i64::from(cuts.bins()));
        move |_: usize| bins
    };
    vec![
        count("r_bins", bins(0)),
        count("f_bins", bins(1)),
        count("m_bins", bins(2)),
        count("orders_prior_window", move |row| {
            table.profiles.get(row).map_or(0, |profile| {
                i64::try_from(profile.orders_prior_window).unwrap_or(i64::MAX)
            })
        }),
        optional_float("gap_variation", move |row| {
            table
                .profiles
                .get(row)
                .and_then(|profile| profile.gap_variation)
        }),
    ]
}

pub(super) fn text<'a>(
    name: &str,
    get: impl Fn(usize) -> &'a str + Send + Sync + 'a,
) -> Column<'a> {
    let build = move |rows: Range<usize>| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.map(&get)))
    };
    Column {
        field: Field::new(name, DataType::Utf8, false),
        build: Box::new(build),
    }
}

/// Text that is one of some keys; `get` gives its place among them.
fn coded_text<'a>(
    name: &str,
    keys: &'static [&'static str],
    get: impl Fn(usize) -> usize + Send + Sync + 'a,
) -> Column<'a> {
    let values: ArrayRef = Arc::new(StringArray::from_iter_values(keys));
    let build = move |rows: Range<usize>| -> ArrayRef {
        let codes = rows.map(|row| u8::try_from(get(row)).unwrap_or_default());
        let codes = PrimitiveArray::<UInt8Type>::from_iter_values(codes);
        // Every place is one of the keys'.
        Arc::new(DictionaryArray::new(codes, Arc::clone(&values)))
    };
    let data_type = DataType::Dictionary(Box::new(DataType::UInt8), Box::new(DataType::Utf8));
    Column {
        field: Field::new(name, data_type, false),
        build: Box::new(build),
    }
}

fn owned_text<'a>(name: &str, get: impl Fn(usize) -> String + Send + Sync + 'a) -> Column<'a> {
    let build = move |rows: Range<usize>| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.map(&get)))
    };
    Column {
        field: Field::new(name, DataType::Utf8, false),
        build: Box::new(build),
    }
}

pub(super) fn optional_text<'a>(
    name: &str,
    get: impl Fn(usize) -> Option<&'a str> + Send + Sync + 'a,
) -> Column<'a> {
    let build =
        move |rows: Range<usize>| -> ArrayRef { Arc::new(rows.map(&get).collect::<StringArray>()) };
    Column {
        field: Field::new(name, DataType::Utf8, true),
        build: Box::new(build),
    }
}

fn count<'a>(name: &str, get: impl Fn(usize) -> i64 + Send + Sync + 'a) -> Column<'a> {
    let build = move |rows: Range<usize>| -> ArrayRef {
        Arc::new(PrimitiveArray::<Int64Type>::from_iter_values(
            rows.map(&get),
        ))
    };
    Column {
        field: Field::new(name, DataType::Int64, false),
        build: Box::new(build),
    }
}

pub(super) fn optional_count<'a>(
    name: &str,
    get: impl Fn(usize) -> Option<i64> + Send + Sync + 'a,
) -> Column<'a> {
    let build = move |rows: Range<usize>| -> ArrayRef {
        Arc::new(rows.map(&get).collect::<PrimitiveArray<Int64Type>>())
    };
    Column {
        field: Field::new(name, DataType::Int64, true),
        build: Box::new(build),
    }
}

pub(super) fn truth<'a>(name: &str, get: impl Fn(usize) -> bool + Send + Sync + 'a) -> Column<'a> {
    let build = move |rows: Range<usize>| -> ArrayRef {
        Arc::new(rows.map(|row| Some(get(row))).collect::<BooleanArray>())
    };
    Column {
        field: Field::new(name, DataType::Boolean, false),
        build: Box::new(build),
    }
}

fn days<'a>(name: &str, get: impl Fn(usize) -> i32 + Send + Sync + 'a) -> Column<'a> {
    let build = move |rows: Range<usize>| -> ArrayRef {
        Arc::new(PrimitiveArray::<Int32Type>::from_iter_values(
            rows.map(&get),
        ))
    };
    Column {
        field: Field::new(name, DataType::Int32, false),
        build: Box::new(build),
    }
}

fn date<'a>(name: &str, day: Day) -> Column<'a> {
    let build = move |rows: Range<usize>| -> ArrayRef {
        Arc::new(Date32Array::from_value(day.0, rows.len()))
    };
    Column {
        field: Field::new(name, DataType::Date32, false),
        build: Box::new(build),
    }
}

fn float<'a>(name: &str, get: impl Fn(usize) -> f64 + Send + Sync + 'a) -> Column<'a> {
    let build = move |rows: Range<usize>| -> ArrayRef {
        Arc::new(PrimitiveArray::<Float64Type>::from_iter_values(
            rows.map(&get),
        ))
    };
    Column {
        field: Field::new(name, DataType::Float64, false),
        build: Box::new(build),
    }
}

fn optional_float<'a>(
    name: &str,
    get: impl Fn(usize) -> Option<f64> + Send + Sync + 'a,
) -> Column<'a> {
    let build = move |rows: Range<usize>| -> ArrayRef {
        Arc::new(rows.map(&get).collect::<PrimitiveArray<Float64Type>>())
    };
    Column {
        field: Field::new(name, DataType::Float64, true),
        build: Box::new(build),
    }
}

pub(super) fn instant<'a>(
    name: &str,
    nullable: bool,
    get: impl Fn(usize) -> Option<i64> + Send + Sync + 'a,
) -> Column<'a> {
    let build = move |rows: Range<usize>| -> ArrayRef {
        let array: PrimitiveArray<TimestampMicrosecondType> = rows.map(&get).collect();
        Arc::new(array.with_timezone("UTC"))
    };
    let data_type = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    Column {
        field: Field::new(name, data_type, nullable),
        build: Box::new(build),
    }
}

fn money<'a>(name: &str, get: impl Fn(usize) -> i64 + Send + Sync + 'a) -> Column<'a> {
    decimal(name, 18, false, move |row| Some(i128::from(get(row))))
}

fn optional_money<'a>(
    name: &str,
    get: impl Fn(usize) -> Option<i64> + Send + Sync + 'a,
) -> Column<'a> {
    decimal(name, 18, true, move |row| get(row).map(i128::from))
}

fn money_sum<'a>(name: &str, get: impl Fn(usize) -> i128 + Send + Sync + 'a) -> Column<'a> {
    decimal(name, 38, false, move |row| Some(get(row)))
}

pub(super) fn decimal<'a>(
    name: &str,
    precision: u8,
    nullable: bool,
    get: impl Fn(usize) -> Option<i128> + Send + Sync + 'a,
) -> Column<'a> {
    let data_type = DataType::Decimal128(precision, 4);
    let array_type = data_type.clone();
    let build = move |rows: Range<usize>| -> ArrayRef {
        let array: PrimitiveArray<Decimal128Type> = rows.map(&get).collect::<Decimal128Array>();
        Arc::new(array.with_data_type(array_type.clone()))
    };
    Column {
        field: Field::new(name, data_type, nullable),
        build: Box::new(build),
    }
}

fn segment_list(segments: &Segments) -> Column<'_> {
    let item = Arc::new(Field::new_list_field(DataType::Utf8, true));
    let data_type = DataType::List(Arc::clone(&item));
    let build = move |rows: Range<usize>| -> ArrayRef {
        let mut list = ListBuilder::new(StringBuilder::new());
        for row in rows {
            for key in segments.member_keys(row) {
                list.values().append_value(key);
            }
            list.append(true);
        }
        Arc::new(list.finish())
    };
    Column {
        field: Field::new("segments", data_type, false),
        build: Box::new(build),
    }
}
