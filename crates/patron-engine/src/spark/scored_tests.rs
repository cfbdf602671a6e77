//! Customers who stay on Spark, without a Spark around them: folded, measured and scored by tasks, and compared with the same
//! customers scored here.

use std::collections::BTreeMap;

use patron_core::{Day, Money};
use patron_fold::FoldSettings;
use patron_segments::Vocabulary;
use patron_stats::scores::{Method, count_distinct_up_to, exact_mean};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::error::SparkError;
use super::filter::Task;
use super::found::{Numbers, ScoringRules, find, medians};
use super::lines::Tag;
use super::measured::{MEASURES, NO_PART};
use super::plan::{FoldPlan, FoldTotals, encode};
use super::refine::{Bucket, Round};
use super::scorer::{ScorePlan, ScoreTotals, Scorer};
use super::tests::{Row, error_of, folded_here, lines_of, plan, rows, sent};
use super::written::write_cell;
use crate::CustomerTable;
use crate::grouping::GroupingRules;
use crate::output::{Columns, CustomerValues, ScoredCustomers};
use crate::scoring::octants::KnifeMethod;
use crate::scoring::{
    AxisSettings, FrequencyMeasure, Lifecycle, LifecycleBounds, Measures, MonetaryMeasure,
    OctantSettings, Octants, ScoreOn, ScoreSettings, Scores, Segments, Values, historic_value,
};

const VOCABULARY: &str = r#"
key = "three"
names = { en = "three", zh-Hans = "three", zh-Hant = "three" }
[[segment]]
key = "best"
names = { en = "best", zh-Hans = "best", zh-Hant = "best" }
rank = 2
when = "r_score = r_bins AND monetary > 20"
[[segment]]
key = "often"
names = { en = "often", zh-Hans = "often", zh-Hant = "often" }
rank = 1
when = "orders > 1 OR octant = 'high_value' OR lifecycle = 'active'"
"#;

/// Lists of numbers in the place of a table on Spark.
struct Lists(Vec<Vec<i64>>);

impl Lists {
    fn of<'a>(fields: impl Iterator<Item = (usize, &'a str)>, measures: usize) -> Self {
        let mut lists = vec![Vec::new(); measures];
        for (first, numbers) in fields {
            for (place, number) in numbers.split(',').enumerate() {
                if number != NO_PART {
                    lists[first + place].push(number.parse().unwrap());
                }
            }
        }
        Self(lists)
    }

    fn buckets(&self, asked: impl Fn(usize, i64) -> bool, shift: u32) -> Vec<Bucket> {
        let mut found: BTreeMap<(usize, i64), Bucket> = BTreeMap::new();
        for (measure, numbers) in self.0.iter().enumerate() {
            for &number in numbers.iter().filter(|number| asked(measure, **number)) {
                let bucket = found.entry((measure, number >> shift)).or_insert(Bucket {
                    measure,
                    least: number,
                    most: number,
                    count: 0,
                });
                bucket.least = bucket.least.min(number);
                bucket.most = bucket.most.max(number);
                bucket.count += 1;
            }
        }
        found.into_values().collect()
    }
}

impl Numbers for Lists {
    fn round(&mut self, round: &Round) -> Result<Vec<Bucket>, SparkError> {
        let asked = |measure, number| {
            let within = round.within.as_deref();
            within.is_none_or(|within| {
                let holds = |&(of, least, most): &(usize, i64, i64)| {
                    of == measure && (least..=most).contains(&number)
                };
                within.iter().any(holds)
            })
        };
        Ok(self.buckets(asked, round.shift))
    }

    fn every(&mut self, measure: usize, _most: usize) -> Result<Vec<Bucket>, SparkError> {
        Ok(self.buckets(|of, _| of == measure, 0))
    }
}

/// Customers and members of a segment, means and medians of R, F and M.
type OfSegment = (u64, u64, Option<[f64; 3]>, Option<[f64; 3]>);

/// What came of customers: cut points, knives, and a line of cells for each; besides counts by score, and means and medians by
/// segment.
#[derive(Debug, PartialEq)]
struct Outcome {
    cuts: Vec<Vec<f64>>,
    distinct: [usize; 3],
    knives: [f64; 3],
    cells: Vec<String>,
    by_score: Vec<Vec<u64>>,
    outside_window: u64,
    segments: Vec<OfSegment>,
    revenue: i128,
}

