//! What is understood of files of the wild.

use std::io::Write as _;

use flate2::write::GzEncoder;
use patron_core::{OrderStatus, RowClass, RowFlag};
use patron_import::{
    AmountRule, Content, DateFormat, DecimalMark, Field, Grain, GrainRule, ImportError,
    ImportOptions, UNDATED,
};

use crate::support::{file, read, read_text, read_with};

fn net(text: &str) -> Vec<i64> {
    read_text(text).unwrap().batch.facts.net
}

#[test]
fn every_delimiter_mark_and_line_end_is_read_alike() {
    for delimiter in [",", ";", "\t", "|"] {
        for end in ["\n", "\r\n", "\r"] {
            for mark in ["", "\u{feff}"] {
                let text = format!("{mark}order_id,customer_id,ordered_at,net{end}o1,c1,2024-05-01,1.5{end}{end}o2,c2,2024-05-02,2{end}")
                    .replace(',', delimiter);
                assert_eq!(net(&text), [15_000, 20_000], "{text:?}");
            }
        }
    }
    assert_eq!(
        net("sep=;\norder_id;customer_id;ordered_at;net\no1;c1;2024-05-01;1,5\n"),
        [15_000]
    );
}

#[test]
fn headers_are_recognised_in_several_languages_and_spellings() {
    for header in [
        "CustomerID,InvoiceNo,InvoiceDate,Revenue",
        "Customer ID,Order Number,Order Date,Amount",
        "客户编号,订单编号,下单时间,实付金额",
        "客戶編號,訂單編號,訂單日期,實付金額",
        "buyer_id,transaction_id,date,total",
        "#1,order,created_at,subtotal",
        "Kundennummer,Bestellnummer,Bestelldatum,Umsatz",
        "Kunden-Nr.,Auftragsnummer,Datum,Gesamtbetrag",
        "ID client,Numéro de commande,Date de commande,Montant",
        "Client,N° de commande,Date d'achat,Montant total",
        "ID del cliente,Número de pedido,Fecha del pedido,Importe", // spelling: ignore
        "Cliente,Nº de pedido,Fecha,Importe total",                 // spelling: ignore
        "ID do cliente,Número do pedido,Data do pedido,Valor total", // spelling: ignore
        "Código do cliente,Pedido,Data,Valor",                      // spelling: ignore
        "顧客ID,注文番号,注文日時,合計金額",
        "会員番号,受注番号,受注日,売上金額",
        "客户编号,订单编号,下单时间,金额(元)",
        "Customer ID,Order ID,Date (UTC),Amount (EUR)",
        "Customer,Order,Date,Total [€]",
    ] {
        let header = header.replace("#1", "customer");
        let read = read_text(&format!("{header}\nc1,o1,2024-05-01,10\n")).unwrap();
        assert_eq!(read.understanding.columns.len(), 4, "{header}");
        assert_eq!(read.understanding.grain, GrainRule::OrdersUnlessRepeated);
        assert_eq!(read.batch.facts.customer.get(0), "c1");
    }
}

#[test]
fn a_header_says_the_currency_in_brackets() {
    let currency = |header: &str| {
        let read = read_text(&format!("customer_id,date,{header}\nc1,2024-05-01,10\n")).unwrap();
        let seen = read.understanding.currency_of(&read.batch.currencies);
        seen.unwrap()
    };
    assert_eq!(currency("Amount (EUR)").as_deref(), Some("EUR"));
    assert_eq!(currency("Amount (eur)").as_deref(), Some("EUR"));
    assert_eq!(currency("Total [£]").as_deref(), Some("GBP"));
    assert_eq!(currency("金额（RMB）").as_deref(), Some("CNY"));
    assert_eq!(currency("金额(元)"), None, "also the dollar of Taiwan");
    assert_eq!(currency("Amount ($)"), None);
    assert_eq!(currency("Amount (NET)"), None);
    // Rows that say otherwise are another currency.
    let read =
        read_text("customer_id,date,Amount (EUR)\nc1,2024-05-01,$10 \nc1,2024-05-02,10 USD\n");
    let read = read.unwrap();
    let error = read.understanding.currency_of(&read.batch.currencies);
    assert!(matches!(
        error,
        Err(ImportError::TwoCurrencies { first_line: 1, .. })
    ));
}

