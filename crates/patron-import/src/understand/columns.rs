//! Which column is which field: what the user says, then the preset, then the words of the header.

use std::collections::BTreeMap;

use crate::error::ImportError;
use crate::field::{Field, plain};
use crate::options::ImportOptions;
use crate::preset::Preset;
use crate::understand::Table;
use crate::words;

/// Why a column is taken for a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Because {
    /// `--map`.
    Mapped,
    /// The preset.
    Preset,
    /// The header's word.
    Word,
}

/// The columns that were recognised.
#[derive(Debug, Default)]
pub(super) struct Columns {
    found: BTreeMap<Field, (usize, Because)>,
    /// Fields for which several columns are equally good.
    ambiguous: BTreeMap<Field, Vec<usize>>,
    /// Columns that the preset names for details.
    preset_details: BTreeMap<Field, usize>,
    /// Whether words of headers decide besides what was named.
    by_words: bool,
}

/// A column that is kept as a detail.
#[derive(Debug)]
pub(super) struct DetailColumn {
    pub(super) index: usize,
    /// The user or the preset named it.
    pub(super) given: bool,
    /// Columns that would have done as well.
    pub(super) others: Vec<usize>,
}

impl Columns {
    pub(super) fn recognise(
        table: Table<'_>,
        preset: Option<&Preset>,
        options: &ImportOptions,
    ) -> Result<Self, ImportError> {
        let mut columns = Self::default();
        for (field, name) in &options.mapping {
            let index = mapped(table, *field, name)?;
            if *field == Field::CustomerId && words::is_unstable_key(table.header(index)) {
                return Err(ImportError::UnstableCustomerKey {
                    file: table.file.to_owned(),
                    column: table.header(index).to_owned(),
                });
            }
            columns.found.insert(*field, (index, Because::Mapped));
        }
        for (key, names) in preset.iter().flat_map(|preset| &preset.columns) {
            if let Some(field) = Field::from_key(key)
                && let Some(index) = named(table, names)
                && !columns.is_taken(index)
            {
                let because = (index, Because::Preset);
                columns.found.entry(field).or_insert(because);
            }
        }
        for (key, names) in preset.iter().flat_map(|preset| &preset.details) {
            if let (Some(field), Some(index)) = (Field::from_key(key), named(table, names)) {
                columns.preset_details.insert(field, index);
            }
        }
        columns.by_words = !preset.is_some_and(|preset| preset.complete);
        if !columns.by_words {
            return Ok(columns);
        }
        let taken: Vec<usize> = columns.found.values().map(|&(index, _)| index).collect();
        for &field in Field::ALL {
            let decides = !field.is_only_detail() && !field.is_of_lists();
            if decides && !columns.found.contains_key(&field) {
                columns.recognise_word(table, field, &taken);
            }
        }
        Ok(columns)
    }

    /// Returns true if a column was recognised as some field.
    pub(super) fn is_taken(&self, index: usize) -> bool {
        self.found.values().any(|&(taken, _)| taken == index)
    }

    /// Returns the column that is kept as a detail, if none of `taken` is.
    pub(super) fn detail(
        &self,
        table: Table<'_>,
        field: Field,
        taken: &[usize],
    ) -> Option<DetailColumn> {
        let one = |index, given| DetailColumn {
            index,
            given,
            others: Vec::new(),
        };
        let free = |index: &usize| !taken.contains(index);
        if let Some(&(index, because)) = self.found.get(&field)
            && because != Because::Word
        {
            return free(&index).then(|| one(index, true));
        }
        if let Some(&index) = self.preset_details.get(&field) {
            return free(&index).then(|| one(index, true));
        }
        if !self.by_words {
            return None;
        }
        let given = |index: usize| {
            let named =
                |&(named, because): &(usize, Because)| named == index && because != Because::Word;
            self.found.values().any(named)
                || self.preset_details.values().any(|&named| named == index)
        };
        let taken: Vec<usize> = (0..table.headers.len())
            .filter(|index| taken.contains(index) || given(*index))
            .collect();
        let mut equal = best_words(table, field, &taken).into_iter();
        let index = equal.next()?;
        Some(DetailColumn {
            index,
            given: false,
            others: equal.collect(),
        })
    }

