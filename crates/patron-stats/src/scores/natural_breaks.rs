//! Natural breaks: Fisher's exact partition of values on a line.

/// Up to this many distinct values the partition is the exact optimum; above, the middle of the distribution is
/// thinned first, and the result says so.
pub const EXACT_DISTINCT_VALUES: usize = 262_144;

/// Cuts found, and from how many distinct values if these had to be thinned.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NaturalBreaks {
    pub(crate) cuts: Vec<f64>,
    pub(crate) thinned_from: Option<usize>,
}

/// A run of neighbouring distinct values: its mean, weight and largest value.
#[derive(Debug, Clone, Copy)]
struct Group {
    mean: f64,
    weight: f64,
    largest: f64,
}

/// Returns the cuts that minimise the sum of squared distances of all values to the mean of their bin.
///
/// A cut is the largest value of its bin. With fewer distinct values than bins each value has a bin of its own, and the
/// largest is repeated as cut: the upper scores are missing.
///
/// # Reference
/// Fisher (1958), On grouping for maximum homogeneity; the dynamic programme over weighted distinct values, each layer
/// by divide and conquer since the best split moves right with the end (Wang & Song 2011 use the same cost):
/// O(k·m·log m) for m distinct values.
pub(crate) fn natural_breaks(values: &[f64], bins: u8) -> NaturalBreaks {
    natural_breaks_within(values, bins, EXACT_DISTINCT_VALUES)
}

/// As [`natural_breaks`], of distinct values, ascending, with how often each occurs.
pub(crate) fn natural_breaks_counted(
    values: impl Iterator<Item = (f64, u64)>,
    bins: u8,
) -> NaturalBreaks {
    let groups = values.map(|(value, count)| Group {
        mean: value,
        weight: count as f64,
        largest: value,
    });
    breaks_of(groups.collect(), bins, EXACT_DISTINCT_VALUES)
}

fn natural_breaks_within(values: &[f64], bins: u8, limit: usize) -> NaturalBreaks {
    breaks_of(distinct_values(values), bins, limit)
}

fn breaks_of(distinct: Vec<Group>, bins: u8, limit: usize) -> NaturalBreaks {
    let thinned_from = (distinct.len() > limit).then_some(distinct.len());
    let groups = if thinned_from.is_some() {
        thin(&distinct, limit)
    } else {
        distinct
    };
    let wanted = usize::from(bins);
    let mut cuts: Vec<f64> = if groups.len() <= wanted {
        groups
            .iter()
            .take(wanted - 1)
            .map(|group| group.largest)
            .collect()
    } else {
        best_partition(&groups, wanted)
    };
    if let Some(largest) = groups.last() {
        cuts.resize(wanted - 1, largest.largest);
    }
    NaturalBreaks { cuts, thinned_from }
}

fn distinct_values(values: &[f64]) -> Vec<Group> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut groups: Vec<Group> = Vec::new();
    for value in sorted {
        match groups.last_mut() {
            Some(group) if value <= group.largest => group.weight += 1.0,
            _ => groups.push(Group {
                mean: value,
                weight: 1.0,
                largest: value,
            }),
        }
    }
    groups
}

/// Keeps a quarter of `limit` distinct values at each end as they are, where breaks are wide, and joins neighbours in
/// between into as many groups as remain.
fn thin(distinct: &[Group], limit: usize) -> Vec<Group> {
    let end = limit / 4;
    let (lower, rest) = distinct.split_at(end);
    let (middle, upper) = rest.split_at(rest.len() - end);
    let size = middle.len().div_ceil(limit - 2 * end);
    let joined = middle.chunks(size).map(|run| {
        let weight: f64 = run.iter().map(|group| group.weight).sum();
        let total: f64 = run.iter().map(|group| group.weight * group.mean).sum();
        Group {
            mean: total / weight,
            weight,
            largest: run[run.len() - 1].largest,
        }
    });
    lower
        .iter()
        .copied()
        .chain(joined)
        .chain(upper.iter().copied())
        .collect()
}

/// Running totals of weight, weight·x and weight·x², with x measured from the overall mean.
struct Totals {
    weight: Vec<f64>,
    first: Vec<f64>,
    second: Vec<f64>,
}

