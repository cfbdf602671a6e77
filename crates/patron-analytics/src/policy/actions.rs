//! Whom to turn to this week, with what, and what is at stake.

use std::collections::BTreeMap;

use patron_core::{Money, MoneySum};
use patron_engine::{CustomerTable, Progress};
use patron_fold::Profile;
use patron_segments::policy::{AtStakeUnit, Decision, Field, PolicyTable, Who};
use patron_segments::{Language, OTHERS, Vocabulary};
use serde_json::json;

use super::due::{Contacts, Due, Watcher};
use super::stake::value_at_stake;
use super::words::Reasons;
use crate::migration::leaving_segments;
use crate::run::RunError;
use crate::shop::Shop;
use crate::study::{Note, Study, Table, Unit, Value};

/// For how many days is foretold who leaves a segment by doing nothing.
const AHEAD_DAYS: u16 = 30;

/// What is told of a person.
const COLUMNS: [(&str, Unit); 16] = [
    ("segment", Unit::Text),
    ("customer_id", Unit::Text),
    ("at_stake", Unit::Money),
    ("discount_up_to", Unit::Share),
    ("from", Unit::Day),
    ("why", Unit::Text),
    ("action", Unit::Text),
    ("reason", Unit::Text),
    ("channel", Unit::Text),
    ("lifecycle", Unit::Text),
    ("octant", Unit::Text),
    ("clv", Unit::Money),
    ("probability_alive", Unit::Share),
    ("last_contact", Unit::Day),
    ("contact_every_days", Unit::Count),
    ("rule", Unit::Text),
];
/// On a terminal so many of them.
const SHOWN_COLUMNS: usize = 7;

/// What is asked besides the shop.
#[derive(Debug, Clone)]
pub struct ActionsRequest {
    /// What to do for whom.
    pub policy: PolicyTable,
    /// The language of texts.
    pub language: Language,
    /// How many people of each segment are listed, those with the most at stake; all without.
    pub top: Option<usize>,
}

/// Somebody who may be contacted this week.
struct Person {
    row: usize,
    /// Ten-thousandths.
    at_stake: Option<Money>,
    due: Due,
    /// Which decision holds.
    kind: Kind,
}

/// Everything that decides what is done: octant, stage, primary segment, memberships.
type Kind = (usize, usize, u8, u64);

/// Lists this week's people.
///
/// # Errors
/// [`RunError`].
pub fn actions(
    shop: &Shop,
    request: &ActionsRequest,
    progress: &dyn Progress,
) -> Result<Study, RunError> {
    let calendar = &shop.settings.calendar;
    let contacts = Contacts::merged(shop.visit(progress, || Watcher::new(calendar))?);
    let keys = |row: usize| -> Vec<&str> {
        let primary = shop.segments.primary_key(row);
        let others = shop.segments.member_keys(row).filter(|key| *key != primary);
        [primary].into_iter().chain(others).collect()
    };
    let mut decisions: BTreeMap<Kind, Decision<'_>> = BTreeMap::new();
    let mut people = Vec::new();
    let mut waiting = Waiting::default();
    for (row, profile) in shop.table.profiles.iter().enumerate() {
        let Some(kind) = kind_of(shop, row) else {
            continue;
        };
        let decision = decisions
            .entry(kind)
            .or_insert_with(|| decide(shop, &request.policy, row, &keys(row)));
        let every = decision.contact_every_days().unwrap_or(0);
        let id = shop.table.ids.get(row);
        let due = contacts.due(id, profile.last_day, every, shop.as_of());
        waiting.count(shop, row, due);
        if matches!(due, Due::On(_)) {
            let at_stake = at_stake(shop, row);
            people.push(Person {
                row,
                at_stake,
                due,
                kind,
            });
        }
    }
    let leaving = leaving_segments(shop, AHEAD_DAYS)?;
    let found = Found {
        shop,
        request,
        decisions,
        people,
        waiting,
        contacts,
        leaving,
        mean_order: mean_order(&shop.table),
    };
    Ok(found.study())
}

fn kind_of(shop: &Shop, row: usize) -> Option<Kind> {
    Some((
        shop.scored.octants.octants.get(row)?.index(),
        shop.scored.lifecycle.stages.get(row)?.index(),
        *shop.segments.primary.get(row)?,
        *shop.segments.members.get(row)?,
    ))
}

/// Returns the keys of a customer's octant and stage.
fn octant_and_stage(shop: &Shop, row: usize) -> (&'static str, &'static str) {
    let octant = shop.scored.octants.octants.get(row);
    let stage = shop.scored.lifecycle.stages.get(row);
    (
        octant.map_or("", |octant| octant.key()),
        stage.map_or("", |stage| stage.key()),
    )
}

fn decide<'p>(shop: &Shop, policy: &'p PolicyTable, row: usize, segments: &[&str]) -> Decision<'p> {
    let (octant, lifecycle) = octant_and_stage(shop, row);
    policy.decide(&Who {
        segments,
        octant,
        lifecycle,
    })
}

