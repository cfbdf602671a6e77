//! Coverage of the shipped vocabularies against the figures of docs/methods/segments.md.

use std::collections::BTreeSet;

use patron_segments::{CheckReport, Vocabulary, check};

fn report(name: &str) -> CheckReport {
    check(&Vocabulary::load_shipped(name).unwrap()).unwrap()
}

fn primary(report: &CheckReport) -> Vec<usize> {
    let decided = report
        .segments
        .iter()
        .filter_map(|segment| segment.primary_cells);
    decided.collect()
}

fn members(report: &CheckReport) -> Vec<usize> {
    let decided = report
        .segments
        .iter()
        .filter_map(|segment| segment.member_cells);
    decided.collect()
}

#[test]
fn every_shipped_vocabulary_loads_under_its_own_name() {
    let shipped = Vocabulary::shipped().unwrap();
    assert_eq!(shipped.len(), Vocabulary::shipped_names().len());
    for (shipped, name) in shipped.iter().zip(Vocabulary::shipped_names()) {
        let vocabulary = &shipped.vocabulary;
        assert_eq!(vocabulary.key, name);
        assert!(!vocabulary.source.is_empty(), "{name}");
        for segment in &vocabulary.segments {
            assert!(!segment.names.en.is_empty(), "{name} {}", segment.key);
            let han = |text: &str| {
                text.chars()
                    .all(|character| !character.is_ascii_alphabetic())
            };
            assert!(han(&segment.names.zh_hans), "{name} {}", segment.key);
            assert!(han(&segment.names.zh_hant), "{name} {}", segment.key);
        }
        let ranks: BTreeSet<i32> = vocabulary
            .segments
            .iter()
            .map(|segment| segment.rank)
            .collect();
        assert!(
            ranks.len() + 1 >= vocabulary.segments.len(),
            "{name}: the ladder has steps"
        );
    }
    assert_eq!(Vocabulary::always().unwrap().len(), 2);
}

#[test]
fn bloomreach_names_each_of_125_cells_once() {
    let report = report("bloomreach");
    assert_eq!(report.cells, 125);
    assert!(report.is_exact_cover(), "{report:?}");
    // Champions, Loyal, Potential, New, Promising, Need Attention, About To Sleep, At Risk, Cannot Lose, Hibernating, Lost
    assert_eq!(primary(&report), [7, 8, 24, 7, 16, 8, 8, 22, 8, 11, 6]);
}

#[test]
fn klaviyo_names_each_of_27_cells_once_with_r_by_fixed_days() {
    let report = report("klaviyo");
    assert_eq!(report.cells, 27);
    assert!(report.is_exact_cover(), "{report:?}");
    let klaviyo = Vocabulary::load_shipped("klaviyo").unwrap();
    assert_eq!(
        klaviyo.recency.cuts.as_deref(),
        Some([180.0, 365.0].as_slice())
    );
    assert_eq!(klaviyo.default_bins(), [3, 3, 3]);
}

#[test]
fn shopify_names_each_of_125_cells_once() {
    let report = report("shopify");
    assert_eq!(report.cells, 125);
    assert!(report.is_exact_cover(), "{report:?}");
    assert_eq!(primary(&report), [6, 12, 32, 3, 3, 9, 28, 2, 10, 20]);
    let undecided: Vec<&str> = report
        .undecided()
        .map(|segment| segment.key.as_str())
        .collect();
    assert_eq!(undecided, ["prospects"]);
}

#[test]
fn the_r_by_f_grid_names_each_of_25_cells_once() {
    for name in ["clevertap-grid", "tutorial"] {
        let report = report(name);
        assert_eq!(report.cells, 25, "{name}");
        assert!(report.is_exact_cover(), "{name}");
    }
}

#[test]
fn reveal_names_all_125_cells_and_many_twice() {
    let report = report("omniconvert-reveal");
    assert_eq!(report.cells, 125);
    assert_eq!(report.holes, Vec::<String>::new());
    assert_eq!(report.unreachable, Vec::<String>::new());
    assert_eq!(report.overlaps.len(), 45);
}

const PUTLER_AS_PUBLISHED: [&str; 11] = [
    "champions",
    "loyal_customers",
    "potential_loyalist",
    "recent_customers",
    "promising",
    "customers_needing_attention",
    "about_to_sleep",
    "at_risk",
    "cant_lose_them",
    "hibernating",
    "lost",
];

#[test]
fn putler_leaves_four_names_unreached_as_published_and_one_in_our_order() {
    let ours = Vocabulary::load_shipped("putler").unwrap();
    let report = check(&ours).unwrap();
    // Hibernating (1-2, 1-2) and Lost (0-2, 0-2) are the same cells on scores 1 to 5: no order reaches both.
    assert_eq!(report.unreachable, ["lost"]);
    let size = |key: &str| {
        report
            .segments
            .iter()
            .find(|s| s.key == key)
            .unwrap()
            .member_cells
    };
    assert_eq!(size("lost"), size("hibernating"));
    assert_eq!(report.overlaps.len(), 76);
    assert_eq!(report.holes, Vec::<String>::new());
    let mut published = ours.clone();
    published.segments = PUTLER_AS_PUBLISHED
        .map(|key| ours.segment(key).unwrap().clone())
        .to_vec();
    let report = check(&published).unwrap();
    let never = ["recent_customers", "promising", "cant_lose_them", "lost"];
    assert_eq!(report.unreachable, never);
    assert_eq!(report.overlaps.len(), 76);
}

