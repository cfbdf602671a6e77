//! Exactly what is said of a bad condition or vocabulary, and where.

use patron_core::{Coded, ErrorCode};
use patron_segments::condition::{LONGEST_CONDITION, MOST_OPERATORS};
use patron_segments::{
    Condition, ConditionError, ConditionErrorKind, Kind, Vocabulary, VocabularyError,
    profile_schema,
};
use proptest::prelude::*;

fn error(text: &str) -> ConditionError {
    Condition::compile(text, &profile_schema()).unwrap_err()
}

/// The words that would be underlined.
fn underlined(text: &str) -> String {
    let error = error(text);
    error.text[error.span].to_owned()
}

#[test]
fn an_unknown_column_is_underlined_with_the_nearest_name_and_all_names() {
    let text = "f_score >= 4\n  AND recency_day < 30";
    assert_eq!(underlined(text), "recency_day");
    let error = error(text);
    let ConditionErrorKind::UnknownColumn {
        name,
        nearest,
        columns,
    } = &error.kind
    else {
        panic!("{error:?}")
    };
    assert_eq!(name, "recency_day");
    assert_eq!(nearest.as_deref(), Some("recency_days"));
    assert!(columns.contains(&"total_clv".to_owned()));
    assert_eq!(error.code(), ErrorCode::ConditionInvalid);
    assert_eq!(error.key(), "condition_unknown_column");
    assert!(
        error
            .hint()
            .unwrap()
            .starts_with("did you mean `recency_days`? the columns are customer_id,")
    );
    assert_eq!(
        error.to_string(),
        "no column `recency_day` (at `recency_day`)"
    );
}

#[test]
fn text_in_double_quotes_is_told_what_it_is() {
    let error = error("lifecycle = \"active\"");
    assert_eq!(
        error.hint().unwrap(),
        "double quotes name a column; text goes in single quotes: 'active'"
    );
}

#[test]
fn wide_characters_do_not_shift_the_place() {
    assert_eq!(
        underlined("customer_id = '高价值' AND nobody = 1"),
        "nobody"
    );
}

#[test]
fn an_octant_or_a_stage_that_does_not_exist_is_refused_with_those_that_do() {
    assert_eq!(underlined("lifecycle = 'actives'"), "'actives'");
    assert_eq!(underlined("'actives' <> lifecycle"), "'actives'");
    assert_eq!(underlined("octant IN ('lost', 'nope')"), "'nope'");
    let error = error("orders > 1 AND lifecycle = 'actives'");
    assert_eq!(error.key(), "condition_unknown_key");
    assert_eq!(
        error.kind.to_string(),
        "column `lifecycle` is never `actives`"
    );
    assert_eq!(
        error.hint().unwrap(),
        "did you mean `active`? it is one of active, silent, dormant, churned, prospect"
    );
    for text in [
        "lifecycle IN ('active', 'prospect')",
        "octant <> 'let_go'",
        "octant LIKE 'high%'",
        "customer_id = 'nope'",
    ] {
        assert!(
            Condition::compile(text, &profile_schema()).is_ok(),
            "{text}"
        );
    }
}

#[test]
fn kinds_that_do_not_go_together_are_refused() {
    assert_eq!(
        underlined("orders > 'five' AND r_score = 1"),
        "orders > 'five'"
    );
    let expected = ConditionErrorKind::KindsDiffer {
        what: ">".to_owned(),
        left: Kind::Integer,
        right: Kind::Text,
    };
    assert_eq!(error("orders > 'five'").kind, expected);
    assert!(matches!(
        error("orders + octant = 1").kind,
        ConditionErrorKind::TypeMismatch {
            found: Kind::Text,
            ..
        }
    ));
    assert!(matches!(
        error("orders LIKE '1%'").kind,
        ConditionErrorKind::TypeMismatch {
            found: Kind::Integer,
            ..
        }
    ));
    assert_eq!(underlined("orders = 1 AND monetary"), "monetary");
    assert!(matches!(
        error("orders + 1").kind,
        ConditionErrorKind::TypeMismatch {
            found: Kind::Integer,
            ..
        }
    ));
}

#[test]
fn what_is_not_sql_is_underlined_where_it_stops_being_sql() {
    assert_eq!(underlined("orders >> = 3"), "=");
    assert_eq!(underlined("orders = 1 2"), "2");
    assert_eq!(underlined("(orders = 1"), "1"); // the end: its last character
    assert_eq!(underlined("orders = "), "=");
    assert!(matches!(
        error("orders = 'open").kind,
        ConditionErrorKind::Syntax { .. }
    ));
    assert_eq!(underlined("orders = 'open"), "'");
}

