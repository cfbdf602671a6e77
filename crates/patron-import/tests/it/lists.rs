//! Lists beside the orders: what their columns are, what a row says, and in which class it ends.

use patron_core::{Coded, RowClass};
use patron_import::{Content, DetailValues, Field, ImportError, ImportOptions, Reason, RowKind};

use crate::support::{Read, read_with};

fn options() -> ImportOptions {
    ImportOptions {
        lists: true,
        with_details: true,
        ..ImportOptions::default()
    }
}

#[track_caller]
fn list(text: &str) -> Read {
    read_with(text, &options()).unwrap()
}

/// A detail of an entry as text; numbers in ten-thousandths, times in µs.
fn detail(read: &Read, field: Field, row: usize) -> String {
    match read.batch.facts.details.as_ref().unwrap().of(field) {
        Some(DetailValues::Text(texts)) => texts.get(row).to_owned(),
        Some(DetailValues::Number(numbers)) => numbers[row].to_string(),
        Some(DetailValues::Instant(instants)) => instants[row].to_string(),
        None => "no such column".to_owned(),
    }
}

/// Entry by entry: kind, customer, what it names, amount in ten-thousandths.
fn entries(read: &Read) -> Vec<(RowKind, String, String, i64)> {
    let facts = &read.batch.facts;
    (0..facts.len())
        .map(|row| {
            (
                facts.kind[row],
                facts.customer.get(row).to_owned(),
                facts.order_id.get(row).to_owned(),
                facts.net[row],
            )
        })
        .collect()
}

fn entry(kind: RowKind, customer: &str, named: &str, net: i64) -> (RowKind, String, String, i64) {
    (kind, customer.to_owned(), named.to_owned(), net)
}

#[test]
fn shopifys_customers_are_read_by_their_preset() {
    let read = list(
        "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,Default Address City,Default Address Zip,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,Tags\n\
         '7210448301122,Ann,Lee,Ann@Example.com,yes,Tea Ltd,Berlin,'01067,'+4930123,no,99.50,3,likes tea,no,\"vip, b2b\"\n",
    );
    assert_eq!(read.understanding.holds, Content::Customers);
    let preset = read.understanding.preset.as_ref().unwrap();
    assert_eq!(preset.name, "shopify-customers");
    assert_eq!(
        entries(&read),
        [entry(RowKind::Person, "ann@example.com", "", 0)]
    );
    let contact = read.batch.facts.contact.as_ref().unwrap();
    assert_eq!(contact.email.get(0), "Ann@Example.com");
    assert_eq!(contact.phone.get(0), "+4930123");
    assert_eq!(contact.name.get(0), "Ann Lee");
    assert_eq!(contact.consent.get(0), "yes");
    for (field, expected) in [
        (Field::ConsentSms, "no"),
        (Field::Company, "Tea Ltd"),
        (Field::City, "Berlin"),
        (Field::PostalCode, "01067"),
        (Field::Tags, "vip, b2b"),
        (
            Field::Attributes,
            r#"{"Customer ID":"7210448301122","Note":"likes tea","Tax Exempt":"no","Total Orders":"3","Total Spent":"99.50"}"#,
        ),
    ] {
        assert_eq!(detail(&read, field, 0), expected, "{field}");
    }
}

