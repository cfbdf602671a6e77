//! Typed access to the cells of an arrow column, whichever way its writer chose to put them.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array,
    RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_cast::cast;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{DataType, Field, TimeUnit};
use patron_import::{Cell, hash_cell, hash_field};

/// A column in one of the few forms a cell can have. Whatever else a file holds is cast without loss to one of them.
#[derive(Debug)]
pub(super) enum Column {
    Text(StringArray),
    /// Numbers as a database writes them: digits, and a point before decimals.
    Numeric(StringArray),
    Int(Int64Array),
    Float(Float64Array),
    Decimal(Decimal128Array, i8),
    Instant(TimestampMicrosecondArray),
    Local(TimestampMicrosecondArray),
    Date(Date32Array),
    Bool(BooleanArray),
    Null,
}

const MONEY: &str = "money";

/// What a database says a column is, where its arrow type alone does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    /// A number of any size, written out.
    Numeric,
    /// Sixteen bytes that are an id.
    Uuid,
    /// PostgreSQL's `money`: a count of the smallest unit, which one is not said.
    Money,
}

impl Said {
    fn of(field: &Field) -> Option<Self> {
        let said = |key: &str| field.metadata().get(key).map(String::as_str);
        match (said("ARROW:extension:name"), said("POSTGRESQL:type")) {
            (_, Some("numeric")) => Some(Self::Numeric),
            (_, Some("money")) => Some(Self::Money),
            (Some("arrow.uuid"), _) => Some(Self::Uuid),
            _ => None,
        }
    }
}

impl Column {
    /// Brings a column of a batch into a form that cells can be read from; the error is its type's name.
    pub(super) fn of(batch: &RecordBatch, place: usize) -> Result<Self, String> {
        let schema = batch.schema_ref();
        let field = schema.fields().get(place).ok_or_else(String::new)?;
        let array = batch.columns().get(place).ok_or_else(String::new)?;
        match (Said::of(field), Self::new(array)) {
            (Some(Said::Money), _) => Err(MONEY.to_owned()),
            (Some(Said::Numeric), Ok(Self::Text(text))) => Ok(Self::Numeric(text)),
            (Some(Said::Uuid), column) => match array.as_fixed_size_binary_opt() {
                Some(bytes) => Ok(Self::Text(bytes.iter().map(|id| id.map(uuid)).collect())),
                None => column,
            },
            (_, column) => column,
        }
    }

    /// Brings a column that is only kept into such a form, whatever its type; but for money, whose unit nobody knows.
    pub(super) fn kept(batch: &RecordBatch, place: usize) -> Result<Self, String> {
        match Self::of(batch, place) {
            Err(found) if found != MONEY => Ok(Self::shown_at(batch, place)),
            column => column,
        }
    }

    /// Brings a column into a form by which equal rows are told. Numbers that are written out are told as written: their
    /// scale differs from row to row.
    pub(super) fn telling(batch: &RecordBatch, place: usize) -> Self {
        match Self::of(batch, place) {
            Ok(Self::Numeric(text)) => Self::Text(text),
            Ok(column) => column,
            Err(_) => Self::shown_at(batch, place),
        }
    }

    /// Returns a column that was brought into the form of a cell, if equal rows are told by the same.
    pub(super) const fn as_telling(&self) -> Option<&Self> {
        match self {
            Self::Numeric(_) => None,
            column => Some(column),
        }
    }

    fn shown_at(batch: &RecordBatch, place: usize) -> Self {
        batch.columns().get(place).map_or(Self::Null, Self::shown)
    }

