//! Numbers as people read them.

/// Returns a whole number with thousands marks: `1,234,567`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns a number of things: `1 order`, `2 orders`.
pub(crate) fn things(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// Returns a number with thousands marks and so many decimals.
pub(crate) fn decimal(number: f64, decimals: usize) -> String {
    if !number.is_finite() {
        return "-".to_owned();
    }
    let text = format!("{:.decimals$}", number.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let sign = if number < 0.0 && text.bytes().any(|byte| matches!(byte, b'1'..=b'9')) {
        "-"
    } else {
        ""
    };
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), count);
    if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    }
}

/// Returns a share as per cent with one decimal.
pub(crate) fn percent(share: f64) -> String {
    format!("{} %", decimal(share * 100.0, 1))
}

/// Returns a number as short as it is exact enough to be read: whole numbers plainly, others with two decimals.
pub(crate) fn plain(number: f64) -> String {
    if number.fract().abs() < 1e-9 {
        decimal(number, 0)
    } else {
        decimal(number, 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_marked() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(decimal(-1234.5, 2), "-1,234.50");
        assert_eq!(decimal(-0.001, 2), "0.00");
        assert_eq!(percent(0.1234), "12.3 %");
        assert_eq!(plain(3.0), "3");
        assert_eq!(plain(3.25), "3.25");
        assert_eq!(decimal(f64::NAN, 2), "-");
    }
}
