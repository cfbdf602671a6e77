//! A shop's orders: pages become files of JSON lines in the import's scratch folder, and these are imported as any other.

use std::fs;
use std::path::Path;

use patron_pull::{Address, Cursor, Pace, Shop};
use serde_json::Value;

use super::error::RefreshError;
use super::{Brought, Look, sources};
use crate::import::Scratch;

/// Reads what changed since the last look. Pages are imported some at a time; how far the shop was read is noted after each
/// import. If the shop fails, the pages before that are imported all the same.
pub(super) fn read(look: &Look<'_>, brought: &mut Brought) -> Result<(), RefreshError> {
    let source = look.source;
    // The address was checked when the source was added.
    let address = Address::parse(&sources::place(source), true)?;
    let access = sources::access_of(source, &look.secret()?)?;
    let shop = Shop::new(address, access, Pace::default())?;
    let mut done = match &source.cursor {
        Some(cursor) => {
            serde_json::from_str(cursor).map_err(|_| RefreshError::Damaged { id: source.id })?
        }
        None => Cursor::default(),
    };
    loop {
        let batch = Batch::gather(&shop, &done, look.request.pages);
        if !batch.orders.is_empty() {
            import(look, &batch.orders, brought)?;
        }
        if batch.cursor != done {
            let cursor = serde_json::json!(batch.cursor).to_string();
            look.keep(&cursor)?;
            done = batch.cursor;
        }
        if let Some(error) = batch.failure {
            return Err(error);
        }
        if batch.is_last {
            return Ok(());
        }
    }
}

/// Some pages, and how far they go.
struct Batch {
    orders: Vec<Value>,
    cursor: Cursor,
    is_last: bool,
    failure: Option<RefreshError>,
}

impl Batch {
    fn gather(shop: &Shop, from: &Cursor, pages: usize) -> Self {
        let mut batch = Self {
            orders: Vec::new(),
            cursor: from.clone(),
            is_last: false,
            failure: None,
        };
        for _ in 0..pages.max(1) {
            match shop.page(&batch.cursor) {
                Ok(page) => {
                    batch.orders.extend(page.orders);
                    batch.cursor = page.cursor;
                    batch.is_last = page.is_last;
                }
                Err(error) => batch.failure = Some(error.into()),
            }
            if batch.is_last || batch.failure.is_some() {
                break;
            }
        }
        batch
    }
}

fn import(look: &Look<'_>, orders: &[Value], brought: &mut Brought) -> Result<(), RefreshError> {
    let folder = look.workspace.folder();
    let write = |path: &Path, source| RefreshError::Write {
        path: path.to_owned(),
        source,
    };
    let scratch = Scratch::in_workspace(folder, None).map_err(|source| write(folder, source))?;
    let name = format!("{}-{}.jsonl", look.source.kind.name(), look.source.id);
    let path = scratch.path().join(name);
    let mut text = String::new();
    for order in orders {
        text.push_str(&order.to_string());
        text.push('\n');
    }
    fs::write(&path, text).map_err(|source| write(&path, source))?;
    look.import(vec![path], None, brought).map(drop)
}
