//! What a vocabulary covers: holes, overlaps and names that are never reached, over all cells.

use serde::Serialize;

use crate::cells::{self, Cell, KeysRead};
use crate::compiled::mark;
use crate::condition::{Columns, Condition};
use crate::error::VocabularyError;
use crate::profile::profile_schema;
use crate::reach;
use crate::vocabulary::Vocabulary;

/// Columns whose values a cell decides: scores, bins, their text and sum (weights 1), the octant, the stage.
const DECIDED: [&str; 10] = [
    "r_score",
    "f_score",
    "m_score",
    "rfm",
    "rfm_total",
    "r_bins",
    "f_bins",
    "m_bins",
    "octant",
    "lifecycle",
];

/// What a vocabulary covers. A cell is a combination of what its conditions read of scores, octants and stages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// The vocabulary's key.
    pub vocabulary: String,
    /// The numbers of bins of R, F, M that were tried.
    pub bins: [u8; 3],
    /// How many cells there are; with none, holes and overlaps were not looked for.
    pub cells: usize,
    /// Each segment, in the order in which they are tried.
    pub segments: Vec<SegmentCheck>,
    /// Cells that no decidable condition covers: `others`, unless one that reads more than scores takes them.
    pub holes: Vec<String>,
    /// Cells that two or more conditions cover.
    pub overlaps: Vec<Overlap>,
    /// Segments that are nobody's primary name: they contradict themselves, or earlier ones take all theirs.
    pub unreachable: Vec<String>,
    /// Segments of which that is not known: they compute with columns besides scores, octant and lifecycle.
    pub reach_unknown: Vec<String>,
}

/// What one segment covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SegmentCheck {
    /// The segment's key.
    pub key: String,
    /// In how many cells it is the primary name; nothing if more than scores decides.
    pub primary_cells: Option<usize>,
    /// How many cells meet its condition; nothing if more than scores decides.
    pub member_cells: Option<usize>,
    /// The columns besides scores, octant and lifecycle that it reads: these keep it from being decided by cell.
    pub other_columns: Vec<String>,
}

/// A cell that several conditions cover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overlap {
    /// The cell, such as `545`.
    pub cell: String,
    /// The segments, in order: the first gives the primary name.
    pub keys: Vec<String>,
}

/// Tries every cell of a vocabulary's own bins (5 where any will do).
///
/// # Errors
/// A condition that does not hold together, or whose numbers leave their range.
pub fn check(vocabulary: &Vocabulary) -> Result<CheckReport, VocabularyError> {
    let bins = vocabulary.default_bins();
    let schema = profile_schema();
    let mut decided = Vec::new();
    let mut comparing = Vec::new();
    let mut segments = Vec::new();
    for (index, segment) in vocabulary.segments.iter().enumerate() {
        let condition = Condition::compile(&segment.when, &schema)
            .map_err(|error| vocabulary.at(segment, error))?;
        let other: Vec<String> = condition
            .columns()
            .filter(|name| !DECIDED.contains(name))
            .map(str::to_owned)
            .collect();
        let bit = 1_u64 << (index % 64);
        if other.is_empty() {
            decided.push((bit, condition.clone()));
        }
        if condition.breakpoints(&DECIDED).is_some() {
            comparing.push((bit, condition));
        }
        segments.push(SegmentCheck {
            key: segment.key.clone(),
            primary_cells: None,
            member_cells: None,
            other_columns: other,
        });
    }
    let cells = cells_of(&decided, bins);
    let members = evaluate(vocabulary, &decided, &cells, bins)?;
    let mut report = CheckReport {
        vocabulary: vocabulary.key.clone(),
        bins,
        cells: cells.len(),
        segments,
        holes: Vec::new(),
        overlaps: Vec::new(),
        unreachable: Vec::new(),
        reach_unknown: Vec::new(),
    };
    for (cell, members) in cells.iter().zip(members) {
        report.add(&cell.name(bins), members);
    }
    // One cell stands for all where no condition reads any.
    let mut all = cells_of(&comparing, bins);
    if all.is_empty() {
        all = cells::cells(bins, [false; 3], KeysRead::default());
    }
    let never = reach::never_first(&comparing, &DECIDED, &all, bins).map_err(|cause| {
        VocabularyError::Cells {
            vocabulary: vocabulary.key.clone(),
            message: cause.to_string(),
        }
    })?;
    let known = never.map_or(0, |_| comparing.iter().fold(0, |bits, (bit, _)| bits | bit));
    report.finish(never.unwrap_or(0), known);
    Ok(report)
}

