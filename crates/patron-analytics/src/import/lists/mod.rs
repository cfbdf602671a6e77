//! What lists bring: customers, products, refunds, events, answers, spend. An entry is known again by its own id, or, where
//! it has none, by what it says; of a later version only what differs is kept.

mod known;
mod owners;
mod stored;

use std::collections::{BTreeSet, HashMap};

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use patron_core::{Instant, ShopCalendar};
use patron_engine::details::{self, Detail};
use patron_engine::{Feed, Gathered, ListEntry, PARTITIONS, Resources, gather_records};
use patron_import::{Content, Field, ROW_HASH_SEED, RowKind, UNDATED, hash_field, is_address};
use patron_ledger::{At, Ledger, ScanRequest, Table, Transaction};

use self::known::{Current, Known, known};
pub(super) use self::owners::find_owners;
use self::stored::give;
use super::compare::Counts;
use super::rows::{Origin, own_id};
use super::sheet::{Sheet, Value};
use super::{ImportFailure, ImportedFile};
use crate::workspace::WorkspaceError;

/// The tables that lists fill, with what they hold and the column of the key.
const TABLES: [(Content, Table, &str); 6] = [
    (Content::Customers, Table::Customers, "customer_id"),
    (Content::Products, Table::Products, "product_id"),
    (Content::Refunds, Table::Refunds, "refund_id"),
    (Content::Events, Table::Events, "event_id"),
    (Content::Surveys, Table::Surveys, "response_id"),
    (Content::Spend, Table::Spend, "channel"),
];

/// What the lists of an import are compared with, and where they go.
pub(super) struct Lists<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) at: At,
    pub(super) files: &'a [ImportedFile],
    pub(super) origins: Vec<Origin>,
    pub(super) calendar: &'a ShopCalendar,
    /// The place of each earlier import, and which of them were lists.
    pub(super) places: &'a HashMap<i64, u32>,
    pub(super) lists: HashMap<i64, Content>,
    /// The customers who have another's name, with that.
    pub(super) persons: HashMap<String, String>,
}

/// The rows of lists on their way to their tables.
struct Sheets {
    of_tables: Vec<(Table, Sheet)>,
    /// Customers of whom nothing but an address is known, by file: who is who is told by what is said of customers.
    addresses: BTreeSet<(u32, String)>,
}

/// The kind of a row that takes a refund back from a customer whose it is not.
pub(crate) const WITHDRAWN: &str = "withdrawn";

/// The kind of a refund that was not given, or is not any longer.
pub(crate) const NOT_GIVEN: &str = "not_given";

impl Sheets {
    fn of(&mut self, table: Table) -> Option<&mut Sheet> {
        let found = self.of_tables.iter_mut().find(|(known, _)| *known == table);
        found.map(|(_, sheet)| sheet)
    }

    /// Keeps in mind whose address an entry knows.
    fn note_address(&mut self, entry: &ListEntry<'_>, content: Content) {
        if content != Content::Customers && is_address(entry.customer) {
            let address = (entry.file, entry.customer.to_owned());
            self.addresses.insert(address);
        }
    }

    /// Hands all rows to a transaction, if there is one, and begins anew.
    fn append_to(
        &mut self,
        mut transaction: Option<&mut Transaction<'_>>,
    ) -> Result<(), ImportFailure> {
        for (table, sheet) in &mut self.of_tables {
            if sheet.rows() == 0 {
                continue;
            }
            let rows = sheet.take().map_err(WorkspaceError::from)?;
            if let Some(transaction) = transaction.as_deref_mut() {
                let done = transaction.append(*table, &rows);
                done.map_err(WorkspaceError::from)?;
            }
        }
        Ok(())
    }
}