#[test]
fn the_word_alone_is_better_than_the_word_with_a_unit() {
    let read = read_text("customer_id,date,Amount (USD),Amount\nc1,2024-05-01,10,9\n").unwrap();
    assert_eq!(read.batch.facts.net, [90_000]);
    let error = read_text("customer_id,date,Amount (net),Amount (gross)\nc1,2024-05-01,10,9\n");
    assert!(matches!(error, Err(ImportError::AmbiguousColumn { .. })));
}

#[test]
fn statuses_are_known_in_the_languages_of_the_headers() {
    let text = |word: &str| {
        format!(
            "Kundennummer,Datum,Betrag,Status\nc1,2024-05-01,10,{word}\nc1,2024-05-02,10,paid\n"
        )
    };
    for (word, status) in [
        ("bezahlt", OrderStatus::Paid),
        ("Versendet", OrderStatus::Paid),
        ("offen", OrderStatus::Pending), // spelling: ignore
        ("teilweise erstattet", OrderStatus::Refunded),
        ("en attente", OrderStatus::Pending),
        ("remboursée", OrderStatus::Refunded),
        ("Pagado", OrderStatus::Paid),
        ("pendiente de pago", OrderStatus::Pending),
        ("concluído", OrderStatus::Paid),
        ("発送済み", OrderStatus::Paid),
        ("未入金", OrderStatus::Pending),
    ] {
        let read = read_text(&text(word)).unwrap();
        assert_eq!(read.batch.facts.status[0], status, "{word}");
        assert!(read.batch.unknown_statuses.is_empty(), "{word}");
    }
    for word in ["storniert", "annulée", "cancelado", "キャンセル"] {
        let read = read_text(&text(word)).unwrap();
        assert_eq!(
            read.batch.account.count(RowClass::CancelledOrder),
            1,
            "{word}"
        );
    }
}

#[test]
fn the_canonical_tables_are_recognised() {
    let orders = "order_id,customer_id,ordered_at,status,gross,discount,platform_discount,shipping,tax,net,refunded,currency,coupon_code,channel,source,store_id,account_id,subscription_id,payment_due_at,shipped_at,delivered_at,updated_at,email,phone,name,consent_email\n\
        o1,c1,2024-05-01T10:00:00+02:00,paid,12,2,0,4,1,10,0,EUR,,web,,,,,,2024-05-02T10:00:00+02:00,,,a@example.com,+1,Ann,true\n";
    let read = read_text(orders).unwrap();
    assert_eq!(read.understanding.grain, GrainRule::OrdersUnlessRepeated);
    assert_eq!(read.batch.facts.net, [100_000]);
    // 2024-05-01T08:00:00Z
    assert_eq!(read.batch.facts.at, [1_714_550_400_000_000]);
    let contact = read.batch.facts.contact.as_ref().unwrap();
    assert_eq!(
        (contact.name.get(0), contact.consent.get(0)),
        ("Ann", "true")
    );
    let used = &read.understanding.hashed_columns;
    assert_eq!(
        used,
        &[0, 1, 2, 3, 9, 10, 11, 21, 22, 23, 24, 25],
        "orders are hashed by the columns used"
    );

    let lines = "order_id,line,customer_id,ordered_at,product_id,category,quantity,unit_price,discount,unit_cost,is_gift_card\n\
        o1,1,c1,2024-05-01T10:00:00+00:00,p1,x,2,5.00,1.50,3,false\no1,2,c1,2024-05-01T10:00:00+00:00,p2,x,1,50.00,0,50,true\n";
    let read = read_text(lines).unwrap();
    assert_eq!(read.understanding.grain, GrainRule::Lines);
    assert_eq!(read.batch.facts.net, [85_000, 500_000]);
    assert_eq!(
        read.batch.account.count(RowClass::FeeLine),
        1,
        "a gift card is sold"
    );
    assert_eq!(read.understanding.hashed_columns.len(), 11);
}

