//! Orders whose id stands with more than one customer: a slip of a hand, ids that begin anew in each shop, or a column that
//! is no order's number. Nobody can tell whose such an order is, so its rows are set aside; an order that one customer had
//! first stays theirs.
//!
//! Most shops have none. So first every order's id is looked at by its hash alone, and only the rows of those that more
//! than one customer seems to have are looked at again.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use patron_core::{Money, RowClass};
use patron_import::{Field, Reason, RejectedRow, RowKind, VALUE_CHARACTERS};
use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use crate::error::EngineError;
use crate::gather::{Gathered, Resources};
use crate::grouping::{GroupingError, PARTITIONS, PartitionStore, Record};
use crate::lists::header_of;
use crate::pairs::{Contested, OrderOf, tell_all};
use crate::source::FileRead;

/// One in so many ids may be another customer's, before the column is not taken for orders' ids.
const ONE_IN: u64 = 10;
/// And so many may be, however few ids there are.
const ALWAYS: u64 = 10;
/// The most that are set aside: each is held in memory.
const MOST: u64 = 500_000;
/// Orders of one person under several names that are looked at, about.
const SAMPLE: u64 = 100_000;
/// What tells a row that is set aside from the same row when it counts.
const ASIDE: u64 = 0x5ed0_0a51_de00_0001;
/// Orders that are there already, whom customers are, and what is to become of orders under two of them.
#[derive(Debug, Clone, Copy)]
pub struct Claims<'a> {
    /// Facts from before, whose customers keep their orders.
    pub stored: Option<&'a Gathered>,
    /// Whether the rows of a file are not looked at, by its place.
    pub is_known: &'a [bool],
    /// They count for each of their customers.
    pub keep: bool,
    /// For what is looked at.
    pub resources: &'a Resources,
}

/// What was found of orders under two customers.
#[derive(Debug, Clone, Default)]
pub struct SharedOrders {
    /// How many orders' ids have rows that are set aside; or, where they are kept, how many there are.
    pub orders: u64,
    /// The first such id and two of its customers.
    pub example: Option<(String, [String; 2])>,
    /// The rows set aside, by file and line.
    rows: Vec<AsideRow>,
    /// By order, in which file whose rows those are.
    aside: HashMap<String, BTreeSet<(u32, String)>>,
    /// Records that go with another of their row.
    pub(crate) second_records: u64,
    /// By file, orders of one person of which it has several rows under several of their names: with one amount, and with
    /// differing ones.
    repeats: BTreeMap<u32, (u64, u64)>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct AsideRow {
    file: u32,
    line: u64,
    order_id: String,
    customer: String,
    /// An earlier file has the order with another customer.
    has_owner: bool,
    class: RowClass,
    net: i64,
}

/// A row of an order that more than one customer seems to have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Claim {
    order_id: String,
    is_new: bool,
    file: u32,
    line: u64,
    customer: String,
    /// The class in which the row was; nothing of a second record of a row.
    class: Option<RowClass>,
    net: i64,
    /// The row is a whole order, and does not say when it was changed.
    is_undated_order: bool,
}

/// Whether a record says that its order is its customer's. What was set aside, and money given back later, does not.
pub(crate) fn is_claim(record: &Record<'_>) -> bool {
    let of_order = match record.kind {
        RowKind::Order | RowKind::Line => true,
        RowKind::Refund => record.is_line || record.is_derived_refund(),
        _ => false,
    };
    of_order && !record.order_id.is_empty()
}

