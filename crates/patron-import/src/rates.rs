//! Rates between currencies: read from a file, applied exactly.

use std::collections::BTreeMap;

use patron_core::{Coded, Day, ErrorCode, Money, ParsedMoney};

use crate::exchange::Exchange;

/// A rate has at most so many decimals.
const DECIMALS: usize = 12;
/// One, as a rate.
const ONE: i128 = 1_000_000_000_000;
/// A rate above it is a mistake; products with any amount fit 128 bits.
const HIGHEST: i128 = ONE * 1_000_000;
const COLUMNS: [&str; 4] = ["date", "from", "to", "rate"];

/// What one unit of a currency was worth in another, in millionths of millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(i128);

/// Rates by pair of currencies and day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rates {
    by_pair: BTreeMap<(String, String), BTreeMap<i32, Rate>>,
}

/// Why a file of rates cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RatesError {
    /// The header lacks a column.
    #[error("the rates have no column `{column}`")]
    ColumnMissing {
        /// Which one.
        column: &'static str,
    },
    /// A cell is not what it should be.
    #[error("line {line} of the rates: `{found}` is no {expected}")]
    Cell {
        /// The line, the header being 1.
        line: usize,
        /// The cell.
        found: String,
        /// What it should be.
        expected: &'static str,
    },
    /// Two rates for one day.
    #[error("line {line} of the rates: another rate of {from} in {to} on {day}")]
    Twice {
        /// The line, the header being 1.
        line: usize,
        /// From which currency.
        from: String,
        /// To which currency.
        to: String,
        /// The day.
        day: Day,
    },
    /// There is no row.
    #[error("the file has no rates")]
    Empty,
    /// There is no rate into the currency that is wanted.
    #[error("the file has no rates into {to}")]
    NoneInto {
        /// That currency.
        to: String,
    },
}

impl Coded for RatesError {
    fn code(&self) -> ErrorCode {
        ErrorCode::SettingInvalid
    }

    fn key(&self) -> &'static str {
        match self {
            Self::ColumnMissing { .. } => "rates_column_missing",
            Self::Cell { .. } => "rates_cell",
            Self::Twice { .. } => "rates_twice",
            Self::Empty => "rates_empty",
            Self::NoneInto { .. } => "rates_none_into",
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Twice { .. } => "keep one of the two".to_owned(),
            Self::NoneInto { to } => format!(
                "rates are not inverted: a row is such as `2024-05-01,USD,{to},0.9341`, where the rate is what one USD is in {to}"
            ),
            _ => "a row is such as `2024-05-01,USD,EUR,0.9341`, below a header `date,from,to,rate`; the rate is what one USD is in EUR".to_owned(),
        })
    }
}

impl Rates {
    /// Reads `date,from,to,rate`, in any order of columns.
    ///
    /// # Errors
    /// [`RatesError`], with the line.
    pub fn parse(text: &str) -> Result<Self, RatesError> {
        let mut lines = (1..).zip(text.trim_start_matches('\u{feff}').lines());
        let header = lines.next().map_or("", |(_, header)| header);
        let header: Vec<String> = cells(header).map(str::to_ascii_lowercase).collect();
        let mut places = [0; 4];
        for (place, column) in places.iter_mut().zip(COLUMNS) {
            let found = header.iter().position(|name| name == column);
            *place = found.ok_or(RatesError::ColumnMissing { column })?;
        }
        let mut rates = Self::default();
        for (line, text) in lines.filter(|(_, text)| !text.trim().is_empty()) {
            let row: Vec<&str> = cells(text).collect();
            let cell = |place: usize| row.get(place).copied().unwrap_or_default();
            rates.add(line, places.map(cell))?;
        }
        if rates.by_pair.is_empty() {
            return Err(RatesError::Empty);
        }
        Ok(rates)
    }

    fn add(&mut self, line: usize, [day, from, to, rate]: [&str; 4]) -> Result<(), RatesError> {
        let wrong = |found: &str, expected| RatesError::Cell {
            line,
            found: found.to_owned(),
            expected,
        };
        let currency = |text: &str| {
            let is_code = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
            let code = is_code.then(|| text.to_ascii_uppercase());
            code.ok_or_else(|| wrong(text, "currency such as EUR"))
        };
        let (from, to) = (currency(from)?, currency(to)?);
        let date = Day::parse_iso(day).ok_or_else(|| wrong(day, "date such as 2024-05-01"))?;
        let found = Rate::parse(rate)
            .ok_or_else(|| wrong(rate, "rate above 0 with a point and up to 12 decimals"))?;
        let days = self.by_pair.entry((from.clone(), to.clone())).or_default();
        match days.insert(date.0, found) {
            Some(earlier) if earlier != found => Err(RatesError::Twice {
                line,
                from,
                to,
                day: date,
            }),
            _ => Ok(()),
        }
    }

    /// Returns the rates into one currency.
    ///
    /// # Errors
    /// [`RatesError::NoneInto`].
    pub fn into_currency(self, to: &str) -> Result<Exchange, RatesError> {
        let mut by_currency = BTreeMap::new();
        for ((from, into), days) in self.by_pair {
            if into == to {
                by_currency.insert(from, days);
            }
        }
        if by_currency.is_empty() {
            return Err(RatesError::NoneInto { to: to.to_owned() });
        }
        Ok(Exchange::new(to.to_owned(), by_currency))
    }
}

impl Rate {
    pub(crate) const fn to_bytes(self) -> [u8; 16] {
        self.0.to_le_bytes()
    }

