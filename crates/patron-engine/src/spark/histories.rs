//! Folding the histories that Spark brings together and sorts by customer.

use std::fmt::Write as _;

use patron_core::RowClass;
use patron_fold::answer::write_profile;
use patron_fold::protocol::unescape;
use patron_fold::{Folder, NoOrderReason, Profile};

use super::error::TaskError;
use super::filter::Lines;
use super::lines::{ReadFact, Tag, write_word};
use super::measured::{MeasurePlan, write_keys};
use super::plan::FoldTotals;
use crate::grouping::{
    Bought, FoldedPartition, GroupingRules, Record, RowKindKey, Rows, Slot, fold_partition,
};

/// Facts that are folded at a time; more only of one customer.
const BATCH_FACTS: usize = 65_536;
/// What stands for no purchase days.
pub(super) const NO_DAYS: &str = "-";

/// Why somebody has no valid order, as it is told.
pub(super) type Reason = (Option<RowClass>, NoOrderReason);

/// Histories on their way into profiles.
pub(super) struct Histories<'a> {
    folder: &'a Folder,
    rules: GroupingRules,
    /// The customer of the last line, as Spark writes and sorts it.
    customer: String,
    waiting: Vec<ReadFact>,
    totals: FoldTotals,
    /// What is measured of customers who stay on Spark.
    measures: Option<MeasurePlan>,
}

impl<'a> Histories<'a> {
    pub(super) fn new(
        folder: &'a Folder,
        rules: GroupingRules,
        measures: Option<MeasurePlan>,
    ) -> Self {
        Self {
            folder,
            rules,
            customer: String::new(),
            waiting: Vec::new(),
            totals: FoldTotals::default(),
            measures,
        }
    }

    /// Takes a fact.
    pub(super) fn take(&mut self, line: &str, answer: &mut Lines<'_>) -> Result<(), TaskError> {
        let mut fields = line.split('\t');
        let (customer, order_id, payload) = (fields.next(), fields.next(), fields.next());
        let no_fact = || TaskError::Fact {
            customer: unescape(customer.unwrap_or_default()).into_owned(),
        };
        let (Some(whose), Some(order_id), Some(payload), None) =
            (customer, order_id, payload, fields.next())
        else {
            return Err(no_fact());
        };
        let is_first = self.totals.facts == 0;
        if is_first || whose != self.customer {
            if !is_first && whose < self.customer.as_str() {
                return Err(TaskError::NotSorted {
                    customer: unescape(whose).into_owned(),
                    previous: unescape(&self.customer).into_owned(),
                });
            }
            if self.waiting.len() >= BATCH_FACTS {
                self.fold(answer)?;
            }
            whose.clone_into(&mut self.customer);
        }
        let fact = ReadFact::read(whose, order_id, payload).ok_or_else(no_fact)?;
        self.totals.facts += 1;
        self.totals.bytes += payload.len() as u64;
        self.waiting.push(fact);
        Ok(())
    }

    /// Folds what is left, and says how much there was.
    pub(super) fn finish(mut self, answer: &mut Lines<'_>) -> Result<(), TaskError> {
        self.fold(answer)?;
        let totals = serde_json::to_string(&self.totals).unwrap_or_default();
        answer.about(Tag::Control, "", &totals);
        Ok(())
    }

    fn fold(&mut self, answer: &mut Lines<'_>) -> Result<(), TaskError> {
        let waiting = std::mem::take(&mut self.waiting);
        let records: Vec<Record<'_>> = waiting.iter().map(ReadFact::record).collect();
        let folded = fold_partition(Rows::Read(&records), self.folder, self.rules)
            .map_err(|error| TaskError::of(&error))?;
        self.count(&folded);
        self.answer(&folded, answer);
        Ok(())
    }

    fn count(&mut self, folded: &FoldedPartition) {
        let totals = &mut self.totals;
        totals.people += folded.names.len() as u64;
        for day in &folded.days {
            totals.customers += day.profiles.len() as u64;
            totals.tally.merge(&day.tally);
        }
        totals.duplicates += folded.duplicates.values().sum::<u64>();
        for ((_, kind), rows) in &folded.merged {
            match kind {
                RowKindKey::OrderLine => totals.merged_order_lines += rows,
                RowKindKey::Refund => totals.merged_refunds += rows,
            }
        }
        let repeated = &folded.repeated;
        totals.repeated.0 += repeated.constant;
        totals.repeated.1 += repeated.varying;
        totals.example = [totals.example.take(), repeated.example.clone()]
            .into_iter()
            .flatten()
            .min();
    }

    fn answer(&mut self, folded: &FoldedPartition, answer: &mut Lines<'_>) {
        let Some(day) = folded.days.first() else {
            return;
        };
        let mut profiles = day.profiles.iter();
        let mut bought = folded.bought.iter().peekable();
        let slots = folded.names.iter().zip(&day.slots).enumerate();
        for (row, (customer, slot)) in slots {
            let days = bought.next_if(|bought| bought.customer_id == customer);
            match (slot, profiles_of(slot, &mut profiles)) {
                (Slot::Profile, Some(profile)) => {
                    let mut payload = String::new();
                    write_profile(&mut payload, &profile, ' ');
                    write_days(&mut payload, days);
                    let contacts = folded.contacts.iter().filter(|_| folded.has_contacts);
                    for (way, column) in contacts.enumerate() {
                        payload.push(' ');
                        write_word(&mut payload, column.get(row));
                        self.totals.measured.reached(way, column.get(row));
                    }
                    self.measure(&profile, &mut payload);
                    answer.about(Tag::Profile, customer, &payload);
                }
                (Slot::Prospect(reason), _) => {
                    let mentioned = folded.mentioned.get(row).copied().flatten();
                    let reason: Reason = (mentioned, *reason);
                    let payload = serde_json::to_string(&reason).unwrap_or_default();
                    answer.about(Tag::Prospect, customer, &payload);
                }
                (Slot::Profile, None) => {}
            }
        }
    }
}

impl Histories<'_> {
    /// Adds what is measured of a customer as one more field.
    fn measure(&mut self, profile: &Profile, line: &mut String) {
        let as_of = self.folder.as_of().first();
        if let Some((measures, as_of)) = self.measures.zip(as_of) {
            let values = measures.of(profile, as_of.day);
            self.totals.measured.take(profile, &values);
            line.push('\t');
            write_keys(line, &values);
        }
    }
}

/// The next profile, for somebody who has one.
fn profiles_of<P>(slot: &Slot, profiles: &mut impl Iterator<Item = P>) -> Option<P> {
    match slot {
        Slot::Profile => profiles.next(),
        Slot::Prospect(_) => None,
    }
}

fn write_days(out: &mut String, bought: Option<&Bought>) {
    out.push(' ');
    let Some(bought) = bought else {
        out.push_str(NO_DAYS);
        return;
    };
    for (place, (day, _)) in bought.days.iter().enumerate() {
        let comma = if place > 0 { "," } else { "" };
        let _ = write!(out, "{comma}{}", day.0);
    }
}
