//! Amounts in other currencies. Expected figures by Python's `decimal`, quantised to four places half to even.

use std::sync::Arc;

use patron_core::{RowClass, ShopCalendar};
use patron_import::{
    DetailValues, ExchangedRows, Field, ImportOptions, Rates, Reason, RejectedRow, RowBatch,
    RowKind, UNDATED,
};
use proptest::prelude::*;

use crate::support::{Read, read_with};

const RATES: &str = "date,from,to,rate
2024-01-05,USD,EUR,0.9134
2024-01-20,USD,EUR,0.9187
2024-02-05,GBP,EUR,1.1702
2024-03-01,JPY,EUR,0.00615
2024-03-01,EUR,JPY,162.6
";

fn options(rates: &str) -> ImportOptions {
    let exchange = Rates::parse(rates).unwrap().into_currency("EUR").unwrap();
    ImportOptions {
        exchange: Some(Arc::new(exchange)),
        with_details: true,
        lists: true,
        ..ImportOptions::default()
    }
}

fn read(text: &str) -> Read {
    read_with(text, &options(RATES)).unwrap()
}

/// Returns a detail of every fact, in ten-thousandths.
fn numbers(batch: &RowBatch, field: Field) -> Vec<Option<i64>> {
    let details = batch.facts.details.as_ref().unwrap();
    let facts = 0..batch.facts.len();
    facts.map(|fact| details.number(field, fact)).collect()
}

fn reasons(batch: &RowBatch) -> Vec<(u64, Option<&str>, &str, String)> {
    let told = |row: &'_ RejectedRow| row.reason.to_string();
    let rejected = batch.rejected.iter();
    rejected
        .map(|row| {
            let column = row.column.as_deref();
            (row.line, column, row.value.as_str(), told(row))
        })
        .collect()
}

#[test]
fn orders_and_all_that_is_kept_of_them_are_converted_at_the_rate_of_their_day() {
    let read = read(
        "order_id,customer_id,order_date,net,refunded,discount,shipping,tax,currency
o1,c1,2024-01-05,100.00,20.00,5.00,7.95,19.00,USD
o2,c1,2024-02-07,33.33,,12.34,8.01,20.34,gbp
o3,c2,2024-03-01,12345,1980,,,,JPY
o4,c2,2024-03-01,10.00,,1.00,2.00,,EUR
o5,c2,2024-03-02,7.50,,,,,
",
    );
    let facts = &read.batch.facts;
    assert_eq!(
        facts.net,
        [913_400, 182_680, 390_028, 759_218, 121_770, 100_000, 75_000]
    );
    let refunds = [1, 4];
    for fact in refunds {
        assert_eq!(facts.kind[fact], RowKind::Refund);
        assert_eq!(facts.at[fact], UNDATED);
    }
    let first = |field| -> Vec<Option<i64>> {
        let numbers = numbers(&read.batch, field);
        [0, 2, 5].map(|fact: usize| numbers[fact]).to_vec()
    };
    for (field, expected) in [
        (Field::Discount, [45_670, 144_403, 10_000]),
        (Field::Shipping, [72_615, 93_733, 20_000]),
    ] {
        assert_eq!(first(field), expected.map(Some), "{field}");
    }
    assert_eq!(
        first(Field::Tax),
        [Some(173_546), Some(238_019), None],
        "tax"
    );
    let details = facts.details.as_ref().unwrap();
    let currencies = (0..facts.len()).map(|fact| details.text(Field::Currency, fact));
    let currencies: Vec<&str> = currencies.collect();
    assert_eq!(currencies, ["EUR", "EUR", "EUR", "EUR", "EUR", "EUR", ""]);
    assert_eq!(read.batch.rejected, []);
    let counts: Vec<(&str, u64, u64)> = read
        .batch
        .exchanged
        .by_currency()
        .map(|(from, rows)| (from, rows.converted, rows.without_rate))
        .collect();
    assert_eq!(counts, [("GBP", 1, 0), ("JPY", 1, 0), ("USD", 1, 0)]);
    let currency = read.understanding.currency_of(&read.batch.currencies);
    assert_eq!(currency.unwrap().as_deref(), Some("EUR"));
    // 91.3400 + 39.0028 + 75.9218 + 10 + 7.5
    let account = &read.batch.account;
    assert_eq!(account.revenue(RowClass::OrderLine).0, 2_237_646);
}

