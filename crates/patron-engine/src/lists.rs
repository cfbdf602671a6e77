//! Lists beside the orders: customers, products, refunds, events, answers, spend. Their entries wait in partitions of their
//! own, by the key under which an entry is known again, until a run or an import takes them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use patron_core::RowClass;
use patron_import::{
    Content, FactRows, Field, ROW_HASH_SEED, Reason, RejectedRow, RowKind, UNDATED, Understanding,
    hash_field, is_address,
};

use crate::details::{self, Identities};
use crate::error::EngineError;
use crate::gather::Gathered;
use crate::grouping::{Contact, ContactFields, GroupingError, PARTITIONS, Record, Scatter};
use crate::shared::is_claim;
use crate::source::{FileRead, RejectedSink, Seen, SourceError};

/// An entry of a list.
#[derive(Debug, Clone, Copy)]
pub struct ListEntry<'a> {
    /// What it is.
    pub kind: RowKind,
    /// µs UTC; `i64::MIN` where it has no date.
    pub at: i64,
    /// The amount in ten-thousandths, of refunds and spend.
    pub net: i64,
    /// When it was last changed, µs UTC, where the source says.
    pub updated_at: Option<i64>,
    /// Which file of the run or import it came from.
    pub file: u32,
    /// Under what it is known again: its own id; where it has none, what it says.
    pub key: &'a str,
    /// Whether the key is what it says: of equal ones each is an entry of its own.
    pub is_keyed_by_content: bool,
    /// A hash of all it says.
    pub hash: u64,
    /// Whose; empty where nobody is named.
    pub customer: &'a str,
    /// Its order, product or channel; empty where it names none.
    pub named: &'a str,
    /// The customer's contact details.
    pub contact: Option<ContactFields<'a>>,
    /// What else it says, as [`details`] writes it.
    pub details: &'a [u8],
}

/// The customers of orders, by the order's id.
pub type Owners = HashMap<String, Option<String>>;

/// Whether a file's facts wait among the entries of lists: all do in an import; in a run only what needs another file.
pub(crate) fn waits(understanding: &Understanding, with_details: bool) -> bool {
    match understanding.holds {
        Content::Orders => false,
        Content::Customers => with_details,
        _ => true,
    }
}

/// Hands the rows of a list to the partitions of lists.
pub(crate) fn scatter(
    facts: &FactRows,
    (file, with_details): (u32, bool),
    scatter: &mut Scatter<'_>,
) -> Result<(), GroupingError> {
    let mut bytes = Vec::new();
    let mut names = String::new();
    let mut identities = Identities::of(facts);
    for row in 0..facts.len() {
        let kind = facts.kind.get(row).copied().unwrap_or(RowKind::Person);
        let is_refund = matches!(kind, RowKind::Refund | RowKind::Withdrawn);
        if !is_entry(kind) || !with_details && !is_refund {
            continue;
        }
        let hash = identities.with_details(facts, row, hash_of_entry(facts, row));
        bytes.clear();
        details::write(facts, row, hash, &mut bytes);
        let key = key(facts, row);
        let (customer, named) = (facts.customer.get(row), facts.order_id.get(row));
        names.clear();
        names.push_str(&format!("{}:{customer}{named}", customer.len()));
        let updated_at = facts.updated_at.as_ref().and_then(|at| at.get(row));
        let contact = facts.contact.as_ref().map(|contact| {
            [
                contact.email.get(row),
                contact.phone.get(row),
                contact.name.get(row),
                contact.consent.get(row),
            ]
        });
        scatter.push(&Record {
            kind,
            status: patron_core::OrderStatus::Paid,
            at: facts.at.get(row).copied().unwrap_or(UNDATED),
            net: facts.net.get(row).copied().unwrap_or(0),
            row_hash: hash,
            quantity: 0,
            is_line: key.is_none(),
            status_unsaid: false,
            updated_at: updated_at.copied().filter(|&at| at != UNDATED),
            product: 0,
            file,
            customer: key.as_deref().unwrap_or(&format!("{hash:016x}")),
            order_id: &names,
            contact: contact.as_ref().and_then(Contact::new),
            line: facts.line.get(row).copied().unwrap_or(0),
            details: &bytes,
        })?;
    }
    Ok(())
}

/// Rows that were set aside but name somebody are no entries.
const fn is_entry(kind: RowKind) -> bool {
    !matches!(kind, RowKind::Order | RowKind::Line | RowKind::Mention(_))
}