impl Lists<'_> {
    /// Compares the entries of all lists with the ledger and appends what is new. Returns the counts by file.
    pub(super) fn import(
        &self,
        gathered: &Gathered,
        resources: &Resources,
        mut transaction: Option<&mut Transaction<'_>>,
    ) -> Result<Vec<Counts>, ImportFailure> {
        let mut counts = vec![Counts::default(); self.files.len()];
        let is_list = |file: &ImportedFile| file.read.understanding.holds != Content::Orders;
        if !self.files.iter().any(is_list) {
            return Ok(counts);
        }
        let stored = self.stored(resources)?;
        let tables = TABLES.iter().map(|(_, table, _)| *table);
        let mut sheets = Sheets {
            of_tables: tables.map(|table| (table, Sheet::new(table))).collect(),
            addresses: BTreeSet::new(),
        };
        for partition in 0..PARTITIONS {
            let known = stored.with_records(partition, |records| known(&records))?;
            gathered.with_entries(partition, |entries| {
                self.compare(entries, known, &mut counts, &mut sheets);
            })?;
            sheets.append_to(transaction.as_deref_mut())?;
        }
        self.write_addresses(&mut sheets);
        sheets.append_to(transaction)?;
        Ok(counts)
    }

    /// The keys of what the ledger has, in the partitions of the new entries.
    fn stored(&self, resources: &Resources) -> Result<Gathered, ImportFailure> {
        let resources = Resources {
            memory_bytes: resources.memory_bytes / 4,
            ..resources.clone()
        };
        gather_records::<ImportFailure>(Vec::new(), &resources, |feeds| {
            feeds.feed(|feed| self.give_all(feed))
        })
    }

    fn give_all(&self, feed: &mut Feed<'_>) -> Result<(), ImportFailure> {
        for (content, table, key) in TABLES {
            let holds = |file: &ImportedFile| file.read.understanding.holds == content;
            if !self.files.iter().any(holds) {
                continue;
            }
            let mut columns = vec![key, "import_id", "row_hash", "version_at"];
            if table == Table::Spend {
                columns.extend(["date", "campaign", "purpose"]);
            }
            if table == Table::Refunds {
                columns.extend(["customer_id", "kind"]);
            }
            let request = ScanRequest::new(table).at(self.at).columns(&columns);
            for batch in self.ledger.scan(&request).map_err(WorkspaceError::from)? {
                let batch = batch.map_err(WorkspaceError::from)?;
                give(self, (content, key), &batch, &mut |record| {
                    feed.take(record)
                })?;
            }
        }
        Ok(())
    }

    fn compare(
        &self,
        mut entries: Vec<ListEntry<'_>>,
        mut known: HashMap<(u64, String, i64), Known>,
        counts: &mut [Counts],
        sheets: &mut Sheets,
    ) {
        let is_new = |entry: &ListEntry<'_>| {
            let file = self.files.get(entry.file as usize);
            file.is_some_and(|file| file.known_as.is_none())
        };
        entries.retain(is_new);
        let line = |entry: &ListEntry<'_>| details::read(entry.details).map_or(0, |kept| kept.line);
        let group = |entry: &ListEntry<'_>| (content_of(entry.kind) as u8, self.day_of(entry));
        entries.sort_by(|a, b| {
            (group(a), a.key, a.file, a.updated_at, line(a)).cmp(&(
                group(b),
                b.key,
                b.file,
                b.updated_at,
                line(b),
            ))
        });
        for same in entries.chunk_by(|a, b| (group(a), a.key, a.file) == (group(b), b.key, b.file))
        {
            let Some(last) = same.last() else { continue };
            let content = content_of(last.kind);
            let key = (content as u64 + 1, last.key.to_owned(), self.day_of(last));
            let known = known.entry(key).or_default();
            let mut of_file = Counts::default();
            if last.is_keyed_by_content {
                // Where a file has more than any earlier one, all of them are kept: the n-th of one is the n-th of another.
                let brings_more = same.len() > known.equal;
                for (entry, occurrence) in same.iter().zip(1_i64..) {
                    if occurrence <= i64::try_from(known.equal).unwrap_or(i64::MAX) {
                        of_file.unchanged += 1;
                        of_file.left_out.1 +=
                            u64::from(!brings_more && entry.kind == RowKind::Refund);
                    }
                    if brings_more {
                        let id = own_id(entry.hash, occurrence);
                        self.write(entry, &id, entry.hash, entry.net, sheets);
                    }
                }
                known.equal = known.equal.max(same.len());
            } else {
                self.take_version(same, known, &mut of_file, sheets);
            }
            if let Some(counts) = counts.get_mut(last.file as usize) {
                counts.add(&of_file);
            }
        }
    }

    /// Takes what one file says of one key: the last of its rows; of spend, their sum.
    fn take_version(
        &self,
        same: &[ListEntry<'_>],
        known: &mut Known,
        counts: &mut Counts,
        sheets: &mut Sheets,
    ) {
        known.is_undated |= same.iter().any(|entry| entry.updated_at.is_none());
        let is_undated = known.is_undated;
        let line = |entry: &ListEntry<'_>| details::read(entry.details).map_or(0, |kept| kept.line);
        let last = same
            .iter()
            .max_by_key(|entry| (entry.updated_at.filter(|_| !is_undated), line(entry)));
        let Some(last) = last else { return };
        let adds_up = last.kind == RowKind::Spend;
        let (hash, net) = if adds_up {
            let net = same.iter().map(|entry| entry.net).sum();
            let one = |hash, entry: &ListEntry<'_>| hash_field(hash, &entry.hash.to_le_bytes());
            let mut rows: Vec<&ListEntry<'_>> = same.iter().collect();
            rows.sort_unstable_by_key(|entry| entry.hash);
            (rows.into_iter().fold(ROW_HASH_SEED, one), net)
        } else {
            (last.hash, last.net)
        };
        // What was not given was set aside: it is no row that could be left out.
        let is_row = |entry: &ListEntry<'_>| u64::from(entry.kind != RowKind::Withdrawn);
        let rows: u64 = same.iter().map(is_row).sum();
        let is_older = |current: &Current| match (last.updated_at, current.version_at) {
            (Some(new), Some(known)) => new < known && !is_undated,
            _ => false,
        };
        match known.newest() {
            Some(current) if current.hash == hash || is_older(current) => {
                leave_out(last, rows, counts);
                return;
            }
            Some(_) => {
                let others = if adds_up { 0 } else { rows - is_row(last) };
                counts.superseding += rows - others;
                leave_out(last, others, counts);
            }
            None if adds_up => {}
            None => leave_out(last, rows - is_row(last), counts),
        }
        self.put(*last, (hash, net), known, sheets);
    }

    /// Writes a version that counts from now on.
    fn put(
        &self,
        last: ListEntry<'_>,
        (hash, net): (u64, i64),
        known: &mut Known,
        sheets: &mut Sheets,
    ) {
        let current = known.newest().cloned();
        let owner = current.as_ref().map_or("", |current| &current.owner);
        let mut last = last;
        let is_refund = content_of(last.kind) == Content::Refunds;
        if is_refund && known.is_undated {
            // The versions of one customer may all have a time of change: it is not for them alone to decide.
            last.updated_at = None;
        }
        if last.kind == RowKind::Withdrawn && last.customer.is_empty() {
            // It names nobody: whose it was is whose it is not any longer, if anybody's.
            last.customer = owner;
        }
        if is_refund && last.customer.is_empty() {
            return;
        }
        let has_moved = current.is_some() && self.person(owner) != self.person(last.customer);
        if is_refund && has_moved {
            self.withdraw(&last, owner, sheets);
        }
        self.write(&last, last.key, hash, net, sheets);
        known.add(Current {
            hash,
            version_at: last.updated_at,
            place: u32::MAX,
            owner: last.customer.to_owned(),
        });
    }

    /// Writes down the customers of whom an entry knew an address.
    fn write_addresses(&self, sheets: &mut Sheets) {
        for (file, address) in std::mem::take(&mut sheets.addresses) {
            let (Some(origin), Some(sheet)) =
                (self.origins.get(file as usize), sheets.of(Table::Customers))
            else {
                continue;
            };
            let person = self.persons.get(&address).unwrap_or(&address);
            let hash = hash_field(ROW_HASH_SEED, address.as_bytes()).cast_signed();
            let kind = if address.contains('@') {
                "email"
            } else {
                "phone"
            };
            let cells = [
                ("customer_id", Value::Text(&address)),
                ("person_id", Value::Text(person)),
                (kind, Value::Text(&address)),
                ("import_id", Value::Whole(origin.import)),
                ("row_hash", Value::Whole(hash)),
                ("origin_file", Value::Text(&origin.file)),
            ];
            for (name, value) in cells {
                if let Some(place) = sheet.place(name) {
                    sheet.set(place, value);
                }
            }
            sheet.end_row();
        }
    }

    /// The name under which a customer's facts are kept.
    fn person<'n>(&'n self, customer: &'n str) -> &'n str {
        self.persons.get(customer).map_or(customer, String::as_str)
    }

    /// Takes a refund back from the customer whose it was by the version before.
    fn withdraw(&self, refund: &ListEntry<'_>, owner: &str, sheets: &mut Sheets) {
        let nothing = ListEntry {
            customer: owner,
            named: "",
            // A moment before what takes its place, should the two turn out to be one person.
            at: refund.at.saturating_sub(1),
            contact: None,
            details: &[],
            ..*refund
        };
        // Every time anew, however often a refund goes to and fro.
        let origin = self.origins.get(refund.file as usize);
        let import = origin.map_or(0, |origin| origin.import).to_le_bytes();
        let hash = hash_field(refund.hash, &import);
        self.write(&nothing, refund.key, hash, 0, sheets);
    }

    /// The local day of spend; 0 of all else.
    fn day_of(&self, entry: &ListEntry<'_>) -> i64 {
        match entry.kind {
            RowKind::Spend => i64::from(self.calendar.day_of(Instant(entry.at)).0),
            _ => 0,
        }
    }

    fn write(&self, entry: &ListEntry<'_>, key: &str, hash: u64, net: i64, sheets: &mut Sheets) {
        let content = content_of(entry.kind);
        let found = TABLES.iter().find(|(known, ..)| *known == content);
        let (Some(&(_, table, key_column)), Some(origin)) =
            (found, self.origins.get(entry.file as usize))
        else {
            return;
        };
        sheets.note_address(entry, content);
        let Some(sheet) = sheets.of(table) else {
            return;
        };
        let kept = details::read(entry.details).unwrap_or_default();
        let details: Vec<(Field, Detail<'_>)> = kept.details.collect();
        let consents = consents(entry, &details);
        let mut cells: Vec<(&str, Value<'_>)> = vec![
            ("import_id", Value::Whole(origin.import)),
            ("row_hash", Value::Whole(hash.cast_signed())),
            ("origin_file", Value::Text(&origin.file)),
            ("origin_line", Value::Whole(kept.line.cast_signed())),
        ];
        if let Some(at) = entry.updated_at {
            cells.push(("version_at", Value::Instant(at)));
            cells.push(("updated_at", Value::Instant(at)));
        }
        if !matches!(content, Content::Products | Content::Spend) {
            cells.push((key_column, Value::Text(key)));
        }
        push_person(entry, &self.persons, &details, &mut cells);
        self.push_own(entry, (hash, net), &mut cells);
        let kept = details.iter().map(|(field, detail)| {
            let value = match *detail {
                Detail::Text(text) => Value::Text(text),
                Detail::Number(number) => Value::Number(number),
                Detail::Instant(at) => Value::Instant(at),
            };
            (column_of(content, *field), value)
        });
        cells.extend(kept);
        if let Some(consents) = &consents {
            cells.push(("consents", Value::Text(consents)));
        }
        if let Some(kind) = kind_of(entry, content, origin) {
            cells.push(("kind", Value::Text(kind)));
        }
        if let Some(currency) = &origin.currency {
            cells.push(("currency", Value::Text(currency)));
        }
        let is_empty = |value: &Value<'_>| matches!(value, Value::Text(""));
        for (name, value) in cells.into_iter().filter(|(_, value)| !is_empty(value)) {
            if let Some(place) = sheet.place(name) {
                sheet.set(place, value);
            }
        }
        sheet.end_row();
    }

    /// What only its table has.
    fn push_own<'c>(
        &self,
        entry: &ListEntry<'c>,
        (hash, net): (u64, i64),
        cells: &mut Vec<(&'c str, Value<'c>)>,
    ) {
        match content_of(entry.kind) {
            Content::Products => cells.push(("product_id", Value::Text(entry.named))),
            Content::Spend => {
                let day = i32::try_from(self.day_of(entry)).unwrap_or(0);
                cells.push(("date", Value::Day(day)));
                cells.push(("channel", Value::Text(entry.named)));
                cells.push(("amount", Value::Number(net)));
            }
            Content::Refunds => {
                // Who names no day has none: what was not given.
                let at = (entry.at > UNDATED).then_some(("refunded_at", Value::Instant(entry.at)));
                cells.extend(at);
                cells.push(("amount", Value::Number(net)));
                cells.push(("is_line", Value::Yes(false)));
                cells.push(("content_hash", Value::Whole(hash.cast_signed())));
                cells.push(("order_id", Value::Text(entry.named)));
            }
            Content::Events => cells.push(("occurred_at", Value::Instant(entry.at))),
            Content::Surveys => cells.push(("answered_at", Value::Instant(entry.at))),
            _ => {}
        }
    }
}

