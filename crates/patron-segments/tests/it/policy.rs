//! The policy table: the shipped one, which rule wins, and exactly what is said of a bad one.

use patron_core::Coded;
use patron_segments::names::table;
use patron_segments::policy::{Field, PolicyTable, SHIPPED_POLICY, Who, review};
use patron_segments::{Language, Vocabulary};
use proptest::prelude::*;

fn parsed(rules: &str) -> PolicyTable {
    let text = format!("version = 1\nkey = \"mine\"\nnames = \"Mine\"\n{rules}");
    PolicyTable::parse(&text, "mine.toml").unwrap()
}

fn refused(rules: &str) -> (String, String) {
    let text = format!("version = 1\nkey = \"mine\"\nnames = \"Mine\"\n{rules}");
    let error = PolicyTable::parse(&text, "mine.toml").unwrap_err();
    (error.key().to_owned(), error.to_string())
}

const DORMANT_CHAMPION: Who<'_> = Who {
    segments: &["champions", "soulmates"],
    octant: "sleeping",
    lifecycle: "dormant",
};

fn winner<'p>(policy: &'p PolicyTable, who: &Who<'_>, field: Field) -> &'p str {
    policy
        .decide(who)
        .winner(field)
        .map_or("nobody", |rule| rule.key.as_str())
}

#[test]
fn the_shipped_policy_leaves_nobody_without_a_word() {
    let policy = PolicyTable::shipped().unwrap();
    for shipped in Vocabulary::shipped().unwrap() {
        let found = review(&policy, &shipped.vocabulary).unwrap();
        let segments = shipped.vocabulary.segments.len() + 1;
        assert_eq!(found.combinations, 4 * 8 * segments * 2);
        assert!(
            found.unknown_segments.is_empty(),
            "{:?}",
            found.unknown_segments
        );
        for gaps in [
            &found.never_winning,
            &found.without_action,
            &found.without_contact,
            &found.without_discount,
            &found.one_language,
        ] {
            assert!(gaps.is_empty(), "{}: {gaps:?}", shipped.vocabulary.key);
        }
    }
}

#[test]
fn every_text_of_the_shipped_policy_is_in_three_languages() {
    let policy = PolicyTable::shipped().unwrap();
    let texts = policy
        .rules
        .iter()
        .flat_map(|rule| [&rule.action, &rule.reason]);
    for text in texts.map(|text| text.as_ref().unwrap()) {
        for language in Language::ALL {
            assert!(!text.get(language).is_empty());
        }
        let is_chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        assert!(is_chinese(&text.zh_hans) && is_chinese(&text.zh_hant) && !is_chinese(&text.en));
    }
}

#[test]
fn octants_are_offered_what_their_table_says() {
    let policy = PolicyTable::shipped().unwrap();
    for octant in &table().octants {
        let rule = policy
            .rules
            .iter()
            .find(|rule| rule.octant == [octant.key.clone()])
            .unwrap();
        let own = [
            &rule.product,
            &rule.service,
            &rule.price,
            &rule.channel,
            &rule.benefits,
        ];
        let of = &octant.policy;
        let expected = [
            &of.product,
            &of.service,
            &of.price,
            &of.channel,
            &of.benefits,
        ];
        assert!(
            own.iter()
                .zip(expected)
                .all(|(own, expected)| own.as_ref() == Some(expected))
        );
    }
}

#[test]
fn stages_are_written_to_as_the_source_says() {
    // L2: active without promotion, silent a small discount, dormant fewer contacts and a large one, churned big events only.
    let policy = PolicyTable::shipped().unwrap();
    let of = |lifecycle: &'static str| {
        let who = Who {
            segments: &["others"],
            octant: "maintain",
            lifecycle,
        };
        let decision = policy.decide(&who);
        (
            decision.contact_every_days().unwrap(),
            decision.discount_up_to(1.0).unwrap(),
        )
    };
    let (active, silent, dormant, churned) =
        (of("active"), of("silent"), of("dormant"), of("churned"));
    assert_eq!(active.1.to_bits(), 0.0_f64.to_bits());
    assert!(silent.1 > active.1 && dormant.1 > silent.1);
    assert!(active.0 < silent.0 && silent.0 < dormant.0 && dormant.0 < churned.0);
}