    fn recognise_word(&mut self, table: Table<'_>, field: Field, taken: &[usize]) {
        let equal = best_words(table, field, taken);
        if let Some(&first) = equal.first() {
            self.found.insert(field, (first, Because::Word));
        }
        if equal.len() > 1 {
            self.ambiguous.insert(field, equal);
        }
    }

    /// Returns a field's column, if there is one; the first, where several are equally good.
    pub(super) fn first(&self, field: Field) -> Option<usize> {
        self.found.get(&field).map(|&(index, _)| index)
    }

    /// Returns a field's column, if there is one.
    ///
    /// # Errors
    /// [`ImportError::AmbiguousColumn`] if several are equally good.
    pub(super) fn only(
        &self,
        table: Table<'_>,
        field: Field,
    ) -> Result<Option<usize>, ImportError> {
        match self.ambiguous.get(&field) {
            Some(indexes) => Err(ImportError::AmbiguousColumn {
                file: table.file.to_owned(),
                field,
                columns: indexes
                    .iter()
                    .map(|&index| named_apart(table, index))
                    .collect(),
            }),
            None => Ok(self.first(field)),
        }
    }

    /// Returns true if the user or the preset named the column.
    pub(super) fn is_given(&self, field: Field) -> bool {
        self.found
            .get(&field)
            .is_some_and(|&(_, because)| because != Because::Word)
    }

    /// Returns true if the column is the best word for the field, or was given.
    pub(super) fn is_canonical(&self, table: Table<'_>, field: Field) -> bool {
        self.is_given(field)
            || self
                .first(field)
                .is_some_and(|index| words::column_rank(table.header(index), field) == Some(0))
    }
}

/// Returns the columns whose headers are the best words for a field, those taken left out.
fn best_words(table: Table<'_>, field: Field, taken: &[usize]) -> Vec<usize> {
    let ranked: Vec<(usize, usize)> = table
        .headers
        .iter()
        .enumerate()
        .filter(|(index, _)| !taken.contains(index))
        .filter_map(|(index, header)| Some((words::column_rank(header, field)?, index)))
        .collect();
    let Some(&(best, _)) = ranked.iter().min() else {
        return Vec::new();
    };
    ranked
        .iter()
        .filter(|&&(rank, _)| rank == best)
        .map(|&(_, index)| index)
        .collect()
}

/// Finds the column of a `--map`: a header as it stands, `#3`, or a header but for case, blanks and underscores.
pub(super) fn mapped(table: Table<'_>, field: Field, name: &str) -> Result<usize, ImportError> {
    let wanted = name.trim();
    let exact = |header: &String| header == wanted;
    let numbered = || {
        let number: usize = wanted.strip_prefix('#')?.parse().ok()?;
        (1..=table.headers.len())
            .contains(&number)
            .then(|| number - 1)
    };
    let loose = |header: &String| plain(header) == plain(wanted) && !plain(wanted).is_empty();
    let same: Vec<usize> = (0..table.headers.len())
        .filter(|&index| table.header(index) == wanted)
        .collect();
    if same.len() > 1 {
        return Err(ImportError::AmbiguousColumn {
            file: table.file.to_owned(),
            field,
            columns: same
                .iter()
                .map(|&index| named_apart(table, index))
                .collect(),
        });
    }
    table
        .headers
        .iter()
        .position(exact)
        .or_else(numbered)
        .or_else(|| table.headers.iter().position(loose))
        .ok_or_else(|| ImportError::MappedColumnMissing {
            file: table.file.to_owned(),
            field,
            column: wanted.to_owned(),
            headers: table.headers.to_vec(),
        })
}

/// A column's header, or its number where several have that header.
pub(super) fn named_apart(table: Table<'_>, index: usize) -> String {
    let header = table.header(index);
    let same = table
        .headers
        .iter()
        .filter(|other| *other == header)
        .count();
    if same > 1 {
        format!("#{}", index + 1)
    } else {
        header.to_owned()
    }
}

pub(super) fn named(table: Table<'_>, names: &[String]) -> Option<usize> {
    names.iter().find_map(|name| {
        table
            .headers
            .iter()
            .position(|header| plain(header) == plain(name))
    })
}
