//! What several tests need: files from text, a whole file read, the shared data.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use patron_core::OrderStatus;
use patron_import::{
    DetailValues, Details, FactRows, ImportError, ImportOptions, PlainOrder, PlainOrders, RowBatch,
    RowKind, RowReader, TextBlock, Understanding, WrittenDown, open_text,
};

/// A file with these bytes, gone when dropped.
pub(crate) fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.flush().unwrap();
    file
}

/// Everything that came of a file.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) understanding: Arc<Understanding>,
    pub(crate) batch: RowBatch,
    pub(crate) digest: [u8; 32],
}

/// Reads a file in blocks of about `block_bytes`.
pub(crate) fn read_in_blocks(
    path: &Path,
    options: &ImportOptions,
    block_bytes: usize,
) -> Result<Read, ImportError> {
    let (understanding, blocks) = open_text(path, options)?;
    let understanding = Arc::new(understanding);
    let mut reader = RowReader::new(Arc::clone(&understanding), Arc::new(options.clone()), 0);
    let mut batch = reader.new_batch(0);
    let mut blocks = blocks.with_block_bytes(block_bytes);
    for block in &mut blocks {
        let block = block?;
        let part = reader.parse_block(&block, &mut WrittenDown)?;
        check_plain(&mut reader.clone(), &block, &part);
        append(&mut batch, part);
    }
    Ok(Read {
        understanding,
        batch,
        digest: blocks.digest()?,
    })
}

/// What a fact says that a plain order says, too.
type Said = (String, String, i64, i64, u64, u64);

/// Keeps plain orders.
#[derive(Default)]
struct Kept(Vec<Said>);

impl PlainOrders for Kept {
    const TAKEN: bool = true;

    fn take(&mut self, order: &PlainOrder<'_>) {
        let ids = [order.customer, order.order_id].map(str::to_owned);
        let [customer, order_id] = ids;
        let hash = order.row_hash;
        let said = (customer, order_id, order.at, order.net, hash, order.line);
        self.0.push(said);
    }
}

/// Checks that with somebody who takes plain orders all facts come, and all else is the same.
fn check_plain(reader: &mut RowReader, block: &TextBlock, written: &RowBatch) {
    let mut kept = Kept::default();
    let rest = reader.parse_block(block, &mut kept).unwrap();
    let rest_of = |batch: &RowBatch| {
        let RowBatch { facts, .. } = batch;
        let bare = RowBatch {
            facts: FactRows::default(),
            ..batch.clone()
        };
        (format!("{bare:?}"), facts.len())
    };
    let ((bare, facts), (bare_rest, facts_rest)) = (rest_of(written), rest_of(&rest));
    assert_eq!(bare, bare_rest);
    assert_eq!(facts, facts_rest + kept.0.len());
    let facts = &written.facts;
    let of_line = |said: &Said| {
        let place = facts.line.iter().position(|&line| line == said.5)?;
        assert_eq!(facts.kind[place], RowKind::Order);
        assert_eq!(facts.status[place], OrderStatus::Paid);
        assert_eq!(facts.quantity[place], 0);
        let ids = [&facts.customer, &facts.order_id].map(|ids| ids.get(place).to_owned());
        let [customer, order_id] = ids;
        let (at, net, hash) = (facts.at[place], facts.net[place], facts.row_hash[place]);
        Some((customer, order_id, at, net, hash, said.5))
    };
    for said in &kept.0 {
        assert_eq!(of_line(said).as_ref(), Some(said));
    }
}

/// Reads a file.
pub(crate) fn read(path: &Path, options: &ImportOptions) -> Result<Read, ImportError> {
    read_in_blocks(path, options, 4 * 1024 * 1024)
}

/// Reads a text with the usual options.
pub(crate) fn read_text(text: &str) -> Result<Read, ImportError> {
    read(file(text.as_bytes()).path(), &ImportOptions::default())
}

/// Reads a text with these options.
pub(crate) fn read_with(text: &str, options: &ImportOptions) -> Result<Read, ImportError> {
    read(file(text.as_bytes()).path(), options)
}

/// Returns all blocks of a file.
pub(crate) fn blocks(path: &Path, block_bytes: usize) -> Result<Vec<TextBlock>, ImportError> {
    open_text(path, &ImportOptions::default())?
        .1
        .with_block_bytes(block_bytes)
        .collect()
}

/// Adds the rows of one batch to another.
pub(crate) fn append(to: &mut RowBatch, from: RowBatch) {
    to.account.merge(&from.account);
    to.currencies.merge(&from.currencies);
    to.rejected.extend(from.rejected);
    to.aside_hashes.extend(from.aside_hashes);
    for (word, count) in from.unknown_statuses {
        match to
            .unknown_statuses
            .iter_mut()
            .find(|(known, _)| *known == word)
        {
            Some((_, total)) => *total += count,
            None => to.unknown_statuses.push((word, count)),
        }
    }
    to.exchanged.merge(&from.exchanged);
    to.unread_details.merge(&from.unread_details);
    let (to, from) = (&mut to.facts, from.facts);
    if let (Some(to), Some(from)) = (&mut to.details, &from.details) {
        append_details(to, from);
    }
    for index in 0..from.len() {
        to.customer.push(from.customer.get(index));
        to.order_id.push(from.order_id.get(index));
    }
    to.at.extend(from.at);
    to.net.extend(from.net);
    to.quantity.extend(from.quantity);
    to.kind.extend(from.kind);
    to.status.extend(from.status);
    to.row_hash.extend(from.row_hash);
    to.line.extend(from.line);
    if let (Some(to), Some(from)) = (&mut to.updated_at, from.updated_at) {
        to.extend(from);
    }
    if let (Some(to), Some(from)) = (&mut to.product, from.product) {
        to.extend(from);
    }
    if let (Some(to), Some(from)) = (&mut to.contact, &from.contact) {
        for index in 0..from.email.len() {
            to.email.push(from.email.get(index));
            to.phone.push(from.phone.get(index));
            to.name.push(from.name.get(index));
            to.consent.push(from.consent.get(index));
        }
    }
}

fn append_details(to: &mut Details, from: &Details) {
    for (to, from) in to.columns.iter_mut().zip(&from.columns) {
        assert_eq!(to.field, from.field);
        match (&mut to.values, &from.values) {
            (DetailValues::Text(to), DetailValues::Text(from)) => {
                from.iter().for_each(|text| to.push(text));
            }
            (DetailValues::Number(to), DetailValues::Number(from))
            | (DetailValues::Instant(to), DetailValues::Instant(from)) => to.extend(from),
            (to, from) => panic!("{to:?} is not of the kind of {from:?}"),
        }
    }
}

/// The workspace's folder.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A file of the shared data, if it is there; says by name which test is skipped where it is not.
#[expect(
    clippy::disallowed_methods,
    reason = "tests are told where the data is"
)]
pub(crate) fn data(test: &str, file: &str) -> Option<PathBuf> {
    let folder = std::env::var("PATRON_DATA")
        .map_or_else(|_| workspace().join("../shared/data"), PathBuf::from);
    let path = folder.join(file);
    if path.is_file() {
        return Some(path);
    }
    println!("SKIPPED {test}: no data");
    None
}