#[test]
fn each_kind_of_list_is_read() {
    for (text, holds, expected) in [
        (
            "customer_id,email,created_at,total_orders\nc1,a@b.c,2024-05-01,3\n",
            Content::Customers,
            entry(RowKind::Person, "c1", "", 0),
        ),
        (
            "email,name,birthday\nA@b.c,Ann,1990-01-02\n",
            Content::Customers,
            entry(RowKind::Person, "a@b.c", "", 0),
        ),
        (
            "会员编号,姓名,手机,生日\n88,王芳,13800138000,1990-01-02\n",
            Content::Customers,
            entry(RowKind::Person, "88", "", 0),
        ),
        (
            "手机,姓名,生日\n138 0013 8000,王芳,1990-01-02\n",
            Content::Customers,
            entry(RowKind::Person, "+8613800138000", "", 0),
        ),
        (
            "refund_id,order_id,customer_id,date,amount\nr1,o1,c1,2024-05-01,-5.25\n",
            Content::Refunds,
            entry(RowKind::Refund, "c1", "o1", 52_500),
        ),
        (
            "退款编号,订单编号,买家会员名,退款时间,退款金额\n1,2,c,2024-05-01,5\n",
            Content::Refunds,
            entry(RowKind::Refund, "c", "2", 50_000),
        ),
        (
            "product_id,title,category,price,stock\np1,Soap,bath,5,9\n",
            Content::Products,
            entry(RowKind::Product, "", "p1", 0),
        ),
        (
            "event,user_id,timestamp,value\nProduct Viewed,c1,2024-05-01,5\n",
            Content::Events,
            entry(RowKind::Event, "c1", "", 0),
        ),
        (
            "event,anonymous_id,timestamp\nProduct Viewed,v1,2024-05-01\n",
            Content::Events,
            entry(RowKind::Event, "", "", 0),
        ),
        (
            "response_id,customer_id,answered_at,score,comment\n1,c1,2024-05-01,9,good\n",
            Content::Surveys,
            entry(RowKind::Answer, "c1", "", 0),
        ),
        (
            "date,channel,amount_spent,currency\n2024-05-01,search,100,EUR\n",
            Content::Spend,
            entry(RowKind::Spend, "", "search", 1_000_000),
        ),
        (
            "日期,渠道,花费\n2024-05-01,直通车,100\n",
            Content::Spend,
            entry(RowKind::Spend, "", "直通车", 1_000_000),
        ),
    ] {
        let read = list(text);
        assert_eq!(read.understanding.holds, holds, "{text}");
        assert_eq!(entries(&read), [expected], "{text}");
        let class = if holds == Content::Refunds {
            RowClass::Refund
        } else {
            RowClass::Listed
        };
        assert_eq!(read.batch.account.count(class), 1, "{text}");
    }
}

#[test]
fn klaviyos_events_and_olists_reviews_are_read_by_their_presets() {
    let read = list(
        "Person//Email,Timestamp,$event_id,$value,Item\nA@b.c,2024-05-01 10:00:00,e1,9.5,Soap\n",
    );
    assert_eq!(entries(&read), [entry(RowKind::Event, "a@b.c", "", 0)]);
    assert_eq!(detail(&read, Field::EventId, 0), "e1");
    assert_eq!(
        detail(&read, Field::Properties, 0),
        r#"{"$value":"9.5","Item":"Soap"}"#
    );
    let read = list(
        "review_id,order_id,review_score,review_comment_title,review_comment_message,review_creation_date,review_answer_timestamp\n\
         r1,o1,4,,ok,2018-01-18 00:00:00,2018-01-18 21:46:59\n",
    );
    assert_eq!(entries(&read), [entry(RowKind::Answer, "", "o1", 0)]);
    assert_eq!(detail(&read, Field::Score, 0), "40000");
    // 2018-01-18 21:46:59 by `date -u -d ... +%s`.
    assert_eq!(read.batch.facts.at, [1_516_312_019_000_000]);
}

