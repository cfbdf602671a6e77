//! Conditions of a vocabulary are worked out together: the same answers as one by one, by hand.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Decimal128Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
};
use arrow_cast::cast;
use arrow_schema::DataType;
use patron_segments::{CompiledVocabulary, Counts, Explanation, NO_SEGMENT, Spent, Vocabulary};
use proptest::prelude::*;

/// A customer; what is nothing is unknown.
#[derive(Debug, Clone)]
struct Row {
    orders: Option<i64>,
    recency_days: i32,
    /// Ten-thousandths.
    monetary: Option<i64>,
    gap_variation: Option<f64>,
    lifecycle: Option<&'static str>,
    octant: &'static str,
}

type Truth = Option<bool>;
type ByHand = fn(&Row) -> Truth;

fn and(left: Truth, right: Truth) -> Truth {
    match (left, right) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn or(left: Truth, right: Truth) -> Truth {
    and(left.map(|truth| !truth), right.map(|truth| !truth)).map(|truth| !truth)
}

/// Conditions that share terms, columns and sums, each with what it says by hand.
const CONDITIONS: [(&str, ByHand); 12] = [
    ("orders = 1", |row| row.orders.map(|orders| orders == 1)),
    ("NOT (orders = 1 OR monetary < 50)", |row| {
        or(
            row.orders.map(|orders| orders == 1),
            row.monetary.map(|money| money < 500_000),
        )
        .map(|truth| !truth)
    }),
    ("recency_days BETWEEN 30 AND 90", |row| {
        Some((30..=90).contains(&row.recency_days))
    }),
    ("recency_days <= 90 AND orders IN (1, 2, 5)", |row| {
        let among = row.orders.map(|orders| [1, 2, 5].contains(&orders));
        and(Some(row.recency_days <= 90), among)
    }),
    ("lifecycle = 'active'", |row| {
        row.lifecycle.map(|stage| stage == "active")
    }),
    ("lifecycle = 'active' AND orders = 1", |row| {
        and(
            row.lifecycle.map(|stage| stage == "active"),
            row.orders.map(|orders| orders == 1),
        )
    }),
    (
        "lifecycle IS NULL OR lifecycle LIKE 'dor%' OR monetary > 50",
        |row| {
            let of_stage = row.lifecycle.is_none_or(|stage| stage.starts_with("dor"));
            or(Some(of_stage), row.monetary.map(|money| money > 500_000))
        },
    ),
    (
        "lower(octant) = lower('NEW') AND NOT lifecycle = 'churned'",
        |row| {
            let not_churned = row.lifecycle.map(|stage| stage != "churned");
            and(Some(row.octant == "new"), not_churned)
        },
    ),
    ("coalesce(lifecycle, octant) = octant", |row| {
        Some(row.lifecycle.unwrap_or(row.octant) == row.octant)
    }),
    ("monetary / orders > 20", |row| {
        let orders = row.orders.filter(|&orders| orders != 0)?;
        Some(row.monetary? as f64 / 1e4 / orders as f64 > 20.0)
    }),
    ("gap_variation < 0.5 AND 1 + 1 = 2", |row| {
        row.gap_variation.map(|gap| gap < 0.5)
    }),
    ("2 * recency_days > monetary + 10", |row| {
        let money = row.monetary?;
        Some(2 * i64::from(row.recency_days) * 10_000 > money + 100_000)
    }),
];

fn vocabulary() -> Vocabulary {
    let mut toml = "key = \"own\"\nnames = \"Own\"\n".to_owned();
    for (place, (when, _)) in CONDITIONS.iter().enumerate() {
        let rank = place + 1;
        toml += &format!(
            "[[segment]]\nkey = \"s{place}\"\nnames = \"S\"\nrank = {rank}\nwhen = \"{when}\"\n"
        );
    }
    Vocabulary::parse(&toml, "own.toml").unwrap()
}

/// The rows as columns; keys as plain text, or by a dictionary.
fn batch(rows: &[Row], by_dictionary: bool) -> RecordBatch {
    let money: Decimal128Array = rows
        .iter()
        .map(|row| row.monetary.map(i128::from))
        .collect();
    let money = money.with_precision_and_scale(38, 4).unwrap();
    let orders: Int64Array = rows.iter().map(|row| row.orders).collect();
    let days: Int32Array = rows.iter().map(|row| Some(row.recency_days)).collect();
    let gaps: Float64Array = rows.iter().map(|row| row.gap_variation).collect();
    let stages: StringArray = rows.iter().map(|row| row.lifecycle).collect();
    let octants: StringArray = rows.iter().map(|row| Some(row.octant)).collect();
    let keys = |texts: StringArray| -> ArrayRef {
        let of_keys = DataType::Dictionary(Box::new(DataType::UInt8), Box::new(DataType::Utf8));
        if by_dictionary {
            cast(&texts, &of_keys).unwrap()
        } else {
            Arc::new(texts)
        }
    };
    let three = || -> ArrayRef { Arc::new(Int64Array::from_value(3, rows.len())) };
    let of_scores = [
        "r_score", "f_score", "m_score", "r_bins", "f_bins", "m_bins",
    ];
    let columns: [(&str, ArrayRef); 6] = [
        ("orders", Arc::new(orders)),
        ("recency_days", Arc::new(days)),
        ("monetary", Arc::new(money)),
        ("gap_variation", Arc::new(gaps)),
        ("lifecycle", keys(stages)),
        ("octant", keys(octants)),
    ];
    let of_scores = of_scores.map(|name| (name, three()));
    let columns = columns.into_iter().chain(of_scores);
    let columns = columns.map(|(name, column)| (name, column, true));
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

/// Assigns rows some at a time; returns primaries, memberships and what was noted.
fn assigned(batch: &RecordBatch, at_once: usize) -> (Vec<u8>, Vec<u64>, Explanation) {
    let compiled = CompiledVocabulary::compile(&vocabulary(), &batch.schema()).unwrap();
    let rows = batch.num_rows();
    // Whatever was there before is written over.
    let (mut primary, mut members) = (vec![77; rows], vec![u64::MAX; rows]);
    let (mut spent, mut counts) = (Spent::default(), Counts::default());
    for from in (0..rows).step_by(at_once) {
        let to = (from + at_once).min(rows);
        let mut of_some = Spent::default();
        let part = batch.slice(from, to - from);
        compiled
            .assign_into(
                &part,
                &mut primary[from..to],
                &mut members[from..to],
                &mut of_some,
            )
            .unwrap();
        spent.add(&of_some);
        counts.add(&primary[from..to], &members[from..to]);
    }
    let explanation = compiled.explain(&spent, &counts);
    (primary, members, explanation)
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let stage = prop::sample::select(vec!["active", "silent", "dormant", "churned"]);
    let octant = prop::sample::select(vec!["new", "lost", "let_go"]);
    let row = (
        prop::option::weighted(0.9, 0_i64..6),
        0_i32..200,
        prop::option::weighted(0.9, prop_oneof![Just(500_000_i64), 0..2_000_000_i64]),
        prop::option::of(0.0..1.0_f64),
        prop::option::weighted(0.8, stage),
        octant,
    );
    let row = row.prop_map(
        |(orders, recency_days, monetary, gap_variation, lifecycle, octant)| Row {
            orders,
            recency_days,
            monetary,
            gap_variation,
            lifecycle,
            octant,
        },
    );
    prop::collection::vec(row, 1..150)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        rng_seed: proptest::test_runner::RngSeed::Fixed(20_268),
        ..ProptestConfig::default()
    })]

    #[test]
    fn conditions_together_say_what_each_says_by_hand(rows in rows(), at_once in 1_usize..150) {
        for by_dictionary in [false, true] {
            let (primary, members, told) = assigned(&batch(&rows, by_dictionary), at_once);
            for (place, (when, by_hand)) in CONDITIONS.iter().enumerate() {
                let expected: Vec<Truth> = rows.iter().map(by_hand).collect();
                for (row, truth) in expected.iter().enumerate() {
                    let met = members[row] >> place & 1 == 1;
                    prop_assert_eq!(met, *truth == Some(true), "{} of {:?}", when, rows[row]);
                }
                let count = |wanted: Truth| expected.iter().filter(|&&truth| truth == wanted).count() as u64;
                let segment = &told.segments[place];
                prop_assert_eq!(segment.customers, count(Some(true)), "{}", when);
                prop_assert_eq!(segment.unknown, count(None), "{}", when);
                let named = primary.iter().filter(|&&primary| usize::from(primary) == place).count();
                prop_assert_eq!(segment.primary, named as u64, "{}", when);
            }
            for (primary, members) in primary.iter().zip(&members) {
                let own = members & ((1 << CONDITIONS.len()) - 1);
                let first = if own == 0 { NO_SEGMENT } else { u8::try_from(own.trailing_zeros()).unwrap() };
                prop_assert_eq!(*primary, first);
            }
        }
    }
}

