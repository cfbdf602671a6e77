//! The typed expression that a condition becomes.

use arrow_array::ArrayRef;

/// A typed expression. Operands have been brought to a common kind by the binder.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    /// A column, by its place in the condition's list.
    Column(usize),
    /// An array of one value.
    Literal(ArrayRef),
    /// A number in a wider kind.
    Widen(Box<Self>, super::kind::Kind),
    Compare(Comparison, Box<Self>, Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    IsNull(Box<Self>),
    In(Box<Self>, Members),
    Like {
        value: Box<Self>,
        pattern: Box<Self>,
        ignore_case: bool,
    },
    Arithmetic(Arithmetic, Box<Self>, Box<Self>),
    Negate(Box<Self>),
    Function(Function, Vec<Self>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    /// Of floats; nothing over zero.
    Divide,
}

/// A list of literals, sorted.
#[derive(Debug, Clone)]
pub(crate) enum Members {
    Text(Vec<String>),
    Integer(Vec<i64>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Absolute,
    /// To this many decimals, half away from zero.
    Round(i8),
    Floor,
    Ceiling,
    Least,
    Greatest,
    Coalesce,
    Lower,
}
