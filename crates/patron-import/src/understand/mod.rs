//! From headers and a sample of rows to an [`Understanding`].
//!
//! | module | question it answers |
//! |---|---|
//! | `choice` | which preset applies, and are these orders at all? |
//! | `columns` | which column is which field? |
//! | `plan` | which of them make up customer, order, amount and grain? |
//! | `list` | the same of files that hold no orders but customers, products, refunds, events, answers or spend |
//! | `details` | which are kept with the facts besides? |
//! | `marks` | in which order are dates written, and how decimals? |
//! | `whole` | what do all rows of a column say, where the first leave it open? |
//! | `phones` | of which country are telephone numbers? |
//! | `notes` | what is said to the user about it? |

mod choice;
mod columns;
mod details;
mod list;
mod marks;
mod notes;
mod phones;
mod plan;
pub(crate) mod whole;

use crate::content::Content;
use crate::error::ImportError;
use crate::field::Field;
use crate::options::ImportOptions;
use crate::preset::Preset;
use crate::understand::columns::Columns;
use crate::understand::plan::Plan;
pub use crate::understand::whole::{DateSeen, DayOrder, WholeColumn};
use crate::understanding::{Format, GrainRule, Understanding, UsedColumn};
use crate::words;

/// A table of which only the header and some rows are known.
#[derive(Clone, Copy)]
struct Table<'a> {
    file: &'a str,
    headers: &'a [String],
    sample: &'a [Vec<Option<String>>],
    /// Where the sample is not all there is.
    whole: Option<&'a dyn WholeColumn>,
}

impl<'a> Table<'a> {
    /// Returns the trimmed values of a column in the sample, without empty ones.
    fn values(self, index: usize) -> impl Iterator<Item = &'a str> {
        self.sample
            .iter()
            .filter_map(move |row| row.get(index)?.as_deref())
            .map(str::trim)
            .filter(|value| !words::is_missing(value))
    }

    fn header(self, index: usize) -> &'a str {
        self.headers.get(index).map_or("", String::as_str)
    }
}

/// Understands a table by its headers and a sample of its rows (cells as text; nothing where a cell is null), and by the
/// whole of a column where the sample leaves open how it is to be read.
///
/// # Errors
/// [`ImportError`] if there is no row, if a column that is needed is missing or ambiguous, or if dates or amounts can be
/// read in two ways.
pub fn understand_table(
    file: &str,
    format: Format,
    headers: &[String],
    sample: &[Vec<Option<String>>],
    options: &ImportOptions,
    whole: Option<&dyn WholeColumn>,
) -> Result<Understanding, ImportError> {
    understand(file, format, (headers, true), sample, options, whole)
}

/// Understands a table whose header may be patron's own: then the file has none, and its lines told the preset.
pub(crate) fn understand(
    file: &str,
    format: Format,
    (headers, has_header): (&[String], bool),
    sample: &[Vec<Option<String>>],
    options: &ImportOptions,
    whole: Option<&dyn WholeColumn>,
) -> Result<Understanding, ImportError> {
    let table = Table {
        file,
        headers,
        sample,
        whole,
    };
    if sample.is_empty() {
        return Err(ImportError::HeaderOnly {
            file: file.to_owned(),
        });
    }
    let preset = choice::choose_preset(table, options, has_header)?;
    let used = preset.map(|(preset, _)| preset);
    let holds = choice::content(table, used, options)?;
    if holds != Content::Orders {
        return list::understand(table, format, holds, preset, options);
    }
    let found = Columns::recognise(table, used, options)?;
    require_header(table, &found)?;
    let mut plan = Plan::make(table, &found, used, options)?;
    let date_format = marks::date_format(table, plan.date_column(), options)?;
    let (decimal_mark, decimal_mark_guessed) =
        marks::decimal_mark(table, &plan.number_columns(), options)?;
    let header_currency = header_currency(&plan.columns);
    let (phones, note) = phones::rule(table, &plan.columns, used, options);
    plan.notes.extend(note);
    let deciding = plan.columns.len();
    let details = details::take(table, &found, &mut plan, options);
    let fill_down = used.and_then(|preset| choice::fill_down(table, &plan.columns, preset));
    let mut understanding = Understanding {
        file: file.to_owned(),
        format,
        encoding: "UTF-8",
        preset: preset.map(|(preset, why)| preset.used(why)),
        headers: headers.to_vec(),
        hashed_columns: hashed(&plan, headers.len(), fill_down.is_some()),
        header_currency,
        columns: plan.columns,
        deciding,
        details,
        grain: plan.grain,
        amount: plan.amount,
        date_format,
        decimal_mark,
        decimal_mark_guessed,
        currency: options.shop_currency().map(str::to_owned),
        is_exchanged: options.exchange.is_some(),
        notes: plan.notes,
        defaults: used.map(Preset::default_settings).unwrap_or_default(),
        rules: used.map(|preset| preset.rules.clone()).unwrap_or_default(),
        customer_is_email: plan.customer_is_email,
        customer_is_phone: plan.customer_is_phone,
        phones,
        fill_down,
        control: None,
        holds,
        list: None,
    };
    say(table, &mut understanding, options, has_header);
    Ok(understanding)
}

/// Settles how the dates beside the file's own are written, and puts what is said of the table as a whole before what was noted on the way.
fn say(
    table: Table<'_>,
    understanding: &mut Understanding,
    options: &ImportOptions,
    has_header: bool,
) {
    marks::dates_beside(table, understanding);
    if !has_header {
        understanding.notes.push(notes::no_header(table.headers));
    }
    let notes = if understanding.list.is_some() {
        notes::about_list(table, understanding, options)
    } else {
        notes::about(table, understanding, options)
    };
    // What a run does not need it does not keep, and some lists have a place for everything.
    let keeps_some = match &understanding.list {
        Some(list) => list.rest.is_none(),
        None => options.with_details,
    };
    let rest = notes::rest(table, understanding).filter(|_| keeps_some);
    understanding.notes.extend(rest);
    understanding.notes.splice(0..0, notes);
}

/// Refuses a file whose first row would be lost as its header: columns can be named by number where there is none.
fn require_header(table: Table<'_>, found: &Columns) -> Result<(), ImportError> {
    let header = found
        .first(Field::OrderedAt)
        .map(|index| table.header(index))
        .filter(|header| marks::is_date(header));
    header.map_or(Ok(()), |header| {
        Err(ImportError::NoHeader {
            file: table.file.to_owned(),
            found: header.to_owned(),
        })
    })
}

/// Orders are recognised again by their own columns; of lines every column counts, and so it does where rows of lines
/// stand below their order's: they may differ only in what is not used.
fn hashed(plan: &Plan, columns: usize, further_lines: bool) -> Vec<usize> {
    match plan.grain {
        GrainRule::Orders | GrainRule::OrdersUnlessRepeated if !further_lines => {
            let mut places: Vec<usize> = plan.columns.iter().map(|column| column.index).collect();
            places.sort_unstable();
            places.dedup();
            places
        }
        _ => (0..columns).collect(),
    }
}

/// Returns the currency that the header of an amount names.
fn header_currency(columns: &[UsedColumn]) -> Option<String> {
    columns
        .iter()
        .filter(|column| {
            matches!(
                column.field,
                Field::Amount | Field::Gross | Field::UnitPrice
            )
        })
        .find_map(|column| words::header_currency(&column.header))
}
