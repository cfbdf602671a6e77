//! Bringing operands to the kinds that operators and functions need.

use std::ops::Range;

use super::bind::{Binder, Bound, Typed};
use super::error::{ConditionError, ConditionErrorKind};
use super::kind::Kind;
use super::literal;
use super::node::{Node, Tree};

impl Binder<'_> {
    pub(crate) fn boolean(&self, what: &str, typed: Typed) -> Result<Tree, ConditionError> {
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
        _ => Node::Widen(typed.node, kind).into(),
    };
    Typed {
        node,
        kind,
        span: typed.span,
    }
}
