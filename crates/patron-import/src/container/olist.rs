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
/// Files that are lists of their own.
const LISTS: [&str; 2] = [
    "olist_order_reviews_dataset.csv",
    "olist_products_dataset.csv",
];
/// The columns written; the preset `olist` knows them.
const COLUMNS: [&str; 6] = [
    "order_id",
    "customer_unique_id",
    "order_purchase_timestamp",
    "order_status",
    "goods",
    LINE,
];

/// Columns of the files that are details, and are joined where these are asked for; a file may lack them.
const ORDER_DETAILS: [&str; 2] = [
    "order_delivered_carrier_date",
    "order_delivered_customer_date",
];
const CUSTOMER_DETAILS: [&str; 3] = [
    "customer_zip_code_prefix",
    "customer_city",
    "customer_state",
];
const FREIGHT: &str = "freight_value";

/// What the files say beside the orders, by the ids that these have.
#[derive(Debug, Default)]
struct Joined {
    /// By customer of an order: the person, then its details.
    people: HashMap<String, Vec<String>>,
    /// By order: what its goods came to.
    goods: HashMap<String, i64>,
    /// By order: what its delivery came to.
    freight: HashMap<String, i64>,
    with_details: bool,
}

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

/// Returns the files of the folder that are lists beside the orders.
pub(crate) fn lists(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let paths = LISTS.map(|name| folder.join(name));
    paths.into_iter().filter(|path| path.is_file())
}

fn amounts_file(folder: &Path) -> &'static str {
    if folder.join(ITEMS).is_file() {
        ITEMS
    } else {
        PAYMENTS
    }
}

/// Joins the files of the folder into a table of orders.
pub(crate) fn convert(folder: &Path, with_details: bool) -> Result<Converted, ImportError> {
    let source = amounts_file(folder);
    let joined = join(folder, source, with_details)?;
    let stream = write(folder, &joined)?;
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

/// Reads the files beside that of the orders.
fn join(folder: &Path, source: &str, with_details: bool) -> Result<Joined, ImportError> {
    let details = |names: &'static [&'static str]| if with_details { names } else { &[] };
    let mut joined = Joined {
        with_details,
        ..Joined::default()
    };
    let people = ["customer_id", "customer_unique_id"];
    let path = folder.join(CUSTOMERS);
    each_row(&path, &people, details(&CUSTOMER_DETAILS), |_, cells| {
        if let [customer, person @ ..] = cells {
            joined.people.insert(customer.clone(), person.to_vec());
        }
        Ok(())
    })?;
    let amount_column = if source == ITEMS {
        "price"
    } else {
        "payment_value"
    };
    let amounts = ["order_id", amount_column];
    let path = folder.join(source);
    each_row(&path, &amounts, details(&[FREIGHT]), |_, cells| {
        if let [order, amount, freight @ ..] = cells {
            add(
                &mut joined.goods,
                order,
                Money::parse(amount).map_or(0, |read| read.amount.0),
            );
            if let Some(Ok(freight)) = freight.first().map(|text| Money::parse(text)) {
                add(&mut joined.freight, order, freight.amount.0);
            }
        }
        Ok(())
    })?;
    Ok(joined)
}

fn add(totals: &mut HashMap<String, i64>, order: &str, amount: i64) {
    let total = totals.entry(order.to_owned()).or_insert(0);
    *total = total.saturating_add(amount);
}

fn write(folder: &Path, joined: &Joined) -> Result<File, ImportError> {
    let failed = |source| ImportError::Io {
        file: folder.display().to_string(),
        source,
    };
    let mut out = BufWriter::new(tempfile::tempfile().map_err(failed)?);
    let mut text = Vec::new();
    let of_orders: &[&str] = if joined.with_details {
        &ORDER_DETAILS
    } else {
        &[]
    };
    let beside = CUSTOMER_DETAILS.iter().chain([&FREIGHT]);
    let details = of_orders
        .iter()
        .chain(beside.filter(|_| joined.with_details));
    write_row(COLUMNS.iter().chain(details).copied(), &mut text);
    let columns = [
        "order_id",
        "customer_id",
        "order_purchase_timestamp",
        "order_status",
    ];
    each_row(&folder.join(ORDERS), &columns, of_orders, |line, cells| {
        if let [order, customer, at, status, details @ ..] = cells {
            let line = line.to_string();
            joined.write_order([order, customer, at, status, &line], details, &mut text);
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

impl Joined {
    /// Appends the row of an order, in the order of [`COLUMNS`] and the details.
    fn write_order(
        &self,
        [order, customer, at, status, line]: [&str; 5],
        details: &[String],
        text: &mut Vec<u8>,
    ) {
        let nobody = vec![String::new(); 1 + CUSTOMER_DETAILS.len()];
        let person = self.people.get(customer).unwrap_or(&nobody);
        let (id, person_details) = person
            .split_first()
            .map_or(("", &[][..]), |(id, details)| (id.as_str(), details));
        let goods = Money(self.goods.get(order).copied().unwrap_or(0)).to_string();
        let freight = self.freight.get(order);
        let freight = freight.map_or_else(String::new, |&freight| Money(freight).to_string());
        let own = [order, id, at, status, &goods, line];
        let beside = details.iter().chain(person_details).chain([&freight]);
        let beside = beside.filter(|_| self.with_details).map(String::as_str);
        write_row(own.into_iter().chain(beside), text);
    }
}

/// Calls with the line and the cells of some columns of each row of a file; those that a file may lack come last, empty
/// where they are not there.
fn each_row(
    path: &Path,
    columns: &[&str],
    may_lack: &[&str],
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
    let place = |column: &str| {
        let named = |header: &Option<String>| header.as_deref().map(str::trim) == Some(column);
        header.iter().position(named)
    };
    for column in columns {
        let place = place(column);
        places.push(place.ok_or_else(|| ImportError::NotOfPreset {
            file: file.clone(),
            preset: "olist".to_owned(),
            found: format!("it has no column `{column}`"),
        })?);
    }
    // Beyond the last field there is an empty one.
    places.extend(
        may_lack
            .iter()
            .map(|column| place(column).unwrap_or(usize::MAX)),
    );
    while let Some(record) = records.read(&mut fields).map_err(not_closed)? {
        let cell = |&place: &usize| String::from_utf8_lossy(fields.get(bytes, place)).into_owned();
        let cells: Vec<String> = places.iter().map(cell).collect();
        take(record.line, &cells)?;
    }
    Ok(())
}
