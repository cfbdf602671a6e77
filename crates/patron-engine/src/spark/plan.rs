//! What executors are told, on their command line: how rows are read, or how histories are folded.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use patron_core::{Day, ShopCalendar};
use patron_fold::{FoldSettings, Folder, UnlinkedRefunds, ZeroOrders};
use patron_import::{ImportOptions, Understanding};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::cells::CellKind;
use super::error::TaskError;
use super::measured::{MeasurePlan, MeasuredTotals};
use crate::folding::FileFolded;
use crate::grouping::{GroupingRules, KeptDays};
use crate::source::handed::{Sample, understand};

/// Form of plans and lines; raised whenever one of them changes.
const FORM: u32 = 2;

/// What a patron says of itself, and another must say, too: version of patron and form of plans and lines, without blanks.
#[must_use]
pub fn speaks() -> String {
    format!("patron-{}-spark-{FORM}", env!("CARGO_PKG_VERSION"))
}

/// Writes a plan for a command line: letters, digits, `-` and `_`.
pub(super) fn encode(plan: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(plan).unwrap_or_default())
}

/// Reads a plan.
pub(super) fn decode<T: DeserializeOwned>(text: &str) -> Result<T, TaskError> {
    let wrong = |reason: String| TaskError::Plan { reason };
    let bytes = URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|error| wrong(error.to_string()))?;
    serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))
}

/// How rows are read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RowsPlan {
    pub(super) speaks: String,
    pub(super) headers: Vec<String>,
    /// Of the columns that are read, in their order.
    pub(super) kinds: Vec<CellKind>,
    /// As many of the first rows as it takes to understand the table in the same way again.
    pub(super) sample: Sample,
    pub(super) options: ImportOptions,
    /// The fingerprint of what the table was understood as.
    pub(super) understood: u64,
}

impl RowsPlan {
    /// Understands the table as whoever made the plan did.
    pub(super) fn understand(&self) -> Result<Arc<Understanding>, TaskError> {
        let understanding = understand(&self.headers, &self.sample, &self.options)
            .map_err(|error| TaskError::of(&error))?;
        if fingerprint(&understanding) != self.understood {
            return Err(TaskError::Understood);
        }
        Ok(Arc::new(understanding))
    }
}

/// A number that two understandings have in common only if they read rows in the same way.
pub(super) fn fingerprint(understanding: &Understanding) -> u64 {
    // What is said to the user may count rows of the sample; it decides nothing.
    let mut silent = understanding.clone();
    silent.notes.clear();
    xxh3_64(format!("{silent:?}").as_bytes())
}

/// Returns as few of the first rows as make a table understood in the same way, each column without its texts where it can do
/// without them, else in disguise where that will do: whoever may list processes sees these rows.
pub(super) fn least_sample(
    headers: &[String],
    sample: &Sample,
    (options, columns): (&ImportOptions, &[usize]),
    understood: u64,
) -> Sample {
    let is_same = |rows: &Sample| {
        understand(headers, rows, options).is_ok_and(|other| fingerprint(&other) == understood)
    };
    let only_read = |row: &Vec<Option<String>>| {
        let cells = row.iter().enumerate();
        cells
            .map(|(place, cell)| cell.clone().filter(|_| columns.contains(&place)))
            .collect()
    };
    for rows in [1, 8, 64, 512, sample.len()] {
        let first = sample.iter().take(rows);
        let narrow: Sample = first.clone().map(only_read).collect();
        if is_same(&narrow) {
            return disguised(narrow, is_same);
        }
        let whole: Sample = first.cloned().collect();
        if is_same(&whole) {
            return disguised(whole, is_same);
        }
    }
    disguised(sample.clone(), is_same)
}

/// Empties or disguises each column with which a table is still understood in the same way.
fn disguised(mut sample: Sample, is_same: impl Fn(&Sample) -> bool) -> Sample {
    let columns = sample.iter().map(Vec::len).max().unwrap_or(0);
    for column in 0..columns {
        let cells: Vec<Option<String>> = sample
            .iter()
            .map(|row| row.get(column).cloned().flatten())
            .collect();
        let mut known: BTreeMap<&str, usize> = BTreeMap::new();
        let disguises = cells.iter().map(|cell| {
            let text = cell.as_deref()?;
            let next = known.len() + 1;
            let number = *known.entry(text).or_insert(next);
            Some(disguise(text, number))
        });
        let disguises: Vec<Option<String>> = disguises.collect();
        for instead in [vec![None; cells.len()], disguises, cells.clone()] {
            put(&mut sample, column, instead);
            if is_same(&sample) {
                break;
            }
        }
    }
    sample
}

fn put(sample: &mut Sample, column: usize, cells: Vec<Option<String>>) {
    for (row, cell) in sample.iter_mut().zip(cells) {
        if let Some(place) = row.get_mut(column) {
            *place = cell;
        }
    }
}