#[test]
fn a_map_overrules_words_by_name_or_number() {
    let text = "customer_id,account,ordered_at,net,paid\na,b,2024-05-01,1,2\n";
    for (field, column, customer, amount) in [
        (Field::CustomerId, "account", "b", 10_000),
        (Field::CustomerId, "#2", "b", 10_000),
        (Field::CustomerId, "ACCOUNT", "b", 10_000),
        (Field::Amount, "paid", "a", 20_000),
    ] {
        let options = ImportOptions {
            mapping: vec![(field, column.into())],
            ..ImportOptions::default()
        };
        let facts = read_with(text, &options).unwrap().batch.facts;
        assert_eq!(
            (facts.customer.get(0), facts.net[0]),
            (customer, amount),
            "{column}"
        );
    }
}

#[test]
fn gross_less_discount_stands_in_for_net() {
    assert_eq!(
        net("customer_id,ordered_at,gross,discount\nc,2024-05-01,10,2.5\n"),
        [75_000]
    );
    assert_eq!(
        net("customer_id,ordered_at,gross,discount,net\nc,2024-05-01,10,2.5,7\n"),
        [70_000]
    );
    assert_eq!(
        net("customer_id,ordered_at,gross\nc,2024-05-01,10\n"),
        [100_000]
    );
}

#[test]
fn an_order_total_beside_quantity_and_price_is_not_the_lines_amount() {
    let text =
        "order_id,customer_id,ordered_at,quantity,unit_price,order_total\no,c,2024-05-01,2,3,99\n";
    let read = read_text(text).unwrap();
    assert_eq!(read.batch.facts.net, [60_000]);
    assert!(
        read.understanding
            .notes
            .iter()
            .any(|note| note.key == "amount_of_the_order")
    );
    let line_amount = text.replace("order_total", "line_total");
    let read = read_text(&line_amount).unwrap();
    assert_eq!(read.batch.facts.net, [990_000]);
    assert!(matches!(read.understanding.amount, AmountRule::Column(_)));
}

#[test]
fn grain_follows_columns_and_options() {
    let with = |text: &str, grain| {
        let options = ImportOptions {
            grain,
            ..ImportOptions::default()
        };
        read_with(text, &options).unwrap().understanding.grain
    };
    let lines = "order_id,customer_id,ordered_at,quantity,unit_price\no,c,2024-05-01,2,3\n";
    let orders = "order_id,customer_id,ordered_at,net\no,c,2024-05-01,2\n";
    let anonymous = "customer_id,ordered_at,net\nc,2024-05-01,2\n";
    assert_eq!(with(lines, None), GrainRule::Lines);
    assert_eq!(with(lines, Some(Grain::Order)), GrainRule::Orders);
    assert_eq!(with(orders, None), GrainRule::OrdersUnlessRepeated);
    assert_eq!(with(orders, Some(Grain::Line)), GrainRule::Lines);
    assert_eq!(with(anonymous, None), GrainRule::EachRowIsAnOrder);
    assert_eq!(
        with(anonymous, Some(Grain::Line)),
        GrainRule::EachRowIsAnOrder
    );
}

#[test]
fn the_order_of_day_and_month_is_settled_for_the_whole_column() {
    let text = |dates: &[&str]| {
        let rows: String = dates.iter().map(|date| format!("c,{date},1\n")).collect();
        format!("customer_id,date,net\n{rows}")
    };
    for (dates, format) in [
        (["01/02/2024", "13/02/2024"], DateFormat::DayMonthYear),
        (["02/01/2024", "02/13/2024"], DateFormat::MonthDayYear),
        (["1.2.24 8:26", "31.2.24 9:00"], DateFormat::DayMonthYear),
        (["2024/02/01", "2024/02/13"], DateFormat::YearMonthDay),
        (["20240201", "20240213"], DateFormat::YearMonthDay),
        (["Feb 1, 2024", "Feb 13, 2024"], DateFormat::MonthName),
    ] {
        let dates = dates.map(|date| date.replace("31.2.", "13.2.").replace(", ", " "));
        let read = read_text(&text(&[&dates[0], &dates[1]])).unwrap();
        assert_eq!(read.understanding.date_format, format, "{dates:?}");
        let day = |index: usize| read.batch.facts.at[index].div_euclid(86_400_000_000);
        // 2024-02-01 and twelve days later.
        assert_eq!((day(0), day(1)), (19_754, 19_766), "{dates:?}");
    }
}

