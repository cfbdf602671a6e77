//! The policy table at the command line, and whom it says to turn to.

use serde_json::Value;

use crate::support::Sandbox;
use crate::workspace::{SHOP, import, with_workspace};

#[track_caller]
fn said(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let arguments = [arguments, &["--workspace", SHOP]].concat();
    let outcome = sandbox.patron(&arguments);
    assert_eq!(outcome.code, 0, "{arguments:?}\n{}", outcome.stderr);
    outcome.stdout
}

#[track_caller]
fn told(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let text = said(sandbox, &[arguments, &["--format", "json"]].concat());
    serde_json::from_str(&text).expect("JSON")
}

/// The people of `patron actions`.
#[track_caller]
fn people(sandbox: &Sandbox, more: &[&str]) -> Vec<Value> {
    let study = told(sandbox, &[&["actions"][..], more].concat());
    study["tables"]["people"]["rows"]
        .as_array()
        .expect("rows")
        .clone()
}

const HEADER: &str = "order_id,customer_id,ordered_at,net\n";

/// Thirty customers with some orders each, too few for models.
fn shop() -> Sandbox {
    let sandbox = with_workspace();
    let mut text = HEADER.to_owned();
    for customer in 0..30 {
        for order in 0..=customer % 4 {
            let (month, day) = (1 + (customer * 5 + order * 2) % 6, 1 + customer % 28);
            text += &format!(
                "o{customer}-{order},c{customer:02},2025-{month:02}-{day:02},{}\n",
                20 + customer
            );
        }
    }
    sandbox.write("orders.csv", text);
    import(&sandbox, &["orders.csv"]);
    sandbox
}

#[test]
fn the_workspaces_own_policy_is_made_once_and_holds_from_then_on() {
    let sandbox = shop();
    let shown = told(&sandbox, &["policy", "show"]);
    assert_eq!(shown["key"], "shipped");
    said(&sandbox, &["policy", "init"]);
    let again = sandbox.patron(&["policy", "init", "--workspace", SHOP]);
    again.assert_refused(&["there is a policy at", "policy.toml", "--out FILE"]);
    let path = format!("{SHOP}/policy.toml");
    let own = sandbox
        .text(&path)
        .replacen("key = \"shipped\"", "key = \"ours\"", 1);
    sandbox.write(&path, &own);
    assert_eq!(told(&sandbox, &["policy", "show"])["key"], "ours");
    sandbox.write(&path, own.replace("priority = 10", "priority = \"high\""));
    let wrong = sandbox.patron(&["actions", "--workspace", SHOP]);
    wrong.assert_refused(&["does not have the form of one", "policy.md"]);
    // A backup has it.
    sandbox.write(&path, &own);
    said(&sandbox, &["backup", "saved"]);
    assert_eq!(sandbox.text("saved/policy.toml"), own);
}

#[test]
fn what_holds_is_told_with_the_rule_that_says_so() {
    let sandbox = shop();
    let asked = [
        "policy",
        "show",
        "--segment",
        "at_risk",
        "--octant",
        "sleeping",
        "--lifecycle",
        "dormant",
    ];
    let found = told(&sandbox, &asked);
    assert_eq!(found["action"]["rule"], "segment_at_risk");
    assert_eq!(found["product"]["rule"], "octant_sleeping");
    assert_eq!(found["contact_every_days"]["says"], "30 days");
    let chinese = told(&sandbox, &[&asked[..], &["--language", "zh-Hant"]].concat());
    assert_eq!(chinese["product"]["says"], "其常購品類的新品");
    let checked = told(&sandbox, &["policy", "check"]);
    assert_eq!(checked["never_winning"], serde_json::json!([]));
    assert_eq!(checked["combinations"], 4 * 8 * 12 * 2);
}

#[test]
fn this_weeks_people_are_those_who_are_due() {
    let sandbox = shop();
    // Nobody is written to but who bought last on a day that is a multiple of thirty days ago, up to a week ahead.
    let policy = "version = 1\nkey = \"mine\"\nnames = \"Mine\"\n[[rule]]\nkey = \"all\"\n\
        lifecycle = [\"active\", \"silent\", \"dormant\"]\ncontact_every_days = 30\naction = \"Write\"\n";
    sandbox.write("mine.toml", policy);
    let as_of = ["--as-of", "2025-06-30", "--policy", "mine.toml"];
    let found = people(&sandbox, &as_of);
    let all = told(
        &sandbox,
        &[
            "changes",
            "--by",
            "lifecycle",
            "--since",
            "2025-01-31",
            "--as-of",
            "2025-06-30",
        ],
    );
    assert_eq!(all["customers"], 30);
    assert!(!found.is_empty() && found.len() < 30, "{}", found.len());
    for row in &found {
        let why = row["why"].as_str().expect("why");
        let (before, _) = why.split_once(" days ago").expect("how long ago");
        let days = before.rsplit(' ').next().expect("a word");
        let days: i64 = days.parse().expect("a number");
        let left = 30 - days % 30;
        assert!(left <= 7, "{why}");
        assert_eq!(row["action"], "Write");
        assert_eq!(row["contact_every_days"], 30);
        assert_eq!(row["discount_up_to"], Value::Null, "no rule speaks of it");
    }
    // Where contacts are recorded, they decide; who unsubscribed is left alone.
    let events = "event_id,customer_id,occurred_at,kind\n\
        1,c01,2025-06-20T10:00:00Z,mail_sent\n2,c02,2025-06-01T10:00:00Z,mail_sent\n3,c03,2025-02-01T10:00:00Z,mail_unsubscribe\n";
    sandbox.write("events.csv", events);
    import(&sandbox, &["--as", "events", "events.csv"]);
    let found = people(&sandbox, &as_of);
    let who: Vec<&str> = found
        .iter()
        .map(|row| row["customer_id"].as_str().expect("an id"))
        .collect();
    assert!(!who.contains(&"c01") && !who.contains(&"c03"), "{who:?}");
    let of = |id: &str| found.iter().find(|row| row["customer_id"] == id);
    let second = of("c02").expect("written to a month ago");
    assert_eq!(
        (&second["last_contact"], &second["from"]),
        (&"2025-06-01".into(), &"2025-07-01".into())
    );
}

#[test]
fn without_models_nothing_is_said_to_be_at_stake() {
    let sandbox = shop();
    let study = told(&sandbox, &["actions", "--as-of", "2025-06-30"]);
    let keys: Vec<&str> = study["notes"]
        .as_array()
        .expect("notes")
        .iter()
        .map(|note| note["key"].as_str().expect("a key"))
        .collect();
    let known = study["tables"]["people"]["rows"][0]["at_stake"] != Value::Null;
    assert_eq!(keys.contains(&"at_stake"), known);
    assert_eq!(keys.contains(&"nothing_at_stake"), !known);
    assert!(keys.contains(&"contacts_unknown"));
}
