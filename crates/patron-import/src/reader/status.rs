//! What a row's status word means.

use patron_core::OrderStatus;

use crate::batch::RowBatch;
use crate::content::Content;
use crate::options::{ImportOptions, KeepRules};
use crate::reader::row::{Row, shown};
use crate::understanding::Understanding;
use crate::value::trim;
use crate::words::{self, StatusMeaning};

/// Status words remembered, so that most rows compare one text.
const REMEMBERED_WORDS: usize = 64;
/// Different unknown status words counted per batch.
const COUNTED_WORDS: usize = 100;

/// What status words mean, the file's own words remembered.
#[derive(Debug, Clone)]
pub(super) struct StatusWords {
    given: Vec<(String, StatusMeaning)>,
    keep: KeepRules,
    /// The words of a built-in list.
    known: fn(&str) -> Option<StatusMeaning>,
    seen: Vec<(String, Option<StatusMeaning>)>,
}

impl StatusWords {
    pub(super) fn new(options: &ImportOptions, understanding: &Understanding) -> Self {
        let of_refunds = understanding.holds == Content::Refunds;
        let rules = &understanding.rules;
        let of_user = options
            .status_words
            .iter()
            .map(|(word, status)| (word.clone(), StatusMeaning::plain(*status)));
        let of_preset = rules.statuses.iter().flat_map(|(meaning, known)| {
            let meaning = words::meaning(meaning);
            known
                .iter()
                .filter_map(move |word| Some((word.clone(), meaning?)))
        });
        let given = of_user.chain(of_preset).collect();
        Self {
            given,
            // What is kept of orders is no money that went back.
            keep: if of_refunds {
                KeepRules::default()
            } else {
                options.keep
            },
            known: if of_refunds {
                words::refund_status
            } else {
                words::status
            },
            seen: Vec::new(),
        }
    }

    /// Returns what a row's status means; paid where there is none, and for unknown words, which are counted.
    pub(super) fn meaning<R: Row>(
        &mut self,
        row: &R,
        slot: Option<usize>,
        batch: &mut RowBatch,
    ) -> RowStatus {
        let Some(slot) = slot else {
            return RowStatus::known(StatusMeaning::PAID);
        };
        let cell = row.cell(slot);
        let text = shown(&cell);
        let word = trim(&text);
        if words::is_missing(word) {
            return RowStatus {
                said: false,
                ..RowStatus::known(StatusMeaning::PAID)
            };
        }
        match self.look_up(word) {
            Some(meaning) => RowStatus::known(self.kept(meaning)),
            None => {
                count_unknown(&mut batch.unknown_statuses, word);
                RowStatus {
                    guessed: true,
                    ..RowStatus::known(StatusMeaning::PAID)
                }
            }
        }
    }

    /// What the user keeps although its status would set it aside counts like any other order.
    const fn kept(&self, meaning: StatusMeaning) -> StatusMeaning {
        match meaning.status {
            OrderStatus::Cancelled if self.keep.cancelled => StatusMeaning::PAID,
            OrderStatus::Test | OrderStatus::Void if self.keep.test_or_void => StatusMeaning::PAID,
            _ => meaning,
        }
    }

    fn look_up(&mut self, word: &str) -> Option<StatusMeaning> {
        if let Some((_, meaning)) = self.seen.iter().find(|(seen, _)| seen == word) {
            return *meaning;
        }
        let meaning = self
            .given
            .iter()
            .find(|(given, _)| given.trim().eq_ignore_ascii_case(word))
            .map(|&(_, meaning)| meaning)
            .or_else(|| (self.known)(word));
        if self.seen.len() < REMEMBERED_WORDS {
            self.seen.push((word.to_owned(), meaning));
        }
        meaning
    }
}

/// What a row's status means, and whether that is a guess.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowStatus {
    pub(super) status: StatusMeaning,
    pub(super) guessed: bool,
    /// Whether the row says anything: a line that does not goes with its order.
    pub(super) said: bool,
}

impl RowStatus {
    const fn known(status: StatusMeaning) -> Self {
        Self {
            status,
            guessed: false,
            said: true,
        }
    }
}

fn count_unknown(counts: &mut Vec<(String, u64)>, word: &str) {
    if let Some((_, count)) = counts.iter_mut().find(|(known, _)| known == word) {
        *count += 1;
    } else if counts.len() < COUNTED_WORDS {
        counts.push((word.to_owned(), 1));
    }
}
