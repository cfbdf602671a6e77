//! From the parser's tree to a typed expression over the columns of a schema.

use std::ops::Range;

use arrow_schema::Schema;
use sqlparser::ast::{Expr, Ident, Spanned, Value, ValueWithSpan};

use super::error::{ConditionError, ConditionErrorKind};
use super::kind::Kind;
use super::node::{Function, Node, Tree};
use super::parse::{DEEPEST_NESTING, MOST_OPERATORS};
use super::{literal, place};
use crate::names::{LIFECYCLE_KEYS, OCTANT_KEYS};

/// The functions that conditions know.
pub(crate) const FUNCTIONS: [&str; 8] = [
    "abs", "ceil", "coalesce", "floor", "greatest", "least", "lower", "round",
];

/// A column that a condition reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColumnUse {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// A typed expression with the place it came from.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    pub(crate) node: Tree,
    pub(crate) kind: Kind,
    pub(crate) span: Range<usize>,
}

/// Returns the typed expression, which is true or false, and the columns it reads.
pub(crate) fn bind(
    text: &str,
    expression: &Expr,
    schema: &Schema,
) -> Result<(Tree, Vec<ColumnUse>), ConditionError> {
    let mut binder = Binder {
        text,
        schema,
        columns: Vec::new(),
        depth: 0,
    };
    let bound = binder.expression(expression)?;
    let root = binder.boolean("a condition", bound)?;
    Ok((root, binder.columns))
}

pub(crate) struct Binder<'a> {
    text: &'a str,
    schema: &'a Schema,
    columns: Vec<ColumnUse>,
    depth: usize,
}

pub(crate) type Bound = Result<Typed, ConditionError>;