impl Gathered {
    /// Finds the orders that stand with more than one customer.
    ///
    /// `persons` is asked, only if there seem to be any, which customers have another's name: these may share an order.
    ///
    /// # Errors
    /// [`EngineError::SharedOrderIds`] if so many ids are shared that they can hardly be those of orders; those of
    /// `persons`; [`GroupingError`].
    pub fn shared_orders<E: From<EngineError>>(
        &self,
        claims: &Claims<'_>,
        persons: impl FnOnce() -> Result<HashMap<String, String>, E>,
    ) -> Result<SharedOrders, E> {
        let engine = |error: GroupingError| E::from(EngineError::from(error));
        let mut persons_known = HashMap::new();
        let mut contested = self.contested(claims, &persons_known).map_err(engine)?;
        if contested.hashes.is_empty() {
            return Ok(SharedOrders::default());
        }
        let found = persons()?;
        let mut repeats = BTreeMap::new();
        if !found.is_empty() {
            persons_known = found;
            let by_name = contested.hashes;
            contested = self.contested(claims, &persons_known).map_err(engine)?;
            let joined = by_name.difference(&contested.hashes).copied();
            let joined = some_of(joined.collect());
            repeats = repeats_of(&self.claims(claims, &joined).map_err(engine)?);
        }
        let shared = contested.hashes.len() as u64;
        let too_many = shared > ALWAYS && shared > contested.orders / ONE_IN || shared > MOST;
        if too_many {
            // Of so many a few are enough to say which.
            let few = contested.hashes.iter().min().copied().into_iter().collect();
            let rows = self.claims(claims, &few).map_err(engine)?;
            let found = SharedOrders::of(&rows, &persons_known, true);
            if claims.keep {
                return Ok(SharedOrders {
                    orders: shared,
                    repeats,
                    ..found
                });
            }
            let (example, customers) = found.example.unwrap_or_default();
            return Err(E::from(EngineError::SharedOrderIds {
                shared,
                orders: contested.orders,
                example,
                customers,
            }));
        }
        let rows = self.claims(claims, &contested.hashes).map_err(engine)?;
        Ok(SharedOrders {
            repeats,
            ..SharedOrders::of(&rows, &persons_known, claims.keep)
        })
    }

    /// Looks at all orders' ids by their hashes.
    fn contested(
        &self,
        claims: &Claims<'_>,
        persons: &HashMap<String, String>,
    ) -> Result<Contested, GroupingError> {
        // What was kept as the facts came holds as long as nobody's facts were moved to another name.
        let as_read = persons.is_empty()
            && self.persons.is_empty()
            && claims.stored.is_none()
            && !claims.is_known.contains(&true);
        match self.store.pairs() {
            Some(pairs) if as_read => return tell_all(pairs),
            Some(pairs) => (0..PARTITIONS).for_each(|partition| pairs.forget(partition)),
            None => {}
        }
        let resources = claims.resources;
        let pairs = PartitionStore::new(resources.memory_bytes / 8, resources.spill_folder.clone());
        self.scatter_pairs(&pairs, persons, |record| {
            claims.looks_at(record).then_some(true)
        })?;
        if let Some(stored) = claims.stored {
            stored.scatter_pairs(&pairs, persons, |_| Some(false))?;
        }
        tell_all(&pairs)
    }

    /// Writes a pair for each order and customer, by the order. `mark` says whether a record is new.
    fn scatter_pairs(
        &self,
        pairs: &PartitionStore,
        persons: &HashMap<String, String>,
        mark: impl Fn(&Record<'_>) -> Option<bool> + Sync,
    ) -> Result<(), GroupingError> {
        let workers = rayon::current_num_threads().clamp(1, PARTITIONS);
        (0..workers).into_par_iter().try_for_each(|worker| {
            let mut scatter = pairs.scatter();
            let mut before = None;
            for partition in (worker..PARTITIONS).step_by(workers) {
                self.each_record(partition, |record| {
                    let Some(mark) = mark(record).filter(|_| is_claim(record)) else {
                        return Ok(());
                    };
                    let customer = name_of(record.customer, persons);
                    let customer = xxh3_64(customer.as_bytes());
                    let pair = OrderOf::new(record.order_id, customer, mark);
                    // The lines of an order mostly stand together.
                    if before.replace(pair) == Some(pair) {
                        return Ok(());
                    }
                    scatter.push_pair(pair)
                })?;
            }
            scatter.finish()
        })
    }

    /// Returns the rows of the orders whose ids have these hashes, sorted.
    fn claims(
        &self,
        claims: &Claims<'_>,
        hashes: &HashSet<u64>,
    ) -> Result<Vec<Claim>, GroupingError> {
        let of = |gathered: &Self, partition: usize, is_new: bool, rows: &mut Vec<Claim>| {
            gathered.each_record(partition, |record| {
                let is_one = is_claim(record)
                    && hashes.contains(&xxh3_64(record.order_id.as_bytes()))
                    && (!is_new || claims.looks_at(record));
                if is_one {
                    rows.push(Claim::of(record, is_new));
                }
                Ok(())
            })
        };
        let found = (0..PARTITIONS)
            .into_par_iter()
            .map(|partition| {
                let mut rows = Vec::new();
                of(self, partition, true, &mut rows)?;
                if let Some(stored) = claims.stored {
                    of(stored, partition, false, &mut rows)?;
                }
                Ok(rows)
            })
            .collect::<Result<Vec<Vec<Claim>>, GroupingError>>()?;
        let mut rows: Vec<Claim> = found.into_iter().flatten().collect();
        rows.par_sort_unstable();
        Ok(rows)
    }

    /// Sets the rows aside: they leave the facts, and the accounts of their files.
    pub fn set_shared_orders_aside(&mut self, shared: SharedOrders) {
        for (place, file) in (0_u32..).zip(&mut self.files) {
            shared.account(place, file);
        }
        self.shared = shared;
    }
}

impl Claims<'_> {
    fn looks_at(&self, record: &Record<'_>) -> bool {
        let known = self.is_known.get(record.file as usize);
        !known.copied().unwrap_or(false)
    }
}