#[test]
fn a_date_that_does_not_fit_the_columns_form_is_never_guessed() {
    let mut text = String::from("customer_id,date,net\n");
    for day in 1..=28 {
        text.push_str(&format!("c,{day}/1/2024,1\n"));
    }
    text.push_str("c,1/15/2024,1\n");
    let read = read_text(&text).unwrap();
    assert_eq!(read.understanding.date_format, DateFormat::DayMonthYear);
    assert_eq!(read.batch.account.count(RowClass::Unreadable), 1);
    assert_eq!(read.batch.rejected[0].line, 30);
}

/// Rows of which none says whether the day or the month comes first; the cell after the date has a line break, so that
/// rows are not lines.
fn undecided(rows: usize) -> String {
    let mut text = "customer_id,date,net,memo\n".to_owned();
    for row in 0..rows {
        let (day, month) = (1 + row % 12, 1 + row / 12 % 12);
        text.push_str(&format!("c{row},{day:02}/{month:02}/2024,1,\"a\nb\"\n"));
    }
    text
}

#[test]
fn day_or_month_first_is_settled_from_the_whole_file() {
    let options = ImportOptions::default();
    let open = undecided(11_000);
    let with = |more: &str| {
        let file = file((open.clone() + more).as_bytes());
        read(file.path(), &options)
    };
    let read_of = with("d,25/03/2024,1,\nd,01/02/2024,1,\n").unwrap();
    assert_eq!(read_of.understanding.date_format, DateFormat::DayMonthYear);
    assert_eq!(read_of.batch.account.count(RowClass::OrderLine), 11_002);
    // 2024-02-01.
    assert_eq!(read_of.batch.facts.at.last(), Some(&1_706_745_600_000_000));
    let read_of = with("d,03/25/2024,1,\n").unwrap();
    assert_eq!(read_of.understanding.date_format, DateFormat::MonthDayYear);
    // Both, far behind the first rows: each with its line.
    let error = with("d,25/03/2024,1,\nd,03/04/2024,1,\nd,04/26/2024,1,\n").unwrap_err();
    let (line, message) = (1 + 2 * 11_000, error.to_string());
    for words in [
        format!("`25/03/2024` on line {} starts with the day", line + 1),
        format!("`04/26/2024` on line {} with the month", line + 3),
    ] {
        assert!(message.contains(&words), "{message}");
    }
    assert!(matches!(with(""), Err(ImportError::AmbiguousDates { .. })));
    // Compressed, and of a list.
    let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all((open.clone() + "d,25/03/2024,1,\n").as_bytes())
        .unwrap();
    let packed = file(&gzip.finish().unwrap());
    let read_of = read(packed.path(), &options).unwrap();
    assert_eq!(read_of.understanding.date_format, DateFormat::DayMonthYear);
    let refunds = open.replace("date,net", "refund_date,refund_amount");
    let lists = ImportOptions {
        lists: true,
        ..options.clone()
    };
    let list = file((refunds + "d,03/25/2024,1,\n").as_bytes());
    let read_of = read(list.path(), &lists).unwrap();
    assert_eq!(read_of.understanding.holds, Content::Refunds);
    assert_eq!(read_of.understanding.date_format, DateFormat::MonthDayYear);
}

