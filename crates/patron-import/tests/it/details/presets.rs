//! The details of each preset's file, by its documented columns.

use super::{kept, read_details, said_of};
use crate::presets::{Export, amazon, magento, preset, shopify, taobao, woocommerce};
use crate::support::Read;

fn read(export: &Export) -> Read {
    read_details(&export.text(0))
}

fn expect(read: &Read, fact: usize, expected: &[(&'static str, &str)]) {
    let said = said_of(read, fact);
    let said: Vec<(&str, &str)> = said
        .iter()
        .map(|(key, text)| (*key, text.as_str()))
        .collect();
    assert_eq!(said, expected, "{}", preset(read));
    assert!(read.batch.unread_details.is_empty());
    let facts = &read.batch.facts;
    for column in &facts.details.as_ref().unwrap().columns {
        assert_eq!(column.values.len(), facts.len(), "{}", column.field);
    }
}

#[test]
fn shopify() {
    let read = read(&shopify::export().row(&[
        ("Name", "#2001"),
        ("Email", "eve@example.com"),
        ("Financial Status", "paid"),
        ("Created at", "2024-05-01 10:00:00 +0000"),
        ("Fulfilled at", "2024-05-03 00:00:00 +0000"),
        ("Currency", "EUR"),
        ("Subtotal", "100.00"),
        ("Shipping", "4.95"),
        ("Taxes", "19.00"),
        ("Total", "123.95"),
        ("Discount Code", "SPRING"),
        ("Discount Amount", "12.50"),
        ("Source", "web"),
        ("Lineitem sku", "S-9"),
        ("Lineitem name", "Soap, lavender"),
        ("Billing Company", "Eve & Co"),
        ("Billing Address1", "Dam 1"),
        ("Billing Zip", "'1011"),
        ("Billing City", "Amsterdam"),
        ("Billing Province", "NH"),
        ("Billing Province Name", "Noord-Holland"),
        ("Billing Country", "NL"),
        ("Notes", "ring"),
        ("Tags", "vip, b2b"),
        ("Next Payment Due At", "2024-05-03 00:00:00 +0000"),
        ("Payment Method", "Shopify Payments"),
    ]));
    let may_3 = super::MAY_3.to_string();
    let last = read.batch.facts.len() - 1;
    expect(
        &read,
        last,
        &[
            ("discount", "125000"),
            ("currency", "EUR"),
            ("product_id", "S-9"),
            ("tags", "vip, b2b"),
            ("memo", "ring"),
            ("shipping", "49500"),
            ("tax", "190000"),
            ("coupon_code", "SPRING"),
            ("source", "web"),
            ("payment_due_at", &may_3),
            ("shipped_at", &may_3),
            ("title", "Soap, lavender"),
            ("city", "Amsterdam"),
            ("region", "Noord-Holland"),
            ("country", "NL"),
            ("postal_code", "1011"),
            ("address", "Dam 1"),
            ("company", "Eve & Co"),
        ],
    );
}

#[test]
fn woocommerce() {
    let export = Export::new(woocommerce::COLUMNS, ',').row(&[
        ("Date", "2024-05-01 10:00:00"),
        ("Order #", "101"),
        ("Status", "completed"),
        ("Customer", "Ann Smith"),
        ("Product(s)", "2x Soap"),
        ("Items sold", "2"),
        ("Coupon(s)", "spring, vip"),
        ("Net Sales", "20"),
        ("Attribution", "Organic: Google"),
    ]);
    let read = read(&export);
    expect(
        &read,
        0,
        &[
            ("quantity", "20000"),
            ("coupon_code", "spring, vip"),
            ("source", "Organic: Google"),
            ("title", "2x Soap"),
        ],
    );
    // Units of a detail decide nothing: they are not the fact's.
    assert_eq!(read.batch.facts.quantity, [0]);
}

#[test]
fn magento() {
    let export = magento::export().row(&[
        ("ID", "000000999"),
        ("Purchase Point", "Main Website"),
        ("Purchase Date", "May 1, 2024, 10:00:00 AM"),
        ("Bill-to Name", "Eve"),
        ("Grand Total (Base)", "25"),
        ("Status", "complete"),
        ("Billing Address", "Dam 1, Amsterdam"),
        ("Customer Email", "eve@example.com"),
        ("Subtotal", "20"),
        ("Shipping and Handling", "5"),
    ]);
    let read = read(&export);
    expect(
        &read,
        read.batch.facts.len() - 1,
        &[
            ("shipping", "50000"),
            ("channel", "Main Website"),
            ("address", "Dam 1, Amsterdam"),
        ],
    );
}

#[test]
fn amazon() {
    let export = amazon::new_orders().row(&[
        ("order-id", "305-9"),
        ("purchase-date", "2024-05-01T12:00:00+02:00"),
        ("buyer-email", "x@marketplace.amazon.de"),
        ("sku", "S-9"),
        ("product-name", "Soap"),
        ("quantity-purchased", "3"),
        ("currency", "EUR"),
        ("item-price", "30.00"),
        ("item-tax", "4.79"),
        ("shipping-price", "3.99"),
        ("ship-address-1", "Ring 1"),
        ("ship-city", "Berlin"),
        ("ship-state", "BE"),
        ("ship-postal-code", "10115"),
        ("ship-country", "DE"),
        ("sales-channel", "Amazon.de"),
    ]);
    let read = read(&export);
    expect(
        &read,
        read.batch.facts.len() - 1,
        &[
            ("quantity", "30000"),
            ("currency", "EUR"),
            ("product_id", "S-9"),
            ("shipping", "39900"),
            ("tax", "47900"),
            ("channel", "Amazon.de"),
            ("title", "Soap"),
            ("city", "Berlin"),
            ("region", "BE"),
            ("country", "DE"),
            ("postal_code", "10115"),
            ("address", "Ring 1"),
        ],
    );
}

#[test]
fn taobao() {
    let export = taobao::export().row(&[
        ("订单编号", "2100000000000000099"),
        ("买家会员名", "tb王五"),
        ("买家应付邮费", "8.00"),
        ("买家实际支付金额", "108.00"),
        ("订单状态", "付款以后用户退款成功，交易自动关闭"),
        ("收货地址 ", "北京市 朝阳区"),
        ("订单创建时间", "2024-05-01 10:00:00"),
        ("宝贝标题", "香皂"),
        ("宝贝种类", "1"),
        ("订单备注", "易碎"),
        ("宝贝总数量", "3"),
        ("店铺Id", "77"),
        ("订单关闭原因", "七天无理由"),
    ]);
    let long = read(&export);
    // The order, and the refund that its status tells of.
    for fact in [1, 2] {
        expect(
            &long,
            long.batch.facts.len() - fact,
            &[
                ("quantity", "30000"),
                ("product_id", "香皂"),
                ("memo", "易碎"),
                ("shipping", "80000"),
                ("store_id", "77"),
                ("reason", "七天无理由"),
                ("address", "北京市 朝阳区"),
            ],
        );
    }
    let columns = "品牌名称,买家昵称,付款日期,订单状态,实付金额,邮费,省份,城市,购买数量";
    let short = Export::new(columns, ',').row(&[
        ("买家昵称", "王五"),
        ("付款日期", "2024/5/1 10:00:00"),
        ("订单状态", "交易成功"),
        ("实付金额", "￥1,299.00"),
        ("邮费", "0"),
        ("省份", "广东"),
        ("城市", "深圳"),
        ("购买数量", "2"),
    ]);
    expect(
        &read(&short),
        0,
        &[
            ("quantity", "20000"),
            ("shipping", "0"),
            ("city", "深圳"),
            ("region", "广东"),
        ],
    );
}

#[test]
fn online_retail() {
    let read = read_details(
        "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n\
         489434,85048,15CM CHRISTMAS GLASS BALL,12,2009-12-01 07:45:00,6.95,13085,United Kingdom\n",
    );
    assert_eq!(preset(&read), "online-retail");
    expect(
        &read,
        0,
        &[
            ("quantity", "120000"),
            ("unit_price", "69500"),
            ("product_id", "85048"),
            ("title", "15CM CHRISTMAS GLASS BALL"),
            ("country", "United Kingdom"),
        ],
    );
}

#[test]
fn the_columns_named_to_the_user_are_those_kept() {
    let read = read(&shopify::export());
    let used = read.understanding.columns.iter();
    let said: Vec<&str> = used.map(|used| used.header.as_str()).collect();
    for (_, header) in kept(&read) {
        assert!(said.contains(&header), "{header}");
    }
    let note = read
        .understanding
        .notes
        .iter()
        .find(|note| note.key == "columns");
    assert!(
        note.unwrap()
            .to_string()
            .contains("coupon_code = `Discount Code`")
    );
}
