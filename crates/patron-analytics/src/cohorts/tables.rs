//! The tables of `patron cohorts`.

use patron_core::MoneySum;
use patron_stats::level::Level;
use patron_stats::rates::wilson;
use serde_json::json;

use super::book::{Book, Cohort, Group, Grouping};
use super::{Period, rhythm};
use crate::channels::{ALL, Spent};
use crate::profit::{Basis, Brought, month_name};
use crate::shop::Shop;
use crate::study::{Column, Note, Study, Table, Unit, Value};

/// Ages shown side by side.
const SIDE_BY_SIDE: i32 = 12;
/// First products that are told, those of the most customers.
const MOST_PRODUCTS: usize = 20;
/// Fewer customers tell little.
const FEW: u64 = 30;

/// Everything that was added up.
pub(super) struct Found<'a> {
    pub(super) shop: &'a Shop,
    pub(super) period: Period,
    pub(super) basis: Basis,
    pub(super) spent: Spent,
    /// The last period that is over.
    pub(super) last: i32,
    pub(super) book: Book,
    pub(super) with_cells: bool,
}

/// What is told in a cell of the tables of ages side by side.
#[derive(Clone, Copy)]
enum Told {
    Retention,
    Revenue,
    Contribution,
}

impl Found<'_> {
    pub(super) fn study(&self) -> Study {
        let mut tables = vec![
            self.overview(),
            self.side_by_side(Told::Retention),
            self.side_by_side(Told::Revenue),
        ];
        if self.basis.is_profit() {
            tables.push(self.side_by_side(Told::Contribution));
        }
        tables.extend(
            [
                Grouping::Channel,
                Grouping::FirstProduct,
                Grouping::FirstCategory,
                Grouping::FirstDiscount,
            ]
            .map(|grouping| self.groups(grouping)),
        );
        tables.extend([rhythm::rhythm(&self.book), rhythm::reached(&self.book)]);
        if self.with_cells {
            tables.extend([
                self.cells(),
                self.ages(),
                rhythm::rhythm_by_days(&self.book),
            ]);
        }
        tables.retain(|table| !table.rows.is_empty());
        Study {
            key: "cohorts",
            as_of: self.shop.as_of(),
            customers: self.book.all.customers,
            currency: self.shop.settings.currency.clone(),
            tables,
            notes: self.notes(),
        }
    }

    /// A period as people write it: `2025-03`, `2025 Q1`.
    fn name(&self, period: i32) -> String {
        match self.period {
            Period::Month => month_name(period),
            Period::Quarter => format!("{:04} Q{}", period.div_euclid(4), period.rem_euclid(4) + 1),
        }
    }

    const fn unit(&self) -> &'static str {
        match self.period {
            Period::Month => "month",
            Period::Quarter => "quarter",
        }
    }

    /// Periods that a cohort has lived through whole; age 0 is one of them.
    fn complete(&self, begin: i32) -> i32 {
        (self.last - begin + 1).max(0)
    }

    /// What it cost to win a customer of a cohort, over all channels.
    fn cac(&self, begin: i32, cohort: &Cohort) -> Option<f64> {
        let months = self.period.months_of(begin);
        let of_channel = |spend: &std::collections::BTreeMap<i32, MoneySum>| {
            spend
                .range(months.clone())
                .map(|(_, sum)| *sum)
                .sum::<MoneySum>()
        };
        let known = !self.spent.acquisition.is_empty();
        let spend: MoneySum = self.spent.acquisition.values().map(of_channel).sum();
        (known && cohort.customers > 0).then(|| spend.to_f64() / cohort.customers as f64)
    }

    /// Sums of a cohort up to and with each age, from age 0 on; `ages` of them.
    fn growing(&self, cohort: &Cohort, ages: i32) -> Vec<Brought> {
        let mut sum = Brought::default();
        let grown = (0..ages).map(|age| {
            if let Some(cell) = cohort.cells.get(&age) {
                sum.add(&cell.brought);
            }
            sum
        });
        grown.collect()
    }

    /// Revenue of each customer, and what is left of it.
    fn each(&self, brought: &Brought, customers: u64) -> [Value; 2] {
        let mean = |sum: MoneySum| sum.mean(customers).map(MoneySum::from);
        let left = self
            .basis
            .is_profit()
            .then(|| self.basis.value(&brought.totals()));
        [mean(brought.net).into(), left.and_then(mean).into()]
    }

    /// The first age at which what customers left has earned back what they cost.
    fn payback(&self, cac: Option<f64>, grown: &[(Brought, u64)]) -> Value {
        let Some(cac) = cac.filter(|_| self.basis.is_profit()) else {
            return Value::None;
        };
        let earned = |(brought, customers): &(Brought, u64)| {
            let value = self.basis.value(&brought.totals()).to_f64();
            *customers > 0 && value >= cac * *customers as f64
        };
        let age = grown.iter().position(earned);
        age.map_or(Value::None, |age| (age as u64).into())
    }

    fn overview(&self) -> Table {
        let unit = self.unit();
        let title = format!(
            "Customers by the {unit} of their first order, all that is known of them so far; predicted is what a model expects, not what came"
        );
        let mut table = Table::new("cohorts", title, &OVERVIEW);
        for (&begin, cohort) in &self.book.cohorts {
            let customers = cohort.customers;
            let complete = self.complete(begin);
            let cac = self.cac(begin, cohort);
            let grown = self.growing(cohort, complete);
            let grown: Vec<(Brought, u64)> =
                grown.into_iter().map(|sum| (sum, customers)).collect();
            let mut all = Brought::default();
            cohort
                .cells
                .values()
                .for_each(|cell| all.add(&cell.brought));
            let modelled = self.shop.valuation.values.expected.is_some();
            let predicted = modelled.then(|| {
                cohort.expected.to_f64() * self.basis.of_expected(self.shop) / customers as f64
            });
            let so_far = self.basis.value(&all.totals()).to_f64() / customers as f64;
            let [revenue, left] = self.each(&all, customers);
            let mut row = vec![self.name(begin).into(), customers.into()];
            row.extend(share_of(cohort.repeaters, customers));
            row.extend([
                Value::Count(complete.into()),
                revenue,
                left,
                Value::of_money(cac),
                self.payback(cac, &grown),
                Value::of_money(predicted),
                Value::of_money(predicted.map(|predicted| so_far + predicted)),
            ]);
            table.push(row);
        }
        table
    }

    /// Cohorts against ages, complete cells only.
    fn side_by_side(&self, told: Told) -> Table {
        let unit = self.unit();
        let (key, title, cell_unit) = match told {
            Told::Retention => (
                "retention",
                format!(
                    "Share of each cohort with an order in the n-th {unit} after that of the first"
                ),
                Unit::Share,
            ),
            Told::Revenue => (
                "revenue",
                format!(
                    "Revenue of each customer so far at the end of the n-th {unit} after that of the first"
                ),
                Unit::Money,
            ),
            Told::Contribution => (
                "contribution",
                format!(
                    "What is left of each customer so far at the end of the n-th {unit} after that of the first"
                ),
                Unit::Money,
            ),
        };
        let columns = [("cohort", Unit::Text), ("customers", Unit::Count)];
        let mut table = Table::new(key, title, &columns);
        let oldest = self
            .book
            .cohorts
            .keys()
            .next()
            .map_or(0, |begin| self.complete(*begin));
        let ages = oldest.min(SIDE_BY_SIDE + 1);
        let named = (0..ages).map(|age| Column::named(age.to_string(), cell_unit));
        table.columns.extend(named);
        for (&begin, cohort) in &self.book.cohorts {
            let customers = cohort.customers;
            let ages = self.complete(begin).min(ages);
            let mut row = vec![self.name(begin).into(), customers.into()];
            for (age, grown) in (0..).zip(self.growing(cohort, ages)) {
                let [revenue, left] = self.each(&grown, customers);
                let buyers = cohort.cells.get(&age).map_or(0, |cell| cell.buyers);
                row.push(match told {
                    Told::Retention => (buyers as f64 / customers as f64).into(),
                    Told::Revenue => revenue,
                    Told::Contribution => left,
                });
            }
            table.push(row);
        }
        table
    }

    /// Every cell, incomplete ones marked.
    fn cells(&self) -> Table {
        let title = "Every cohort at every age; a cell is complete if its period is over";
        let mut table = Table::list("cells", title, &CELLS);
        let this = self.period.of(self.shop.as_of());
        for (&begin, cohort) in &self.book.cohorts {
            let grown = self.growing(cohort, this - begin + 1);
            for (age, grown) in (0..).zip(grown) {
                let complete = age < self.complete(begin);
                let buyers = cohort.cells.get(&age).map_or(0, |cell| cell.buyers);
                let mut row = vec![
                    self.name(begin).into(),
                    Value::Count(age.into()),
                    if complete { "yes" } else { "no" }.into(),
                    cohort.customers.into(),
                    buyers.into(),
                ];
                row.extend(share_of(buyers, cohort.customers));
                row.push(grown.net.into());
                row.extend(self.each(&grown, cohort.customers));
                table.push(row);
            }
        }
        table
    }

    /// Groups of a kind, those of the most customers first.
    fn ordered(&self, grouping: Grouping) -> Vec<(&String, &Group)> {
        let groups = self.book.groups.get(&grouping);
        let mut groups: Vec<(&String, &Group)> = groups.into_iter().flatten().collect();
        groups.sort_by_key(|(name, group)| (std::cmp::Reverse(group.customers), *name));
        if grouping == Grouping::FirstProduct {
            groups.truncate(MOST_PRODUCTS);
        }
        groups
    }

    fn cac_of(&self, grouping: Grouping, name: &str, group: &Group) -> Option<f64> {
        let channel = match grouping {
            Grouping::Channel => name,
            Grouping::All => ALL,
            _ => return None,
        };
        let spend = self.spent.to_win(channel)?;
        Some(spend.to_f64() / group.customers as f64)
    }

    fn groups(&self, grouping: Grouping) -> Table {
        let unit = self.unit();
        let what = match grouping {
            Grouping::Channel => "the channel that won them",
            Grouping::FirstProduct => {
                "the article of their first order that most was paid for (the twenty of the most customers)"
            }
            Grouping::FirstCategory => {
                "the kind of the article of their first order that most was paid for"
            }
            _ => "whether something was taken off their first order",
        };
        let title = format!(
            "Customers by {what}: share with an order in the n-th {unit} after the first, and what each brought by its end, of those old enough"
        );
        let key = match grouping {
            Grouping::Channel => "by_channel",
            Grouping::FirstProduct => "by_first_product",
            Grouping::FirstCategory => "by_first_category",
            _ => "by_first_discount",
        };
        let mut table = Table::new(key, title, &GROUPS);
        let ages = self.period.read_at();
        let column =
            |what: &str, unit| ages.map(|age| Column::named(format!("{what}_{age}"), unit));
        table.columns.extend(column("retention", Unit::Share));
        table.columns.extend(column("revenue", Unit::Money));
        if self.basis.is_profit() {
            table.columns.extend(column("contribution", Unit::Money));
        }
        if grouping == Grouping::Channel {
            table.columns.extend([
                Column::new("cac", Unit::Money),
                Column::new("payback", Unit::Count),
            ]);
        }
        for (name, group) in self.ordered(grouping) {
            table.push(self.row_of(grouping, name, group));
        }
        table
    }

    fn row_of(&self, grouping: Grouping, name: &str, group: &Group) -> Vec<Value> {
        let mut row = vec![name.into(), group.customers.into()];
        row.extend(share_of(group.repeaters, group.customers));
        let at = |age: i32| group.ages.get(usize::try_from(age).unwrap_or(usize::MAX));
        let ages = self.period.read_at().map(at);
        let (mut revenues, mut lefts) = (Vec::new(), Vec::new());
        for age in ages {
            let share = age.map(|age| age.buyers as f64 / age.customers as f64);
            row.push(share.into());
            let each = age.map(|age| self.each(&age.brought, age.customers));
            let [revenue, left] = each.unwrap_or([Value::None, Value::None]);
            revenues.push(revenue);
            lefts.push(left);
        }
        row.append(&mut revenues);
        if self.basis.is_profit() {
            row.append(&mut lefts);
        }
        if grouping == Grouping::Channel {
            let cac = self.cac_of(grouping, name, group);
            row.extend([Value::of_money(cac), self.payback(cac, &grown(group))]);
        }
        row
    }

    /// All groups at all ages.
    fn ages(&self) -> Table {
        let title = "Customers at each age, of those old enough: all of them, and by what their first order was";
        let mut table = Table::list("ages", title, &AGES);
        let groupings = self.book.groups.keys();
        for &grouping in groupings {
            for (name, group) in self.ordered(grouping) {
                let cac = self.cac_of(grouping, name, group);
                for (place, age) in group.ages.iter().enumerate() {
                    let mut row = vec![
                        grouping.key().into(),
                        name.as_str().into(),
                        (place as u64).into(),
                        age.customers.into(),
                        age.buyers.into(),
                    ];
                    row.extend(share_of(age.buyers, age.customers));
                    row.extend(self.each(&age.brought, age.customers));
                    row.push(Value::of_money(cac));
                    table.push(row);
                }
            }
        }
        table
    }

    fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        if !self.basis.is_profit() {
            notes.push(Note::new(
                "cohorts_revenue",
                json!({}),
                "what goods cost is not known, so it is revenue that is told and predicted, and when a customer is earned back is not; give `unit_cost` with lines or products, or a share with `--margin`".to_owned(),
            ));
        }
        let small = self
            .book
            .cohorts
            .values()
            .filter(|cohort| cohort.customers < FEW)
            .count();
        if small > 0 {
            notes.push(Note::new(
                "cohorts_few",
                json!({ "cohorts": small, "customers": FEW }),
                format!("{small} of {} cohorts have fewer than {FEW} customers: one customer more or less moves their shares by points; intervals are in `--table cells`", self.book.cohorts.len()),
            ));
        }
        notes.push(Note::new(
            "cohorts_young",
            json!({}),
            "young cohorts have had less time: compare cohorts at the same age, not by their repeat rates or by what they brought so far".to_owned(),
        ));
        if !self.spent.acquisition.is_empty() {
            notes.push(Note::new(
                "cohorts_cac",
                json!({}),
                "what it cost to win a customer of a cohort is the spend of its period over all channels, by all customers who first bought then, those included whom nobody paid for".to_owned(),
            ));
        }
        if self.shop.valuation.values.expected.is_none() {
            notes.push(Note::new(
                "cohorts_no_model",
                json!({}),
                "no model values these customers, so nothing is said of what they will bring"
                    .to_owned(),
            ));
        } else {
            let months = self.shop.settings.horizon_months;
            notes.push(Note::new(
                "cohorts_predicted",
                json!({ "months": months }),
                format!("what is predicted is for {months} months from the as-of day, discounted; it is a model's expectation, which no cohort has brought yet"),
            ));
        }
        notes
    }
}

