//! What the ledger has of each key: of new versions, which is newer.

use std::collections::HashMap;

use patron_engine::Record;
use patron_import::Content;

/// A version of an entry that is there.
#[derive(Clone)]
pub(super) struct Current {
    pub(super) hash: u64,
    pub(super) version_at: Option<i64>,
    pub(super) place: u32,
    /// Of a refund: whose it is.
    pub(super) owner: String,
}

/// What is known of one key.
#[derive(Default)]
pub(super) struct Known {
    /// The version that was changed last, and the one that was imported last.
    changed: Option<Current>,
    imported: Option<Current>,
    /// Whether a version does not say when it was changed: then the order of imports decides.
    pub(super) is_undated: bool,
    /// How often entries without an id that say this are there.
    pub(super) equal: usize,
}

impl Known {
    /// The version that counts.
    pub(super) const fn newest(&self) -> Option<&Current> {
        if self.is_undated {
            self.imported.as_ref()
        } else {
            self.changed.as_ref()
        }
    }

    pub(super) fn add(&mut self, new: Current) {
        self.is_undated |= new.version_at.is_none();
        let is_later = |known: &Current| known.place <= new.place;
        let is_changed_later =
            |known: &Current| (known.version_at, known.place) <= (new.version_at, new.place);
        if self.imported.as_ref().is_none_or(is_later) {
            self.imported = Some(new.clone());
        }
        if self.changed.as_ref().is_none_or(is_changed_later) {
            self.changed = Some(new);
        }
    }
}

/// What is there of each kind, key and day.
pub(super) fn known(records: &[Record<'_>]) -> HashMap<(u64, String, i64), Known> {
    let mut all: HashMap<(u64, String, i64), Known> = HashMap::new();
    let mut equal: HashMap<(u64, &str, u32), usize> = HashMap::new();
    for record in records {
        let is_answer = record.product == Content::Surveys as u64 + 1;
        let own = if is_answer {
            record.order_id
        } else {
            record.customer
        };
        let key = (record.product, own.to_owned(), record.at);
        let known = all.entry(key).or_default();
        if record.is_line {
            let of_import = (record.product, record.customer, record.file);
            let of_import = equal.entry(of_import).or_default();
            *of_import += 1;
            known.equal = known.equal.max(*of_import);
            continue;
        }
        let owner = if is_answer { "" } else { record.order_id };
        known.add(Current {
            hash: record.row_hash,
            version_at: record.updated_at,
            place: record.file,
            owner: owner.to_owned(),
        });
    }
    all
}
