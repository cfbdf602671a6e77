//! What cannot be asked for is refused, with what can.

use super::bad_input::with_rows;

#[test]
fn names_that_do_not_exist_are_answered_with_those_that_do() {
    let sandbox = with_rows("a,1,2024-01-01,10\n");
    for (flag, value, words) in [
        (
            "--as",
            "shopifi",
            &["`shopifi`", "`online-retail`", "`cdnow`"][..],
        ),
        (
            "--vocabulary",
            "tutorail",
            &["`tutorail`", "did you mean `tutorial`?"],
        ),
        ("--timezone", "Mars/Base", &["`Mars/Base`", "Europe/Berlin"]),
        (
            "--score-method",
            "kmeans",
            &["`kmeans`", "natural-breaks", "R=qcut"],
        ),
        ("--score-method", "Q=qcut", &["`Q=qcut`", "R=qcut"]),
        ("--model", "pareto", &["`pareto`", "mbg-nbd, pareto-nbd"]),
        ("--unit", "year", &["`year`", "day, week or month"]),
        ("--grain", "basket", &["`basket`", "order or line"]),
        ("--date-format", "dym", &["`dym`", "ymd, dmy, mdy"]),
        ("--keep", "everything", &["`everything`", "fee-lines"]),
        ("--as-of", "yesterday", &["`yesterday`", "2024-12-31"]),
        ("--as-of", "2024-02-30", &["`2024-02-30`"]),
        ("--bins", "1", &["`1`", "2 to 10"]),
        ("--bins", "5,5", &["`5,5`", "three for R,F,M"]),
        ("--margin", "35", &["`35`", "0.35"]),
        ("--margin", "NaN", &["`NaN`"]),
        ("--horizon", "0", &["`0`", "1 to 1200"]),
        ("--annual-discount", "NaN", &["`NaN`"]),
        ("--cuts", "R=one", &["`R=one`", "R=30,90,180,365"]),
        ("--cuts", "R=3,2,1,0", &["`R=3,2,1,0`", "ascending"]),
        ("--currency", "EURO", &["`EURO`", "EUR"]),
        ("--map", "colour=net", &["`--map`", "`colour`"]),
        ("--margin", "-0.1", &["`--margin` is `-0.1`", "above 0"]),
        ("--annual-discount", "-1", &["`--annual-discount` is `-1`"]),
    ] {
        let outcome = sandbox.patron(&["run", "orders.csv", flag, value]);
        outcome.assert_bad_command_line(words);
        assert_eq!(sandbox.names(), ["orders.csv"], "{flag} {value}");
    }
    let twice = ["run", "orders.csv", "--map", "net=a", "--map", "net=b"];
    let outcome = sandbox.patron(&twice);
    outcome.assert_bad_command_line(&["`--map net` is given twice"]);
}

#[test]
fn files_that_are_not_there_are_said_to_be_so() {
    let sandbox = with_rows("a,1,2024-01-01,10\n");
    for (flag, value) in [
        ("--cuts", "nowhere/run.json"),
        ("--settings", "nowhere.toml"),
        ("--vocabulary", "nowhere.toml"),
    ] {
        let quoted = format!("`{value}`");
        let words = [quoted.as_str(), "there is no such file", "hint: "];
        let outcome = sandbox.refuses(&["orders.csv", flag, value], &words);
        assert!(!outcome.stderr.contains("os error"), "{}", outcome.stderr);
    }
}

#[test]
fn the_same_slip_in_a_settings_file_is_a_request_to_be_mended() {
    let sandbox = with_rows("a,1,2024-01-01,10\n");
    let flags = ["orders.csv", "--settings", "patron.toml"];
    for (settings, words) in [
        (
            "unit = \"fortnight\"\n",
            &["`fortnight`", "day, week or month"][..],
        ),
        (
            "margin = \"a\"\n",
            &["line 1", "found the text \"a\", expected a number", "here"],
        ),
        (
            "shop = \"x\"\nbins = true\n",
            &["line 2", "expected a number of bins such as 5", "here"],
        ),
    ] {
        sandbox.write("patron.toml", settings);
        let outcome = sandbox.refuses(&flags, words);
        assert!(!outcome.stderr.contains("f64"), "{}", outcome.stderr);
    }
}

