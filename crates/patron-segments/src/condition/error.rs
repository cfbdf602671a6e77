//! What can be wrong with a condition, and where in its text.

use std::fmt;
use std::ops::Range;

use patron_core::{Coded, ErrorCode};

use super::kind::Kind;

/// Why a condition cannot be understood or evaluated, with the place in the user's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionError {
    /// What is wrong.
    pub kind: ConditionErrorKind,
    /// The whole condition as the user wrote it.
    pub text: String,
    /// The bytes of `text` that are wrong: never beyond it, on character boundaries, empty only for an empty text.
    pub span: Range<usize>,
}

/// What is wrong with a condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConditionErrorKind {
    /// Nothing but white space.
    #[error("found no condition, expected an expression such as `f_score >= 4`")]
    Empty,
    /// Longer than any sensible condition.
    #[error("the condition has {found} bytes, at most {limit} are read")]
    TooLong {
        /// The most bytes.
        limit: usize,
        /// The bytes there are.
        found: usize,
    },
    /// Too many operators, or nested too deeply.
    #[error("the condition is nested too deeply or has more than {limit} operators")]
    TooComplex {
        /// The most operators.
        limit: usize,
    },
    /// Not SQL.
    #[error("not a SQL expression: {message}")]
    Syntax {
        /// What the parser expected and found.
        message: String,
    },
    /// SQL that conditions do not know.
    #[error("{what} is not supported in a condition")]
    Unsupported {
        /// The construct.
        what: String,
    },
    /// No such column.
    #[error("no column `{name}`")]
    UnknownColumn {
        /// The name as written.
        name: String,
        /// The most similar name there is.
        nearest: Option<String>,
        /// All columns there are.
        columns: Vec<String>,
    },
    /// A column exists but its type cannot be compared.
    #[error("column `{name}` has type {found}, which conditions cannot use")]
    ColumnType {
        /// The column.
        name: String,
        /// Its type.
        found: String,
    },
    /// No such function.
    #[error("no function `{name}`")]
    UnknownFunction {
        /// The name as written.
        name: String,
    },
    /// A function with too many or too few arguments.
    #[error("function `{name}` takes {expected}, found {found}")]
    ArgumentCount {
        /// The function.
        name: String,
        /// What it takes, in words.
        expected: &'static str,
        /// How many there are.
        found: usize,
    },
    /// An operand of the wrong type.
    #[error("{what} needs {expected}, found {found}")]
    TypeMismatch {
        /// The operator or function.
        what: String,
        /// What it needs, in words.
        expected: String,
        /// The type found.
        found: Kind,
    },
    /// The two sides of a comparison, or the arguments of a function, do not go together.
    #[error("{what} cannot put {left} and {right} together")]
    KindsDiffer {
        /// The operator or function.
        what: String,
        /// One type.
        left: Kind,
        /// The other.
        right: Kind,
    },
    /// A literal that is not what it should be.
    #[error("`{literal}` is not {expected}")]
    BadLiteral {
        /// As written.
        literal: String,
        /// What was expected, in words.
        expected: &'static str,
    },
    /// A column of keys is compared with a text that is none of them.
    #[error("column `{column}` is never `{found}`")]
    UnknownKey {
        /// The column.
        column: &'static str,
        /// The text as written.
        found: String,
        /// All keys there are.
        keys: &'static [&'static str],
    },
    /// A batch of rows does not have the columns that the condition was compiled for, or a number left its range.
    #[error("cannot evaluate the condition: {message}")]
    Evaluation {
        /// What went wrong.
        message: String,
    },
}

impl fmt::Display for ConditionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.text.get(self.span.clone()).unwrap_or_default();
        if place.is_empty() || place.len() > 60 {
            write!(f, "{}", self.kind)
        } else {
            write!(f, "{} (at `{place}`)", self.kind)
        }
    }
}

impl std::error::Error for ConditionError {}

impl Coded for ConditionError {
    fn code(&self) -> ErrorCode {
        ErrorCode::ConditionInvalid
    }

    fn key(&self) -> &'static str {
        match self.kind {
            ConditionErrorKind::Empty => "condition_empty",
            ConditionErrorKind::TooLong { .. } => "condition_too_long",
            ConditionErrorKind::TooComplex { .. } => "condition_too_complex",
            ConditionErrorKind::Syntax { .. } => "condition_syntax",
            ConditionErrorKind::Unsupported { .. } => "condition_unsupported",
            ConditionErrorKind::UnknownColumn { .. } => "condition_unknown_column",
            ConditionErrorKind::ColumnType { .. } => "condition_column_type",
            ConditionErrorKind::UnknownFunction { .. } => "condition_unknown_function",
            ConditionErrorKind::ArgumentCount { .. } => "condition_argument_count",
            ConditionErrorKind::TypeMismatch { .. } => "condition_type_mismatch",
            ConditionErrorKind::KindsDiffer { .. } => "condition_kinds_differ",
            ConditionErrorKind::BadLiteral { .. } => "condition_bad_literal",
            ConditionErrorKind::UnknownKey { .. } => "condition_unknown_key",
            ConditionErrorKind::Evaluation { .. } => "condition_evaluation",
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        let mut params = vec![
            ("condition", self.text.clone()),
            ("start", self.span.start.to_string()),
            ("end", self.span.end.to_string()),
        ];
        match &self.kind {
            ConditionErrorKind::UnknownColumn { name, columns, .. } => {
                params.push(("name", name.clone()));
                params.push(("columns", columns.join(", ")));
            }
            ConditionErrorKind::ColumnType { name, found } => {
                params.push(("name", name.clone()));
                params.push(("found", found.clone()));
            }
            ConditionErrorKind::UnknownFunction { name } => params.push(("name", name.clone())),
            ConditionErrorKind::UnknownKey {
                column,
                found,
                keys,
                ..
            } => {
                params.push(("column", (*column).to_owned()));
                params.push(("found", found.clone()));
                params.push(("keys", keys.join(", ")));
            }
            ConditionErrorKind::Unsupported { what } => params.push(("what", what.clone())),
            ConditionErrorKind::Syntax { message } | ConditionErrorKind::Evaluation { message } => {
                params.push(("message", message.clone()));
            }
            _ => {}
        }
        params
    }

    fn hint(&self) -> Option<String> {
        match &self.kind {
            ConditionErrorKind::UnknownColumn { name, .. }
                if self
                    .text
                    .get(self.span.start..)
                    .unwrap_or_default()
                    .starts_with('"') =>
            {
                Some(format!(
                    "double quotes name a column; text goes in single quotes: '{name}'"
                ))
            }
            ConditionErrorKind::UnknownColumn {
                nearest, columns, ..
            } => {
                let all = format!("the columns are {}", columns.join(", "));
                Some(match nearest {
                    Some(name) => format!("did you mean `{name}`? {all}"),
                    None => all,
                })
            }
            ConditionErrorKind::UnknownKey { found, keys, .. } => {
                let all = format!("it is one of {}", keys.join(", "));
                let keys: Vec<String> = keys.iter().map(|&key| key.to_owned()).collect();
                Some(match crate::nearest::nearest(found, &keys) {
                    Some(key) => format!("did you mean `{key}`? {all}"),
                    None => all,
                })
            }
            ConditionErrorKind::UnknownFunction { .. } => Some(format!(
                "the functions are {}",
                super::bind::FUNCTIONS.join(", ")
            )),
            ConditionErrorKind::KindsDiffer { .. } => Some(
                "put text in single quotes, write numbers without, and dates as DATE '2025-01-31'"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}
