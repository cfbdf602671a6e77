//! Binding of function calls.

use std::ops::Range;

use sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectNamePart, Spanned, Value,
};

use super::bind::{Binder, Bound, Typed};
use super::error::{ConditionError, ConditionErrorKind};
use super::kind::{Kind, MOST_DECIMALS};
use super::literal;
use super::node::{Function, Node, Tree};
use super::operands::widen;

impl Binder<'_> {
    pub(crate) fn function(
        &mut self,
        call: &sqlparser::ast::Function,
        span: Range<usize>,
    ) -> Bound {
        let name = match call.name.0.as_slice() {
            [ObjectNamePart::Identifier(name)] => name.value.to_ascii_lowercase(),
            _ => call.name.to_string(),
        };
        let function = match name.as_str() {
            "abs" => Function::Absolute,
            "round" => Function::Round(0),
            "floor" => Function::Floor,
            "ceil" | "ceiling" => Function::Ceiling,
            "least" => Function::Least,
            "greatest" => Function::Greatest,
            "coalesce" => Function::Coalesce,
            "lower" => Function::Lower,
            _ => {
                let place = super::place::bytes(self.text(), call.name.span());
                return Err(self.error(ConditionErrorKind::UnknownFunction { name }, place));
            }
        };
        let plain = call.filter.is_none()
            && call.over.is_none()
            && call.within_group.is_empty()
            && call.null_treatment.is_none();
        let arguments = match &call.args {
            FunctionArguments::List(list)
                if plain && list.duplicate_treatment.is_none() && list.clauses.is_empty() =>
            {
                list.args.as_slice()
            }
            _ => {
                let what = format!("this form of `{name}`");
                return Err(self.error(ConditionErrorKind::Unsupported { what }, span));
            }
        };
        let arguments = self.expressions(&name, arguments, &span)?;
        let (function, arguments) = match (function, arguments.as_slice()) {
            (Function::Round(_), [value, digits]) => {
                let digits = self.digits(digits)?;
                (Function::Round(digits), vec![*value])
            }
            _ => (function, arguments),
        };
        self.count(&name, function, arguments.len(), &span)?;
        let mut bound = Vec::with_capacity(arguments.len());
        for argument in arguments {
            bound.push(self.expression(argument)?);
        }
        self.apply(function, bound, span)
    }

    fn expressions<'e>(
        &self,
        name: &str,
        arguments: &'e [FunctionArg],
        span: &Range<usize>,
    ) -> Result<Vec<&'e Expr>, ConditionError> {
        arguments
            .iter()
            .map(|argument| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expression)) => Ok(expression),
                _ => {
                    let what = format!("this form of `{name}`");
                    Err(self.error(ConditionErrorKind::Unsupported { what }, span.clone()))
                }
            })
            .collect()
    }

    /// The second argument of `round`: a plain number from 0 to 10.
    fn digits(&self, expression: &Expr) -> Result<i8, ConditionError> {
        let found = match expression {
            Expr::Value(value) => match &value.value {
                Value::Number(text, _) => text.parse::<i8>().ok(),
                _ => None,
            },
            _ => None,
        };
        match found {
            Some(digits) if (0..=MOST_DECIMALS).contains(&digits) => Ok(digits),
            _ => {
                let kind = ConditionErrorKind::BadLiteral {
                    literal: expression.to_string(),
                    expected: "a number of decimals from 0 to 10",
                };
                let place = super::place::bytes(self.text(), expression.span());
                Err(self.error(kind, place))
            }
        }
    }

    fn count(
        &self,
        name: &str,
        function: Function,
        found: usize,
        span: &Range<usize>,
    ) -> Result<(), ConditionError> {
        let (fits, expected) = match function {
            Function::Least | Function::Greatest | Function::Coalesce => {
                (found >= 1, "one argument or more")
            }
            Function::Round(_) => (found == 1, "one or two arguments"),
            _ => (found == 1, "one argument"),
        };
        if fits {
            return Ok(());
        }
        let kind = ConditionErrorKind::ArgumentCount {
            name: name.to_owned(),
            expected,
            found,
        };
        Err(self.error(kind, span.clone()))
    }

    /// Gives bound arguments to a function and finds the kind of its result.
    pub(crate) fn apply(
        &self,
        function: Function,
        arguments: Vec<Typed>,
        span: Range<usize>,
    ) -> Bound {
        let name = name_of(function);
        let mut bound = Vec::with_capacity(arguments.len());
        let mut kind = Kind::Null;
        for argument in arguments {
            let argument = match function {
                Function::Lower => self.needs(name, "text", argument, Kind::Text)?,
                Function::Least | Function::Greatest | Function::Coalesce => argument,
                _ => self.number(name, argument)?,
            };
            kind = kind.common(argument.kind).ok_or_else(|| {
                let differ = ConditionErrorKind::KindsDiffer {
                    what: name.to_owned(),
                    left: kind,
                    right: argument.kind,
                };
                self.error(differ, argument.span.clone())
            })?;
            bound.push(argument);
        }
        let nodes: Vec<Tree> = bound
            .into_iter()
            .map(|argument| widen(argument, kind).node)
            .collect();
        if kind == Kind::Null {
            let node = literal::null(Kind::Null);
            return Ok(Typed { node, kind, span });
        }
        let result = match (function, kind) {
            (Function::Round(digits), Kind::Decimal(scale)) => Kind::Decimal(scale.min(digits)),
            (Function::Floor | Function::Ceiling, Kind::Decimal(_)) => Kind::Decimal(0),
            _ => kind,
        };
        Ok(Typed {
            node: Node::Function(function, nodes).into(),
            kind: result,
            span,
        })
    }
}

pub(super) const fn name_of(function: Function) -> &'static str {
    match function {
        Function::Absolute => "abs",
        Function::Round(_) => "round",
        Function::Floor => "floor",
        Function::Ceiling => "ceil",
        Function::Least => "least",
        Function::Greatest => "greatest",
        Function::Coalesce => "coalesce",
        Function::Lower => "lower",
    }
}
