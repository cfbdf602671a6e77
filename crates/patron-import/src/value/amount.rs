//! Amounts, prices and quantities as text.

use std::borrow::Cow;

use patron_core::{Money, MoneyError, ParsedMoney};

use crate::options::DecimalMark;

/// Longest run of letters that may stand for a currency.
const LONGEST_CURRENCY: usize = 4;
/// Signs and words that stand for a currency, with its code where there is only one.
const CURRENCY_SIGNS: &[(&str, &str)] = &[
    ("US$", "USD"),
    ("HK$", "HKD"),
    ("NT$", "TWD"),
    ("CN¥", "CNY"),
    ("R$", "BRL"),
    ("A$", "AUD"),
    ("C$", "CAD"),
    ("$", "$"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("¥", "¥"),
    ("￥", "¥"),
    ("₹", "INR"),
    ("₽", "RUB"),
    ("₩", "KRW"),
    ("₺", "TRY"),
    ("zł", "PLN"),
    ("kr", "kr"),
    ("Kč", "CZK"),
    ("Ft", "HUF"),
    ("RMB", "CNY"),
    ("元", "CNY"),
    ("圓", "TWD"),
    ("円", "JPY"),
];

/// An amount as its text gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AmountText<'a> {
    pub(crate) parsed: ParsedMoney,
    /// The currency the text names: a code, or `$`, `¥`, `kr` which several currencies share.
    pub(crate) currency: Option<&'a str>,
    /// The only mark is one comma or point before three digits, read as a thousands mark.
    pub(crate) one_thousands_mark: bool,
}

/// Returns the code of a currency that a cell names by sign, word or code in any case; as it stands if it is none known.
pub(crate) fn currency_code(name: &str) -> Cow<'_, str> {
    if let Some((_, code)) = CURRENCY_SIGNS.iter().find(|(sign, _)| *sign == name) {
        return Cow::Borrowed(code);
    }
    if name.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return Cow::Owned(name.to_ascii_uppercase());
    }
    Cow::Borrowed(name)
}

/// What a sample says about the decimal mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MarkEvidence {
    /// No mark at all, or not a number.
    None,
    /// Only fits a decimal point.
    Point,
    /// Only fits a decimal comma.
    Comma,
    /// One comma before three digits: a thousands mark or a decimal one.
    CommaAmbiguous,
}

/// Reads a trimmed text as an amount with up to four decimals kept.
pub(crate) fn parse(text: &str, mark: DecimalMark) -> Result<AmountText<'_>, MoneyError> {
    if mark == DecimalMark::Point
        && let Some(amount) = parse_plain(text.as_bytes())
    {
        return Ok(AmountText {
            parsed: ParsedMoney {
                amount: Money(amount),
                rounded: false,
            },
            currency: None,
            one_thousands_mark: false,
        });
    }
    parse_marked(text, mark)
}

/// Reads `-123.45`: an optional minus, at most sixteen characters, at most four decimals; anything else is left to
/// [`parse_marked`].
fn parse_plain(bytes: &[u8]) -> Option<i64> {
    let (negative, digits) = match bytes {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    let mut value: i64 = 0;
    let mut decimals: Option<u32> = None;
    let mut seen = false;
    for &byte in digits {
        match (byte, decimals) {
            (b'0'..=b'9', _) => {
                value = value * 10 + i64::from(byte - b'0');
                decimals = decimals.map(|count| count + 1);
                seen = true;
            }
            (b'.', None) => decimals = Some(0),
            _ => return None,
        }
    }
    let scale = match decimals {
        None | Some(0) => 10_000,
        Some(1) => 1_000,
        Some(2) => 100,
        Some(3) => 10,
        Some(4) => 1,
        Some(_) => return None,
    };
    if !seen {
        return None;
    }
    let value = value.checked_mul(scale)?;
    Some(if negative { -value } else { value })
}

fn parse_marked(text: &str, mark: DecimalMark) -> Result<AmountText<'_>, MoneyError> {
    let stripped = strip(text).ok_or(MoneyError::NotANumber)?;
    let number = without_thousands(stripped.digits, mark).ok_or(MoneyError::NotANumber)?;
    let mut parsed = Money::parse(&number.0)?;
    if stripped.negative {
        parsed.amount = -parsed.amount;
    }
    Ok(AmountText {
        parsed,
        currency: stripped.currency,
        one_thousands_mark: number.1,
    })
}

struct Stripped<'a> {
    negative: bool,
    currency: Option<&'a str>,
    /// Digits with their marks, starting with a digit or a mark.
    digits: &'a str,
}