/// What a group brought at each age, and of how many.
fn grown(group: &Group) -> Vec<(Brought, u64)> {
    let ages = group.ages.iter();
    ages.map(|age| (age.brought, age.customers)).collect()
}

/// A share with its interval of 95 %.
fn share_of(part: u64, whole: u64) -> [Value; 3] {
    match wilson(part, whole, Level::NINETY_FIVE) {
        Ok(found) => [
            found.share.into(),
            found.interval.low.into(),
            found.interval.high.into(),
        ],
        Err(_) => [Value::None, Value::None, Value::None],
    }
}

const OVERVIEW: [(&str, Unit); 12] = [
    ("cohort", Unit::Text),
    ("customers", Unit::Count),
    ("repeat_rate", Unit::Share),
    ("repeat_low", Unit::Share),
    ("repeat_high", Unit::Share),
    ("complete_periods", Unit::Count),
    ("revenue_per_customer", Unit::Money),
    ("contribution_per_customer", Unit::Money),
    ("cac", Unit::Money),
    ("payback", Unit::Count),
    ("predicted_per_customer", Unit::Money),
    ("with_predicted", Unit::Money),
];

const CELLS: [(&str, Unit); 11] = [
    ("cohort", Unit::Text),
    ("age", Unit::Count),
    ("complete", Unit::Text),
    ("customers", Unit::Count),
    ("buyers", Unit::Count),
    ("retention", Unit::Share),
    ("low", Unit::Share),
    ("high", Unit::Share),
    ("revenue", Unit::Money),
    ("revenue_per_customer", Unit::Money),
    ("contribution_per_customer", Unit::Money),
];

const GROUPS: [(&str, Unit); 5] = [
    ("group", Unit::Text),
    ("customers", Unit::Count),
    ("repeat_rate", Unit::Share),
    ("repeat_low", Unit::Share),
    ("repeat_high", Unit::Share),
];

const AGES: [(&str, Unit); 11] = [
    ("grouping", Unit::Text),
    ("group", Unit::Text),
    ("age", Unit::Count),
    ("customers", Unit::Count),
    ("buyers", Unit::Count),
    ("retention", Unit::Share),
    ("low", Unit::Share),
    ("high", Unit::Share),
    ("revenue_per_customer", Unit::Money),
    ("contribution_per_customer", Unit::Money),
    ("cac", Unit::Money),
];