impl Binder<'_> {
    pub(crate) fn error(&self, kind: ConditionErrorKind, span: Range<usize>) -> ConditionError {
        ConditionError {
            kind,
            text: self.text.to_owned(),
            span,
        }
    }

    pub(crate) const fn text(&self) -> &str {
        self.text
    }

    pub(crate) fn place(&self, expression: &Expr) -> Range<usize> {
        place::bytes(self.text, expression.span())
    }

    pub(crate) fn unsupported(&self, what: impl Into<String>, expression: &Expr) -> ConditionError {
        let kind = ConditionErrorKind::Unsupported { what: what.into() };
        self.error(kind, self.place(expression))
    }

    pub(crate) fn expression(&mut self, expression: &Expr) -> Bound {
        self.depth += 1;
        if self.depth > DEEPEST_NESTING {
            let kind = ConditionErrorKind::TooComplex {
                limit: MOST_OPERATORS,
            };
            return Err(self.error(kind, self.place(expression)));
        }
        let bound = self.shallow(expression);
        self.depth -= 1;
        bound
    }

    fn shallow(&mut self, expression: &Expr) -> Bound {
        let span = self.place(expression);
        match expression {
            Expr::Nested(inner) => self.expression(inner),
            Expr::Identifier(name) => self.column(name, span),
            Expr::Value(value) => self.value(value, span),
            Expr::TypedString(typed) => self.typed_string(typed, span),
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right, expression),
            Expr::UnaryOp { op, expr } => self.unary(op, expr, expression),
            Expr::IsNull(inner) => self.is_null(inner, false, span),
            Expr::IsNotNull(inner) => self.is_null(inner, true, span),
            Expr::Between {
                expr,
                negated,
                low,
                high,
            } => self.between(expr, [low, high], *negated, span),
            Expr::InList {
                expr,
                list,
                negated,
            } => self.in_list(expr, list, *negated, span),
            Expr::Like {
                negated,
                any: false,
                expr,
                pattern,
                escape_char: None,
            } => self.like([expr, pattern], false, *negated, span),
            Expr::ILike {
                negated,
                any: false,
                expr,
                pattern,
                escape_char: None,
            } => self.like([expr, pattern], true, *negated, span),
            Expr::Floor { expr, field } => self.rounding(Function::Floor, expr, field, expression),
            Expr::Ceil { expr, field } => self.rounding(Function::Ceiling, expr, field, expression),
            Expr::Function(function) => self.function(function, span),
            other => Err(self.unsupported(describe(other), other)),
        }
    }

    fn column(&mut self, name: &Ident, span: Range<usize>) -> Bound {
        let fields = self.schema.fields();
        let field = fields
            .iter()
            .find(|field| *field.name() == name.value)
            .or_else(|| {
                let same = |field: &&arrow_schema::FieldRef| {
                    field.name().eq_ignore_ascii_case(&name.value)
                };
                fields.iter().find(same)
            });
        let Some(field) = field else {
            let columns: Vec<String> = fields.iter().map(|field| field.name().clone()).collect();
            let kind = ConditionErrorKind::UnknownColumn {
                name: name.value.clone(),
                nearest: crate::nearest::nearest(&name.value, &columns),
                columns,
            };
            return Err(self.error(kind, span));
        };
        let Some(kind) = Kind::of(field.data_type()) else {
            let kind = ConditionErrorKind::ColumnType {
                name: field.name().clone(),
                found: field.data_type().to_string(),
            };
            return Err(self.error(kind, span));
        };
        let column = ColumnUse {
            name: field.name().clone(),
            kind,
        };
        let known = self.columns.iter().position(|other| *other == column);
        let index = known.unwrap_or_else(|| {
            self.columns.push(column);
            self.columns.len() - 1
        });
        let node = Node::Column(index).into();
        Ok(Typed { node, kind, span })
    }

    /// Refuses a text that a column of keys can never hold: a slip of the pen would be a segment without anybody.
    pub(crate) fn known_key(
        &self,
        side: &Typed,
        text: &str,
        span: Range<usize>,
    ) -> Result<(), ConditionError> {
        let Node::Column(index) = *side.node.node() else {
            return Ok(());
        };
        let Some(column) = self.columns.get(index) else {
            return Ok(());
        };
        let (column, keys): (_, &'static [&'static str]) = match column.name.as_str() {
            "octant" => ("octant", &OCTANT_KEYS),
            "lifecycle" => ("lifecycle", &LIFECYCLE_KEYS),
            _ => return Ok(()),
        };
        if keys.contains(&text) {
            return Ok(());
        }
        let kind = ConditionErrorKind::UnknownKey {
            column,
            found: text.to_owned(),
            keys,
        };
        Err(self.error(kind, span))
    }

    fn value(&self, value: &ValueWithSpan, span: Range<usize>) -> Bound {
        let (node, kind) = match &value.value {
            Value::Number(text, _) => literal::number(text).ok_or_else(|| {
                let kind = ConditionErrorKind::BadLiteral {
                    literal: text.clone(),
                    expected: "a number",
                };
                self.error(kind, span.clone())
            })?,
            Value::SingleQuotedString(text) => (literal::text(text), Kind::Text),
            Value::Boolean(value) => (literal::boolean(*value), Kind::Boolean),
            Value::Null => (literal::null(Kind::Null), Kind::Null),
            other => {
                let what = format!("the literal {other}");
                return Err(self.error(ConditionErrorKind::Unsupported { what }, span));
            }
        };
        Ok(Typed { node, kind, span })
    }

    fn typed_string(&self, typed: &sqlparser::ast::TypedString, span: Range<usize>) -> Bound {
        use sqlparser::ast::DataType;
        let text = typed.value.value.clone().into_string().unwrap_or_default();
        let (instant, expected) = match &typed.data_type {
            DataType::Date => (literal::date(&text), "a date like 2025-01-31"),
            DataType::Timestamp(..) | DataType::Datetime(_) => {
                (literal::timestamp(&text), "a time like 2025-01-31 18:30:00")
            }
            other => {
                let what = format!("a literal of type {other}");
                return Err(self.error(ConditionErrorKind::Unsupported { what }, span));
            }
        };
        let Some(micros) = instant else {
            let kind = ConditionErrorKind::BadLiteral {
                literal: text,
                expected,
            };
            return Err(self.error(kind, span));
        };
        Ok(Typed {
            node: literal::instant(micros),
            kind: Kind::Instant,
            span,
        })
    }
}

/// Names a construct that conditions do not know, in the words of SQL.
fn describe(expression: &Expr) -> &'static str {
    match expression {
        Expr::Subquery(_) | Expr::InSubquery { .. } | Expr::Exists { .. } => "a subquery",
        Expr::Case { .. } => "CASE",
        Expr::Cast { .. } | Expr::Convert { .. } => "a cast",
        Expr::CompoundIdentifier(_) | Expr::CompoundFieldAccess { .. } => "a name with a dot",
        Expr::Like { .. } | Expr::ILike { .. } => "LIKE with ANY or ESCAPE",
        Expr::SimilarTo { .. } | Expr::RLike { .. } => "a regular expression",
        Expr::Interval(_) => "INTERVAL",
        Expr::Extract { .. } => "EXTRACT",
        Expr::Tuple(_) => "a list outside IN",
        Expr::IsTrue(_) | Expr::IsNotTrue(_) | Expr::IsFalse(_) | Expr::IsNotFalse(_) => {
            "IS TRUE or IS FALSE"
        }
        Expr::Wildcard(_) | Expr::QualifiedWildcard(..) => "`*`",
        _ => "this SQL construct",
    }
}