#[test]
fn r_rfm_0_3_0_leaves_ten_holes_and_names_58_cells_more_than_once() {
    let report = report("r-rfm-0.3.0");
    let holes = [
        "215", "241", "251", "252", "341", "351", "441", "451", "541", "551",
    ];
    assert_eq!(report.holes, holes);
    assert_eq!(report.overlaps.len(), 58);
    assert_eq!(
        report
            .overlaps
            .iter()
            .map(|overlap| overlap.keys.len())
            .max(),
        Some(5)
    );
    assert_eq!(primary(&report), [1, 35, 15, 8, 15, 6, 7, 4, 10, 14]);
}

#[test]
fn classic_r_rfm_leaves_36_holes_and_three_names_unreached() {
    let report = report("r-rfm-classic");
    assert_eq!(report.holes.len(), 36);
    assert_eq!(report.overlaps.len(), 39);
    assert_eq!(
        report.unreachable,
        ["new_customers", "promising", "cant_lose_them"]
    );
}

#[test]
fn pymc_leaves_18_holes_and_no_overlap() {
    let report = report("pymc");
    assert_eq!(report.cells, 64);
    let holes = "121 131 141 142 213 221 231 241 242 321 331 341 342 421 431 432 441 442";
    assert_eq!(report.holes.join(" "), holes);
    assert_eq!(report.overlaps.len(), 0);
    assert_eq!(members(&report), [8, 7, 13, 11, 7]);
}

#[test]
fn sonwane_leaves_no_hole_and_solves_44_overlaps_by_order() {
    let report = report("sonwane");
    assert_eq!(report.holes, Vec::<String>::new());
    assert_eq!(report.overlaps.len(), 44);
    let new = report
        .segments
        .iter()
        .find(|segment| segment.key == "new")
        .unwrap();
    assert_eq!(new.primary_cells, Some(2));
}

#[test]
fn data_octopus_names_five_groups_and_leaves_the_rest() {
    let report = report("data-octopus");
    assert_eq!(report.cells, 125);
    // Sizes of the published boxes: 1, 2·2·3, 2·2·3, 1·2·2, 1·2·2.
    assert_eq!(members(&report), [1, 12, 12, 4, 4]);
    // Loyal loses 555; Potential its F = 4, M = 3-4 for R = 4-5 to Loyal; Promising 432 to Potential.
    assert_eq!(primary(&report), [1, 11, 8, 4, 3]);
    assert_eq!(report.holes.len(), 125 - 27);
    assert_eq!(report.overlaps.len(), 1 + 4 + 1);
    assert_eq!(report.unreachable, Vec::<String>::new());
}

#[test]
fn stages_of_the_lifecycle_are_cells_too() {
    let own = "key = \"own\"\nnames = \"Own\"\n\
        [[segment]]\nkey = \"here\"\nnames = \"Here\"\nrank = 2\nwhen = \"lifecycle IN ('active', 'silent')\"\n\
        [[segment]]\nkey = \"still\"\nnames = \"Still\"\nrank = 1\nwhen = \"lifecycle = 'silent'\"\n";
    let report = check(&Vocabulary::parse(own, "own.toml").unwrap()).unwrap();
    assert_eq!(report.cells, 4);
    assert_eq!(report.holes, ["dormant", "churned"]);
    assert_eq!(report.overlaps.len(), 1);
    assert_eq!(report.overlaps[0].cell, "silent");
    assert_eq!(report.unreachable, ["still"]);
}

/// A vocabulary of these conditions, checked.
fn own(conditions: &[&str]) -> CheckReport {
    let mut text = "key = \"own\"\nnames = \"Own\"\n".to_owned();
    for (index, when) in conditions.iter().enumerate() {
        text += &format!(
            "[[segment]]\nkey = \"s{index}\"\nnames = \"S\"\nrank = {index}\nwhen = \"{when}\"\n"
        );
    }
    check(&Vocabulary::parse(&text, "own.toml").unwrap()).unwrap()
}