/// Whose it is; of an unknown visitor, which.
fn push_person<'c>(
    entry: &ListEntry<'c>,
    persons: &'c HashMap<String, String>,
    details: &[(Field, Detail<'c>)],
    cells: &mut Vec<(&'c str, Value<'c>)>,
) {
    let anonymous = details.iter().find_map(|(field, detail)| match detail {
        Detail::Text(text) if *field == Field::AnonymousId => Some(*text),
        _ => None,
    });
    let person = match entry.customer {
        "" => anonymous.unwrap_or_default(),
        customer => persons.get(customer).map_or(customer, String::as_str),
    };
    cells.push(("customer_id", Value::Text(entry.customer)));
    cells.push(("person_id", Value::Text(person)));
    let names = ["email", "phone", "name"];
    for (name, text) in names.into_iter().zip(entry.contact.iter().flatten()) {
        cells.push((name, Value::Text(text)));
    }
}

/// Counts rows that bring nothing.
const fn leave_out(entry: &ListEntry<'_>, rows: u64, counts: &mut Counts) {
    counts.unchanged += rows;
    if matches!(entry.kind, RowKind::Refund | RowKind::Withdrawn) {
        counts.left_out.1 += rows;
    }
}

const fn content_of(kind: RowKind) -> Content {
    match kind {
        RowKind::Refund | RowKind::Withdrawn => Content::Refunds,
        RowKind::Product => Content::Products,
        RowKind::Event => Content::Events,
        RowKind::Answer => Content::Surveys,
        RowKind::Spend => Content::Spend,
        _ => Content::Customers,
    }
}

/// Which kind of event or refund an entry is.
fn kind_of<'o>(entry: &ListEntry<'_>, content: Content, origin: &'o Origin) -> Option<&'o str> {
    match content {
        // A file for each kind of event is named after it.
        Content::Events => {
            let stem = origin.file.rsplit_once('.');
            Some(stem.map_or(&*origin.file, |(stem, _)| stem))
        }
        Content::Refunds if entry.details.is_empty() => Some(WITHDRAWN),
        Content::Refunds if entry.kind == RowKind::Withdrawn => Some(NOT_GIVEN),
        Content::Refunds => Some("return"),
        _ => None,
    }
}

/// The column of a table to which a field of a list goes.
const fn column_of(content: Content, field: Field) -> &'static str {
    match (content, field) {
        (Content::Products, Field::UnitPrice) => "price",
        (_, field) => field.key(),
    }
}

/// What the customer agreed to, as an object by channel.
fn consents(entry: &ListEntry<'_>, details: &[(Field, Detail<'_>)]) -> Option<String> {
    let email = entry.contact.map_or("", |contact| contact[3]);
    let sms = details.iter().find_map(|(field, detail)| match detail {
        Detail::Text(text) if *field == Field::ConsentSms => Some(*text),
        _ => None,
    });
    let mut object = serde_json::Map::new();
    for (channel, said) in [("email", email), ("sms", sms.unwrap_or_default())] {
        if !said.is_empty() {
            object.insert(channel.to_owned(), said.into());
        }
    }
    (!object.is_empty()).then(|| serde_json::Value::Object(object).to_string())
}

fn texts<'b>(batch: &'b RecordBatch, name: &str) -> impl Iterator<Item = Option<&'b str>> {
    let column = batch.column_by_name(name);
    let column = column.and_then(|column| column.as_string_opt::<i32>());
    column.into_iter().flatten()
}
