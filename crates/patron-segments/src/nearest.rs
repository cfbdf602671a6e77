//! The most similar of a few names, for "did you mean".

/// Returns the candidate with the fewest edits, if these are at most a third of the name.
pub(crate) fn nearest(name: &str, candidates: &[String]) -> Option<String> {
    let name = name.to_lowercase();
    let allowed = (name.chars().count() / 3).max(1);
    candidates
        .iter()
        .map(|candidate| (edits(&name, &candidate.to_lowercase(), allowed), candidate))
        .filter(|&(edits, _)| edits <= allowed)
        .min_by_key(|&(edits, _)| edits)
        .map(|(_, candidate)| candidate.clone())
}

/// Levenshtein distance; anything above `limit` is `limit + 1`.
fn edits(left: &str, right: &str, limit: usize) -> usize {
    let right: Vec<char> = right.chars().collect();
    let length = left.chars().count();
    if length.abs_diff(right.len()) > limit {
        return limit + 1;
    }
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, here) in left.chars().enumerate() {
        let mut before = line + 1;
        let mut next = vec![before];
        for ((&there, pair), _) in right.iter().zip(row.windows(2)).zip(0..) {
            let (diagonal, above) = match pair {
                [diagonal, above] => (*diagonal, *above),
                _ => continue,
            };
            before = (before + 1)
                .min(above + 1)
                .min(diagonal + usize::from(here != there));
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or(limit + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_forgiven_and_another_word_is_not() {
        let names = ["recency_days".to_owned(), "orders".to_owned()];
        assert_eq!(
            nearest("recency_day", &names).as_deref(),
            Some("recency_days")
        );
        assert_eq!(nearest("Orders", &names).as_deref(), Some("orders"));
        assert_eq!(nearest("odrers", &names).as_deref(), Some("orders"));
        assert_eq!(nearest("clv", &names), None);
    }

    #[test]
    fn distances_are_levenshteins() {
        assert_eq!(edits("kitten", "sitting", 9), 3);
        assert_eq!(edits("", "abc", 9), 3);
    }
}
