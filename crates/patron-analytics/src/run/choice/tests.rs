//! The choice on shops whose truth is known.

use std::collections::BTreeSet;

use patron_core::Day;
use patron_engine::PurchaseLog;
use patron_stats::estimate::FitError;
use patron_stats::history::WeightedHistories;
use patron_stats::purchase::PurchaseModel;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::judge::{DEFAULT, judge, judge_by};
use super::words::of_choice;
use super::{Judged, Why};
use crate::model::ModelKey;
use crate::run::value::fit_first;
use crate::settings::{Resolved, Settings};

const SEED: u64 = 20_261;
const AS_OF: Day = Day(20_000);

fn settings(model: Option<&str>) -> Resolved {
    let flags = Settings {
        model: model.map(str::to_owned),
        ..Settings::default()
    };
    Resolved::new(&flags, &Settings::default(), &[], None).unwrap()
}

/// A shop that `days` ago opened: customers come evenly, and buy as the model says, in weeks.
fn shop(model: &dyn PurchaseModel, customers: u32, days: i32) -> PurchaseLog {
    let mut generator = ChaCha12Rng::seed_from_u64(SEED);
    let customer = |_| {
        // The last come on the as-of day.
        let since =
            i32::try_from(generator.next_u64() % (u64::from(days.unsigned_abs()) + 1)).unwrap();
        let first = AS_OF.plus_days(-since);
        let weeks = f64::from(since) / 7.0;
        let later = model.simulate(&mut generator, 0.0, weeks).unwrap().later;
        let later = later.iter().map(|time| whole(time * 7.0));
        let bought: BTreeSet<i32> = std::iter::once(0).chain(later).collect();
        bought.into_iter().map(|day| first.plus_days(day)).collect()
    };
    PurchaseLog::new((0..customers).map(customer))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a float cast saturates, and days are few"
)]
fn whole(days: f64) -> i32 {
    days.floor() as i32
}

fn with_parameters(model: ModelKey, parameters: &[f64]) -> Box<dyn PurchaseModel> {
    model.with_parameters(parameters).unwrap()
}

fn chosen(judged: &Judged) -> &patron_stats::validation::Choice {
    let test = judged.back_test.as_ref().expect("something was held out");
    test.choice.as_ref().expect("something was chosen")
}

fn keys(judged: &Judged, used: &str) -> Vec<String> {
    let notes = of_choice(judged, used);
    notes.into_iter().map(|note| note.key).collect()
}

#[test]
fn the_truth_is_chosen_or_not_to_be_told_apart_from_what_is() {
    for (truth, parameters) in [
        (ModelKey::Nbd, &[0.8, 12.0][..]),
        (ModelKey::BgNbd, &[0.8, 6.0, 0.8, 1.6]),
        (ModelKey::MbgNbd, &[0.8, 6.0, 0.9, 1.2]),
        (ModelKey::ParetoNbd, &[0.8, 6.0, 0.9, 14.0]),
    ] {
        let log = shop(with_parameters(truth, parameters).as_ref(), 4_000, 900);
        let judged = judge(&log, AS_OF, &settings(None));
        assert_eq!(judged.why, Why::HeldOut);
        let choice = chosen(&judged);
        let behind = choice.others.iter().find(|other| other.key == truth.key());
        let clearly = behind.is_some_and(|truth| truth.log_score.unwrap().is_clear());
        assert!(!clearly, "seed {SEED}, {}: {choice}", truth.key());
        // Where people leave, whoever says that nobody does is clearly behind.
        if truth != ModelKey::Nbd {
            let nbd = choice
                .others
                .iter()
                .find(|other| other.key == "nbd")
                .unwrap();
            let by = nbd.log_score.unwrap();
            assert!(by.is_clear() && by.advantage > 0.0, "{choice}");
        }
        assert_eq!(judged.ranking[0].key(), choice.key, "the best is used");
        assert_eq!(judged.ranking.last(), Some(&DEFAULT), "something always is");
    }
}

#[test]
fn nothing_depends_on_the_order_of_customers_or_on_threads() {
    let truth = with_parameters(ModelKey::MbgNbd, &[0.8, 6.0, 0.9, 1.2]);
    let log = shop(truth.as_ref(), 2_000, 600);
    let backwards: Vec<Vec<Day>> = log.iter().map(<[Day]>::to_vec).collect();
    let backwards = PurchaseLog::new(backwards.into_iter().rev());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let one = pool
        .unwrap()
        .install(|| judge(&backwards, AS_OF, &settings(None)));
    let all = judge(&log, AS_OF, &settings(None));
    assert_eq!(chosen(&one), chosen(&all));
}

