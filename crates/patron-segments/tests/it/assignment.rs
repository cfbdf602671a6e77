//! Which rows belong to which segment, fast and slow way alike.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use patron_segments::{CompiledVocabulary, NO_SEGMENT, Vocabulary};
use proptest::prelude::*;

type Row = ([i64; 3], &'static str);

fn batch(rows: &[Row], bins: [i64; 3], with_bins: bool) -> RecordBatch {
    let axis = |index: usize| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(
            rows.iter().map(|(scores, _)| scores[index]),
        ))
    };
    let constant = |bins: i64| -> ArrayRef { Arc::new(Int64Array::from(vec![bins; rows.len()])) };
    let text = |[r, f, m]: [i64; 3]| {
        if bins.iter().all(|&bins| bins <= 9) {
            format!("{r}{f}{m}")
        } else {
            format!("{r}-{f}-{m}")
        }
    };
    let rfm = StringArray::from_iter_values(rows.iter().map(|(scores, _)| text(*scores)));
    let lifecycle = StringArray::from_iter_values(rows.iter().map(|(_, stage)| stage));
    let total = Float64Array::from_iter_values(
        rows.iter()
            .map(|(scores, _)| scores.iter().map(|&score| score as f64).sum::<f64>()),
    );
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("r_score", axis(0)),
        ("f_score", axis(1)),
        ("m_score", axis(2)),
        ("rfm", Arc::new(rfm)),
        ("rfm_total", Arc::new(total)),
        ("lifecycle", Arc::new(lifecycle)),
    ];
    for (index, name) in ["r_bins", "f_bins", "m_bins"].into_iter().enumerate() {
        // A bins column that is not uniform turns the look-up off: one more row of other bins at the end.
        let column: ArrayRef = if with_bins {
            constant(bins[index])
        } else {
            let last = rows.len() - 1;
            Arc::new(Int64Array::from_iter_values(
                (0..rows.len()).map(|row| bins[index] + i64::from(row == last)),
            ))
        };
        columns.push((name, column));
    }
    RecordBatch::try_from_iter(columns).unwrap()
}

fn assign(name: &str, rows: &[Row]) -> Vec<(String, Vec<String>)> {
    let batch = batch(rows, [5, 5, 5], true);
    let vocabulary = Vocabulary::load_shipped(name).unwrap();
    let compiled = CompiledVocabulary::compile(&vocabulary, &batch.schema()).unwrap();
    let found = compiled.assign(&batch).unwrap();
    found
        .primary
        .iter()
        .zip(found.members)
        .map(|(&primary, members)| {
            let members = compiled.keys_of(members).map(str::to_owned).collect();
            (compiled.key_of(primary).to_owned(), members)
        })
        .collect()
}

#[test]
fn the_first_match_names_and_every_match_is_a_membership() {
    let rows = [
        ([5, 5, 5], "active"),
        ([4, 4, 4], "churned"),
        ([2, 5, 1], "dormant"),
    ];
    let found = assign("r-rfm-0.3.0", &rows);
    assert_eq!(found[0].0, "champions");
    assert_eq!(
        found[0].1,
        ["champions", "potential_loyalist", "soulmates", "core"]
    );
    assert_eq!(found[1].0, "potential_loyalist");
    assert_eq!(found[1].1, ["potential_loyalist", "loyal_customers"]);
    // 251 is a hole of that table.
    assert_eq!(found[2], ("others".to_owned(), vec![]));
}

#[test]
fn soulmates_and_core_never_name_and_do_not_hide_a_vocabularys_own() {
    let rows = [([5, 5, 5], "silent"), ([1, 1, 1], "active")];
    let found = assign("omniconvert-reveal", &rows);
    assert_eq!(found[0].0, "soulmates");
    assert_eq!(
        found[0].1.iter().filter(|key| *key == "soulmates").count(),
        1
    );
    assert!(found[0].1.contains(&"core".to_owned()));
    let found = assign("pymc", &[([4, 1, 1], "active"), ([1, 2, 1], "active")]);
    assert_eq!(found[1].0, "others");
    assert_eq!(found[1].1, ["core"]);
}

#[test]
fn a_vocabulary_needs_its_columns() {
    let batch = batch(&[([1, 1, 1], "active")], [5, 5, 5], true);
    let seed = Vocabulary::load_shipped("seed-five").unwrap();
    let error = CompiledVocabulary::compile(&seed, &batch.schema()).unwrap_err();
    assert!(error.to_string().contains("win_back"), "{error}");
}

