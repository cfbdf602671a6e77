//! Models fitted up to a day, held against what customers bought after it, against each other and against baselines.

use patron_core::Day;
use patron_engine::PurchaseLog;
use patron_stats::estimate::FitError;
use patron_stats::history::{History, WeightedHistories};
use patron_stats::purchase::PurchaseModel;
use patron_stats::validation::{
    Against, Choice, Evaluation, Predictions, ValidationError, cell_means, choose, evaluate,
    own_mean_rate, same_as_last_period,
};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;

use super::HeldOut;
use crate::model::ModelKey;
use crate::settings::Resolved;

/// What is chosen from, the simplest first. GGom/NBD is not among them: the search for its five parameters takes several times
/// as long as the rest of a run, and on the shops tried it ran to the edge of its range. It can be asked for by name.
const CANDIDATES: [ModelKey; 4] = [
    ModelKey::Nbd,
    ModelKey::BgNbd,
    ModelKey::MbgNbd,
    ModelKey::ParetoNbd,
];
/// Values customers where nothing can be held out.
pub(super) const DEFAULT: ModelKey = ModelKey::MbgNbd;
/// Customers whose predictions one thread makes at a time.
const CHUNK: usize = 512;
/// Places outcomes within their steps; the same each time.
const SEED: u64 = 1;

/// How the model came to be used.
#[derive(Debug, Clone, PartialEq)]
pub enum Why {
    /// It was asked for.
    Named,
    /// It foretold best what was held out.
    HeldOut,
    /// Too short a time to hold a part of it out.
    ShortHistory {
        /// From the first purchase to the as-of day.
        days: i32,
        /// As many are needed.
        required: i32,
    },
    /// Too few had bought by the end of calibration.
    FewCustomers {
        /// So many had.
        found: u64,
        /// As many are needed.
        required: u64,
    },
    /// Too few of them had bought again.
    FewRepeatBuyers {
        /// So many had.
        found: u64,
        /// As many are needed.
        required: u64,
    },
    /// No candidate could be fitted to what was known by the end of calibration, or no search settled.
    NoneFitted,
}

/// A model or baseline, held against what came.
#[derive(Debug)]
pub struct Contender {
    /// Its key.
    pub key: &'static str,
    /// Which model; nothing of a baseline.
    pub model: Option<ModelKey>,
    /// The fit to calibration.
    pub fit: Option<Box<dyn PurchaseModel>>,
    /// Why it could not be fitted.
    pub failed: Option<FitError>,
    /// What it said.
    pub told: Option<Predictions>,
    /// How good that was.
    pub evaluation: Option<Evaluation>,
}

/// Models and baselines beside each other.
#[derive(Debug)]
pub struct BackTest {
    /// What was held out.
    pub held: HeldOut,
    /// Models first, the simplest first among them.
    pub contenders: Vec<Contender>,
    /// Which model is best by what was held out; nothing where no search settled.
    pub choice: Option<Choice>,
}

/// Which model is to be used, and why.
#[derive(Debug)]
pub struct Judged {
    /// Why.
    pub why: Why,
    /// How all of them did.
    pub back_test: Option<BackTest>,
    /// Models to be fitted to all, the best first.
    pub(crate) ranking: Vec<ModelKey>,
}

/// Judges the candidates, or the one that was asked for beside the baselines.
pub(in crate::run) fn judge(log: &PurchaseLog, as_of: Day, settings: &Resolved) -> Judged {
    judge_by(log, as_of, settings, ModelKey::fit)
}

/// How a model is fitted to histories.
type Fitted = Result<Box<dyn PurchaseModel>, FitError>;

/// Judges likewise, with fits made some other way.
pub(super) fn judge_by(
    log: &PurchaseLog,
    as_of: Day,
    settings: &Resolved,
    fit: impl Fn(ModelKey, &WeightedHistories) -> Fitted + Sync,
) -> Judged {
    let unit_days = settings.unit.days();
    let candidates = match settings.model {
        None => CANDIDATES.to_vec(),
        Some(ModelKey::Nbd) => vec![ModelKey::Nbd],
        Some(named) => vec![ModelKey::Nbd, named],
    };
    let found = HeldOut::new(log, as_of)
        .and_then(|held| BackTest::new(held, &candidates, unit_days, fit).ok_or(Why::NoneFitted));
    let (why, back_test) = match found {
        Ok(back_test) if back_test.choice.is_none() => (Why::NoneFitted, Some(back_test)),
        Ok(back_test) => (Why::HeldOut, Some(back_test)),
        Err(why) => (why, None),
    };
    let (why, ranking) = match (settings.model, &back_test) {
        (Some(named), _) => (Why::Named, vec![named]),
        (None, Some(back_test)) => (why, back_test.ranking()),
        (None, None) => (why, vec![DEFAULT]),
    };
    Judged {
        why,
        back_test,
        ranking,
    }
}

