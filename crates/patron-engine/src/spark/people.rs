//! Profiles that come back from Spark, in whatever order, on their way into a table of customers.

use std::borrow::Cow;

use patron_core::Day;
use patron_fold::answer::read_profile;
use patron_fold::{AsOf, Profile};
use rayon::prelude::*;

use super::error::SparkError;
use super::histories::{NO_DAYS, Reason};
use super::lines::read_word;
use crate::customers::{CustomerTable, Prospect, ProspectReason};
use crate::profiles::Profiles;
use crate::purchases::PurchaseLog;
use crate::texts::Texts;

/// Everybody who came back so far.
#[derive(Debug, Default)]
pub(super) struct People {
    names: Texts,
    profiles: Profiles,
    contacts: [Texts; 4],
    has_contacts: bool,
    purchases: PurchaseLog,
    prospects: Vec<Prospect>,
}

impl People {
    /// Returns how many there are.
    pub(super) fn len(&self) -> u64 {
        (self.names.len() + self.prospects.len()) as u64
    }

    /// Returns the last day on which anybody bought.
    pub(super) fn last_day(&self) -> Option<Day> {
        self.profiles.iter().map(|profile| profile.last_day).max()
    }

    /// Takes a customer.
    pub(super) fn take_customer(&mut self, name: &str, payload: &str) -> Result<(), SparkError> {
        let Some((profile, days, contacts)) = read_customer(payload) else {
            return Err(no_profile(name));
        };
        self.push(name, &profile, days);
        self.has_contacts |= !contacts.is_empty();
        for (place, column) in self.contacts.iter_mut().enumerate() {
            column.push(contacts.get(place).map_or("", AsRef::as_ref));
        }
        Ok(())
    }

    fn push(&mut self, name: &str, profile: &Profile, days: Vec<Day>) {
        self.names.push(name);
        self.profiles.push(profile);
        self.purchases.push(days);
    }

    /// Takes somebody without a valid order.
    pub(super) fn take_prospect(&mut self, name: &str, payload: &str) -> Result<(), SparkError> {
        let reason: Result<Reason, _> = serde_json::from_str(payload);
        let (mentioned, history) = reason.map_err(|_| no_profile(name))?;
        let history = ProspectReason::History(history);
        self.prospects.push(Prospect {
            customer_id: name.to_owned(),
            reason: mentioned.map_or(history, ProspectReason::SetAside),
        });
        Ok(())
    }

    /// Brings everybody into the order of results. Nobody may have come twice.
    pub(super) fn table(
        self,
        as_of: AsOf,
        tally: patron_fold::Tally,
    ) -> Result<(CustomerTable, Vec<Prospect>, PurchaseLog), SparkError> {
        let count = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        let mut order: Vec<u32> = (0..count).collect();
        let name = |place: &u32| self.names.get(*place as usize);
        order.par_sort_unstable_by(|a, b| name(a).cmp(name(b)));
        let twice = |pair: &[u32]| matches!(pair, [a, b] if name(a) == name(b));
        if let Some(pair) = order.windows(2).find(|pair| twice(pair)) {
            return Err(SparkError::Answer {
                what: format!(
                    "customer `{}` came back twice",
                    pair.first().map_or("", name)
                ),
            });
        }
        let sorted = |column: &Texts| {
            let mut texts = Texts::with_capacity(column.len(), column.total_bytes());
            order
                .iter()
                .for_each(|&place| texts.push(column.get(place as usize)));
            texts
        };
        let ids = sorted(&self.names);
        let contacts = self
            .has_contacts
            .then(|| self.contacts.each_ref().map(sorted));
        let (mut profiles, mut prospects) = (self.profiles, self.prospects);
        profiles.rearrange(order);
        prospects.sort_unstable();
        let table = CustomerTable {
            as_of,
            ids,
            profiles,
            contacts,
            tally,
        };
        Ok((table, prospects, self.purchases.sorted()))
    }
}

/// Reads a customer's profile, purchase days, and how they can be reached: in no way, or four texts.
pub(super) fn read_customer(payload: &str) -> Option<(Profile, Vec<Day>, Vec<Cow<'_, str>>)> {
    let mut words = payload.split(' ');
    let profile = read_profile(&mut words)?;
    let days = days(words.next()?)?;
    let contacts: Vec<_> = words.map(read_word).collect();
    matches!(contacts.len(), 0 | 4).then_some((profile, days, contacts))
}

fn days(word: &str) -> Option<Vec<Day>> {
    match word {
        NO_DAYS => Some(Vec::new()),
        days => days
            .split(',')
            .map(|day| day.parse().ok().map(Day))
            .collect(),
    }
}

fn no_profile(name: &str) -> SparkError {
    SparkError::Answer {
        what: format!("what came back of customer `{name}` is no profile"),
    }
}
