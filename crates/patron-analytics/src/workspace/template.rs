//! The settings file of a new workspace: every setting with its default, commented out.

use super::Start;

const HEAD: &str = r#"# Settings of this workspace. A line that begins with # shows a setting with its default or, where the remark begins with
# "such as", an example of one that has none: take the # away and change it. docs/guides/settings.md describes them all.
# What decides how files are read holds for imports from then on. Flags of `patron import` and `patron run` go before.
version = 1
"#;

const SETTINGS: &str = r#"
# ---- the shop
#shop = "My shop"                  # such as: the name in the report
#timezone = "UTC"                  # in which a day is a day, like "Asia/Shanghai"
#currency = "EUR"                  # such as: of all amounts; read off the files otherwise
#rates = "rates.csv"               # such as: amounts in other currencies are converted by it: date,from,to,rate

# ---- reading files (decided from each file where nothing is said)
#preset = "shopify-orders"         # such as
#date_format = "dmy"               # such as: ymd, dmy, mdy, named
#decimal_mark = "comma"            # such as: point or comma
#phone_country = "DE"              # such as: of telephone numbers that do not say theirs
#status_words = { "in Zustellung" = "paid" }                # such as
#map = { customer_id = "Client", net = "Total HT" }         # such as: field = column

# ---- which rows count
#keep = []                         # classes used although they would be set aside: "fee-lines", "gift-cards", "zero-price", ...
#exclude_customers = []            # ids of staff, resellers, the till
#exclude_tags = []                 # labels of orders or customers
#exclude_flags = []                # sellers' flags
#exclude_memos = []                # words in the seller's memo

# ---- who is who
#identity = "guests"               # who orders without an account is the account of that address; "email", "contacts", "off"

# ---- which orders count
#drop_duplicates = false           # merge rows that equal an earlier one of their file in every column
#zero_orders = "exclude"           # or "count"
#unlinked_refunds = "count"        # or "drop"
#return_window_days = 0            # younger orders are provisional

# ---- scores, segments, lifecycle
#window_months = 6
#score_on = "all"                  # or "window"
#score_method = "quantile"
#bins = 5                          # or [5, 3, 5] for R, F, M
#vocabulary = "bloomreach"         # `patron segments list` names them; or a file of your own
#lifecycle = "ordinal-months"      # or months such as [1, 4, 10]

# ---- value
#margin = 0.35                     # such as: share of net revenue; without it values are expected revenue
#horizon_months = 12
#annual_discount = 0.1
#model = "auto"                    # the model that foretells best; "nbd", "bg-nbd", "mbg-nbd", "pareto-nbd", "ggom-nbd"
"#;

const DATABASE: &str = "
# ---- where the catalogue of the ledger is; this file then holds a password: keep it to yourself
";

const DEMO: &str = "
# ---- the shop is made up: reports say so
";

/// Returns the text of a new settings file.
pub(super) fn settings(start: &Start) -> String {
    let mut text = format!("{HEAD}{SETTINGS}");
    // A text of JSON is one of TOML, too.
    let quoted = |text: &String| serde_json::Value::from(text.as_str());
    if let Some(url) = &start.database {
        text.push_str(DATABASE);
        text.push_str(&format!("database = {}\n", quoted(url)));
    }
    if let Some(currency) = &start.demo_currency {
        text.push_str(DEMO);
        text.push_str(&format!("demo = true\ncurrency = {}\n", quoted(currency)));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::settings::{Resolved, Settings};

    #[test]
    fn the_file_is_read_and_says_nothing_but_its_version() {
        let found: Settings = toml::from_str(&settings(&Start::default())).unwrap();
        let expected = Settings {
            version: Some(1),
            ..Settings::default()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn what_it_shows_as_defaults_are_the_defaults() {
        let shown = SETTINGS.lines().filter(|line| !line.contains("# such as"));
        let active: Vec<&str> = shown.filter_map(|line| line.strip_prefix('#')).collect();
        let active: Vec<&str> = active
            .into_iter()
            .filter(|line| !line.starts_with(' '))
            .collect();
        assert_eq!(active.len(), 20);
        let shown: Settings = toml::from_str(&active.join("\n")).unwrap();
        let resolved =
            |settings| Resolved::new(&settings, &Settings::default(), &[], None).unwrap();
        let values = |resolved: Resolved| {
            let chosen = resolved.chosen.into_iter();
            chosen
                .map(|chosen| (chosen.key, chosen.value))
                .collect::<BTreeMap<_, _>>()
        };
        let (shown, default) = (
            values(resolved(shown)),
            values(resolved(Settings::default())),
        );
        for (key, value) in &default {
            assert_eq!(shown.get(key), Some(value), "{key}");
        }
    }

    #[test]
    fn every_setting_it_shows_exists() {
        let start = Start {
            database: Some("postgres://me:a\"b@localhost/shop".to_owned()),
            demo_currency: None,
        };
        let active: String = settings(&start)
            .lines()
            .map(|line| match line.strip_prefix('#') {
                Some(setting) if !setting.starts_with([' ', '-']) => format!("{setting}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        let found: Settings = toml::from_str(&active).unwrap();
        assert_eq!(found.margin, Some(0.35));
        assert_eq!(found.horizon_months, Some(12));
        assert_eq!(
            found.database.as_deref(),
            Some("postgres://me:a\"b@localhost/shop")
        );
    }
}
