//! Cut points and scores: pandas, SQL, R's `rfm`, exact fractions, and properties on random input.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::float_cmp,
    reason = "helpers of tests may fail the test; equal values are the question"
)]

use std::collections::BTreeMap;

use patron_stats::scores::{
    CutError, CutPoints, Direction, Method, TieRule, count_distinct_up_to, type_7_quantile,
};
use patron_testkit::{assert_relative, data_file, reference_cases};
use proptest::prelude::*;
use serde_json::Value;

const HIGHER: Direction = Direction::HigherIsBetter;
const LOWER: Direction = Direction::LowerIsBetter;

/// One rounding of the interpolation, and one of reading the reference: a few units in the last place.
const FEW_ROUNDINGS: f64 = 1e-14;
/// Costs are differences of running totals here and exact fractions there.
const COST_TOLERANCE: f64 = 1e-9;

fn floats(value: &Value) -> Vec<f64> {
    let list = value.as_array().expect("a list");
    list.iter()
        .map(|number| number.as_f64().expect("a number"))
        .collect()
}

fn scores(value: &Value) -> Vec<u8> {
    let list = value.as_array().expect("a list");
    let score = |number: &Value| u8::try_from(number.as_u64().expect("a score")).expect("small");
    list.iter().map(score).collect()
}

/// What the reference says about one list of values: its name, the values, the bins, and all of it.
fn cases(part: &str) -> Vec<(String, Vec<f64>, u8, Value)> {
    let all = reference_cases("scores");
    let cases = all[part].as_array().expect("cases").clone();
    cases
        .into_iter()
        .map(|case| {
            let bins = u8::try_from(case["bins"].as_u64().expect("bins")).expect("small");
            let name = format!("{} in {bins}", case["name"]);
            (name, floats(&case["values"]), bins, case)
        })
        .collect()
}

#[test]
fn quantile_cuts_are_type_7_in_exact_fractions() {
    for (name, values, bins, case) in cases("cases") {
        let found = CutPoints::find(&values, &Method::Quantile, bins, HIGHER).unwrap();
        for (cut, expected) in found.cuts().iter().zip(floats(&case["type_7"])) {
            if expected == 0.0 {
                assert_eq!(*cut, expected, "{name}");
            } else {
                assert_relative(&name, *cut, expected, FEW_ROUNDINGS);
            }
        }
        for (i, expected) in (1..bins).zip(floats(&case["type_7"])) {
            let found = type_7_quantile(&values, f64::from(i) / f64::from(bins)).unwrap();
            assert!(
                (found - expected).abs() <= 1e-12 * expected.abs().max(1.0),
                "{name}"
            );
        }
    }
}

#[test]
fn qcut_equals_pandas_and_refuses_what_pandas_refuses() {
    let mut refused = 0;
    for (name, values, bins, case) in cases("cases") {
        let found = CutPoints::find(&values, &Method::Qcut, bins, HIGHER);
        if case["qcut"].is_null() {
            refused += 1;
            assert!(
                matches!(found, Err(CutError::RepeatedEdges { .. })),
                "{name}: {found:?}"
            );
            continue;
        }
        let found = found.unwrap();
        assert_eq!(
            found.score_all(&values),
            scores(&case["qcut"]["scores"]),
            "{name}"
        );
        let edges = floats(&case["qcut"]["edges"]);
        for (cut, edge) in found.cuts().iter().zip(edges.iter().skip(1)) {
            assert!(
                (cut - edge).abs() <= FEW_ROUNDINGS * edge.abs(),
                "{name}: {cut} {edge}"
            );
        }
        // As `qcut(recency, 5, labels=[5, 4, 3, 2, 1])`.
        let turned = CutPoints::find(&values, &Method::Qcut, bins, LOWER).unwrap();
        let labels: Vec<u8> = scores(&case["qcut"]["scores"])
            .iter()
            .map(|score| bins + 1 - score)
            .collect();
        assert_eq!(turned.score_all(&values), labels, "{name}");
    }
    assert!(refused > 0, "the reference has no case that pandas refuses");
}

#[test]
fn qcut_first_equals_pandas_qcut_of_ranks() {
    for (name, values, bins, case) in cases("cases") {
        let found = CutPoints::find(&values, &Method::QcutFirst, bins, HIGHER);
        if case["qcut_first"].is_null() {
            assert!(
                matches!(found, Err(CutError::RepeatedEdges { .. })),
                "{name}: {found:?}"
            );
        } else {
            let found = found.unwrap();
            assert_eq!(
                found.score_all(&values),
                scores(&case["qcut_first"]),
                "{name}"
            );
            assert!(!found.decided_by_value());
        }
    }
}

