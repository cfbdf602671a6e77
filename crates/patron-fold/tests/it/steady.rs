//! On the days that are said to be steady, the fold says the same.

use patron_core::{Day, Fact, ShopCalendar};
use patron_fold::folder::Scratch;
use patron_fold::{FoldSettings, Folder, Outcome, Steady, Tally};
use proptest::prelude::*;

use crate::properties::facts;

fn settings() -> impl Strategy<Value = FoldSettings> {
    let zone = prop_oneof![Just("UTC"), Just("America/New_York"), Just("Asia/Shanghai")];
    let days = proptest::option::weighted(0.3, 0_i32..40);
    (zone, 0_u32..8, days, prop_oneof![Just(0_u32), 1_u32..40]).prop_map(
        |(zone, window_months, window_days, return_window_days)| FoldSettings {
            calendar: ShopCalendar::new(zone).unwrap(),
            window_months,
            window_days,
            return_window_days,
            ..FoldSettings::default()
        },
    )
}

fn folded(
    history: &[Fact<'static>],
    settings: &FoldSettings,
    day: Day,
) -> (Outcome, Tally, Steady) {
    let folder = Folder::new(settings.clone(), &[day]).unwrap();
    let (mut scratch, mut outcomes) = (Scratch::default(), Vec::new());
    folder.fold(history, &mut scratch, &mut outcomes).unwrap();
    let steady = folder.steadiness().unwrap().of(&scratch);
    (outcomes[0], scratch.tallies()[0], steady)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, rng_seed: proptest::test_runner::RngSeed::Fixed(20_261), ..ProptestConfig::default() })]

    #[test]
    fn the_fold_says_the_same_on_steady_days(history in facts(), settings in settings(), day in 0_i32..700) {
        let (outcome, tally, steady) = folded(&history, &settings, Day(day));
        prop_assert!(steady.has(Day(day)), "{steady:?}");
        let near = (day - 90).max(steady.from.0)..=(day + 90).min(steady.until.0);
        for other in near.step_by(3).chain([steady.from.0.max(-400), steady.until.0.min(2_000)]) {
            let (there, counted, same) = folded(&history, &settings, Day(other));
            prop_assert_eq!(there, outcome, "as of {}", other);
            prop_assert_eq!(counted, tally, "as of {}", other);
            prop_assert_eq!(same, steady, "as of {}", other);
        }
    }
}

#[test]
fn days_are_steady_until_something_leaves_the_window() {
    let at = |day: &str| {
        let calendar = ShopCalendar::utc();
        calendar.start_of(Day::parse_iso(day).unwrap())
    };
    let order = |day: &str| Fact::Order {
        at: at(day),
        order_id: "",
        net: patron_core::Money(10_000),
        status: patron_core::OrderStatus::Paid,
    };
    let history = [order("2025-01-10"), order("2025-02-20")];
    let day = |text: &str| Day::parse_iso(text).unwrap();
    let (.., steady) = folded(&history, &FoldSettings::default(), day("2025-03-01"));
    // The first order leaves the window of six months on 10 July.
    let expected = Steady {
        from: day("2025-02-20"),
        until: day("2025-07-09"),
    };
    assert_eq!(steady, expected);
    let (.., later) = folded(&history, &FoldSettings::default(), day("2026-03-01"));
    assert_eq!(
        (later.from, later.until),
        (day("2026-02-20"), Day(i32::MAX))
    );
}
