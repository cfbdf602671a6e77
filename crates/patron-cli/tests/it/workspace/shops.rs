//! For each preset and layout: an export and the next one, imported, give what the files give.

use super::{assert_same_results, import, run, run_files, with_workspace};
use crate::support::Sandbox;

/// Two exports of a shop, the second newer and overlapping.
struct Shop {
    name: &'static str,
    file: &'static str,
    exports: [String; 2],
}

fn table(columns: &str, delimiter: char, rows: &[&[(&str, &str)]]) -> String {
    let columns: Vec<&str> = columns.split(delimiter).collect();
    let join = |cells: &[&str]| cells.join(&delimiter.to_string());
    let mut lines = vec![join(&columns)];
    for row in rows {
        let known = |(name, _): &&(&str, &str)| columns.contains(name);
        assert_eq!(row.iter().filter(known).count(), row.len(), "{row:?}");
        let cell = |column: &&str| {
            let found = row.iter().find(|(name, _)| name == column);
            found.map_or("", |(_, value)| *value)
        };
        lines.push(join(&columns.iter().map(cell).collect::<Vec<_>>()));
    }
    lines.join("\n") + "\n"
}

fn lines(header: &str, first: &str, second: &str) -> [String; 2] {
    [first, second].map(|rows| format!("{header}\n{}\n", rows.replace('|', "\n")))
}

fn generic() -> Vec<Shop> {
    vec![
        Shop {
            name: "orders",
            file: "csv",
            exports: lines(
                "order_id,customer_id,date,net,status,refunded,email,updated_at",
                "1,ann,2024-01-05,20,paid,0,a@x.org,2024-01-05|2,bob,2024-01-06,30,pending,0,,2024-01-06|3,cem,2024-01-07,40,paid,0,c@x.org,2024-01-07|4,,2024-01-07,40,paid,0,,2024-01-07|5,dee,2024-01-08,9,cancelled,0,,2024-01-08",
                "2,bob,2024-01-06,30,paid,0,b@x.org,2024-02-06|3,cem,2024-01-07,40,paid,15,,2024-02-07|1,ann,2024-01-05,20,cancelled,0,a@x.org,2024-02-01|6,ann,2024-02-09,11,paid,0,new@x.org,2024-02-09",
            ),
        },
        Shop {
            name: "order lines",
            file: "csv",
            exports: lines(
                "order_id,customer_id,date,sku,quantity,unit_price,status,city",
                "1,ann,2024-01-05,tea,2,10,paid,Rome|1,ann,2024-01-05,cup,1,7,,|2,bob,2024-01-06,tea,1,10,cancelled,|3,cem,2024-01-07,pot,-1,30,paid,|4,dee,2024-01-07,postage,1,3,paid,|5,eve,2024-01-08,cup,1,0,paid,|5,eve,2024-01-08,cup,1,0,paid,",
                "1,ann,2024-01-05,tea,3,10,paid,Rome|1,ann,2024-01-05,cup,1,7,,|2,bob,2024-01-06,tea,1,10,paid,|3,cem,2024-01-07,pot,1,30,paid,|6,ann,2024-02-03,pot,1,30,paid,Paris",
            ),
        },
        Shop {
            name: "orders without an id",
            file: "csv",
            exports: lines(
                "customer,date,amount",
                "ann,2024-01-05,20|ann,2024-01-05,20|bob,2024-01-06,-5|cem,2024-01-07,0",
                "ann,2024-01-05,20|ann,2024-01-05,20|ann,2024-01-05,20|bob,2024-01-06,-5|bob,2024-02-01,50",
            ),
        },
        Shop {
            name: "orders whose ids repeat",
            file: "csv",
            exports: lines(
                "order_id,customer_id,date,net",
                "1,ann,2024-01-05,20|1,ann,2024-01-05,5|2,bob,2024-01-06,30",
                "1,ann,2024-01-05,20|1,ann,2024-01-05,6|3,bob,2024-02-06,30",
            ),
        },
    ]
}

