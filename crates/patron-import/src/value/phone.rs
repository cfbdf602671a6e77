//! Telephone numbers, as far as two spellings of one must be one: E.164, where the country is known.

use crate::value::country::Country;

/// Fewest digits of a number that one household has to itself.
const FEWEST_DIGITS: usize = 7;
/// Most digits of any number (ITU-T E.164).
const MOST_DIGITS: usize = 15;

/// A telephone number without what people and spreadsheets put between its digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Phone {
    /// A plus, the country's code, the number.
    International(String),
    /// As dialled within a country that is not known.
    National(String),
}

/// Reads a telephone number; nothing if it is none.
///
/// A number that begins with a plus, or `00` for it, is taken as it is, but for a trunk prefix in it (`+49 (0)30 …`). Any
/// other is one of the country given: its trunk prefix is dropped. A number without one that is too long for the country
/// and begins with its code has it already. Where no country is given, a Chinese mobile number of eleven digits is
/// Chinese, since exports write it with and without `+86`.
pub(crate) fn read(text: &str, country: Option<&'static Country>) -> Option<Phone> {
    let bare = text.trim_start_matches(['\'', ' ']);
    // What was a number in a spreadsheet.
    let bare = bare.strip_suffix(".0").unwrap_or(bare);
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
    if plus {
        return international(&digits);
    }
    match country {
        Some(country) => within(&digits, country).and_then(|digits| international(&digits)),
        None if is_chinese_mobile(&digits) => Some(Phone::International(format!("+86{digits}"))),
        None => Some(Phone::National(digits)),
    }
}

/// No country's code begins with a zero; behind one that is known a trunk zero is dropped.
fn international(digits: &str) -> Option<Phone> {
    if digits.starts_with('0') {
        return None;
    }
    let number = Country::of_number(digits)
        .filter(|country| country.trunk == "0")
        .and_then(|country| {
            let number = digits.strip_prefix(country.calling)?.strip_prefix('0')?;
            Some(format!("+{}{number}", country.calling))
        });
    Some(Phone::International(
        number.unwrap_or_else(|| format!("+{digits}")),
    ))
}

/// Returns a number of a country with the country's code; nothing if it has too few or too many digits to be one.
fn within(digits: &str, country: &Country) -> Option<String> {
    let (fewest, most) = country.digits;
    let fits = |number: &str| (fewest..=most).contains(&number.len());
    // From there abroad one dials 011.
    if country.calling == "1"
        && let Some(abroad) = digits.strip_prefix("011")
        && !fits(digits)
    {
        return Some(abroad.to_owned());
    }
    let dialled = digits.strip_prefix(country.trunk);
    if !country.trunk.is_empty()
        && let Some(number) = dialled.filter(|number| fits(number))
        // An area code may begin as the trunk prefix does, unless that is a zero.
        && (country.trunk == "0" || !fits(digits))
    {
        return Some(format!("{}{number}", country.calling));
    }
    // Where a zero is dialled before a number, none begins with one.
    if fits(digits) && !(country.trunk == "0" && digits.starts_with('0')) {
        return Some(format!("{}{digits}", country.calling));
    }
    let abroad = digits.strip_prefix(country.calling)?;
    fits(abroad).then(|| digits.to_owned())
}

fn is_chinese_mobile(digits: &str) -> bool {
    digits.len() == 11 && matches!(digits.as_bytes(), [b'1', b'3'..=b'9', ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, country: &str) -> Option<String> {
        match read(text, Country::find(country))? {
            Phone::International(number) => Some(number),
            Phone::National(digits) => Some(format!("national {digits}")),
        }
    }

    #[test]
    fn spellings_of_one_number_are_one() {
        for text in [
            "+86 138-1234-5678",
            "'13812345678",
            "0086 13812345678",
            "138 1234 5678",
            "13812345678.0",
        ] {
            assert_eq!(of(text, "").as_deref(), Some("+8613812345678"), "{text}");
        }
        assert_eq!(
            of("(030) 123.45/67", "").as_deref(),
            Some("national 0301234567")
        );
    }

    #[test]
    fn a_national_number_loses_its_trunk_prefix_abroad() {
        // Numbers that the numbering plans keep for films and examples, where they have such.
        for (text, country, expected) in [
            ("030 23125 000", "DE", "+493023125000"),
            ("0171 39200 01", "Germany", "+491713920001"),
            // A spreadsheet ate the zero; somebody left out the plus.
            ("1713920001", "DE", "+491713920001"),
            ("491713920001", "DE", "+491713920001"),
            ("+49 (0)30 23125000", "", "+493023125000"),
            ("0049 030 23125000", "FR", "+493023125000"),
            ("020 7946 0018", "GB", "+442079460018"),
            ("01 99 00 12 34", "FR", "+33199001234"),
            // Italy keeps the zero.
            ("06 6982", "IT", "national"),
            ("06 69821234", "IT", "+390669821234"),
            ("+39 06 69821234", "", "+390669821234"),
            ("612 34 56 78", "ES", "+34612345678"),
            ("06 1 234 5678", "HU", "+3612345678"),
            ("8 (495) 123-45-67", "RU", "+74951234567"),
            ("(415) 555-0132", "US", "+14155550132"),
            ("1-415-555-0132", "United States", "+14155550132"),
            ("011 49 30 23125000", "US", "+493023125000"),
            ("010 1234 5678", "CN", "+861012345678"),
            ("138 1234 5678", "CN", "+8613812345678"),
            ("010-1234567", "CN", "+86101234567"),
            ("0571-88881234", "CN", "+8657188881234"),
            ("13812345678", "US", "+13812345678"),
            ("0912 345 678", "TW", "+886912345678"),
            ("090-1234-5678", "JP", "+819012345678"),
            ("0491 570 006", "AU", "+61491570006"),
            ("(11) 96123-4567", "BR", "+5511961234567"),
            ("98765 43210", "IN", "+919876543210"),
            ("8123 4567", "SG", "+6581234567"),
        ] {
            let expected = (expected != "national").then(|| expected.to_owned());
            assert_eq!(of(text, country), expected, "{text} in {country}");
        }
    }

    #[test]
    fn reading_a_number_again_changes_nothing() {
        for text in ["030 23125 000", "0171 3920001", "+49 (0)30 23125000"] {
            let once = of(text, "DE").unwrap();
            for country in ["", "DE", "US", "IT"] {
                assert_eq!(of(&once, country).as_ref(), Some(&once), "{text}");
            }
        }
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
            "+0301234567",
        ] {
            assert_eq!(of(text, ""), None, "{text}");
            assert_eq!(of(text, "DE"), None, "{text}");
        }
        // Too short or too long for the country.
        assert_eq!(of("0301234567890123", "DE"), None);
        assert_eq!(of("555-0132", "US"), None);
    }
}