#[test]
fn ntile_equals_sql() {
    for (name, values, bins, case) in cases("cases") {
        let found = CutPoints::find(&values, &Method::Ntile, bins, HIGHER).unwrap();
        let tiles = scores(&case["ntile"]);
        assert_eq!(found.score_all(&values), tiles, "{name}");
        let present = |score: u8| tiles.contains(&score);
        let missing: Vec<u8> = (1..=bins).filter(|&score| !present(score)).collect();
        assert_eq!(found.missing_scores(), missing, "{name}");
    }
}

/// The sum of squared distances of the values to the mean of their bin.
fn cost(values: &[f64], scores: &[u8]) -> f64 {
    let mut bins: BTreeMap<u8, Vec<f64>> = BTreeMap::new();
    for (&value, &score) in values.iter().zip(scores) {
        bins.entry(score).or_default().push(value);
    }
    bins.values()
        .map(|bin| {
            let mean = bin.iter().sum::<f64>() / bin.len() as f64;
            bin.iter().map(|value| (value - mean).powi(2)).sum::<f64>()
        })
        .sum()
}

#[test]
fn natural_breaks_are_the_best_of_all_partitions() {
    for (name, values, bins, case) in cases("natural_breaks") {
        let found = CutPoints::find(&values, &Method::NaturalBreaks, bins, HIGHER).unwrap();
        let least = case["cost"].as_f64().unwrap();
        let gap = (cost(&values, &found.score_all(&values)) - least).abs();
        assert!(gap <= COST_TOLERANCE * least.max(1.0), "{name}: {gap}");
        if !case["cuts"].is_null() {
            assert_eq!(found.cuts(), floats(&case["cuts"]), "{name}");
        }
    }
}

/// Recency to 2006-12-31, rows and revenue of each customer of `rfm_data_orders`.
fn r_rfm_customers(path: &std::path::Path) -> BTreeMap<String, [f64; 3]> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut customers: BTreeMap<String, [f64; 3]> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let mut fields = line.split(',');
        let (customer, date) = (fields.next().unwrap(), fields.next().unwrap());
        let revenue: f64 = fields.next().unwrap().parse().unwrap();
        let days = days_before_2007(date) - 1.0;
        let entry = customers
            .entry(customer.to_owned())
            .or_insert([f64::INFINITY, 0.0, 0.0]);
        *entry = [entry[0].min(days), entry[1] + 1.0, entry[2] + revenue];
    }
    customers
}

/// Days from an ISO date to 2007-01-01, by Julian day numbers.
fn days_before_2007(date: &str) -> f64 {
    let parts: Vec<i64> = date.split('-').map(|part| part.parse().unwrap()).collect();
    let julian = |year: i64, month: i64, day: i64| {
        let shift = (14 - month) / 12;
        let (year, month) = (year + 4800 - shift, month + 12 * shift - 3);
        day + (153 * month + 2) / 5 + 365 * year + year / 4 - year / 100 + year / 400
    };
    (julian(2007, 1, 1) - julian(parts[0], parts[1], parts[2])) as f64
}

#[test]
fn r_rfm_reproduces_the_packages_thresholds_and_score_counts() {
    let name = "r_rfm_reproduces_the_packages_thresholds_and_score_counts";
    let Some(path) = data_file(name, "rfm_r/rfm_data_orders.csv") else {
        return;
    };
    let customers = r_rfm_customers(&path);
    assert_eq!(customers.len(), 995);
    // rfm (R) on rfm_data_orders, analysis date 2006-12-31, 5 bins: lower limits of bins 2 to 5, customers by score.
    let published: [(Direction, [f64; 4], [u64; 5]); 3] = [
        (
            LOWER,
            [115.0, 181.0, 297.4, 482.0],
            [197, 200, 199, 199, 200],
        ),
        (HIGHER, [4.0, 5.0, 6.0, 8.0], [268, 187, 176, 244, 120]),
        (
            HIGHER,
            [255.8, 382.0, 506.4, 666.0],
            [200, 200, 198, 202, 195],
        ),
    ];
    for (axis, (direction, thresholds, counts)) in published.into_iter().enumerate() {
        let values: Vec<f64> = customers.values().map(|customer| customer[axis]).collect();
        let found = CutPoints::find(&values, &Method::RRfm, 5, direction).unwrap();
        for (cut, threshold) in found.cuts().iter().zip(thresholds) {
            assert_relative("threshold", *cut, threshold, FEW_ROUNDINGS);
        }
        assert_eq!(found.counts(), counts, "axis {axis}");
        assert_eq!(found.tie_rule(), TieRule::UpperBin);
    }
}

