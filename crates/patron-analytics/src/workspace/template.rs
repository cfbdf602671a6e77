//! The settings file of a new workspace: every setting with its default, commented out.

const HEAD: &str = r#"# Settings of this workspace. Lines that begin with # are defaults: take the # away to change one.
# Every setting is described in docs/guides/settings.md; flags of `patron run` and `patron import` overrule them.
version = 1
"#;

const SETTINGS: &str = r#"
# ---- the shop
#shop = "My shop"
#timezone = "UTC"                  # in which a day is a day, such as "Asia/Shanghai"
#currency = "EUR"                  # of all amounts; read off the files where absent

# ---- reading files
#preset = "shopify-orders"         # recognised from the header where absent
#date_format = "dmy"               # ymd, dmy, mdy, named; decided from the file where absent
#decimal_mark = "comma"            # point or comma
#status_words = { "in Zustellung" = "paid" }
#map = { customer_id = "Client", net = "Total HT" }

# ---- which rows and orders count
#keep = []                         # classes of rows that would be set aside: "fee-lines", "gift-cards", "zero-price", ...
#exclude_customers = []            # ids of staff, resellers, the till
#exclude_tags = []                 # labels of orders or customers
#exclude_flags = []                # sellers' flags
#exclude_memos = []                # words in the seller's memo
#drop_duplicates = false
#zero_orders = "exclude"           # or "count"
#unlinked_refunds = "count"        # or "drop"
#return_window_days = 30           # within which an order may come back

# ---- scores and segments
#window_months = 6
#score_on = "all"                  # or "window"
#bins = 5                          # or [5, 3, 5] for R, F, M
#score_method = "quantile"
#vocabulary = "seed-five"          # `patron segments list` names them; or a file
#lifecycle = "ordinal-months"      # or months such as [1, 4, 10], or { shop_intervals = [1, 2, 4] }

# ---- value
#margin = 0.35                     # share of net revenue; without it values are expected revenue
#horizon_months = 12
#annual_discount = 0.1
#model = "mbg-nbd"
"#;

const DATABASE: &str = "
# ---- where the catalogue of the ledger is; this file then holds a password: keep it to yourself
";

/// Returns the text of a new settings file.
pub(super) fn settings(database: Option<&str>) -> String {
    let mut text = format!("{HEAD}{SETTINGS}");
    if let Some(url) = database {
        text.push_str(DATABASE);
        // A text of JSON is one of TOML, too.
        text.push_str(&format!("database = {}\n", serde_json::Value::from(url)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    #[test]
    fn the_file_is_read_and_says_nothing_but_its_version() {
        let found: Settings = toml::from_str(&settings(None)).unwrap();
        let expected = Settings {
            version: Some(1),
            ..Settings::default()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn every_setting_it_shows_exists() {
        let active: String = settings(Some("postgres://me:a\"b@localhost/shop"))
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