#[test]
fn a_date_the_other_way_round_is_set_aside_with_its_line_and_what_it_is() {
    let read = read_text("customer_id,date,net\nc,25/03/2024,1\nc,26/03/2024,1\nc,27/03/2024,1\nc,1/2/2024,1\n\
                          c,28/03/2024,1\nc,29/03/2024,1\nc,30/03/2024,1\nc,13/03/2024,1\nc,14/03/2024,1\nc,15/03/2024,1\nc,03/25/2024,1\nc,soon,1\n")
    .unwrap();
    let found: Vec<(u64, &str, &str)> = read
        .batch
        .rejected
        .iter()
        .map(|row| (row.line, row.value.as_str(), row.reason.key()))
        .collect();
    assert_eq!(
        found,
        [
            (12, "03/25/2024", "date_other_way_round"),
            (13, "soon", "date_not_understood")
        ]
    );
}

#[test]
fn a_word_among_times_of_change_does_not_make_the_others_unread() {
    let read = read_text(
        "order_id,customer_id,ordered_at,net,updated_at\n\
         1,c,25.01.2024,5,03/04/2024\n2,c,26.01.2024,5,soon\n",
    );
    let read = read.unwrap();
    let notes = &mut read.understanding.notes.iter();
    assert!(notes.all(|note| note.key != "changes_not_read"));
    // The third of April, as the file has its dates.
    let april = 1_712_102_400_000_000;
    let times = read.batch.facts.updated_at.unwrap();
    assert_eq!(times, [april, UNDATED]);
    let unread = read.batch.unread_details.fields();
    assert_eq!((unread[0].count, unread[0].first_line), (1, 3));
}

