//! Files that hold no orders: they are told apart, and nothing is suggested that would make orders of them.

use patron_core::Coded;
use patron_import::{Content, ImportError};

use crate::support::read_text;

fn content_of(text: &str) -> Content {
    match read_text(text).unwrap_err() {
        ImportError::OtherContent { holds, .. } => holds,
        other => panic!("{text}: {other}"),
    }
}

#[test]
fn each_kind_of_file_is_named_and_never_folded() {
    for (text, content) in [
        (
            "refund_id,order_id,customer_id,date,amount\nr1,o1,c1,2024-05-01,5\n",
            Content::Refunds,
        ),
        (
            "order_id,customer_id,refunded_at,amount\no1,c1,2024-05-01,5\n",
            Content::Refunds,
        ),
        (
            "退款编号,订单编号,买家会员名,退款时间,退款金额\n1,2,c,2024-05-01,5\n",
            Content::Refunds,
        ),
        (
            "customer_id,email,created_at,total_orders,total_spent\nc1,a@b.c,2024-05-01,3,99\n",
            Content::Customers,
        ),
        (
            "event,user_id,timestamp,value\nProduct Viewed,c1,2024-05-01,5\n",
            Content::Events,
        ),
        (
            "response_id,customer_id,answered_at,score,comment\n1,c1,2024-05-01,9,good\n",
            Content::Surveys,
        ),
        (
            "date,channel,amount_spent,currency\n2024-05-01,search,100,EUR\n",
            Content::Spend,
        ),
        ("date,campaign,cost\n2024-05-01,brand,100\n", Content::Spend),
        (
            "product_id,title,category,price,stock\np1,Soap,bath,5,9\n",
            Content::Products,
        ),
    ] {
        assert_eq!(content_of(text), content, "{text}");
        let error = read_text(text).unwrap_err();
        let hint = error.hint().unwrap();
        assert!(!hint.contains("--map"), "{hint}");
        assert_eq!(Content::from_key(content.key()), Some(content));
    }
}

#[test]
fn klaviyos_files_are_told_apart_by_their_presets() {
    for (columns, preset, content) in [
        (
            "Person//Email,Timestamp,$event_id,$value,Item",
            "klaviyo-events",
            Content::Events,
        ),
        (
            "Person//ID,Timestamp,$value",
            "klaviyo-events",
            Content::Events,
        ),
        (
            "email,phone_number,external_id,first_name,last_name,organization,locale,title",
            "klaviyo-profiles",
            Content::Customers,
        ),
    ] {
        let cells = ["a@b.c", "2024-05-01 10:00:00", "1", "2", "3", "4", "5", "6"];
        let row = cells[..columns.split(',').count()].join(",");
        match read_text(&format!("{columns}\n{row}\n")).unwrap_err() {
            ImportError::OtherContent {
                holds,
                preset: found,
                ..
            } => {
                assert_eq!((holds, found.as_deref()), (content, Some(preset)));
            }
            other => panic!("{columns}: {other}"),
        }
    }
}

#[test]
fn orders_with_a_column_of_refunds_or_scores_stay_orders() {
    for text in [
        "order_id,customer_id,order_date,amount,refund_date,refund_id\no1,c1,2024-05-01,5,,\n",
        "order_id,customer_id,order_date,amount,rating\no1,c1,2024-05-01,5,4\n",
        "order_id,customer_id,date,amount,total_orders\no1,c1,2024-05-01,5,4\n",
        "customer_id,date,amount,channel,cost\nc1,2024-05-01,5,web,2\n",
    ] {
        let read = read_text(text).unwrap();
        assert_eq!(read.batch.facts.net, [50_000], "{text}");
    }
}
