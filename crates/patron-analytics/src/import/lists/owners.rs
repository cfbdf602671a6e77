//! Whose the orders are that refunds and answers name, as the ledger knows it.

use std::collections::BTreeMap;

use patron_core::OrderStatus;
use patron_engine::Owners;
use patron_ledger::{Ledger, ScanRequest, Table};

use super::texts;
use crate::import::{ImportFailure, status_of};
use crate::workspace::WorkspaceError;

/// Whose an order is, as far as the ledger was gone through.
struct Owner {
    /// It was cancelled, void or a test: whoever bought one of the same id goes before.
    is_unsold: bool,
    person: String,
    /// The first of the person's names with it, whatever the order of rows.
    customer: String,
    /// Others have it, too, because orders of several customers are kept: it is nobody's.
    is_contested: bool,
}

/// Completes what only names an order with the order's customer, as the ledger knows it.
pub(in crate::import) fn find_owners(
    ledger: &Ledger,
    owners: &mut Owners,
) -> Result<(), ImportFailure> {
    let mut known: BTreeMap<String, Owner> = BTreeMap::new();
    for table in [Table::Orders, Table::OrderLines] {
        let columns = ["order_id", "customer_id", "person_id", "status"];
        let request = ScanRequest::new(table).columns(&columns);
        for batch in ledger.scan(&request).map_err(WorkspaceError::from)? {
            let batch = batch.map_err(WorkspaceError::from)?;
            let [orders, customers, persons, statuses] = columns.map(|name| texts(&batch, name));
            let rows = orders.zip(customers).zip(persons).zip(statuses);
            for (((order, customer), person), status) in rows {
                if let (Some(order), Some(customer), Some(person)) = (order, customer, person)
                    && owners.get(order).is_some_and(Option::is_none)
                {
                    note_owner(&mut known, order, (customer, person), status);
                }
            }
        }
    }
    for (order, owner) in known.into_iter().filter(|(_, owner)| !owner.is_contested) {
        owners.insert(order, Some(owner.customer));
    }
    Ok(())
}

fn note_owner(
    known: &mut BTreeMap<String, Owner>,
    order: &str,
    (customer, person): (&str, &str),
    status: Option<&str>,
) {
    let is_unsold = status.and_then(status_of).is_some_and(|status| {
        matches!(
            status,
            OrderStatus::Cancelled | OrderStatus::Void | OrderStatus::Test
        )
    });
    let new = || Owner {
        is_unsold,
        person: person.to_owned(),
        customer: customer.to_owned(),
        is_contested: false,
    };
    let owner = known.entry(order.to_owned()).or_insert_with(new);
    if owner.is_unsold && !is_unsold {
        *owner = new();
    } else if owner.is_unsold == is_unsold {
        owner.is_contested |= owner.person != person;
        if owner.customer.as_str() > customer {
            customer.clone_into(&mut owner.customer);
        }
    }
}
