//! A ledger that an older patron made lacks columns that were added since: it gets them, and loses nothing.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, Int64Array, RecordBatch};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use patron_ledger::{At, CatalogueAddress, CompactOptions, Ledger, Location, ScanRequest, Table};

use crate::append::walk;
use crate::maintenance::assert_clean;
use crate::support::{append, info, instant, make, many, order_rows, orders, small_options};

/// The last column: what stands for one that was added.
const ADDED: &str = "origin_line";

/// Makes the ledger what an older patron would have made: `orders` without its last column, in the catalogue and in files.
fn age(location: &Location) {
    let column = Table::Orders.columns().count();
    assert_eq!(Table::Orders.columns().last().unwrap().name, ADDED);
    let mut statements = vec![
        format!("ALTER TABLE ducklake_inlined_data_1_1 DROP COLUMN \"{ADDED}\""),
        format!("DELETE FROM ducklake_column WHERE table_id = 1 AND column_name = '{ADDED}'"),
        format!(
            "DELETE FROM ducklake_file_column_stats WHERE table_id = 1 AND column_id = {column}"
        ),
        format!(
            "DELETE FROM ducklake_table_column_stats WHERE table_id = 1 AND column_id = {column}"
        ),
    ];
    for file in walk(location.folder().join("main/orders")) {
        let (bytes, footer) = without_last_column(&file);
        let name = file.file_name().unwrap().to_str().unwrap();
        let here = format!("path LIKE '%{name}'");
        statements.push(format!("UPDATE ducklake_data_file SET file_size_bytes = {bytes}, footer_size = {footer} WHERE {here}"));
        let print = format!(
            "{:032x}",
            xxhash_rust::xxh3::xxh3_128(&fs::read(&file).unwrap())
        );
        statements.push(format!("UPDATE patron_data_file SET xxh3 = '{print}' WHERE data_file_id = (SELECT data_file_id FROM ducklake_data_file WHERE {here})"));
    }
    for statement in statements {
        match location.catalogue() {
            CatalogueAddress::Sqlite(path) => run(path, &statement),
            CatalogueAddress::Postgres(url) => crate::postgres::run(url, &statement),
        }
    }
}

fn run(path: &Path, sql: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let address = format!("sqlite://{}", path.display());
        let connecting = <sqlx::SqliteConnection as sqlx::Connection>::connect(&address);
        let mut connection = connecting.await.unwrap();
        let statement = sqlx::AssertSqlSafe(sql.to_owned());
        sqlx::query(statement)
            .execute(&mut connection)
            .await
            .unwrap();
        sqlx::Connection::close(connection).await.unwrap();
    });
}

/// Writes a data file anew without its last column; returns its bytes and those of its footer.
fn without_last_column(path: &Path) -> (u64, u32) {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let builder =
        ParquetRecordBatchReaderBuilder::try_new_with_options(File::open(path).unwrap(), options);
    let batches: Vec<RecordBatch> = builder
        .unwrap()
        .build()
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let places: Vec<usize> = (0..batches[0].num_columns() - 1).collect();
    let schema = Arc::new(batches[0].schema().project(&places).unwrap());
    let options = ArrowWriterOptions::new().with_skip_arrow_metadata(true);
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new_with_options(file, schema, options).unwrap();
    for batch in batches {
        writer.write(&batch.project(&places).unwrap()).unwrap();
    }
    writer.close().unwrap();
    let mut file = File::open(path).unwrap();
    let mut tail = [0_u8; 4];
    file.seek(SeekFrom::End(-8)).unwrap();
    file.read_exact(&mut tail).unwrap();
    (file.metadata().unwrap().len(), u32::from_le_bytes(tail))
}

/// How many orders a snapshot sees, and how many of them have the added column.
fn counts(ledger: &Ledger, at: At) -> (usize, usize) {
    let (mut rows, mut filled) = (0, 0);
    for batch in ledger
        .scan(&ScanRequest::new(Table::Orders).at(at).columns(&[ADDED]))
        .unwrap()
    {
        let batch = batch.unwrap();
        rows += batch.num_rows();
        filled += batch.num_rows() - batch.column(0).null_count();
        assert!(batch.column(0).as_primitive_opt::<Int64Type>().is_some());
    }
    (rows, filled)
}

