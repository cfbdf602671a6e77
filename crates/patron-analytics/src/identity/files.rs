//! Who is who in files that no workspace has.

use std::collections::HashMap;

use patron_engine::{Gathered, GroupingError, PARTITIONS, Record};
use patron_import::{RowKind, is_address};

use super::resolve::{Says, resolve};
use super::rule::Rule;
use crate::import::{Tellers, each_customer};

/// Joins the customers of files by a rule; returns how many have another's name now.
///
/// # Errors
/// [`GroupingError`] if records on disk cannot be read or written.
pub(crate) fn join(rule: Rule, gathered: &mut Gathered) -> Result<u64, GroupingError> {
    let any =
        |what: fn(&patron_engine::Seen) -> bool| gathered.files.iter().any(|file| what(&file.seen));
    let may_join = match rule {
        Rule::Off => false,
        Rule::Guests => any(|seen| seen.guests) && any(|seen| seen.accounts),
        Rule::Email | Rule::Contacts => any(|seen| seen.guests || seen.accounts),
    };
    if !may_join {
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