fn name_of<'p>(customer: &'p str, persons: &'p HashMap<String, String>) -> &'p str {
    persons.get(customer).map_or(customer, String::as_str)
}

impl Claim {
    fn of(record: &Record<'_>, is_new: bool) -> Self {
        let class = match record.kind {
            RowKind::Refund if record.is_derived_refund() => None,
            RowKind::Refund => Some(RowClass::Refund),
            _ => Some(RowClass::OrderLine),
        };
        Self {
            order_id: record.order_id.to_owned(),
            is_new,
            file: record.file,
            line: record.line,
            customer: record.customer.to_owned(),
            class,
            net: record.net,
            is_undated_order: record.kind == RowKind::Order && record.updated_at.is_none(),
        }
    }
}

/// Returns a sample of hashes, which are as good as random: enough to tell what most are like.
fn some_of(hashes: HashSet<u64>) -> HashSet<u64> {
    let up_to = u64::MAX / (hashes.len() as u64).div_ceil(SAMPLE).max(1);
    hashes.into_iter().filter(|hash| *hash <= up_to).collect()
}

/// Counts, file by file, the orders that stand in several of its rows: with one amount, and with differing ones.
fn repeats_of(claims: &[Claim]) -> BTreeMap<u32, (u64, u64)> {
    let mut repeats: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
    let new: Vec<&Claim> = claims.iter().filter(|claim| claim.is_new).collect();
    for rows in new.chunk_by(|a, b| (&a.order_id, a.file) == (&b.order_id, b.file)) {
        let orders = || rows.iter().filter(|row| row.is_undated_order);
        if let (Some(first), 2..) = (orders().next(), orders().count()) {
            let (constant, varying) = repeats.entry(first.file).or_default();
            let is_constant = orders().all(|row| row.net == first.net);
            *constant += u64::from(is_constant);
            *varying += u64::from(!is_constant);
        }
    }
    repeats
}

impl SharedOrders {
    /// Decides what becomes of the rows of orders, which come sorted: what was there before, then file by file.
    fn of(claims: &[Claim], persons: &HashMap<String, String>, keep: bool) -> Self {
        let mut shared = Self::default();
        let name = |claim: &Claim| name_of(&claim.customer, persons).to_owned();
        for order in claims.chunk_by(|a, b| a.order_id == b.order_id) {
            let all: BTreeSet<String> = order.iter().map(name).collect();
            let (Some(first), true) = (order.first(), all.len() > 1) else {
                continue;
            };
            let stored = order.iter().filter(|claim| !claim.is_new);
            let mut owners: BTreeSet<String> = stored.map(name).collect();
            let before = shared.rows.len() as u64 + shared.second_records;
            let new = order.iter().position(|claim| claim.is_new);
            let new = new.and_then(|new| order.get(new..)).unwrap_or_default();
            for of_file in new.chunk_by(|a, b| a.file == b.file) {
                let here: BTreeSet<String> = of_file.iter().map(name).collect();
                if owners.is_empty() && here.len() == 1 {
                    owners = here;
                    continue;
                }
                let aside = of_file
                    .iter()
                    .filter(|claim| !owners.contains(&name(claim)));
                for claim in aside.filter(|_| !keep) {
                    shared.set_one_aside(claim, !owners.is_empty());
                }
            }
            let is_set_aside = shared.rows.len() as u64 + shared.second_records > before;
            if keep || is_set_aside {
                shared.orders += 1;
                let mut names = all.into_iter();
                let two = [(); 2].map(|()| names.next().unwrap_or_default());
                shared.example.get_or_insert((first.order_id.clone(), two));
            }
        }
        shared.rows.sort_unstable();
        shared
    }

