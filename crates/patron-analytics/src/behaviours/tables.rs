//! The tables of `patron behaviours`.

use std::cmp::Reverse;

use patron_core::{Money, MoneySum};
use serde_json::json;

use super::after::{After, HORIZON};
use super::people::Person;
use super::shop_habits::Habits;
use super::signals::{Behaviour, Signal, percent};
use crate::conduct::Categories;
use crate::profit::Accountant;
use crate::shop::Shop;
use crate::study::{Note, Study, Table, Unit, Value};

/// Fewer orders with an experience tell little of what people do after it.
const FEW_ORDERS: u64 = 30;

/// Everything that was found.
pub(super) struct Found<'a> {
    pub(super) shop: &'a Shop,
    /// By place in the shop's table.
    pub(super) people: &'a [Person],
    pub(super) habits: &'a Habits,
    pub(super) accountant: &'a Accountant,
    pub(super) categories: &'a Categories,
    pub(super) behaviours: Vec<Behaviour>,
    pub(super) after: After,
    /// People without a valid order to whom something bad happened.
    pub(super) lost: u64,
}

impl Found<'_> {
    pub(super) fn study(&self) -> Study {
        let mut tables = vec![
            self.behaviours(),
            self.customers(),
            self.after_bad_experience(),
            self.by_bad_experiences(),
            self.money_given(),
            self.promotion_days(),
            self.returns_by_category(),
        ];
        tables.retain(|table| !table.rows.is_empty());
        Study {
            key: "behaviours",
            as_of: self.shop.as_of(),
            customers: self.people.len() as u64,
            currency: self.shop.settings.currency.clone(),
            tables,
            notes: self.notes(),
        }
    }

    fn person(&self, place: usize) -> Option<&Person> {
        let at = self
            .people
            .binary_search_by_key(&place, |person| person.place);
        self.people.get(at.ok()?)
    }

    fn net(&self, place: usize) -> MoneySum {
        self.person(place)
            .map_or(MoneySum::ZERO, |person| person.net)
    }

    fn expected(&self, place: usize) -> Option<MoneySum> {
        let expected = self.shop.valuation.values.expected.as_ref()?;
        Some(Money(*expected.clv.get(place)?).into())
    }

    fn behaviours(&self) -> Table {
        let title = "Behaviours, each a signal to look at, with the rule by which it is told";
        let mut table = Table::new(
            "behaviours",
            title,
            &[
                ("behaviour", Unit::Text),
                ("customers", Unit::Count),
                ("share", Unit::Share),
                ("likely_share", Unit::Share),
                ("likely_low", Unit::Share),
                ("likely_high", Unit::Share),
                ("net", Unit::Money),
                ("share_of_net", Unit::Share),
                ("expected_value", Unit::Money),
                ("told", Unit::Text),
                ("rule", Unit::Text),
            ],
        );
        let net: MoneySum = self.people.iter().map(|person| person.net).sum();
        for behaviour in &self.behaviours {
            let signals = &behaviour.signals;
            let places = || signals.iter().map(|signal| signal.place);
            let of: MoneySum = places().map(|place| self.net(place)).sum();
            let expected: Option<MoneySum> = places().map(|place| self.expected(place)).sum();
            let is_told = behaviour.untold.is_none();
            let told = |value: Value| if is_told { value } else { Value::None };
            let likely = behaviour.likely.as_ref().filter(|_| is_told);
            let interval = likely.and_then(|likely| likely.interval);
            let count = signals.len() as u64;
            table.push(vec![
                behaviour.key.into(),
                told(count.into()),
                told((count as f64 / self.people.len() as f64).into()),
                likely.map(|likely| likely.share).into(),
                interval.map(|interval| interval.low).into(),
                interval.map(|interval| interval.high).into(),
                told(of.into()),
                told((of.to_f64() / net.to_f64()).into()),
                told(expected.filter(|_| self.is_valued()).into()),
                behaviour.untold.as_deref().unwrap_or("yes").into(),
                behaviour.rule.as_str().into(),
            ]);
        }
        table
    }

    const fn is_valued(&self) -> bool {
        self.shop.valuation.values.expected.is_some()
    }

    /// Everybody of whom something was found, the surest first.
    fn customers(&self) -> Table {
        let title = "Customers with a signal, and why; a signal is for a person to look at, and no reason by itself to refuse, charge or block";
        let mut table = Table::list(
            "customers",
            title,
            &[
                ("customer_id", Unit::Text),
                ("behaviour", Unit::Text),
                ("level", Unit::Count),
                ("probability", Unit::Share),
                ("estimate", Unit::Number),
                ("low", Unit::Number),
                ("high", Unit::Number),
                ("net", Unit::Money),
                ("expected_value", Unit::Money),
                ("segment", Unit::Text),
                ("explanation", Unit::Text),
            ],
        );
        for behaviour in &self.behaviours {
            let mut signals: Vec<&Signal> = behaviour.signals.iter().collect();
            signals.sort_by(|a, b| {
                let surer = b.probability.unwrap_or(0.0);
                let surer = surer.total_cmp(&a.probability.unwrap_or(0.0));
                let key =
                    |signal: &Signal| (Reverse(signal.level), Reverse(self.net(signal.place)));
                surer
                    .then_with(|| key(a).cmp(&key(b)))
                    .then_with(|| a.place.cmp(&b.place))
            });
            for signal in signals {
                table.push(self.row(behaviour.key, signal));
            }
        }
        table
    }

    fn row(&self, key: &'static str, signal: &Signal) -> Vec<Value> {
        let interval = signal.estimate.map(|(_, interval)| interval);
        vec![
            self.shop.table.ids.get(signal.place).into(),
            key.into(),
            signal.level.into(),
            signal.probability.into(),
            signal.estimate.map(|(estimate, _)| estimate).into(),
            interval.map(|interval| interval.low).into(),
            interval.map(|interval| interval.high).into(),
            self.net(signal.place).into(),
            self.expected(signal.place).into(),
            self.shop.segments.primary_key(signal.place).into(),
            signal.explanation.as_str().into(),
        ]
    }

    fn after_bad_experience(&self) -> Table {
        let mut table = Table::new(
            "after_bad_experience",
            format!(
                "Of orders after which {HORIZON} days have passed, how many were followed by another on a later day; the difference compares orders of like number, and is what came after, not because of it"
            ),
            &[
                ("experience", Unit::Text),
                ("orders_with", Unit::Count),
                ("again_with", Unit::Share),
                ("orders_without", Unit::Count),
                ("again_without", Unit::Share),
                ("difference", Unit::Share),
                ("low", Unit::Share),
                ("high", Unit::Share),
                ("verdict", Unit::Text),
            ],
        );
        for (experience, found) in self.after.found() {
            if found.with.1 == 0 {
                continue;
            }
            let share = |(again, orders): (u64, u64)| again as f64 / orders as f64;
            let verdict = match found.difference {
                _ if found.with.1 < FEW_ORDERS => "not enough orders",
                Some(found) if found.interval.high < 0.0 => "fewer come again",
                Some(found) if found.interval.low > 0.0 => "more come again",
                Some(_) => "cannot be told apart",
                None => "nothing to compare with",
            };
            let interval = found.difference.map(|found| found.interval);
            table.push(vec![
                experience.key().into(),
                found.with.1.into(),
                share(found.with).into(),
                found.without.1.into(),
                share(found.without).into(),
                found.difference.map(|found| found.difference).into(),
                interval.map(|interval| interval.low).into(),
                interval.map(|interval| interval.high).into(),
                verdict.into(),
            ]);
        }
        table
    }

    fn by_bad_experiences(&self) -> Table {
        let mut table = Table::new(
            "by_bad_experiences",
            "Customers by how many of their orders went wrong: who orders more has more of both, so this says nothing of what it does to them",
            &[
                ("bad_experiences", Unit::Text),
                ("customers", Unit::Count),
                ("orders_per_customer", Unit::Number),
                ("repeat_rate", Unit::Share),
                ("net_per_customer", Unit::Money),
                ("expected_value_per_customer", Unit::Money),
            ],
        );
        if self.people.iter().all(|person| person.bad.orders == 0) {
            return table;
        }
        for (name, from, to) in [
            ("0", 0, 0),
            ("1", 1, 1),
            ("2 to 3", 2, 3),
            ("4 or more", 4, u64::MAX),
        ] {
            let within = |person: &&Person| (from..=to).contains(&person.bad.orders);
            let of: Vec<&Person> = self.people.iter().filter(within).collect();
            let count = of.len() as u64;
            if count == 0 {
                continue;
            }
            let orders: u64 = of.iter().map(|person| person.orders).sum();
            let again = of.iter().filter(|person| person.rhythm.days > 1).count();
            let net: MoneySum = of.iter().map(|person| person.net).sum();
            let expected = of.iter().map(|person| self.expected(person.place));
            let expected: Option<MoneySum> = expected.sum();
            let mean = |sum: MoneySum| sum.mean(count).map(MoneySum::from);
            table.push(vec![
                name.into(),
                count.into(),
                (orders as f64 / count as f64).into(),
                (again as f64 / count as f64).into(),
                mean(net).into(),
                expected.and_then(mean).into(),
            ]);
        }
        table
    }

    /// To whom money was given without a fault that is known: the shop's decision, and no rule.
    fn money_given(&self) -> Table {
        let title = "Money given back or besides without goods coming back and without a fault that is known, the most first: the shop's own decisions, no signal";
        let columns = [
            ("customer_id", Unit::Text),
            ("times", Unit::Count),
            ("given", Unit::Money),
            ("service_contacts", Unit::Count),
            ("explained_by_a_fault", Unit::Count),
            ("service_cost", Unit::Money),
            ("net", Unit::Money),
        ];
        let mut table = Table::list("money_given", title, &columns);
        let given = |person: &&Person| person.contacts.times_given > 0;
        let mut people: Vec<&Person> = self.people.iter().filter(given).collect();
        people.sort_by_key(|person| (Reverse(person.contacts.given), person.place));
        let costs = self.accountant.costs.service_per_contact;
        for person in people {
            let of = &person.contacts;
            table.push(vec![
                self.shop.table.ids.get(person.place).into(),
                of.times_given.into(),
                of.given.into(),
                of.all.into(),
                of.explained.into(),
                costs.map(|_| self.accountant.service(of.all)).into(),
                person.net.into(),
            ]);
        }
        table
    }

    fn promotion_days(&self) -> Table {
        let title = match &self.habits.promotions {
            Some(rates) => format!(
                "Days that look like promotions: {} of their orders are discounted, of other days' {}",
                percent(rates.high),
                percent(rates.low),
            ),
            None => String::new(),
        };
        let columns = [
            ("day", Unit::Day),
            ("orders", Unit::Count),
            ("discounted", Unit::Count),
            ("probability", Unit::Share),
        ];
        let mut table = Table::list("promotion_days", title, &columns);
        for (day, (orders, discounted, probability)) in &self.habits.days {
            if self.habits.is_promotion(*day) {
                table.push(vec![
                    (*day).into(),
                    (*orders).into(),
                    (*discounted).into(),
                    (*probability).into(),
                ]);
            }
        }
        table
    }

    fn returns_by_category(&self) -> Table {
        let title = format!(
            "What usually comes back, by category: of lines of orders of at least {} days, faults of the goods left out",
            self.habits.return_window
        );
        let columns = [
            ("category", Unit::Text),
            ("lines", Unit::Count),
            ("share_returned", Unit::Share),
        ];
        let mut table = Table::list("returns_by_category", title, &columns);
        let is_any = self.categories.iter().any(|(.., rate)| rate > 0.0);
        for (name, lines, rate) in self.categories.iter().filter(|_| is_any) {
            let name = if name.is_empty() { "(unknown)" } else { name };
            table.push(vec![name.into(), lines.into(), rate.into()]);
        }
        table
    }

    fn notes(&self) -> Vec<Note> {
        let mut notes = vec![Note::new(
            "behaviours_signals",
            json!({}),
            "these are signals for a person to look at with the numbers behind them, never verdicts; what the shop, the goods or the carrier did wrong does not count against a customer, and returns within a right to withdraw are the customer's right".to_owned(),
        )];
        let untold = self
            .behaviours
            .iter()
            .filter(|found| found.untold.is_some());
        let untold: Vec<&str> = untold.map(|found| found.key).collect();
        if !untold.is_empty() {
            let untold = untold.join(", ");
            notes.push(Note::new(
                "behaviours_untold",
                json!({ "behaviours": untold }),
                format!("nothing is said of these, and the table says why: {untold}"),
            ));
        }
        if self.habits.late_after.is_none() {
            notes.push(Note::new(
                "behaviours_no_delivery",
                json!({ "deliveries": self.habits.deliveries }),
                format!(
                    "whether orders were late cannot be told: a day of delivery is known of {} orders; give `delivered_at` with orders, or `late_after_days` under `[behaviours]` in patron.toml",
                    self.habits.deliveries
                ),
            ));
        }
        if self.lost > 0 {
            notes.push(Note::new(
                "behaviours_lost",
                json!({ "people": self.lost }),
                format!(
                    "{} people without a valid order were let down, too; they are no customers, so not in the list, but in the table of what comes after",
                    self.lost
                ),
            ));
        }
        notes
    }
}
