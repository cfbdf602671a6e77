//! Records of JSON as a table, made while it is read.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::{self, Read};
use std::sync::Arc;

use serde_json::Value;

use super::flat::{self, Cell};
use super::records::Records;
use super::{segment, shopify, woocommerce};
use crate::container::table::{IS_MERGED, IS_OTHER, LINE, MERGED, row_hash, write_row};
use crate::container::{Broken, Stream};
use crate::content::Content;
use crate::error::ImportError;

/// Records from which the columns are known.
const SAMPLE_RECORDS: usize = 1_000;

/// What the records are.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Shape {
    WooCommerce,
    Shopify,
    Segment,
    /// Anything else, with the columns met in the sample.
    Plain(HashMap<String, usize>),
}

/// A table of records: text that is read.
pub(super) struct JsonTable {
    records: Records,
    shape: Shape,
    with_details: bool,
    columns: Vec<String>,
    /// Records of the sample that are not written down yet.
    waiting: VecDeque<(u64, Value)>,
    /// Events met among them that are of no orders; the rows of orders come first, since from these the table is understood.
    others: VecDeque<(u64, Arc<str>)>,
    /// Messages met, so that one sent twice counts once.
    messages: HashSet<u64>,
    text: Vec<u8>,
    given: usize,
}

impl JsonTable {
    pub(super) fn new(file: &str, stream: Stream, with_details: bool) -> Result<Self, ImportError> {
        let mut records = Records::new(file, stream)?;
        let mut waiting = VecDeque::new();
        let mut others = VecDeque::new();
        let mut names: HashMap<String, Arc<str>> = HashMap::new();
        let mut shape = None;
        while waiting.len() < SAMPLE_RECORDS
            && let Some((line, record)) = records.next()?
        {
            let known = shape.get_or_insert_with(|| Shape::of(&record));
            match segment::other(&record).filter(|_| *known == Shape::Segment) {
                // They may go on for long: of each only its line is remembered.
                Some(name) => {
                    let known = names
                        .entry(name)
                        .or_insert_with_key(|name| name.as_str().into());
                    others.push_back((line, Arc::clone(known)));
                }
                None => waiting.push_back((line, record)),
            }
        }
        let shape = match shape {
            Some(Shape::Segment) if waiting.is_empty() => {
                return Err(ImportError::OtherContent {
                    file: file.to_owned(),
                    holds: Content::Events,
                    preset: Some("segment-events".to_owned()),
                });
            }
            Some(shape) => shape,
            None => {
                return Err(ImportError::Empty {
                    file: file.to_owned(),
                });
            }
        };
        let mut table = Self {
            records,
            shape,
            with_details,
            columns: Vec::new(),
            waiting,
            others,
            messages: HashSet::new(),
            text: Vec::new(),
            given: 0,
        };
        table.find_columns();
        Ok(table)
    }

