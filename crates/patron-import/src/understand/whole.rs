//! What all rows of a column say, where the first rows of a file leave open how it is to be read.

use crate::error::ImportError;
use crate::options::DateFormat;
use crate::value::{date, trim};

/// A form that fits fewer of the distinguishing values than this share is not the column's.
const CLEAR_MAJORITY_OF_20: usize = 18;

/// Looks at all rows of a file again, for one column.
pub trait WholeColumn {
    /// Returns what the dates of a column say about the order of day and month.
    ///
    /// # Errors
    /// [`ImportError`] if the file cannot be read.
    fn day_order(&self, column: usize) -> Result<DayOrder, ImportError>;
}

/// What dates such as `1/5/2024` say about the order of day and month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DayOrder {
    pub(crate) day_first: Seen,
    pub(crate) month_first: Seen,
    /// The first value.
    pub(crate) example: Option<String>,
}

/// The values that can be read in one way only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    count: usize,
    pub(crate) first: Option<DateSeen>,
}

/// A date, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DateSeen {
    /// The line of the file; of a table without lines the row, from 1.
    pub line: u64,
    /// As written.
    pub value: String,
}

impl DayOrder {
    /// Takes in a cell of the column.
    pub fn see(&mut self, line: u64, text: &str) {
        let value = trim(text);
        let seen = match reads_as(value) {
            (true, false) => &mut self.day_first,
            (false, true) => &mut self.month_first,
            (true, true) => {
                self.example.get_or_insert_with(|| value.to_owned());
                return;
            }
            (false, false) => return,
        };
        seen.count += 1;
        seen.first.get_or_insert_with(|| DateSeen {
            line,
            value: value.to_owned(),
        });
    }

    /// Returns how many values can be read in one way only.
    pub(crate) const fn decided(&self) -> usize {
        self.day_first.count + self.month_first.count
    }

    /// Returns the form that fits nearly all values which can be read in one way only.
    pub(crate) fn settled(&self) -> Option<DateFormat> {
        let (day_first, month_first) = (self.day_first.count, self.month_first.count);
        let decided = self.decided();
        if day_first > 0 && is_clear(day_first, decided) {
            Some(DateFormat::DayMonthYear)
        } else if month_first > 0 && is_clear(month_first, decided) {
            Some(DateFormat::MonthDayYear)
        } else {
            None
        }
    }
}

/// Returns whether a value can be read with the day first, and with the month first.
pub(crate) fn reads_as(value: &str) -> (bool, bool) {
    (
        date::parse(value, DateFormat::DayMonthYear).is_some(),
        date::parse(value, DateFormat::MonthDayYear).is_some(),
    )
}

/// Returns true if `count` of the values that tell two forms apart are nearly all of them.
pub(crate) const fn is_clear(count: usize, decided: usize) -> bool {
    count * 20 >= decided * CLEAR_MAJORITY_OF_20
}
