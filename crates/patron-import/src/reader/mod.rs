//! Judges rows: what each is, and what becomes of it.
//!
//! | module | question it answers |
//! |---|---|
//! | `row` | where do a row's cells come from? |
//! | `slots` | where is each field's cell? |
//! | `person` | whose row is it? |
//! | `number`, `status` | what is a number, what does a status word mean? |
//! | `values` | which values does the row hold, and can they be read? |
//! | `classify` | in which class does it end? |
//! | `facts` | what is written down of it? |
//! | `plain` | and where there is nothing to say but that somebody ordered? |
//! | `list` | what does the row of a list say, and in which class does it end? |
//! | `details` | what is kept of it besides? |
//! | `currency` | in which currency are its amounts, and what are they in the shop's? |
//! | `clock` | which instant is a local time? |

mod classify;
mod clock;
mod currency;
mod details;
mod facts;
mod list;
mod number;
mod person;
pub use person::is_address;
mod plain;
pub use plain::{PlainOrder, PlainOrders, WrittenDown};
mod row;
mod slots;
mod status;
mod values;

use std::sync::Arc;

use patron_core::{Money, RowClass};

use crate::batch::{Contact, RowBatch};
use crate::cell::{Cell, hash_field};
use crate::container::table::{IS_MERGED, IS_OTHER};
use crate::content::Content;
use crate::details::{DetailColumn, DetailValues, Details};
use crate::error::ImportError;
use crate::field::DetailKind;
use crate::options::ImportOptions;
use crate::reader::clock::LocalClock;
use crate::reader::currency::Foreign;
use crate::reader::facts::Writer;
use crate::reader::plain::PlainSlots;
use crate::reader::row::{Row, TextRow, TypedRow};
use crate::reader::slots::Slots;
use crate::reader::status::StatusWords;
use crate::reader::values::{Rooms, Values};
use crate::reason::Reason;
use crate::text::TextBlock;
use crate::text::records::{Fields, Records, Separation};
use crate::understanding::{Format, GrainRule, Understanding};
use crate::words;

/// Turns rows into facts. One per thread; clones share what was understood.
#[derive(Debug, Clone)]
pub struct RowReader {
    understanding: Arc<Understanding>,
    options: Arc<ImportOptions>,
    file: u32,
    slots: Slots,
    clock: LocalClock,
    statuses: StatusWords,
    /// The hash takes every column, in file order.
    hash_all: bool,
    row_seed: u64,
    /// The place among the used columns of the first of the file.
    first: Option<usize>,
    /// Where the cells of plain orders are, if the file has such.
    plain: Option<PlainSlots>,
    /// Facts of the last block, so that the next makes room at once.
    last_facts: usize,
}

/// Where a row stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    line: u64,
    hash: u64,
}

impl RowReader {
    /// Makes the reader of a file.
    #[must_use]
    pub fn new(understanding: Arc<Understanding>, options: Arc<ImportOptions>, file: u32) -> Self {
        let slots = list::slots(&understanding, Slots::new(&understanding));
        let clock = LocalClock::new(
            options.calendar.clone(),
            options.earliest_day,
            options.latest_day,
        );
        let hash_all = understanding
            .hashed_columns
            .iter()
            .copied()
            .eq(0..understanding.headers.len());
        let row_seed = understanding.row_seed();
        let mut used = understanding.columns.iter();
        let first = used.position(|column| column.index == 0);
        Self {
            plain: PlainSlots::of(&understanding, &slots, &options),
            statuses: StatusWords::new(&options, &understanding),
            understanding,
            options,
            file,
            slots,
            clock,
            hash_all,
            row_seed,
            first,
            last_facts: 0,
        }
    }

    /// Returns the number of the file, as given.
    #[must_use]
    pub const fn file(&self) -> u32 {
        self.file
    }

    /// Returns an empty batch for rows of this file, with the columns its facts have.
    #[must_use]
    pub fn new_batch(&self, index: u64) -> RowBatch {
        let mut batch = RowBatch {
            file: self.file,
            index,
            ..RowBatch::default()
        };
        batch.facts.holds = self.understanding.holds;
        batch.facts.are_lines = self.understanding.grain == GrainRule::Lines;
        let may_be_silent = batch.facts.are_lines && self.slots.says_fate();
        batch.facts.status_unsaid = may_be_silent.then(Vec::new);
        batch.facts.updated_at = self.slots.updated_at.map(|_| Vec::new());
        batch.facts.product = self
            .slots
            .product
            .filter(|_| self.options.several_files)
            .map(|_| Vec::new());
        batch.facts.contact = self.slots.has_contact().then(Contact::default);
        batch.facts.details = self.empty_details();
        batch
    }

