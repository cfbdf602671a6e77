//! The form of settings, the same for `patron.toml` and for flags: whatever is absent is decided elsewhere.

use std::collections::BTreeMap;
use std::path::Path;

use patron_engine::scoring::octants::KnifeMethod;
use patron_engine::scoring::{FrequencyMeasure, MonetaryMeasure, ScoreOn};
use patron_fold::{UnlinkedRefunds, ZeroOrders};
use patron_segments::{FormError, read_written};
use serde::{Deserialize, Deserializer};

use super::SettingsError;
use crate::identity::Rule;

/// Largest settings file read.
const LARGEST_FILE: u64 = 1 << 20;

/// Settings as they are written down. Everything is optional.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Settings {
    /// Version of the form; 1.
    pub version: Option<u32>,
    /// The database of the ledger's catalogue, `postgres://…`; a file in the workspace where absent.
    pub database: Option<String>,
    /// The shop's name, for the report's title.
    pub shop: Option<String>,
    /// Time zone of the shop.
    pub timezone: Option<String>,
    /// Currency of all amounts.
    pub currency: Option<String>,
    /// File of rates by which amounts in other currencies are converted; as written in a file, beside that file.
    pub rates: Option<String>,
    /// As-of day, `YYYY-MM-DD`.
    pub as_of: Option<String>,
    /// Preset of the files.
    pub preset: Option<String>,
    /// Whether a row is an order or a line.
    pub grain: Option<String>,
    /// Day-month order of dates: ymd, dmy, mdy, named.
    pub date_format: Option<String>,
    /// Decimal mark: point or comma.
    pub decimal_mark: Option<String>,
    /// Encoding of text files, such as `gb18030`.
    pub encoding: Option<String>,
    /// Delimiter of text files: one character, or `tab`.
    pub delimiter: Option<String>,
    /// Country of telephone numbers that do not say theirs, such as `DE`.
    pub phone_country: Option<String>,
    /// Field → column, overruling recognition.
    pub map: Option<BTreeMap<String, String>>,
    /// Row classes that are kept although they would be set aside: `fee-lines`, `gift-cards`, …
    pub keep: Option<Vec<String>>,
    /// Row classes that are set aside although something below would keep them.
    pub drop: Option<Vec<String>>,
    /// Customers whose rows are set aside: staff, resellers, a till.
    pub exclude_customers: Option<Vec<String>>,
    /// Labels of orders or customers whose rows are set aside.
    pub exclude_tags: Option<Vec<String>>,
    /// Sellers' flags whose rows are set aside.
    pub exclude_flags: Option<Vec<String>>,
    /// Words in the seller's memo whose rows are set aside.
    pub exclude_memos: Option<Vec<String>>,
    /// Status words of the shop → paid, pending, cancelled, void, test, refunded.
    pub status_words: Option<BTreeMap<String, String>>,
    /// Which customers may be one person.
    pub identity: Option<Rule>,
    /// Merge rows that equal an earlier row in every column.
    pub drop_duplicates: Option<bool>,
    /// Whether orders of zero count.
    pub zero_orders: Option<ZeroOrders>,
    /// Whether refunds that name no order count.
    pub unlinked_refunds: Option<UnlinkedRefunds>,
    /// Days within which an order may come back.
    pub return_window_days: Option<u32>,
    /// Months of the window of `orders_window` and `monetary_window`.
    pub window_months: Option<u32>,
    /// What F counts.
    pub frequency: Option<FrequencyMeasure>,
    /// What M sums.
    pub monetary: Option<MonetaryMeasure>,
    /// Whether F and M are scored on all history or on the window.
    pub score_on: Option<ScoreOn>,
    /// Numbers of scores, `5` or `5,3,5`; in a file also a number or a list.
    #[serde(default, deserialize_with = "bins")]
    pub bins: Option<String>,
    /// Score methods, `quantile` or `R=qcut,F=qcut-first`.
    pub score_method: Option<String>,
    /// Cut points, `R=30,90,180,365;F=1,2,3,5`, or the `run.json` of an earlier run.
    pub cuts: Option<String>,
    /// Weights of R, F, M in `rfm_total`.
    pub weights: Option<[f64; 3]>,
    /// Where octants are cut.
    pub octant_knife: Option<KnifeMethod>,
    /// What M stands for in octants.
    pub octant_monetary: Option<MonetaryMeasure>,
    /// Lifecycle bounds.
    pub lifecycle: Option<LifecycleForm>,
    /// Vocabulary: a shipped name or a file.
    pub vocabulary: Option<String>,
    /// Purchase model: `auto` for the one that foretells best, `nbd`, `bg-nbd`, `mbg-nbd`, `pareto-nbd` or `ggom-nbd`.
    pub model: Option<String>,
    /// Unit of the purchase model: day, week, month.
    pub unit: Option<String>,
    /// Months of the horizon of expected values.
    pub horizon_months: Option<u32>,
    /// Discount rate per year, 0.1 for 10 %.
    pub annual_discount: Option<f64>,
    /// Share of net revenue that is margin, 0 to 1.
    pub margin: Option<f64>,
    /// What orders, service and returns cost besides goods.
    pub costs: Option<CostsForm>,
    /// How the aspects of customers' value weigh.
    pub value: Option<ValueForm>,
    /// By what behaviours are told.
    pub behaviours: Option<BehavioursForm>,
    /// The data are invented: the report says so.
    pub demo: Option<bool>,
    /// Leave out customer lifetime value.
    pub no_clv: Option<bool>,
}