#[test]
fn cut_points_and_methods_that_do_not_go_with_the_bins_say_which_would() {
    let sandbox = with_rows("a,1,2024-01-01,10\n");
    for (flags, words) in [
        (
            &["--score-method", "fixed"][..],
            &[
                "`fixed` needs cut points of recency",
                "hint: give them with `--cuts`",
            ][..],
        ),
        (
            &["--cuts", "R=30,90"],
            &[
                "`cuts` has 2 of recency, which make 3 scores, but `bins` is 5,5,5",
                "hint: set `--bins 3,5,5`, or give 4 cut points of recency",
            ],
        ),
        (
            &["--score-method", "M=median"],
            &[
                "method `median` of monetary makes 2 scores, but `bins` is 5,5,5",
                "hint: set `--bins 5,5,2`",
            ],
        ),
        (&["--score-method", "mean"], &["hint: set `--bins 2`\n"]),
    ] {
        sandbox.refuses(&[&["orders.csv"], flags].concat(), words);
    }
}

#[test]
fn a_wrong_command_line_is_exit_code_2() {
    let sandbox = with_rows("a,1,2024-01-01,10\n");
    for flags in [
        &["run", "orders.csv", "--at", "3"][..],
        &["run", "orders.csv", "--threads", "0"],
        &["run", "orders.csv", "--format", "pdf"],
        &["run", "orders.csv", "--memory", "1M"],
        &["run", "orders.csv", "--fee-lines", "maybe"],
        &["run", "orders.csv", "--frobnicate"],
        &["frobnicate"],
    ] {
        let outcome = sandbox.patron(flags);
        assert_eq!(outcome.code, 2, "{flags:?}: {}", outcome.stderr);
        assert_eq!(sandbox.names(), ["orders.csv"], "{flags:?}");
    }
}

#[test]
fn a_folder_of_someone_else_is_left_alone() {
    let sandbox = with_rows("a,1,2024-01-01,10\n");
    std::fs::create_dir(sandbox.path("letters")).expect("a folder");
    sandbox.write("letters/love.txt", "dear");
    let flags = ["orders.csv", "--out", "letters"];
    sandbox.refuses(
        &flags,
        &["`letters`", "`love.txt`", "patron did not write", "hint: "],
    );
    assert_eq!(sandbox.text("letters/love.txt"), "dear");
    let flags = ["orders.csv", "--out", "orders.csv"];
    sandbox.refuses(&flags, &["`orders.csv`"]);
    std::fs::create_dir(sandbox.path("empty")).expect("a folder");
    sandbox.run(&["orders.csv", "--quiet", "--out", "empty"]);
    assert!(
        sandbox.path("empty/run.json").is_file(),
        "an empty folder may be used"
    );
}

#[test]
fn a_settings_file_with_an_unknown_key_names_it() {
    let sandbox = with_rows("a,1,2024-01-01,10\n");
    sandbox.write("patron.toml", "timezone = \"UTC\"\nwindow_weeks = 3\n");
    let flags = ["orders.csv", "--settings", "patron.toml"];
    sandbox.refuses(
        &flags,
        &["`patron.toml`", "window_weeks", "window_months", "hint: "],
    );
    sandbox.write("patron.toml", "bins = \n");
    sandbox.refuses(&flags, &["`patron.toml`", "line 1"]);
    sandbox.write("patron.toml", "version = 2\n");
    sandbox.refuses(&flags, &["`version` is `2`, expected 1"]);
}

#[test]
fn a_wrong_condition_is_underlined_and_answered_with_columns() {
    let sandbox = with_rows("a,1,2024-01-01,10\n");
    let with_condition = |condition: &str| {
        format!(
            "key = \"mine\"\nnames = {{ en = \"Mine\", \"zh-Hans\" = \"我\", \"zh-Hant\" = \"我\" }}\n\n[[segment]]\n\
             key = \"big\"\nnames = {{ en = \"Big\", \"zh-Hans\" = \"大\", \"zh-Hant\" = \"大\" }}\nrank = 1\nwhen = \"{condition}\"\n"
        )
    };
    let flags = ["orders.csv", "--vocabulary", "mine.toml"];
    sandbox.write("mine.toml", with_condition("orders > 2 AND monetery >= 5"));
    let words = [
        "`big`",
        "`mine`",
        "`monetery`",
        "did you mean `monetary`",
        "recency_days",
        "here",
        "orders > 2 AND monetery >= 5",
    ];
    sandbox.refuses(&flags, &words);
    sandbox.write("mine.toml", with_condition("orders > > 2"));
    sandbox.refuses(&flags, &["`big`", "orders > > 2", "here"]);
    sandbox.write("mine.toml", with_condition("octant >= 5"));
    sandbox.refuses(&flags, &["octant >= 5", "here"]);
    sandbox.write("mine.toml", "key = \"mine\"\n");
    sandbox.refuses(&flags, &["`mine.toml`"]);
    sandbox.refuses(
        &["orders.csv", "--vocabulary", "nowhere.toml"],
        &["`nowhere.toml`"],
    );
}
