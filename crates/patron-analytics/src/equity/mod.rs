//! `patron equity`: what all customers together are expected to bring, quarter by quarter: what grows when a shop grows well.

use patron_core::{Day, Money, MoneySum};
use patron_engine::Progress;
use serde_json::json;

use crate::run::RunError;
use crate::shop::{Foretold, Shop};
use crate::study::{Note, Study, Table, Unit, Value};

/// The segment of those with the top score on every axis.
const BEST: &str = "soulmates";
/// Months of a quarter.
const QUARTER: u32 = 3;

/// Customers of a day, all of them or some.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    customers: u64,
    expected: MoneySum,
    lifetime: MoneySum,
}

impl Sum {
    fn add(&mut self, expected: i64, lifetime: i64) {
        self.customers += 1;
        self.expected += Money(expected);
        self.lifetime += Money(lifetime);
    }
}

/// Works out the customer equity as of the as-of day and the ends of so many quarters before it.
///
/// # Errors
/// [`RunError`].
pub fn equity(shop: &Shop, quarters: u32, progress: &dyn Progress) -> Result<Study, RunError> {
    let basis = if shop.settings.margin.is_some() {
        "margin"
    } else {
        "revenue"
    };
    let title = format!(
        "What customers of each day were expected to bring ({basis}, discounted), by a model fitted to what that day knew"
    );
    let mut table = Table::new("equity", title, &COLUMNS);
    for day in days(shop.as_of(), quarters) {
        match shop.foretold(day, progress)? {
            Some(then) => table.push(row(shop, day, &then)?),
            // Nobody could be valued yet.
            None => table.push(vec![day.into()]),
        }
    }
    let known = |row: &&Vec<Value>| row.get(1).is_some_and(|cell| *cell != Value::None);
    let valued = table.rows.iter().filter(known).count();
    Ok(Study {
        key: "equity",
        as_of: shop.as_of(),
        customers: shop.table.len() as u64,
        currency: shop.settings.currency.clone(),
        tables: vec![table],
        notes: notes(valued),
    })
}

/// The ends of quarters before a day, and the day, ascending.
fn days(as_of: Day, quarters: u32) -> Vec<Day> {
    let (year, month, _) = as_of.plus_days(1).ymd();
    let first = Day::from_ymd(year, (month - 1) / 3 * 3 + 1, 1).unwrap_or(as_of);
    let ends = (0..quarters).map(|back| first.minus_months(QUARTER * back).plus_days(-1));
    let mut days: Vec<Day> = ends.filter(|end| *end < as_of).collect();
    days.reverse();
    days.push(as_of);
    days
}

fn row(shop: &Shop, day: Day, then: &Foretold) -> Result<Vec<Value>, RunError> {
    let segments = then.segments(shop)?;
    let expected = then.expected();
    let (mut all, mut best) = (Sum::default(), Sum::default());
    let each = expected.clv.iter().zip(&expected.clv_lifetime);
    for (place, (clv, lifetime)) in each.enumerate() {
        all.add(*clv, *lifetime);
        if segments.member_keys(place).any(|key| key == BEST) {
            best.add(*clv, *lifetime);
        }
    }
    let alive: f64 = patron_stats::summary::sum(&expected.probability_alive);
    let each = |sum: &Sum| sum.expected.mean(sum.customers).map(MoneySum::from);
    Ok(vec![
        day.into(),
        all.customers.into(),
        alive.into(),
        all.expected.into(),
        all.lifetime.into(),
        each(&all).into(),
        best.customers.into(),
        best.expected.into(),
        each(&best).into(),
    ])
}

fn notes(valued: usize) -> Vec<Note> {
    let mut notes = vec![Note::new(
        "equity_each_day",
        json!({}),
        "each day has its own model and its own best customers; refunds that came later are not known on it. A busy season just past raises what is expected".to_owned(),
    )];
    if valued < 2 {
        notes.push(Note::new(
            "equity_short",
            json!({ "days": valued }),
            "on fewer than two of these days customers could be valued: too little to see a course"
                .to_owned(),
        ));
    }
    notes
}

const COLUMNS: [(&str, Unit); 9] = [
    ("day", Unit::Day),
    ("customers", Unit::Count),
    ("expected_alive", Unit::Number),
    ("equity", Unit::Money),
    ("equity_lifetime", Unit::Money),
    ("equity_each", Unit::Money),
    ("soulmates", Unit::Count),
    ("equity_of_soulmates", Unit::Money),
    ("equity_each_soulmate", Unit::Money),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarters_end_before_the_day_or_on_it() {
        let told = |day, quarters| -> Vec<String> {
            let days = days(Day::parse_iso(day).unwrap(), quarters);
            days.into_iter().map(|day| day.to_string()).collect()
        };
        assert_eq!(told("2025-12-31", 2), ["2025-09-30", "2025-12-31"]);
        assert_eq!(
            told("2025-12-30", 2),
            ["2025-06-30", "2025-09-30", "2025-12-30"]
        );
        assert_eq!(told("2024-02-29", 1), ["2023-12-31", "2024-02-29"]);
        assert_eq!(told("2024-02-29", 0), ["2024-02-29"]);
    }
}