/// Returns the key under which an entry is known again; nothing if that is what it says.
fn key(facts: &FactRows, row: usize) -> Option<String> {
    let text = |field| {
        let details = facts.details.as_ref();
        details.map_or("", |details| details.text(field, row))
    };
    let named = facts.order_id.get(row);
    let own = match facts.holds {
        Content::Orders | Content::Customers => facts.customer.get(row).to_owned(),
        Content::Products => named.to_owned(),
        Content::Refunds => text(Field::RefundId).to_owned(),
        Content::Events => text(Field::EventId).to_owned(),
        Content::Surveys => text(Field::ResponseId).to_owned(),
        // And the shop's day, of which nothing is known here.
        Content::Spend => format!("{named}|{}|{}", text(Field::Campaign), text(Field::Purpose)),
        _ => String::new(),
    };
    (!own.is_empty()).then_some(own)
}

/// Returns a hash of what an entry says beside its details.
fn hash_of_entry(facts: &FactRows, row: usize) -> u64 {
    let number = |values: &[i64]| values.get(row).copied().unwrap_or(0).to_le_bytes();
    let mut hash = hash_field(ROW_HASH_SEED, facts.customer.get(row).as_bytes());
    hash = hash_field(hash, facts.order_id.get(row).as_bytes());
    hash = hash_field(hash, &number(&facts.at));
    hash = hash_field(hash, &number(&facts.net));
    if let Some(contact) = &facts.contact {
        for text in [
            &contact.email,
            &contact.phone,
            &contact.name,
            &contact.consent,
        ] {
            hash = hash_field(hash, text.get(row).as_bytes());
        }
    }
    hash
}

impl<'a> ListEntry<'a> {
    fn of(record: &Record<'a>) -> Self {
        let (length, names) = record.order_id.split_once(':').unwrap_or(("0", ""));
        let length = length.parse().unwrap_or(0);
        let (customer, named) = names.split_at_checked(length).unwrap_or(("", names));
        Self {
            kind: record.kind,
            at: record.at,
            net: record.net,
            updated_at: record.updated_at,
            file: record.file,
            key: record.customer,
            is_keyed_by_content: record.is_line,
            hash: record.row_hash,
            customer,
            named,
            contact: record.contact.map(Contact::fields),
            details: record.details,
        }
    }

    /// Whether it belongs to the customer of its order: where it names none, or only an address that stands for one.
    fn is_by_order(&self) -> bool {
        let may_be = matches!(
            self.kind,
            RowKind::Refund | RowKind::Withdrawn | RowKind::Answer
        );
        may_be
            && (self.customer.is_empty() || self.customer.contains('@'))
            && !self.named.is_empty()
    }
}

impl Gathered {
    /// Calls `work` with the entries of lists of one of the [`PARTITIONS`]; those of one key are in one partition.
    ///
    /// # Errors
    /// [`GroupingError`] if entries on disk cannot be read.
    pub fn with_entries<T>(
        &self,
        partition: usize,
        work: impl FnOnce(Vec<ListEntry<'_>>) -> T,
    ) -> Result<T, GroupingError> {
        self.lists.with_partition(partition, false, |segments| {
            let records = crate::grouping::decode(segments)?;
            let keys = keys_of_shared(&records);
            let entries = records.iter().zip(&keys).map(|(record, key)| {
                let entry = ListEntry::of(record);
                let key = key.as_deref().unwrap_or(entry.key);
                let entry = ListEntry { key, ..entry };
                let owner = self.owners.get(entry.named).filter(|_| entry.is_by_order());
                match owner {
                    Some(Some(customer)) => ListEntry { customer, ..entry },
                    _ => entry,
                }
            });
            // An entry of an order that nobody knows was set aside; what was not given still takes an older version's place.
            let is_known = |entry: &ListEntry<'_>| {
                let is_somebodys = !entry.customer.is_empty() || !entry.is_by_order();
                is_somebodys || entry.kind == RowKind::Withdrawn
            };
            Ok(work(entries.filter(is_known).collect()))
        })
    }

