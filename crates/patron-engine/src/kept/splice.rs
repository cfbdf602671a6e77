//! A long sorted list of which few entries are taken out, and to which few come: what stays is copied in long runs.

use std::ops::Range;

/// What comes next in the list that is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Edit {
    /// These of the old list.
    Keep(Range<usize>),
    /// The one at this place among the new ones.
    Put(usize),
}

/// Returns before which place of the old list each of some sorted names comes, or at which it stands.
pub(crate) fn places_in<'n>(
    names: impl Iterator<Item = &'n str>,
    find: impl Fn(&str) -> Result<usize, usize>,
) -> Vec<usize> {
    names
        .map(|name| find(name).unwrap_or_else(|place| place))
        .collect()
}

/// Calls `edit` with what the new list has, in its order: of `old` entries those that are not `gone`, and the new ones, each
/// before the entry at its place. Both lists of places ascend.
pub(crate) fn splice(old: usize, gone: &[usize], places: &[usize], mut edit: impl FnMut(Edit)) {
    let mut next = 0;
    let mut gone = gone.iter().copied().peekable();
    let mut keep_until = |until: usize, edit: &mut dyn FnMut(Edit)| {
        while let Some(taken) = gone.next_if(|taken| *taken < until) {
            if next < taken {
                edit(Edit::Keep(next..taken));
            }
            next = taken + 1;
        }
        if next < until {
            edit(Edit::Keep(next..until));
            next = until;
        }
    };
    for (new, place) in places.iter().enumerate() {
        keep_until(*place, &mut edit);
        edit(Edit::Put(new));
    }
    keep_until(old, &mut edit);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn spliced(old: &[u32], gone: &[u32], new: &[u32]) -> Vec<u32> {
        let place = |one: &u32| old.binary_search(one);
        let gone: Vec<usize> = gone.iter().filter_map(|one| place(one).ok()).collect();
        let places: Vec<usize> = new
            .iter()
            .map(|one| place(one).unwrap_or_else(|at| at))
            .collect();
        let mut list = Vec::new();
        splice(old.len(), &gone, &places, |edit| match edit {
            Edit::Keep(rows) => list.extend_from_slice(&old[rows]),
            Edit::Put(one) => list.push(new[one]),
        });
        list
    }

    proptest! {
        #[test]
        fn the_list_is_the_old_one_without_those_gone_and_with_the_new(
            old in proptest::collection::btree_set(0_u32..60, 0..40),
            gone in proptest::collection::btree_set(0_u32..60, 0..20),
            new in proptest::collection::btree_set(0_u32..60, 0..20),
        ) {
            // Nobody stays and comes.
            let gone: BTreeSet<u32> = gone.union(&new).copied().collect();
            let list = |set: &BTreeSet<u32>| set.iter().copied().collect::<Vec<_>>();
            let stay: BTreeSet<u32> = old.difference(&gone).copied().collect();
            let expected: BTreeSet<u32> = stay.union(&new).copied().collect();
            prop_assert_eq!(spliced(&list(&old), &list(&gone), &list(&new)), list(&expected));
        }
    }
}
