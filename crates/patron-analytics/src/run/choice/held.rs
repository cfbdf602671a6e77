//! The end of the shop's own history, held out: what customers had bought by a day, and what they bought after it.

use patron_core::Day;
use patron_engine::PurchaseLog;
use patron_stats::history::{DayHistory, History};
use patron_stats::scores::{CutError, CutPoints, Direction, Method};
use patron_stats::validation::{Held, held_out};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::Why;

/// As long as values look ahead by default, and whole seasons.
const MOST_DAYS: i32 = 365;
/// A shorter time says nothing of who comes back.
const LEAST_DAYS: i32 = 28;
/// Fewer customers do not tell models apart: log scores differ by hundredths, their spread is about 1.
const LEAST_CUSTOMERS: u64 = 100;
/// As many as a model is fitted from.
const LEAST_REPEAT_BUYERS: u64 = 30;
/// Mean log scores of so many are known to ± 0.01, their differences far better; more would cost more than the run.
const MOST_JUDGED: usize = 20_000;
/// Draws the sample; the same each time.
const SEED: u64 = 1;
const CELL_SCORES: u8 = 5;

/// What customers had bought by a day, and what they bought after it.
#[derive(Debug, Clone)]
pub struct HeldOut {
    /// The last day that models are fitted to.
    pub calibration_end: Day,
    /// The last day on which later purchases count: the as-of day.
    pub end: Day,
    /// Customers who had bought by the end of calibration.
    pub customers: u64,
    /// Those that models are judged by: all of them, or a sample.
    pub(super) judged: Vec<Judgeable>,
}

/// One customer, known at the end of calibration and at a day as long before it as the holdout is after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Judgeable {
    pub(super) history: DayHistory,
    pub(super) later: u32,
    pub(super) last_period: u32,
    /// What was known then, if the customer had bought.
    earlier: Option<DayHistory>,
}

impl HeldOut {
    /// Holds out the last year, or the last third of a history that is shorter than three.
    pub(super) fn new(log: &PurchaseLog, as_of: Day) -> Result<Self, Why> {
        let first = log.iter().filter_map(|days| days.first()).min();
        let history_days = first.map_or(0, |first| as_of.days_since(*first));
        let days = (history_days / 3).min(MOST_DAYS);
        if days < LEAST_DAYS {
            return Err(Why::ShortHistory {
                days: history_days,
                required: 3 * LEAST_DAYS,
            });
        }
        let calibration_end = as_of.plus_days(-days);
        let had_bought = |days: &&[Day]| days.first().is_some_and(|day| *day <= calibration_end);
        let known: Vec<&[Day]> = log.iter().filter(had_bought).collect();
        let found = known.len() as u64;
        if found < LEAST_CUSTOMERS {
            return Err(Why::FewCustomers {
                found,
                required: LEAST_CUSTOMERS,
            });
        }
        let mut judged: Vec<Judgeable> = sampled(known.iter().copied(), known.len())
            .filter_map(|days| judgeable(days, calibration_end, as_of))
            .collect();
        // Models do equal work once for neighbours that are equal.
        judged.sort_unstable();
        let again = judged.iter().filter(|one| one.history.repeat_purchases > 0);
        let found = again.count() as u64;
        if found < LEAST_REPEAT_BUYERS {
            return Err(Why::FewRepeatBuyers {
                found,
                required: LEAST_REPEAT_BUYERS,
            });
        }
        Ok(Self {
            calibration_end,
            end: as_of,
            customers: known.len() as u64,
            judged,
        })
    }

    /// Returns the length of the holdout.
    #[must_use]
    pub fn days(&self) -> i32 {
        self.end.days_since(self.calibration_end)
    }

    /// Returns how many customers models are judged by.
    #[must_use]
    pub const fn judged(&self) -> usize {
        self.judged.len()
    }

    pub(super) fn histories(&self, unit_days: f64) -> Vec<History> {
        let of = |one: &Judgeable| History::from_days(one.history, unit_days);
        let histories = self.judged.iter().map(of);
        // Days of a log ascend, so no history is refused.
        histories
            .map(|history| history.unwrap_or(History::NEW_CUSTOMER))
            .collect()
    }

    pub(super) fn later(&self) -> Vec<u32> {
        self.judged.iter().map(|one| one.later).collect()
    }

    /// Returns the cells of those who were there one holdout earlier, what these bought since, and everybody's cells now.
    ///
    /// Cells are fifths by days since the last purchase and by number of purchases, cut where they were cut earlier.
    pub(super) fn cells(&self) -> Option<(Vec<u32>, Vec<f64>, Vec<u32>)> {
        let there = self
            .judged
            .iter()
            .filter_map(|one| Some((one.earlier?, one)));
        let (trained, came): (Vec<DayHistory>, Vec<f64>) = there
            .map(|(earlier, one)| (earlier, f64::from(one.last_period)))
            .unzip();
        let cuts = Cells::find(&trained).ok()?;
        let now: Vec<DayHistory> = self.judged.iter().map(|one| one.history).collect();
        Some((cuts.of(&trained), came, cuts.of(&now)))
    }
}

