//! The ledger comes to agree with who is who: what differs is moved, and noted in the journal.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use arrow_array::cast::AsArray;
use arrow_array::{RecordBatch, StringArray};
use patron_core::Instant;
use patron_engine::{Gathered, GroupingError};
use patron_ledger::{At, CommitInfo, Ledger, Move, ScanRequest, Table};
use patron_state::{IdentityMove, Reason, State};

use super::files;
use super::resolve::{Resolved, Says, resolve};
use crate::workspace::{Workspace, WorkspaceError};

/// How the customers of a ledger are joined.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled {
    /// Customers who have another's name.
    pub joined: u64,
    /// Customers of whom that is new, or no longer so.
    pub changed: u64,
    /// Addresses that joined nobody because several accounts name them.
    pub shared: u64,
    /// Somebody with such an address.
    pub example: Option<String>,
    /// The batch of the journal, if anything changed.
    pub batch: Option<i64>,
    /// The new snapshot, if anything changed.
    pub snapshot: Option<i64>,
}

/// Where rows are looked at for whose they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Where {
    /// What is said of customers: whatever an import changes shows there.
    Customers,
    /// Every table with persons.
    Everywhere,
}

/// Returns the customers who have another's name, with that, as of a snapshot.
pub(crate) fn joined(ledger: &Ledger, at: At) -> Result<HashMap<String, String>, WorkspaceError> {
    let mut persons = HashMap::new();
    pairs(ledger, at, &[Table::Customers], |customer, person| {
        if customer != person && !persons.contains_key(customer) {
            persons.insert(customer.to_owned(), person.to_owned());
        }
    })?;
    Ok(persons)
}

/// Returns the customers who will have another's name, with that, when facts that were read are in the ledger, too.
pub(crate) fn joined_with<E: From<WorkspaceError> + From<GroupingError>>(
    workspace: &Workspace,
    ledger: &Ledger,
    gathered: &Gathered,
) -> Result<HashMap<String, String>, E> {
    let rule = workspace.settings().identity.unwrap_or_default();
    // Of a workspace that nobody may write to nobody said anything.
    let words = match workspace.state() {
        Ok(state) => state.identity_words().map_err(WorkspaceError::from)?,
        Err(_) => Vec::new(),
    };
    let resolved = resolve(rule, &words, |take: &mut dyn FnMut(&Says<'_>)| {
        sayings(ledger, take)?;
        Ok::<_, E>(files::sayings(gathered, take)?)
    })?;
    let persons = resolved.persons.into_iter();
    Ok(persons
        .map(|(customer, (person, _))| (customer, person))
        .collect())
}

/// Works out who is who, and moves the rows of those who are somebody else now.
pub(crate) fn settle(
    workspace: &Workspace,
    ledger: &Ledger,
    cause: &str,
    place: Where,
    now: Instant,
) -> Result<Settled, WorkspaceError> {
    let rule = workspace.settings().identity.unwrap_or_default();
    let state = workspace.state()?;
    let words = state.identity_words()?;
    let resolved = resolve(rule, &words, |take: &mut dyn FnMut(&Says<'_>)| {
        sayings(ledger, take)
    })?;
    // Whom somebody joined by hand may have said nothing of themselves: only their orders show them.
    let by_hand = words.iter().any(|word| word.with.is_some());
    let place = if by_hand { Where::Everywhere } else { place };
    let found = whose(ledger, &resolved, place)?;
    end_unfinished(&state, ledger, &found)?;
    let mut settled = Settled {
        joined: resolved.persons.len() as u64,
        shared: resolved.shared,
        example: resolved.example.clone(),
        ..Settled::default()
    };
    let moves = moves(&found, &resolved);
    if moves.is_empty() {
        state.set_identity_rule(rule.key())?;
        return Ok(settled);
    }
    let changed: BTreeSet<&str> = moves.iter().map(|one| one.customer_id.as_str()).collect();
    settled.changed = changed.len() as u64;
    // Said before it is done: whatever ends the program here, nobody is joined without a word in the journal.
    let batch = state.begin_identity(cause, now, &moves)?;
    let ways: BTreeSet<Move> = moves
        .iter()
        .map(|one| Move {
            customer_id: one.customer_id.clone(),
            from: one.from.clone(),
            to: one.to.clone(),
        })
        .collect();
    let info = CommitInfo {
        at: now,
        author: "identity".to_owned(),
        message: format!("batch {batch}: {} changed", settled.changed),
        extra_info: None,
    };
    let moved = ledger.reassign(&ways, &info)?;
    match moved.snapshot {
        Some(snapshot) => state.settle_identity(batch, snapshot)?,
        None => state.drop_identity(batch)?,
    }
    state.set_identity_rule(rule.key())?;
    settled.batch = moved.snapshot.map(|_| batch);
    settled.snapshot = moved.snapshot;
    Ok(settled)
}

