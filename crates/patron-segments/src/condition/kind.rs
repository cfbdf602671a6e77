//! The few kinds of value that a condition knows, and the Arrow type each is evaluated in.

use std::fmt;

use arrow_schema::{DataType, TimeUnit};

/// The most decimals that are compared exactly; more are compared as floats.
pub(crate) const MOST_DECIMALS: i8 = 10;

/// The kind of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// True, false or null.
    Boolean,
    /// A whole number.
    Integer,
    /// An exact decimal with this many decimals.
    Decimal(i8),
    /// A float.
    Float,
    /// Text.
    Text,
    /// A moment in time.
    Instant,
    /// The literal NULL, which goes with everything.
    Null,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Boolean => "a condition (true or false)",
            Self::Integer => "a whole number",
            Self::Decimal(_) => "a decimal number",
            Self::Float => "a number",
            Self::Text => "text",
            Self::Instant => "a point in time",
            Self::Null => "NULL",
        })
    }
}

impl Kind {
    /// The kind of a column of this type; nothing if conditions cannot use it.
    pub(crate) fn of(data_type: &DataType) -> Option<Self> {
        use DataType as T;
        match data_type {
            T::Boolean => Some(Self::Boolean),
            T::Int8 | T::Int16 | T::Int32 | T::Int64 => Some(Self::Integer),
            T::UInt8 | T::UInt16 | T::UInt32 | T::UInt64 => Some(Self::Integer),
            T::Float16 | T::Float32 | T::Float64 => Some(Self::Float),
            T::Decimal32(_, scale) | T::Decimal64(_, scale) | T::Decimal128(_, scale)
                if (0..=MOST_DECIMALS).contains(scale) =>
            {
                Some(Self::Decimal(*scale))
            }
            T::Utf8 | T::LargeUtf8 | T::Utf8View => Some(Self::Text),
            T::Dictionary(_, values) if Self::of(values) == Some(Self::Text) => Some(Self::Text),
            T::Timestamp(_, _) | T::Date32 | T::Date64 => Some(Self::Instant),
            T::Null => Some(Self::Null),
            _ => None,
        }
    }

    /// The one type in which values of this kind are evaluated.
    pub(crate) fn data_type(self) -> DataType {
        match self {
            Self::Boolean | Self::Null => DataType::Boolean,
            Self::Integer => DataType::Int64,
            Self::Decimal(scale) => DataType::Decimal128(38, scale),
            Self::Float => DataType::Float64,
            Self::Text => DataType::Utf8,
            Self::Instant => DataType::Timestamp(TimeUnit::Microsecond, None),
        }
    }

    pub(crate) const fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Decimal(_) | Self::Float)
    }

    /// The kind in which both can be compared or combined; nothing if they do not go together.
    pub(crate) fn common(self, other: Self) -> Option<Self> {
        Some(match (self, other) {
            (left, right) if left == right => left,
            (Self::Null, kind) | (kind, Self::Null) => kind,
            (Self::Decimal(left), Self::Decimal(right)) => Self::Decimal(left.max(right)),
            (Self::Decimal(scale), Self::Integer) | (Self::Integer, Self::Decimal(scale)) => {
                Self::Decimal(scale)
            }
            (left, right) if left.is_number() && right.is_number() => Self::Float,
            _ => return None,
        })
    }
}
