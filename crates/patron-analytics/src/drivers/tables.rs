//! The tables of `patron drivers`.

use patron_core::{Day, Money, MoneySum};
use patron_stats::shapley::{apportioned, parts_of_change};
use serde_json::json;

use super::{Both, Moved, Sums};
use crate::profit::Basis;
use crate::shop::Shop;
use crate::study::{Note, Study, Table, Unit};

/// Everything that was added up.
pub(super) struct Found<'a> {
    pub(super) shop: &'a Shop,
    pub(super) months: u32,
    pub(super) basis: Basis,
    pub(super) begin: Day,
    pub(super) middle: Day,
    /// The day of the shop's first order.
    pub(super) first: Option<Day>,
    pub(super) customers: u64,
    pub(super) moved: [(u64, Both); 4],
}

/// A factor of revenue, or of what is left, in both periods.
type Factor = (&'static str, Option<f64>, Option<f64>);

impl Found<'_> {
    pub(super) fn study(&self) -> Study {
        let mut all = Both::default();
        self.moved.iter().for_each(|(_, both)| all.add(both));
        let mut tables = vec![self.periods(&all), self.groups(&all)];
        let change = |name: &str, of: MoneySum| {
            format!(
                "Why {name} changed by {:.2}: parts of the change that add up to it",
                of.to_f64()
            )
        };
        let revenue = all.later.net() - all.earlier.net();
        tables.push(table(
            "revenue_drivers",
            change("revenue", revenue),
            &self.factors(&all, false),
            revenue,
        ));
        if self.basis.is_profit() {
            let left = self.left(&all.later) - self.left(&all.earlier);
            tables.push(table(
                "contribution_drivers",
                change("what is left of orders", left),
                &self.factors(&all, true),
                left,
            ));
        }
        let kept = self
            .moved
            .first()
            .map(|(_, both)| *both)
            .unwrap_or_default();
        let of_kept = kept.later.net() - kept.earlier.net();
        let title = change("revenue of the customers kept", of_kept);
        // As many in both periods: what remains is how often, and how much.
        let factors = self.factors(&kept, false).split_off(1);
        let each = per_customer(&factors, kept.later.buyers);
        tables.push(table("kept_drivers", title, &each, of_kept));
        tables.retain(|table| !table.rows.is_empty());
        Study {
            key: "drivers",
            as_of: self.shop.as_of(),
            customers: self.customers,
            currency: self.shop.settings.currency.clone(),
            tables,
            notes: self.notes(&all),
        }
    }

    fn left(&self, sums: &Sums) -> MoneySum {
        self.basis.value(&sums.brought.totals())
    }

    fn factors(&self, both: &Both, with_margin: bool) -> Vec<Factor> {
        let ratio = |of: f64, by: f64| (by > 0.0).then(|| of / by);
        let factor =
            |name, of: &dyn Fn(&Sums) -> Option<f64>| (name, of(&both.earlier), of(&both.later));
        let mut factors = vec![
            factor("buyers", &|sums| Some(sums.buyers as f64)),
            factor("orders_per_buyer", &|sums| {
                ratio(sums.orders as f64, sums.buyers as f64)
            }),
            factor("net_per_order", &|sums| {
                ratio(sums.net().to_f64(), sums.orders as f64)
            }),
        ];
        if with_margin {
            factors.push(factor("margin", &|sums| {
                ratio(self.left(sums).to_f64(), sums.net().to_f64())
            }));
        }
        factors
    }

    fn periods(&self, all: &Both) -> Table {
        let columns = [
            ("period", Unit::Text),
            ("after", Unit::Day),
            ("until", Unit::Day),
            ("buyers", Unit::Count),
            ("orders", Unit::Count),
            ("revenue", Unit::Money),
            ("contribution", Unit::Money),
            ("orders_per_buyer", Unit::Number),
            ("net_per_order", Unit::Money),
            ("margin", Unit::Share),
        ];
        let title = format!("The last {} months beside as many before", self.months);
        let mut table = Table::new("periods", title, &columns);
        let periods = [
            ("earlier", self.begin, self.middle, &all.earlier),
            ("later", self.middle, self.shop.as_of(), &all.later),
        ];
        for (name, after, until, sums) in periods {
            let left = self.basis.is_profit().then(|| self.left(sums));
            let net = sums.net();
            let margin = left
                .filter(|_| net > MoneySum::ZERO)
                .map(|left| left.to_f64() / net.to_f64());
            let often = (sums.buyers > 0).then(|| sums.orders as f64 / sums.buyers as f64);
            table.push(vec![
                name.into(),
                after.into(),
                until.into(),
                sums.buyers.into(),
                sums.orders.into(),
                net.into(),
                left.into(),
                often.into(),
                net.mean(sums.orders).map(MoneySum::from).into(),
                margin.into(),
            ]);
        }
        table
    }

    fn groups(&self, all: &Both) -> Table {
        let columns = [
            ("group", Unit::Text),
            ("customers", Unit::Count),
            ("earlier", Unit::Money),
            ("later", Unit::Money),
            ("change", Unit::Money),
            ("earlier_orders", Unit::Count),
            ("later_orders", Unit::Count),
        ];
        let title = "Revenue of customers kept (bought in both periods), new, won back (bought before both) and lost";
        let mut table = Table::new("groups", title, &columns);
        let mut push = |name: &str, customers: u64, both: &Both| {
            table.push(vec![
                name.into(),
                customers.into(),
                both.earlier.net().into(),
                both.later.net().into(),
                (both.later.net() - both.earlier.net()).into(),
                both.earlier.orders.into(),
                both.later.orders.into(),
            ]);
        };
        for (moved, (customers, both)) in Moved::ALL.iter().zip(&self.moved) {
            push(moved.key(), *customers, both);
        }
        let customers = self.moved.iter().map(|(customers, _)| customers).sum();
        push("all", customers, all);
        table
    }

    fn notes(&self, all: &Both) -> Vec<Note> {
        let mut notes = Vec::new();
        if !self.basis.is_profit() {
            notes.push(Note::new(
                "drivers_revenue",
                json!({}),
                "what goods cost is not known, so it is revenue that is told; give `unit_cost` with lines or products, or a share with `--margin`".to_owned(),
            ));
        }
        if let Some(first) = self.first.filter(|first| *first > self.begin.plus_days(1)) {
            notes.push(Note::new(
                "drivers_short_history",
                json!({ "first": first.to_string() }),
                format!("the first order is of {first}, so the earlier period is not whole, and nobody can have been won back"),
            ));
        }
        if !self.months.is_multiple_of(12) {
            notes.push(Note::new(
                "drivers_seasons",
                json!({ "months": self.months }),
                format!("periods of {} months are of different seasons: part of the change may be the calendar's", self.months),
            ));
        }
        if all.earlier.buyers == 0 || all.later.buyers == 0 {
            notes.push(Note::new(
                "drivers_empty_period",
                json!({}),
                "in one of the periods nobody bought, so the whole change is that of buyers"
                    .to_owned(),
            ));
        }
        notes.push(Note::new(
            "drivers_method",
            json!({}),
            "each part is the mean over all orders in which the factors could have changed one after the other (Shapley); it says what goes with the change, not what caused it".to_owned(),
        ));
        notes
    }
}