/// Every combination of the scores and keys that conditions read; none if they read none.
fn cells_of(conditions: &[(u64, Condition)], bins: [u8; 3]) -> Vec<Cell> {
    let reads = |names: &[&str]| {
        conditions
            .iter()
            .any(|(_, condition)| condition.columns().any(|column| names.contains(&column)))
    };
    let axes = [
        reads(&["r_score", "rfm", "rfm_total"]),
        reads(&["f_score", "rfm", "rfm_total"]),
        reads(&["m_score", "rfm", "rfm_total"]),
    ];
    let keys = KeysRead {
        octant: reads(&["octant"]),
        stage: reads(&["lifecycle"]),
    };
    if axes.contains(&true) || keys != KeysRead::default() {
        cells::cells(bins, axes, keys)
    } else {
        Vec::new()
    }
}

/// For each cell the bits of the conditions it meets.
fn evaluate(
    vocabulary: &Vocabulary,
    conditions: &[(u64, Condition)],
    cells: &[Cell],
    bins: [u8; 3],
) -> Result<Vec<u64>, VocabularyError> {
    let batch = cells::batch(cells, bins).map_err(|cause| VocabularyError::Cells {
        vocabulary: vocabulary.key.clone(),
        message: cause.to_string(),
    })?;
    let mut columns = Columns::new(&batch);
    let mut members = vec![0; cells.len()];
    for (bit, condition) in conditions {
        let one = [(*bit, condition.clone())];
        if let Err(error) = mark(&one, &mut columns, &mut members) {
            let segment = vocabulary.segments.get(bit.trailing_zeros() as usize);
            return Err(VocabularyError::Condition {
                vocabulary: vocabulary.key.clone(),
                segment: segment.map_or_else(String::new, |segment| segment.key.clone()),
                error: Box::new(error),
            });
        }
    }
    Ok(members)
}

impl CheckReport {
    fn add(&mut self, cell: &str, members: u64) {
        match members.count_ones() {
            0 => self.holes.push(cell.to_owned()),
            1 => {}
            _ => {
                let keys = self.segments.iter().enumerate();
                let keys = keys.filter(|(index, _)| members >> index & 1 == 1);
                self.overlaps.push(Overlap {
                    cell: cell.to_owned(),
                    keys: keys.map(|(_, segment)| segment.key.clone()).collect(),
                });
            }
        }
        for (index, segment) in self.segments.iter_mut().enumerate() {
            if !segment.other_columns.is_empty() {
                continue;
            }
            let member = usize::from(members >> index & 1 == 1);
            let primary = usize::from(members.trailing_zeros() as usize == index);
            segment.member_cells = Some(segment.member_cells.unwrap_or(0) + member);
            segment.primary_cells = Some(segment.primary_cells.unwrap_or(0) + primary);
        }
    }

    /// Takes the bits of segments that are never the first to be met, and of those of which that is known.
    fn finish(&mut self, never: u64, known: u64) {
        for (index, segment) in self.segments.iter().enumerate() {
            let bit = 1_u64 << (index % 64);
            if segment.primary_cells == Some(0) || never & bit != 0 {
                self.unreachable.push(segment.key.clone());
            } else if segment.primary_cells.is_none() && known & bit == 0 {
                self.reach_unknown.push(segment.key.clone());
            }
        }
    }

    /// Returns the segments that cannot be decided by cell.
    pub fn undecided(&self) -> impl Iterator<Item = &SegmentCheck> {
        self.segments
            .iter()
            .filter(|segment| !segment.other_columns.is_empty())
    }

    /// Returns whether every cell has exactly one name, as far as cells decide.
    #[must_use]
    pub fn is_exact_cover(&self) -> bool {
        self.holes.is_empty() && self.overlaps.is_empty()
    }
}