#[test]
fn sql_that_conditions_do_not_know_is_named() {
    let unsupported = |text: &str| match error(text).kind {
        ConditionErrorKind::Unsupported { what } => what,
        other => panic!("{other:?}"),
    };
    assert_eq!(unsupported("orders = (SELECT 1)"), "a subquery");
    assert_eq!(unsupported("CASE WHEN orders = 1 THEN TRUE END"), "CASE");
    assert_eq!(unsupported("CAST(orders AS TEXT) = '1'"), "a cast");
    assert_eq!(unsupported("customers.orders = 1"), "a name with a dot");
    assert_eq!(unsupported("orders % 2 = 1"), "the operator %");
    assert_eq!(
        unsupported("rfm LIKE '5x%' ESCAPE 'x'"),
        "LIKE with ANY or ESCAPE"
    );
    assert_eq!(
        unsupported("coalesce(DISTINCT orders) = 1"),
        "this form of `coalesce`"
    );
}

#[test]
fn functions_are_checked_by_name_and_number_of_arguments() {
    assert_eq!(underlined("sqrt(orders) > 1"), "sqrt");
    assert_eq!(
        error("sqrt(orders) > 1").hint().unwrap(),
        "the functions are abs, ceil, coalesce, floor, greatest, least, lower, round"
    );
    let expected = ConditionErrorKind::ArgumentCount {
        name: "abs".to_owned(),
        expected: "one argument",
        found: 2,
    };
    assert_eq!(error("abs(orders, 1) > 1").kind, expected);
    assert_eq!(underlined("round(monetary, 99) > 1"), "99");
}

#[test]
fn literals_are_checked() {
    assert_eq!(
        underlined("last_order_at > DATE '2025-02-30'"),
        "'2025-02-30'"
    );
    assert_eq!(underlined("last_order_at > 'soon'"), "'soon'");
}

#[test]
fn nothing_too_much_and_too_deep_are_refused() {
    for text in ["", "  \n ", "-- only a comment"] {
        assert_eq!(error(text).kind, ConditionErrorKind::Empty, "{text:?}");
    }
    let long = format!("orders = {}1", " ".repeat(LONGEST_CONDITION));
    let found = long.len();
    assert_eq!(
        error(&long).kind,
        ConditionErrorKind::TooLong {
            limit: LONGEST_CONDITION,
            found
        }
    );
    let too_complex = ConditionErrorKind::TooComplex {
        limit: MOST_OPERATORS,
    };
    let deep = format!("{}orders = 1{}", "(".repeat(1_500), ")".repeat(1_500));
    assert_eq!(error(&deep).kind, too_complex);
    let sum = format!("orders > 1{}", "+1".repeat(30_000));
    assert_eq!(error(&sum).kind, too_complex);
    let leaning = format!("orders > 1{}", "+1".repeat(500));
    assert_eq!(error(&leaning).kind, too_complex);
    let chain = vec!["orders=1"; 1_500].join(" OR ");
    assert_eq!(error(&chain).kind, too_complex);
}

#[test]
fn an_unknown_vocabulary_lists_those_there_are() {
    let error = Vocabulary::load("klavyio").unwrap_err();
    assert_eq!(error.code(), ErrorCode::SettingInvalid);
    assert_eq!(error.to_string(), "no vocabulary `klavyio`");
    assert!(
        error
            .hint()
            .unwrap()
            .starts_with("did you mean `klaviyo`? there are bloomreach,")
    );
    let error = Vocabulary::load("./no-such-file.toml").unwrap_err();
    assert_eq!(error.code(), ErrorCode::InputUnreadable);
}

fn vocabulary(segments: &str) -> Result<Vocabulary, VocabularyError> {
    Vocabulary::parse(
        &format!("key = \"mine\"\nnames = \"Mine\"\n{segments}"),
        "mine.toml",
    )
}

fn segment(key: &str, when: &str) -> String {
    format!("[[segment]]\nkey = \"{key}\"\nnames = \"{key}\"\nrank = 1\nwhen = \"{when}\"\n")
}

