//! From lines and columns, as the parser counts, to bytes of the text.

use std::ops::Range;

use sqlparser::tokenizer::{Location, Span};

/// Returns the bytes of `text` that a span covers; all of it (without surrounding white space) for an empty span.
pub(crate) fn bytes(text: &str, span: Span) -> Range<usize> {
    if span.start.line == 0 {
        return whole(text);
    }
    let start = byte(text, span.start);
    let end = byte(text, span.end);
    if start < end {
        start..end
    } else {
        from(text, start)
    }
}

/// Returns the bytes of the token that starts at a line and column.
pub(crate) fn from_location(text: &str, line: u64, column: u64) -> Range<usize> {
    from(text, byte(text, Location::new(line, column)))
}

/// Everything but surrounding white space.
pub(crate) fn whole(text: &str) -> Range<usize> {
    let start = text.len() - text.trim_start().len();
    start..text.trim_end().len().max(start)
}

/// A word, or one character, that starts here; the last character where the text has ended.
fn from(text: &str, start: usize) -> Range<usize> {
    let rest = text.get(start..).unwrap_or_default();
    if rest.trim().is_empty() {
        let end = text.trim_end().len();
        let last = text.get(..end).and_then(|text| text.chars().next_back());
        return end - last.map_or(0, char::len_utf8)..end;
    }
    let word = rest
        .find(|character: char| !(character.is_alphanumeric() || character == '_'))
        .unwrap_or(rest.len());
    let first = rest.chars().next().map_or(0, char::len_utf8);
    start..start + word.max(first)
}

fn byte(text: &str, location: Location) -> usize {
    let line = usize::try_from(location.line.saturating_sub(1)).unwrap_or(usize::MAX);
    let column = usize::try_from(location.column.saturating_sub(1)).unwrap_or(usize::MAX);
    let line_start = match line {
        0 => 0,
        _ => text
            .match_indices('\n')
            .nth(line - 1)
            .map_or(text.len(), |(at, _)| at + 1),
    };
    let rest = text.get(line_start..).unwrap_or_default();
    let offset = rest
        .char_indices()
        .nth(column)
        .map_or(rest.len(), |(at, _)| at);
    line_start + offset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_wide_characters_are_counted_as_the_parser_does() {
        let text = "octant = '高'\n  AND foo = 1";
        assert_eq!(&text[from_location(text, 2, 7)], "foo");
        assert_eq!(&text[from_location(text, 1, 10)], "'");
        assert_eq!(&text[from_location(text, 9, 9)], "1");
        assert_eq!(whole("  a "), 2..3);
        assert_eq!(whole("   "), 3..3);
    }
}