/// Returns the rule by which a workspace's customers were joined, where that is not the one of its settings.
pub(crate) fn other_rule(workspace: &Workspace) -> Option<(String, &'static str)> {
    let wanted = workspace.settings().identity.unwrap_or_default();
    // A workspace that nobody may write to has its results, too.
    let applied = workspace.state().ok()?.identity_rule().ok()?;
    let applied = applied.unwrap_or_else(|| "off".to_owned());
    (applied != wanted.key()).then(|| (applied, wanted.key()))
}

/// Which persons the rows of customers have, of those who are or were joined.
type Whose = BTreeMap<String, BTreeSet<String>>;

fn whose(ledger: &Ledger, resolved: &Resolved, place: Where) -> Result<Whose, WorkspaceError> {
    let tables: Vec<Table> = match place {
        Where::Customers => vec![Table::Customers],
        Where::Everywhere => {
            let tables = Table::ALL.into_iter();
            tables.filter(|table| table.has_persons()).collect()
        }
    };
    let mut found = Whose::new();
    pairs(ledger, At::Latest, &tables, |customer, person| {
        if customer != person || resolved.persons.contains_key(customer) {
            let persons = found.entry(customer.to_owned()).or_default();
            if !persons.contains(person) {
                persons.insert(person.to_owned());
            }
        }
    })?;
    Ok(found)
}

fn moves(found: &Whose, resolved: &Resolved) -> Vec<IdentityMove> {
    let mut moves = Vec::new();
    for (customer, persons) in found {
        let (to, reason) = match resolved.persons.get(customer) {
            Some((person, reason)) => (person, *reason),
            None => (customer, Reason::None),
        };
        for from in persons.iter().filter(|from| *from != to) {
            moves.push(IdentityMove {
                customer_id: customer.clone(),
                from: from.clone(),
                to: to.clone(),
                reason,
            });
        }
    }
    moves
}

/// Ends what a program began that did not live to end it: it holds if its rows were moved, else it never was.
fn end_unfinished(state: &State, ledger: &Ledger, found: &Whose) -> Result<(), WorkspaceError> {
    let batches = state.identity_batches()?;
    for batch in batches.iter().filter(|batch| batch.snapshot.is_none()) {
        let moves = state.identity_moves(batch.id)?;
        let holds = moves.iter().any(|one| {
            let persons = found.get(&one.customer_id);
            persons.is_some_and(|persons| persons.contains(&one.to))
                || persons.is_none() && one.to == one.customer_id
        });
        if holds {
            let newest = ledger.resolve(At::Latest)?;
            state.settle_identity(batch.id, newest)?;
        } else {
            state.drop_identity(batch.id)?;
        }
    }
    Ok(())
}

/// Goes through what the ledger says of customers.
fn sayings(ledger: &Ledger, take: &mut dyn FnMut(&Says<'_>)) -> Result<(), WorkspaceError> {
    let columns = ["customer_id", "email", "phone"];
    let request = ScanRequest::new(Table::Customers).columns(&columns);
    for batch in ledger.scan(&request)? {
        let batch = batch?;
        let [customers, emails, phones] = columns.map(|name| texts(&batch, name));
        let (Some(customers), Some(emails), Some(phones)) = (customers, emails, phones) else {
            continue;
        };
        for ((customer, email), phone) in customers.iter().zip(emails).zip(phones) {
            if let Some(customer) = customer.filter(|id| !id.is_empty()) {
                take(&Says {
                    customer,
                    email: email.unwrap_or_default(),
                    phone: phone.unwrap_or_default(),
                });
            }
        }
    }
    Ok(())
}

/// Goes through customers and the persons that they are, row by row.
pub(super) fn pairs(
    ledger: &Ledger,
    at: At,
    tables: &[Table],
    mut take: impl FnMut(&str, &str),
) -> Result<(), WorkspaceError> {
    for table in tables {
        let request = ScanRequest::new(*table)
            .at(at)
            .columns(&["customer_id", "person_id"]);
        for batch in ledger.scan(&request)? {
            let batch = batch?;
            let customers = texts(&batch, "customer_id");
            let both = customers.zip(texts(&batch, "person_id"));
            for (customer, person) in both.into_iter().flat_map(|(a, b)| a.iter().zip(b)) {
                if let (Some(customer), Some(person)) = (customer, person)
                    && !customer.is_empty()
                {
                    take(customer, person);
                }
            }
        }
    }
    Ok(())
}

fn texts<'b>(batch: &'b RecordBatch, name: &str) -> Option<&'b StringArray> {
    batch.column_by_name(name)?.as_string_opt::<i32>()
}
