//! Which preset applies, and whether the file holds orders at all.

use crate::content::Content;
use crate::error::ImportError;
use crate::field::{Field, plain};
use crate::options::ImportOptions;
use crate::preset::{self, Preset};
use crate::understand::Table;
use crate::understanding::{FillDown, PresetReason, UsedColumn};
use crate::words;

/// Chooses the preset: as asked, else the one whose columns are there.
pub(super) fn choose_preset(
    table: Table<'_>,
    options: &ImportOptions,
    has_header: bool,
) -> Result<Option<(&'static Preset, PresetReason)>, ImportError> {
    let Some(name) = &options.preset else {
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

/// Refuses a file that is known to hold something else than orders, or that cannot be used by itself.
pub(super) fn refuse_other_content(
    table: Table<'_>,
    preset: Option<&'static Preset>,
    options: &ImportOptions,
) -> Result<(), ImportError> {
    let file = || table.file.to_owned();
    let Some(preset) = preset else {
        let settled = options
            .mapping
            .iter()
            .any(|(field, _)| *field == Field::OrderedAt);
        let holds = words::content(table.headers).filter(|_| !settled);
        return match holds {
            Some(holds) => Err(ImportError::OtherContent {
                file: file(),
                holds,
                preset: None,
            }),
            None => Ok(()),
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
    if preset.holds != Content::Orders {
        return Err(ImportError::OtherContent {
            file: file(),
            holds: preset.holds,
            preset: Some(preset.name.clone()),
        });
    }
    Ok(())
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
