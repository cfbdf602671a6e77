//! `patron survey`: what customers answered, beside what they are worth; and who answers at all.

use std::collections::BTreeMap;

use patron_core::{Instant, MoneySum};
use patron_engine::{Dossier, Progress, Visitor};
use patron_stats::level::Level;
use patron_stats::promoters::Answers;
use patron_stats::summary::mean;
use serde_json::json;

use crate::profit::{Accountant, Basis, Totals, month_name, month_of};
use crate::run::RunError;
use crate::settings::Settings;
use crate::shop::Shop;
use crate::study::{Note, Study, Table, Unit, Value};

const LEVEL: Level = Level::NINETY_FIVE;
/// Ten-thousandths of a point.
const POINT: i64 = 10_000;
/// Where answers are so few, the interval with an answer more on either side is told.
const FEW: u64 = 30;

/// Whether a last answer, if there is one, is of a kind.
type IsIt = fn(Option<u8>) -> bool;

/// An answer to how likely a recommendation is, 0 to 10, when it was given.
type Said = (Instant, u8);

/// A customer who may have answered.
#[derive(Debug, Clone)]
struct Person {
    place: usize,
    channel: String,
    totals: Totals,
    orders: u64,
    last: Option<u8>,
}

struct Listen<'a> {
    shop: &'a Shop,
    accountant: &'a Accountant,
    people: Vec<Person>,
    /// By month, of everybody.
    months: BTreeMap<i32, Answers>,
    /// Scores that are no whole number of 0 to 10.
    odd: u64,
}

impl Visitor for Listen<'_> {
    fn take(&mut self, dossier: &Dossier<'_>) {
        let mut last: Option<Said> = None;
        for answer in dossier.answers.iter().filter(|answer| answer.kind == "nps") {
            let score = u8::try_from(answer.score / POINT).ok();
            let score = score.filter(|score| *score <= 10 && answer.score % POINT == 0);
            let Some(score) = score else {
                self.odd += 1;
                continue;
            };
            let day = self.shop.settings.calendar.day_of(answer.at);
            count(self.months.entry(month_of(day)).or_default(), score);
            last = Some((answer.at, score));
        }
        let Some(place) = self.shop.place_of(dossier.customer) else {
            return;
        };
        let mut totals = Totals::default();
        for order in &dossier.orders {
            totals.take(order, &self.accountant.of(dossier, order));
        }
        totals.take_customer(dossier);
        self.people.push(Person {
            place,
            channel: dossier.acquisition_channel().to_owned(),
            totals,
            orders: dossier.orders.len() as u64,
            last: last.map(|(_, score)| score),
        });
    }
}

fn count(answers: &mut Answers, score: u8) {
    match score {
        9.. => answers.promoters += 1,
        7 | 8 => answers.passives += 1,
        _ => answers.detractors += 1,
    }
}

/// Works out what customers answered, and how that goes with what they are worth.
///
/// # Errors
/// [`RunError`].
pub fn survey(shop: &Shop, flags: &Settings, progress: &dyn Progress) -> Result<Study, RunError> {
    let accountant = shop.accountant(flags)?;
    let parts = shop.visit(progress, || Listen {
        shop,
        accountant: &accountant,
        people: Vec::new(),
        months: BTreeMap::new(),
        odd: 0,
    })?;
    let (mut people, mut months, mut odd) = (Vec::new(), BTreeMap::new(), 0);
    for mut part in parts {
        people.append(&mut part.people);
        odd += part.odd;
        for (month, answers) in part.months {
            let known: &mut Answers = months.entry(month).or_default();
            known.promoters += answers.promoters;
            known.passives += answers.passives;
            known.detractors += answers.detractors;
        }
    }
    people.sort_by_key(|person: &Person| person.place);
    let mut all = Totals::default();
    people.iter().for_each(|person| all.add(&person.totals));
    let found = Found {
        shop,
        basis: Basis::of(&all),
        people,
        months,
    };
    Ok(found.study(odd))
}

struct Found<'a> {
    shop: &'a Shop,
    basis: Basis,
    people: Vec<Person>,
    months: BTreeMap<i32, Answers>,
}