fn shopify() -> Shop {
    let columns = "Name,Email,Financial Status,Paid at,Accepts Marketing,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Billing City,Billing Zip,Billing Country,Phone,Notes,Cancelled at,Payment Method,Refunded Amount,Tags,Source";
    let order = |name, email, status, subtotal, refunded| {
        vec![
            ("Name", name),
            ("Email", email),
            ("Financial Status", status),
            ("Created at", "2024-05-01 10:00:00 +0000"),
            ("Paid at", "2024-05-01 10:00:00 +0000"),
            ("Currency", "EUR"),
            ("Subtotal", subtotal),
            ("Total", "100.00"),
            ("Refunded Amount", refunded),
            ("Lineitem quantity", "1"),
            ("Lineitem name", "Soap"),
            ("Lineitem price", subtotal),
            ("Lineitem sku", "S-1"),
            ("Discount Code", "MAY"),
            ("Billing City", "Rome"),
            ("Payment Method", "Shopify Payments"),
        ]
    };
    let further: &[(&str, &str)] = &[
        ("Name", "#1"),
        ("Lineitem quantity", "2"),
        ("Lineitem name", "Towel"),
        ("Lineitem price", "9.99"),
    ];
    let first = table(
        columns,
        ',',
        &[
            &order("#1", "ann@x.org", "paid", "80.00", "0.00"),
            further,
            further,
            &order("#2", "bob@x.org", "pending", "30.00", "0.00"),
            &order("#3", "cem@x.org", "voided", "30.00", "0.00"),
            &order("#4", "", "paid", "30.00", "0.00"),
        ],
    );
    let second = table(
        columns,
        ',',
        &[
            &order("#1", "ann@x.org", "partially_refunded", "80.00", "25.00"),
            further,
            further,
            &order("#2", "bob@x.org", "paid", "30.00", "0.00"),
            &order("#5", "ann@x.org", "paid", "12.00", "0.00"),
        ],
    );
    Shop {
        name: "shopify-orders",
        file: "csv",
        exports: [first, second],
    }
}

fn magento() -> Shop {
    let columns = "ID,Purchase Point,Purchase Date,Bill-to Name,Ship-to Name,Grand Total (Base),Grand Total (Purchased),Status,Billing Address,Shipping Address,Shipping Information,Customer Email,Customer Group,Subtotal,Shipping and Handling,Customer Name,Payment Method,Total Refunded";
    let row = |id, email, status, total, refunded| {
        vec![
            ("ID", id),
            ("Purchase Date", "2024-05-01 10:00:00"),
            ("Grand Total (Base)", total),
            ("Grand Total (Purchased)", total),
            ("Subtotal", total),
            ("Status", status),
            ("Customer Email", email),
            ("Customer Name", "Ann"),
            ("Total Refunded", refunded),
        ]
    };
    Shop {
        name: "magento-orders",
        file: "csv",
        exports: [
            table(
                columns,
                ',',
                &[
                    &row("1", "a@x.org", "complete", "50", "0"),
                    &row("2", "b@x.org", "pending", "20", "0"),
                ],
            ),
            table(
                columns,
                ',',
                &[
                    &row("1", "a@x.org", "complete", "50", "10"),
                    &row("2", "b@x.org", "canceled", "20", "0"),
                    &row("3", "b@x.org", "complete", "7", "0"),
                ],
            ),
        ],
    }
}

fn woo() -> Shop {
    let columns = "Date,Order #,N. Revenue (formatted),Status,Customer,Customer type,Product(s),Items sold,Coupon(s),Net Sales,Attribution";
    let row = |id, customer, status, net| {
        vec![
            ("Date", "2024-05-01 10:00:00"),
            ("Order #", id),
            ("Status", status),
            ("Customer", customer),
            ("Items sold", "2"),
            ("Net Sales", net),
        ]
    };
    Shop {
        name: "woocommerce-orders",
        file: "csv",
        exports: [
            table(
                columns,
                ',',
                &[
                    &row("1", "Ann Li", "completed", "50"),
                    &row("2", "Bob Ek", "on-hold", "20"),
                ],
            ),
            table(
                columns,
                ',',
                &[
                    &row("2", "Bob Ek", "completed", "20"),
                    &row("3", "Ann Li", "refunded", "9"),
                ],
            ),
        ],
    }
}