/// Takes off sign, parentheses and currency, in any order, at both ends.
fn strip(text: &str) -> Option<Stripped<'_>> {
    // A leading apostrophe keeps digits as text in a spreadsheet.
    let mut rest = text.trim();
    rest = rest.strip_prefix('\'').unwrap_or(rest);
    let mut negative = false;
    let mut currency = None;
    if let Some(inner) = rest
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
    {
        (negative, rest) = (true, inner.trim());
    }
    // Sign and currency come in any order: `-$5`, `$-5`, `5- €`, `EUR 5`.
    for _ in 0..2 {
        if let Some((found, left)) = currency_at_start(rest).or_else(|| currency_at_end(rest)) {
            if currency.is_some() {
                return None;
            }
            (currency, rest) = (Some(found), left.trim());
        }
        let signed = rest
            .strip_prefix(['-', '−'])
            .or_else(|| rest.strip_suffix(['-', '−']));
        if let Some(left) = signed {
            if negative {
                return None;
            }
            (negative, rest) = (true, left.trim());
        } else if let Some(left) = rest.strip_prefix('+') {
            rest = left.trim_start();
        }
    }
    Some(Stripped {
        negative,
        currency,
        digits: rest,
    })
}

fn currency_at_start(text: &str) -> Option<(&str, &str)> {
    for (sign, code) in CURRENCY_SIGNS {
        if let Some(rest) = text.strip_prefix(sign) {
            return Some((code, rest));
        }
    }
    let letters = text.bytes().take_while(u8::is_ascii_uppercase).count();
    let (code, rest) = text.split_at(letters);
    (code.len() == 3).then_some((code, rest))
}

fn currency_at_end(text: &str) -> Option<(&str, &str)> {
    for (sign, code) in CURRENCY_SIGNS {
        if let Some(rest) = text.strip_suffix(sign) {
            return Some((code, rest));
        }
    }
    let letters = text
        .bytes()
        .rev()
        .take_while(u8::is_ascii_uppercase)
        .take(LONGEST_CURRENCY)
        .count();
    let (rest, code) = text.split_at(text.len() - letters);
    (code.len() == 3).then_some((code, rest))
}

fn is_group_mark(letter: char, mark: DecimalMark) -> bool {
    match letter {
        ',' => mark == DecimalMark::Point,
        '.' => mark == DecimalMark::Comma,
        '\'' | '’' | ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '_' => true,
        _ => false,
    }
}

/// Returns the number with a point and without thousands marks, and whether its only mark is one that could be decimal;
/// nothing if the marks do not stand where thousands do (groups of three; of two in India, the last always of three).
fn without_thousands(digits: &str, mark: DecimalMark) -> Option<(Cow<'_, str>, bool)> {
    let decimal = match mark {
        DecimalMark::Point => '.',
        DecimalMark::Comma => ',',
    };
    if mark == DecimalMark::Point && !digits.contains(|letter| is_group_mark(letter, mark)) {
        return Some((Cow::Borrowed(digits), false));
    }
    let (whole, fraction) = match digits.split_once(decimal) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let groups: Vec<&str> = whole.split(|letter| is_group_mark(letter, mark)).collect();
    let (first, others) = groups.split_first()?;
    let lengths_fit = match others.split_last() {
        None => true,
        Some((last, between)) => {
            last.len() == 3
                && (1..=3).contains(&first.len())
                && (between.iter().all(|group| group.len() == 3)
                    || between.iter().all(|group| group.len() == 2))
        }
    };
    if !lengths_fit || fraction.is_some_and(|part| part.contains(|l| is_group_mark(l, mark))) {
        return None;
    }
    let mut number = groups.concat();
    if let Some(fraction) = fraction {
        number.push('.');
        number.push_str(fraction);
    }
    let one_mark = fraction.is_none() && others.len() == 1 && whole.contains([',', '.']);
    Some((Cow::Owned(number), one_mark))
}