#[test]
fn rows_that_say_too_little_are_set_aside_with_the_reason() {
    for (text, class, reason) in [
        (
            "customer_id,email,total_orders\n,,3\n",
            RowClass::MissingCustomer,
            Reason::NoCustomer,
        ),
        (
            "customer_id,email,total_orders\nt**8,,3\n",
            RowClass::MissingCustomer,
            Reason::MaskedCustomer,
        ),
        (
            "customer_id,total_orders\n1.03293E+19,3\n",
            RowClass::Unreadable,
            Reason::IdShortened,
        ),
        (
            "refund_id,order_id,customer_id,date,amount\nr0,o0,c0,2024-05-01,1\nr1,o1,c1,2024-05-01,\n",
            RowClass::Unreadable,
            Reason::NumberMissing,
        ),
        (
            "event,user_id,timestamp\nView,c1,2024-05-01\nView,c1,\n",
            RowClass::Unreadable,
            Reason::DateMissing,
        ),
        (
            "event,user_id,timestamp\nView,c1,2024-05-01\nView,,2024-05-01\n",
            RowClass::MissingCustomer,
            Reason::NoCustomer,
        ),
        (
            "product_id,title,category,price\n,Soap,bath,5\n",
            RowClass::Unreadable,
            Reason::IdMissing,
        ),
        (
            "date,channel,amount_spent\n2024-05-01,search,9\nTotal,,9\n",
            RowClass::RepeatedHeaderOrTotal,
            Reason::Total,
        ),
    ] {
        let read = list(text);
        assert_eq!(read.batch.account.count(class), 1, "{text}");
        assert_eq!(read.batch.rejected.len(), 1, "{text}");
        assert_eq!(read.batch.rejected[0].reason, reason, "{text}");
        assert_eq!(
            read.batch.account.rows_in,
            read.batch.facts.len() as u64 + 1,
            "{text}"
        );
    }
}

#[test]
fn orders_with_a_birthday_or_a_day_of_refund_stay_orders() {
    for text in [
        "order_id,customer_id,date,amount,refund_date,refunded\no1,c1,2024-05-01,5,,\n",
        "order_id,customer_id,created_at,amount,refund_id\no1,c1,2024-05-01,5,\n",
        "订单编号,买家会员名,订单付款时间,买家实际支付金额,退款时间,退款金额\n1,c,2024-05-01,5,,\n",
        "Bestellnummer;Kundennummer;Datum;Betrag;Erstattungsdatum\n1;c;2024-05-01;5;\n",
        "customer_id,date,amount,birthday\nc1,2024-05-01,5,1990-01-02\n",
        "customer_id,date,amount,order_count\nc1,2024-05-01,5,3\n",
    ] {
        let read = list(text);
        assert_eq!(read.understanding.holds, Content::Orders, "{text}");
        assert_eq!(read.batch.facts.net, [50_000], "{text}");
    }
}

#[test]
fn people_and_where_they_are_reached_are_a_list_of_customers() {
    for text in [
        "id,email,name\nc1,a@b.c,Ann\n",
        "Email,First Name,Last Name,Accepts Marketing\na@b.c,Ann,Lee,yes\n",
        "Kundennummer;E-Mail;Vorname;Nachname;Ort\nc1;a@b.c;Ann;Lee;Ulm\n",
        "客户编号,姓名,手机号\nc1,王,13800138000\n",
        "customer_id,phone,created_at\nc1,+49301234567,2024-05-01\n",
    ] {
        let read = list(text);
        assert_eq!(read.understanding.holds, Content::Customers, "{text}");
        assert_eq!(read.batch.account.count(RowClass::Listed), 1, "{text}");
    }
    // Days and money under names that nobody knows may be orders: the user is asked.
    let text = "customer_id,email,moment,worth\nc1,a@b.c,2024-05-01,12.50\n";
    let error = read_with(text, &options()).unwrap_err();
    assert_eq!(error.key(), "columns_missing", "{error}");
}

#[test]
fn totals_and_headers_are_no_customers_and_no_products() {
    for text in [
        "customer_id,email,total_orders\nc1,a@b.c,3\nTotal,,3\ncustomer_id,email,total_orders\n",
        "product_id,title,price\np1,Soap,3\n合计,,3\nproduct_id,title,price\n",
    ] {
        let read = list(text);
        let class = RowClass::RepeatedHeaderOrTotal;
        assert_eq!(read.batch.account.count(class), 2, "{text}");
        assert_eq!(read.batch.facts.len(), 1, "{text}");
    }
}

