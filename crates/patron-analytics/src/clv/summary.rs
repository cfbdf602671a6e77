//! A summary: a row per customer, or per history with the number of customers that have it.

use std::path::Path;

use patron_stats::gamma_gamma::SpendHistory;
use patron_stats::history::History;

use super::{ClvError, Customer};

/// A column with the headers by which it is known: those of `lifetimes`, `BTYD`, `CLVTools` and `pymc-marketing`.
struct Known {
    what: &'static str,
    headers: &'static [&'static str],
}

const FREQUENCY: Known = Known {
    what: "repeat purchases (`frequency` or `x`)",
    headers: &["frequency", "x", "p1x", "x.cal"],
};
const RECENCY: Known = Known {
    what: "the time from first to last purchase (`recency` or `t_x`)",
    headers: &["recency", "t_x", "t.x", "tx", "t.x.cal"],
};
const AGE: Known = Known {
    what: "the time from the first purchase to the end (`T`)",
    headers: &["t", "t.cal", "t_cal", "age"],
};
const WEIGHT: Known = Known {
    what: "customers per row",
    headers: &["weight", "weights", "custs", "customers", "n_custs"],
};
const CUSTOMER: Known = Known {
    what: "customers",
    headers: &["customer_id", "id", "cust", "customer", "customerid"],
};
const SPEND: Known = Known {
    what: "mean spend per repeat purchase",
    headers: &["monetary_value", "monetary", "m_x", "zbar", "mean_spend"],
};
const LATER: Known = Known {
    what: "purchases after the end",
    headers: &["holdout", "x.star", "x_star", "p2x", "frequency_holdout"],
};

/// Nobody buys more often; a model would add up as many terms.
const MOST_PURCHASES: u32 = 1_000_000;

/// A row is hardly shorter than three numbers.
const USUAL_ROW_BYTES: u64 = 20;
const READ_AT_ONCE: usize = 256 * 1024;

struct Columns {
    headers: Vec<String>,
    frequency: usize,
    recency: usize,
    age: usize,
    weight: Option<usize>,
    customer: Option<usize>,
    spend: Option<usize>,
    later: Option<usize>,
}

/// Reads a summary.
///
/// # Errors
/// [`ClvError::Read`], [`ClvError::ColumnMissing`], [`ClvError::Cell`], [`ClvError::Empty`].
pub(super) fn read(path: &Path) -> Result<Vec<Customer>, ClvError> {
    let unread = |error: csv::Error| ClvError::Read {
        path: path.to_owned(),
        source: std::io::Error::other(error.to_string()),
    };
    let failed = |source| ClvError::Read {
        path: path.to_owned(),
        source,
    };
    let file = std::fs::File::open(path).map_err(failed)?;
    let bytes = file.metadata().map_or(0, |told| told.len());
    let mut file = std::io::BufReader::with_capacity(READ_AT_ONCE, file);
    let delimiter = delimiter(std::io::BufRead::fill_buf(&mut file).map_err(failed)?);
    let mut options = csv::ReaderBuilder::new();
    let options = options.delimiter(delimiter).flexible(true);
    let mut reader = options.from_reader(file);
    let columns = Columns::of(reader.headers().map_err(unread)?, path)?;
    let mut customers = Vec::with_capacity(rows_at_most(bytes));
    let mut record = csv::StringRecord::new();
    for number in 1_usize.. {
        if !reader.read_record(&mut record).map_err(unread)? {
            break;
        }
        let line = record.position().map_or(0, csv::Position::line);
        let row = Row {
            path,
            line,
            columns: &columns,
            record: &record,
        };
        row.check_length()?;
        customers.push(row.customer(number)?);
    }
    if customers.is_empty() {
        return Err(ClvError::Empty {
            path: path.to_owned(),
        });
    }
    Ok(customers)
}

/// Room for as many rows as a file of this length is likely to have: a list that grows is moved, and twice in memory meanwhile.
fn rows_at_most(bytes: u64) -> usize {
    usize::try_from(bytes / USUAL_ROW_BYTES).unwrap_or(0)
}

/// The mark that most often parts the header.
fn delimiter(start: &[u8]) -> u8 {
    let header = start.split(|byte| matches!(byte, b'\n' | b'\r')).next();
    let header = header.unwrap_or_default();
    let count = |mark: &u8| header.iter().filter(|byte| *byte == mark).count();
    let marks = [b'|', b'\t', b';', b','];
    marks.into_iter().max_by_key(count).unwrap_or(b',')
}

