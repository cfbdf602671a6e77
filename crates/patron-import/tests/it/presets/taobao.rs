//! Taobao, Tmall and Qianniu: exports of sold orders.

use patron_core::{Coded, OrderStatus, RowClass};
use patron_import::{Field, ImportOptions, RowKind, UNDATED};

use super::{Export, MAY_1, PAID, fact, preset, said};
use crate::support::{file, read, read_with};

const COLUMNS: &str = "订单编号,买家会员名,买家支付宝账号,买家应付货款,买家应付邮费,买家支付积分,总金额,返点积分,买家实际支付金额,买家实际支付积分,订单状态,买家留言,收货人姓名,收货地址 ,运送方式,联系电话,联系手机,订单创建时间,订单付款时间,宝贝标题,宝贝种类,物流单号,物流公司,订单备注,宝贝总数量,店铺Id,店铺名称,订单关闭原因";

pub(crate) fn export() -> Export {
    let row = |id, buyer, paid, status, mobile, landline| {
        [
            ("订单编号", id),
            ("买家会员名", buyer),
            ("总金额", "999.00"),
            ("买家实际支付金额", paid),
            ("订单状态", status),
            ("收货人姓名", "张伟"),
            ("联系手机", mobile),
            ("联系电话", landline),
            ("订单创建时间", "2024-05-01 10:00:00"),
            ("宝贝标题", "香皂, 三块"),
            ("宝贝总数量", "3"),
        ]
    };
    Export::new(COLUMNS, ',')
        .row(&row(
            "=\"2100000000000000011\"",
            "tb张三",
            "100.00",
            "交易成功",
            "'13800000001",
            "'010-1234567",
        ))
        .row(&row(
            "'2100000000000000012",
            "tb张三",
            "20.50",
            "卖家已发货，等待买家确认",
            "",
            "'010-1234567",
        ))
        .row(&row(
            "2100000000000000013",
            "李四",
            "30.00",
            "买家已付款，等待卖家发货",
            "",
            "",
        ))
        .row(&row(
            "2100000000000000014",
            "李四",
            "40.00",
            "付款以后用户退款成功，交易自动关闭",
            "",
            "",
        ))
        .row(&row(
            "2100000000000000015",
            "李四",
            "0.00",
            "等待买家付款",
            "",
            "",
        ))
        .row(&row(
            "2100000000000000016",
            "李四",
            "0.00",
            "交易关闭",
            "",
            "",
        ))
        // Masked: the mobile number stands for the buyer, the landline where there is none; else nobody.
        .row(&row(
            "2100000000000000017",
            "t**8",
            "50.00",
            "交易成功",
            "'13900000002",
            "",
        ))
        .row(&row(
            "2100000000000000018",
            "t**8",
            "60.00",
            "交易成功",
            "139****0003",
            "'0571-88881234",
        ))
        .row(&row(
            "2100000000000000019",
            "t**8",
            "70.00",
            "交易成功",
            "139****0003",
            "",
        ))
}

#[test]
fn statuses_amounts_and_masked_buyers_are_read_as_documented() {
    let read = export().read();
    assert_eq!(preset(&read), "taobao-orders");
    let order = |customer, last, cents, status| {
        let id = format!("21000000000000000{last}");
        fact(customer, &id, MAY_1, cents, RowKind::Order, status)
    };
    assert_eq!(
        said(&read),
        [
            order("tb张三", 11, 10_000, PAID),
            order("tb张三", 12, 2_050, PAID),
            order("李四", 13, 3_000, PAID),
            order("李四", 14, 4_000, OrderStatus::Refunded),
            fact(
                "李四",
                "2100000000000000014",
                UNDATED,
                4_000,
                RowKind::Refund,
                OrderStatus::Refunded
            ),
            order("李四", 15, 0, OrderStatus::Pending),
            order("+8613900000002", 17, 5_000, PAID),
            order("+8657188881234", 18, 6_000, PAID),
        ]
    );
    let account = &read.batch.account;
    assert_eq!(account.count(RowClass::CancelledOrder), 1);
    assert_eq!(account.count(RowClass::MissingCustomer), 1);
    assert_eq!(read.batch.rejected[1].reason.key(), "masked_customer");
    assert!(read.batch.unknown_statuses.is_empty());
}

#[test]
fn the_mobile_number_comes_before_the_landline() {
    let read = export().read();
    let contact = read.batch.facts.contact.as_ref().unwrap();
    assert_eq!(contact.phone.get(0), "13800000001");
    assert_eq!(contact.phone.get(1), "010-1234567");
}

#[test]
fn the_short_export_without_order_ids_is_an_order_a_row() {
    let columns = "品牌名称,买家昵称,付款日期,订单状态,实付金额,邮费,省份,城市,购买数量";
    let read = Export::new(columns, ',')
        .row(&[
            ("买家昵称", "王五"),
            ("付款日期", "2024/5/1 10:00:00"),
            ("订单状态", "交易成功"),
            ("实付金额", "￥1,299.00"),
            ("邮费", "0"),
            ("购买数量", "2"),
        ])
        .read();
    assert_eq!(preset(&read), "taobao-orders");
    assert_eq!(
        said(&read),
        [fact("王五", "", MAY_1, 129_900, RowKind::Order, PAID)]
    );
}

#[test]
fn oaid_is_refused_as_a_key() {
    let options = ImportOptions {
        mapping: vec![(Field::CustomerId, "OAID".into())],
        ..ImportOptions::default()
    };
    let text = "OAID,date,net\n1A2B,2024-05-01,1\n";
    let error = read_with(text, &options).unwrap_err();
    assert_eq!(error.key(), "customer_key_unstable");
    assert!(error.hint().unwrap().contains("buyer_open_uid"));
    // Nor is it taken by itself.
    let error = read(file(text.as_bytes()).path(), &ImportOptions::default()).unwrap_err();
    assert_eq!(error.key(), "columns_missing");
    assert!(
        !error.hint().unwrap().contains("OAID"),
        "{:?}",
        error.hint()
    );
}

#[test]
fn masked_ids_merge_nobody_in_any_file() {
    let read = read_with(
        "customer_id,date,net\nt**8,2024-05-01,1\n张*,2024-05-02,2\nc1,2024-05-03,3\n",
        &ImportOptions::default(),
    )
    .unwrap();
    assert_eq!(read.batch.facts.customer.iter().collect::<Vec<_>>(), ["c1"]);
    assert_eq!(read.batch.account.count(RowClass::MissingCustomer), 2);
}