    /// Brings an array into a form that cells can be read from; the error is the type's name.
    fn new(array: &ArrayRef) -> Result<Self, String> {
        let found = || array.data_type().to_string();
        let to = |data_type: &DataType| cast(array, data_type).map_err(|_| found());
        Ok(match array.data_type() {
            DataType::Utf8 => Self::Text(array.as_string::<i32>().clone()),
            DataType::LargeUtf8 | DataType::Utf8View => {
                Self::Text(to(&DataType::Utf8)?.as_string::<i32>().clone())
            }
            // Some writers do not say that their bytes are text; what is not UTF-8 is no column of ours.
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
                let text = to(&DataType::Utf8)?;
                if text.null_count() != array.null_count() {
                    return Err(found());
                }
                Self::Text(text.as_string::<i32>().clone())
            }
            DataType::Dictionary(_, values) => {
                return Self::new(&to(values)?);
            }
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32 => {
                Self::Int(to(&DataType::Int64)?.as_primitive::<Int64Type>().clone())
            }
            // Beyond the largest signed number only text keeps every digit.
            DataType::UInt64 => Self::Text(to(&DataType::Utf8)?.as_string::<i32>().clone()),
            DataType::Float16 | DataType::Float32 => Self::shortest(array, &found)?,
            DataType::Float64 => Self::Float(array.as_primitive::<Float64Type>().clone()),
            DataType::Decimal32(_, scale)
            | DataType::Decimal64(_, scale)
            | DataType::Decimal256(_, scale) => {
                let wide = to(&DataType::Decimal128(38, *scale))?;
                if wide.null_count() != array.null_count() {
                    return Err(found());
                }
                Self::decimal(&wide, *scale)
            }
            DataType::Decimal128(_, scale) => Self::decimal(array, *scale),
            DataType::Timestamp(_, zone) => {
                let micros = to(&DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))?;
                let micros = micros.as_primitive::<TimestampMicrosecondType>().clone();
                if zone.is_some() {
                    Self::Instant(micros)
                } else {
                    Self::Local(micros)
                }
            }
            DataType::Date32 => Self::Date(array.as_primitive::<Date32Type>().clone()),
            DataType::Date64 => {
                Self::Date(to(&DataType::Date32)?.as_primitive::<Date32Type>().clone())
            }
            DataType::Boolean => Self::Bool(array.as_boolean().clone()),
            DataType::Null => Self::Null,
            _ => return Err(found()),
        })
    }

    /// Any array as text, for telling equal rows only.
    fn shown(array: &ArrayRef) -> Self {
        let options = FormatOptions::default();
        match ArrayFormatter::try_new(array.as_ref(), &options) {
            Ok(formatter) => {
                let texts = (0..array.len()).map(|row| formatter.value(row).to_string());
                Self::Text(StringArray::from_iter_values(texts))
            }
            Err(_) => Self::Null,
        }
    }

    fn decimal(array: &ArrayRef, scale: i8) -> Self {
        Self::Decimal(array.as_primitive::<Decimal128Type>().clone(), scale)
    }

    /// A 32-bit float by its shortest decimal: 0.1 stays 0.1 instead of becoming 0.10000000149.
    fn shortest(array: &ArrayRef, found: &dyn Fn() -> String) -> Result<Self, String> {
        let text = cast(array, &DataType::Utf8).map_err(|_| found())?;
        let float = cast(&text, &DataType::Float64).map_err(|_| found())?;
        Ok(Self::Float(float.as_primitive::<Float64Type>().clone()))
    }

    /// Returns the cell of a row.
    pub(super) fn cell(&self, row: usize) -> Cell<'_> {
        if self.is_null(row) {
            return Cell::Null;
        }
        match self {
            Self::Text(array) => Cell::Text(array.value(row)),
            Self::Numeric(array) => numeric(array.value(row)),
            Self::Int(array) => Cell::Int(array.value(row)),
            Self::Float(array) => Cell::Float(array.value(row)),
            Self::Decimal(array, scale) => Cell::Decimal {
                unscaled: array.value(row),
                scale: *scale,
            },
            Self::Instant(array) => Cell::Instant(array.value(row)),
            Self::Local(array) => Cell::Local(array.value(row)),
            Self::Date(array) => Cell::Date(array.value(row)),
            Self::Bool(array) => Cell::Bool(array.value(row)),
            Self::Null => Cell::Null,
        }
    }

    /// Adds the column's cells to the hashes of their rows.
    pub(super) fn chain(&self, hashes: &mut [u64]) {
        match self {
            Self::Text(array) if array.null_count() == 0 => {
                for (hash, text) in hashes.iter_mut().zip(array.iter().flatten()) {
                    *hash = hash_field(*hash, text.as_bytes());
                }
            }
            _ => {
                for (row, hash) in hashes.iter_mut().enumerate() {
                    *hash = hash_cell(*hash, &self.cell(row));
                }
            }
        }
    }

    fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Text(array) | Self::Numeric(array) => array.is_null(row),
            Self::Int(array) => array.is_null(row),
            Self::Float(array) => array.is_null(row),
            Self::Decimal(array, _) => array.is_null(row),
            Self::Instant(array) | Self::Local(array) => array.is_null(row),
            Self::Date(array) => array.is_null(row),
            Self::Bool(array) => array.is_null(row),
            Self::Null => true,
        }
    }
}

/// Reads a number as databases write it. What is none (`NaN`, or more digits than fit) stays text.
fn numeric(text: &str) -> Cell<'_> {
    let Some((whole, decimals)) = text.split_once('.') else {
        return text.parse().map_or(Cell::Text(text), Cell::Int);
    };
    let digits = format!("{whole}{decimals}");
    match (digits.parse(), i8::try_from(decimals.len())) {
        (Ok(unscaled), Ok(scale)) => Cell::Decimal { unscaled, scale },
        _ => Cell::Text(text),
    }
}

/// Writes sixteen bytes as `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`.
fn uuid(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (place, byte) in bytes.iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

/// Returns the rows of a batch as texts, for recognition only.
pub(super) fn sample_rows(batch: &RecordBatch) -> Vec<Vec<Option<String>>> {
    let options = FormatOptions::default();
    let formatters: Vec<Option<ArrayFormatter<'_>>> = batch
        .columns()
        .iter()
        .map(|column| ArrayFormatter::try_new(column.as_ref(), &options).ok())
        .collect();
    let text = |column: usize, row: usize| {
        let array = batch.columns().get(column)?;
        let formatter = formatters.get(column)?.as_ref()?;
        (!array.is_null(row)).then(|| formatter.value(row).to_string())
    };
    (0..batch.num_rows())
        .map(|row| {
            (0..batch.num_columns())
                .map(|column| text(column, row))
                .collect()
        })
        .collect()
}
