//! Who may be contacted this week: within the frequency that the policy allows, and nobody who said not to.

use std::collections::BTreeMap;

use patron_core::{Day, ShopCalendar};
use patron_engine::{Dossier, Visitor};

/// When the shop wrote to its customers, as events tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contacts {
    /// The last day of each who was written to.
    last: BTreeMap<String, Day>,
    /// Who unsubscribed and was not heard to subscribe again, sorted.
    unsubscribed: Vec<String>,
}

/// Whether somebody may be contacted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// On a day of the week.
    On(Day),
    /// Not before a day.
    NotBefore(Day),
    /// Never: the policy says so.
    Never,
    /// Never: the customer says so.
    Unsubscribed,
}

impl Contacts {
    /// Returns whether events tell of any contact at all.
    #[must_use]
    pub fn are_recorded(&self) -> bool {
        !self.last.is_empty()
    }

    /// Returns how many unsubscribed.
    #[must_use]
    pub const fn unsubscribed(&self) -> usize {
        self.unsubscribed.len()
    }

    /// Returns the last day of a contact.
    #[must_use]
    pub fn last_of(&self, customer: &str) -> Option<Day> {
        self.last.get(customer).copied()
    }

    /// Returns whether somebody may be contacted in the seven days after a day, if once in `every_days` is allowed.
    ///
    /// Counted is from the last contact; of who was never written to, from the last order. Where the shop records no contacts at
    /// all, they are taken to have happened as often as allowed since the last order, so that each week has its share of
    /// people.
    #[must_use]
    pub fn due(&self, customer: &str, last_order: Day, every_days: u16, as_of: Day) -> Due {
        if every_days == 0 {
            return Due::Never;
        }
        if self
            .unsubscribed
            .binary_search_by(|known| known.as_str().cmp(customer))
            .is_ok()
        {
            return Due::Unsubscribed;
        }
        let every = i32::from(every_days);
        let (first, week_ends) = (as_of.plus_days(1), as_of.plus_days(7));
        let next = if self.are_recorded() {
            let last = self
                .last_of(customer)
                .map_or(last_order, |last| last.max(last_order));
            last.plus_days(every).max(first)
        } else {
            let passed = as_of.days_since(last_order).max(0);
            last_order.plus_days((passed / every + 1) * every)
        };
        if next <= week_ends {
            Due::On(next)
        } else {
            Due::NotBefore(next)
        }
    }

    pub(super) fn merged(parts: Vec<Watcher<'_>>) -> Self {
        let mut all = Self::default();
        for mut part in parts {
            all.last.append(&mut part.found.last);
            all.unsubscribed.append(&mut part.found.unsubscribed);
        }
        all.unsubscribed.sort_unstable();
        all
    }
}

/// Looks for contacts among events.
pub(super) struct Watcher<'a> {
    calendar: &'a ShopCalendar,
    found: Contacts,
}

impl<'a> Watcher<'a> {
    pub(super) fn new(calendar: &'a ShopCalendar) -> Self {
        Self {
            calendar,
            found: Contacts::default(),
        }
    }
}

impl Visitor for Watcher<'_> {
    fn take(&mut self, dossier: &Dossier<'_>) {
        let mut last = None;
        let mut is_out = false;
        // By time, so that the last word counts.
        for event in &dossier.events {
            if event.kind.ends_with("_sent") {
                last = Some(self.calendar.day_of(event.at));
            } else if event.kind.ends_with("unsubscribe") {
                is_out = true;
            } else if event.kind.ends_with("subscribe") {
                is_out = false;
            }
        }
        if let Some(day) = last {
            self.found.last.insert(dossier.customer.to_owned(), day);
        }
        if is_out {
            self.found.unsubscribed.push(dossier.customer.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse_iso(text).unwrap()
    }

    const AS_OF: &str = "2025-06-30";

    #[test]
    fn nobody_is_contacted_more_often_than_allowed() {
        let contacts = Contacts {
            last: BTreeMap::from([("ann".to_owned(), day("2025-06-20"))]),
            unsubscribed: vec!["zoe".to_owned()],
        };
        let due = |who: &str, last_order: &str, every| {
            contacts.due(who, day(last_order), every, day(AS_OF))
        };
        assert_eq!(due("ann", "2025-01-01", 14), Due::On(day("2025-07-04")));
        assert_eq!(
            due("ann", "2025-01-01", 18),
            Due::NotBefore(day("2025-07-08"))
        );
        assert_eq!(
            due("ann", "2025-01-01", 7),
            Due::On(day("2025-07-01")),
            "overdue: at once"
        );
        assert_eq!(
            due("ann", "2025-06-29", 14),
            Due::NotBefore(day("2025-07-13")),
            "an order is a contact too"
        );
        assert_eq!(
            due("bob", "2025-06-29", 14),
            Due::NotBefore(day("2025-07-13"))
        );
        assert_eq!(due("bob", "2025-01-01", 14), Due::On(day("2025-07-01")));
        assert_eq!(due("zoe", "2025-01-01", 14), Due::Unsubscribed);
        assert_eq!(due("ann", "2025-01-01", 0), Due::Never);
    }

    #[test]
    fn without_records_each_has_a_week_and_every_week_its_share() {
        let contacts = Contacts::default();
        let last_order = day("2025-05-01");
        let weeks = (0..12).filter(|week| {
            let as_of = day("2025-06-01").plus_days(7 * week);
            matches!(contacts.due("ann", last_order, 28, as_of), Due::On(_))
        });
        assert_eq!(weeks.count(), 3, "once in four weeks");
        let due = contacts.due("ann", last_order, 28, day("2025-06-20"));
        assert_eq!(
            due,
            Due::On(day("2025-06-26")),
            "eight weeks after the order"
        );
    }
}