/// Returns a text of the same form: an `x` for every letter, and a number for all digits, so that others stay others.
fn disguise(text: &str, mut number: usize) -> String {
    let instead = |letter: char| match letter {
        letter if letter.is_ascii_digit() => {
            let digit = number % 10;
            number /= 10;
            char::from_digit(u32::try_from(digit).unwrap_or(0), 10).unwrap_or('0')
        }
        letter if letter.is_uppercase() => 'X',
        letter if letter.is_alphabetic() => 'x',
        other => other,
    };
    let backwards: Vec<char> = text.chars().rev().map(instead).collect();
    backwards.into_iter().rev().collect()
}

/// How histories are folded.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct FoldPlan {
    pub(super) speaks: String,
    pub(super) as_of: Day,
    timezone: String,
    window_months: u32,
    window_days: Option<i32>,
    zero_orders: ZeroOrders,
    unlinked_refunds: UnlinkedRefunds,
    return_window_days: u32,
    drop_duplicates: bool,
    repeats_are_versions: bool,
    with_days: bool,
    /// What is measured of customers, where they stay.
    pub(super) measures: Option<MeasurePlan>,
}

impl FoldPlan {
    pub(super) fn new(settings: &FoldSettings, as_of: Day, rules: GroupingRules) -> Self {
        Self {
            speaks: speaks(),
            as_of,
            timezone: settings.calendar.name().to_owned(),
            window_months: settings.window_months,
            window_days: settings.window_days,
            zero_orders: settings.zero_orders,
            unlinked_refunds: settings.unlinked_refunds,
            return_window_days: settings.return_window_days,
            drop_duplicates: rules.drop_duplicates,
            repeats_are_versions: rules.repeats_are_versions,
            with_days: rules.keep_days != KeptDays::None,
            measures: None,
        }
    }

    /// The same, with what is measured of customers.
    pub(super) fn measuring(self, measures: MeasurePlan) -> Self {
        Self {
            measures: Some(measures),
            ..self
        }
    }

    pub(super) fn folder(&self) -> Result<Folder, TaskError> {
        let calendar = ShopCalendar::new(&self.timezone).map_err(|error| TaskError::of(&error))?;
        let settings = FoldSettings {
            calendar,
            window_months: self.window_months,
            window_days: self.window_days,
            zero_orders: self.zero_orders,
            unlinked_refunds: self.unlinked_refunds,
            return_window_days: self.return_window_days,
        };
        Folder::new(settings, &[self.as_of]).map_err(|error| TaskError::of(&error))
    }

    pub(super) const fn rules(&self) -> GroupingRules {
        GroupingRules {
            drop_duplicates: self.drop_duplicates,
            repeats_are_versions: self.repeats_are_versions,
            keep_days: if self.with_days {
                KeptDays::Named
            } else {
                KeptDays::None
            },
            keep_rows: false,
        }
    }
}

/// The totals of one task that read rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RowTotals {
    pub(super) rows: u64,
    pub(super) facts: u64,
    pub(super) bytes: u64,
    pub(super) hashes: u128,
}

impl RowTotals {
    pub(super) fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.facts += other.facts;
        self.bytes += other.bytes;
        self.hashes = self.hashes.wrapping_add(other.hashes);
    }
}

/// The totals of one task that folded histories.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FoldTotals {
    pub(super) facts: u64,
    pub(super) bytes: u64,
    pub(super) people: u64,
    pub(super) customers: u64,
    pub(super) tally: patron_fold::Tally,
    pub(super) duplicates: u64,
    pub(super) merged_order_lines: u64,
    pub(super) merged_refunds: u64,
    /// Order ids that repeat with a constant amount, and with differing ones.
    pub(super) repeated: (u64, u64),
    /// The first of the former, with its rows.
    pub(super) example: Option<(String, u64)>,
    /// What customers come to, where they stay.
    pub(super) measured: MeasuredTotals,
}

impl FoldTotals {
    /// Returns what folding found of the table's rows.
    pub(super) fn by_file(&self) -> Vec<FileFolded> {
        vec![FileFolded {
            duplicates: self.duplicates,
            merged_order_lines: self.merged_order_lines,
            merged_refunds: self.merged_refunds,
        }]
    }

    pub(super) fn add(&mut self, other: Self) {
        self.facts += other.facts;
        self.bytes += other.bytes;
        self.people += other.people;
        self.customers += other.customers;
        self.tally.merge(&other.tally);
        self.duplicates += other.duplicates;
        self.merged_order_lines += other.merged_order_lines;
        self.merged_refunds += other.merged_refunds;
        self.repeated.0 += other.repeated.0;
        self.repeated.1 += other.repeated.1;
        let examples = [self.example.take(), other.example];
        self.example = examples.into_iter().flatten().min();
        self.measured.add(&other.measured);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disguise_has_the_form_and_tells_others_apart() {
        assert_eq!(disguise("Ada.王@x9.org", 7), "Xxx.x@x7.xxx");
        assert_eq!(disguise("A-00917", 23), "X-00023");
        assert_eq!(disguise("-12.50", 1), "-00.01");
        assert_eq!(disguise("9", 12), "2");
    }
}