fn append_with_column(ledger: &Ledger, from: i64, count: i64, import: i64, second: i64) {
    let rows = order_rows(&many(from, count, 60, import));
    let mut columns = rows.columns().to_vec();
    let last = columns.len() - 1;
    columns[last] = Arc::new(Int64Array::from_iter_values(0..count));
    let rows = RecordBatch::try_new(rows.schema(), columns).unwrap();
    let mut transaction = ledger.begin().unwrap();
    transaction.append(Table::Orders, &rows).unwrap();
    transaction.commit(&info(second, "new")).unwrap();
}

/// From an old ledger, with rows in files and inlined ones, to one that has lived on.
fn live_on(location: &Location) {
    let python = crate::duck::python("an_older_ledger_gets_the_columns_it_lacks");
    let agrees = |ledger: &Ledger, at: &str| {
        let Some(python) = python else { return };
        crate::duck::agrees(python, ledger, at);
        let (rows, filled) = counts(ledger, At::Latest);
        let asked = format!("SELECT count(*), count({ADDED}) FROM ledger.orders");
        assert_eq!(
            crate::duck::ask(python, "read", ledger, &[asked]),
            [format!("{rows}\t{filled}")],
            "{at}"
        );
    };
    let expected = {
        let ledger = Ledger::open(location, small_options()).unwrap();
        append(&ledger, &many(0, 500, 60, 1), 10);
        append(&ledger, &many(1_000, 7, 60, 2), 20);
        orders(&ledger, &ScanRequest::new(Table::Orders))
    };
    age(location);
    // Whoever opens it first, also to read it, adds what is lacking; nobody does so twice.
    let read = Ledger::open_read_only(location, small_options()).unwrap();
    assert_eq!(orders(&read, &ScanRequest::new(Table::Orders)), expected);
    assert_eq!(counts(&read, At::Latest), (507, 0));
    drop(read);
    let ledger = Ledger::open(location, small_options()).unwrap();
    let snapshots = ledger.snapshots().unwrap();
    assert_eq!(snapshots.len(), 5, "{snapshots:?}");
    assert_eq!(snapshots[4].changes, "altered_table:1");
    assert_clean(&ledger);
    agrees(&ledger, "columns added");
    append_with_column(&ledger, 2_000, 5, 3, 30);
    append_with_column(&ledger, 3_000, 400, 4, 40);
    assert_eq!(counts(&ledger, At::Latest), (912, 405));
    assert_eq!(counts(&ledger, At::Snapshot(3)), (507, 0));
    assert_clean(&ledger);
    agrees(&ledger, "new rows");
    ledger.flush(&info(50, "flush")).unwrap();
    agrees(&ledger, "flushed");
    let options = CompactOptions {
        settled_before: None,
        thorough: true,
    };
    ledger.compact(options, &info(60, "compact")).unwrap();
    assert_eq!(counts(&ledger, At::Latest), (912, 405));
    agrees(&ledger, "compacted");
    ledger
        .erase(
            &crate::support::of_persons(&["p3".to_owned()].into()),
            &info(70, "erase"),
        )
        .unwrap();
    assert_clean(&ledger);
    agrees(&ledger, "erased");
}

#[test]
fn an_older_ledger_gets_the_columns_it_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let location = make(folder.path()).location().clone();
    live_on(&location);
}

#[test]
fn an_older_ledger_in_postgresql_gets_the_columns_it_lacks() {
    let Some(url) =
        crate::postgres::database("an_older_ledger_in_postgresql_gets_the_columns_it_lacks")
    else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let location = crate::postgres::location(folder.path(), &url);
    drop(Ledger::create(&location, small_options(), instant(0)).unwrap());
    live_on(&location);
}