impl Found<'_> {
    fn study(&self, odd: u64) -> Study {
        let answered = self.people.iter().filter(|person| person.last.is_some());
        let answered = answered.count();
        let mut tables = vec![self.overall()];
        let more = || {
            vec![
                self.by("by_segment", "segment", |found, person| {
                    found.shop.segments.primary_key(person.place).to_owned()
                }),
                self.by("by_lifecycle", "lifecycle", |found, person| {
                    found.shop.stage_of(person.place).to_owned()
                }),
                self.by("by_channel", "channel", |_, person| person.channel.clone()),
                self.by_month(),
                self.against_value(),
            ]
        };
        // Of no answers there is nothing more to tell.
        if answered > 0 {
            tables.extend(more());
        }
        Study {
            key: "survey",
            as_of: self.shop.as_of(),
            customers: answered as u64,
            currency: self.shop.settings.currency.clone(),
            tables,
            notes: self.notes(answered, odd),
        }
    }

    fn overall(&self) -> Table {
        let mut answers = Answers::default();
        let last = self.people.iter().filter_map(|person| person.last);
        last.for_each(|score| count(&mut answers, score));
        let title = "How likely customers recommend the shop: promoters (9, 10) less detractors (0 to 6), the last answer of each";
        let mut table = Table::new("overall", title, &with_scores("of"));
        table.push(row("all customers", answers));
        table
    }

    fn by(
        &self,
        key: &'static str,
        column: &'static str,
        of: impl Fn(&Self, &Person) -> String,
    ) -> Table {
        let mut groups: BTreeMap<String, Answers> = BTreeMap::new();
        for person in &self.people {
            if let Some(score) = person.last {
                count(groups.entry(of(self, person)).or_default(), score);
            }
        }
        let title = format!("The same by {column}, the most answers first");
        let mut table = Table::new(key, title, &with_scores(column));
        let mut groups: Vec<(String, Answers)> = groups.into_iter().collect();
        groups.sort_by_key(|(_, answers)| std::cmp::Reverse(answered(*answers)));
        for (name, answers) in groups {
            table.push(row(&name, answers));
        }
        table
    }

    fn by_month(&self) -> Table {
        let title = "All answers by month";
        let mut table = Table::new("by_month", title, &with_scores("month"));
        for (month, answers) in &self.months {
            table.push(row(&month_name(*month), *answers));
        }
        table
    }

    /// What those are worth who answered one way or the other, and those who did not answer.
    fn against_value(&self) -> Table {
        let title = "What customers are worth by what they answered; who did not answer, too. What goes together need not come from one another";
        let columns = [
            ("answer", Unit::Text),
            ("customers", Unit::Count),
            ("orders_each", Unit::Number),
            ("bought_again", Unit::Share),
            ("value_so_far", Unit::Money),
            ("expected_value", Unit::Money),
        ];
        let mut table = Table::new("against_value", title, &columns);
        let kinds: [(&str, IsIt); 4] = [
            ("promoters", |last| last.is_some_and(|score| score >= 9)),
            ("passives", |last| {
                last.is_some_and(|score| (7..=8).contains(&score))
            }),
            ("detractors", |last| last.is_some_and(|score| score <= 6)),
            ("did not answer", |last| last.is_none()),
        ];
        for (name, is_it) in kinds {
            let of: Vec<&Person> = self
                .people
                .iter()
                .filter(|person| is_it(person.last))
                .collect();
            let count = of.len() as u64;
            let mut totals = Totals::default();
            of.iter().for_each(|person| totals.add(&person.totals));
            let expected = of
                .iter()
                .map(|person| self.basis.expected(self.shop, person.place));
            let expected: Option<Vec<f64>> = expected.collect();
            let again = of.iter().filter(|person| person.orders > 1).count();
            let share = |number: u64| (count > 0).then(|| number as f64 / count as f64);
            table.push(vec![
                name.into(),
                count.into(),
                share(totals.orders).into(),
                share(again as u64).into(),
                self.basis
                    .value(&totals)
                    .mean(count)
                    .map(MoneySum::from)
                    .into(),
                Value::of_money(expected.as_deref().and_then(mean)),
            ]);
        }
        table
    }

    fn notes(&self, answered: usize, odd: u64) -> Vec<Note> {
        let mut notes = Vec::new();
        let share = answered as f64 / self.people.len().max(1) as f64;
        if answered == 0 {
            notes.push(Note::new(
                "survey_none",
                json!({}),
                "nobody answered a survey: import answers with the columns customer, date, score (`--as surveys`)".to_owned(),
            ));
        } else {
            notes.push(Note::new(
                "survey_bias",
                json!({ "share": share }),
                format!("{:.1} % of customers answered. Who answers chooses to: the score is of these, not of all, and `against_value` shows how they differ", 100.0 * share),
            ));
        }
        if odd > 0 {
            notes.push(Note::new(
                "survey_odd",
                json!({ "answers": odd }),
                format!("{odd} answers are no whole number from 0 to 10 and are left out"),
            ));
        }
        notes
    }
}

const fn with_scores(first: &'static str) -> [(&'static str, Unit); 8] {
    [
        (first, Unit::Text),
        ("answers", Unit::Count),
        ("promoters", Unit::Count),
        ("passives", Unit::Count),
        ("detractors", Unit::Count),
        ("nps", Unit::Number),
        ("nps_low", Unit::Number),
        ("nps_high", Unit::Number),
    ]
}

const fn answered(answers: Answers) -> u64 {
    answers.promoters + answers.passives + answers.detractors
}

fn row(name: &str, answers: Answers) -> Vec<Value> {
    let mut row: Vec<Value> = vec![
        name.into(),
        answered(answers).into(),
        answers.promoters.into(),
        answers.passives.into(),
        answers.detractors.into(),
    ];
    if let Ok(found) = answers.score(LEVEL) {
        let interval = if found.answers < FEW {
            found.adjusted
        } else {
            found.interval
        };
        row.extend([
            found.score.into(),
            interval.low.into(),
            interval.high.into(),
        ]);
    }
    row
}
