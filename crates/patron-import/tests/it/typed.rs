//! Cells of typed files say what the same cells say in a text.

use patron_core::{RowClass, RowFlag};
use patron_import::{
    Cell, Field, Format, ImportOptions, Reason, RowReader, WrittenDown, understand_table,
};

use crate::support::read_text;

#[test]
fn typed_cells_give_the_same_facts_as_text() {
    let headers: Vec<String> = [
        "order_id",
        "customer_id",
        "ordered_at",
        "quantity",
        "unit_price",
    ]
    .map(str::to_owned)
    .to_vec();
    let texts = ["536365", "17850", "2010-12-01 08:26:00", "6", "2.55"];
    let sample = vec![texts.map(|text| Some(text.to_owned())).to_vec()];
    let options = ImportOptions::default();
    let understanding = understand_table(
        "orders.parquet",
        Format::Parquet,
        &headers,
        &sample,
        &options,
        None,
    )
    .unwrap();
    let by_field = |field| match field {
        Field::OrderId => Cell::Int(536_365),
        Field::CustomerId => Cell::Float(17_850.0),
        Field::OrderedAt => Cell::Local(1_291_191_960_000_000),
        Field::Quantity => Cell::Int(6),
        _ => Cell::Float(2.55),
    };
    let cells: Vec<Cell<'_>> = understanding
        .columns
        .iter()
        .map(|column| by_field(column.field))
        .collect();
    let mut reader = RowReader::new(understanding.into(), options.into(), 3);
    let mut batch = reader.new_batch(0);
    reader.read_row((1, 42), &cells, &mut batch, &mut WrittenDown);
    let text = read_text(&format!("{}\n{}\n", headers.join(","), texts.join(","))).unwrap();
    let (typed, text) = (&batch.facts, &text.batch.facts);
    assert_eq!(batch.file, 3);
    assert_eq!(typed.row_hash, [42]);
    assert_eq!(
        (typed.customer.get(0), typed.order_id.get(0)),
        ("17850", "536365")
    );
    assert_eq!(typed.customer, text.customer);
    assert_eq!(
        (&typed.at, &typed.net, &typed.quantity),
        (&text.at, &text.net, &text.quantity)
    );
    assert_eq!(
        batch.account.flagged(RowFlag::Guessed),
        1,
        "the id is a float"
    );
}

#[test]
fn typed_dates_amounts_and_nulls_are_read() {
    let headers: Vec<String> = ["customer_id", "date", "net"].map(str::to_owned).to_vec();
    let sample = vec![vec![
        Some("c".into()),
        Some("2024-05-01".into()),
        Some("1.5".into()),
    ]];
    let options = ImportOptions {
        earliest_day: patron_core::Day(0),
        calendar: patron_core::ShopCalendar::new("Asia/Shanghai").unwrap(),
        ..ImportOptions::default()
    };
    let understanding = understand_table(
        "x.parquet",
        Format::Parquet,
        &headers,
        &sample,
        &options,
        None,
    )
    .unwrap();
    let mut reader = RowReader::new(understanding.into(), options.into(), 0);
    let mut batch = reader.new_batch(0);
    let day = 86_400_000_000_i64;
    for (line, (at, amount)) in [
        (
            Cell::Date(10),
            Cell::Decimal {
                unscaled: 12_345,
                scale: 2,
            },
        ),
        (
            Cell::Instant(10 * day),
            Cell::Decimal {
                unscaled: 1_234_567,
                scale: 5,
            },
        ),
        (Cell::Local(10 * day), Cell::Int(-3)),
        (Cell::Int(19_700_111), Cell::Float(0.1)),
        (Cell::Null, Cell::Int(1)),
        (Cell::Date(10), Cell::Float(f64::NAN)),
        (Cell::Date(10), Cell::Bool(true)),
    ]
    .into_iter()
    .enumerate()
    {
        reader.read_row(
            (line as u64 + 1, 0),
            &[Cell::Text("c"), at, amount],
            &mut batch,
            &mut WrittenDown,
        );
    }
    let hours = 3_600_000_000_i64;
    // Columns are in the order customer, date, amount; Shanghai is eight hours ahead.
    assert_eq!(
        batch.facts.at[..4],
        [
            10 * day - 8 * hours,
            10 * day,
            10 * day - 8 * hours,
            10 * day - 8 * hours
        ]
    );
    assert_eq!(batch.facts.net[..4], [1_234_500, 123_457, 30_000, 1_000]);
    assert_eq!(batch.account.flagged(RowFlag::Rounded), 1);
    let reasons: Vec<&str> = batch.rejected.iter().map(|row| row.reason.key()).collect();
    assert_eq!(reasons, ["date_missing", "number_missing", "not_a_number"]);
}

#[test]
fn a_row_of_blanks_is_empty_in_a_text_and_in_typed_cells() {
    let headers = ["customer_id", "date", "net"].map(str::to_owned);
    let sample = vec![
        ["c", "2024-05-01", "1.5"]
            .map(|text| Some(text.to_owned()))
            .to_vec(),
    ];
    let options = ImportOptions::default();
    for blank in [" ", "\u{3000}", "\u{a0}"] {
        let table = understand_table(
            "x.parquet",
            Format::Parquet,
            &headers,
            &sample,
            &options,
            None,
        );
        let mut reader = RowReader::new(table.unwrap().into(), options.clone().into(), 0);
        let mut typed = reader.new_batch(0);
        reader.read_row(
            (1, 0),
            &[Cell::Text(blank); 3],
            &mut typed,
            &mut WrittenDown,
        );
        let rows = format!("customer_id,date,net\nc,2024-05-01,1.5\n{blank},{blank},{blank}\n");
        let text = read_text(&rows).unwrap();
        for (reader, rejected) in [("typed", &typed.rejected), ("text", &text.batch.rejected)] {
            let reasons: Vec<&str> = rejected.iter().map(|row| row.reason.key()).collect();
            assert_eq!(reasons, ["empty_row"], "{reader}, {blank:?}");
        }
    }
}

#[test]
fn a_line_of_totals_is_known_by_its_first_cell() {
    let headers = ["net", "customer_id", "date"].map(str::to_owned);
    let sample = vec![
        ["1.5", "c", "2024-05-01"]
            .map(|cell| Some(cell.to_owned()))
            .to_vec(),
    ];
    let options = ImportOptions::default();
    let understanding = understand_table(
        "x.parquet",
        Format::Parquet,
        &headers,
        &sample,
        &options,
        None,
    )
    .unwrap();
    let row = ["Gesamt", "", ""];
    let cells: Vec<Cell<'_>> = understanding
        .columns
        .iter()
        .map(|column| Cell::Text(row[column.index]))
        .collect();
    let mut reader = RowReader::new(understanding.into(), options.into(), 0);
    let mut batch = reader.new_batch(0);
    reader.read_row((1, 0), &cells, &mut batch, &mut WrittenDown);
    let text = read_text(&format!(
        "{}\n1.5,c,2024-05-01\n{}\n",
        headers.join(","),
        row.join(",")
    ));
    let text = text.unwrap();
    for batch in [&batch, &text.batch] {
        assert_eq!(batch.account.count(RowClass::RepeatedHeaderOrTotal), 1);
        assert_eq!(batch.rejected[0].reason, Reason::Total);
        assert_eq!(batch.rejected[0].value, "Gesamt");
    }
}