    fn empty_details(&self) -> Option<Details> {
        let places = &self.understanding.details;
        let columns = places.iter().map(|place| DetailColumn {
            field: place.field,
            values: DetailValues::of_kind(place.kind),
        });
        let list = self.understanding.list.as_ref();
        let rest = list.and_then(|list| list.rest.as_ref());
        let rest = rest.map(|(field, _)| DetailColumn {
            field: *field,
            values: DetailValues::of_kind(DetailKind::Text),
        });
        let columns = columns.chain(rest);
        // Refunds are known again by their ids, whatever is kept.
        let wanted = self.options.with_details || self.understanding.holds == Content::Refunds;
        wanted.then(|| Details {
            columns: columns.collect(),
        })
    }

    /// Reads a block of a text file. Plain orders are handed to whoever takes them.
    ///
    /// # Errors
    /// [`ImportError::QuoteNotClosed`] if the block ends within quotes, which the blocks of a file never do.
    pub fn parse_block(
        &mut self,
        block: &TextBlock,
        orders: &mut impl PlainOrders,
    ) -> Result<RowBatch, ImportError> {
        let mut batch = self.new_batch(block.index);
        batch.facts.reserve(self.last_facts + self.last_facts / 16);
        let separation = match self.understanding.format {
            Format::Delimited { delimiter, .. } => Separation::Delimiter(delimiter),
            Format::Aligned { .. } => Separation::Blanks,
            Format::Parquet | Format::Query => return Ok(batch),
        };
        let shared = Arc::clone(&self.understanding);
        let text = std::str::from_utf8(&block.bytes).ok();
        let mut fields = Fields::default();
        let mut records = Records::new(&block.bytes, separation, block.first_line);
        loop {
            let record = records.read(&mut fields).map_err(|line| {
                let file = shared.file.clone();
                ImportError::QuoteNotClosed { file, line }
            })?;
            let Some(record) = record else {
                self.last_facts = batch.facts.len();
                return Ok(batch);
            };
            if let Some(line) = records.stray_quote() {
                let file = shared.file.clone();
                return Err(ImportError::StrayQuote { file, line });
            }
            let row = TextRow {
                bytes: &block.bytes,
                text,
                fields: &fields,
                columns: &shared.columns,
            };
            let complete = self.has_all_fields(&row);
            let place = Place {
                line: self.line_told(&row).unwrap_or(record.line),
                hash: self.text_hash(&row, complete),
            };
            let mark = self.mark(&row);
            if complete && mark == IS_MERGED.as_bytes() {
                batch.account.add(RowClass::Merged, None);
            } else if complete && mark == IS_OTHER.as_bytes() {
                self.reject_other(place, &row, &mut batch);
            } else if complete {
                self.read(place, &row, &mut batch, orders);
            } else {
                self.reject_ragged(place, &row, &mut batch);
            }
        }
    }