    fn set_one_aside(&mut self, claim: &Claim, has_owner: bool) {
        let of_order = self.aside.entry(claim.order_id.clone()).or_default();
        of_order.insert((claim.file, claim.customer.clone()));
        match claim.class {
            None => self.second_records += 1,
            Some(class) => self.rows.push(AsideRow {
                file: claim.file,
                line: claim.line,
                order_id: claim.order_id.clone(),
                customer: claim.customer.clone(),
                has_owner,
                class,
                net: claim.net,
            }),
        }
    }

    /// Returns how many orders stand in several rows of a file, by its place, under several names of one person: with one
    /// amount, and with differing ones.
    #[must_use]
    pub fn repeats(&self, place: u32) -> (u64, u64) {
        self.repeats.get(&place).copied().unwrap_or_default()
    }

    /// Returns whether nothing is set aside.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.aside.is_empty()
    }

    /// Returns what there is to say of them: how many there are, and the first.
    #[must_use]
    pub fn found(&self) -> Option<(u64, &str)> {
        let (example, _) = self.example.as_ref()?;
        Some((self.orders, example))
    }

    /// Returns whether a record is of a row that was set aside for its order.
    #[must_use]
    pub fn is_aside(record: &Record<'_>) -> bool {
        record.kind == RowKind::Mention(RowClass::SharedOrder)
    }

    /// Turns the records of rows that are set aside into mere mentions of their customers.
    pub fn set_aside(&self, records: &mut Vec<Record<'_>>) {
        if self.is_empty() {
            return;
        }
        let is_aside = |record: &Record<'_>| {
            let files = self.aside.get(record.order_id);
            files.is_some_and(|files| {
                let mut files = files.iter();
                files.any(|(file, whose)| *file == record.file && whose == record.customer)
            })
        };
        records.retain_mut(|record| {
            if !is_claim(record) || !is_aside(record) {
                return true;
            }
            let goes_with_another = record.is_derived_refund();
            record.kind = RowKind::Mention(RowClass::SharedOrder);
            // Once it is known whose it is, the row is news.
            record.row_hash ^= ASIDE;
            !goes_with_another
        });
    }

    /// Moves the rows of a file, by its place, to their class.
    pub fn account(&self, place: u32, file: &mut FileRead) {
        for row in self.rows.iter().filter(|row| row.file == place) {
            let amount = match row.class {
                RowClass::Refund => Money(row.net.saturating_neg()),
                _ => Money(row.net),
            };
            file.account
                .reclassify(row.class, RowClass::SharedOrder, amount);
        }
    }

    /// Returns the rows of a file that are set aside, by its place, as they are listed.
    pub fn rejected<'s>(
        &'s self,
        place: u32,
        file: &FileRead,
    ) -> impl Iterator<Item = RejectedRow> + 's {
        let column = header_of(&file.understanding, Field::OrderId);
        let rows = self.rows.iter().filter(move |row| row.file == place);
        rows.map(move |row| RejectedRow {
            line: row.line,
            column: column.clone(),
            value: row.order_id.chars().take(VALUE_CHARACTERS).collect(),
            class: RowClass::SharedOrder,
            reason: if row.has_owner {
                Reason::OrderOfAnother
            } else {
                Reason::SharedOrder
            },
            customer: Some(row.customer.clone()),
        })
    }
}