    fn parse(text: &str) -> Option<Self> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let digits = format!("{whole}{decimals:0<DECIMALS$}");
        let are_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || decimals.len() > DECIMALS || !are_digits {
            return None;
        }
        let rate: i128 = digits.parse().ok()?;
        (1..=HIGHEST).contains(&rate).then_some(Self(rate))
    }

    /// Returns an amount in the other currency, rounded half to even at the fourth decimal; none if it is too large.
    #[must_use]
    pub fn apply(self, amount: Money) -> Option<ParsedMoney> {
        let exact = i128::from(amount.0) * self.0;
        let (floor, rest) = (exact.div_euclid(ONE), exact.rem_euclid(ONE));
        let up = match (rest * 2).cmp(&ONE) {
            std::cmp::Ordering::Less => 0,
            std::cmp::Ordering::Equal => floor.rem_euclid(2),
            std::cmp::Ordering::Greater => 1,
        };
        let amount = i64::try_from(floor + up).ok().map(Money)?;
        Some(ParsedMoney {
            amount,
            rounded: rest != 0,
        })
    }
}

fn cells(line: &str) -> impl Iterator<Item = &str> {
    line.split(',')
        .map(|cell| cell.trim().trim_matches('"').trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\u{feff}to,Date,from,rate\nEUR,2024-05-03,USD,0.9341\nEUR,2024-05-06,USD,\"0.9287\"\r\nEUR,2024-05-03,jpy,0.006048\n\nUSD,2024-05-03,EUR,1.0705\n";

    fn rates() -> Rates {
        Rates::parse(FILE).unwrap()
    }

    fn day(text: &str) -> Day {
        Day::parse_iso(text).unwrap()
    }

    fn on(from: &str, to: &str, text: &str) -> Option<i128> {
        let exchange = rates().into_currency(to).unwrap();
        exchange.rate(from, day(text)).map(|rate| rate.0)
    }

    #[test]
    fn a_day_without_a_rate_takes_the_latest_of_a_week_before() {
        assert_eq!(on("USD", "EUR", "2024-05-03"), Some(934_100_000_000));
        assert_eq!(on("USD", "EUR", "2024-05-05"), Some(934_100_000_000));
        assert_eq!(on("USD", "EUR", "2024-05-06"), Some(928_700_000_000));
        assert_eq!(on("USD", "EUR", "2024-05-13"), Some(928_700_000_000));
        assert_eq!(on("USD", "EUR", "2024-05-14"), None);
        assert_eq!(on("USD", "EUR", "2024-05-02"), None);
        assert_eq!(on("EUR", "USD", "2024-05-03"), Some(1_070_500_000_000));
        assert_eq!(
            rates().into_currency("JPY").unwrap_err().to_string(),
            "the file has no rates into JPY",
            "nothing is inverted"
        );
    }

    #[test]
    fn amounts_are_rounded_half_to_even() {
        let apply = |rate: &str, amount: &str| {
            let amount = Money::parse(amount).unwrap().amount;
            let applied = Rate::parse(rate).unwrap().apply(amount).unwrap();
            (applied.amount.0, applied.rounded)
        };
        assert_eq!(apply("0.9341", "100"), (934_100, false));
        assert_eq!(apply("0.9341", "19.99"), (186_727, true));
        assert_eq!(apply("0.006048", "12345"), (746_626, true));
        // 0.00005, 0.00015, 0.00025 and their negatives.
        assert_eq!(apply("0.5", "0.0001"), (0, true));
        assert_eq!(apply("0.5", "0.0003"), (2, true));
        assert_eq!(apply("0.5", "0.0005"), (2, true));
        assert_eq!(apply("0.5", "-0.0001"), (0, true));
        assert_eq!(apply("0.5", "-0.0003"), (-2, true));
        assert_eq!(apply("0.500000000001", "0.0001"), (1, true));
        let most = Rate(HIGHEST).apply(Money(i64::MAX));
        assert_eq!(most, None);
    }

    #[test]
    fn what_cannot_be_used_is_named_by_its_line() {
        for (text, expected) in [
            ("", "the rates have no column `date`"),
            ("date,from,to\n", "the rates have no column `rate`"),
            ("date,from,to,rate\n", "the file has no rates"),
            (
                "date,from,to,rate\n01.05.2024,USD,EUR,1\n",
                "line 2 of the rates: `01.05.2024` is no date such as 2024-05-01",
            ),
            (
                "date,from,to,rate\n\n2024-05-01,US$,EUR,1\n",
                "line 3 of the rates: `US$` is no currency such as EUR",
            ),
            (
                "date,from,to,rate\n2024-05-01,USD,EUR,1\n2024-05-01,USD,EUR,1.0\n2024-05-01,USD,EUR,2\n",
                "line 4 of the rates: another rate of USD in EUR on 2024-05-01",
            ),
        ] {
            let error = Rates::parse(text).unwrap_err();
            assert_eq!(error.to_string(), expected);
            assert!(error.hint().is_some());
        }
        for rate in [
            "0",
            "-1",
            "1e3",
            "",
            ".5",
            "1.2.3",
            "1000001",
            "0.0000000000001",
        ] {
            let text = format!("date,from,to,rate\n2024-05-01,USD,EUR,{rate}\n");
            let error = Rates::parse(&text).unwrap_err();
            assert!(
                error.to_string().contains("is no rate above 0"),
                "{rate}: {error}"
            );
        }
    }
}
