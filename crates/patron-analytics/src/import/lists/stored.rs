//! What the ledger has of lists, as records that new entries are compared with.

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use patron_core::OrderStatus;
use patron_engine::{GroupingError, Record};
use patron_import::{Content, RowKind};

use super::{Lists, WITHDRAWN};

/// Takes records, one after another.
pub(super) type Take<'t> = &'t mut dyn FnMut(&Record<'_>) -> Result<(), GroupingError>;

/// Gives what a batch of a table has of lists: under its key, the hash of what it says.
pub(super) fn give(
    lists: &Lists<'_>,
    (content, key): (Content, &str),
    batch: &RecordBatch,
    take: Take<'_>,
) -> Result<(), GroupingError> {
    for row in 0..batch.num_rows() {
        let cells = Cells { batch, row };
        let import = cells.whole("import_id").unwrap_or(0);
        // Rows of orders name customers and refunds, too: what these say is compared elsewhere.
        if lists.lists.get(&import) != Some(&content) {
            continue;
        }
        let withdrawn = content == Content::Refunds && cells.text("kind") == Some(WITHDRAWN);
        match lists.places.get(&import) {
            Some(&file) if !withdrawn => give_row(content, &cells, (key, file), take)?,
            _ => {}
        }
    }
    Ok(())
}

fn give_row(
    content: Content,
    cells: &Cells<'_>,
    (key, file): (&str, u32),
    take: Take<'_>,
) -> Result<(), GroupingError> {
    let own = cells.text(key).unwrap_or_default();
    let by_content = own
        .strip_prefix("row:")
        .and_then(|rest| rest.split_once(':'))
        .map(|(hash, _)| hash);
    let of_spend = |name| cells.text(name).unwrap_or_default();
    let spend;
    let customer = match content {
        Content::Spend => {
            spend = format!("{own}|{}|{}", of_spend("campaign"), of_spend("purpose"));
            spend.as_str()
        }
        _ => by_content.unwrap_or(own),
    };
    let record = Record {
        kind: RowKind::Person,
        status: OrderStatus::Paid,
        at: cells.day("date").unwrap_or(0),
        net: 0,
        row_hash: cells.whole("row_hash").unwrap_or(0).cast_unsigned(),
        quantity: 0,
        is_line: by_content.is_some(),
        status_unsaid: false,
        updated_at: cells.instant("version_at"),
        product: content as u64 + 1,
        file,
        customer,
        // Of a refund whose it is, of an answer its whole key.
        order_id: match content {
            Content::Refunds => cells.text("customer_id").unwrap_or_default(),
            Content::Surveys => customer,
            _ => "",
        },
        contact: None,
        line: 0,
        details: &[],
    };
    take(&record)?;
    // A key may be an id and its order's: what comes with that id must find it.
    let answers = own
        .match_indices(':')
        .filter(|_| content == Content::Surveys);
    for (place, _) in answers.filter(|_| by_content.is_none()) {
        let customer = own.get(..place).unwrap_or_default();
        take(&Record { customer, ..record })?;
    }
    Ok(())
}

/// The cells of one row, by the names of their columns.
struct Cells<'b> {
    batch: &'b RecordBatch,
    row: usize,
}

impl<'b> Cells<'b> {
    fn text(&self, name: &str) -> Option<&'b str> {
        let column = self.batch.column_by_name(name)?.as_string_opt::<i32>()?;
        (!column.is_null(self.row)).then(|| column.value(self.row))
    }

    fn whole(&self, name: &str) -> Option<i64> {
        let column = self.batch.column_by_name(name)?;
        let column = column.as_primitive_opt::<Int64Type>()?;
        Some(column.value(self.row))
    }

    fn instant(&self, name: &str) -> Option<i64> {
        let column = self.batch.column_by_name(name)?;
        let column = column.as_primitive_opt::<TimestampMicrosecondType>()?;
        (!column.is_null(self.row)).then(|| column.value(self.row))
    }

    fn day(&self, name: &str) -> Option<i64> {
        let column = self.batch.column_by_name(name)?;
        let column = column.as_primitive_opt::<Date32Type>()?;
        Some(i64::from(column.value(self.row)))
    }
}