#[test]
fn r_rfm_equals_the_published_table_for_all_customers_whose_names_join() {
    let name = "r_rfm_equals_the_published_table_for_all_customers_whose_names_join";
    let (Some(orders), Some(table)) = (
        data_file(name, "rfm_r/rfm_data_orders.csv"),
        data_file(name, "rfm_r/reference_Introduction_to_RFM_0.csv"),
    ) else {
        return;
    };
    let customers = r_rfm_customers(&orders);
    let axis = |index: usize, direction| {
        let values: Vec<f64> = customers.values().map(|customer| customer[index]).collect();
        CutPoints::find(&values, &Method::RRfm, 5, direction).unwrap()
    };
    let (r, f, m) = (axis(0, LOWER), axis(1, HIGHER), axis(2, HIGHER));
    let mut joined = 0;
    for line in std::fs::read_to_string(table).unwrap().lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let Some(customer) = customers.get(fields[1]) else {
            continue;
        };
        joined += 1;
        let code = format!(
            "{}{}{}",
            r.score(customer[0]),
            f.score(customer[1]),
            m.score(customer[2])
        );
        assert_eq!(code, fields[3], "{line}");
    }
    assert_eq!(joined, 611);
}

#[test]
fn a_value_on_a_cut_belongs_to_the_lower_bin_of_values() {
    // DEFINITIONS §5: F, M score = 1 + #{c < v}; R score = k − #{c < v}.
    let fixed = Method::Fixed(vec![10.0, 20.0]);
    let values = [9.0, 10.0, 10.5, 20.0, 21.0];
    let more = CutPoints::find(&values, &fixed, 3, HIGHER).unwrap();
    assert_eq!(more.score_all(&values), [1, 1, 2, 2, 3]);
    let less = CutPoints::find(&values, &fixed, 3, LOWER).unwrap();
    assert_eq!(less.score_all(&values), [3, 3, 2, 2, 1]);
}

#[test]
fn on_the_knife_is_low_for_frequency_and_recent_for_recency() {
    let values = [1.0, 2.0, 3.0];
    for method in [Method::Mean, Method::Median] {
        let frequency = CutPoints::find(&values, &method, 2, HIGHER).unwrap();
        assert_eq!(frequency.score_all(&values), [1, 1, 2]);
        let recency = CutPoints::find(&values, &method, 2, LOWER).unwrap();
        assert_eq!(recency.score_all(&values), [2, 2, 1]);
    }
}

#[test]
fn repeated_cuts_are_kept_and_the_missing_scores_reported() {
    // Nine of ten bought once, as in most shops.
    let orders = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 4.0];
    let found = CutPoints::find(&orders, &Method::Quantile, 5, HIGHER).unwrap();
    assert_eq!(found.cuts(), [1.0, 1.0, 1.0, 1.0]);
    assert_eq!(found.missing_scores(), [2, 3, 4]);
    assert_eq!(found.counts(), [9, 0, 0, 0, 1]);
    assert_eq!(count_distinct_up_to(&orders, 5), 2);
    let equal = CutPoints::find(&[5.0; 7], &Method::Quantile, 5, LOWER).unwrap();
    assert_eq!(equal.score_all(&[5.0]), [5]);
    assert_eq!(equal.missing_scores(), [1, 2, 3, 4]);
}

#[test]
fn qcut_first_gives_one_time_buyers_the_top_score_and_quantile_does_not() {
    // Olist (93,358 customers, 90,557 of them bought once): qcut of ranks calls 15,871 one-time buyers F5, and F1 has
    // 18,672. Published by phoebefu6/learn-rfm-modeling-with-phoebe, courses 02 and 06.
    let orders: Vec<f64> = (0..93_358)
        .map(|i| if i < 90_557 { 1.0 } else { 2.0 })
        .collect();
    let first = CutPoints::find(&orders, &Method::QcutFirst, 5, HIGHER).unwrap();
    let scored = first.score_all(&orders);
    let once_and_top = orders
        .iter()
        .zip(&scored)
        .filter(|&(&n, &score)| n < 2.0 && score == 5);
    assert_eq!(once_and_top.count(), 15_871);
    assert_eq!(first.counts()[0], 18_672);
    assert!(matches!(
        CutPoints::find(&orders, &Method::Qcut, 5, HIGHER),
        Err(CutError::RepeatedEdges { .. })
    ));
    let shared = CutPoints::find(&orders, &Method::Quantile, 5, HIGHER).unwrap();
    assert_eq!(shared.missing_scores(), [2, 3, 4]);
}

