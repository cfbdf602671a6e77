//! Rows taken out of a data file that stays: named in the catalogue if they are few, left out of a new file if many.

use arrow_array::BooleanArray;

use crate::bucket::Bucket;
use crate::catalogue::files::CatalogueFile;
use crate::commit::Change;
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::rows;
use crate::storage::Staging;

/// Up to so many rows of a file are deleted by naming them in the catalogue; for more the file is written anew.
const NAMED_AT_MOST: usize = 10_000;

impl Ledger {
    /// Adds to a change that the rows at `places` leave a file; `deleted` are those that left it before. Both ascend.
    ///
    /// Returns how many rows leave it now.
    pub(crate) fn remove_rows(
        &self,
        file: &CatalogueFile,
        deleted: &[i64],
        mut places: Vec<i64>,
        staging: &Staging,
        change: &mut Change,
    ) -> Result<u64, LedgerError> {
        let table = file.table;
        places.retain(|place| deleted.binary_search(place).is_err());
        let count = places.len() as u64;
        let live = u64::try_from(file.rows)
            .unwrap_or(0)
            .saturating_sub(deleted.len() as u64);
        if count == 0 {
            return Ok(0);
        }
        if count == live {
            change.ended_files.push((table, file.id));
        } else if places.len() <= NAMED_AT_MOST {
            change.deleted_rows.push((table, file.id, places));
        } else {
            let mut place = 0_i64;
            let kept = self.read_whole(file, Vec::new(), |batch| {
                let from = place;
                place += i64::try_from(batch.num_rows()).unwrap_or(0);
                let stays = |at: i64| {
                    places.binary_search(&at).is_err() && deleted.binary_search(&at).is_err()
                };
                let keep: BooleanArray = (from..place).map(|at| Some(stays(at))).collect();
                Some(keep)
            })?;
            let kept = rows::sorted(table, &kept)?;
            let bucket = Bucket::of_path(&file.path);
            change.added.push(staging.write(table, bucket, &kept)?);
            change.ended_files.push((table, file.id));
        }
        Ok(count)
    }
}