fn some_rows() -> Vec<Row> {
    let row = |orders, monetary, lifecycle| Row {
        orders: Some(orders),
        recency_days: 40,
        monetary: Some(monetary),
        gap_variation: None,
        lifecycle: Some(lifecycle),
        octant: "new",
    };
    vec![
        row(1, 400_000, "active"),
        row(2, 900_000, "silent"),
        row(3, 100_000, "active"),
    ]
}

#[test]
fn a_term_of_several_conditions_is_worked_out_and_counted_once() {
    let (_, _, told) = assigned(&batch(&some_rows(), true), 2);
    assert_eq!(told.customers, 3);
    let words = |place: usize| -> Vec<(&str, u64, Option<&str>)> {
        let terms = told.segments[place].terms.iter();
        terms
            .map(|term| {
                (
                    term.words.as_str(),
                    term.customers,
                    term.counted_with.as_deref(),
                )
            })
            .collect()
    };
    assert_eq!(words(0), [("orders = 1", 1, None)]);
    let second = [
        ("orders = 1", 1, Some("s0")),
        ("monetary < 50.0000", 2, None),
    ];
    assert_eq!(words(1), second);
    let stage = [
        ("lifecycle = 'active'", 2, Some("s4")),
        ("orders = 1", 1, Some("s0")),
    ];
    assert_eq!(words(5), stage);
    // Literals are worked out beforehand.
    assert_eq!(words(7)[0].0, "lower(octant) = 'new'");
    assert_eq!(words(10)[1].0, "true");
    assert_eq!(words(9)[0].0, "(monetary / orders) > 20");
    let earlier = &told.segments[5].terms;
    assert_eq!(
        earlier[0].nanoseconds, 0,
        "its time is counted with the first"
    );
    assert!(
        told.segments
            .iter()
            .take(12)
            .all(|segment| !segment.by_scores)
    );
}

#[test]
fn what_cannot_be_evaluated_is_named() {
    let toml = "key = \"own\"\nnames = \"Own\"\n\
        [[segment]]\nkey = \"fine\"\nnames = \"F\"\nrank = 1\nwhen = \"orders > 1\"\n\
        [[segment]]\nkey = \"much\"\nnames = \"M\"\nrank = 2\nwhen = \"orders * 9223372036854775807 > 1\"\n";
    let own = Vocabulary::parse(toml, "own.toml").unwrap();
    let rows = batch(&some_rows(), false);
    let compiled = CompiledVocabulary::compile(&own, &rows.schema()).unwrap();
    let error = compiled.assign(&rows).unwrap_err();
    assert_eq!(error.text, "orders * 9223372036854775807 > 1");
    assert!(
        compiled.assign(&rows.slice(0, 1)).is_ok(),
        "1 × that number is no overflow"
    );
}