fn at_stake(shop: &Shop, row: usize) -> Option<Money> {
    let expected = shop.valuation.values.expected.as_ref()?;
    let clv = Money(*expected.clv.get(row)?);
    value_at_stake(clv, *expected.probability_alive.get(row)?)
}

/// What an order of the shop brings in the mean.
fn mean_order(table: &CustomerTable) -> f64 {
    let sum = |of: fn(&Profile) -> MoneySum| {
        table
            .profiles
            .iter()
            .fold(MoneySum::ZERO, |sum, profile| sum + of(&profile))
    };
    let orders: u64 = table.profiles.iter().map(|profile| profile.orders).sum();
    sum(|profile| profile.order_value).to_f64() / (orders.max(1)) as f64
}

/// Who is not contacted this week, by segment, and why in all.
#[derive(Default)]
struct Waiting {
    /// Customers and those who are due, by primary segment.
    of_segment: BTreeMap<String, (u64, u64)>,
    unsubscribed: u64,
    never: u64,
}

impl Waiting {
    fn count(&mut self, shop: &Shop, row: usize, due: Due) {
        let key = shop.segments.primary_key(row).to_owned();
        let (all, now) = self.of_segment.entry(key).or_default();
        *all += 1;
        match due {
            Due::On(_) => *now += 1,
            Due::NotBefore(_) => {}
            Due::Never => self.never += 1,
            Due::Unsubscribed => self.unsubscribed += 1,
        }
    }
}

struct Found<'a> {
    shop: &'a Shop,
    request: &'a ActionsRequest,
    decisions: BTreeMap<Kind, Decision<'a>>,
    people: Vec<Person>,
    waiting: Waiting,
    contacts: Contacts,
    /// By row: the day on which the segment is left, and which one is next.
    leaving: Vec<Option<i32>>,
    mean_order: f64,
}