#[test]
fn a_name_is_unreachable_only_if_no_value_of_any_column_leads_there() {
    for (conditions, unreachable) in [
        (&["orders > 5", "orders > 3", "orders > 4"][..], &["s2"][..]),
        (
            &["orders = 1", "orders = 2", "orders >= 3", "TRUE"],
            &["s3"],
        ),
        (&["orders = 1", "orders = 2", "orders > 3", "TRUE"], &[]),
        (&["monetary > 10.5 AND monetary < 10.6"], &[]),
        (&["monetary > 10.5 AND monetary <= 10.5"], &["s0"]),
        (&["orders < 1", "repeat_purchases < 1"], &["s0"]),
        (
            &["probability_alive > 1", "probability_alive IS NULL"],
            &["s0"],
        ),
        (&["clv > 5", "clv <= 5", "clv IS NULL", "TRUE"], &["s3"]),
        (&["clv > 5", "clv <= 5", "TRUE"], &[]),
        (
            &["orders IN (1, 2)", "orders IN (2, 3)", "orders = 2"],
            &["s2"],
        ),
        (
            &["r_score = 5 AND orders = 1", "r_score = 5 AND orders >= 1"],
            &[],
        ),
        (
            &["recency_days <= 30 OR recency_days > 30", "r_score = 5"],
            &["s1"],
        ),
        (&["NOT (orders > 1)", "orders = 1"], &["s1"]),
        (
            &[
                "lifecycle = 'active' AND orders < 3",
                "lifecycle = 'active' AND orders < 2",
            ],
            &["s1"],
        ),
    ] {
        let report = own(conditions);
        assert_eq!(report.unreachable, unreachable, "{conditions:?}");
        assert_eq!(report.reach_unknown, Vec::<String>::new(), "{conditions:?}");
    }
    let report = own(&[
        "orders > purchase_days",
        "last_order_at > DATE '2025-01-01'",
        "orders > 1",
    ]);
    assert_eq!(report.reach_unknown, ["s0", "s1"]);
    assert_eq!(report.unreachable, Vec::<String>::new());
}

#[test]
fn only_a_segment_of_nobody_who_ordered_is_one_of_people_without_an_order() {
    for shipped in Vocabulary::shipped().unwrap() {
        let vocabulary = shipped.vocabulary;
        let expected = (vocabulary.key == "shopify").then_some("prospects");
        assert_eq!(
            vocabulary.segment_without_order(),
            expected,
            "{}",
            vocabulary.key
        );
    }
    for (when, expected) in [
        ("orders = 0", true),
        ("orders < 1", true),
        ("lifecycle = 'prospect'", true),
        ("orders < 2", false),
        ("lifecycle <> 'active'", false),
        ("TRUE", false),
        ("monetary = 0", false),
    ] {
        let text = format!(
            "key = \"own\"\nnames = \"Own\"\n[[segment]]\nkey = \"s\"\nnames = \"S\"\nrank = 0\nwhen = \"{when}\"\n"
        );
        let own = Vocabulary::parse(&text, "own.toml").unwrap();
        assert_eq!(own.segment_without_order().is_some(), expected, "{when}");
    }
}

#[test]
fn each_set_of_eight_names_each_octant_once() {
    for name in [
        "octants-seed",
        "octants-important-general",
        "octants-deepen-recall",
    ] {
        let report = report(name);
        assert_eq!(report.cells, 8, "{name}");
        assert!(report.is_exact_cover(), "{name}");
        assert_eq!(primary(&report), [1; 8], "{name}");
    }
}

#[test]
fn the_seed_five_say_which_of_them_read_more_than_scores() {
    let report = report("seed-five");
    let undecided: Vec<(&str, &[String])> = report
        .undecided()
        .map(|segment| (segment.key.as_str(), segment.other_columns.as_slice()))
        .collect();
    assert_eq!(undecided.len(), 3);
    assert_eq!(undecided[0], ("win_back", ["orders".to_owned()].as_slice()));
    assert_eq!(undecided[1].0, "at_risk");
    assert_eq!(undecided[1].1, ["orders_window", "orders_prior_window"]);
    assert_eq!(
        undecided[2],
        ("loyal_repeat", ["gap_variation".to_owned()].as_slice())
    );
    // f >= 4 or m >= 4 at k = 5: all 25 cells of F and M but the 3 · 3 with neither.
    let high_value = report
        .segments
        .iter()
        .find(|segment| segment.key == "high_value")
        .unwrap();
    assert_eq!(high_value.member_cells, Some(25 - 9));
}

#[test]
fn a_conflict_with_bins_can_name_what_fits() {
    let bloomreach = Vocabulary::load_shipped("bloomreach").unwrap();
    assert!(bloomreach.fits([5, 5, 5]));
    assert!(!bloomreach.fits([5, 3, 5]));
    let grid = Vocabulary::load_shipped("clevertap-grid").unwrap();
    assert!(grid.fits([5, 5, 2]));
    let quartiles = Vocabulary::shipped_fitting([4, 4, 4]).unwrap();
    let expected = [
        "pymc",
        "octants-seed",
        "octants-important-general",
        "octants-deepen-recall",
    ];
    assert_eq!(quartiles, expected);
}

#[test]
fn the_manuals_example_is_a_vocabulary() {
    let path = patron_testkit::project_root().join("docs/methods/segments.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (_, example) = page.split_once("```toml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let mine = Vocabulary::parse(example, "segments.md").unwrap();
    assert_eq!(mine.segments.len(), 2);
    assert_eq!(mine.default_bins(), [5, 5, 5]);
    // One of its two conditions reads money itself, so only the other is decided by scores: R = 1 of five.
    let report = check(&mine).unwrap();
    assert_eq!(report.holes, ["2**", "3**", "4**", "5**"]);
}