    /// Returns what the records are, in words.
    pub(super) const fn shape(&self) -> &'static str {
        match self.shape {
            Shape::WooCommerce => "orders of WooCommerce, a row for each line",
            Shape::Shopify => "orders of Shopify, a row for each line",
            Shape::Segment => "events of Segment; those that are not of orders are set aside",
            Shape::Plain(_) => "nested names are joined by a point, lines become rows",
        }
    }

    fn find_columns(&mut self) {
        let with_details = self.with_details;
        let fixed = |names: &[&str], details: &[&str]| {
            let details = details.iter().filter(|_| with_details);
            names
                .iter()
                .chain(details)
                .map(|name| (*name).to_owned())
                .collect()
        };
        self.columns = match &mut self.shape {
            Shape::WooCommerce => fixed(&woocommerce::COLUMNS, &woocommerce::DETAILS),
            Shape::Shopify => fixed(&shopify::COLUMNS, &shopify::DETAILS),
            Shape::Segment => fixed(&segment::COLUMNS, &segment::DETAILS),
            Shape::Plain(places) => {
                let mut columns = Vec::new();
                for (_, record) in &self.waiting {
                    for (name, _) in flat::rows(record).into_iter().flatten() {
                        if !places.contains_key(&name) {
                            places.insert(name.clone(), columns.len());
                            columns.push(name);
                        }
                    }
                }
                columns
            }
        };
        let own = [LINE, MERGED];
        let header = self.columns.iter().map(String::as_str).chain(own);
        write_row(header, &mut self.text);
    }

    /// Writes down the next record; false if there is none.
    fn advance(&mut self) -> Result<bool, ImportError> {
        self.text.clear();
        self.given = 0;
        let next = match self.waiting.pop_front() {
            Some(record) => Some(record),
            None => {
                if let Some((line, name)) = self.others.pop_front() {
                    self.write_other(line, &name);
                    return Ok(true);
                }
                self.records.next()?
            }
        };
        let Some((line, record)) = next else {
            return Ok(false);
        };
        if self.shape == Shape::Segment
            && let Some(name) = segment::other(&record)
        {
            self.write_other(line, &name);
            return Ok(true);
        }
        let (rows, merged) = self.rows(&record);
        let line = line.to_string();
        let own = [line.as_str(), if merged { IS_MERGED } else { "" }];
        for row in rows {
            write_row(row.iter().map(String::as_str).chain(own), &mut self.text);
        }
        Ok(true)
    }

    /// Writes down an event that is of no order.
    fn write_other(&mut self, line: u64, name: &str) {
        let line = line.to_string();
        let before = std::iter::repeat_n("", segment::EVENT);
        let behind = std::iter::repeat_n("", self.columns.len() - segment::EVENT - 1);
        let cells = before.chain([name]).chain(behind);
        write_row(cells.chain([line.as_str(), IS_OTHER]), &mut self.text);
    }

    fn rows(&mut self, record: &Value) -> (Vec<Vec<String>>, bool) {
        let details = |mut rows: Vec<Vec<String>>, cells: fn(&Value) -> Vec<String>| {
            if self.with_details {
                add_details(&mut rows, cells(record));
            }
            rows
        };
        match &self.shape {
            Shape::WooCommerce => {
                let rows = woocommerce::rows(record);
                (details(rows, woocommerce::details), false)
            }
            Shape::Shopify => {
                let rows = shopify::rows(record);
                (details(rows, shopify::details), false)
            }
            Shape::Segment => {
                let rows = details(segment::rows(record), segment::details);
                let again = segment::message_id(record)
                    .filter(|_| !rows.is_empty())
                    .is_some_and(|id| !self.messages.insert(row_hash([id.as_str()])));
                (rows, again)
            }
            Shape::Plain(places) => {
                let placed = |cells: Vec<Cell>| {
                    let mut row = vec![String::new(); places.len()];
                    for (name, text) in cells {
                        if let Some(cell) = places.get(&name).and_then(|&place| row.get_mut(place))
                        {
                            *cell = text;
                        }
                    }
                    row
                };
                (flat::rows(record).into_iter().map(placed).collect(), false)
            }
        }
    }
}

/// Adds the details of an order to its first row, and as many empty cells to the others.
fn add_details(rows: &mut [Vec<String>], mut details: Vec<String>) {
    for row in rows {
        let cells = details.len();
        row.append(&mut details);
        details.resize(cells, String::new());
    }
}

impl Shape {
    fn of(record: &Value) -> Self {
        if woocommerce::is_order(record) {
            Self::WooCommerce
        } else if shopify::is_order(record) {
            Self::Shopify
        } else if segment::is_event(record) {
            Self::Segment
        } else {
            Self::Plain(HashMap::new())
        }
    }
}

impl Read for JsonTable {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given >= self.text.len() {
            if !self.advance().map_err(|error| Broken(error).into_io())? {
                return Ok(0);
            }
        }
        let rest = self.text.get(self.given..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        self.given += count;
        Ok(count)
    }
}