/// What orders cost the shop besides goods; what is absent is not known. Money in the currency of the shop.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct CostsForm {
    /// Sending an order.
    pub shipping_per_order: Option<f64>,
    /// Share of what was paid that the payment costs, 0.02 for 2 %.
    pub payment_share: Option<f64>,
    /// What each payment costs besides.
    pub payment_per_order: Option<f64>,
    /// One contact with customer service.
    pub service_per_contact: Option<f64>,
    /// Taking goods back once.
    pub return_handling: Option<f64>,
}

/// How much each aspect of a customer's value weighs.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct ValueForm {
    /// `equal`, `entropy`, `compared`, or `current=2,future=2,loyalty=1,credit=1,growth=1`.
    pub weights: Option<String>,
    /// How many times as much each aspect counts as each other, a row for each.
    pub comparisons: Option<Vec<Vec<f64>>>,
    /// Plain steps instead: who spent and ordered so much, the highest first.
    pub steps: Option<Vec<StepForm>>,
}

/// A step of customers by what they spent and how often they ordered in all.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct StepForm {
    /// What it is called.
    pub name: String,
    /// Least net in all.
    #[serde(default)]
    pub spend: f64,
    /// Fewest orders.
    #[serde(default)]
    pub orders: u64,
}

/// By what behaviours are told; what is absent is read off the shop, or as `docs/methods/behaviours.md` says.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct BehavioursForm {
    /// Seasons of gifts, each from a day of the year to another: `11-20..12-24`.
    pub seasons: Option<Vec<String>>,
    /// Days from the order to its delivery after which it is late.
    pub late_after_days: Option<u32>,
    /// Words by which the reason of a refund names a fault of the goods.
    pub fault_words: Option<Vec<String>>,
    /// Words by which a contact is a complaint; where absent, every contact without a known cause counts.
    pub complaint_topics: Option<Vec<String>>,
    /// Whether what a marketplace takes off is a discount, too.
    pub platform_discounts: Option<bool>,
    /// Share of first orders below which a first order is not large, 0.9 for the largest tenth.
    pub large_first_order: Option<f64>,
}

/// How lifecycle bounds are written: a preset's name, months, or multiples of an interval.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum LifecycleForm {
    /// `ordinal-months` or `completed-months`.
    Preset(String),
    /// Last month of active, silent, dormant.
    Months([u32; 3]),
    /// Multiples of the shop's median interval.
    ShopIntervals {
        /// Ends of active, silent, dormant.
        shop_intervals: [f64; 3],
    },
    /// Multiples of the customer's own interval.
    OwnIntervals {
        /// Ends of active, silent, dormant.
        own_intervals: [f64; 3],
    },
}

/// Bins as people write them: `5`, `"5"`, `"5,3,5"` or `[5, 3, 5]`.
fn bins<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(
        untagged,
        expecting = "expected a number of bins such as 5, or three such as [5, 3, 5]"
    )]
    enum Bins {
        All(u8),
        PerAxis([u8; 3]),
        Text(String),
    }
    Ok(Some(match Bins::deserialize(deserializer)? {
        Bins::All(bins) => bins.to_string(),
        Bins::PerAxis(bins) => bins.map(|bins| bins.to_string()).join(","),
        Bins::Text(text) => text,
    }))
}

impl Settings {
    /// Reads a settings file.
    ///
    /// # Errors
    /// [`SettingsError::Unreadable`], [`SettingsError::Form`], and [`SettingsError::Value`] for another version.
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let name = path.display().to_string();
        let text =
            read_written(path, LARGEST_FILE).map_err(|message| SettingsError::Unreadable {
                path: name.clone(),
                message,
            })?;
        let settings: Self = toml::from_str(&text).map_err(|cause| SettingsError::Form {
            path: name.clone(),
            error: Box::new(FormError::new(&cause, &text)),
        })?;
        match settings.version {
            None | Some(1) => Ok(settings),
            Some(other) => Err(SettingsError::Value {
                setting: "version",
                value: other.to_string(),
                expected: "1".to_owned(),
            }),
        }
    }
}