#[test]
fn priority_wins_then_the_closer_rule_then_the_kind_then_the_order() {
    let rules = |first: &str, second: &str| {
        parsed(&format!(
            "[[rule]]\nkey = \"first\"\n{first}\naction = \"one\"\n[[rule]]\nkey = \"second\"\n{second}\naction = \"two\""
        ))
    };
    for (first, second, wins) in [
        (
            "lifecycle = \"dormant\"\npriority = 1",
            "segment = \"champions\"",
            "first",
        ),
        (
            "lifecycle = \"dormant\"\noctant = \"sleeping\"",
            "segment = \"champions\"",
            "first",
        ),
        ("lifecycle = \"dormant\"", "octant = \"sleeping\"", "second"),
        ("octant = \"sleeping\"", "segment = \"champions\"", "second"),
        (
            "segment = \"soulmates\"",
            "segment = \"champions\"",
            "first",
        ),
        (
            "segment = \"champions\"",
            "segment = \"soulmates\"",
            "first",
        ),
        // Who the first is not for, the second is.
        (
            "segment = \"champions\"\nlifecycle = \"active\"",
            "lifecycle = \"dormant\"",
            "second",
        ),
        (
            "segment = [\"loyal\", \"champions\"]",
            "lifecycle = \"dormant\"",
            "first",
        ),
        (
            "segment = \"champions\"\npriority = -1",
            "lifecycle = \"dormant\"",
            "second",
        ),
    ] {
        let policy = rules(first, second);
        assert_eq!(
            winner(&policy, &DORMANT_CHAMPION, Field::Action),
            wins,
            "{first} / {second}"
        );
    }
}

#[test]
fn what_the_winner_does_not_say_the_next_does() {
    let policy = parsed(
        "[[rule]]\nkey = \"stage\"\nlifecycle = \"dormant\"\ncontact_every_days = 60\naction = \"one\"\nreason = \"since\"\n\
         [[rule]]\nkey = \"segment\"\nsegment = \"champions\"\naction = \"two\"\n",
    );
    let decision = policy.decide(&DORMANT_CHAMPION);
    assert_eq!(decision.text(Field::Action).unwrap().text.en, "two");
    assert_eq!(decision.contact_every_days(), Some(60));
    // A reason belongs to its action: that of another rule would explain something else.
    assert_eq!(decision.reason(), None);
    assert_eq!(decision.discount_up_to(10.0), None);
}

#[test]
fn a_discount_goes_up_in_steps_with_what_is_at_stake() {
    let policy = parsed(
        "[[rule]]\nkey = \"one\"\nlifecycle = \"dormant\"\ndiscount = [{ at_stake = 1.0, up_to = 0.1 }, { at_stake = 3.0, up_to = 0.2 }]\n",
    );
    let decision = policy.decide(&DORMANT_CHAMPION);
    for (at_stake, up_to) in [(0.5, 0.0), (1.0, 0.1), (2.9, 0.1), (3.0, 0.2), (100.0, 0.2)] {
        assert_eq!(decision.discount_up_to(at_stake), Some(up_to), "{at_stake}");
    }
}