/// Orders of all customers, where the number of customers is the same.
fn per_customer(factors: &[Factor], customers: u64) -> Vec<Factor> {
    let customers = customers as f64;
    let mut all = vec![("customers", Some(customers), Some(customers))];
    all.extend_from_slice(factors);
    all
}

/// A factor a row, with its part of the change in ten-thousandths.
fn table(key: &'static str, title: String, factors: &[Factor], change: MoneySum) -> Table {
    let columns = [
        ("factor", Unit::Text),
        ("earlier", Unit::Number),
        ("later", Unit::Number),
        ("part_of_change", Unit::Money),
        ("share_of_earlier", Unit::Share),
    ];
    let mut table = Table::new(key, title, &columns);
    let Some(parts) = parts(factors, change) else {
        return table;
    };
    let before: f64 = factors
        .iter()
        .map(|(_, earlier, _)| earlier.unwrap_or(0.0))
        .product();
    for ((name, earlier, later), part) in factors.iter().zip(&parts) {
        let share = (before > 0.0).then(|| part.to_f64() / before);
        table.push(vec![
            (*name).into(),
            (*earlier).into(),
            (*later).into(),
            (*part).into(),
            share.into(),
        ]);
    }
    table
}

/// Returns the part of each factor; together they are the change, to the ten-thousandth.
fn parts(factors: &[Factor], change: MoneySum) -> Option<Vec<MoneySum>> {
    // What is not known of an empty period did not change.
    let known = |one: Option<f64>, other: Option<f64>| one.or(other).unwrap_or(0.0);
    let earlier: Vec<f64> = factors
        .iter()
        .map(|(_, earlier, later)| known(*earlier, *later))
        .collect();
    let later: Vec<f64> = factors
        .iter()
        .map(|(_, earlier, later)| known(*later, *earlier))
        .collect();
    let parts = parts_of_change(&earlier, &later).ok()?;
    let unit = 1.0 / Money(1).to_f64();
    let units: Vec<f64> = parts.iter().map(|part| part * unit).collect();
    let whole = apportioned(&units, change.0).ok()?;
    Some(whole.into_iter().map(MoneySum).collect())
}
