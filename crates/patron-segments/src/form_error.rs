//! Files that people write: how they are read, and what is wrong with them, in words and with its place.

use std::io;
use std::ops::Range;
use std::path::Path;

/// A TOML file that has not the form it should have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FormError {
    /// What was found and expected.
    pub message: String,
    /// The whole file.
    pub text: String,
    /// The bytes of it that are wrong.
    pub span: Range<usize>,
}

/// The parser's words for types, and what a person who writes settings calls them; longer ones first.
const WORDS: [(&str, &str); 18] = [
    ("invalid type: ", "found "),
    ("invalid value: ", "found "),
    ("integer `", "the number `"),
    ("floating point `", "the number `"),
    ("boolean `", "the value `"),
    ("string \"", "the text \""),
    ("expected a string", "expected text in quotes"),
    ("expected a sequence", "expected a list in brackets"),
    ("expected an array", "expected a list"),
    ("expected a boolean", "expected true or false"),
    ("expected a map", "expected a table"),
    ("expected f64", "expected a number"),
    ("expected i32", "expected a whole number"),
    ("expected u8", "expected a whole number from 0 to 255"),
    ("expected u32", "expected a whole number of at least 0"),
    ("unknown field ", "there is no "),
    ("unknown variant ", "there is no "),
    ("missing field ", "lacks "),
];

impl FormError {
    /// Puts what the parser says of a text into plain words.
    #[must_use]
    pub fn new(cause: &toml::de::Error, text: &str) -> Self {
        Self {
            message: in_plain_words(cause.message()),
            text: text.to_owned(),
            span: cause.span().unwrap_or(0..0),
        }
    }

    /// Returns the line of the place, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        let before = self.text.get(..self.span.start).unwrap_or_default();
        before.matches('\n').count() + 1
    }
}

/// Reads a file that somebody wrote, of at most so many bytes.
///
/// # Errors
/// Why not, in words that go on from "cannot read the file:".
pub fn read_written(path: &Path, most_bytes: u64) -> Result<String, String> {
    let size = std::fs::metadata(path)
        .map_err(|cause| unreadable(&cause))?
        .len();
    if size > most_bytes {
        return Err(format!(
            "it has {size} bytes, at most {most_bytes} are read"
        ));
    }
    std::fs::read_to_string(path).map_err(|cause| unreadable(&cause))
}

fn unreadable(cause: &io::Error) -> String {
    match cause.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "it may not be read, check its rights".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::InvalidData => "it is not text in UTF-8".to_owned(),
        _ => cause.to_string(),
    }
}

fn in_plain_words(message: &str) -> String {
    let length = message
        .strip_prefix("invalid length ")
        .and_then(|rest| rest.split_once(", expected an array of length "));
    if let Some((found, expected)) = length {
        return format!("the list has {found} values, expected {expected}");
    }
    let mut words = message.trim().replace('\n', ", ");
    for (theirs, ours) in WORDS {
        words = words.replace(theirs, ours);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_named_as_people_name_them() {
        for (theirs, ours) in [
            (
                "invalid type: integer `5`, expected a string",
                "found the number `5`, expected text in quotes",
            ),
            (
                "invalid type: string \"a\", expected f64",
                "found the text \"a\", expected a number",
            ),
            (
                "invalid length 2, expected an array of length 3",
                "the list has 2 values, expected 3",
            ),
            ("missing field `names`", "lacks `names`"),
        ] {
            assert_eq!(in_plain_words(theirs), ours);
        }
    }
}