/// Returns what a trimmed text says about the decimal mark.
pub(crate) fn mark_evidence(text: &str) -> MarkEvidence {
    let Some(stripped) = strip(text) else {
        return MarkEvidence::None;
    };
    let digits = stripped.digits;
    if !digits.contains([',', '.']) {
        return MarkEvidence::None;
    }
    let fits =
        |mark| without_thousands(digits, mark).filter(|(number, _)| Money::parse(number).is_ok());
    match (fits(DecimalMark::Point), fits(DecimalMark::Comma)) {
        (Some(_), None) => MarkEvidence::Point,
        (None, Some(_)) => MarkEvidence::Comma,
        (Some((_, true)), Some(_)) => MarkEvidence::CommaAmbiguous,
        // One point before three digits is far more often a decimal point (weights, unit prices) than thousands.
        (Some(_), Some(_)) => MarkEvidence::None,
        (None, None) => MarkEvidence::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DecimalMark::{Comma, Point};

    fn amount(text: &str, mark: DecimalMark) -> Option<i64> {
        parse(text, mark).ok().map(|amount| amount.parsed.amount.0)
    }

    #[test]
    fn amounts_are_read_in_every_common_form() {
        for (text, expected) in [
            ("0", 0),
            ("12.5", 125_000),
            ("-3", -30_000),
            (".5", 5_000),
            ("5.", 50_000),
            ("1,234.50", 12_345_000),
            ("1,234,567", 12_345_670_000),
            ("1'234.5", 12_345_000),
            ("1 234.5", 12_345_000),
            ("1,00,000.00", 1_000_000_000),
            ("(12.50)", -125_000),
            ("12.50-", -125_000),
            ("+12.50", 125_000),
            ("$12.50", 125_000),
            ("-$12.50", -125_000),
            ("$-12.50", -125_000),
            ("($1,000.00)", -10_000_000),
            ("12.50 EUR", 125_000),
            ("USD12.50", 125_000),
            ("￥12", 120_000),
            ("12元", 120_000),
            ("1.25e2", 1_250_000),
            ("123456789012", 1_234_567_890_120_000),
            ("12345678901234.56", 123_456_789_012_345_600),
        ] {
            assert_eq!(amount(text, Point), Some(expected), "{text}");
        }
        for (text, expected) in [
            ("1.234,50", 12_345_000),
            ("12,5", 125_000),
            ("1.234", 12_340_000),
            ("1 234,50 €", 12_345_000),
            ("12", 120_000),
        ] {
            assert_eq!(amount(text, Comma), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in [
            "",
            "-",
            ".",
            "abc",
            "12,5",
            "1,23,4",
            "1.2.3",
            "12.50.",
            "--5",
            "(5",
            "€5$",
            "1,2345",
            "12abc",
            "0x10",
            "5%",
            "(-5)",
            "NaN",
            "1,234,56.7",
            "free",
        ] {
            assert_eq!(amount(text, Point), None, "{text}");
        }
        assert_eq!(amount("12.5", Comma), None);
        assert_eq!(parse("1e30", Point), Err(MoneyError::TooLarge));
    }

    #[test]
    fn more_than_four_decimals_are_rounded_half_to_even_and_said() {
        let parsed = parse("0.00015", Point).unwrap().parsed;
        assert_eq!((parsed.amount, parsed.rounded), (Money(2), true));
        let parsed = parse("0.0001", Point).unwrap().parsed;
        assert_eq!((parsed.amount, parsed.rounded), (Money(1), false));
    }

    #[test]
    fn a_currency_is_named_by_its_code_where_it_has_one() {
        let currency = |text| parse(text, Point).unwrap().currency;
        assert_eq!(currency("€5"), Some("EUR"));
        assert_eq!(currency("5 CHF"), Some("CHF"));
        assert_eq!(currency("US$5"), Some("USD"));
        assert_eq!(currency("$5"), Some("$"));
        assert_eq!(currency("5"), None);
    }

    #[test]
    fn evidence_for_the_decimal_mark() {
        for (text, evidence) in [
            ("12.50", MarkEvidence::Point),
            ("1,234.50", MarkEvidence::Point),
            ("12,50", MarkEvidence::Comma),
            ("1.234,5", MarkEvidence::Comma),
            ("1.234.567", MarkEvidence::Comma),
            ("1,234,567", MarkEvidence::Point),
            ("1,234", MarkEvidence::CommaAmbiguous),
            ("1.234", MarkEvidence::None),
            ("1234", MarkEvidence::None),
            ("abc", MarkEvidence::None),
        ] {
            assert_eq!(mark_evidence(text), evidence, "{text}");
        }
    }

    #[test]
    fn the_fast_way_agrees_with_the_exact_one() {
        for text in [
            "0",
            "-0.1",
            "999999999999",
            "9999999999.9999",
            "1.",
            ".1",
            "-.25",
            "00012.50",
            "123456789.1",
        ] {
            let exact = Money::parse(text).unwrap().amount.0;
            assert_eq!(
                parse_plain(text.as_bytes()).unwrap_or(exact),
                exact,
                "{text}"
            );
        }
    }
}
