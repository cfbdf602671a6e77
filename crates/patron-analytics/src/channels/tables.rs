//! The tables of `patron channels`.

use std::collections::BTreeMap;

use patron_core::MoneySum;
use patron_stats::level::Level;
use patron_stats::pooling::{GroupMean, Pooling};
use patron_stats::summary::mean;
use serde_json::json;

use super::book::{Channel, Channels, Own, UNKNOWN};
use super::calibration::Kept;
use super::{ALL, Spent};
use crate::profit::{Basis, Totals, month_name};
use crate::shop::Shop;
use crate::study::{Note, Study, Table, Unit, Value};

/// Of intervals.
pub(super) const LEVEL: Level = Level::NINETY_FIVE;
/// Fewer customers tell little of a channel.
const FEW: u64 = 30;
/// Ages in whole months at which channels are compared.
const AGES: [i32; 6] = [1, 3, 6, 12, 24, 36];

/// Everything that was added up.
pub(super) struct Found<'a> {
    pub(super) shop: &'a Shop,
    pub(super) channels: Channels,
    pub(super) all: Totals,
    pub(super) basis: Basis,
    pub(super) spent: Spent,
    /// What comes of what is foretold, by channel.
    pub(super) kept: BTreeMap<String, Kept>,
    /// The last month that is known whole.
    pub(super) last: i32,
    /// The month of the as-of day.
    pub(super) this: i32,
}

/// What customers of a channel are worth on average, by themselves.
pub(super) struct Worth {
    so_far: Option<f64>,
    expected: Option<f64>,
    total: Option<f64>,
    error: Option<f64>,
}

/// What is to be believed of the mean value of a channel's customers: the mean, and its 95 % interval.
type Believed = Option<(f64, [f64; 2])>;

