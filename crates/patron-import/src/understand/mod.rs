//! From headers and a sample of rows to an [`Understanding`].
//!
//! | module | question it answers |
//! |---|---|
//! | `columns` | which column is which field? |
//! | `plan` | which of them make up customer, order, amount and grain? |
//! | `marks` | in which order are dates written, and how decimals? |
//! | `notes` | what is said to the user about it? |

mod columns;
mod marks;
mod notes;
mod plan;

use crate::error::ImportError;
use crate::field::Field;
use crate::options::ImportOptions;
use crate::preset::{self, Preset};
use crate::understand::columns::Columns;
use crate::understand::plan::Plan;
use crate::understanding::{
    Format, GrainRule, PresetReason, PresetUsed, Understanding, UsedColumn,
};

/// A table of which only the header and some rows are known.
#[derive(Debug, Clone, Copy)]
struct Table<'a> {
    file: &'a str,
    headers: &'a [String],
    sample: &'a [Vec<Option<String>>],
}

impl<'a> Table<'a> {
    /// Returns the trimmed values of a column in the sample, without empty ones.
    fn values(self, index: usize) -> impl Iterator<Item = &'a str> {
        self.sample
            .iter()
            .filter_map(move |row| row.get(index)?.as_deref())
            .map(str::trim)
            .filter(|value| !crate::words::is_missing(value))
    }

    fn header(self, index: usize) -> &'a str {
        self.headers.get(index).map_or("", String::as_str)
    }
}

/// Understands a table by its headers and a sample of its rows (cells as text; nothing where a cell is null).
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
) -> Result<Understanding, ImportError> {
    understand(file, format, headers, sample, options, true)
}

/// Understands a table whose header may be patron's own: then the file has none, and its lines told the preset.
pub(crate) fn understand(
    file: &str,
    format: Format,
    headers: &[String],
    sample: &[Vec<Option<String>>],
    options: &ImportOptions,
    has_header: bool,
) -> Result<Understanding, ImportError> {
    let table = Table {
        file,
        headers,
        sample,
    };
    if sample.is_empty() {
        return Err(ImportError::HeaderOnly {
            file: file.to_owned(),
        });
    }
    let preset = choose_preset(table, options, has_header)?;
    let found = Columns::recognise(table, preset.map(|(preset, _)| preset), options)?;
    require_header(table, &found)?;
    let plan = Plan::make(table, &found, preset.map(|(preset, _)| preset), options)?;
    let date_format = marks::date_format(table, plan.date_column(), options)?;
    let (decimal_mark, decimal_mark_guessed) =
        marks::decimal_mark(table, &plan.number_columns(), options)?;
    let mut understanding = Understanding {
        file: file.to_owned(),
        format,
        preset: preset.map(|(preset, why)| PresetUsed {
            name: preset.name.clone(),
            why,
        }),
        headers: headers.to_vec(),
        hashed_columns: hashed(plan.grain, headers.len(), &plan.columns),
        columns: plan.columns,
        grain: plan.grain,
        amount: plan.amount,
        date_format,
        decimal_mark,
        decimal_mark_guessed,
        currency: options.currency.clone(),
        notes: plan.notes,
        defaults: preset
            .map(|(preset, _)| preset.defaults.clone().into_iter().collect())
            .unwrap_or_default(),
        rules: preset
            .map(|(preset, _)| preset.rules.clone())
            .unwrap_or_default(),
        customer_is_email: plan.customer_is_email,
    };
    if !has_header {
        understanding.notes.push(notes::no_header(headers));
    }
    let notes = notes::about(table, &understanding, options);
    understanding.notes.splice(0..0, notes);
    Ok(understanding)
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

fn choose_preset(
    table: Table<'_>,
    options: &ImportOptions,
    has_header: bool,
) -> Result<Option<(&'static Preset, PresetReason)>, ImportError> {
    let Some(name) = &options.preset else {
        return Ok(preset::all()
            .iter()
            .find(|preset| preset.recognises(table.headers))
            .map(|preset| {
                let header_or_layout = if has_header {
                    PresetReason::Header
                } else {
                    PresetReason::Layout
                };
                (preset, header_or_layout)
            }));
    };
    let preset = preset::find(name).ok_or_else(|| ImportError::UnknownPreset {
        name: name.clone(),
        known: preset::preset_names()
            .into_iter()
            .map(str::to_owned)
            .collect(),
    })?;
    if options.mapping.is_empty() && !preset.recognises(table.headers) {
        return Err(ImportError::NotOfPreset {
            file: table.file.to_owned(),
            preset: preset.name.clone(),
            found: format!(
                "it has {} columns, `{}`, and not all of the preset's",
                table.headers.len(),
                table.headers.join("`, `")
            ),
        });
    }
    Ok(Some((preset, PresetReason::Asked)))
}

/// Orders are recognised again by their own columns; of lines every column counts.
fn hashed(grain: GrainRule, columns: usize, used: &[UsedColumn]) -> Vec<usize> {
    match grain {
        GrainRule::Orders | GrainRule::OrdersUnlessRepeated => {
            let mut places: Vec<usize> = used.iter().map(|column| column.index).collect();
            places.sort_unstable();
            places.dedup();
            places
        }
        GrainRule::EachRowIsAnOrder | GrainRule::Lines => (0..columns).collect(),
    }
}