impl Found<'_> {
    fn study(mut self) -> Study {
        let worth = |person: &Person| person.at_stake.map_or(0, |money| money.0);
        // The most at stake first; of equals by id, as they stand.
        self.people
            .sort_by_key(|person| std::cmp::Reverse(worth(person)));
        let mut by_segment: BTreeMap<&str, Vec<&Person>> = BTreeMap::new();
        for person in &self.people {
            let key = self.shop.segments.primary_key(person.row);
            by_segment.entry(key).or_default().push(person);
        }
        let mut segments: Vec<(&str, Vec<&Person>)> = by_segment.into_iter().collect();
        let total = |people: &[&Person]| {
            people
                .iter()
                .map(|person| i128::from(worth(person)))
                .sum::<i128>()
        };
        segments.sort_by_key(|(_, people)| std::cmp::Reverse(total(people)));
        let tables = vec![self.of_segments(&segments), self.of_people(&segments)];
        Study {
            key: "actions",
            as_of: self.shop.as_of(),
            customers: self.shop.table.len() as u64,
            currency: self.shop.settings.currency.clone(),
            tables,
            notes: self.notes(),
        }
    }

    fn of_segments(&self, segments: &[(&str, Vec<&Person>)]) -> Table {
        let columns = [
            ("segment", Unit::Text),
            ("customers", Unit::Count),
            ("this_week", Unit::Count),
            ("at_stake", Unit::Money),
            ("at_stake_each", Unit::Money),
        ];
        let first = self.shop.as_of().plus_days(1);
        let title = format!("Whom to turn to in the seven days from {first}, by segment");
        let mut table = Table::new("segments", title, &columns);
        let mut push = |key: &str, people: &[&Person]| {
            let (all, now) = self
                .waiting
                .of_segment
                .get(key)
                .copied()
                .unwrap_or_default();
            let known = people.iter().filter_map(|person| person.at_stake);
            let sum = known.clone().fold(MoneySum::ZERO, |sum, money| {
                sum + MoneySum(i128::from(money.0))
            });
            let count = known.count() as u64;
            let mean = sum.mean(count).map(|mean| MoneySum(i128::from(mean.0)));
            let is_known = count > 0;
            table.push(vec![
                key.into(),
                all.into(),
                now.into(),
                is_known.then_some(sum).into(),
                mean.filter(|_| is_known).into(),
            ]);
        };
        for (key, people) in segments {
            push(key, people);
        }
        let listed: Vec<&str> = segments.iter().map(|(key, _)| *key).collect();
        for key in self
            .waiting
            .of_segment
            .keys()
            .filter(|key| !listed.contains(&key.as_str()))
        {
            push(key, &[]);
        }
        table
    }

    fn of_people(&self, segments: &[(&str, Vec<&Person>)]) -> Table {
        let title = "Each of them, with what is at stake and why";
        let mut table = match self.request.top {
            Some(_) => Table::new(
                "people",
                title,
                COLUMNS.get(..SHOWN_COLUMNS).unwrap_or(&COLUMNS),
            ),
            None => Table::list("people", title, &COLUMNS),
        };
        let width = table.columns.len();
        for (_, people) in segments {
            for person in people.iter().take(self.request.top.unwrap_or(usize::MAX)) {
                let mut row = self.row_of(person);
                row.truncate(width);
                table.push(row);
            }
        }
        table
    }

    fn row_of(&self, person: &Person) -> Vec<Value> {
        let (shop, row) = (self.shop, person.row);
        let Some(decision) = self.decisions.get(&person.kind) else {
            return Vec::new();
        };
        let language = self.request.language;
        let text = |field: Field| -> Value {
            let taken = decision.text(field);
            taken.map(|taken| taken.text.get(language)).into()
        };
        let reason = decision.reason();
        let reason = reason.map(|taken| taken.text.get(language));
        let expected = shop.valuation.values.expected.as_ref();
        let clv = expected
            .and_then(|all| all.clv.get(row))
            .map(|clv| MoneySum(i128::from(*clv)));
        let alive = expected
            .and_then(|all| all.probability_alive.get(row))
            .copied();
        let (octant, stage) = octant_and_stage(shop, row);
        let from = match person.due {
            Due::On(day) => Value::Day(day),
            _ => Value::None,
        };
        let id = shop.table.ids.get(row);
        let rule = decision.winner(Field::Action);
        vec![
            shop.segments.primary_key(row).into(),
            id.into(),
            person
                .at_stake
                .map(|money| MoneySum(i128::from(money.0)))
                .into(),
            self.discount(decision, person.at_stake).into(),
            from,
            self.why(row, alive).into(),
            text(Field::Action),
            reason.into(),
            text(Field::Channel),
            stage.into(),
            octant.into(),
            clv.into(),
            alive.into(),
            self.contacts.last_of(id).into(),
            decision.contact_every_days().map(u64::from).into(),
            rule.map(|rule| rule.key.as_str()).into(),
        ]
    }

    /// What a discount may be: what the policy allows for the value at stake, and never more than the margin.
    fn discount(&self, decision: &Decision<'_>, at_stake: Option<Money>) -> Option<f64> {
        let at_stake = at_stake.map_or(0.0, Money::to_f64);
        let counted = match self.request.policy.at_stake_in {
            AtStakeUnit::Money => at_stake,
            AtStakeUnit::MeanOrders if self.mean_order > 0.0 => at_stake / self.mean_order,
            AtStakeUnit::MeanOrders => 0.0,
        };
        let allowed = decision.discount_up_to(counted)?;
        let margin = self.shop.settings.margin.map_or(1.0, Money::to_f64);
        Some(allowed.min(margin))
    }

    fn why(&self, row: usize, probability_alive: Option<f64>) -> String {
        let shop = self.shop;
        let Some(profile) = shop.table.profiles.get(row) else {
            return String::new();
        };
        let language = self.request.language;
        let key = shop.segments.primary_key(row);
        let name = name_of(&shop.settings.vocabulary, key, language);
        let days = self.leaving.get(row).copied().flatten();
        let reasons = Reasons {
            recency_days: profile.recency_days(shop.as_of()),
            usual_gap_days: profile.mean_days_between_orders(),
            orders: profile.orders,
            probability_alive,
            leaves: days.map(|days| (name.as_str(), days)),
        };
        reasons.words(language)
    }

    fn notes(&self) -> Vec<Note> {
        let note = |key: &str, params, text: String| Note::new(key, params, text);
        let mut notes = Vec::new();
        if self.shop.valuation.values.expected.is_some() {
            let text = "`at_stake` is what customers would be expected to bring if they had certainly not left, less what they are expected to bring as it is: an upper bound of what an action can win, no forecast of what it does";
            notes.push(note("at_stake", json!({}), text.to_owned()));
        } else {
            let text = "There are no expected values, so nothing can be said of what is at stake, and people stand by id";
            notes.push(note("nothing_at_stake", json!({}), text.to_owned()));
        }
        if !self.contacts.are_recorded() {
            let text = "The workspace has no events of what was sent (`mail_sent` and the like): contacts are counted from the last order, as often as the policy allows";
            notes.push(note("contacts_unknown", json!({}), text.to_owned()));
        }
        let (out, never) = (self.waiting.unsubscribed, self.waiting.never);
        if out + never > 0 {
            let text = format!(
                "{out} customers unsubscribed, and {never} are not to be contacted at all: they are not listed"
            );
            notes.push(note(
                "not_contacted",
                json!({ "unsubscribed": out, "never": never }),
                text,
            ));
        }
        notes
    }
}

/// A segment's name in a language.
fn name_of(vocabulary: &Vocabulary, key: &str, language: Language) -> String {
    match vocabulary.segment(key) {
        Some(segment) => segment.names.get(language).to_owned(),
        None if key == OTHERS => Vocabulary::others_names().get(language).to_owned(),
        None => key.to_owned(),
    }
}