/// The seed's five, on customers each of whom is one kind.
#[test]
fn the_seed_five_find_their_customers() {
    // r, f, m, orders, orders in the window, in the window before, variation of gaps
    let rows = [
        ([5, 5, 5], [9, 3, 3], Some(0.9), "champions"),
        ([1, 5, 5], [9, 0, 0], Some(0.9), "win_back"),
        ([5, 5, 5], [9, 1, 2], Some(0.9), "at_risk"),
        ([5, 2, 3], [3, 1, 1], Some(0.5), "loyal_repeat"),
        ([5, 3, 3], [3, 1, 1], Some(0.51), "potential_loyalists"),
        ([5, 1, 4], [1, 1, 0], None, "high_value"),
        ([1, 1, 1], [1, 0, 0], None, "others"),
    ];
    let plain: Vec<Row> = rows
        .iter()
        .map(|(scores, ..)| (*scores, "dormant"))
        .collect();
    let scored = batch(&plain, [5, 5, 5], true);
    let mut columns: Vec<(String, ArrayRef)> = scored
        .schema()
        .fields()
        .iter()
        .zip(scored.columns())
        .map(|(field, column)| (field.name().clone(), Arc::clone(column)))
        .collect();
    for (index, name) in ["orders", "orders_window", "orders_prior_window"]
        .into_iter()
        .enumerate()
    {
        let counts = Int64Array::from_iter_values(rows.iter().map(|row| row.1[index]));
        columns.push((name.to_owned(), Arc::new(counts)));
    }
    let variation: Float64Array = rows.iter().map(|row| row.2).collect();
    columns.push(("gap_variation".to_owned(), Arc::new(variation)));
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns
            .into_iter()
            .map(|(name, column)| (name, column, true)),
    )
    .unwrap();
    let seed = Vocabulary::load_shipped("seed-five").unwrap();
    let compiled = CompiledVocabulary::compile(&seed, &batch.schema()).unwrap();
    let found = compiled.assign(&batch).unwrap();
    for (row, &primary) in rows.iter().zip(&found.primary) {
        assert_eq!(compiled.key_of(primary), row.3, "{row:?}");
    }
    // The big spender who is leaving stays a champion by membership.
    let members: Vec<&str> = compiled.keys_of(found.members[2]).collect();
    assert_eq!(members, ["at_risk", "champions", "high_value", "soulmates"]);
}

#[test]
fn scores_beyond_nine_are_written_with_dashes_in_the_look_up_too() {
    let toml = r#"
        key = "mine"
        names = "Mine"
        bins = [10, 5, 9]
        [[segment]]
        key = "best"
        names = "Best"
        rank = 1
        when = "rfm = '10-5-9'"
    "#;
    let mine = Vocabulary::parse(toml, "mine.toml").unwrap();
    let batch = batch(
        &[([10, 5, 9], "active"), ([1, 5, 9], "active")],
        [10, 5, 9],
        true,
    );
    let compiled = CompiledVocabulary::compile(&mine, &batch.schema()).unwrap();
    assert_eq!(compiled.assign(&batch).unwrap().primary, [0, NO_SEGMENT]);
}

#[test]
fn scores_beyond_their_bins_are_evaluated_and_not_looked_up() {
    let rows = [([5, 5, 5], "active"), ([i64::MAX, 1, i64::MIN], "active")];
    let batch = batch(&rows, [5, 5, 5], true);
    let bloomreach = Vocabulary::load_shipped("bloomreach").unwrap();
    let compiled = CompiledVocabulary::compile(&bloomreach, &batch.schema()).unwrap();
    let found = compiled.assign(&batch).unwrap();
    assert_eq!(compiled.key_of(found.primary[0]), "champions");
    assert_eq!(found.primary[1], NO_SEGMENT);
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let stage = prop::sample::select(vec!["active", "silent", "dormant", "churned"]);
    prop::collection::vec((prop::array::uniform3(1_i64..=5), stage), 2..40)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        rng_seed: proptest::test_runner::RngSeed::Fixed(20250),
        ..ProptestConfig::default()
    })]

    /// The table of combinations gives what the kernels give row by row.
    #[test]
    fn look_up_and_row_by_row_agree(rows in rows()) {
        for name in ["bloomreach", "putler", "shopify", "r-rfm-classic", "sonwane", "tutorial"] {
            let mut vocabulary = Vocabulary::load_shipped(name).unwrap();
            vocabulary.segments.retain(|segment| segment.key != "prospects");
            let fast = batch(&rows, [5, 5, 5], true);
            let slow = batch(&rows, [5, 5, 5], false);
            let compiled = CompiledVocabulary::compile(&vocabulary, &fast.schema()).unwrap();
            let (fast, slow) = (compiled.assign(&fast).unwrap(), compiled.assign(&slow).unwrap());
            prop_assert_eq!(&fast.primary, &slow.primary, "{}", name);
            // The last row has other bins, so `soulmates` may differ there and only there.
            let last = rows.len() - 1;
            prop_assert_eq!(&fast.members[..last], &slow.members[..last], "{}", name);
        }
    }

    /// Primary is the first membership that the vocabulary has itself.
    #[test]
    fn primary_is_the_first_own_membership(rows in rows()) {
        let vocabulary = Vocabulary::load_shipped("r-rfm-0.3.0").unwrap();
        let batch = batch(&rows, [5, 5, 5], true);
        let compiled = CompiledVocabulary::compile(&vocabulary, &batch.schema()).unwrap();
        let found = compiled.assign(&batch).unwrap();
        for (&primary, &members) in found.primary.iter().zip(&found.members) {
            let first = compiled.keys_of(members).find(|key| vocabulary.segment(key).is_some());
            prop_assert_eq!(compiled.key_of(primary), first.unwrap_or("others"));
        }
    }
}
