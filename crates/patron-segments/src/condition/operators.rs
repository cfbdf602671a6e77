//! Binding of operators: logic, comparisons, lists, patterns, arithmetic.

use std::ops::Range;

use sqlparser::ast::{BinaryOperator, CeilFloorKind, Expr, UnaryOperator};

use super::bind::{Binder, Bound, Typed};
use super::kind::Kind;
use super::literal;
use super::node::{Arithmetic, Comparison, Function, Members, Node, Tree};
use super::operands::widen;

impl Binder<'_> {
    pub(crate) fn binary(
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
            node: node.into(),
            kind: Kind::Boolean,
            span,
        })
    }

    pub(crate) fn unary(&mut self, operator: &UnaryOperator, inner: &Expr, whole: &Expr) -> Bound {
        let span = self.place(whole);
        match operator {
            UnaryOperator::Not => {
                let bound = self.expression(inner)?;
                let node = Node::Not(self.boolean("NOT", bound)?).into();
                let kind = Kind::Boolean;
                Ok(Typed { node, kind, span })
            }
            UnaryOperator::Plus | UnaryOperator::Minus => {
                let bound = self.expression(inner)?;
                let bound = self.number(&operator.to_string(), bound)?;
                let kind = bound.kind;
                let node = match operator {
                    UnaryOperator::Minus => Node::Negate(bound.node).into(),
                    _ => bound.node,
                };
                Ok(Typed { node, kind, span })
            }
            other => Err(self.unsupported(format!("the operator {other}"), whole)),
        }
    }

    pub(crate) fn is_null(&mut self, inner: &Expr, negated: bool, span: Range<usize>) -> Bound {
        let inner = self.expression(inner)?;
        Ok(truth(Node::IsNull(inner.node), negated, span))
    }

    fn comparison(&mut self, comparison: Comparison, name: &str, sides: [&Expr; 2]) -> Bound {
        let [left, right] = sides;
        let (left, right) = (self.expression(left)?, self.expression(right)?);
        self.compare(comparison, name, left, right)
    }

    fn compare(&self, comparison: Comparison, name: &str, left: Typed, right: Typed) -> Bound {
        let span = left.span.start.min(right.span.start)..left.span.end.max(right.span.end);
        for (column, literal) in [(&left, &right), (&right, &left)] {
            if let Some(text) = literal::text_of(&literal.node) {
                self.known_key(column, &text, literal.span.clone())?;
            }
        }
        let [left, right] = self.together(name, [left, right], &span)?;
        Ok(Typed {
            node: Node::Compare(comparison, left.node, right.node).into(),
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
        let node = Node::Arithmetic(operator, left.node, right.node).into();
        Ok(Typed { node, kind, span })
    }

    pub(crate) fn between(
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
    pub(crate) fn in_list(
        &mut self,
        value: &Expr,
        list: &[Expr],
        negated: bool,
        span: Range<usize>,
    ) -> Bound {
        let value = self.expression(value)?;
        let node = match (value.kind, literal::texts(list), literal::integers(list)) {
            (Kind::Text, Some(texts), _) => {
                for item in list {
                    let bound = self.expression(item)?;
                    if let Some(text) = literal::text_of(&bound.node) {
                        self.known_key(&value, &text, bound.span)?;
                    }
                }
                Node::In(value.node, Members::Text(texts))
            }
            (Kind::Integer, _, Some(numbers)) => Node::In(value.node, Members::Integer(numbers)),
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

    pub(crate) fn like(
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
            value: value.node,
            pattern: pattern.node,
            ignore_case,
        };
        Ok(truth(node, negated, span))
    }

    pub(crate) fn rounding(
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
}

fn truth(node: Node<Tree>, negated: bool, span: Range<usize>) -> Typed {
    let mut node = Tree::from(node);
    if negated {
        node = Node::Not(node).into();
    }
    Typed {
        node,
        kind: Kind::Boolean,
        span,
    }
}

const fn is_decimal(kind: Kind) -> bool {
    matches!(kind, Kind::Decimal(_))
}