    /// Finds the customers of refunds and answers that name only an order; `others` may know more orders than the files.
    /// Those of unknown orders are set aside. To be called once, after everything was read.
    ///
    /// # Errors
    /// Those of `others`; [`GroupingError`]; what the sink meets.
    pub fn settle_lists<E>(
        &mut self,
        rejected: &mut dyn RejectedSink,
        others: impl FnOnce(&mut Owners) -> Result<(), E>,
    ) -> Result<(), E>
    where
        E: From<GroupingError> + From<EngineError>,
    {
        let mut owners = Owners::new();
        self.each_entry(|_, entry| {
            if entry.is_by_order() {
                owners.insert(entry.named.to_owned(), None);
            }
            Ok::<_, E>(())
        })?;
        if !owners.is_empty() {
            // Whoever had an order first has it still.
            others(&mut owners)?;
            self.find_owners(&mut owners)?;
        }
        let mut aside: Vec<(u32, u64, String, RowKind, i64)> = Vec::new();
        self.each_entry(|_, entry| {
            let is_unknown = owners.get(entry.named).is_none_or(Option::is_none);
            // What was not given is set aside already.
            let counts = entry.kind != RowKind::Withdrawn;
            if counts && entry.is_by_order() && entry.customer.is_empty() && is_unknown {
                let line = details::read(entry.details).map_or(0, |kept| kept.line);
                let named = entry.named.to_owned();
                aside.push((entry.file, line, named, entry.kind, entry.net));
            }
            Ok::<_, E>(())
        })?;
        aside.sort_unstable_by_key(|(file, line, ..)| (*file, *line));
        for (file, line, named, kind, net) in aside {
            let Some(read) = self.files.get_mut(file as usize) else {
                continue;
            };
            read.unknown_orders += 1;
            set_aside(read, kind, net);
            let row = RejectedRow {
                line,
                column: header_of(&read.understanding, Field::OrderId),
                value: named,
                class: RowClass::MissingCustomer,
                reason: Reason::UnknownOrder,
                customer: None,
            };
            let file = read.path.display().to_string();
            rejected
                .take(&file, &row)
                .map_err(|error| E::from(EngineError::from(SourceError::Rejected(error))))?;
        }
        self.owners = owners;
        Ok(())
    }

    /// Hands the refunds of lists to the facts of their customers, for a fold.
    ///
    /// # Errors
    /// [`GroupingError`].
    pub fn take_refunds(&mut self) -> Result<(), GroupingError> {
        let mut seen: Vec<Seen> = vec![<_>::default(); self.files.len()];
        let mut merged: BTreeMap<u32, u64> = BTreeMap::new();
        let mut facts = self.store.scatter();
        for partition in 0..PARTITIONS {
            self.with_entries(partition, |entries| {
                for (entry, is_last) in last_of_files(entries) {
                    if !is_last {
                        let was_given = entry.kind == RowKind::Refund;
                        *merged.entry(entry.file).or_default() += u64::from(was_given);
                        continue;
                    }
                    let own_id = (!entry.is_keyed_by_content).then_some(entry.key);
                    let record = Record {
                        kind: entry.kind,
                        status: patron_core::OrderStatus::Refunded,
                        at: entry.at,
                        net: entry.net,
                        row_hash: entry.hash,
                        quantity: 0,
                        is_line: false,
                        status_unsaid: false,
                        updated_at: entry.updated_at,
                        product: own_id.map_or(0, refund_hash),
                        file: entry.file,
                        customer: entry.customer,
                        order_id: entry.named,
                        contact: None,
                        line: 0,
                        details: &[],
                    };
                    if let Some(seen) = seen.get_mut(entry.file as usize) {
                        seen.see(&record);
                    }
                    facts.push(&record)?;
                }
                Ok(())
            })??;
        }
        facts.finish()?;
        for (file, seen) in self.files.iter_mut().zip(&seen) {
            file.seen.merge(seen);
        }
        for (file, count) in merged {
            if let Some(file) = self.files.get_mut(file as usize) {
                file.merged_before.1 += count;
            }
        }
        Ok(())
    }

