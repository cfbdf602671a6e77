//! From text to the parser's tree, within limits.

use sqlparser::ast::Expr;
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use super::error::{ConditionError, ConditionErrorKind};
use super::place;

/// The longest condition, in bytes.
pub const LONGEST_CONDITION: usize = 64 * 1024;
/// The most operators and parentheses. A tree is never deeper than it has operators, so dropping it stays in the stack.
pub const MOST_OPERATORS: usize = 2_000;
/// How deeply parentheses and operators may nest.
pub(crate) const DEEPEST_NESTING: usize = 64;

pub(crate) fn parse(text: &str) -> Result<Expr, ConditionError> {
    let error = |kind, span| ConditionError {
        kind,
        text: text.to_owned(),
        span,
    };
    if text.len() > LONGEST_CONDITION {
        let kind = ConditionErrorKind::TooLong {
            limit: LONGEST_CONDITION,
            found: text.len(),
        };
        return Err(error(kind, place::whole(text)));
    }
    let tokens = Tokenizer::new(&GenericDialect {}, text)
        .tokenize_with_location()
        .map_err(|cause| {
            let kind = ConditionErrorKind::Syntax {
                message: cause.message,
            };
            let at = cause.location;
            error(kind, place::from_location(text, at.line, at.column))
        })?;
    if !tokens.iter().any(|token| !is_space(&token.token)) {
        return Err(error(ConditionErrorKind::Empty, place::whole(text)));
    }
    if let Some(token) = tokens
        .iter()
        .filter(|token| nests(token))
        .nth(MOST_OPERATORS)
    {
        let kind = ConditionErrorKind::TooComplex {
            limit: MOST_OPERATORS,
        };
        return Err(error(kind, place::bytes(text, token.span)));
    }
    let mut parser = Parser::new(&GenericDialect {})
        .with_recursion_limit(DEEPEST_NESTING)
        .with_tokens_with_locations(tokens);
    let expression = parser.parse_expr().map_err(|cause| syntax(text, &cause))?;
    let next = parser.peek_token();
    if next.token == Token::EOF {
        return Ok(expression);
    }
    let kind = ConditionErrorKind::Syntax {
        message: format!("expected the end or AND, OR, found `{}`", next.token),
    };
    Err(error(kind, place::bytes(text, next.span)))
}

const fn is_space(token: &Token) -> bool {
    matches!(token, Token::Whitespace(_) | Token::EOF)
}

/// Whether a token can make the tree one deeper.
fn nests(token: &TokenWithSpan) -> bool {
    match &token.token {
        Token::Word(word) => matches!(
            word.value.to_ascii_uppercase().as_str(),
            "AND" | "OR" | "NOT" | "XOR" | "IS" | "IN" | "BETWEEN" | "LIKE" | "ILIKE" | "CASE"
        ),
        Token::Number(..) | Token::SingleQuotedString(_) | Token::DoubleQuotedString(_) => false,
        Token::Comma | Token::RParen => false,
        other => !is_space(other),
    }
}

/// The parser names the place at the end of its message: ` at Line: 1, Column: 5`.
fn syntax(text: &str, cause: &ParserError) -> ConditionError {
    let (kind, span) = match cause {
        ParserError::RecursionLimitExceeded => (
            ConditionErrorKind::TooComplex {
                limit: MOST_OPERATORS,
            },
            place::whole(text),
        ),
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => {
            let (words, at) = message
                .rsplit_once(" at Line: ")
                .map_or((message.as_str(), None), |(words, at)| {
                    (words, location(at))
                });
            let span = at.map_or_else(
                || end_of(text),
                |(line, column)| place::from_location(text, line, column),
            );
            let message = lower_first(words).replace("found: EOF", "found the end");
            (ConditionErrorKind::Syntax { message }, span)
        }
    };
    ConditionError {
        kind,
        text: text.to_owned(),
        span,
    }
}

/// The last character: the parser gives no place where the text has ended.
fn end_of(text: &str) -> std::ops::Range<usize> {
    place::from_location(text, u64::MAX, 1)
}

fn location(words: &str) -> Option<(u64, u64)> {
    let (line, column) = words.split_once(", Column: ")?;
    Some((line.parse().ok()?, column.trim().parse().ok()?))
}

fn lower_first(words: &str) -> String {
    let mut characters = words.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(characters).collect()
    })
}