#[test]
fn columns_that_are_nothing_known_are_told_where_things_are_kept() {
    let text =
        "Order;Kunde;Datum;Betrag;Zuletzt geändert;Mondphase\n1;c;31.01.2024;5;2024-02-01;voll\n";
    let not_kept = |with_details| {
        let options = ImportOptions {
            with_details,
            ..ImportOptions::default()
        };
        let read = read_with(text, &options).unwrap();
        assert!(read.batch.facts.updated_at.is_some(), "in German, too");
        let notes = read.understanding.notes.iter();
        let of_key = notes.filter(|note| note.key == "columns_not_kept");
        of_key.map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(not_kept(true), ["columns that are not kept: `Mondphase`"]);
    assert_eq!(not_kept(false), [""; 0]);
}

#[test]
fn ambiguous_and_mixed_dates_ask() {
    let error = read_text("customer_id,date,net\nc,1/2/2024,1\n").unwrap_err();
    assert!(
        matches!(error, ImportError::AmbiguousDates { ref example, .. } if example == "1/2/2024")
    );
    let error = read_text("customer_id,date,net\nc,13/2/2024,1\nc,2/13/2024,1\n").unwrap_err();
    let lines = matches!(&error, ImportError::MixedDates { day_first, month_first, .. }
        if (day_first.line, month_first.line) == (2, 3));
    assert!(lines, "{error}");
    let options = ImportOptions {
        date_format: Some(DateFormat::DayMonthYear),
        ..ImportOptions::default()
    };
    let read = read_with("customer_id,date,net\nc,1/2/2024,1\n", &options).unwrap();
    assert_eq!(read.batch.facts.at, [19_754 * 86_400_000_000]);
}

#[test]
fn the_decimal_mark_is_settled_for_the_whole_file() {
    let file = |first: &str, second: &str| {
        format!("customer_id;date;net\nc;2024-05-01;{first}\nc;2024-05-02;{second}\n")
    };
    assert_eq!(net(&file("1.234,50", "12")), [12_345_000, 120_000]);
    assert_eq!(net(&file("1,234.50", "1,234")), [12_345_000, 12_340_000]);
    assert_eq!(net(&file("1.234", "1,5")), [12_340_000, 15_000]);
    let read = read_text(&file("1,234", "(5)")).unwrap();
    assert_eq!(read.batch.facts.net, [12_340_000, 50_000]);
    assert!(read.understanding.decimal_mark_guessed);
    assert_eq!(read.batch.account.flagged(RowFlag::Guessed), 1);
    assert!(
        read.understanding
            .notes
            .iter()
            .any(|note| note.key == "decimal_mark_guessed")
    );
    let error = read_text(&file("1,5", "1.5")).unwrap_err();
    assert!(matches!(error, ImportError::MixedDecimalMarks { .. }));
    let options = ImportOptions {
        decimal_mark: Some(DecimalMark::Comma),
        ..ImportOptions::default()
    };
    let read = read_with(&file("1,234", "1.5"), &options).unwrap();
    assert_eq!(read.batch.facts.net[0], 12_340);
    assert_eq!(read.batch.account.count(RowClass::Unreadable), 1);
}

#[test]
fn currencies_are_seen_with_their_first_lines() {
    let text = "customer_id,date,net,currency\nc,2024-05-01,1,eur\nc,2024-05-02,1,EUR\nc,2024-05-03,1,USD\n";
    let read = read_text(text).unwrap();
    let error = read
        .understanding
        .currency_of(&read.batch.currencies)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` has two currencies: EUR in line 2 and USD in line 4",
            read.understanding.file
        )
    );
    let read =
        read_text("customer_id,date,net,currency\nc,2024-05-01,1,€\nc,2024-05-02,1,eur\n").unwrap();
    let currency = read
        .understanding
        .currency_of(&read.batch.currencies)
        .unwrap();
    assert_eq!(currency.as_deref(), Some("EUR"));
    let read = read_text("customer_id,date,net\nc,2024-05-01,€1\nc,2024-05-02,2\n").unwrap();
    let currency = read
        .understanding
        .currency_of(&read.batch.currencies)
        .unwrap();
    assert_eq!(currency.as_deref(), Some("EUR"));
    let options = ImportOptions {
        currency: Some("USD".into()),
        ..ImportOptions::default()
    };
    let read = read_with("customer_id,date,net\nc,2024-05-01,€1\n", &options).unwrap();
    let error = read
        .understanding
        .currency_of(&read.batch.currencies)
        .unwrap_err();
    assert!(
        matches!(error, ImportError::OtherCurrency { line: 2, .. }),
        "{error}"
    );
    let read = read_with("customer_id,date,net\nc,2024-05-01,$1\n", &options).unwrap();
    let currency = read
        .understanding
        .currency_of(&read.batch.currencies)
        .unwrap();
    assert_eq!(currency.as_deref(), Some("USD"));
}

#[test]
fn customers_without_an_id_are_told_apart_by_e_mail() {
    let read =
        read_text("email,date,net\nAnn@Example.com ,2024-05-01,1\nann@example.com,2024-05-02,1\n")
            .unwrap();
    let facts = &read.batch.facts;
    assert_eq!(facts.customer.get(0), facts.customer.get(1));
    assert_eq!(
        facts.contact.as_ref().unwrap().email.get(0),
        "Ann@Example.com"
    );
    assert!(
        read.understanding
            .notes
            .iter()
            .any(|note| note.key == "customer_is_email")
    );
}

#[test]
fn bytes_that_are_not_utf8_harm_only_where_they_are_used() {
    let broken = b"order_id,customer_id,ordered_at,net,city,name\no1,c1,2024-05-01,1,K\xf6ln,\no2,c\xe9,2024-05-01,1,,\no3,c3,2024-05-01,1,,Jos\xe9\n";
    // Enough of it is UTF-8 that the file as a whole is.
    let whole = "o4,c4,2024-05-01,1,Århus,Zoë Ångström-Müller-Łódź-Gößmann-Ñuñez-Ævarsson-Öztürk\n";
    let text = [&broken[..], whole.as_bytes()].concat();
    let read = read(file(&text).path(), &ImportOptions::default()).unwrap();
    assert_eq!(read.batch.account.count(RowClass::OrderLine), 3);
    let rejected = &read.batch.rejected[0];
    assert_eq!(
        (rejected.line, rejected.column.as_deref()),
        (3, Some("customer_id"))
    );
    assert!(
        rejected.reason.to_string().contains("0xe9"),
        "{}",
        rejected.reason
    );
    assert!(
        rejected.reason.to_string().contains("UTF-8"),
        "{}",
        rejected.reason
    );
    let facts = &read.batch.facts;
    assert_eq!(facts.contact.as_ref().unwrap().name.get(1), "Jos\u{fffd}");
    assert_eq!(read.batch.account.flagged(RowFlag::Guessed), 1);
}
