//! The folder of Olist's data set: orders, customers and items are files of their own, and the person is not the customer
//! of an order. They become one table of orders with their amounts and their people.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use patron_core::Money;

use crate::container::Converted;
use crate::container::table::{LINE, write_row};
use crate::error::ImportError;
use crate::text::records::{Fields, Records, Separation};
use crate::understanding::Note;

const ORDERS: &str = "olist_orders_dataset.csv";
const CUSTOMERS: &str = "olist_customers_dataset.csv";
const ITEMS: &str = "olist_order_items_dataset.csv";
const PAYMENTS: &str = "olist_order_payments_dataset.csv";
/// The columns written; the preset `olist` knows them.
const COLUMNS: [&str; 6] = [
    "order_id",
    "customer_unique_id",
    "order_purchase_timestamp",
    "order_status",
    "goods",
    LINE,
];

/// Returns true for a folder with orders, customers and amounts of Olist.
pub(crate) fn is_folder(folder: &Path) -> bool {
    let has = |name: &str| folder.join(name).is_file();
    has(ORDERS) && has(CUSTOMERS) && (has(ITEMS) || has(PAYMENTS))
}

/// Returns the files that make the table.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    [ORDERS, CUSTOMERS, amounts_file(folder)]
        .iter()
        .map(|name| folder.join(name))
        .collect()
}

fn amounts_file(folder: &Path) -> &'static str {
    if folder.join(ITEMS).is_file() {
        ITEMS
    } else {
        PAYMENTS
    }
}

/// Joins the files of the folder into a table of orders.
pub(crate) fn convert(folder: &Path) -> Result<Converted, ImportError> {
    let mut people = HashMap::new();
    each_row(
        &folder.join(CUSTOMERS),
        &["customer_id", "customer_unique_id"],
        |_, cells| {
            if let [customer, person] = cells {
                people.insert(customer.clone(), person.clone());
            }
            Ok(())
        },
    )?;
    let source = amounts_file(folder);
    let amount_column = if source == ITEMS {
        "price"
    } else {
        "payment_value"
    };
    let mut goods: HashMap<String, i64> = HashMap::new();
    each_row(
        &folder.join(source),
        &["order_id", amount_column],
        |_, cells| {
            if let [order, amount] = cells {
                let amount = Money::parse(amount).map_or(0, |read| read.amount.0);
                let total = goods.entry(order.clone()).or_insert(0);
                *total = total.saturating_add(amount);
            }
            Ok(())
        },
    )?;
    let stream = write(folder, &people, &goods)?;
    let (key, text) = if source == ITEMS {
        (
            "olist_items",
            "the amount of an order is the sum of its items' prices, without freight",
        )
    } else {
        (
            "olist_payments",
            "there is no file of items: the amount of an order is what was paid, freight included",
        )
    };
    let person = "orders, customers and amounts of the folder are joined; the person is `customer_unique_id`, because `customer_id` changes with every order";
    Ok(Converted {
        stream: Box::new(stream),
        notes: vec![
            Note::new("olist_joined", Vec::new(), person.to_owned()),
            Note::new(key, Vec::new(), text.to_owned()),
        ],
    })
}

fn write(
    folder: &Path,
    people: &HashMap<String, String>,
    goods: &HashMap<String, i64>,
) -> Result<File, ImportError> {
    let failed = |source| ImportError::Io {
        file: folder.display().to_string(),
        source,
    };
    let mut out = BufWriter::new(tempfile::tempfile().map_err(failed)?);
    let mut text = Vec::new();
    write_row(COLUMNS, &mut text);
    let columns = [
        "order_id",
        "customer_id",
        "order_purchase_timestamp",
        "order_status",
    ];
    each_row(&folder.join(ORDERS), &columns, |line, cells| {
        if let [order, customer, at, status] = cells {
            let person = people.get(customer).map_or("", String::as_str);
            let goods = Money(goods.get(order).copied().unwrap_or(0)).to_string();
            let line = line.to_string();
            write_row([order, person, at, status, &goods, &line], &mut text);
        }
        out.write_all(&text).map_err(failed)?;
        text.clear();
        Ok(())
    })?;
    let mut file = out
        .into_inner()
        .map_err(|error| failed(error.into_error()))?;
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    Ok(file)
}

/// Calls with the line and the cells of some columns of each row of a file.
fn each_row(
    path: &Path,
    columns: &[&str],
    mut take: impl FnMut(u64, &[String]) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    let file = path.display().to_string();
    let bytes = fs::read(path).map_err(|source| ImportError::Io {
        file: file.clone(),
        source,
    })?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let not_closed = |line| ImportError::QuoteNotClosed {
        file: file.clone(),
        line,
    };
    let mut fields = Fields::default();
    let mut records = Records::new(bytes, Separation::Delimiter(b','), 1);
    let header = match records.read(&mut fields).map_err(not_closed)? {
        Some(_) => fields.to_texts(bytes),
        None => return Err(ImportError::Empty { file }),
    };
    let mut places = Vec::new();
    for column in columns {
        let place = header
            .iter()
            .position(|header| header.as_deref().map(str::trim) == Some(*column));
        places.push(place.ok_or_else(|| ImportError::NotOfPreset {
            file: file.clone(),
            preset: "olist".to_owned(),
            found: format!("it has no column `{column}`"),
        })?);
    }
    while let Some(record) = records.read(&mut fields).map_err(not_closed)? {
        let cell = |&place: &usize| String::from_utf8_lossy(fields.get(bytes, place)).into_owned();
        let cells: Vec<String> = places.iter().map(cell).collect();
        take(record.line, &cells)?;
    }
    Ok(())
}
