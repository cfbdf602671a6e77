//! Which preset applies, and whether the file holds orders at all.

use crate::content::Content;
use crate::error::ImportError;
use crate::field::{Field, plain};
use crate::options::ImportOptions;
use crate::preset::{self, Preset};
use crate::understand::{Table, marks};
use crate::understanding::{FillDown, PresetReason, UsedColumn};
use crate::words;

/// Chooses the preset: as asked, else the one whose columns are there.
pub(super) fn choose_preset(
    table: Table<'_>,
    options: &ImportOptions,
    has_header: bool,
) -> Result<Option<(&'static Preset, PresetReason)>, ImportError> {
    let said = options.preset.as_deref().map(Content::from_key);
    let Some(name) = options.preset.as_ref().filter(|_| said.flatten().is_none()) else {
        return Ok(preset::recognise(table.headers).map(|preset| {
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

/// Returns what a file holds. Refuses one that cannot be used by itself, and a list where only orders are wanted.
pub(super) fn content(
    table: Table<'_>,
    preset: Option<&'static Preset>,
    options: &ImportOptions,
) -> Result<Content, ImportError> {
    let file = || table.file.to_owned();
    // What the user says it is goes before what its columns look like.
    let said = options.preset.as_deref().and_then(Content::from_key);
    if let Some(said) = said {
        let own = preset.is_some_and(|preset| preset.holds == said) || preset.is_none();
        return if own {
            Ok(said)
        } else {
            Err(ImportError::NotOfPreset {
                file: file(),
                preset: said.key().to_owned(),
                found: format!(
                    "its columns are those of preset `{}`",
                    preset.map_or("", |preset| &preset.name)
                ),
            })
        };
    }
    let Some(preset) = preset else {
        let settled = options
            .mapping
            .iter()
            .any(|(field, _)| *field == Field::OrderedAt);
        let words = words::content(table.headers).filter(|_| !settled);
        let words = words.filter(|words| !words.is_weak || !holds_unnamed_orders(table));
        let holds = words.map(|words| words.holds);
        let holds = holds.filter(|holds| !is_of_orders(table, *holds));
        return match holds {
            Some(holds) if !options.lists => Err(ImportError::OtherContent {
                file: file(),
                holds,
                preset: None,
            }),
            holds => Ok(holds.unwrap_or_default()),
        };
    };
    if let Some(refusal) = &preset.refused {
        return Err(ImportError::PresetRefused {
            file: file(),
            preset: preset.name.clone(),
            because: refusal.because.clone(),
            mend: refusal.mend.clone(),
        });
    }
    if preset.holds != Content::Orders && !options.lists {
        return Err(ImportError::OtherContent {
            file: file(),
            holds: preset.holds,
            preset: Some(preset.name.clone()),
        });
    }
    Ok(preset.holds)
}

/// Whether a file that looks like a list tells orders after all: with a birthday, or with a day on which money went back.
fn is_of_orders(table: Table<'_>, holds: Content) -> bool {
    let rank = |header: &String, field| words::column_rank(header, field).is_some();
    let has = |test: &dyn Fn(&String) -> bool| table.headers.iter().any(test);
    let amount = has(&|header| rank(header, Field::Amount));
    match holds {
        Content::Customers => {
            amount
                && has(&|header| rank(header, Field::OrderedAt) && !rank(header, Field::CreatedAt))
        }
        Content::Refunds => {
            let other_day =
                has(&|header| rank(header, Field::OrderedAt) && !rank(header, Field::RefundedAt));
            let refunded_at = has(&|header| rank(header, Field::RefundedAt));
            let refunded = has(&|header| rank(header, Field::Refunded));
            let id = table
                .headers
                .iter()
                .position(|header| rank(header, Field::RefundId));
            // An order that was not refunded has no refund's id.
            let without_id = id.is_some_and(|id| table.values(id).count() < table.sample.len());
            amount && other_day && (refunded_at || refunded || without_id)
        }
        _ => false,
    }
}

/// Whether columns that nobody named hold days and money: orders, of which the user is to say which column is which.
fn holds_unnamed_orders(table: Table<'_>) -> bool {
    let is_unnamed = |index: &usize| {
        let mut fields = Field::ALL.iter();
        !fields.any(|&field| words::column_rank(table.header(*index), field).is_some())
    };
    let unnamed = || (0..table.headers.len()).filter(is_unnamed);
    let is_money = |value: &str| value.contains(['.', ',']) && !marks::is_date(value);
    let holds_money =
        |index| marks::holds_numbers(table, index) && table.values(index).any(is_money);
    let holds_days =
        |index| table.values(index).next().is_some() && marks::holds_dates(table, index);
    unnamed().any(holds_days) && unnamed().any(holds_money)
}

/// Finds the columns that a preset fills down, if the file has what tells first rows from others.
pub(super) fn fill_down(
    table: Table<'_>,
    used: &[UsedColumn],
    preset: &Preset,
) -> Option<FillDown> {
    let place = |name: &String| {
        let wanted = plain(name);
        table
            .headers
            .iter()
            .position(|header| plain(header) == wanted)
    };
    let order = used
        .iter()
        .find(|column| column.field == Field::OrderId)?
        .index;
    Some(FillDown {
        order,
        first_row_has: place(preset.first_row_has.as_ref()?)?,
        columns: preset.fill_down.iter().filter_map(place).collect(),
    })
}