    /// Reads one row of typed cells, in the order of `Understanding::columns`; `line` is the row's number from 1,
    /// `hash` the chain of `hash_cell` over `Understanding::hashed_columns`, from `Understanding::row_seed` on. A plain order
    /// is handed to whoever takes it.
    pub fn read_row(
        &mut self,
        (line, hash): (u64, u64),
        cells: &[Cell<'_>],
        batch: &mut RowBatch,
        orders: &mut impl PlainOrders,
    ) {
        let place = Place { line, hash };
        let first = self.first;
        self.read(place, &TypedRow { cells, first }, batch, orders);
    }

    /// Returns the hash of a record: of the hashed columns, or of all its fields where their number is wrong.
    fn text_hash(&self, row: &TextRow<'_>, complete: bool) -> u64 {
        let chain = |hash, index| hash_field(hash, row.field(index));
        match (complete, self.hash_all) {
            (true, true) => (0..self.understanding.headers.len()).fold(self.row_seed, chain),
            (true, false) => {
                let columns = self.understanding.hashed_columns.iter().copied();
                columns.fold(self.row_seed, chain)
            }
            (false, _) => (0..row.fields.len()).fold(self.row_seed, chain),
        }
    }

    /// Returns the line of the source, where the table says it.
    #[inline]
    fn line_told(&self, row: &TextRow<'_>) -> Option<u64> {
        let column = self.understanding.control?.line?;
        std::str::from_utf8(row.field(column)).ok()?.parse().ok()
    }

    /// Returns what tells rows that only repeat one of another sheet, or a message that was sent twice, and rows that are no
    /// orders.
    #[inline]
    fn mark<'r>(&self, row: &'r TextRow<'_>) -> &'r [u8] {
        let control = self.understanding.control;
        let column = control.and_then(|control| control.merged);
        column.map_or(&[], |column| row.field(column))
    }

    /// Sets aside what is no order; what it is stands in its only cell.
    #[cold]
    fn reject_other(&self, place: Place, row: &TextRow<'_>, batch: &mut RowBatch) {
        let headers = &self.understanding.headers;
        let filled = (0..headers.len()).find(|&index| !row.field(index).is_empty());
        let said = filled.map_or(&[][..], |index| row.field(index));
        let said = String::from_utf8_lossy(said).into_owned();
        let header = filled.and_then(|index| headers.get(index)).cloned();
        let verdict = (RowClass::NotAnOrder, Reason::NotAnOrder);
        batch.account.add(verdict.0, None);
        facts::reject(batch, place, header, &said, verdict, None);
    }

    /// Returns true if a record has as many fields as the header; empty ones beyond it (a delimiter at the end of the
    /// line) take nothing away.
    fn has_all_fields(&self, row: &TextRow<'_>) -> bool {
        let (found, expected) = (row.fields.len(), self.understanding.headers.len());
        found == expected
            || (found > expected && (expected..found).all(|index| row.field(index).is_empty()))
    }

    fn reject_ragged(&self, place: Place, row: &TextRow<'_>, batch: &mut RowBatch) {
        let first = String::from_utf8_lossy(row.field(0)).into_owned();
        let (class, reason) = if words::is_total(first.trim()) {
            (RowClass::RepeatedHeaderOrTotal, Reason::Total)
        } else {
            let (found, expected) = (row.fields.len(), self.understanding.headers.len());
            (RowClass::Unreadable, Reason::FieldCount { found, expected })
        };
        batch.account.add(class, None);
        batch.aside_hashes.push(place.hash);
        facts::reject(batch, place, None, &first, (class, reason), None);
    }

    fn read<R: Row>(
        &mut self,
        place: Place,
        row: &R,
        batch: &mut RowBatch,
        orders: &mut impl PlainOrders,
    ) {
        if let Some(order) = self.plain_order(orders, place, row) {
            batch
                .account
                .add(RowClass::OrderLine, Some(Money(order.net)));
            orders.take(&order);
        } else if self.understanding.list.is_some() {
            self.read_of_list(place, row, batch);
        } else {
            self.read_of_orders(place, row, batch);
        }
    }

    /// Reads a row as a plain order, if it is one and somebody takes it.
    #[inline(always)]
    fn plain_order<'r, R: Row, P: PlainOrders>(
        &mut self,
        _: &P,
        place: Place,
        row: &'r R,
    ) -> Option<PlainOrder<'r>> {
        let slots = self.plain.filter(|_| P::TAKEN)?;
        slots.read(place, row, &self.understanding, &mut self.clock)
    }

    #[inline(never)]
    fn read_of_list<R: Row>(&mut self, place: Place, row: &R, batch: &mut RowBatch) {
        let shared: &Understanding = &self.understanding;
        let Some(list) = &shared.list else { return };
        let meaning = self.statuses.meaning(row, self.slots.status, batch);
        let mut writer = Writer {
            batch,
            row,
            place,
            slots: &self.slots,
            understanding: shared,
            clock: &mut self.clock,
            rate: None,
        };
        writer.write_of_list(list, meaning, &self.options);
    }

    #[inline(always)]
    fn read_of_orders<R: Row>(&mut self, place: Place, row: &R, batch: &mut RowBatch) {
        let mut rooms = Rooms::default();
        let shared: &Understanding = &self.understanding;
        let slots = &self.slots;
        let mut values = Values::read(row, shared, slots, &mut self.clock, &mut rooms);
        if let Some(exchange) = &self.options.exchange
            && let Ok(read) = &mut values
        {
            let foreign = Foreign {
                row,
                slots,
                understanding: shared,
                exchange,
            };
            if let Err(problem) = foreign.convert(read, &self.clock, &mut batch.exchanged) {
                values = Err(problem);
            }
        }
        let mut writer = Writer {
            batch,
            row,
            place,
            slots,
            understanding: shared,
            clock: &mut self.clock,
            rate: None,
        };
        match values {
            Ok(values) => {
                let meaning = self.statuses.meaning(row, slots.status, writer.batch);
                let (class, why) = classify::classify(
                    row,
                    &values,
                    meaning.status,
                    slots,
                    (shared, &*self.options),
                );
                writer.write(&values, (class, why), meaning);
            }
            Err(problem) => {
                let customer = person::customer_alone(row, slots, shared);
                let (slot, class, reason) = classify::unreadable(row, problem, slots, shared);
                writer.write_unreadable((slot, class, reason), customer.as_deref());
            }
        }
    }
}