fn amazon() -> Shop {
    let columns = "order-id\torder-item-id\tpurchase-date\tpayments-date\tbuyer-email\tbuyer-name\tbuyer-phone-number\tsku\tproduct-name\tquantity-purchased\tcurrency\titem-price\titem-tax\tshipping-price\tshipping-tax\tship-service-level\trecipient-name\tship-address-1\tship-address-2\tship-address-3\tship-city\tship-state\tship-postal-code\tship-country\tship-phone-number\tdelivery-start-date\tdelivery-end-date\tdelivery-time-zone\tdelivery-Instructions\tsales-channel";
    let row = |id, item, buyer, price| {
        vec![
            ("order-id", id),
            ("order-item-id", item),
            ("purchase-date", "2024-05-01T10:00:00+00:00"),
            ("buyer-email", buyer),
            ("sku", "S-1"),
            ("quantity-purchased", "2"),
            ("currency", "USD"),
            ("item-price", price),
            ("ship-city", "Rome"),
        ]
    };
    Shop {
        name: "amazon-new-orders",
        file: "txt",
        exports: [
            table(
                columns,
                '\t',
                &[
                    &row("1", "11", "a@marketplace.amazon.com", "20"),
                    &row("1", "12", "a@marketplace.amazon.com", "5"),
                    &row("2", "21", "b@marketplace.amazon.com", "8"),
                ],
            ),
            table(
                columns,
                '\t',
                &[
                    &row("2", "21", "b@marketplace.amazon.com", "8"),
                    &row("3", "31", "a@marketplace.amazon.com", "30"),
                ],
            ),
        ],
    }
}

fn taobao() -> Shop {
    let columns = "订单编号,买家会员名,买家支付宝账号,买家应付货款,买家应付邮费,买家支付积分,总金额,返点积分,买家实际支付金额,买家实际支付积分,订单状态,买家留言,收货人姓名,收货地址 ,运送方式,联系电话,联系手机,订单创建时间,订单付款时间,宝贝标题,宝贝种类,物流单号,物流公司,订单备注,宝贝总数量,店铺Id,店铺名称,订单关闭原因";
    let row = |id, buyer, status, paid| {
        vec![
            ("订单编号", id),
            ("买家会员名", buyer),
            ("总金额", paid),
            ("买家实际支付金额", paid),
            ("订单状态", status),
            ("订单创建时间", "2024-05-01 10:00:00"),
            ("订单付款时间", "2024-05-01 10:01:00"),
            ("宝贝标题", "香皂"),
            ("宝贝总数量", "1"),
        ]
    };
    Shop {
        name: "taobao-orders",
        file: "csv",
        exports: [
            table(
                columns,
                ',',
                &[
                    &row("1", "张三", "买家已付款，等待卖家发货", "50"),
                    &row("2", "李四", "等待买家付款", "20"),
                    &row("3", "王**", "交易成功", "20"),
                ],
            ),
            table(
                columns,
                ',',
                &[
                    &row("1", "张三", "交易关闭", "50"),
                    &row("2", "李四", "交易成功", "20"),
                    &row("4", "张三", "交易成功", "9"),
                ],
            ),
        ],
    }
}