#[test]
fn later_purchases_are_those_of_the_log() {
    let truth = with_parameters(ModelKey::BgNbd, &[0.8, 6.0, 0.8, 1.6]);
    let log = shop(truth.as_ref(), 3_000, 900);
    let judged = judge(&log, AS_OF, &settings(Some("bg-nbd")));
    assert_eq!(judged.why, Why::Named);
    let test = judged.back_test.as_ref().unwrap();
    let origin = AS_OF.plus_days(-test.held.days());
    assert!(
        (299..=300).contains(&test.held.days()),
        "a third of the history"
    );
    let known: Vec<&[Day]> = log.iter().filter(|days| days[0] <= origin).collect();
    let after: usize = known
        .iter()
        .map(|days| days.iter().filter(|day| **day > origin).count())
        .sum();
    assert_eq!(test.held.judged(), known.len(), "few are all judged");
    for contender in &test.contenders {
        let errors = contender.evaluation.as_ref().unwrap().errors;
        assert!(
            (errors.actual - after as f64).abs() < 1e-9,
            "{}",
            contender.key
        );
    }
    let names: Vec<&str> = test.contenders.iter().map(|one| one.key).collect();
    let baselines = ["own-mean-rate", "same-as-last-period", "cell-means"];
    assert_eq!(names, [&["nbd", "bg-nbd"][..], &baselines].concat());
    assert_eq!(keys(&judged, "bg-nbd"), ["model_named"]);
}

#[test]
fn a_baseline_that_wins_is_named() {
    // Subscribers who come like clockwork, each at an own pace, and never leave: who goes on as before is all but certain.
    let paces = [9, 14, 20, 30, 45, 60].into_iter().cycle();
    let customer = |(number, pace): (i32, i32)| -> Vec<Day> {
        let first = AS_OF.plus_days(-900 + number % 200);
        let visits = (0..).map(|visit| first.plus_days(visit * pace));
        visits.take_while(|day| *day <= AS_OF).collect()
    };
    let log = PurchaseLog::new((0..1_200).zip(paces).map(customer));
    let judged = judge(&log, AS_OF, &settings(None));
    let used = chosen(&judged).key.clone();
    let ahead = judged.back_test.as_ref().unwrap().baselines_ahead_of(&used);
    let names: Vec<&str> = ahead.iter().map(|other| other.key.as_str()).collect();
    assert!(
        names.contains(&"own-mean-rate"),
        "{used} beaten by {names:?}"
    );
    let notes = of_choice(&judged, &used);
    let said = notes
        .iter()
        .find(|note| note.key == "baseline_nearer")
        .unwrap();
    assert!(said.text.starts_with("a baseline won: "), "{}", said.text);
    assert_eq!(said.params["model"], used.as_str());
    // Nobody leaves, so the model that knows of no leaving is the one to use: a baseline, too.
    assert_eq!(used, "nbd");
    assert!(notes.iter().any(|note| note.key == "baseline_is_used"));
    let named = judge(&log, AS_OF, &settings(Some("nbd")));
    assert!(
        !keys(&named, "nbd").contains(&"baseline_is_used".to_owned()),
        "nothing was compared"
    );
}

#[test]
fn where_too_little_can_be_held_out_the_default_is_used_and_why_is_said() {
    let truth = with_parameters(ModelKey::MbgNbd, &[0.8, 2.0, 0.9, 1.2]);
    let short = shop(truth.as_ref(), 2_000, 83);
    let judged = judge(&short, AS_OF, &settings(None));
    let (days, required) = (83, 84);
    assert_eq!(judged.why, Why::ShortHistory { days, required });
    assert_eq!(judged.ranking, [DEFAULT]);
    assert!(judged.back_test.is_none());
    let notes = of_choice(&judged, DEFAULT.key());
    assert_eq!(
        notes[0].text,
        "mbg-nbd is used unchosen: the history is 83 days long, and 84 are needed to hold a part of it out"
    );
    let few = shop(truth.as_ref(), 110, 900);
    let judged = judge(&few, AS_OF, &settings(None));
    assert!(matches!(
        judged.why,
        Why::FewCustomers { required: 100, .. }
    ));
    assert_eq!(keys(&judged, DEFAULT.key()), ["model_few_customers"]);
    let once = PurchaseLog::new((0..500).map(|number| vec![AS_OF.plus_days(-number)]));
    let judged = judge(&once, AS_OF, &settings(None));
    let (found, required) = (0, 30);
    assert_eq!(judged.why, Why::FewRepeatBuyers { found, required });
    let nobody = judge(&PurchaseLog::default(), AS_OF, &settings(None));
    assert!(matches!(nobody.why, Why::ShortHistory { days: 0, .. }));
}

#[test]
fn a_named_model_is_used_however_little_can_be_held_out() {
    let judged = judge(
        &PurchaseLog::default(),
        AS_OF,
        &settings(Some("pareto-nbd")),
    );
    assert_eq!(judged.why, Why::Named);
    assert_eq!(judged.ranking, [ModelKey::ParetoNbd]);
    assert_eq!(keys(&judged, "pareto-nbd"), ["model_named"]);
}

type Fitted = Result<Box<dyn PurchaseModel>, FitError>;

/// Fits of which some never settle: parameters that came of no search.
fn unsettled(
    which: fn(ModelKey) -> bool,
) -> impl Fn(ModelKey, &WeightedHistories) -> Fitted + Sync {
    move |model, histories| {
        let fitted = model.fit(histories)?;
        if !which(model) {
            return Ok(fitted);
        }
        let parameters = fitted.named_parameters().into_iter();
        let parameters: Vec<f64> = parameters.map(|(_, value)| value).collect();
        model.with_parameters(&parameters)
    }
}