#[test]
fn lines_are_multiplied_first_and_converted_once() {
    let read = read(
        "order_id,customer_id,order_date,sku,quantity,unit_price,discount_amount,cost_price,currency
o1,c1,2024-01-05,p1,3,19.99,,8.50,USD
o2,c2,2024-01-22,p2,2,7.77,1.11,4.25,USD
o2,c2,2024-01-22,p3,-1,15.15,,,USD
",
    );
    assert_eq!(read.batch.facts.net, [547_766, 132_568, 139_183]);
    assert_eq!(read.batch.facts.kind[2], RowKind::Refund);
    assert_eq!(read.batch.facts.quantity, [30_000, 20_000, -10_000]);
    let of = |field| numbers(&read.batch, field)[..2].to_vec();
    assert_eq!(of(Field::UnitPrice), [Some(182_589), Some(71_383)]);
    assert_eq!(of(Field::Discount), [None, Some(10_198)]);
    assert_eq!(of(Field::UnitCost), [Some(77_639), Some(39_045)]);
    assert_eq!(of(Field::Quantity), [Some(30_000), Some(20_000)]);
}

#[test]
fn of_a_shopify_order_its_share_of_the_refund_is_converted() {
    let options = ImportOptions {
        preset: Some("shopify-orders".to_owned()),
        ..options(RATES)
    };
    let read = read_with(
        "Name,Email,Financial Status,Paid at,Currency,Subtotal,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Refunded Amount,Cancelled at,Payment Method
#1,ann@x.com,partially_refunded,,USD,100.00,124.00,2024-01-05 10:00:00 +0000,1,Soap,80.02,s1,31.00,,card
#1,ann@x.com,,,,,,,2,Oil,9.99,s2,,,
",
        &options,
    );
    let read = read.unwrap();
    // 31 of 124 are a quarter: 25.00 of the 100.00.
    assert_eq!(read.batch.facts.net[..2], [913_400, 228_350]);
    assert_eq!(read.batch.facts.kind[2], RowKind::Person);
}

#[test]
fn a_currency_stands_in_a_column_beside_the_amount_or_in_the_header() {
    let signs = read(
        "order_id,customer_id,order_date,net
o1,c1,2024-01-05,US$ 100.00
o2,c1,2024-02-05,£33.33
o3,c1,2024-02-05,\"€10.00\"
o4,c1,2024-02-05,$5.00
o5,c1,2024-02-05,4.00
",
    );
    assert_eq!(
        signs.batch.facts.net[..3],
        [913_400, 390_028, 100_000],
        "{:?}",
        signs.batch.rejected
    );
    assert_eq!(signs.batch.facts.net.last(), Some(&40_000));
    assert_eq!(
        signs.batch.rejected[0].reason,
        Reason::CurrencyUnclear {
            found: "$".to_owned(),
            to: "EUR".to_owned()
        }
    );
    let header = read(
        "order_id,customer_id,order_date,Amount (USD)\no1,c1,2024-01-05,100.00\no2,c1,2024-01-05,$5.00\n",
    );
    assert_eq!(header.batch.facts.net, [913_400, 45_670]);
    // The column goes before the sign, and the sign before the header.
    let both = read(
        "order_id,customer_id,order_date,Amount (USD),currency\no1,c1,2024-02-05,$33.33,GBP\no2,c1,2024-02-05,£33.33,\n",
    );
    assert_eq!(both.batch.facts.net, [390_028, 390_028]);
}