fn shops_of_events() -> Vec<Shop> {
    let woo = |id: u32, status: &str, total: &str, refund: &str, modified: &str| {
        format!(
            r#"{{"id":{id},"number":"{id}","created_via":"checkout","status":"{status}","currency":"EUR","date_created_gmt":"2024-05-01T10:00:00","date_modified_gmt":"{modified}","discount_total":"5.00","total":"{total}","total_tax":"8.00","shipping_total":"7.00","customer_id":17,"billing":{{"first_name":"Ann","last_name":"Li","email":"ann@x.org","city":"Rome"}},"payment_method":"bacs","line_items":[{{"id":1,"name":"Soap","product_id":93,"quantity":2,"subtotal":"25.00","total":"20.00","sku":"S"}},{{"id":2,"name":"Towel","product_id":94,"quantity":1,"total":"25.00"}}],"refunds":[{refund}]}}"#
        ) + "\n"
    };
    let event = |id: u32, user: &str, price: u32| {
        format!(
            r#"{{"type":"track","event":"Order Completed","userId":"{user}","messageId":"m{id}","timestamp":"2024-05-0{id}T10:00:00.000Z","properties":{{"order_id":"o{id}","total":{price},"subtotal":{price},"shipping":3,"tax":2,"currency":"USD","products":[{{"product_id":"p1","sku":"S","name":"Soap","price":{price},"quantity":1}}]}}}}"#
        ) + "\n"
    };
    let older = "2024-05-02T10:00:00";
    let newer = "2024-06-02T10:00:00";
    vec![
        Shop {
            name: "woocommerce-rest",
            file: "jsonl",
            exports: [
                woo(1, "completed", "60.00", "", older) + &woo(2, "pending", "60.00", "", older),
                woo(1, "completed", "60.00", r#"{"id":900,"reason":"","total":"-6.00"}"#, newer)
                    + &woo(2, "completed", "60.00", "", newer)
                    + &woo(3, "cancelled", "60.00", "", newer),
            ],
        },
        Shop {
            name: "segment-events",
            file: "jsonl",
            exports: [
                event(1, "u1", 20) + &event(2, "u2", 30),
                event(2, "u2", 30) + &event(3, "u1", 40),
            ],
        },
        Shop {
            name: "online-retail",
            file: "csv",
            exports: lines(
                "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
                "536365,85123A,LANTERN,6,12/13/2010 8:26,2.55,17850,United Kingdom|536365,POST,POSTAGE,1,12/13/2010 8:26,18,17850,United Kingdom|536366,71053,HEART,6,12/13/2010 8:28,3.39,17851,France|C536367,71053,HEART,-2,12/14/2010 9:00,3.39,17851,France|536368,71053,HEART,6,12/14/2010 9:00,3.39,,France",
                "536366,71053,HEART,6,12/13/2010 8:28,3.39,17851,France|C536367,71053,HEART,-2,12/14/2010 9:00,3.39,17851,France|536370,22728,CLOCK,2,12/15/2010 8:45,3.75,17850,United Kingdom",
            ),
        },
        Shop {
            name: "cdnow",
            file: "txt",
            exports: [
                " 00001 19970101  1   11.77\n 00002 19970112  1   12.00\n 00002 19970112  5   77.00\n 00003 19970102  2    0.00\n".to_owned(),
                " 00002 19970112  1   12.00\n 00002 19970112  5   77.00\n 00003 19970330  2   20.76\n".to_owned(),
            ],
        },
    ]
}

/// Imports two files one after another, and both at once, and compares with a run on the files.
fn check(sandbox: &Sandbox, name: &str, paths: [&str; 2], flags: &[&str]) {
    let files = run_files(sandbox, &[&paths[..1], flags].concat());
    import(sandbox, &paths[..1]);
    assert_same_results(&run(sandbox, flags), &files, &format!("{name}, one export"));
    let files = run_files(sandbox, &[&paths[..], flags].concat());
    import(sandbox, &paths[1..]);
    assert_same_results(
        &run(sandbox, flags),
        &files,
        &format!("{name}, two exports"),
    );
    let again = import(sandbox, &paths);
    assert!(
        again.stdout.contains("Nothing changed."),
        "{name}: {}",
        again.stdout
    );
    let verified = sandbox.patron(&["ledger", "verify", "--deep", "--workspace", super::SHOP]);
    assert_eq!(
        verified.code, 0,
        "{name}: {}{}",
        verified.stdout, verified.stderr
    );
}

#[test]
fn every_shop_imported_gives_the_results_of_its_files() {
    let shops = generic()
        .into_iter()
        .chain([shopify()])
        .chain([magento(), woo(), amazon(), taobao()])
        .chain(shops_of_events());
    for shop in shops {
        let sandbox = with_workspace();
        let [first, second] = &shop.exports;
        let paths = ["first", "second"].map(|name| format!("{name}.{}", shop.file));
        sandbox.write(&paths[0], first);
        sandbox.write(&paths[1], second);
        check(
            &sandbox,
            shop.name,
            [&paths[0], &paths[1]],
            &["--as-of", "2025-01-01"],
        );
        let both = with_workspace();
        both.write(&paths[0], first);
        both.write(&paths[1], second);
        let said = import(&both, &[&paths[0], &paths[1]]);
        let files = run_files(&both, &[&paths[0], &paths[1]]);
        assert_same_results(&run(&both, &[]), &files, &format!("{}, at once", shop.name));
        if !shop.name.starts_with("order") {
            assert!(
                said.stderr.contains(&format!("preset {}", shop.name)),
                "{}",
                said.stderr
            );
        }
    }
}

#[test]
fn a_folder_of_olist_imported_gives_the_results_of_the_folder() {
    let sandbox = with_workspace();
    std::fs::create_dir(sandbox.path("olist")).expect("a folder can be made");
    sandbox.write(
        "olist/olist_orders_dataset.csv",
        "order_id,customer_id,order_status,order_purchase_timestamp\no1,k1,delivered,2024-05-01 10:00:00\no2,k2,shipped,2024-05-02 10:00:00\no3,k3,canceled,2024-05-03 10:00:00\n",
    );
    sandbox.write(
        "olist/olist_customers_dataset.csv",
        "customer_id,customer_unique_id,customer_city\nk1,p1,rio\nk2,p1,rio\nk3,p2,lima\n",
    );
    sandbox.write(
        "olist/olist_order_items_dataset.csv",
        "order_id,price,freight_value\no1,10.00,3.25\no1,5.50,3\no2,1,2\no3,4,2\n",
    );
    import(&sandbox, &["olist"]);
    let files = run_files(&sandbox, &["olist"]);
    assert_same_results(&run(&sandbox, &[]), &files, "olist");
}

#[test]
fn amazon_without_buyers_is_refused_with_the_reason_and_nothing_is_imported() {
    let sandbox = with_workspace();
    sandbox.write(
        "all.txt",
        "amazon-order-id\tmerchant-order-id\tpurchase-date\tlast-updated-date\torder-status\tfulfillment-channel\tsales-channel\torder-channel\turl\tship-service-level\tproduct-name\tsku\tasin\titem-status\tquantity\tcurrency\titem-price\titem-tax\tshipping-price\tshipping-tax\tgift-wrap-price\tgift-wrap-tax\titem-promotion-discount\tship-promotion-discount\tship-city\tship-state\tship-postal-code\tship-country\tpromotion-ids\n1\t\t2024-05-01T10:00:00+00:00\t\tShipped\t\t\t\t\t\tSoap\tS\tA\tShipped\t1\tUSD\t5\n",
    );
    let refused = sandbox.patron(&["import", "--workspace", super::SHOP, "all.txt"]);
    refused.assert_refused(&["amazon-all-orders"]);
    assert!(
        import(&sandbox, &["--list"])
            .stdout
            .contains("Nothing was imported yet")
    );
}

#[test]
fn real_shops_imported_give_the_results_of_their_files() {
    for (name, path) in [
        ("cdnow", "cdnow/CDNOW_master.txt"),
        ("online-retail", "online_retail/online_retail.csv.gz"),
    ] {
        let Some(path) =
            patron_testkit::data_file("real_shops_imported_give_the_results_of_their_files", path)
        else {
            continue;
        };
        let sandbox = with_workspace();
        let path = path.to_string_lossy();
        import(&sandbox, &[&path, "--as", name]);
        let files = run_files(&sandbox, &[&path, "--as", name]);
        assert_same_results(&run(&sandbox, &[]), &files, name);
    }
}
