//! The baseline of RFM cells: everybody does what those in the same cell did one holdout earlier.

use patron_core::Day;
use patron_engine::Bought;
use patron_stats::scores::type_7_quantile;
use patron_stats::validation::cell_means;

use super::days::PurchaseDays;

/// The key of the baseline.
pub(super) const CELLS: &str = "rfm-cell-mean";

/// Customers from which on each axis has five classes; below, cells of three have somebody to learn from.
const MANY: usize = 4_000;

/// Expected purchases of the customers with these ids in the `horizon_days` after a day, by cells of recency, frequency and money.
///
/// # Returns
/// Nothing where nobody had bought one holdout earlier, or not all are known.
pub(super) fn by_cell(
    days: &PurchaseDays,
    ids: &[&str],
    end: Day,
    horizon_days: u32,
) -> Option<Vec<f64>> {
    let horizon = i32::try_from(horizon_days).ok()?;
    let earlier = Day(end.0.checked_sub(horizon)?);
    let learnt: Vec<([f64; 3], f64)> = days
        .all()
        .iter()
        .filter_map(|bought| {
            let came = between(bought, earlier, end);
            Some((axes(bought, earlier)?, came as f64))
        })
        .collect();
    if learnt.is_empty() {
        return None;
    }
    let classes = if learnt.len() < MANY { 3 } else { 5 };
    let cuts = [0, 1, 2].map(|axis| {
        let values: Vec<f64> = learnt
            .iter()
            .filter_map(|(axes, _)| axes.get(axis).copied())
            .collect();
        let shares = (1..classes).map(|class| f64::from(class) / f64::from(classes));
        shares
            .filter_map(|share| type_7_quantile(&values, share))
            .collect::<Vec<f64>>()
    });
    let cell = |axes: &[f64; 3]| {
        axes.iter().zip(&cuts).fold(0, |cell, (value, cuts)| {
            let class = cuts.iter().filter(|cut| value > cut).count();
            cell * classes + u32::try_from(class).unwrap_or(0)
        })
    };
    let trained: Vec<u32> = learnt.iter().map(|(axes, _)| cell(axes)).collect();
    let came: Vec<f64> = learnt.iter().map(|(_, came)| *came).collect();
    let asked = ids.iter().map(|id| Some(cell(&axes(days.of(id)?, end)?)));
    let asked: Vec<u32> = asked.collect::<Option<_>>()?;
    cell_means(&trained, &came, &asked).ok()
}

/// Days since the last purchase, number of purchase days and what was spent, as of a day; nothing of who had not bought.
fn axes(bought: &Bought, as_of: Day) -> Option<[f64; 3]> {
    let known = bought.days.iter().take_while(|(day, _)| *day <= as_of);
    let (mut last, mut count, mut spent) = (None, 0.0, 0.0);
    for (day, spend) in known {
        last = Some(*day);
        count += 1.0;
        spent += spend.to_f64();
    }
    Some([f64::from(as_of.days_since(last?)), count, spent])
}

/// Purchase days after one day, up to another.
fn between(bought: &Bought, after: Day, up_to: Day) -> usize {
    let days = bought.days.iter();
    days.filter(|(day, _)| after < *day && *day <= up_to)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use patron_core::MoneySum;

    fn bought(id: &str, days: &[i32]) -> Bought {
        Bought {
            customer_id: id.to_owned(),
            days: days
                .iter()
                .map(|day| (Day(*day), MoneySum(10_000)))
                .collect(),
        }
    }

    #[test]
    fn a_cell_does_what_it_did_one_holdout_earlier() {
        // Known at day 100: a and b with one purchase long ago, c and d with three just now; afterwards c and d buy two and four days.
        let days = PurchaseDays::new(
            vec![
                bought("a", &[1]),
                bought("b", &[2]),
                bought("c", &[80, 90, 99, 110, 120]),
                bought("d", &[81, 91, 98, 105, 115, 125, 135]),
                bought("e", &[180, 190, 199]),
                bought("f", &[150]),
            ],
            Day(200),
        );
        let told = by_cell(&days, &["e", "a"], Day(200), 100).unwrap();
        // Like c and d, who bought 2 and 4 times; a is where a and b were, who bought nothing.
        assert_eq!(told, [3.0, 0.0]);
        assert_eq!(by_cell(&days, &["nobody"], Day(200), 100), None);
        assert_eq!(by_cell(&days, &["a"], Day(0), 100), None);
    }
}