    fn each_entry<E: From<GroupingError>>(
        &self,
        mut work: impl FnMut(usize, &ListEntry<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        for partition in 0..PARTITIONS {
            self.lists.with_partition(partition, false, |segments| {
                let records = crate::grouping::decode(segments)?;
                Ok(records
                    .iter()
                    .try_for_each(|record| work(partition, &ListEntry::of(record))))
            })??;
        }
        Ok(())
    }

    /// Looks for orders among the facts that were read. An order is whose it is by the first file in which it is one
    /// customer's, as orders of several customers are settled; of cancelled ones alone by these.
    fn find_owners(&self, owners: &mut Owners) -> Result<(), GroupingError> {
        // Bought before cancelled, then file by file.
        let mut found: BTreeMap<String, BTreeMap<(bool, u32), BTreeSet<String>>> = BTreeMap::new();
        for partition in 0..PARTITIONS {
            self.each_record(partition, |record| {
                let is_sought = owners.get(record.order_id).is_some_and(Option::is_none);
                if !record.order_id.is_empty() && is_sought {
                    let place = (!is_claim(record), record.file);
                    let of_order = found.entry(record.order_id.to_owned()).or_default();
                    let customers = of_order.entry(place).or_default();
                    customers.insert(record.customer.to_owned());
                }
                Ok(())
            })?;
        }
        for (order, files) in found {
            let is_bought = files.keys().any(|(is_other, _)| !is_other);
            let mut files = files
                .iter()
                .filter(|((is_other, _), _)| *is_other != is_bought);
            owners.insert(order, files.find_map(|(_, customers)| one_of(customers)));
        }
        Ok(())
    }
}

/// The only customer; or the only account among guests, who may turn out to be the same person.
fn one_of(customers: &BTreeSet<String>) -> Option<String> {
    let mut accounts = customers.iter().filter(|id| !is_address(id));
    match (accounts.next(), accounts.next(), customers.len()) {
        (Some(account), None, _) => Some(account.clone()),
        (None, _, 1) => customers.first().cloned(),
        _ => None,
    }
}

/// Some shops give one number to the answers on all orders of a parcel: where a file does, the order is part of the key.
fn keys_of_shared(records: &[Record<'_>]) -> Vec<Option<String>> {
    let mut orders: HashMap<(u32, &str), &str> = HashMap::new();
    let mut shared: HashSet<&str> = HashSet::new();
    let has_own_id = |record: &&Record<'_>| record.kind == RowKind::Answer && !record.is_line;
    for record in records.iter().filter(has_own_id) {
        let named = ListEntry::of(record).named;
        let known = orders
            .entry((record.file, record.customer))
            .or_insert(named);
        if *known != named {
            shared.insert(record.customer);
        }
    }
    let key = |record: &Record<'_>| {
        let entry = ListEntry::of(record);
        let is_shared = has_own_id(&record) && shared.contains(entry.key);
        (is_shared && !entry.named.is_empty()).then(|| format!("{}:{}", entry.key, entry.named))
    };
    records.iter().map(key).collect()
}

/// Returns by which a refund with an id of its own is known among the facts of its customer; never 0.
#[must_use]
pub fn refund_hash(refund_id: &str) -> u64 {
    hash_field(ROW_HASH_SEED, refund_id.as_bytes()) | 1
}

/// Tells of the refunds of a list which is what its file says of its id (the latest change where all versions have one, else
/// the last row), for the customer whose it is by the newest version.
fn last_of_files(mut entries: Vec<ListEntry<'_>>) -> Vec<(ListEntry<'_>, bool)> {
    let line = |entry: &ListEntry<'_>| details::read(entry.details).map_or(0, |kept| kept.line);
    entries.retain(|entry| matches!(entry.kind, RowKind::Refund | RowKind::Withdrawn));
    entries.sort_by_key(|entry| entry.key);
    let mut told = Vec::with_capacity(entries.len());
    for of_key in entries.chunk_by_mut(|a, b| a.key == b.key) {
        let dated = of_key.iter().all(|entry| entry.updated_at.is_some());
        let made = |entry: &ListEntry<'_>| entry.updated_at.filter(|_| dated);
        of_key.sort_by_key(|entry| (entry.file, made(entry), line(entry)));
        let newest = of_key
            .iter()
            .max_by_key(|entry| (made(entry), entry.file, line(entry)));
        // A refund that turns out to be another customer's is no longer that of the first.
        let owner = newest.map_or("", |newest| newest.customer);
        let mut entries = of_key.iter().peekable();
        while let Some(entry) = entries.next() {
            // Its customers' other versions may all have a time of change: it is not for them alone to decide.
            let entry = ListEntry {
                updated_at: made(entry),
                ..*entry
            };
            let is_last = entries.peek().is_none_or(|next| next.file != entry.file);
            let counts = is_last && entry.customer == owner;
            told.push((entry, counts || entry.is_keyed_by_content));
        }
    }
    told
}

/// Moves a row of a file's account to those without a customer. Only refunds of a list have amounts.
fn set_aside(read: &mut FileRead, kind: RowKind, net: i64) {
    let (from, amount) = match kind {
        RowKind::Refund => (RowClass::Refund, patron_core::Money(net)),
        _ => (RowClass::Listed, patron_core::Money(0)),
    };
    read.account
        .reclassify(from, RowClass::MissingCustomer, amount);
}

pub(crate) fn header_of(understanding: &Understanding, field: Field) -> Option<String> {
    let slot = understanding.slot(field)?;
    let column = understanding.columns.get(slot)?;
    Some(column.header.clone())
}
