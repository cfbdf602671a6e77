//! Every customer's dossier, one after another, on all threads.

use std::sync::atomic::{AtomicU64, Ordering};

use patron_core::Day;
use patron_fold::{FoldSettings, Folder};
use rayon::prelude::*;

use super::Dossier;
use super::build::{Folded, dossier};
use crate::error::EngineError;
use crate::gather::Gathered;
use crate::grouping::{GroupingError, GroupingRules, PARTITIONS, Rows, fold_people};
use crate::progress::{Progress, Step};

/// Who looks at dossiers. A visitor sees some of the customers, in an order that says nothing; what it adds up must not
/// depend on that, nor on who else sees the others.
pub trait Visitor: Send {
    /// Looks at a customer's, or at that of somebody without a valid order.
    fn take(&mut self, dossier: &Dossier<'_>);
}

impl Gathered {
    /// Shows the dossier of everybody as of a day to visitors made by `make`. Returns the visitors; each has seen other people.
    ///
    /// # Errors
    /// [`EngineError`]: failures of the fold.
    pub fn visit<V: Visitor>(
        &self,
        settings: &FoldSettings,
        as_of: Day,
        drop_duplicates: bool,
        progress: &dyn Progress,
        make: impl Fn() -> V + Sync,
    ) -> Result<Vec<V>, EngineError> {
        let folder = Folder::new(settings.clone(), &[as_of])?;
        let rules = GroupingRules {
            keep_rows: true,
            ..self.rules(drop_duplicates)
        };
        progress.begin(Step::Fold, PARTITIONS as u64);
        let done = AtomicU64::new(0);
        let fold = |rows: Rows<'_, '_>| {
            let mut visitor = make();
            show(rows, &folder, rules, &mut visitor)?;
            Ok(visitor)
        };
        let visitors = (0..PARTITIONS)
            .into_par_iter()
            .map(|index| {
                let visitors = self.fold_partition(index, false, fold)?;
                progress.advance_to(done.fetch_add(1, Ordering::Relaxed) + 1);
                Ok(visitors)
            })
            .collect::<Result<Vec<Vec<V>>, GroupingError>>()?;
        progress.end();
        Ok(visitors.into_iter().flatten().collect())
    }
}

fn show(
    rows: Rows<'_, '_>,
    folder: &Folder,
    rules: GroupingRules,
    visitor: &mut impl Visitor,
) -> Result<(), GroupingError> {
    fold_people(rows, folder, rules, |person| {
        let (Some(scratch), Some(outcome)) = (person.scratch, person.outcome) else {
            return;
        };
        let folded = Folded {
            name: person.name,
            records: person.records,
            counted: person.counted,
            scratch,
            outcome: *outcome,
        };
        visitor.take(&dossier(folded, folder));
    })?;
    Ok(())
}
