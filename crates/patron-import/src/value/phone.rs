//! Telephone numbers, as far as two spellings of one must be one.

/// Fewest digits of a number that one household has to itself.
const FEWEST_DIGITS: usize = 7;
/// Most digits of any number (ITU-T E.164).
const MOST_DIGITS: usize = 15;

/// Returns a telephone number without what people and spreadsheets put between its digits; nothing if it is none.
///
/// A leading plus, or `00` for it, stays as a plus. A Chinese mobile number of eleven digits gets its `+86`, since exports
/// write it with and without. Other numbers stay as they are: which country they belong to is not known here.
pub(crate) fn normalised(text: &str) -> Option<String> {
    let bare = text.trim_start_matches(['\'', ' ']);
    let filler =
        |letter: char| letter.is_whitespace() || matches!(letter, '-' | '(' | ')' | '.' | '/');
    let (plus, rest) = match bare.strip_prefix('+').or_else(|| bare.strip_prefix("00")) {
        Some(rest) => (true, rest),
        None => (false, bare),
    };
    if !rest
        .chars()
        .all(|letter| letter.is_ascii_digit() || filler(letter))
    {
        return None;
    }
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    if !(FEWEST_DIGITS..=MOST_DIGITS).contains(&digits.len())
        || digits.bytes().all(|digit| digit == b'0')
    {
        return None;
    }
    let chinese_mobile =
        !plus && digits.len() == 11 && matches!(digits.as_bytes(), [b'1', b'3'..=b'9', ..]);
    Some(match (plus, chinese_mobile) {
        (true, _) => format!("+{digits}"),
        (false, true) => format!("+86{digits}"),
        (false, false) => digits,
    })
}

#[cfg(test)]
mod tests {
    use super::normalised;

    #[test]
    fn spellings_of_one_number_are_one() {
        for text in [
            "+86 138-1234-5678",
            "'13812345678",
            "0086 13812345678",
            "138 1234 5678",
        ] {
            assert_eq!(
                normalised(text).as_deref(),
                Some("+8613812345678"),
                "{text}"
            );
        }
        assert_eq!(normalised("(030) 123.45/67").as_deref(), Some("0301234567"));
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in [
            "",
            "138****5678",
            "12345",
            "0000000",
            "call me",
            "1234567890123456",
        ] {
            assert_eq!(normalised(text), None, "{text}");
        }
    }
}