fn as_of() -> Day {
    Day::parse_iso("2024-12-31").unwrap()
}

/// Folds and measures customers in one task; returns their lines, and the plan by which they are scored.
fn measured(rows: &[Row], rules: &ScoringRules) -> (Vec<Vec<String>>, ScorePlan) {
    let read = lines_of(Task::Rows, &plan(rows), &sent(rows, 0));
    let mut facts: Vec<String> = read
        .iter()
        .filter(|line| matches!(Tag::of(&line[0]), Some(Tag::Claim | Tag::Fact)))
        .map(|line| line[1..].join("\t") + "\n")
        .collect();
    facts.sort_by(|a, b| a.split('\t').next().cmp(&b.split('\t').next()));
    let measures = rules.plan();
    let settings = FoldSettings::default();
    let fold = FoldPlan::new(&settings, as_of(), GroupingRules::default()).measuring(measures);
    let mut people = Vec::new();
    let mut totals = FoldTotals::default();
    for line in lines_of(Task::Histories, &encode(&fold), &facts.concat()) {
        match Tag::of(&line[0]).unwrap() {
            Tag::Profile => people.push(line),
            Tag::Control => totals.add(serde_json::from_str(&line[2]).unwrap()),
            Tag::Prospect => {}
            other => panic!("{other:?}: {line:?}"),
        }
    }
    assert_eq!(totals.customers, people.len() as u64);
    let mut numbers = Lists::of(people.iter().map(|line| (0, line[3].as_str())), MEASURES);
    let found = find(&mut numbers, rules, &totals.measured).unwrap();
    let plan = rules.score_plan(fold, measures, &found, &totals.measured);
    (people, plan)
}

fn on_tasks(rows: &[Row], rules: &ScoringRules) -> Outcome {
    let (people, plan) = measured(rows, rules);
    let mut totals = ScoreTotals {
        sums: plan.sums(),
        ..ScoreTotals::default()
    };
    let (mut cells, mut numbers) = (Vec::new(), Vec::new());
    // The second task has nobody where there is one customer.
    for part in [&people[..people.len() / 2], &people[people.len() / 2..]] {
        let sent: String = part
            .iter()
            .map(|line| format!("{}\t{}\n", line[1], line[2]))
            .collect();
        for line in lines_of(Task::Scores, &encode(&plan), &sent) {
            match Tag::of(&line[0]).unwrap() {
                Tag::Profile => {
                    let segment: usize = line[2].parse().unwrap();
                    numbers.push((3 * segment, line[3].clone()));
                    cells.push(line[4..].join("\t"));
                }
                Tag::Control => totals.add(&serde_json::from_str(&line[1]).unwrap()),
                other => panic!("{other:?}: {line:?}"),
            }
        }
    }
    let bytes: usize = cells.iter().map(String::len).sum();
    assert_eq!(
        (totals.customers, totals.cell_bytes),
        (people.len() as u64, bytes as u64)
    );
    assert_eq!(
        Scorer::schema(&plan).unwrap().fields().len(),
        cells[0].split('\t').count()
    );
    cells.sort();
    let sums = totals.sums;
    let numbers = numbers
        .iter()
        .map(|(first, numbers)| (*first, numbers.as_str()));
    let count = 3 * sums.segments.len();
    let of_segments: Vec<u64> = sums.segments.iter().map(|of| of.group.customers).collect();
    let medians = medians(&mut Lists::of(numbers, count), &of_segments).unwrap();
    let segments = sums.segments.iter().zip(medians).map(|(segment, medians)| {
        let group = &segment.group;
        (group.customers, segment.members, segment.means(), medians)
    });
    Outcome {
        cuts: plan.axes.iter().map(|axis| axis.cuts().to_vec()).collect(),
        distinct: sums.distinct(),
        knives: plan.knives,
        cells,
        by_score: sums.by_score.to_vec(),
        outside_window: sums.outside_window,
        segments: segments.collect(),
        revenue: sums.all.revenue.0,
    }
}