#[test]
fn a_vocabulary_is_checked_as_it_is_read() {
    let good = segment("vip", "monetary > 1000");
    assert!(vocabulary(&good).is_ok());
    let twice = vocabulary(&format!("{good}{good}")).unwrap_err();
    assert!(matches!(twice, VocabularyError::RepeatedKey { key, .. } if key == "vip"));
    for key in ["others", "VIP", "", "a b"] {
        let error = vocabulary(&segment(key, "TRUE")).unwrap_err();
        assert!(matches!(error, VocabularyError::BadKey { .. }), "{key}");
    }
    let many: String = (0..61).map(|i| segment(&format!("s{i}"), "TRUE")).collect();
    let error = vocabulary(&many).unwrap_err();
    assert!(matches!(
        error,
        VocabularyError::SegmentCount { found: 61, .. }
    ));
    let error = vocabulary(&segment("vip", "monetry > 1000")).unwrap_err();
    let VocabularyError::Condition { segment, error, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(segment, "vip");
    assert_eq!(&error.text[error.span.clone()], "monetry");
}

#[test]
fn a_form_error_has_a_place_in_the_file() {
    let text = "key = \"mine\"\nnames = \"Mine\"\nsegmnts = 3\n";
    let Err(VocabularyError::Form { error, .. }) = Vocabulary::parse(text, "mine.toml") else {
        panic!("expected an error of form")
    };
    assert_eq!(&error.text[error.span.clone()], "segmnts");
    assert_eq!(error.line(), 3);
    for (bins, message) in [
        ("[5, 11, 5]", "found 11 bins, expected 2 to 10"),
        ("[5, 5]", "the list has 2 values, expected 3"),
        ("\"5\"", "found the text \"5\", expected a list of length 3"),
    ] {
        let error = vocabulary(&format!("bins = {bins}\nsegment = []")).unwrap_err();
        let VocabularyError::Form { error, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!(error.message, message);
    }
}

#[test]
fn what_is_always_added_keeps_its_meaning() {
    for key in ["core", "soulmates"] {
        let error = vocabulary(&segment(key, "orders > 1")).unwrap_err();
        assert!(matches!(&error, VocabularyError::ReservedKey { key: found, .. } if found == key));
        assert_eq!(error.key(), "vocabulary_reserved_key");
        assert!(error.hint().is_some());
    }
}

#[test]
fn axes_are_checked() {
    let with = |axis: &str| {
        vocabulary(&format!(
            "bins = [3, 3, 3]\n[recency]\n{axis}\n{}",
            segment("a", "TRUE")
        ))
    };
    assert!(with("method = \"fixed\"\ncuts = [180.0, 365.0]").is_ok());
    for axis in [
        "method = \"fixed\"",
        "cuts = [1.0, 2.0]",
        "method = \"fixed\"\ncuts = [1.0]",
        "method = \"fixed\"\ncuts = [2.0, 1.0]",
        "method = \"fixed\"\ncuts = [1.0, nan]",
        "method = \"quintile\"",
    ] {
        let error = with(axis).unwrap_err();
        assert!(
            matches!(
                error,
                VocabularyError::Axis {
                    axis: "recency",
                    ..
                }
            ),
            "{axis}: {error}"
        );
    }
}

#[test]
fn numbers_out_of_range_are_an_error_of_the_condition_and_of_the_check() {
    let huge = vocabulary(&segment("huge", "r_score * 9223372036854775807 > 1")).unwrap();
    let error = patron_segments::check(&huge).unwrap_err();
    let VocabularyError::Condition { segment, error, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(segment, "huge");
    assert_eq!(error.key(), "condition_evaluation");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1000,
        rng_seed: proptest::test_runner::RngSeed::Fixed(20251),
        ..ProptestConfig::default()
    })]

    /// Whatever is typed, there is an answer, and what is underlined is part of the text.
    #[test]
    fn any_text_is_compiled_or_refused_with_a_place_in_it(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "orders", "monetary", "octant", "nobody", "AND", "OR", "NOT", "IN", "(", ")", ",", "=", "<", ">=",
                "'x'", "'高", "1", "2.5", "1e400", "NULL", "IS", "LIKE", "BETWEEN", "-", "+", "*", "/", "DATE",
                "floor", "coalesce", "\n", "高", ";", "\"", ".", "--",
            ]),
            0..14,
        ),
    ) {
        let text = words.join(" ");
        if let Err(error) = Condition::compile(&text, &profile_schema()) {
            prop_assert!(error.text.get(error.span.clone()).is_some(), "{:?} {:?}", error.span, text);
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
