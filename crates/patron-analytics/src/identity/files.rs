//! Who is who in files that no workspace has.

use std::collections::HashMap;

use patron_engine::{FileRead, Gathered, GroupingError, PARTITIONS, Record, Seen};
use patron_import::{RowKind, is_address};

use super::resolve::{Says, resolve};
use super::rule::Rule;
use crate::import::{Tellers, each_customer};

/// Whether facts say anything by which the rule could join customers.
pub(crate) fn may_join(rule: Rule, files: &[FileRead]) -> bool {
    let any = |what: fn(&Seen) -> bool| files.iter().any(|file| what(&file.seen));
    match rule {
        Rule::Off => false,
        Rule::Guests => any(|seen| seen.guests) && any(|seen| seen.accounts),
        Rule::Email | Rule::Contacts => any(|seen| seen.guests || seen.accounts),
    }
}

/// Joins the customers of files by a rule; returns how many have another's name now.
///
/// # Errors
/// [`GroupingError`] if records on disk cannot be read or written.
pub(crate) fn join(rule: Rule, gathered: &mut Gathered) -> Result<u64, GroupingError> {
    if !may_join(rule, &gathered.files) {
        return Ok(0);
    }
    let sayings = |take: &mut dyn FnMut(&Says<'_>)| sayings(gathered, take);
    let resolved = resolve(rule, &[], sayings)?;
    let persons: HashMap<String, String> = resolved
        .persons
        .into_iter()
        .map(|(customer, (person, _))| (customer, person))
        .collect();
    let joined = persons.len() as u64;
    gathered.take_for(persons)?;
    Ok(joined)
}

/// What an import keeps of each customer; a refund may name one by nothing but an address.
pub(super) fn sayings(
    gathered: &Gathered,
    take: &mut dyn FnMut(&Says<'_>),
) -> Result<(), GroupingError> {
    let tellers = Tellers::of(&gathered.files);
    for partition in 0..PARTITIONS {
        gathered.with_records(partition, |records| {
            each_customer(&records, &tellers, |customer| {
                let [email, phone, ..] = customer.contact();
                take(&Says {
                    customer: customer.id,
                    email,
                    phone,
                });
            });
            let is_refund =
                |row: &&Record<'_>| matches!(row.kind, RowKind::Refund | RowKind::Withdrawn);
            let refunds = records.iter().filter(is_refund);
            for refund in refunds.filter(|row| is_address(row.customer)) {
                take(&Says {
                    customer: refund.customer,
                    email: "",
                    phone: "",
                });
            }
        })?;
    }
    Ok(())
}
