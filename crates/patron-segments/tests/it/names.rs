//! Octants and stages in three languages.

use patron_segments::Language;
use patron_segments::names::{LIFECYCLE_KEYS, OCTANT_KEYS, lifecycle, octant, octant_key, table};

#[test]
fn every_octant_has_a_name_a_meaning_and_five_policies_in_each_language() {
    let keys: Vec<&str> = table()
        .octants
        .iter()
        .map(|octant| octant.key.as_str())
        .collect();
    assert_eq!(keys, OCTANT_KEYS);
    for octant in &table().octants {
        let policy = &octant.policy;
        let texts = [
            &octant.names,
            &octant.description,
            &policy.product,
            &policy.service,
            &policy.price,
            &policy.channel,
            &policy.benefits,
        ];
        for language in Language::ALL {
            assert!(
                texts.iter().all(|text| !text.get(language).is_empty()),
                "{}",
                octant.key
            );
        }
        let high = |index: usize| octant.bits.as_bytes()[index] == b'1';
        assert_eq!(octant_key(high(0), high(1), high(2)), octant.key);
    }
}

#[test]
fn the_seeds_four_worded_octants_have_its_names() {
    // reference/segments.md §4.8, seed 004.
    let bits_and_names = [
        ("111", "高价值客户"),
        ("011", "休眠客户"),
        ("001", "流失客户"),
        ("000", "放任自流客户"),
    ];
    for (bits, name) in bits_and_names {
        let octant = table()
            .octants
            .iter()
            .find(|octant| octant.bits == bits)
            .unwrap();
        assert_eq!(octant.names.get(Language::SimplifiedChinese), name);
    }
}

#[test]
fn stages_and_octants_are_told_apart_where_the_words_coincide() {
    let chinese = Language::SimplifiedChinese;
    assert_eq!(octant("lost", chinese), Some("流失客户"));
    assert_eq!(lifecycle("churned", chinese), Some("流失期"));
    assert_eq!(octant("sleeping", chinese), Some("休眠客户"));
    assert_eq!(lifecycle("dormant", chinese), Some("休眠期"));
    assert_eq!(lifecycle("dormant", Language::English), Some("Dormant"));
    assert_eq!(octant("nobody", chinese), None);
}

#[test]
fn every_stage_has_a_name() {
    let keys: Vec<&str> = table()
        .lifecycle
        .iter()
        .map(|stage| stage.key.as_str())
        .collect();
    assert_eq!(keys, LIFECYCLE_KEYS);
}

#[test]
fn a_missing_language_takes_its_neighbours_text() {
    let text = r#"
        key = "mine"
        names = "VIP"
        [[segment]]
        key = "vip"
        names = { "zh-Hans" = "贵宾" }
        rank = 1
        when = "monetary > 1000"
    "#;
    let mine = patron_segments::Vocabulary::parse(text, "mine.toml").unwrap();
    assert_eq!(mine.names.get(Language::TraditionalChinese), "VIP");
    assert_eq!(
        mine.segments[0].names.get(Language::TraditionalChinese),
        "贵宾"
    );
    assert_eq!(mine.segments[0].names.get(Language::English), "贵宾");
}
