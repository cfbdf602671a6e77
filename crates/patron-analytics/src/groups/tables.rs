//! The tables of `patron groups`.

use patron_core::MoneySum;
use patron_stats::level::Level;
use patron_stats::rates::over_index;
use patron_stats::summary::{mean, sum};
use serde_json::json;

use super::{ATTRIBUTES, Groups};
use crate::profit::{Basis, Totals};
use crate::shop::Shop;
use crate::study::{Note, Study, Table, Unit, Value};

/// The segment of those with the top score on every axis.
const BEST: &str = "soulmates";
/// Risk of calling anything of an attribute different by chance.
const RISK: f64 = 0.05;
/// Fewer of the best tell nothing.
const FEW: u64 = 10;

/// Everything that was sorted.
pub(super) struct Found<'a> {
    pub(super) shop: &'a Shop,
    pub(super) basis: Basis,
    pub(super) groups: Groups,
    /// By the place of the customer; everybody has one.
    pub(super) worth: Vec<(usize, Totals)>,
    pub(super) fewest: u64,
}

impl Found<'_> {
    pub(super) fn study(&self) -> Study {
        let best = self.best();
        let mut tables = vec![self.ranked()];
        tables.extend(self.ideal(&best));
        Study {
            key: "groups",
            as_of: self.shop.as_of(),
            customers: self.worth.len() as u64,
            currency: self.shop.settings.currency.clone(),
            tables,
            notes: self.notes(&best),
        }
    }

    /// Groups that are large enough, by attribute; the others of each attribute together.
    fn of_attribute(&self, attribute: &'static str) -> Vec<(String, Vec<usize>)> {
        let of = self.groups.range((attribute, String::new())..);
        let of = of.take_while(|((known, _), _)| *known == attribute);
        let (mut large, mut small): (Vec<(String, Vec<usize>)>, Vec<usize>) =
            (Vec::new(), Vec::new());
        let mut left_out = 0;
        for ((_, value), places) in of {
            if places.len() as u64 >= self.fewest {
                large.push((value.clone(), places.clone()));
            } else {
                small.extend(places);
                left_out += 1;
            }
        }
        if !small.is_empty() {
            small.sort_unstable();
            large.push((format!("({left_out} smaller ones)"), small));
        }
        // What everybody has parts nobody.
        let parts = large.len() > 1 || large.iter().any(|(_, all)| all.len() < self.worth.len());
        if parts { large } else { Vec::new() }
    }

    fn worth_of(&self, places: &[usize]) -> (Totals, Option<Vec<f64>>) {
        let mut totals = Totals::default();
        for place in places {
            if let Some((_, own)) = self.worth.get(*place) {
                totals.add(own);
            }
        }
        let expected = places
            .iter()
            .map(|place| self.basis.expected(self.shop, *place));
        (totals, expected.collect())
    }

    /// All groups, those of one attribute together, the most valuable first.
    fn ranked(&self) -> Table {
        let what = if self.basis.is_profit() {
            "what is left of orders after costs"
        } else {
            "revenue (what goods cost is not known)"
        };
        let title = format!(
            "Customers by attribute, the most valuable group of each first; values are {what}"
        );
        let mut table = Table::new("groups", title, &COLUMNS);
        for attribute in ATTRIBUTES {
            let mut rows: Vec<(f64, Vec<Value>)> = self
                .of_attribute(attribute)
                .into_iter()
                .map(|(value, places)| self.row(attribute, &value, &places))
                .collect();
            rows.sort_by(|a, b| b.0.total_cmp(&a.0));
            table.rows.extend(rows.into_iter().map(|(_, row)| row));
        }
        table
    }

    fn row(&self, attribute: &str, value: &str, places: &[usize]) -> (f64, Vec<Value>) {
        let (totals, expected) = self.worth_of(places);
        let so_far = self.basis.value(&totals);
        let coming = expected.as_deref().map(sum);
        let total = so_far.to_f64() + coming.unwrap_or(0.0);
        let count = places.len() as u64;
        let row = vec![
            attribute.into(),
            value.into(),
            count.into(),
            totals.orders.into(),
            totals.net.into(),
            so_far.into(),
            Value::of_money(coming),
            Value::of_money(coming.map(|_| total)),
            so_far.mean(count).map(MoneySum::from).into(),
            Value::of_money(expected.as_deref().and_then(mean)),
            Value::of_money(coming.map(|_| total / count as f64)),
        ];
        (total, row)
    }

    /// The places of the best, ascending.
    fn best(&self) -> Vec<usize> {
        let is_best = |place: &usize| {
            let mut segments = self.shop.segments.member_keys(*place);
            segments.any(|key| key == BEST)
        };
        (0..self.worth.len()).filter(is_best).collect()
    }

    /// In what the best differ from the rest: what stands out, the most first.
    fn ideal(&self, best: &[usize]) -> Option<Table> {
        if (best.len() as u64) < FEW {
            return None;
        }
        let title = format!(
            "What the {} best customers (top score on every axis) have oftener or more seldom than the rest, with 95 % intervals over all values of an attribute together",
            best.len()
        );
        let mut table = Table::new("ideal_customer", title, &IDEAL);
        for attribute in ATTRIBUTES
            .into_iter()
            .filter(|attribute| !of_scores(attribute))
        {
            let groups = self.of_attribute(attribute);
            let known: usize = groups.iter().map(|(_, places)| places.len()).sum();
            let among = |places: &[usize]| {
                let of_best = places
                    .iter()
                    .filter(|place| best.binary_search(place).is_ok());
                of_best.count() as u64
            };
            let of_best: u64 = groups.iter().map(|(_, places)| among(places)).sum();
            let level = 1.0 - RISK / groups.len().max(1) as f64;
            let Ok(level) = Level::new(level.min(0.9999)) else {
                continue;
            };
            for (value, places) in &groups {
                let here = among(places);
                let rest = (places.len() as u64 - here, known as u64 - of_best);
                let Ok(found) = over_index((here, of_best), rest, level) else {
                    continue;
                };
                table.push(vec![
                    attribute.into(),
                    value.as_str().into(),
                    here.into(),
                    (here as f64 / of_best as f64).into(),
                    (rest.0 as f64 / rest.1 as f64).into(),
                    found.ratio.into(),
                    found.interval.low.into(),
                    found.interval.high.into(),
                    if found.differs() { "yes" } else { "" }.into(),
                ]);
            }
        }
        Some(table)
    }

    fn notes(&self, best: &[usize]) -> Vec<Note> {
        let mut notes = Vec::new();
        if (best.len() as u64) < FEW {
            notes.push(Note::new(
                "groups_few_best",
                json!({ "customers": best.len() }),
                format!("{} customers have the top score on every axis: too few to say in what they differ", best.len()),
            ));
        } else {
            notes.push(Note::new(
                "groups_no_cause",
                json!({}),
                "what the best customers have oftener goes together with being one; it need not make one".to_owned(),
            ));
        }
        if !self.basis.is_profit() {
            notes.push(Note::new(
                "groups_revenue",
                json!({}),
                "what goods cost is not known: values are revenue, not profit".to_owned(),
            ));
        }
        notes
    }
}

/// Attributes that say the same as the scores.
fn of_scores(attribute: &str) -> bool {
    matches!(attribute, "segment" | "lifecycle" | "first_month")
}

const COLUMNS: [(&str, Unit); 11] = [
    ("attribute", Unit::Text),
    ("value", Unit::Text),
    ("customers", Unit::Count),
    ("orders", Unit::Count),
    ("net", Unit::Money),
    ("value_so_far", Unit::Money),
    ("expected_value", Unit::Money),
    ("total_value", Unit::Money),
    ("value_so_far_each", Unit::Money),
    ("expected_value_each", Unit::Money),
    ("total_value_each", Unit::Money),
];

const IDEAL: [(&str, Unit); 9] = [
    ("attribute", Unit::Text),
    ("value", Unit::Text),
    ("best_customers", Unit::Count),
    ("share_of_best", Unit::Share),
    ("share_of_rest", Unit::Share),
    ("times_as_frequent", Unit::Number),
    ("low", Unit::Number),
    ("high", Unit::Number),
    ("differs", Unit::Text),
];