fn here(table: &CustomerTable, rules: &ScoringRules) -> Outcome {
    let of = rules.measures;
    let values = Values::measure(table, of.frequency, of.monetary, of.score_on, of.margin);
    let scores = Scores::new(&values, &rules.scores).unwrap();
    let octants = Octants::new(table, &rules.octants).unwrap();
    let lifecycle = Lifecycle::new(table, rules.lifecycle);
    let historic = table.profiles.iter();
    let worth = CustomerValues {
        historic_value: historic
            .map(|profile| historic_value(&profile, rules.margin))
            .collect(),
        expected: None,
    };
    let customers = ScoredCustomers {
        table,
        scores: &scores,
        octants: &octants,
        lifecycle: &lifecycle,
        values: &worth,
    };
    let segments = Segments::new(&customers, &rules.vocabulary).unwrap();
    let batch = Columns::for_results(&customers, &segments)
        .batch(0..table.len())
        .unwrap();
    let line = |row: usize| {
        let cells = batch.columns().iter().map(|column| {
            let mut cell = String::new();
            write_cell(&mut cell, column, row).unwrap();
            cell
        });
        cells.collect::<Vec<_>>().join("\t")
    };
    let mut cells: Vec<String> = (0..table.len()).map(line).collect();
    cells.sort();
    let axes = [&values.recency, &values.frequency, &values.monetary];
    let counted = scores.cut_points.iter().zip(&scores.scores);
    Outcome {
        cuts: scores
            .cut_points
            .iter()
            .map(|cuts| cuts.cuts().to_vec())
            .collect(),
        distinct: axes.map(|axis| count_distinct_up_to(axis, 100)),
        knives: octants.knives,
        cells,
        by_score: counted.map(|(cuts, scores)| cuts.count(scores)).collect(),
        outside_window: scores.outside_window,
        segments: segments_here(&segments, axes),
        revenue: table
            .profiles
            .iter()
            .map(|profile| profile.monetary.0)
            .sum(),
    }
}

fn segments_here(segments: &Segments, axes: [&Vec<f64>; 3]) -> Vec<OfSegment> {
    let (own, customers) = (segments.own, segments.primary.len());
    let segment = |segment: usize| {
        let is_in = |row: &usize| usize::from(segments.primary[*row]).min(own) == segment;
        let rows: Vec<usize> = (0..customers).filter(is_in).collect();
        let is_member = |row: &usize| segments.members[*row] >> segment & 1 == 1;
        let members = (0..customers).filter(is_member).count() as u64;
        let members = if segment == own {
            rows.len() as u64
        } else {
            members
        };
        let all = |of: fn(&[f64]) -> f64| {
            let one = |axis: &Vec<f64>| of(&rows.iter().map(|&row| axis[row]).collect::<Vec<_>>());
            (!rows.is_empty()).then(|| axes.map(one))
        };
        let median = |values: &[f64]| patron_stats::summary::median(values).unwrap();
        (rows.len() as u64, members, all(exact_mean), all(median))
    };
    (0..=own).map(segment).collect()
}

fn measures() -> impl Strategy<Value = (FrequencyMeasure, MonetaryMeasure)> {
    let frequency = prop_oneof![
        Just(FrequencyMeasure::Orders),
        Just(FrequencyMeasure::PurchaseDays),
        Just(FrequencyMeasure::Units),
    ];
    let monetary = prop_oneof![
        Just(MonetaryMeasure::Total),
        Just(MonetaryMeasure::MeanPerOrder),
        Just(MonetaryMeasure::LastOrder),
        Just(MonetaryMeasure::Margin),
    ];
    (frequency, monetary)
}

