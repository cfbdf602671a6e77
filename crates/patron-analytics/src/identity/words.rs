//! What somebody says by hand of who is who, and what follows from it.

use std::collections::BTreeSet;

use arrow_array::cast::AsArray;
use patron_core::{Coded, ErrorCode, Instant};
use patron_import::is_address;
use patron_ledger::{At, Ledger, LedgerError, ScanRequest, Table, Whom};
use patron_state::StateError;

use super::settle::{Settled, Where, pairs, settle};
use crate::workspace::{Workspace, WorkspaceError};

/// Why a word cannot be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// Nobody has this id.
    #[error("there is no customer `{id}`")]
    Unknown {
        /// The id.
        id: String,
    },
    /// A customer cannot be joined with themselves.
    #[error("`{id}` and `{id}` are one customer")]
    Same {
        /// The id.
        id: String,
    },
    /// The journal has no such batch.
    #[error("there is no batch {batch}")]
    NoSuchBatch {
        /// Which.
        batch: i64,
    },
    /// The batch was taken back before.
    #[error("batch {batch} was taken back by batch {by}")]
    Undone {
        /// Which.
        batch: i64,
        /// The later one.
        by: i64,
    },
    /// The workspace cannot be used.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
}

impl From<StateError> for IdentityError {
    fn from(error: StateError) -> Self {
        Self::Workspace(error.into())
    }
}

impl From<LedgerError> for IdentityError {
    fn from(error: LedgerError) -> Self {
        Self::Workspace(error.into())
    }
}

impl Coded for IdentityError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Workspace(error) => error.code(),
            _ => ErrorCode::SettingInvalid,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "no_such_customer",
            Self::Same { .. } => "same_customer",
            Self::NoSuchBatch { .. } => "no_such_batch",
            Self::Undone { .. } => "batch_undone",
            Self::Workspace(error) => error.key(),
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Unknown { id } | Self::Same { id } => vec![("id", id.clone())],
            Self::NoSuchBatch { batch } => vec![("batch", batch.to_string())],
            Self::Undone { batch, by } => {
                vec![("batch", batch.to_string()), ("by", by.to_string())]
            }
            Self::Workspace(error) => error.params(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { .. } => Some(
                "ids are those of the shop's files, exactly; `patron export customers` lists them"
                    .to_owned(),
            ),
            Self::Same { .. } => None,
            Self::NoSuchBatch { .. } | Self::Undone { .. } => {
                Some("`patron identity log` lists the batches".to_owned())
            }
            Self::Workspace(error) => error.hint(),
        }
    }
}

/// Joins a customer with another, whatever the rule says. An account may be joined with several; a guest is joined with the
/// last that was named.
///
/// # Errors
/// [`IdentityError::Unknown`], [`IdentityError::Same`], and those of the workspace.
pub fn join_by_hand(
    workspace: &Workspace,
    (customer, with): (&str, &str),
    now: Instant,
) -> Result<Settled, IdentityError> {
    if customer == with {
        return Err(IdentityError::Same {
            id: customer.to_owned(),
        });
    }
    let ledger = workspace.ledger()?;
    check_known(&ledger, &[customer, with])?;
    let state = workspace.state()?;
    let words = state.identity_words()?;
    let is_joined = |id: &str| {
        let mut words = words.iter();
        words.any(|word| word.customer_id == id && word.with.is_some())
    };
    // A customer has one word: where an account's is taken, the other's says the same.
    let is_taken = !is_address(customer) && is_joined(customer) && !is_joined(with);
    let (of, with) = if is_taken {
        (with, customer)
    } else {
        (customer, with)
    };
    state.say_identity(of, Some(with))?;
    Ok(settle(workspace, &ledger, "join", Where::Everywhere, now)?)
}

/// Keeps a customer apart from everybody, whatever the rule says.
///
/// # Errors
/// [`IdentityError::Unknown`], and those of the workspace.
pub fn keep_apart(
    workspace: &Workspace,
    customer: &str,
    now: Instant,
) -> Result<Settled, IdentityError> {
    let ledger = workspace.ledger()?;
    check_known(&ledger, &[customer])?;
    workspace.state()?.say_identity(customer, None)?;
    Ok(settle(workspace, &ledger, "part", Where::Everywhere, now)?)
}