impl Found<'_> {
    pub(super) fn study(&self) -> Study {
        let mut tables = vec![
            self.overview(),
            self.by_age(),
            self.marginal(),
            self.engaged(),
            self.by_month(),
        ];
        tables.retain(|table| !table.rows.is_empty());
        Study {
            key: "channels",
            as_of: self.shop.as_of(),
            customers: self.all.customers,
            currency: self.shop.settings.currency.clone(),
            tables,
            notes: self.notes(),
        }
    }

    fn worth(&self, name: &str, channel: &Channel) -> Worth {
        let so_far = |own: &Own| self.basis.value(&own.totals).to_f64();
        let each: Vec<f64> = channel.customers.iter().map(so_far).collect();
        let kept = self.kept.get(name);
        let factor = kept.map_or(1.0, |kept| kept.ratio);
        let expected: Option<Vec<f64>> = channel
            .customers
            .iter()
            .map(|own| Some(factor * self.basis.expected(self.shop, own.place)?))
            .collect();
        let total: Option<Vec<f64>> = expected.as_ref().map(|expected| {
            let pairs = each.iter().zip(expected);
            pairs.map(|(so_far, expected)| so_far + expected).collect()
        });
        Worth {
            so_far: mean(&each),
            expected: expected.as_deref().and_then(mean),
            total: total.as_deref().and_then(mean),
            error: total.as_deref().and_then(standard_error).map(|error| {
                // What is kept of what is foretold is not known exactly either.
                let mean = expected.as_deref().and_then(mean).unwrap_or(0.0);
                error.hypot(mean * kept.map_or(0.0, |kept| kept.ln_error))
            }),
        }
    }

    /// What is to be believed of each channel: means of channels with few customers are drawn towards that of all (partial
    /// pooling), as far as channels are alike.
    fn believed(&self) -> BTreeMap<&str, Believed> {
        let worth = self.channels.iter();
        let worth: Vec<(&str, Worth)> = worth
            .map(|(name, channel)| (name.as_str(), self.worth(name, channel)))
            .collect();
        let group = |worth: &Worth| {
            Some(GroupMean {
                mean: worth.total?,
                standard_error: worth.error.filter(|error| *error > 0.0)?,
            })
        };
        let known = worth
            .iter()
            .filter_map(|(name, worth)| Some((*name, group(worth)?)));
        let (names, groups): (Vec<&str>, Vec<GroupMean>) = known.unzip();
        let pooled = Pooling::new(&groups).map(|pooling| pooling.pooled(LEVEL));
        let alone = |group: &GroupMean| {
            let half = LEVEL.normal() * group.standard_error;
            (group.mean, [group.mean - half, group.mean + half])
        };
        let each: Vec<(f64, [f64; 2])> = match &pooled {
            Ok(pooled) => pooled
                .iter()
                .map(|one| (one.mean, [one.interval.low, one.interval.high]))
                .collect(),
            Err(_) => groups.iter().map(alone).collect(),
        };
        let mut all: BTreeMap<&str, Believed> =
            names.into_iter().zip(each.into_iter().map(Some)).collect();
        let everybody = self.worth(ALL, &self.everybody());
        all.insert(ALL, group(&everybody).as_ref().map(alone));
        all
    }

    fn cac(&self, name: &str, channel: &Channel) -> Option<f64> {
        let spend = self.spent.to_win(name)?.to_f64();
        let customers = channel.totals().customers;
        (customers > 0).then(|| spend / customers as f64)
    }

    /// All channels as one.
    fn everybody(&self) -> Channel {
        let mut everybody = Channel::default();
        for channel in self.channels.values() {
            everybody.add(channel);
        }
        everybody.customers.sort_by_key(|own| own.place);
        everybody
    }

    fn overview(&self) -> Table {
        let mut table = Table::new("channels", self.title(), &OVERVIEW);
        let mut rows: Vec<(&String, &Channel)> = self.channels.iter().collect();
        rows.sort_by_key(|(name, channel)| (std::cmp::Reverse(channel.totals().customers), *name));
        let believed = self.believed();
        let of = |name: &str| believed.get(name).copied().flatten();
        for (name, channel) in rows {
            table.push(self.overview_of(name, channel, of(name)));
        }
        if self.channels.len() > 1 {
            table.push(self.overview_of(ALL, &self.everybody(), of(ALL)));
        }
        table
    }

    fn overview_of(&self, name: &str, channel: &Channel, believed: Believed) -> Vec<Value> {
        let totals = channel.totals();
        let worth = self.worth(name, channel);
        let is_few = totals.customers < FEW;
        let cac = self.cac(name, channel);
        let is_profit = self.basis.is_profit();
        let total = believed.map(|(mean, _)| mean).or(worth.total);
        let low = believed.map(|(_, [low, _])| low);
        let high = believed.map(|(_, [_, high])| high);
        let roi = |value: Option<f64>| Some(value? - cac?).filter(|_| is_profit);
        let ratio = || Some(total? / cac.filter(|cac| *cac > 0.0)?);
        let break_even = || Some(cac? / total.or(worth.so_far).filter(|v| *v > 0.0)?);
        let payback = is_profit.then(|| self.payback(name, channel)).flatten();
        vec![
            name.into(),
            totals.customers.into(),
            totals.orders.into(),
            totals.net.into(),
            Value::of_money(worth.so_far),
            Value::of_money(worth.expected),
            self.kept.get(name).map(|kept| kept.ratio).into(),
            Value::of_money(worth.total),
            Value::of_money(total),
            Value::of_money(low),
            Value::of_money(high),
            self.spent.to_win(name).into(),
            Value::of_money(cac),
            Value::of_money(roi(total)),
            ratio().filter(|_| is_profit).into(),
            payback.map_or(Value::None, |month| Value::Count(month.into())),
            self.keep_cost(name, channel)
                .map_or(Value::None, |cost| Value::of_money(Some(cost))),
            break_even().filter(|_| !is_profit).into(),
            self.verdict(roi(low), roi(high), is_few).into(),
        ]
    }

    /// What can be said of a channel, its uncertainty heeded.
    fn verdict(&self, low: Option<f64>, high: Option<f64>, is_few: bool) -> &'static str {
        match (low, high) {
            _ if is_few => "not enough customers",
            (Some(low), _) if low > 0.0 => "earns more than it costs",
            (_, Some(high)) if high < 0.0 => "costs more than it earns",
            (Some(_), Some(_)) => "cannot be told yet",
            _ if !self.basis.is_profit() => "costs of goods not known",
            _ => "no spend or no model known",
        }
    }

    fn title(&self) -> String {
        let what = if self.basis.is_profit() {
            "what is left of orders after costs"
        } else {
            "revenue (what goods cost is not known)"
        };
        format!("Customers by the channel that won them, the most first; values are {what}")
    }

    /// The first whole month after which what customers left has earned back what they cost; of those old enough.
    fn payback(&self, name: &str, channel: &Channel) -> Option<i32> {
        let cac = self.cac(name, channel)?;
        let first = *channel.cohorts.keys().next()?;
        let reaches = |month: &i32| {
            let (sum, customers) = channel.in_first(month + 1, self.last);
            let value = self.basis.value(&sum).to_f64();
            customers > 0 && value >= cac * customers as f64
        };
        (0..=self.last - first).find(reaches)
    }

    /// What it costs to keep a customer for a year.
    fn keep_cost(&self, name: &str, channel: &Channel) -> Option<f64> {
        let spend = self.spent.to_keep(name)?.to_f64();
        let first = *channel.cohorts.keys().next()?;
        let months: u64 = (first..=self.this).map(|month| channel.before(month)).sum();
        (months > 0).then(|| 12.0 * spend / months as f64)
    }

    /// Channels at equal age of customers.
    fn by_age(&self) -> Table {
        let title = "What customers brought in their first months, of those old enough; beside what it cost to win them";
        let columns = [
            ("channel", Unit::Text),
            ("months", Unit::Count),
            ("customers", Unit::Count),
            ("value_per_customer", Unit::Money),
            ("cac", Unit::Money),
            ("value_less_cac", Unit::Money),
        ];
        let mut table = Table::new("by_age", title, &columns);
        for (name, channel) in &self.channels {
            let cac = self.cac(name, channel);
            for months in AGES {
                let (sum, customers) = channel.in_first(months, self.last);
                if customers == 0 {
                    continue;
                }
                let value = self.basis.value(&sum).to_f64() / customers as f64;
                let left = cac.filter(|_| self.basis.is_profit());
                table.push(vec![
                    name.as_str().into(),
                    Value::Count(months.into()),
                    customers.into(),
                    Value::of_money(Some(value)),
                    Value::of_money(cac),
                    Value::of_money(left.map(|cac| value - cac)),
                ]);
            }
        }
        table
    }

    /// Spend and new customers, month by month.
    fn by_month(&self) -> Table {
        let title = "What it cost to win customers, by month of their first order";
        let columns = [
            ("channel", Unit::Text),
            ("month", Unit::Text),
            ("spend", Unit::Money),
            ("new_customers", Unit::Count),
            ("cac", Unit::Money),
        ];
        let mut table = Table::new("cac_by_month", title, &columns);
        for (name, months) in &self.spent.acquisition {
            let channel = self.channels.get(name);
            for (month, spend) in months {
                let cohort = channel.and_then(|channel| channel.cohorts.get(month));
                let new = cohort.map_or(0, |cohort| cohort.totals.customers);
                table.push(vec![
                    name.as_str().into(),
                    month_name(*month).into(),
                    (*spend).into(),
                    new.into(),
                    spend.mean(new).map(MoneySum::from).into(),
                ]);
            }
        }
        table
    }

    fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        if !self.basis.is_profit() {
            notes.push(Note::new(
                "channels_revenue",
                json!({}),
                "what goods cost is not known, so return on spend and payback are withheld; `break_even_margin` is the margin from which on the channel earns back what it costs. Give `unit_cost` with lines or products, or a share with `--margin`".to_owned(),
            ));
        }
        if self.spent.acquisition.is_empty() {
            notes.push(Note::new(
                "channels_no_spend",
                json!({}),
                "no spend to win customers is known: import it with the columns date, channel, amount, purpose (acquisition, retention)".to_owned(),
            ));
        }
        let without = self.spent.acquisition.keys();
        let without: Vec<&str> = without
            .filter(|name| !self.channels.contains_key(*name))
            .map(String::as_str)
            .collect();
        if !without.is_empty() {
            let names = without.join(", ");
            notes.push(Note::new(
                "channels_without_customers",
                json!({ "channels": names }),
                format!("money was spent on channels that no customer came by: {names}; are they written otherwise with customers?"),
            ));
        }
        if let Some(unknown) = self.channels.get(UNKNOWN) {
            let customers = unknown.totals().customers;
            notes.push(Note::new(
                "channels_unknown",
                json!({ "customers": customers }),
                format!("of {customers} customers nobody says by which channel they came"),
            ));
        }
        if self.kept.is_empty() && self.shop.valuation.values.expected.is_some() {
            notes.push(Note::new(
                "channels_not_held_against",
                json!({}),
                "records are too short (twice the horizon are needed), or customers too few, to hold what is foretold against what came: one model for all customers knows nothing of channels, so what is expected of them is drawn together".to_owned(),
            ));
        }
        if self.shop.valuation.values.expected.is_none() {
            notes.push(Note::new(
                "channels_no_model",
                json!({}),
                "no model values these customers, so nothing is said of what they will bring"
                    .to_owned(),
            ));
        }
        notes
    }
}

const OVERVIEW: [(&str, Unit); 19] = [
    ("channel", Unit::Text),
    ("customers", Unit::Count),
    ("orders", Unit::Count),
    ("net", Unit::Money),
    ("value_so_far", Unit::Money),
    ("expected_value", Unit::Money),
    ("kept_of_foretold", Unit::Number),
    ("total_value", Unit::Money),
    ("pooled_value", Unit::Money),
    ("total_low", Unit::Money),
    ("total_high", Unit::Money),
    ("acquisition_spend", Unit::Money),
    ("cac", Unit::Money),
    ("roi", Unit::Money),
    ("value_to_cac", Unit::Number),
    ("payback_month", Unit::Count),
    ("keep_cost_per_year", Unit::Money),
    ("break_even_margin", Unit::Share),
    ("verdict", Unit::Text),
];

/// The standard error of a mean; nothing of fewer than two.
fn standard_error(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    let others = values.len().checked_sub(1).filter(|others| *others > 0)? as f64;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((squares / others / values.len() as f64).sqrt())
}