impl Totals {
    fn new(groups: &[Group]) -> Self {
        let weight: f64 = groups.iter().map(|group| group.weight).sum();
        let centre = groups
            .iter()
            .map(|group| group.mean * (group.weight / weight))
            .sum::<f64>();
        let mut totals = Self {
            weight: vec![0.0],
            first: vec![0.0],
            second: vec![0.0],
        };
        let (mut w, mut s, mut q) = (0.0, 0.0, 0.0);
        for group in groups {
            let x = group.mean - centre;
            w += group.weight;
            s += group.weight * x;
            q += group.weight * x * x;
            totals.weight.push(w);
            totals.first.push(s);
            totals.second.push(q);
        }
        totals
    }

    /// Sum of squared distances to their mean of groups `from..to`.
    fn cost(&self, from: usize, to: usize) -> f64 {
        let weight = self.weight[to] - self.weight[from];
        let first = self.first[to] - self.first[from];
        let second = self.second[to] - self.second[from];
        (second - first * first / weight).max(0.0)
    }
}

/// Dynamic programme: `best[j]` = least cost of the first j groups in the bins so far.
fn best_partition(groups: &[Group], bins: usize) -> Vec<f64> {
    let count = groups.len();
    let totals = Totals::new(groups);
    let mut best: Vec<f64> = (0..=count)
        .map(|to| if to == 0 { 0.0 } else { totals.cost(0, to) })
        .collect();
    let mut splits: Vec<Vec<u32>> = Vec::with_capacity(bins - 1);
    for bin in 1..bins {
        let mut layer = Layer {
            totals: &totals,
            before: &best,
            best: vec![f64::INFINITY; count + 1],
            split: vec![0; count + 1],
        };
        layer.fill(bin + 1, count, bin, count - 1);
        let Layer {
            best: next, split, ..
        } = layer;
        best = next;
        splits.push(split);
    }
    let mut cuts = vec![0.0; bins - 1];
    let mut to = count;
    for (cut, split) in cuts.iter_mut().zip(&splits).rev() {
        to = split[to] as usize;
        *cut = groups[to - 1].largest;
    }
    cuts
}

struct Layer<'a> {
    totals: &'a Totals,
    before: &'a [f64],
    best: Vec<f64>,
    split: Vec<u32>,
}

impl Layer<'_> {
    /// Fills ends `from..=to`, whose best splits lie in `lowest..=highest`. Depth is log₂ of the number of ends.
    fn fill(&mut self, from: usize, to: usize, lowest: usize, highest: usize) {
        if from > to {
            return;
        }
        let end = from + (to - from) / 2;
        let mut split = lowest;
        for start in lowest..=highest.min(end - 1) {
            let cost = self.before[start] + self.totals.cost(start, end);
            if cost < self.best[end] {
                self.best[end] = cost;
                split = start;
            }
        }
        self.split[end] = u32::try_from(split).unwrap_or(u32::MAX);
        if end > from {
            self.fill(from, end - 1, lowest, split);
        }
        self.fill(end + 1, to, split, highest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_become_cuts() {
        let values = [1.0, 1.1, 0.9, 10.0, 10.2, 55.0, 54.0, 10.1];
        assert_eq!(natural_breaks(&values, 3).cuts, [1.1, 10.2]);
    }

    #[test]
    fn fewer_distinct_values_than_bins_leave_the_top_empty() {
        assert_eq!(natural_breaks(&[3.0, 1.0, 3.0], 4).cuts, [1.0, 3.0, 3.0]);
        assert_eq!(natural_breaks(&[2.0], 2).cuts, [2.0]);
    }

    #[test]
    fn thinning_is_said_and_still_finds_wide_gaps() {
        let values: Vec<f64> = (0..1000)
            .map(|i| f64::from(i) * 0.01 + if i >= 700 { 500.0 } else { 0.0 })
            .collect();
        let thinned = natural_breaks_within(&values, 2, 64);
        assert_eq!(thinned.thinned_from, Some(1000));
        let exact = natural_breaks(&values, 2);
        assert_eq!(exact.thinned_from, None);
        assert_eq!(exact.cuts, [6.99]);
        // A group in the middle holds 31 neighbours at most, so the cut is that near.
        assert!((thinned.cuts[0] - 6.99).abs() < 0.31, "{:?}", thinned.cuts);
    }
}
