//! The columns of a batch in the types of evaluation: each is converted once, however many conditions read it.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int32Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow_cast::{CastOptions, cast, cast_with_options};
use arrow_schema::{ArrowError, DataType, TimeUnit};

use super::kind::Kind;

pub(crate) const EXACT: CastOptions<'static> = CastOptions {
    safe: false,
    format_options: arrow_cast::display::FormatOptions::new(),
};
/// The most values of a text column that comes without a dictionary: beyond them it is no column of keys.
const MOST_VALUES: usize = 24;

/// Columns as conditions read them.
#[derive(Debug)]
pub(crate) struct Columns<'a> {
    batch: &'a RecordBatch,
    ready: Vec<(String, ArrayRef)>,
    coded: Vec<(String, Option<Arc<Coded>>)>,
}

/// A text column with few distinct values.
#[derive(Debug)]
pub(crate) struct Coded {
    /// For each row the place of its value.
    pub(crate) codes: Vec<u8>,
    /// The values; null is one, if a row has none.
    pub(crate) values: ArrayRef,
}

impl<'a> Columns<'a> {
    pub(crate) const fn new(batch: &'a RecordBatch) -> Self {
        Self {
            batch,
            ready: Vec::new(),
            coded: Vec::new(),
        }
    }

    pub(crate) const fn rows(&self) -> &'a RecordBatch {
        self.batch
    }

    /// Returns the column, converted to the type in which its kind is evaluated.
    pub(crate) fn get(&mut self, name: &str, kind: Kind) -> Result<ArrayRef, ArrowError> {
        if let Some((_, array)) = self.ready.iter().find(|(ready, _)| ready == name) {
            return Ok(Arc::clone(array));
        }
        let column = self
            .batch
            .column_by_name(name)
            .ok_or_else(|| ArrowError::SchemaError(format!("the batch has no column `{name}`")))?;
        if Kind::of(column.data_type()) != Some(kind) {
            let found = column.data_type();
            return Err(ArrowError::SchemaError(format!(
                "column `{name}` is {found} in the batch, expected {kind}"
            )));
        }
        let array = normal(column, kind)?;
        self.ready.push((name.to_owned(), Arc::clone(&array)));
        Ok(array)
    }

    /// Returns a text column by its distinct values; nothing where there are too many of them, or where the column is
    /// not there or no text.
    pub(crate) fn coded(&mut self, name: &str) -> Option<Arc<Coded>> {
        if let Some((_, coded)) = self.coded.iter().find(|(known, _)| known == name) {
            return coded.clone();
        }
        let column = self.batch.column_by_name(name)?;
        let coded = match column.data_type() {
            DataType::Dictionary(_, _) => by_dictionary(column),
            _ => None,
        };
        let coded = coded.or_else(|| {
            let texts = self.get(name, Kind::Text).ok()?;
            by_value(texts.as_string::<i32>())
        });
        let coded = coded.map(Arc::new);
        self.coded.push((name.to_owned(), coded.clone()));
        coded
    }
}

/// Takes the codes of a dictionary, if they fit a byte; null is one more value.
fn by_dictionary(column: &ArrayRef) -> Option<Coded> {
    let dictionary = column.as_any_dictionary_opt()?;
    let texts = cast(dictionary.values(), &DataType::Utf8).ok()?;
    let null = u8::try_from(texts.len()).ok()?;
    let keys = cast(dictionary.keys(), &DataType::Int32).ok()?;
    let keys = keys.as_primitive::<Int32Type>();
    let code = |key: i32| u8::try_from(key).unwrap_or(null);
    let codes = if keys.null_count() == 0 {
        keys.values().iter().map(|&key| code(key)).collect()
    } else {
        let keys = keys.iter();
        keys.map(|key| key.map_or(null, code)).collect()
    };
    let texts = texts.as_string::<i32>().iter().chain([None]);
    let values: ArrayRef = Arc::new(texts.collect::<StringArray>());
    Some(Coded { codes, values })
}

fn by_value(column: &StringArray) -> Option<Coded> {
    let mut seen: Vec<Option<&str>> = Vec::new();
    let mut codes = Vec::with_capacity(column.len());
    for value in column {
        let known = seen.iter().position(|other| *other == value);
        let code = match known {
            Some(code) => code,
            None if seen.len() < MOST_VALUES => {
                seen.push(value);
                seen.len() - 1
            }
            None => return None,
        };
        codes.push(u8::try_from(code).ok()?);
    }
    let values: ArrayRef = Arc::new(StringArray::from(seen));
    Some(Coded { codes, values })
}

/// Converts a column to the type in which its kind is evaluated; free where only the declared precision differs.
fn normal(column: &ArrayRef, kind: Kind) -> Result<ArrayRef, ArrowError> {
    let wanted = kind.data_type();
    match (column.data_type(), kind) {
        (found, _) if *found == wanted => Ok(Arc::clone(column)),
        (DataType::Decimal128(_, _), Kind::Decimal(scale)) => {
            let decimals = column.as_primitive::<Decimal128Type>().clone();
            Ok(Arc::new(decimals.with_precision_and_scale(38, scale)?))
        }
        (DataType::Timestamp(unit, zone), Kind::Instant) => {
            let micros = DataType::Timestamp(TimeUnit::Microsecond, zone.clone());
            let array = match unit {
                TimeUnit::Microsecond => Arc::clone(column),
                _ => cast_with_options(column, &micros, &EXACT)?,
            };
            let instants = array.as_primitive::<TimestampMicrosecondType>().clone();
            Ok(Arc::new(instants.with_timezone_opt(None::<Arc<str>>)))
        }
        _ => cast_with_options(column, &wanted, &EXACT),
    }
}