#[test]
fn each_bad_request_has_its_own_error() {
    let find =
        |values: &[f64], method: Method, bins| CutPoints::find(values, &method, bins, HIGHER);
    assert_eq!(find(&[], Method::Quantile, 5), Err(CutError::NoValues));
    assert_eq!(
        find(&[1.0], Method::Quantile, 1),
        Err(CutError::BinsOutOfRange { found: 1 })
    );
    assert_eq!(
        find(&[1.0], Method::Quantile, 11),
        Err(CutError::BinsOutOfRange { found: 11 })
    );
    let infinite = CutError::NotFinite {
        position: 1,
        value: f64::INFINITY,
    };
    assert_eq!(find(&[1.0, f64::INFINITY], Method::Mean, 2), Err(infinite));
    assert!(matches!(
        find(&[f64::NAN], Method::Quantile, 5),
        Err(CutError::NotFinite { position: 0, .. })
    ));
    let bins = CutError::BinsDoNotFitMethod {
        method: "mean",
        required: 2,
        found: 5,
    };
    assert_eq!(find(&[1.0], Method::Mean, 5), Err(bins));
}

#[test]
fn each_bad_cut_has_its_own_error() {
    let find =
        |values: &[f64], method: Method, bins| CutPoints::find(values, &method, bins, HIGHER);
    let few = CutError::WrongNumberOfCuts {
        bins: 3,
        required: 2,
        found: 1,
    };
    assert_eq!(find(&[1.0], Method::Fixed(vec![1.0]), 3), Err(few));
    let turned = CutError::CutsNotAscending {
        previous: 2.0,
        next: 1.0,
    };
    assert_eq!(find(&[1.0], Method::Fixed(vec![2.0, 1.0]), 3), Err(turned));
    assert!(matches!(
        find(&[1.0], Method::Fixed(vec![f64::NAN, 1.0]), 3),
        Err(CutError::CutNotFinite { .. })
    ));
    let edges = CutError::RepeatedEdges {
        edges: vec![1.0, 1.0, 2.0],
        repeated: vec![1.0],
    };
    assert_eq!(
        find(&[1.0, 1.0, 1.0, 2.0], Method::Qcut, 2),
        Err(edges.clone())
    );
    assert_eq!(
        edges.to_string(),
        "method `qcut` needs edges that differ, found 1, 1, 2"
    );
    let frozen = CutPoints::frozen(&Method::Quantile, 5, HIGHER, vec![1.0]);
    assert_eq!(
        frozen,
        Err(CutError::WrongNumberOfCuts {
            bins: 5,
            required: 4,
            found: 1
        })
    );
}

/// Methods under which a value alone decides the score, with their bins.
fn by_value() -> impl Strategy<Value = (Method, u8)> {
    prop_oneof![
        (2_u8..=10).prop_map(|bins| (Method::Quantile, bins)),
        (2_u8..=10).prop_map(|bins| (Method::RRfm, bins)),
        (2_u8..=10).prop_map(|bins| (Method::Qcut, bins)),
        (2_u8..=10).prop_map(|bins| (Method::NaturalBreaks, bins)),
        Just((Method::Mean, 2)),
        Just((Method::Median, 2)),
        prop::collection::vec(-50.0..50.0_f64, 1..9).prop_map(|mut cuts| {
            cuts.sort_by(f64::total_cmp);
            let bins = u8::try_from(cuts.len() + 1).unwrap();
            (Method::Fixed(cuts), bins)
        }),
    ]
}

/// Days, counts with many ties, amounts with refunds, and wild floats.
fn values() -> impl Strategy<Value = Vec<f64>> {
    prop_oneof![
        prop::collection::vec((0_i32..60).prop_map(f64::from), 1..120),
        prop::collection::vec((1_i32..4).prop_map(f64::from), 1..80),
        prop::collection::vec(
            (-9_999_i32..99_999).prop_map(|cents| f64::from(cents) / 100.0),
            1..150
        ),
        prop::collection::vec(-1e300..1e300_f64, 1..60),
    ]
}