#[test]
fn a_review_names_rules_that_never_win_and_whom_nothing_is_done_for() {
    let policy = parsed(
        "[[rule]]\nkey = \"all\"\nlifecycle = [\"active\", \"silent\", \"dormant\"]\npriority = 2\naction = \"one\"\n\
         [[rule]]\nkey = \"beaten\"\nlifecycle = \"active\"\naction = \"two\"\n\
         [[rule]]\nkey = \"slip\"\nsegment = \"chempions\"\naction = \"three\"\n",
    );
    let vocabulary = Vocabulary::load_shipped("bloomreach").unwrap();
    let found = review(&policy, &vocabulary).unwrap();
    assert_eq!(found.never_winning, ["beaten"]);
    assert_eq!(found.without_anybody, ["slip"]);
    assert_eq!(
        found.unknown_segments,
        [("slip".to_owned(), "chempions".to_owned())]
    );
    assert_eq!(found.without_action.len(), 8 * 12, "of every churned one");
    assert_eq!(
        found.one_language,
        ["all.action", "beaten.action", "slip.action"]
    );
}

#[test]
fn each_slip_is_named() {
    let rule = |text: &str| refused(&format!("[[rule]]\nkey = \"one\"\n{text}"));
    let said = |text: &str| rule(text).1;
    assert_eq!(
        said("action = \"a\""),
        "rule `one` of the policy `mine.toml`: it says for nobody: add `segment`, `octant` or `lifecycle`"
    );
    assert!(
        said("octant = \"high\"\naction = \"a\"")
            .contains("there is no `high`, there are high_value")
    );
    assert!(said("lifecycle = \"asleep\"\naction = \"a\"").contains("there is no `asleep`"));
    assert!(said("lifecycle = \"active\"").contains("it says nothing"));
    assert!(said("lifecycle = \"active\"\nreason = \"b\"").contains("it says nothing"));
    assert!(
        said("lifecycle = \"active\"\nreason = \"b\"\ncontact_every_days = 1")
            .contains("without an `action`")
    );
    assert!(said("lifecycle = \"active\"\ndiscount = []").contains("no steps"));
    let steps = |steps: &str| said(&format!("lifecycle = \"active\"\ndiscount = [{steps}]"));
    assert!(steps("{ at_stake = 1, up_to = 1.5 }").contains("from 0 to 1"));
    assert!(
        steps("{ at_stake = 1, up_to = 0.1 }, { at_stake = 1, up_to = 0.2 }").contains("ascend")
    );
    assert_eq!(
        rule("lifecycle = \"active\"\nwords = \"a\"").0,
        "policy_form"
    );
    assert_eq!(refused("rule = []").0, "policy_rule_count");
    let twice = "[[rule]]\nkey = \"one\"\nlifecycle = \"active\"\naction = \"a\"\n".repeat(2);
    assert!(refused(&twice).1.contains("another rule of that key"));
    let old = SHIPPED_POLICY.replace("version = 1", "version = 2");
    assert_eq!(
        PolicyTable::parse(&old, "x").unwrap_err().key(),
        "policy_version"
    );
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        rng_seed: proptest::test_runner::RngSeed::Fixed(20_620),
        ..ProptestConfig::default()
    })]

    /// The order of rules in the file decides between equals only.
    #[test]
    fn rules_of_unlike_precedence_may_stand_in_any_order(turn in 0_usize..4, priorities in prop::array::uniform4(-3..3_i32)) {
        let targets = [
            "lifecycle = \"dormant\"",
            "octant = \"sleeping\"",
            "segment = \"champions\"",
            "segment = \"champions\"\nlifecycle = \"dormant\"",
        ];
        let mut rules: Vec<String> = targets.iter().zip(priorities).enumerate().map(|(n, (target, priority))| {
            format!("[[rule]]\nkey = \"r{n}\"\n{target}\npriority = {priority}\naction = \"{n}\"\n")
        }).collect();
        let before = parsed(&rules.concat());
        rules.rotate_left(turn);
        let after = parsed(&rules.concat());
        let order = |policy: &PolicyTable| -> Vec<String> {
            policy.decide(&DORMANT_CHAMPION).rules().iter().map(|rule| rule.key.clone()).collect()
        };
        prop_assert_eq!(order(&before), order(&after));
    }
}