#[test]
fn an_excluded_customers_entries_are_set_aside() {
    let mut options = options();
    options.exclude.customers.insert("staff".to_owned());
    let text = "customer_id,email,total_orders\nstaff,s@x.y,3\nc1,a@b.c,1\n";
    let read = read_with(text, &options).unwrap();
    assert_eq!(read.batch.account.count(RowClass::TestOrVoid), 1);
    assert_eq!(entries(&read), [entry(RowKind::Person, "c1", "", 0)]);
}

#[test]
fn a_list_without_what_it_needs_is_refused_with_the_columns_it_has() {
    let error = read_with("refund_id,note\nr1,x\n", &options()).unwrap_err();
    assert_eq!(error.key(), "missing_of_list");
    let said = error.to_string();
    assert!(
        said.contains(
            "no column is recognised as `customer_id` or `email` or `order_id`, nor as `refunded_at`, nor as `refunded` or `net`"
        ),
        "{said}"
    );
    assert!(error.hint().unwrap().contains("--map field=COLUMN"));
}

#[test]
fn spend_that_is_repeated_for_each_attribution_window_is_refused() {
    let header = "date,channel,campaign,spend,attribution_window\n";
    let repeated = format!("{header}2024-05-01,fb,a,9,1d_view\n2024-05-01,fb,a,9,7d_click\n");
    match read_with(&repeated, &options()).unwrap_err() {
        ImportError::SpendRepeated { column, .. } => assert_eq!(column, "attribution_window"),
        other => panic!("{other}"),
    }
    let once = format!("{header}2024-05-01,fb,a,9,7d_click\n2024-05-02,fb,a,9,7d_click\n");
    assert_eq!(entries(&list(&once)).len(), 2);
}

#[test]
fn what_a_file_holds_can_be_said() {
    let text = "id,who,when,what\ne1,c1,2024-05-01,opened\n";
    let said = ImportOptions {
        preset: Some("events".to_owned()),
        mapping: vec![
            (Field::CustomerId, "who".to_owned()),
            (Field::OccurredAt, "when".to_owned()),
            (Field::Kind, "what".to_owned()),
        ],
        ..options()
    };
    let read = read_with(text, &said).unwrap();
    assert_eq!(entries(&read), [entry(RowKind::Event, "c1", "", 0)]);
    assert_eq!(detail(&read, Field::Kind, 0), "opened");
    assert_eq!(detail(&read, Field::EventId, 0), "e1");
}

#[test]
fn without_lists_such_files_are_refused_as_before() {
    let text = "customer_id,email,total_orders\nc1,a@b.c,3\n";
    let error = read_with(text, &ImportOptions::default()).unwrap_err();
    assert_eq!(error.key(), "other_content");
}

/// Line by line: class, column and reason of what was set aside.
fn aside(read: &Read) -> Vec<(u64, RowClass, &str, &str)> {
    let rows = read.batch.rejected.iter();
    rows.map(|row| {
        let column = row.column.as_deref().unwrap_or_default();
        (row.line, row.class, column, row.reason.key())
    })
    .collect()
}

/// The refunds that were given.
fn given(read: &Read) -> impl Iterator<Item = (RowKind, String, String, i64)> {
    let entries = entries(read).into_iter();
    entries.filter(|entry| entry.0 == RowKind::Refund)
}