fn rules() -> impl Strategy<Value = ScoringRules> {
    let method = prop_oneof![
        3 => Just(Method::Quantile),
        1 => Just(Method::RRfm),
        1 => Just(Method::NaturalBreaks),
    ];
    let axis = (2_u8..=6, method).prop_map(|(bins, method)| AxisSettings {
        bins,
        method,
        frozen: None,
    });
    let knife = prop_oneof![
        Just(KnifeMethod::Mean),
        Just(KnifeMethod::Median),
        Just(KnifeMethod::Fixed([90.0, 1.0, 25.5])),
    ];
    let lifecycle = prop_oneof![
        Just(LifecycleBounds::Months([1, 4, 10])),
        Just(LifecycleBounds::ShopIntervals([1.0, 2.5, 4.0])),
        Just(LifecycleBounds::OwnIntervals([1.1, 2.0, 3.0])),
    ];
    let axes = proptest::array::uniform3(axis);
    let of = (
        measures(),
        any::<bool>(),
        proptest::option::of(1_i64..9_999),
    );
    (axes, of, knife, lifecycle).prop_map(|(axes, of, knife, lifecycle)| {
        let ((frequency, monetary), on_window, margin) = of;
        let share = margin.map_or(1.0, |margin| Money(margin).to_f64());
        ScoringRules {
            measures: Measures {
                frequency,
                monetary,
                score_on: if on_window {
                    ScoreOn::Window
                } else {
                    ScoreOn::All
                },
                margin: share,
            },
            scores: ScoreSettings {
                axes,
                weights: [0.3, 0.5, 0.2],
            },
            octants: OctantSettings {
                knife,
                monetary: MonetaryMeasure::MeanPerOrder,
                frequency,
                margin: share,
            },
            lifecycle,
            vocabulary: Vocabulary::parse(VOCABULARY, "test").unwrap(),
            margin: margin.map(Money),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, rng_seed: RngSeed::Fixed(71_060), ..ProptestConfig::default() })]

    #[test]
    fn customers_scored_by_tasks_are_those_scored_here(rows in rows(), rules in rules()) {
        let (table, ..) = folded_here(&rows, as_of());
        prop_assert_eq!(on_tasks(&rows, &rules), here(&table, &rules));
    }
}

fn some() -> (Vec<Row>, ScoringRules) {
    let row = |customer: &str, order: &str, net: &str| {
        [customer, order, "2024-05-01", net, ""].map(str::to_owned)
    };
    let rows = vec![row("a", "1", "3"), row("b", "2", "4"), row("c", "3", "5")];
    let axis = AxisSettings {
        bins: 2,
        method: Method::Quantile,
        frozen: None,
    };
    let rules = ScoringRules {
        measures: Measures {
            frequency: FrequencyMeasure::Orders,
            monetary: MonetaryMeasure::Total,
            score_on: ScoreOn::All,
            margin: 1.0,
        },
        scores: ScoreSettings {
            axes: [axis.clone(), axis.clone(), axis],
            weights: [1.0; 3],
        },
        octants: OctantSettings {
            knife: KnifeMethod::Mean,
            monetary: MonetaryMeasure::MeanPerOrder,
            frequency: FrequencyMeasure::Orders,
            margin: 1.0,
        },
        lifecycle: LifecycleBounds::default(),
        vocabulary: Vocabulary::parse(VOCABULARY, "test").unwrap(),
        margin: None,
    };
    (rows, rules)
}

#[test]
fn a_line_that_is_no_profile_is_told_with_its_customer() {
    let (rows, rules) = some();
    let (people, plan) = measured(&rows, &rules);
    let good = format!("{}\t{}\n", people[0][1], people[0][2]);
    let cut = people[1][2].rsplit_once(' ').unwrap().0;
    for bad in [format!("b\\tb\t{cut}\n"), "b\\tb\n".to_owned()] {
        let said = error_of(Task::Scores, &encode(&plan), &(good.clone() + &bad + &good));
        assert_eq!(said, "customer `b\tb`: a line that is no profile");
    }
}

#[test]
fn another_patron_refuses_to_score() {
    let (rows, rules) = some();
    let (_, mut plan) = measured(&rows, &rules);
    plan.speaks = "patron-9.9.9-spark-9".to_owned();
    let said = error_of(Task::Scores, &encode(&plan), "");
    assert!(
        said.contains("patron-9.9.9-spark-9 was asked for"),
        "{said}"
    );
}

#[test]
fn what_takes_customers_in_one_order_is_refused() {
    let (_, mut rules) = some();
    for method in [Method::Ntile, Method::QcutFirst] {
        rules.scores.axes[2].method = method;
        let error = rules.check().unwrap_err();
        assert!(matches!(error, SparkError::NotOnSpark { .. }), "{error}");
    }
    // Cut points that are given need no order.
    rules.scores.axes[2].frozen = Some(vec![4.0]);
    assert_eq!(rules.check(), Ok(()));
}