#[test]
fn the_day_is_that_of_the_shop() {
    let text = "order_id,customer_id,order_date,net,currency\no1,c1,2024-01-19T23:30:00Z,100,USD\n";
    let net = |zone: &str| {
        let options = ImportOptions {
            calendar: ShopCalendar::new(zone).unwrap(),
            ..options("date,from,to,rate\n2024-01-19,USD,EUR,0.9\n2024-01-20,USD,EUR,0.8\n")
        };
        read_with(text, &options).unwrap().batch.facts.net
    };
    assert_eq!(net("UTC"), [900_000]);
    assert_eq!(net("Asia/Shanghai"), [800_000]);
}

#[test]
fn a_row_without_a_rate_is_set_aside_with_what_mends_it() {
    let read = read(
        "order_id,customer_id,order_date,net,currency
o1,c1,2024-01-12,10,USD
o2,c1,2024-01-13,10,USD
o3,c1,2024-01-04,10,USD
o4,c1,2024-01-12,10,CHF
o5,c1,2024-01-12,10,monopoly money
",
    );
    assert_eq!(read.batch.facts.net[0], 91_340, "a rate of seven days ago");
    assert_eq!(read.batch.account.count(RowClass::Unreadable), 4);
    let expected = |from: &str, day: &str| {
        format!(
            "no rate of {from} in EUR for {day} or the 7 days before: add a line `{day},{from},EUR,…` to the file of `--rates`"
        )
    };
    let found = reasons(&read.batch);
    assert_eq!(
        found[..3],
        [
            (3, Some("currency"), "USD", expected("USD", "2024-01-13")),
            (4, Some("currency"), "USD", expected("USD", "2024-01-04")),
            (5, Some("currency"), "CHF", expected("CHF", "2024-01-12")),
        ]
    );
    assert!(found[3].3.starts_with("`MONOPOLY MONEY` may be one of"));
    let rows: Vec<(&str, ExchangedRows)> = read.batch.exchanged.by_currency().collect();
    assert_eq!((rows[1].1.converted, rows[1].1.without_rate), (1, 2));
}

#[test]
fn lists_are_converted_at_their_own_dates() {
    let refunds = read(
        "refund_id,order_id,customer_id,refund_date,amount,currency\nr1,o1,c1,2024-01-20,15.15,USD\nr2,o1,c1,2024-01-06,-15,USD\n",
    );
    // 15 × 0.9134 at the rate of the day before.
    assert_eq!(refunds.batch.facts.net, [139_183, 137_010]);
    let spend = read(
        "date,channel,campaign,amount_spent,currency\n2024-02-05,search,a,100.01,GBP\n2024-02-06,search,a,50,GBP\n2024-02-06,mail,b,7,EUR\n2024-06-01,mail,b,7,GBP\n",
    );
    assert_eq!(spend.batch.facts.net, [1_170_317, 585_100, 70_000]);
    assert_eq!(spend.batch.account.count(RowClass::Unreadable), 1);
    // A list of products has no dates.
    let products =
        read("product_id,title,category,price,stock\np1,Soap,bath,5.00,9\np2,Oil,bath,US$7,1\n");
    assert_eq!(numbers(&products.batch, Field::UnitPrice), [Some(50_000)]);
    let mend = "in USD, and without a date no rate is known: give it in EUR";
    assert_eq!(
        reasons(&products.batch),
        [(3, Some("price"), "US$7", mend.to_owned())]
    );
}

#[test]
fn an_amount_that_becomes_too_large_is_unreadable() {
    let read = read_with(
        "order_id,customer_id,order_date,net,shipping,currency\no1,c1,2024-01-05,900000000000,1,USD\no2,c1,2024-01-05,1,900000000000,USD\n",
        &options("date,from,to,rate\n2024-01-05,USD,EUR,2\n"),
    );
    let read = read.unwrap();
    assert_eq!(read.batch.rejected[0].reason, Reason::NumberTooLarge);
    // A detail is left out, and counted.
    let shipping = numbers(&read.batch, Field::Shipping);
    assert_eq!(shipping.last(), Some(&None));
    assert_eq!(read.batch.unread_details.fields().len(), 1);
}