fn direction() -> impl Strategy<Value = Direction> {
    prop_oneof![Just(HIGHER), Just(LOWER)]
}

/// Cut points, unless the method refuses these values, which only `qcut` may do, and only over repeated edges.
fn found(values: &[f64], method: &Method, bins: u8, direction: Direction) -> Option<CutPoints> {
    match CutPoints::find(values, method, bins, direction) {
        Ok(found) => Some(found),
        Err(CutError::RepeatedEdges { .. }) if *method == Method::Qcut => None,
        Err(error) => panic!("{method:?} in {bins}: {error}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 500,
        rng_seed: proptest::test_runner::RngSeed::Fixed(20252),
        ..ProptestConfig::default()
    })]

    #[test]
    fn scores_are_monotone_so_ties_share_and_lie_in_1_to_k(
        values in values(), (method, bins) in by_value(), direction in direction(),
    ) {
        if let Some(found) = found(&values, &method, bins, direction) {
            let scores = found.score_all(&values);
            let mut pairs: Vec<(f64, u8)> = values.iter().copied().zip(scores).collect();
            pairs.sort_by(|left, right| left.0.total_cmp(&right.0));
            for pair in pairs.windows(2) {
                let ((low, left), (high, right)) = (pair[0], pair[1]);
                if low == high {
                    prop_assert_eq!(left, right, "ties share");
                } else if direction == HIGHER {
                    prop_assert!(left <= right);
                } else {
                    prop_assert!(left >= right);
                }
            }
            prop_assert!(pairs.iter().all(|&(_, score)| (1..=bins).contains(&score)));
        }
    }

    #[test]
    fn the_order_of_rows_is_irrelevant(
        (values, shuffled) in values().prop_flat_map(|values| {
            (Just(values.clone()), Just(values).prop_shuffle())
        }),
        (method, bins) in by_value(), direction in direction(),
    ) {
        let one = CutPoints::find(&values, &method, bins, direction);
        let other = CutPoints::find(&shuffled, &method, bins, direction);
        prop_assert_eq!(one, other);
    }

    #[test]
    fn bins_cover_1_to_k_or_say_which_are_missing(
        values in values(), (method, bins) in by_value(), direction in direction(),
    ) {
        if let Some(found) = found(&values, &method, bins, direction) {
            let scores = found.score_all(&values);
            let missing: Vec<u8> = (1..=bins).filter(|score| !scores.contains(score)).collect();
            prop_assert_eq!(found.missing_scores(), missing);
            let total: u64 = found.counts().iter().sum();
            prop_assert_eq!(total, values.len() as u64);
        }
    }

    #[test]
    fn frozen_cuts_reproduce_scores(
        values in values(), (method, bins) in by_value(), direction in direction(),
    ) {
        if let Some(found) = found(&values, &method, bins, direction) {
            let frozen = CutPoints::frozen(&method, bins, direction, found.cuts().to_vec()).unwrap();
            prop_assert_eq!(frozen.score_all(&values), found.score_all(&values));
        }
    }

    #[test]
    fn r_and_f_scores_mirror_each_other(values in values(), (method, bins) in by_value()) {
        if let Some(up) = found(&values, &method, bins, HIGHER) {
            let down = found(&values, &method, bins, LOWER).unwrap();
            for (high, low) in up.score_all(&values).iter().zip(down.score_all(&values)) {
                prop_assert_eq!(high + low, bins + 1);
            }
        }
    }

    #[test]
    fn ntile_sizes_differ_by_one_at_most(values in values(), bins in 2_u8..=10) {
        let found = CutPoints::find(&values, &Method::Ntile, bins, HIGHER).unwrap();
        let (least, most) = (found.counts().iter().min(), found.counts().iter().max());
        prop_assert!(most.unwrap() - least.unwrap() <= 1);
    }

    #[test]
    fn ranked_scores_are_monotone_in_value_then_position(
        values in values(), bins in 2_u8..=10, first in any::<bool>(),
    ) {
        let method = if first && values.len() > 1 { Method::QcutFirst } else { Method::Ntile };
        let scores = CutPoints::find(&values, &method, bins, HIGHER).unwrap().score_all(&values);
        let mut rows: Vec<usize> = (0..values.len()).collect();
        rows.sort_by(|&one, &other| values[one].total_cmp(&values[other]).then(one.cmp(&other)));
        prop_assert!(rows.windows(2).all(|pair| scores[pair[0]] <= scores[pair[1]]));
    }
}