#[test]
fn only_refunds_that_were_given_count() {
    let read = list(
        "refund_id,order_id,refund_date,amount,status\n\
         r1,o1,2024-01-05,10,Refunded\nr2,o1,2024-01-05,20,pending\nr3,o1,2024-01-05,30,Rejected\nr4,o1,2024-01-05,40,\n\
         r5,o1,2024-01-05,50,success\nr6,o1,2024-01-05,60,退款关闭\nr7,o1,2024-01-05,70,退款成功\nr8,o1,2024-01-05,80,退款中\n\
         r9,o1,2024-01-05,90,approved\nr10,o1,2024-01-05,1,abgelehnt\nr11,o1,2024-01-05,2,test\nr12,o1,2024-01-05,3,moon\n",
    );
    let amounts: Vec<i64> = given(&read).map(|entry| entry.3 / 10_000).collect();
    assert_eq!(amounts, [10, 40, 50, 70, 3]);
    // The others take the place of what an older file may say of them.
    let withdrawn = entries(&read);
    let withdrawn = withdrawn
        .iter()
        .filter(|entry| entry.0 == RowKind::Withdrawn);
    assert_eq!(withdrawn.count(), 7);
    let cancelled = RowClass::CancelledOrder;
    assert_eq!(
        aside(&read),
        [
            (3, cancelled, "status", "refund_pending"),
            (4, cancelled, "status", "refund_refused"),
            (7, cancelled, "status", "refund_refused"),
            (9, cancelled, "status", "refund_pending"),
            (10, cancelled, "status", "refund_pending"),
            (11, cancelled, "status", "refund_refused"),
            (12, RowClass::TestOrVoid, "status", "test_order"),
        ]
    );
    let account = &read.batch.account;
    assert_eq!(account.rows_in, 12);
    assert_eq!(account.count(RowClass::Refund), 5);
    assert_eq!(account.count(cancelled), 6);
    // What nobody knows counts, as with orders, and is listed.
    assert_eq!(read.batch.unknown_statuses, [("moon".to_owned(), 1)]);
    // The status of the order beside it says nothing of the refund, and the state of an address is none.
    for (text, rows) in [
        (
            "refund_id,order_id,refund_date,amount,order_status,退款状态\nr1,o1,2024-01-05,10,cancelled,退款成功\nr2,o1,2024-01-05,20,paid,退款关闭\n",
            1,
        ),
        (
            "refund_id,order_id,refund_date,amount,state\nr1,o1,2024-01-05,10,Bayern\nr2,o1,2024-01-05,20,Hessen\n",
            2,
        ),
    ] {
        assert_eq!(given(&list(text)).count(), rows, "{text}");
    }
    // What is kept of orders brings no refund back that was refused.
    let mut keeping = options();
    keeping.keep.cancelled = true;
    let text =
        "refund_id,order_id,refund_date,amount,refund_status\nr1,o1,2024-01-05,10,rejected\n";
    assert_eq!(given(&read_with(text, &keeping).unwrap()).count(), 0);
    // Without an id nothing can be taken back.
    let text = "order_id,refund_date,amount,refund_status\no1,2024-01-05,10,rejected\n";
    assert_eq!(list(text).batch.facts.len(), 0);
    // The shop's own words go first.
    let mut own = options();
    own.status_words = vec![("moon".to_owned(), patron_core::OrderStatus::Cancelled)];
    let text = "refund_id,order_id,refund_date,amount,state\nr1,o1,2024-01-05,10,Moon\n";
    assert_eq!(aside(&read_with(text, &own).unwrap()).len(), 1);
}

#[test]
fn an_answer_with_nothing_in_it_is_set_aside() {
    let read = list(
        "response_id,customer_id,answered_at,score,comment\n\
         s1,c1,2024-05-01,9,\ns2,c1,2024-05-01,,good\ns3,c1,2024-05-01,,\ns4,c1,2024-05-01,many,\ns5,c1,2024-05-01,many,thanks\ns6,c1,2024-05-01,0,\n",
    );
    assert_eq!(
        aside(&read),
        [
            (4, RowClass::Unreadable, "score", "empty_answer"),
            (5, RowClass::Unreadable, "score", "not_a_number"),
        ]
    );
    assert_eq!(read.batch.account.count(RowClass::Listed), 4);
    let mut said = options();
    said.preset = Some("surveys".to_owned());
    let only =
        "response_id,customer_id,answered_at,comment\ns1,c1,2024-05-01,\ns2,c1,2024-05-01,ok\n";
    let only = read_with(only, &said).unwrap();
    assert_eq!(
        aside(&only),
        [(2, RowClass::Unreadable, "comment", "empty_answer")]
    );
}
