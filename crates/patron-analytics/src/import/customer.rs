//! What files say of customers besides their orders.

use patron_engine::details::{self, Detail};
use patron_engine::{ContactFields, FileRead, Record};
use patron_import::{Field, UsedColumn};
use xxhash_rust::xxh3::xxh3_64;

/// Whether a detail belongs to the customer, not to the order.
pub(super) const fn is_of_customers(field: Field) -> bool {
    matches!(
        field,
        Field::Address
            | Field::PostalCode
            | Field::City
            | Field::Region
            | Field::Country
            | Field::Company
            | Field::Gender
            | Field::BirthDate
            | Field::AcquisitionChannel
    )
}

/// Whether a row says anything of its customer.
fn tells_of_customer(row: &Record<'_>) -> bool {
    let of_customer = |(field, _): (Field, Detail<'_>)| is_of_customers(field);
    row.contact.is_some()
        || details::read(row.details).is_some_and(|mut kept| kept.details.any(of_customer))
}

/// The files with a column that says anything of customers: most rows of others need no look.
pub(crate) struct Tellers(Vec<bool>);

impl Tellers {
    pub(crate) fn of(files: &[FileRead]) -> Self {
        let tells = |column: &UsedColumn| {
            is_of_customers(column.field)
                || matches!(
                    column.field,
                    Field::Email
                        | Field::Phone
                        | Field::Landline
                        | Field::Name
                        | Field::FirstName
                        | Field::LastName
                        | Field::ConsentEmail
                )
        };
        let files = files.iter();
        Self(
            files
                .map(|file| file.understanding.columns.iter().any(tells))
                .collect(),
        )
    }

    fn has(&self, row: &Record<'_>) -> bool {
        let told = self.0.get(row.file as usize).copied().unwrap_or(true);
        told && tells_of_customer(row)
    }
}

/// Calls `take` with what each file says of each customer, in an order that does not depend on threads.
pub(crate) fn each_customer<'a>(
    rows: &[Record<'a>],
    tellers: &Tellers,
    mut take: impl FnMut(&Customer<'a>),
) {
    let mut says: Vec<&Record<'a>> = rows.iter().filter(|row| tellers.has(row)).collect();
    // Of what was said at one time the last counts: it must not be the thread's that read last.
    says.sort_unstable_by_key(|row| {
        (
            row.customer,
            row.file,
            row.at,
            row.updated_at,
            row.row_hash,
            row.details,
        )
    });
    for rows_of_one in says.chunk_by(|a, b| (a.customer, a.file) == (b.customer, b.file)) {
        Customer::of(rows_of_one).iter().for_each(&mut take);
    }
}

/// When something was said: the time of the row, and when that was changed; µs UTC.
pub(super) type Said = (i64, Option<i64>);

/// What a file said of a customer at one time.
#[derive(Debug, Clone)]
pub(crate) struct Customer<'a> {
    pub(crate) id: &'a str,
    pub(super) file: u32,
    pub(super) said: Said,
    pub(super) contact: ContactFields<'a>,
    pub(super) details: Vec<(Field, Detail<'a>)>,
}

impl<'a> Customer<'a> {
    /// Puts together what rows of one customer and file say: every e-mail address and telephone number, each when it was said
    /// last; of anything else the latest that is not empty, with what was said at the same time.
    pub(crate) fn of(rows: &[&Record<'a>]) -> Vec<Self> {
        let Some(first) = rows.first() else {
            return Vec::new();
        };
        let mut contact: [Vec<(&'a str, Said)>; 4] = Default::default();
        let mut details: Vec<(Field, Said, Detail<'a>)> = Vec::new();
        for row in rows {
            let said = (row.at, row.updated_at);
            let new = row.contact.iter().flat_map(|contact| contact.fields());
            for (field, (known, new)) in contact.iter_mut().zip(new).enumerate() {
                if !new.is_empty() {
                    note(known, (new, said), field < ADDRESSES);
                }
            }
            let kept = details::read(row.details).unwrap_or_default();
            for (field, detail) in kept.details {
                if !is_of_customers(field) {
                    continue;
                }
                match details.iter_mut().find(|known| known.0 == field) {
                    Some(known) if known.1 <= said => *known = (field, said, detail),
                    Some(_) => {}
                    None => details.push((field, said, detail)),
                }
            }
        }
        let times = contact.iter().flatten().map(|(_, said)| *said);
        let mut times: Vec<Said> = times.chain(details.iter().map(|known| known.1)).collect();
        times.sort_unstable();
        times.dedup();
        let mut says = Vec::with_capacity(times.len());
        for said in times {
            let of_time = |known: &Vec<(&'a str, Said)>| -> Vec<&'a str> {
                let at = known.iter().filter(|known| known.1 == said);
                at.map(|known| known.0).collect()
            };
            let contact = contact.each_ref().map(of_time);
            let rows = contact.iter().map(Vec::len).max().unwrap_or(0).max(1);
            for row in 0..rows {
                let of_row = |texts: &Vec<&'a str>| texts.get(row).copied().unwrap_or_default();
                let of_first = details.iter().filter(|known| row == 0 && known.1 == said);
                says.push(Self {
                    id: first.customer,
                    file: first.file,
                    said,
                    contact: contact.each_ref().map(of_row),
                    details: of_first.map(|known| (known.0, known.2)).collect(),
                });
            }
        }
        says
    }

    /// E-mail, phone, name and consent; empty where nothing is said.
    pub(crate) const fn contact(&self) -> ContactFields<'a> {
        self.contact
    }

    /// Returns a hash of what is said.
    pub(super) fn hash(&self) -> u64 {
        let mut text = self.contact.join("\u{1}");
        for (field, detail) in &self.details {
            text.push_str(&format!("\u{1}{field}={detail:?}"));
        }
        text.push_str(&format!("\u{1}{:?}", self.said));
        xxh3_64(text.as_bytes())
    }
}

/// The fields of contacts by which a person is known: of these every one that was said is kept, not only the last.
const ADDRESSES: usize = 2;

/// Notes a text: with `all`, beside others that were said; else in their place, if it is newer.
fn note<'a>(known: &mut Vec<(&'a str, Said)>, new: (&'a str, Said), all: bool) {
    let same = |known: &&mut (&'a str, Said)| !all || known.0 == new.0;
    match known.iter_mut().find(same) {
        Some(known) if all => known.1 = known.1.max(new.1),
        Some(known) if (known.1, known.0) < (new.1, new.0) => *known = new,
        Some(_) => {}
        None => known.push(new),
    }
}