/// Works out anew who is who, after a setting was changed.
///
/// # Errors
/// Those of the workspace.
pub fn settle_now(workspace: &Workspace, now: Instant) -> Result<Settled, IdentityError> {
    let ledger = workspace.ledger()?;
    Ok(settle(workspace, &ledger, "apply", Where::Everywhere, now)?)
}

/// Takes a batch of the journal back: its customers are who they are by themselves, and no rule joins them again.
///
/// # Errors
/// [`IdentityError::NoSuchBatch`], [`IdentityError::Undone`], and those of the workspace.
pub fn undo_batch(
    workspace: &Workspace,
    batch: i64,
    now: Instant,
) -> Result<Settled, IdentityError> {
    let ledger = workspace.ledger()?;
    let state = workspace.state()?;
    let batches = state.identity_batches()?;
    let Some(found) = batches.iter().find(|known| known.id == batch) else {
        return Err(IdentityError::NoSuchBatch { batch });
    };
    if let Some(by) = found.undone_by {
        return Err(IdentityError::Undone { batch, by });
    }
    state.undo_identity(batch)?;
    let cause = format!("undo {batch}");
    let settled = settle(workspace, &ledger, &cause, Where::Everywhere, now)?;
    if let Some(by) = settled.batch {
        state.mark_undone(batch, by)?;
    }
    Ok(settled)
}

/// Returns everybody who is a person with one of these customers, and the names under which they ever stood.
pub(crate) fn whom_to_erase(
    workspace: &Workspace,
    ledger: &Ledger,
    ids: &BTreeSet<String>,
) -> Result<Whom, WorkspaceError> {
    let tables: Vec<Table> = Table::ALL
        .into_iter()
        .filter(|table| table.has_persons())
        .collect();
    let mut persons = ids.clone();
    pairs(ledger, At::Latest, &tables, |customer, person| {
        if ids.contains(customer) && !persons.contains(person) {
            persons.insert(person.to_owned());
        }
    })?;
    let mut customers = ids.clone();
    pairs(ledger, At::Latest, &tables, |customer, person| {
        if persons.contains(person) && !customers.contains(customer) {
            customers.insert(customer.to_owned());
        }
    })?;
    persons.extend(visitors(ledger, &persons, &customers)?);
    let state = workspace.state()?;
    let mut under = BTreeSet::new();
    for customer in &customers {
        under.extend(state.persons_ever_of(customer)?);
    }
    Ok(Whom {
        persons,
        customers,
        under,
    })
}

/// The visitors without a name that turned out to be one of these: their events carry both ids.
fn visitors(
    ledger: &Ledger,
    persons: &BTreeSet<String>,
    customers: &BTreeSet<String>,
) -> Result<BTreeSet<String>, WorkspaceError> {
    let columns = ["anonymous_id", "customer_id", "person_id"];
    let request = ScanRequest::new(Table::Events).columns(&columns);
    let mut visitors = BTreeSet::new();
    for batch in ledger.scan(&request)? {
        let batch = batch?;
        let [visitor, customer, person] = columns.map(|name| {
            let column = batch.column_by_name(name);
            column.and_then(|column| column.as_string_opt::<i32>())
        });
        let (Some(visitor), Some(customer), Some(person)) = (visitor, customer, person) else {
            continue;
        };
        for ((visitor, customer), person) in visitor.iter().zip(customer).zip(person) {
            let is_theirs = customer.is_some_and(|customer| customers.contains(customer))
                || person.is_some_and(|person| persons.contains(person));
            if let Some(visitor) = visitor.filter(|_| is_theirs) {
                visitors.insert(visitor.to_owned());
            }
        }
    }
    Ok(visitors)
}

fn check_known(ledger: &Ledger, ids: &[&str]) -> Result<(), IdentityError> {
    let tables: Vec<Table> = Table::ALL
        .into_iter()
        .filter(|table| table.has_persons())
        .collect();
    let mut unknown: BTreeSet<&str> = ids.iter().copied().collect();
    pairs(ledger, At::Latest, &tables, |customer, _| {
        unknown.remove(customer);
    })?;
    match unknown.first() {
        Some(id) => Err(IdentityError::Unknown {
            id: (*id).to_owned(),
        }),
        None => Ok(()),
    }
}
