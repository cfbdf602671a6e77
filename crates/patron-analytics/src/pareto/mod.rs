//! `patron pareto`: how much the best customers bring.

mod tables;

use patron_core::{Day, Money, MoneySum};
use patron_engine::{Dossier, Progress, Visitor};

use crate::profit::{Accountant, Basis, Brought, Totals};
use crate::run::RunError;
use crate::settings::Settings;
use crate::shop::Shop;
use crate::study::Study;

/// Windows that are looked at over time, and how far apart they end.
const WINDOWS: u32 = 12;
const MONTHS_APART: u32 = 3;
/// Months of a window.
const MONTHS: u32 = 12;

/// What is asked besides the shop.
#[derive(Debug, Clone, Default)]
pub struct ParetoRequest {
    /// Settings given as flags.
    pub flags: Settings,
    /// Whether the curves are told point by point.
    pub with_curves: bool,
}

/// Orders after one day, up to and with another.
#[derive(Debug, Clone, Copy)]
struct Window {
    after: Day,
    until: Day,
}

impl Window {
    /// The last so many, the latest first.
    fn series(as_of: Day) -> Vec<Self> {
        let window = |place: u32| Self {
            after: as_of.minus_months(place * MONTHS_APART + MONTHS),
            until: as_of.minus_months(place * MONTHS_APART),
        };
        (0..WINDOWS).map(window).collect()
    }

    fn holds(self, day: Day) -> bool {
        self.after < day && day <= self.until
    }
}

/// What each customer brought.
struct Collector<'a> {
    accountant: &'a Accountant,
    windows: &'a [Window],
    /// In all, with what was taken off besides.
    people: Vec<Brought>,
    /// Revenue of those who bought, by window.
    by_window: Vec<Vec<f64>>,
    first: Option<Day>,
}

impl Visitor for Collector<'_> {
    fn take(&mut self, dossier: &Dossier<'_>) {
        let Some(first) = dossier.orders.first() else {
            return;
        };
        self.first = Some(self.first.map_or(first.day, |day| day.min(first.day)));
        let mut all = Brought::default();
        let mut in_windows = vec![MoneySum::ZERO; self.windows.len()];
        for order in &dossier.orders {
            all.add(&Brought::of(order, &self.accountant.of(dossier, order)));
            for (window, sum) in self.windows.iter().zip(&mut in_windows) {
                if window.holds(order.day) {
                    *sum += order.net;
                }
            }
        }
        let contacts = dossier.events.iter();
        let contacts = contacts.filter(|event| event.is_service_contact()).count() as u64;
        all.take_off(self.accountant.service(contacts), dossier);
        self.people.push(all);
        for (values, sum) in self.by_window.iter_mut().zip(in_windows) {
            if sum > MoneySum::ZERO {
                values.push(sum.to_f64());
            }
        }
    }
}

/// Works out how concentrated a shop's revenue, profit and expected value are.
///
/// # Errors
/// [`RunError`].
pub fn pareto(
    shop: &Shop,
    request: &ParetoRequest,
    progress: &dyn Progress,
) -> Result<Study, RunError> {
    let accountant = shop.accountant(&request.flags)?;
    let windows = Window::series(shop.as_of());
    let collectors = shop.visit(progress, || Collector {
        accountant: &accountant,
        windows: &windows,
        people: Vec::new(),
        by_window: vec![Vec::new(); windows.len()],
        first: None,
    })?;
    let (mut people, mut by_window, mut first) =
        (Vec::new(), vec![Vec::new(); windows.len()], None);
    for mut part in collectors {
        people.append(&mut part.people);
        for (all, values) in by_window.iter_mut().zip(&mut part.by_window) {
            all.append(values);
        }
        first = [first, part.first].into_iter().flatten().min();
    }
    let mut all = Totals::default();
    people.iter().for_each(|person| all.add(&person.totals()));
    let basis = Basis::of(&all);
    let values = |of: &dyn Fn(&Brought) -> MoneySum| -> Vec<f64> {
        people.iter().map(|person| of(person).to_f64()).collect()
    };
    let mut measures = vec![("revenue", values(&|person| person.net))];
    if basis.is_profit() {
        measures.push((
            "contribution",
            values(&|person| basis.value(&person.totals())),
        ));
    }
    if let Some(expected) = &shop.valuation.values.expected {
        let clv = expected.clv.iter();
        measures.push(("clv", clv.map(|clv| Money(*clv).to_f64()).collect()));
    }
    // Only windows that the shop lived through whole.
    let whole = |window: &Window| first.is_some_and(|first| first <= window.after.plus_days(1));
    let series = windows
        .into_iter()
        .zip(by_window)
        .filter(|(window, _)| whole(window));
    let found = tables::Found {
        shop,
        measures,
        series: series.collect(),
        is_profit: basis.is_profit(),
        customers: people.len() as u64,
        with_curves: request.with_curves,
    };
    Ok(found.study())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_end_every_quarter_and_meet_their_days_once() {
        let day = |text| Day::parse_iso(text).unwrap();
        let windows = Window::series(day("2025-12-31"));
        assert_eq!(windows.len(), 12);
        assert_eq!(
            (windows[0].after, windows[0].until),
            (day("2024-12-31"), day("2025-12-31"))
        );
        assert_eq!(windows[1].until, day("2025-09-30"));
        assert!(windows[0].holds(day("2025-12-31")) && !windows[0].holds(day("2024-12-31")));
        assert!(windows[4].holds(day("2024-12-31")));
    }
}
