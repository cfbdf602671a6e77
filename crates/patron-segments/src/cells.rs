//! All combinations of scores, as rows: what a condition on scores can ever see.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::ArrowError;

use crate::names::{LIFECYCLE_KEYS, OCTANT_KEYS};

/// Columns that a combination of scores and the numbers of bins decide.
pub(crate) const SCORE_COLUMNS: [&str; 7] = [
    "r_score", "f_score", "m_score", "rfm", "r_bins", "f_bins", "m_bins",
];

/// One combination; an axis that no condition reads is left out (nothing).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) scores: [Option<u8>; 3],
    pub(crate) octant: Option<&'static str>,
    pub(crate) stage: Option<&'static str>,
}

/// Which columns of keys are read beside the scores.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct KeysRead {
    pub(crate) octant: bool,
    pub(crate) stage: bool,
}

/// Returns all combinations of the axes that are read, R slowest.
pub(crate) fn cells(bins: [u8; 3], read: [bool; 3], keys: KeysRead) -> Vec<Cell> {
    let axis = |index: usize| -> Vec<Option<u8>> {
        match (read.get(index), bins.get(index)) {
            (Some(true), Some(&bins)) => (1..=bins).map(Some).collect(),
            _ => vec![None],
        }
    };
    let all = |read: bool, keys: &[&'static str]| -> Vec<Option<&'static str>> {
        if read {
            keys.iter().copied().map(Some).collect()
        } else {
            vec![None]
        }
    };
    let octants = all(keys.octant, &OCTANT_KEYS);
    // Who has no order has no row: the last stage is left out.
    let stages = all(
        keys.stage,
        LIFECYCLE_KEYS.split_last().map_or(&[], |(_, keys)| keys),
    );
    let mut cells = Vec::new();
    for r in axis(0) {
        for f in axis(1) {
            for m in axis(2) {
                for &octant in &octants {
                    cells.extend(stages.iter().map(|&stage| Cell {
                        scores: [r, f, m],
                        octant,
                        stage,
                    }));
                }
            }
        }
    }
    cells
}

/// Returns the cells as rows with the columns of [`SCORE_COLUMNS`], `rfm_total` (weights 1), `octant` and `lifecycle`.
pub(crate) fn batch(cells: &[Cell], bins: [u8; 3]) -> Result<RecordBatch, ArrowError> {
    let scores = |axis: fn(&Cell) -> Option<u8>| -> ArrayRef {
        let column: Int64Array = cells.iter().map(|cell| axis(cell).map(i64::from)).collect();
        Arc::new(column)
    };
    let constant =
        |bins: u8| -> ArrayRef { Arc::new(Int64Array::from(vec![i64::from(bins); cells.len()])) };
    let rfm: StringArray = cells
        .iter()
        .map(|cell| rfm_text(cell.scores, bins))
        .collect();
    let total: Float64Array = cells.iter().map(|cell| total(cell.scores)).collect();
    let octant: StringArray = cells.iter().map(|cell| cell.octant).collect();
    let stage: StringArray = cells.iter().map(|cell| cell.stage).collect();
    let [r_bins, f_bins, m_bins] = bins;
    RecordBatch::try_from_iter_with_nullable([
        ("r_score", scores(|cell| cell.scores[0]), true),
        ("f_score", scores(|cell| cell.scores[1]), true),
        ("m_score", scores(|cell| cell.scores[2]), true),
        ("rfm", Arc::new(rfm) as ArrayRef, true),
        ("r_bins", constant(r_bins), true),
        ("f_bins", constant(f_bins), true),
        ("m_bins", constant(m_bins), true),
        ("rfm_total", Arc::new(total), true),
        ("octant", Arc::new(octant), true),
        ("lifecycle", Arc::new(stage), true),
    ])
}

/// `545` when every axis has at most 9 bins, else `10-5-9`. DEFINITIONS §5.
fn rfm_text(scores: [Option<u8>; 3], bins: [u8; 3]) -> Option<String> {
    let [Some(r), Some(f), Some(m)] = scores else {
        return None;
    };
    Some(if bins.iter().all(|&bins| bins <= 9) {
        format!("{r}{f}{m}")
    } else {
        format!("{r}-{f}-{m}")
    })
}

fn total(scores: [Option<u8>; 3]) -> Option<f64> {
    scores.iter().map(|score| score.map(f64::from)).sum()
}

impl Cell {
    /// How a report names the cell: `545`, `54*` where M is not read, an octant's key, a stage's key, or several of these.
    pub(crate) fn name(&self, bins: [u8; 3]) -> String {
        let scores = (self.scores != [None; 3]).then(|| self.digits(bins));
        let keys = [self.octant, self.stage].into_iter().flatten();
        let parts: Vec<String> = scores.into_iter().chain(keys.map(str::to_owned)).collect();
        parts.join(" ")
    }

    fn digits(&self, bins: [u8; 3]) -> String {
        let separator = if bins.iter().all(|&bins| bins <= 9) {
            ""
        } else {
            "-"
        };
        let digits = self
            .scores
            .map(|score| score.map_or("*".to_owned(), |score| score.to_string()));
        digits.join(separator)
    }
}
