//! The typed expression that a condition becomes.

use arrow_array::ArrayRef;

use super::kind::Kind;

/// One operation with its operands, which have been brought to a common kind by the binder: trees in a [`Tree`], places of
/// steps in a plan.
#[derive(Debug, Clone)]
pub(crate) enum Node<Operand> {
    /// A column, by its place in the list of columns.
    Column(usize),
    /// An array of one value.
    Literal(ArrayRef),
    /// A number in a wider kind.
    Widen(Operand, Kind),
    Compare(Comparison, Operand, Operand),
    And(Vec<Operand>),
    Or(Vec<Operand>),
    Not(Operand),
    IsNull(Operand),
    In(Operand, Members),
    Like {
        value: Operand,
        pattern: Operand,
        ignore_case: bool,
    },
    Arithmetic(Arithmetic, Operand, Operand),
    Negate(Operand),
    Function(Function, Vec<Operand>),
}

/// A typed expression.
#[derive(Debug, Clone)]
pub(crate) struct Tree(Box<Node<Self>>);

impl Tree {
    pub(crate) fn node(&self) -> &Node<Self> {
        &self.0
    }
}

impl From<Node<Self>> for Tree {
    fn from(node: Node<Self>) -> Self {
        Self(Box::new(node))
    }
}

impl<Operand> Node<Operand> {
    pub(crate) fn operands(&self) -> Vec<&Operand> {
        match self {
            Self::Column(_) | Self::Literal(_) => Vec::new(),
            Self::Widen(inner, _)
            | Self::Not(inner)
            | Self::IsNull(inner)
            | Self::In(inner, _)
            | Self::Negate(inner) => vec![inner],
            Self::Compare(_, left, right) | Self::Arithmetic(_, left, right) => vec![left, right],
            Self::Like { value, pattern, .. } => vec![value, pattern],
            Self::And(parts) | Self::Or(parts) | Self::Function(_, parts) => parts.iter().collect(),
        }
    }

    /// Returns the same operation on other operands, which `of` finds, from left to right.
    pub(crate) fn map<Other>(&self, mut of: impl FnMut(&Operand) -> Other) -> Node<Other> {
        match self {
            Self::Column(column) => Node::Column(*column),
            Self::Literal(array) => Node::Literal(ArrayRef::clone(array)),
            Self::Widen(inner, kind) => Node::Widen(of(inner), *kind),
            Self::Compare(comparison, left, right) => {
                Node::Compare(*comparison, of(left), of(right))
            }
            Self::And(parts) => Node::And(parts.iter().map(of).collect()),
            Self::Or(parts) => Node::Or(parts.iter().map(of).collect()),
            Self::Not(inner) => Node::Not(of(inner)),
            Self::IsNull(inner) => Node::IsNull(of(inner)),
            Self::In(inner, members) => Node::In(of(inner), members.clone()),
            Self::Like {
                value,
                pattern,
                ignore_case,
            } => Node::Like {
                value: of(value),
                pattern: of(pattern),
                ignore_case: *ignore_case,
            },
            Self::Arithmetic(operator, left, right) => {
                Node::Arithmetic(*operator, of(left), of(right))
            }
            Self::Negate(inner) => Node::Negate(of(inner)),
            Self::Function(function, parts) => {
                Node::Function(*function, parts.iter().map(of).collect())
            }
        }
    }

    /// Returns whether it joins truths.
    pub(crate) const fn is_joint(&self) -> bool {
        matches!(self, Self::And(_) | Self::Or(_) | Self::Not(_))
    }

    /// Returns whether the value is sure to be true, false or unknown.
    pub(crate) const fn is_truth(&self) -> bool {
        self.is_joint()
            || matches!(
                self,
                Self::Compare(..) | Self::IsNull(_) | Self::In(..) | Self::Like { .. }
            )
    }
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