#[test]
fn which_rates_were_used_is_known_again() {
    let text = "order_id,customer_id,order_date,net,currency\no1,c1,2024-01-12,10,USD\no2,c1,2024-01-05,10,USD\n";
    let used = |rates: &str, text: &str| read_with(text, &options(rates)).unwrap().batch.exchanged;
    let usual = used(RATES, text);
    // Rates of later days change nothing, in whatever order rows come.
    let longer = format!("{RATES}2024-05-01,USD,EUR,0.9\n");
    assert_eq!(used(&longer, text), usual);
    let turned = "order_id,customer_id,order_date,net,currency\no2,c1,2024-01-05,10,USD\no1,c1,2024-01-12,10,USD\n";
    assert_eq!(used(RATES, turned), usual);
    assert_ne!(used(&RATES.replace("0.9134", "0.9135"), text), usual);
}

const CURRENCIES: [&str; 5] = ["EUR", "USD", "gbp", "", "JPY"];

fn table() -> impl Strategy<Value = String> {
    let row = (0_usize..4, 0_usize..4, any::<u32>(), 0_usize..5);
    proptest::collection::vec(row, 1..30).prop_map(|rows| {
        let mut text = String::from(
            "order_id,customer_id,order_date,status,quantity,unit_price,discount_amount,shipping,refunded,currency\n",
        );
        for (order, day, draw, currency) in rows {
            let pick = |place: u32| usize::try_from(draw >> place & 3).unwrap();
            let quantity = ["1", "-2", "3", ""][pick(0)];
            let price = ["1.00", "0", "19.99", "2.12345"][pick(2)];
            let discount = ["", "0.5", "0", "-1"][pick(4)];
            let shipping = ["3", "x", "", "4.95"][pick(6)];
            let refunded = ["", "0.33", "0", "1"][pick(8)];
            let status = ["paid", "cancelled", "refunded", "paid"][pick(10)];
            let customer = ["c1", "c2", "", "c3"][pick(12)];
            let day = ["2024-05-01", "2024-05-02", "", "2024-05-07"][day];
            let currency = CURRENCIES[currency];
            text.push_str(&format!("o{order},{customer},{day},{status},{quantity},{price},{discount},{shipping},{refunded},{currency}\n"));
        }
        text
    })
}

/// Everything that rates may change, but for the name of the currency.
fn shown(batch: &RowBatch) -> String {
    let facts = &batch.facts;
    let details = facts.details.as_ref().unwrap();
    let details: Vec<(Field, &DetailValues)> = details
        .columns
        .iter()
        .filter(|column| column.field != Field::Currency)
        .map(|column| (column.field, &column.values))
        .collect();
    format!(
        "{:?}",
        (
            (&batch.account, &batch.rejected, &batch.unread_details),
            (&facts.net, &facts.at, &facts.kind, &facts.status),
            (&facts.quantity, &facts.row_hash, &facts.line),
            details,
        )
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn with_all_rates_one_nothing_changes(text in table()) {
        let ones = "date,from,to,rate\n2024-05-01,USD,EUR,1\n2024-05-01,GBP,EUR,1.0\n2024-05-01,JPY,EUR,1.00\n";
        let with = options(ones);
        let without = ImportOptions { exchange: None, ..options(ones) };
        match (read_with(&text, &with), read_with(&text, &without)) {
            (Ok(with), Ok(without)) => prop_assert_eq!(shown(&with.batch), shown(&without.batch)),
            (with, without) => prop_assert_eq!(format!("{:?}", with.err()), format!("{:?}", without.err())),
        }
    }
}
