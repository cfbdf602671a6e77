//! The tables of `patron pareto`.

use patron_stats::lorenz::Concentration;
use serde_json::json;

use super::Window;
use crate::shop::Shop;
use crate::study::{Note, Study, Table, Unit, Value};

/// Shares of customers whose part is told.
const TOPS: [(f64, &str); 4] = [(0.01, "1 %"), (0.05, "5 %"), (0.1, "10 %"), (0.2, "20 %")];
/// Points of a curve.
const POINTS: usize = 100;
/// Of fewer customers the top 1 % is one customer or two.
const FEW: u64 = 100;

/// Everything that was collected.
pub(super) struct Found<'a> {
    pub(super) shop: &'a Shop,
    /// Values of all customers, by what they are.
    pub(super) measures: Vec<(&'static str, Vec<f64>)>,
    /// Revenue of buyers by window, the latest first.
    pub(super) series: Vec<(Window, Vec<f64>)>,
    pub(super) is_profit: bool,
    pub(super) customers: u64,
    pub(super) with_curves: bool,
}

impl Found<'_> {
    pub(super) fn study(&self) -> Study {
        let measures = self.measures.iter();
        let measures: Vec<(&str, Concentration)> = measures
            .filter_map(|(name, values)| Some((*name, Concentration::new(values.clone())?)))
            .collect();
        let mut tables = vec![
            self.concentration(&measures),
            tops(&measures),
            self.over_time(),
        ];
        if self.with_curves {
            tables.push(curves(&measures));
        }
        tables.retain(|table| !table.rows.is_empty());
        Study {
            key: "pareto",
            as_of: self.shop.as_of(),
            customers: self.customers,
            currency: self.shop.settings.currency.clone(),
            tables,
            notes: self.notes(&measures),
        }
    }

    fn concentration(&self, measures: &[(&str, Concentration)]) -> Table {
        let of_revenue = measures.first().and_then(|(_, all)| all.top(0.2));
        let title = of_revenue.map_or_else(
            || "How concentrated values are".to_owned(),
            |top| {
                let share = 100.0 * top.share;
                format!(
                    "The best 20 % of customers ({}) bring {share:.1} % of revenue",
                    top.values
                )
            },
        );
        let columns = [
            ("measure", Unit::Text),
            ("customers", Unit::Count),
            ("total", Unit::Money),
            ("per_customer", Unit::Money),
            ("gini", Unit::Number),
            ("normalised_gini", Unit::Number),
            ("customers_below_zero", Unit::Count),
            ("sum_below_zero", Unit::Money),
        ];
        let mut table = Table::new("concentration", title, &columns);
        for (name, all) in measures {
            let below = all.below_zero();
            table.push(vec![
                (*name).into(),
                (all.values() as u64).into(),
                Value::of_money(Some(all.total())),
                Value::of_money(Some(all.total() / all.values() as f64)),
                all.gini().into(),
                all.normalised_gini().into(),
                (below.values as u64).into(),
                Value::of_money(Some(below.sum)),
            ]);
        }
        table
    }

    /// Of windows of a year that end every quarter.
    fn over_time(&self) -> Table {
        let title = "Revenue of twelve months, by those who bought in them: how much the best of them brought";
        let columns = [
            ("after", Unit::Day),
            ("until", Unit::Day),
            ("buyers", Unit::Count),
            ("revenue", Unit::Money),
            ("gini", Unit::Number),
            ("top_1", Unit::Share),
            ("top_5", Unit::Share),
            ("top_10", Unit::Share),
            ("top_20", Unit::Share),
        ];
        let mut table = Table::new("over_time", title, &columns);
        for (window, values) in self.series.iter().rev() {
            let Some(all) = Concentration::new(values.clone()) else {
                continue;
            };
            let mut row: Vec<Value> = vec![
                window.after.into(),
                window.until.into(),
                (all.values() as u64).into(),
                Value::of_money(Some(all.total())),
                all.gini().into(),
            ];
            row.extend(
                TOPS.iter()
                    .map(|(top, _)| Value::from(all.top(*top).map(|top| top.share))),
            );
            table.push(row);
        }
        table
    }

    fn notes(&self, measures: &[(&str, Concentration)]) -> Vec<Note> {
        let mut notes = Vec::new();
        if !self.is_profit {
            notes.push(Note::new(
                "pareto_revenue",
                json!({}),
                "what goods cost is not known, so it is revenue that is told; give `unit_cost` with lines or products, or a share with `--margin`".to_owned(),
            ));
        }
        let below = measures
            .iter()
            .filter(|(_, all)| all.below_zero().values > 0);
        for (name, all) in below {
            let below = all.below_zero();
            notes.push(Note::new(
                "pareto_below_zero",
                json!({ "measure": name, "customers": below.values }),
                format!("customers with a {name} below 0: {}; the others bring more than the whole, so that shares of the best are too large and the Gini coefficient may exceed 1: `normalised_gini` counts losses by their size", below.values),
            ));
        }
        if self.customers < FEW {
            notes.push(Note::new(
                "pareto_few",
                json!({ "customers": self.customers }),
                format!("of {} customers the top 1 % is a single one: one customer more or less moves these shares", self.customers),
            ));
        }
        notes
    }
}

/// The best so many per cent, a whole number of customers, rounded up.
fn tops(measures: &[(&str, Concentration)]) -> Table {
    let columns = [
        ("measure", Unit::Text),
        ("top", Unit::Text),
        ("customers", Unit::Count),
        ("sum", Unit::Money),
        ("share", Unit::Share),
        ("from_value", Unit::Money),
    ];
    let title = "What the best bring, and from which value on a customer is one of them";
    let mut table = Table::new("top", title, &columns);
    for (name, all) in measures {
        for (top, words) in TOPS {
            let Some(found) = all.top(top) else { continue };
            table.push(vec![
                (*name).into(),
                words.into(),
                (found.values as u64).into(),
                Value::of_money(Some(found.sum)),
                found.share.into(),
                Value::of_money(found.least),
            ]);
        }
    }
    table
}

fn curves(measures: &[(&str, Concentration)]) -> Table {
    let columns = [
        ("measure", Unit::Text),
        ("share_of_customers", Unit::Share),
        ("share_of_total", Unit::Share),
    ];
    let title = "Lorenz's curve: what the least valuable customers bring together";
    let mut table = Table::list("lorenz", title, &columns);
    for (name, all) in measures {
        for (customers, total) in all.lorenz(POINTS).unwrap_or_default() {
            table.push(vec![(*name).into(), customers.into(), total.into()]);
        }
    }
    table
}
