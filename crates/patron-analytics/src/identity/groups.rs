//! Union-find over customers: who is one with whom, through however many others.

use std::collections::{BTreeMap, HashMap};

use patron_import::is_address;
use patron_state::Reason;

/// Customers in groups that are joined one by one.
#[derive(Debug, Default)]
pub(super) struct Groups {
    ids: Vec<String>,
    index: HashMap<String, usize>,
    parents: Vec<usize>,
    reasons: Vec<Reason>,
}

impl Groups {
    /// Joins the groups of two customers, for a reason.
    pub(super) fn join(&mut self, a: &str, b: &str, reason: Reason) {
        let (first, second) = (self.place(a, reason), self.place(b, reason));
        let (first, second) = (self.root(first), self.root(second));
        if let Some(parent) = self.parents.get_mut(second) {
            *parent = first;
        }
    }

    /// Returns every customer who has another's name, with that and the reason.
    pub(super) fn persons(mut self) -> BTreeMap<String, (String, Reason)> {
        let mut members: HashMap<usize, Vec<usize>> = HashMap::new();
        for place in 0..self.ids.len() {
            let root = self.root(place);
            members.entry(root).or_default().push(place);
        }
        let mut persons = BTreeMap::new();
        for group in members.into_values() {
            let ids = group.iter().filter_map(|&place| self.ids.get(place));
            let Some(person) = ids.min_by_key(|id| rank(id)).cloned() else {
                continue;
            };
            for &place in &group {
                if let (Some(id), Some(&reason)) = (self.ids.get(place), self.reasons.get(place))
                    && *id != person
                {
                    persons.insert(id.clone(), (person.clone(), reason));
                }
            }
        }
        persons
    }

    fn place(&mut self, id: &str, reason: Reason) -> usize {
        if let Some(&place) = self.index.get(id) {
            return place;
        }
        let place = self.ids.len();
        self.ids.push(id.to_owned());
        self.index.insert(id.to_owned(), place);
        self.parents.push(place);
        self.reasons.push(reason);
        place
    }

    fn root(&mut self, place: usize) -> usize {
        let mut root = place;
        while let Some(&parent) = self.parents.get(root)
            && parent != root
        {
            root = parent;
        }
        // The way is short the next time.
        let mut here = place;
        while let Some(parent) = self.parents.get_mut(here)
            && *parent != root
        {
            here = std::mem::replace(parent, root);
        }
        root
    }
}

/// A person has the name of the account that was probably opened first: ids mostly count up, so shorter ones are older.
fn rank(id: &str) -> (bool, usize, &str) {
    (is_address(id), id.len(), id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_grow_together_through_others_whatever_the_order() {
        let pairs = [("9", "a@x"), ("b@x", "10"), ("10", "a@x"), ("7x", "c@x")];
        let expected: BTreeMap<String, String> =
            [("10", "9"), ("a@x", "9"), ("b@x", "9"), ("c@x", "7x")]
                .map(|(id, person)| (id.to_owned(), person.to_owned()))
                .into();
        for turn in 0..pairs.len() {
            let mut groups = Groups::default();
            for step in 0..pairs.len() {
                let (a, b) = pairs[(turn + step) % pairs.len()];
                groups.join(b, a, Reason::Email);
            }
            let found = groups.persons().into_iter();
            let found: BTreeMap<String, String> =
                found.map(|(id, (person, _))| (id, person)).collect();
            assert_eq!(found, expected);
        }
    }
}
