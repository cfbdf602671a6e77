//! `patron channels` beside `reference/value-analytics`.

use patron_testkit::reference_cases;
use serde_json::Value;

use super::{COSTS, DAYS, assert_money, demo_shop, money, row, rows, set, study};

#[test]
fn channels_agree_with_an_independent_count() {
    let sandbox = demo_shop();
    set(&sandbox, COSTS);
    let cases = reference_cases("value-analytics");
    for day in DAYS {
        let found = study(&sandbox, &["channels", "--as-of", day]);
        let expected = &cases[day]["channels"];
        let by_channel = expected["by_channel"].as_array().unwrap();
        // And the row of all.
        assert_eq!(rows(&found, "channels").len(), by_channel.len() + 1);
        for expected in by_channel {
            let name = expected["channel"].as_str().unwrap();
            let found_row = row(&found, "channels", ("channel", name));
            assert_eq!(found_row["customers"], expected["customers"], "{name}");
            assert_eq!(found_row["orders"], expected["orders"], "{name}");
            let revenue = expected["revenue"].as_f64().unwrap();
            assert_money(name, money(&found_row["net"]), revenue, 0.0);
            let cac = &found_row["cac"];
            if expected["has_acquisition_spend"] == true {
                assert_money(name, money(cac), expected["cac"].as_f64().unwrap(), 1.0);
                by_month(&found, name, expected);
            } else {
                assert!(cac.is_null(), "{name}: {cac}");
            }
        }
        let all = row(&found, "channels", ("channel", "(all)"));
        let whole = &expected["whole_shop"];
        let keep = whole["keep_cost_per_customer_year"].as_f64().unwrap();
        assert_money("keep", money(&all["keep_cost_per_year"]), keep, 1.0);
        assert_money(
            "cac",
            money(&all["cac"]),
            whole["cac"].as_f64().unwrap(),
            1.0,
        );
    }
}

fn by_month(found: &Value, name: &str, expected: &Value) {
    let of_channel = rows(found, "cac_by_month").iter();
    let of_channel: Vec<&Value> = of_channel.filter(|row| row["channel"] == name).collect();
    let expected = expected["cac_by_month"]
        .as_array()
        .expect("as these files have it");
    assert_eq!(of_channel.len(), expected.len(), "{name}");
    for (row, expected) in of_channel.into_iter().zip(expected) {
        assert_eq!(row["month"], expected["month"]);
        assert_eq!(row["new_customers"], expected["new_customers"]);
        let spend = expected["spend"].as_f64().expect("as these files have it");
        assert_money(name, money(&row["spend"]), spend, 0.0);
    }
}

#[test]
fn what_is_believed_of_a_channel_lies_within_its_interval_and_all_is_the_mean_of_channels() {
    let sandbox = demo_shop();
    let found = study(&sandbox, &["channels"]);
    let (mut value, mut customers) = (0.0, 0.0);
    for channel in rows(&found, "channels") {
        let [low, pooled, high] =
            ["total_low", "pooled_value", "total_high"].map(|column| money(&channel[column]));
        assert!(low < pooled && pooled < high, "{channel}");
        let so_far = money(&channel["value_so_far"]);
        if channel["channel"] != "(all)" {
            let of_channel = channel["customers"].as_f64().unwrap();
            value += so_far * of_channel;
            customers += of_channel;
        } else {
            // Means of channels are rounded to a ten-thousandth.
            assert_money("all", so_far, value / customers, 2.0);
        }
    }
}

#[test]
fn without_costs_what_needs_them_is_withheld() {
    let sandbox = super::with_workspace();
    let orders: String = (0..40)
        .map(|n| {
            format!(
                "{n},c{},2024-0{}-1{},{},web\n",
                n % 20,
                1 + n % 6,
                n % 9,
                20 + n
            )
        })
        .collect();
    sandbox.write(
        "orders.csv",
        format!("order_id,customer_id,order_date,net,channel\n{orders}"),
    );
    sandbox.write(
        "spend.csv",
        "date,channel,amount,purpose\n2024-01-01,web,60,acquisition\n2024-01-01,radio,5,acquisition\n",
    );
    super::import(&sandbox, &["orders.csv", "spend.csv"]);
    let found = study(&sandbox, &["channels"]);
    let web = row(&found, "channels", ("channel", "web"));
    assert_money("cac", money(&web["cac"]), 3.0, 0.0);
    assert!(web["roi"].is_null() && web["payback_month"].is_null());
    assert!(web["break_even_margin"].as_f64().unwrap() > 0.0);
    assert_eq!(web["verdict"], "not enough customers");
    let keys: Vec<&str> = found["notes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| note["key"].as_str().unwrap())
        .collect();
    assert!(
        keys.contains(&"channels_revenue") && keys.contains(&"channels_without_customers"),
        "{keys:?}"
    );
}
