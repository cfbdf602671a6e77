//! Where the time of a vocabulary's conditions goes: by condition and, within each, by term.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::compiled::CompiledVocabulary;
use crate::condition::Spent;

/// Where the time of a vocabulary went. Times are of all threads together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Customers that conditions were evaluated for.
    pub customers: u64,
    /// Nanoseconds of looking up all segments that scores decide.
    pub look_up_nanoseconds: u64,
    /// Nanoseconds of finding the few values of text columns, and what conditions say of each.
    pub values_nanoseconds: u64,
    /// Nanoseconds of bringing all answers together.
    pub joining_nanoseconds: u64,
    /// Segments in the order of the vocabulary's keys.
    pub segments: Vec<SegmentTime>,
}

/// What a condition took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SegmentTime {
    /// The segment's key.
    pub key: String,
    /// Whether scores alone decide it: all such conditions are one look-up per customer.
    pub by_scores: bool,
    /// Customers whose primary name it is.
    pub primary: u64,
    /// Customers who meet it.
    pub customers: u64,
    /// Customers of whom it is unknown.
    pub unknown: u64,
    /// Nanoseconds of the terms that are counted here, and of joining them.
    pub nanoseconds: u64,
    /// What it compares, in the order of the text; none where scores decide.
    pub terms: Vec<TermTime>,
}

/// What a term of a condition took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TermTime {
    /// The term in the words of SQL.
    pub words: String,
    /// Customers of whom it is true.
    pub customers: u64,
    /// Customers of whom it is unknown.
    pub unknown: u64,
    /// Nanoseconds, those of the columns and sums that no term before it had needed included.
    pub nanoseconds: u64,
    /// The segment with which its time is counted, where that is an earlier one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted_with: Option<String>,
}

/// How many customers each segment names and takes, by its place among the vocabulary's keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    customers: u64,
    primary: Vec<u64>,
    met: Vec<u64>,
}

impl Counts {
    /// Adds customers, as [`CompiledVocabulary::assign_into`] writes them.
    pub fn add(&mut self, primary: &[u8], members: &[u64]) {
        self.customers += members.len() as u64;
        self.primary.resize(MOST_KEYS, 0);
        self.met.resize(MOST_KEYS, 0);
        for &index in primary {
            if let Some(count) = self.primary.get_mut(usize::from(index)) {
                *count += 1;
            }
        }
        for &members in members {
            let mut left = members;
            while left != 0 {
                if let Some(count) = self.met.get_mut(left.trailing_zeros() as usize) {
                    *count += 1;
                }
                left &= left - 1;
            }
        }
    }

    fn of(counts: &[u64], index: usize) -> u64 {
        counts.get(index).copied().unwrap_or(0)
    }
}

/// Memberships are bits of a word.
const MOST_KEYS: usize = 64;

/// Steps that are counted already, with the place of the segment.
type Counted = BTreeMap<usize, usize>;

impl CompiledVocabulary {
    /// Tells where the time went that [`CompiledVocabulary::assign_into`] noted, and what it found.
    #[must_use]
    pub fn explain(&self, spent: &Spent, counts: &Counts) -> Explanation {
        let mut counted = Counted::new();
        let mut segments: Vec<SegmentTime> = Vec::with_capacity(self.keys().len());
        for (index, key) in self.keys().iter().enumerate() {
            let bit = 1_u64 << (index % 64);
            let found = self.by_row.iter().position(|(own, _)| *own == bit);
            let end = found.and_then(|place| self.ends.get(place)).copied();
            let mut segment = SegmentTime {
                key: key.clone(),
                by_scores: end.is_none(),
                primary: Counts::of(&counts.primary, index),
                customers: Counts::of(&counts.met, index),
                unknown: end.map_or(0, |end| spent.of_step(end).unknown),
                nanoseconds: 0,
                terms: Vec::new(),
            };
            if let Some(end) = end {
                self.add_terms(end, index, spent, &mut counted, &mut segment);
            }
            segments.push(segment);
        }
        Explanation {
            customers: counts.customers,
            look_up_nanoseconds: spent.look_up,
            values_nanoseconds: spent.values,
            joining_nanoseconds: spent.joining,
            segments,
        }
    }

    /// Adds what a step joins, or the step itself if that is nothing.
    fn add_terms(
        &self,
        place: usize,
        index: usize,
        spent: &Spent,
        counted: &mut Counted,
        segment: &mut SegmentTime,
    ) {
        let Some(node) = self.plan.node(place) else {
            return;
        };
        let lap = spent.of_step(place);
        let operands = node.operands();
        // Where a text column's values decide, parts have not been worked out one by one.
        let is_whole = operands.iter().all(|&&part| spent.of_step(part).rows == 0);
        if !node.is_joint() || is_whole {
            let earlier = counted.get(&place).copied();
            let nanoseconds = self.uncounted(place, index, spent, counted);
            segment.nanoseconds += nanoseconds;
            let other = earlier.filter(|&earlier| earlier != index);
            segment.terms.push(TermTime {
                words: self.plan.words(place),
                customers: lap.met,
                unknown: lap.unknown,
                nanoseconds,
                counted_with: other.and_then(|earlier| self.keys().get(earlier)).cloned(),
            });
            return;
        }
        if counted.insert(place, index).is_none() {
            segment.nanoseconds += lap.nanoseconds;
        }
        for &operand in operands {
            self.add_terms(operand, index, spent, counted, segment);
        }
    }

    /// The time of a step and of all that it needs, as far as it is not counted yet.
    fn uncounted(&self, place: usize, index: usize, spent: &Spent, counted: &mut Counted) -> u64 {
        if counted.contains_key(&place) {
            return 0;
        }
        counted.insert(place, index);
        let operands = self.plan.node(place).map(|node| node.operands());
        let parts = operands.into_iter().flatten().copied();
        let needed: u64 = parts
            .map(|part| self.uncounted(part, index, spent, counted))
            .sum();
        needed + spent.of_step(place).nanoseconds
    }
}