impl BackTest {
    /// Nothing where no model could be fitted.
    fn new(
        held: HeldOut,
        candidates: &[ModelKey],
        unit_days: f64,
        fit: impl Fn(ModelKey, &WeightedHistories) -> Fitted + Sync,
    ) -> Option<Self> {
        let histories = held.histories(unit_days);
        let later = held.later();
        let horizon = f64::from(held.days()) / unit_days;
        let counted = histories.iter().map(|history| (*history, 1));
        let base = WeightedHistories::from_histories(counted);
        let fits: Vec<_> = candidates
            .par_iter()
            .map(|model| (*model, fit(*model, &base)))
            .collect();
        let mut contenders = Vec::new();
        for (model, fit) in fits {
            let told = fit.as_ref().ok().and_then(|fit| {
                let told = told(fit.as_ref(), &histories, &later, horizon);
                told.ok()
            });
            let mut contender = Contender::new(model.key(), told);
            contender.model = Some(model);
            match fit {
                Ok(fit) => contender.fit = Some(fit),
                Err(error) => contender.failed = Some(error),
            }
            contenders.push(contender);
        }
        let settled = contenders.iter().filter(|one| one.is_settled());
        let settled: Vec<Predictions> = settled.filter_map(|one| one.told.clone()).collect();
        let choice = choose(&settled).ok();
        if contenders.iter().all(|one| one.told.is_none()) {
            return None;
        }
        contenders.extend(baselines(&held, &histories, &later, horizon));
        Some(Self {
            held,
            contenders,
            choice,
        })
    }

    /// Returns models whose search settled, by what was held out, the best first; then the default.
    fn ranking(&self) -> Vec<ModelKey> {
        let score = |contender: &Contender| {
            let score = contender.evaluation.as_ref()?.log_score?.mean;
            contender.model.map(|model| (model, score))
        };
        let settled = self.contenders.iter().filter(|one| one.is_settled());
        let mut scores: Vec<(ModelKey, f64)> = settled.filter_map(score).collect();
        let best = self.choice.as_ref().map(|choice| choice.key.as_str());
        scores.sort_by(|(left, left_score), (right, right_score)| {
            // Of equal ones the choice has picked the simpler.
            let is_best = |model: &ModelKey| Some(model.key()) == best;
            let by_choice = is_best(right).cmp(&is_best(left));
            by_choice.then(right_score.total_cmp(left_score))
        });
        let ranked = scores.into_iter().map(|(model, _)| model);
        ranked.chain([DEFAULT]).collect()
    }

    /// Returns how a model or baseline did.
    #[must_use]
    pub fn contender(&self, key: &str) -> Option<&Contender> {
        self.contenders.iter().find(|one| one.key == key)
    }

    /// Returns the baselines that clearly did better than a model: in squared error; NBD, which tells a distribution, in log
    /// score.
    #[must_use]
    pub fn baselines_ahead_of(&self, key: &str) -> Vec<Against> {
        let Some(used) = self.contender(key).and_then(|used| used.told.clone()) else {
            return Vec::new();
        };
        let baselines = self.contenders.iter().filter(|one| one.model.is_none());
        let told = baselines.filter_map(|one| one.told.clone());
        let beside: Vec<Predictions> = [used.clone()].into_iter().chain(told).collect();
        let numbers = choose(&beside).ok();
        let mut ahead: Vec<Against> = numbers
            .iter()
            .flat_map(Choice::beaten_by)
            .cloned()
            .collect();
        let nbd = self
            .contender(ModelKey::Nbd.key())
            .filter(|nbd| nbd.key != key && nbd.is_settled());
        if let Some(told) = nbd.and_then(|nbd| nbd.told.clone())
            && let Ok(better) = choose(&[told, used])
            && better.key == ModelKey::Nbd.key()
        {
            let clearly = |other: &&Against| other.log_score.is_some_and(|by| by.is_clear());
            let by = better.others.iter().find(clearly);
            ahead.extend(by.map(|by| Against {
                key: better.key.clone(),
                ..by.clone()
            }));
        }
        ahead
    }
}

impl Contender {
    fn new(key: &'static str, told: Option<Predictions>) -> Self {
        let mut generator = ChaCha12Rng::seed_from_u64(SEED);
        let evaluation = told
            .as_ref()
            .and_then(|told| evaluate(told, &mut generator).ok());
        Self {
            key,
            model: None,
            fit: None,
            failed: None,
            told,
            evaluation,
        }
    }

    /// Returns whether the search for its parameters settled: where it did not there is a better one beside it.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let report = self.fit.as_ref().and_then(|fit| fit.report());
        report.is_some_and(|report| report.converged)
    }
}

/// Asks a model about everybody, on all threads.
fn told(
    model: &dyn PurchaseModel,
    histories: &[History],
    later: &[u32],
    horizon: f64,
) -> Result<Predictions, ValidationError> {
    let parts: Vec<_> = histories
        .par_chunks(CHUNK)
        .zip(later.par_chunks(CHUNK))
        .map(|(histories, later)| Predictions::of_model(model, histories, later, horizon))
        .collect();
    let mut parts = parts.into_iter();
    let mut all = parts.next().ok_or(ValidationError::NoCustomers)??;
    for part in parts {
        all.append(part?)?;
    }
    Ok(all)
}

/// What somebody without a model would say. None of these can fail on what was held out but the cells, if nobody was there.
fn baselines(held: &HeldOut, histories: &[History], later: &[u32], horizon: f64) -> Vec<Contender> {
    let last: Vec<u32> = held.judged.iter().map(|one| one.last_period).collect();
    let cells = held.cells();
    let cells = cells.and_then(|(trained, came, now)| cell_means(&trained, &came, &now).ok());
    let told = [
        ("own-mean-rate", Some(own_mean_rate(histories, horizon))),
        ("same-as-last-period", Some(same_as_last_period(&last))),
        ("cell-means", cells),
    ];
    let contender = |(key, numbers): (&'static str, Option<Vec<f64>>)| {
        let told = Predictions::of_numbers(key, numbers?, later).ok()?;
        Some(Contender::new(key, Some(told)))
    };
    told.into_iter().filter_map(contender).collect()
}