/// Fifths of recency and frequency.
struct Cells([CutPoints; 2]);

impl Cells {
    fn find(histories: &[DayHistory]) -> Result<Self, CutError> {
        let [recency, frequency] = measures(histories);
        let find = |values: &[f64], direction| {
            CutPoints::find(values, &Method::Quantile, CELL_SCORES, direction)
        };
        Ok(Self([
            find(&recency, Direction::LowerIsBetter)?,
            find(&frequency, Direction::HigherIsBetter)?,
        ]))
    }

    fn of(&self, histories: &[DayHistory]) -> Vec<u32> {
        let [recency, frequency] = measures(histories);
        let Self([by_recency, by_frequency]) = self;
        let scores = by_recency.score_all(&recency);
        let scores = scores.into_iter().zip(by_frequency.score_all(&frequency));
        scores
            .map(|(r, f)| u32::from(r) * 16 + u32::from(f))
            .collect()
    }
}

/// Days since the last purchase, and purchases.
fn measures(histories: &[DayHistory]) -> [Vec<f64>; 2] {
    let since = |one: &DayHistory| f64::from(one.age_days - one.recency_days);
    let purchases = |one: &DayHistory| f64::from(one.repeat_purchases) + 1.0;
    [
        histories.iter().map(since).collect(),
        histories.iter().map(purchases).collect(),
    ]
}

/// Draws [`MOST_JUDGED`] customers without replacement, each as likely as any other, or takes all where there are no more.
///
/// Knuth's algorithm S: one pass, in order.
fn sampled<'l>(
    customers: impl Iterator<Item = &'l [Day]>,
    count: usize,
) -> impl Iterator<Item = &'l [Day]> {
    let mut generator = ChaCha12Rng::seed_from_u64(SEED);
    let (mut wanted, mut left) = (MOST_JUDGED.min(count) as u128, count as u128);
    customers.filter(move |_| {
        let place = (u128::from(generator.next_u64()) * left) >> 64;
        left = left.saturating_sub(1);
        let taken = place < wanted;
        wanted -= u128::from(taken);
        taken
    })
}

fn judgeable(days: &[Day], calibration_end: Day, end: Day) -> Option<Judgeable> {
    let numbers: Vec<i64> = days.iter().map(|day| i64::from(day.0)).collect();
    let length = u32::try_from(end.days_since(calibration_end)).ok()?;
    let at = |day: Day| -> Option<Held> { held_out(&numbers, i64::from(day.0), length).ok()? };
    let held = at(calibration_end)?;
    let earlier = at(calibration_end.plus_days(-end.days_since(calibration_end)));
    Some(Judgeable {
        history: held.history,
        later: held.later,
        last_period: held.last_period,
        earlier: earlier.map(|earlier| earlier.history),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_the_size_asked_for_and_no_favourites() {
        let count = 3 * MOST_JUDGED;
        let customers: Vec<[Day; 1]> = (0..).take(count).map(|day| [Day(day)]).collect();
        let all = || customers.iter().map(<[Day; 1]>::as_slice);
        let taken: Vec<&[Day]> = sampled(all(), count).collect();
        assert_eq!(taken.len(), MOST_JUDGED);
        // A third of each half, give or take: standard deviation of the count is about 58.
        let middle = customers[count / 2][0];
        let early = taken.iter().filter(|days| days[0] < middle);
        assert!(early.count().abs_diff(MOST_JUDGED / 2) < 300);
        let again: Vec<&[Day]> = sampled(all(), count).collect();
        assert_eq!(taken, again, "seeded");
        assert_eq!(sampled(all().take(7), 7).count(), 7, "few are all taken");
    }

    #[test]
    fn a_customer_is_seen_at_the_end_of_calibration_and_one_holdout_before() {
        let days = [10, 40, 75, 110, 300].map(Day);
        let found = judgeable(&days, Day(100), Day(130)).unwrap();
        let history = |repeat_purchases, age_days, recency_days| DayHistory {
            repeat_purchases,
            age_days,
            recency_days,
        };
        assert_eq!(found.history, history(2, 90, 65));
        assert_eq!((found.later, found.last_period), (1, 1));
        assert_eq!(found.earlier, Some(history(1, 60, 30)));
        assert_eq!(judgeable(&days, Day(9), Day(39)), None, "came later");
        assert_eq!(judgeable(&days, Day(30), Day(60)).unwrap().earlier, None);
    }
}