impl Columns {
    fn of(headers: &csv::StringRecord, path: &Path) -> Result<Self, ClvError> {
        let headers: Vec<String> = headers
            .iter()
            .map(|header| header.trim_start_matches('\u{feff}').trim().to_owned())
            .collect();
        let place = |known: &Known| {
            let is_it = |header: &&String| known.headers.contains(&header.to_lowercase().as_str());
            let mut found = headers
                .iter()
                .enumerate()
                .filter(|(_, header)| is_it(header));
            match (found.next(), found.next()) {
                (Some((_, first)), Some((_, second))) => Err(ClvError::ColumnTwice {
                    path: path.to_owned(),
                    what: known.what,
                    first: first.clone(),
                    second: second.clone(),
                }),
                (first, _) => Ok(first.map(|(place, _)| place)),
            }
        };
        let needed = |known: Known| {
            place(&known)?.ok_or_else(|| ClvError::ColumnMissing {
                path: path.to_owned(),
                what: known.what,
                found: headers.join(", "),
            })
        };
        Ok(Self {
            frequency: needed(FREQUENCY)?,
            recency: needed(RECENCY)?,
            age: needed(AGE)?,
            weight: place(&WEIGHT)?,
            customer: place(&CUSTOMER)?,
            spend: place(&SPEND)?,
            later: place(&LATER)?,
            headers,
        })
    }
}

struct Row<'a> {
    path: &'a Path,
    line: u64,
    columns: &'a Columns,
    record: &'a csv::StringRecord,
}

impl Row<'_> {
    fn customer(&self, number: usize) -> Result<Customer, ClvError> {
        let columns = self.columns;
        let frequency = self.count(columns.frequency)?;
        if frequency > MOST_PURCHASES {
            let problem = format!("expected at most {MOST_PURCHASES} purchases of a customer");
            return Err(self.wrong(columns.frequency, problem));
        }
        let (recency, age) = (self.time(columns.recency)?, self.time(columns.age)?);
        let history = History::new(frequency, recency, age);
        let history = history.map_err(|error| self.wrong(columns.recency, error.to_string()))?;
        let weight = match columns.weight {
            Some(column) => u64::from(self.count(column)?),
            None => 1,
        };
        let id = columns.customer.map(|column| self.text(column).to_owned());
        Ok(Customer {
            id: id.unwrap_or_else(|| number.to_string()),
            history,
            weight,
            spend: self.spend(frequency)?,
            later: match columns
                .later
                .filter(|column| !self.text(*column).is_empty())
            {
                Some(column) => Some(self.count(column)?),
                None => None,
            },
            before: None,
        })
    }

    /// The mean spend of repeat purchases; who has none, or nothing, says nothing about spending.
    fn spend(&self, frequency: u32) -> Result<Option<SpendHistory>, ClvError> {
        let Some(column) = self.columns.spend.filter(|_| frequency > 0) else {
            return Ok(None);
        };
        if self.text(column).is_empty() {
            return Ok(None);
        }
        let mean = self.number(column)?;
        if mean < 0.0 {
            return Err(self.wrong(column, "expected an amount of at least 0".to_owned()));
        }
        Ok(SpendHistory::new(frequency, mean).ok())
    }

    fn check_length(&self) -> Result<(), ClvError> {
        let (found, expected) = (self.record.len(), self.columns.headers.len());
        if found == expected {
            return Ok(());
        }
        let problem = format!("{found} fields in this row, expected {expected} as in the header");
        Err(self.wrong(0, problem))
    }

    fn text(&self, column: usize) -> &str {
        self.record.get(column).unwrap_or_default().trim()
    }

    fn number(&self, column: usize) -> Result<f64, ClvError> {
        let number = self.text(column).parse::<f64>().ok();
        number
            .filter(|number| number.is_finite())
            .ok_or_else(|| self.wrong(column, "expected a number with a decimal point".to_owned()))
    }

    fn time(&self, column: usize) -> Result<f64, ClvError> {
        let time = self.number(column)?;
        if time < 0.0 {
            return Err(self.wrong(column, "expected a time of at least 0".to_owned()));
        }
        Ok(time)
    }

    fn count(&self, column: usize) -> Result<u32, ClvError> {
        let number = self.number(column)?;
        if number < 0.0 || number.fract() != 0.0 || number > f64::from(u32::MAX) {
            return Err(self.wrong(column, "expected a whole number of at least 0".to_owned()));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be a whole number in the range"
        )]
        let count = number as u32;
        Ok(count)
    }

    fn wrong(&self, column: usize, problem: String) -> ClvError {
        ClvError::Cell {
            path: self.path.to_owned(),
            line: self.line,
            column: self
                .columns
                .headers
                .get(column)
                .cloned()
                .unwrap_or_default(),
            value: self.text(column).chars().take(100).collect(),
            problem,
        }
    }
}