#[test]
fn a_search_that_does_not_settle_before_the_time_held_out_is_not_chosen() {
    let truth = with_parameters(ModelKey::ParetoNbd, &[0.8, 6.0, 0.9, 14.0]);
    let log = shop(truth.as_ref(), 2_000, 900);
    let best = chosen(&judge(&log, AS_OF, &settings(None))).key.clone();
    assert_ne!(best, "nbd");
    // Only the search of NBD, which is far behind, settles.
    let but_one = unsettled(|model| model != ModelKey::Nbd);
    let judged = judge_by(&log, AS_OF, &settings(None), but_one);
    assert_eq!(
        (&judged.why, chosen(&judged).key.as_str()),
        (&Why::HeldOut, "nbd")
    );
    assert_eq!(judged.ranking, [ModelKey::Nbd, DEFAULT]);
    let keys = keys(&judged, "nbd");
    assert!(keys.contains(&"model_chosen_alone".to_owned()), "{keys:?}");
    assert!(
        !keys
            .iter()
            .any(|key| key == "model_none_settled" || key == "model_passed_over")
    );
}

#[test]
fn where_no_search_settled_it_is_said_and_what_was_tried_is_shown() {
    let truth = with_parameters(ModelKey::ParetoNbd, &[0.8, 6.0, 0.9, 14.0]);
    let log = shop(truth.as_ref(), 2_000, 900);
    let judged = judge_by(&log, AS_OF, &settings(None), unsettled(|_| true));
    assert_eq!(judged.why, Why::NoneFitted);
    assert_eq!(judged.ranking, [DEFAULT]);
    let notes = of_choice(&judged, DEFAULT.key());
    let said = notes.first().unwrap();
    assert_eq!(
        (said.key.as_str(), &said.params["model"]),
        ("model_none_settled", &DEFAULT.key().into())
    );
    assert!(
        said.text.contains("no model's search") && said.text.contains("settled"),
        "{}",
        said.text
    );
    let test = judged.back_test.as_ref().unwrap();
    assert!(test.choice.is_none() && test.contenders.iter().any(|one| one.evaluation.is_some()));
    // Where no model can be fitted at all, something else is said.
    let nothing = |_: ModelKey, _: &WeightedHistories| -> Fitted { Err(FitError::NoFiniteStart) };
    let judged = judge_by(&log, AS_OF, &settings(None), nothing);
    assert_eq!(keys(&judged, DEFAULT.key()), ["model_none_fitted"]);
}

#[test]
fn the_best_is_passed_over_where_its_search_on_all_customers_does_not_settle_and_that_is_said() {
    let truth = with_parameters(ModelKey::ParetoNbd, &[0.8, 6.0, 0.9, 14.0]);
    let log = shop(truth.as_ref(), 2_000, 900);
    let judged = judge(&log, AS_OF, &settings(None));
    let best = chosen(&judged).key.clone();
    let customers = log.iter().map(|days| {
        let (first, last) = (days[0], days[days.len() - 1]);
        patron_stats::history::DayHistory {
            repeat_purchases: u32::try_from(days.len() - 1).unwrap(),
            age_days: u32::try_from(AS_OF.days_since(first)).unwrap(),
            recency_days: u32::try_from(last.days_since(first)).unwrap(),
        }
    });
    let all = WeightedHistories::from_days(customers, 7.0).unwrap();
    let settled = fit_first(&judged.ranking, |model| model.fit(&all)).unwrap();
    assert_eq!(settled.key(), best, "where it settles it is used");
    assert!(!keys(&judged, &best).contains(&"model_passed_over".to_owned()));
    let first = judged.ranking[0];
    let but_best = unsettled(|model| model == ModelKey::ParetoNbd || model == ModelKey::BgNbd);
    let used = fit_first(&judged.ranking, |model| but_best(model, &all)).unwrap();
    let expected = judged
        .ranking
        .iter()
        .find(|model| !matches!(model, ModelKey::ParetoNbd | ModelKey::BgNbd));
    assert_eq!(Some(used.key()), expected.map(|model| model.key()));
    assert!(
        matches!(first, ModelKey::ParetoNbd | ModelKey::BgNbd),
        "{best}"
    );
    let notes = of_choice(&judged, used.key());
    let said = notes.first().unwrap();
    assert_eq!(said.key, "model_passed_over");
    assert_eq!(
        (&said.params["model"], &said.params["other"]),
        (&used.key().into(), &best.clone().into())
    );
    assert!(
        said.text
            .contains(&format!("{best} foretold the time held out better")),
        "{}",
        said.text
    );
    // Where none settles the best that can be fitted is used all the same.
    let none = unsettled(|_| true);
    let used = fit_first(&judged.ranking, |model| none(model, &all)).unwrap();
    assert_eq!(used.key(), best);
}
