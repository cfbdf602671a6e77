//! A summary: a row per customer, or per history with the number of customers that have it.

use std::path::Path;

use patron_stats::gamma_gamma::SpendHistory;
use patron_stats::history::History;
use patron_stats::pareto_ggg::{GggError, TimedHistory};

use super::sheet::{Known, Row, Sheet};
use super::{ClvError, Customer, CustomerId, Customers};

// The headers are those of `lifetimes`, `BTYD`, `CLVTools` and `pymc-marketing`.
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
    headers: &["t", "t.cal", "t_cal", "age", "periods"],
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
const LN_INTERVALS: Known = Known {
    what: "sums of the logarithms of times between purchases",
    headers: &["ln_intervals", "litt"],
};
const LATER: Known = Known {
    what: "purchases after the end",
    headers: &["holdout", "x.star", "x_star", "p2x", "frequency_holdout"],
};

/// By how much the logarithm of a time may be off, written with few digits.
const ROUNDED: f64 = 0.005;

/// Nobody buys more often; a model would add up as many terms.
const MOST_PURCHASES: u32 = 1_000_000;

struct Columns {
    frequency: usize,
    recency: usize,
    age: usize,
    weight: Option<usize>,
    customer: Option<usize>,
    spend: Option<usize>,
    ln_intervals: Option<usize>,
    later: Option<usize>,
}

/// Reads a summary.
///
/// # Errors
/// [`ClvError::Read`], [`ClvError::ColumnMissing`], [`ClvError::Cell`], [`ClvError::Empty`].
pub(super) fn read(path: &Path) -> Result<Customers, ClvError> {
    let sheet = Sheet::open(path)?;
    let columns = Columns::of(&sheet)?;
    let read_part = |part: &mut Sheet<'_>| {
        let mut customers = Customers::default();
        while let Some(row) = part.next()? {
            customers.push(columns.customer(&row, customers.len() + 1)?);
        }
        Ok(customers)
    };
    let parts = sheet.parts();
    let mut customers = Customers::default();
    sheet.in_parts(read_part, |part| {
        if customers.is_empty() {
            customers.reserve(part.len() * parts);
        }
        customers.append(&part);
    })?;
    if customers.is_empty() {
        return Err(ClvError::Empty {
            path: path.to_owned(),
        });
    }
    Ok(customers)
}

impl Columns {
    fn of(sheet: &Sheet<'_>) -> Result<Self, ClvError> {
        Ok(Self {
            frequency: sheet.needed(&FREQUENCY)?,
            recency: sheet.needed(&RECENCY)?,
            age: sheet.needed(&AGE)?,
            weight: sheet.place(&WEIGHT)?,
            customer: sheet.place(&CUSTOMER)?,
            spend: sheet.place(&SPEND)?,
            ln_intervals: sheet.place(&LN_INTERVALS)?,
            later: sheet.place(&LATER)?,
        })
    }

    /// Reads a row of so many.
    fn customer<'r>(&self, row: &'r Row<'_>, number: usize) -> Result<Customer<'r>, ClvError> {
        let frequency = row.count(self.frequency)?;
        if frequency > MOST_PURCHASES {
            let problem = format!("expected at most {MOST_PURCHASES} purchases of a customer");
            return Err(row.wrong(self.frequency, problem));
        }
        let (recency, age) = (row.time(self.recency)?, row.time(self.age)?);
        let history = History::new(frequency, recency, age);
        let history = history.map_err(|error| row.wrong(self.recency, error.to_string()))?;
        let weight = match self.weight {
            Some(column) => u64::from(row.count(column)?),
            None => 1,
        };
        let id = self
            .customer
            .map(|column| CustomerId::Named(row.text(column)));
        Ok(Customer {
            id: id.unwrap_or(CustomerId::Row(number)),
            history,
            weight,
            spend: self.spend(row, frequency)?,
            ln_intervals: self.ln_intervals(row, history)?,
            later: match self.later.filter(|column| !row.text(*column).is_empty()) {
                Some(column) => Some(row.count(column)?),
                None => None,
            },
            before: None,
        })
    }

    /// The sum of the logarithms of the times between purchases; where it says no more than the history does, nothing is read.
    fn ln_intervals(&self, row: &Row<'_>, history: History) -> Result<Option<f64>, ClvError> {
        let has_several = history.repeat_purchases() > 1;
        let column = self.ln_intervals.filter(|_| has_several);
        let Some(column) = column.filter(|column| !row.text(*column).is_empty()) else {
            return Ok(None);
        };
        let given = row.number(column)?;
        match TimedHistory::new(history, given) {
            Ok(timed) => Ok(Some(timed.ln_intervals())),
            // Times that are equal but for the digits that were left out.
            Err(GggError::LnIntervalsOutsideDomain { most, .. })
                if given <= most + ROUNDED * f64::from(history.repeat_purchases()) =>
            {
                Ok(Some(most))
            }
            Err(error) => Err(row.wrong(column, error.to_string())),
        }
    }

    /// The mean spend of repeat purchases; who has none, or nothing, says nothing about spending.
    fn spend(&self, row: &Row<'_>, frequency: u32) -> Result<Option<SpendHistory>, ClvError> {
        let Some(column) = self.spend.filter(|_| frequency > 0) else {
            return Ok(None);
        };
        if row.text(column).is_empty() {
            return Ok(None);
        }
        let mean = row.number(column)?;
        if mean < 0.0 {
            return Err(row.wrong(column, "expected an amount of at least 0".to_owned()));
        }
        Ok(SpendHistory::new(frequency, mean).ok())
    }
}
