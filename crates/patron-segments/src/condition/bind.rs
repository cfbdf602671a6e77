//! From the parser's tree to a typed expression over the columns of a schema.

use std::ops::Range;

use arrow_schema::Schema;
use sqlparser::ast::{
    BinaryOperator, CeilFloorKind, Expr, Ident, Spanned, UnaryOperator, Value, ValueWithSpan,
};

use super::error::{ConditionError, ConditionErrorKind};
use super::kind::Kind;
use super::node::{Arithmetic, Comparison, Function, Members, Node};
use super::parse::{DEEPEST_NESTING, MOST_OPERATORS};
use super::{literal, place};

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
    pub(crate) node: Node,
    pub(crate) kind: Kind,
    pub(crate) span: Range<usize>,
}

/// Returns the typed expression, which is true or false, and the columns it reads.
pub(crate) fn bind(
    text: &str,
    expression: &Expr,
    schema: &Schema,
) -> Result<(Node, Vec<ColumnUse>), ConditionError> {
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

type Bound = Result<Typed, ConditionError>;

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

    fn place(&self, expression: &Expr) -> Range<usize> {
        place::bytes(self.text, expression.span())
    }

    fn unsupported(&self, what: impl Into<String>, expression: &Expr) -> ConditionError {
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
        let node = Node::Column(index);
        Ok(Typed { node, kind, span })
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

    fn binary(
        &mut self,
        left: &Expr,
        operator: &BinaryOperator,
        right: &Expr,
        whole: &Expr,
    ) -> Bound {
        use BinaryOperator as B;
        match operator {
            B::And | B::Or => self.chain(operator, whole),
            B::Eq => self.comparison(Comparison::Equal, "=", [left, right]),
            B::NotEq => self.comparison(Comparison::NotEqual, "<>", [left, right]),
            B::Lt => self.comparison(Comparison::Less, "<", [left, right]),
            B::LtEq => self.comparison(Comparison::LessOrEqual, "<=", [left, right]),
            B::Gt => self.comparison(Comparison::Greater, ">", [left, right]),
            B::GtEq => self.comparison(Comparison::GreaterOrEqual, ">=", [left, right]),
            B::Plus => self.arithmetic(Arithmetic::Add, "+", [left, right]),
            B::Minus => self.arithmetic(Arithmetic::Subtract, "-", [left, right]),
            B::Multiply => self.arithmetic(Arithmetic::Multiply, "*", [left, right]),
            B::Divide => self.arithmetic(Arithmetic::Divide, "/", [left, right]),
            other => Err(self.unsupported(format!("the operator {other}"), whole)),
        }
    }

    /// AND and OR lean to the left, as deep as they are long: walked with a loop.
    fn chain(&mut self, operator: &BinaryOperator, whole: &Expr) -> Bound {
        let span = self.place(whole);
        let mut parts = Vec::new();
        let mut rest = whole;
        while let Expr::BinaryOp { left, op, right } = rest {
            if op != operator {
                break;
            }
            parts.push(&**right);
            rest = left;
        }
        parts.push(rest);
        let name = operator.to_string();
        let mut nodes = Vec::with_capacity(parts.len());
        for part in parts.into_iter().rev() {
            let bound = self.expression(part)?;
            nodes.push(self.boolean(&name, bound)?);
        }
        let node = match operator {
            BinaryOperator::And => Node::And(nodes),
            _ => Node::Or(nodes),
        };
        Ok(Typed {
            node,
            kind: Kind::Boolean,
            span,
        })
    }

    fn unary(&mut self, operator: &UnaryOperator, inner: &Expr, whole: &Expr) -> Bound {
        let span = self.place(whole);
        match operator {
            UnaryOperator::Not => {
                let bound = self.expression(inner)?;
                let node = Node::Not(Box::new(self.boolean("NOT", bound)?));
                let kind = Kind::Boolean;
                Ok(Typed { node, kind, span })
            }
            UnaryOperator::Plus | UnaryOperator::Minus => {
                let bound = self.expression(inner)?;
                let bound = self.number(&operator.to_string(), bound)?;
                let kind = bound.kind;
                let node = match operator {
                    UnaryOperator::Minus => Node::Negate(Box::new(bound.node)),
                    _ => bound.node,
                };
                Ok(Typed { node, kind, span })
            }
            other => Err(self.unsupported(format!("the operator {other}"), whole)),
        }
    }

    fn is_null(&mut self, inner: &Expr, negated: bool, span: Range<usize>) -> Bound {
        let inner = self.expression(inner)?;
        Ok(truth(Node::IsNull(Box::new(inner.node)), negated, span))
    }

    fn comparison(&mut self, comparison: Comparison, name: &str, sides: [&Expr; 2]) -> Bound {
        let [left, right] = sides;
        let (left, right) = (self.expression(left)?, self.expression(right)?);
        self.compare(comparison, name, left, right)
    }

    fn compare(&self, comparison: Comparison, name: &str, left: Typed, right: Typed) -> Bound {
        let span = left.span.start.min(right.span.start)..left.span.end.max(right.span.end);
        let [left, right] = self.together(name, [left, right], &span)?;
        Ok(Typed {
            node: Node::Compare(comparison, Box::new(left.node), Box::new(right.node)),
            kind: Kind::Boolean,
            span,
        })
    }

    fn arithmetic(&mut self, operator: Arithmetic, name: &str, sides: [&Expr; 2]) -> Bound {
        let [left, right] = sides;
        let (left, right) = (self.expression(left)?, self.expression(right)?);
        let span = left.span.start.min(right.span.start)..left.span.end.max(right.span.end);
        let (left, right) = (self.number(name, left)?, self.number(name, right)?);
        let exact_product = match (left.kind, right.kind) {
            (Kind::Decimal(one), Kind::Decimal(other)) => Some(one + other),
            _ => None,
        };
        let (left, right, kind) = match (operator, exact_product) {
            (Arithmetic::Divide, _) => (
                widen(left, Kind::Float),
                widen(right, Kind::Float),
                Kind::Float,
            ),
            (Arithmetic::Multiply, Some(scale)) if scale <= super::kind::MOST_DECIMALS => {
                (left, right, Kind::Decimal(scale))
            }
            (Arithmetic::Multiply, Some(_)) => (
                widen(left, Kind::Float),
                widen(right, Kind::Float),
                Kind::Float,
            ),
            (Arithmetic::Multiply, None)
                if is_decimal(left.kind) && right.kind == Kind::Integer =>
            {
                let kind = left.kind;
                (left, widen(right, Kind::Decimal(0)), kind)
            }
            (Arithmetic::Multiply, None)
                if left.kind == Kind::Integer && is_decimal(right.kind) =>
            {
                let kind = right.kind;
                (widen(left, Kind::Decimal(0)), right, kind)
            }
            _ => {
                let [left, right] = self.together(name, [left, right], &span)?;
                let kind = left.kind;
                (left, right, kind)
            }
        };
        let node = Node::Arithmetic(operator, Box::new(left.node), Box::new(right.node));
        Ok(Typed { node, kind, span })
    }

    fn between(
        &mut self,
        value: &Expr,
        bounds: [&Expr; 2],
        negated: bool,
        span: Range<usize>,
    ) -> Bound {
        let value = self.expression(value)?;
        let [low, high] = bounds;
        let (low, high) = (self.expression(low)?, self.expression(high)?);
        let lower = self.compare(Comparison::GreaterOrEqual, "BETWEEN", value.clone(), low)?;
        let upper = self.compare(Comparison::LessOrEqual, "BETWEEN", value, high)?;
        Ok(truth(
            Node::And(vec![lower.node, upper.node]),
            negated,
            span,
        ))
    }

    /// A list of literals is looked up; anything else is a row of equalities.
    fn in_list(&mut self, value: &Expr, list: &[Expr], negated: bool, span: Range<usize>) -> Bound {
        let value = self.expression(value)?;
        let node = match (value.kind, literal::texts(list), literal::integers(list)) {
            (Kind::Text, Some(texts), _) => Node::In(Box::new(value.node), Members::Text(texts)),
            (Kind::Integer, _, Some(numbers)) => {
                Node::In(Box::new(value.node), Members::Integer(numbers))
            }
            _ => {
                let mut equalities = Vec::with_capacity(list.len());
                for item in list {
                    let item = self.expression(item)?;
                    let equal = self.compare(Comparison::Equal, "IN", value.clone(), item)?;
                    equalities.push(equal.node);
                }
                Node::Or(equalities)
            }
        };
        Ok(truth(node, negated, span))
    }

    fn like(
        &mut self,
        sides: [&Expr; 2],
        ignore_case: bool,
        negated: bool,
        span: Range<usize>,
    ) -> Bound {
        let name = if ignore_case { "ILIKE" } else { "LIKE" };
        let [value, pattern] = sides;
        let value = self.expression(value)?;
        let value = self.needs(name, "text", value, Kind::Text)?;
        let pattern = self.expression(pattern)?;
        let pattern = self.needs(name, "text", pattern, Kind::Text)?;
        let node = Node::Like {
            value: Box::new(value.node),
            pattern: Box::new(pattern.node),
            ignore_case,
        };
        Ok(truth(node, negated, span))
    }

    fn rounding(
        &mut self,
        function: Function,
        inner: &Expr,
        field: &CeilFloorKind,
        whole: &Expr,
    ) -> Bound {
        let plain = sqlparser::ast::DateTimeField::NoDateTime;
        if !matches!(field, CeilFloorKind::DateTimeField(found) if *found == plain) {
            return Err(self.unsupported("rounding to a unit", whole));
        }
        let span = self.place(whole);
        let inner = self.expression(inner)?;
        self.apply(function, vec![inner], span)
    }

    pub(crate) fn boolean(&self, what: &str, typed: Typed) -> Result<Node, ConditionError> {
        let expected = "a condition (true or false)";
        Ok(self.needs(what, expected, typed, Kind::Boolean)?.node)
    }

    pub(crate) fn number(&self, what: &str, typed: Typed) -> Bound {
        match typed.kind {
            Kind::Null => Ok(widen(typed, Kind::Float)),
            kind if kind.is_number() => Ok(typed),
            kind => self.needs(what, "a number", Typed { kind, ..typed }, Kind::Float),
        }
    }

    pub(crate) fn needs(&self, what: &str, expected: &str, typed: Typed, kind: Kind) -> Bound {
        if typed.kind == kind {
            return Ok(typed);
        }
        if typed.kind == Kind::Null {
            return Ok(widen(typed, kind));
        }
        let error = ConditionErrorKind::TypeMismatch {
            what: what.to_owned(),
            expected: expected.to_owned(),
            found: typed.kind,
        };
        Err(self.error(error, typed.span))
    }

    /// Brings operands to their common kind. A text literal beside a point in time is read as one.
    pub(crate) fn together<const N: usize>(
        &self,
        what: &str,
        operands: [Typed; N],
        span: &Range<usize>,
    ) -> Result<[Typed; N], ConditionError> {
        let instants = operands.iter().any(|typed| typed.kind == Kind::Instant);
        let mut read = Vec::with_capacity(N);
        for typed in operands {
            read.push(if instants {
                self.as_instant(typed)?
            } else {
                typed
            });
        }
        let mut common = Kind::Null;
        for typed in &read {
            common = common.common(typed.kind).ok_or_else(|| {
                let kind = ConditionErrorKind::KindsDiffer {
                    what: what.to_owned(),
                    left: common,
                    right: typed.kind,
                };
                self.error(kind, span.clone())
            })?;
        }
        let widened: Vec<Typed> = read.into_iter().map(|typed| widen(typed, common)).collect();
        widened.try_into().map_err(|_| {
            let message = "the number of operands changed".to_owned();
            self.error(ConditionErrorKind::Evaluation { message }, span.clone())
        })
    }

    fn as_instant(&self, typed: Typed) -> Bound {
        let Some(text) = literal::text_of(&typed.node) else {
            return Ok(typed);
        };
        match literal::date(&text).or_else(|| literal::timestamp(&text)) {
            Some(micros) => Ok(Typed {
                node: literal::instant(micros),
                kind: Kind::Instant,
                span: typed.span,
            }),
            None => {
                let kind = ConditionErrorKind::BadLiteral {
                    literal: text,
                    expected: "a date or time",
                };
                Err(self.error(kind, typed.span))
            }
        }
    }
}

/// Wraps a value in a wider kind; a literal NULL takes any kind.
pub(crate) fn widen(typed: Typed, kind: Kind) -> Typed {
    let node = match typed.kind {
        found if found == kind => typed.node,
        Kind::Null => literal::null(kind),
        _ => Node::Widen(Box::new(typed.node), kind),
    };
    Typed {
        node,
        kind,
        span: typed.span,
    }
}

fn truth(node: Node, negated: bool, span: Range<usize>) -> Typed {
    let node = if negated {
        Node::Not(Box::new(node))
    } else {
        node
    };
    Typed {
        node,
        kind: Kind::Boolean,
        span,
    }
}

const fn is_decimal(kind: Kind) -> bool {
    matches!(kind, Kind::Decimal(_))
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
