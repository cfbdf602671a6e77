//! After any sequence of operations a ledger holds what a plain list would, at every snapshot.

use std::collections::{BTreeMap, BTreeSet};

use patron_ledger::{At, CompactOptions, Ledger, LedgerError, Persons, ScanRequest, Table};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::maintenance::assert_clean;
use crate::support::Order;
use crate::support::{
    append, info, instant, make, many, of_persons, orders, small_options, sorted,
};

/// What a ledger should hold: the rows now, and at each snapshot that is kept.
#[derive(Debug, Default)]
struct Model {
    now: Vec<Order>,
    kept: BTreeMap<i64, Vec<Order>>,
}

impl Model {
    fn committed(&mut self, snapshot: i64) {
        self.now.sort();
        self.kept.insert(snapshot, self.now.clone());
    }
}

fn draw(random: &mut ChaCha8Rng, below: u32) -> i64 {
    i64::from(random.next_u32() % below)
}

fn check(ledger: &Ledger, model: &Model, what: &str) {
    let request = ScanRequest::new(Table::Orders);
    assert_eq!(orders(ledger, &request), model.now, "{what}: now");
    for (snapshot, rows) in &model.kept {
        let read = orders(ledger, &request.clone().at(At::Snapshot(*snapshot)));
        assert_eq!(read.len(), rows.len(), "{what}: snapshot {snapshot}");
        assert!(read == *rows, "{what}: snapshot {snapshot}");
    }
    let newest = ledger.snapshots().unwrap().pop().unwrap().id;
    for snapshot in 2..newest {
        if !model.kept.contains_key(&snapshot) {
            let error = ledger.resolve(At::Snapshot(snapshot)).unwrap_err();
            assert!(
                matches!(error, LedgerError::SnapshotGone { .. }),
                "{what}: {error}"
            );
        }
    }
}

/// Whoever lost no row since a snapshot has what the snapshot saw, and what is new since.
fn check_differences(ledger: &Ledger, model: &Model, what: &str) {
    const LOOKED_AT: usize = 6;
    let newest = ledger.resolve(At::Latest).unwrap();
    for (from, before) in model.kept.iter().rev().take(LOOKED_AT) {
        let difference = ledger.difference(&[Table::Orders], (*from, newest));
        let difference = difference.unwrap();
        let gone = ledger.persons_gone(&difference).unwrap();
        let added = orders(ledger, &ScanRequest::new(Table::Orders).since(*from));
        assert_eq!(
            difference.rows_added,
            added.len() as u64,
            "{what}: since {from}"
        );
        assert_eq!(difference.rows_seen, model.now.len() as u64, "{what}");
        let rows = before.len() as u64 + difference.rows_added;
        assert_eq!(
            rows - difference.rows_gone,
            difference.rows_seen,
            "{what}: since {from}"
        );
        let stays = |order: &&Order| !gone.contains(&order.person_id);
        let mut rows: Vec<&Order> = before.iter().chain(&added).filter(stays).collect();
        rows.sort();
        let now: Vec<&Order> = model.now.iter().filter(stays).collect();
        assert_eq!(rows, now, "{what}: since {from}");
        // Of everybody else all rows are read.
        let whole = ScanRequest::new(Table::Orders).of(Persons::These(gone.clone()));
        let others = model.now.iter().filter(|order| !stays(order));
        assert!(
            orders(ledger, &whole).iter().eq(others),
            "{what}: since {from}"
        );
    }
}

/// One operation on both, chosen by chance; returns its name.
fn step(ledger: &Ledger, model: &mut Model, random: &mut ChaCha8Rng, number: i64) -> String {
    let commit = info(number, "step");
    match draw(random, 20) {
        0..=9 => append_some(ledger, model, random, number),
        10..=12 => {
            if let Some(snapshot) = ledger.flush(&commit).unwrap().snapshot {
                model.committed(snapshot);
            }
            "flush".to_owned()
        }
        13..=14 => {
            let thorough = draw(random, 2) == 0;
            let options = CompactOptions {
                settled_before: None,
                thorough,
            };
            let done = ledger.compact(options, &commit).unwrap();
            for snapshot in done.snapshots.into_values() {
                model.committed(snapshot);
            }
            format!("compact, thorough: {thorough}")
        }
        15..=16 => {
            let import = 1 + draw(random, 6);
            if let Some(snapshot) = ledger.undo_import(import, &commit).unwrap().snapshot {
                model.now.retain(|order| order.import_id != import);
                model.committed(snapshot);
            }
            format!("undo {import}")
        }
        17..=18 => erase_one(ledger, model, random, number),
        _ => {
            let before = number - draw(random, 8);
            let expired = ledger.expire(instant(before), instant(number)).unwrap();
            for id in expired.snapshots {
                model.kept.remove(&id);
            }
            format!("expire before {before}")
        }
    }
}

fn append_some(ledger: &Ledger, model: &mut Model, random: &mut ChaCha8Rng, number: i64) -> String {
    let count = [1, 3, 15, 40, 400, 2_500][usize::try_from(draw(random, 6)).unwrap()];
    let mut rows = many(number * 10_000, count, 40, 1 + draw(random, 6));
    for row in &mut rows {
        // Some supersede earlier orders.
        if draw(random, 4) == 0 {
            row.order_id = format!("o{}", draw(random, 50));
            row.version = Some(draw(random, 1_000));
        }
    }
    let snapshot = append(ledger, &rows, number);
    model.now.extend(rows);
    model.committed(snapshot);
    format!("append {count}")
}

fn erase_one(ledger: &Ledger, model: &mut Model, random: &mut ChaCha8Rng, number: i64) -> String {
    let person = format!("p{}", draw(random, 40));
    let persons = BTreeSet::from([person.clone()]);
    let erased = ledger
        .erase(&of_persons(&persons), &info(number, "erase"))
        .unwrap();
    if let Some(snapshot) = erased.snapshot {
        model.now.retain(|order| order.person_id != person);
        let saw = |rows: &Vec<Order>| rows.iter().any(|order| order.person_id == person);
        let first = model
            .kept
            .iter()
            .find(|(_, rows)| saw(rows))
            .map(|(id, _)| *id);
        for id in erased.snapshots {
            assert!(
                first.is_none_or(|first| first <= id),
                "gave up {id} for nothing"
            );
            model.kept.remove(&id);
        }
        assert!(
            !model.kept.values().any(saw),
            "a snapshot still sees {person}"
        );
        model.committed(snapshot);
    }
    format!("erase {person}")
}

/// Walks at random from an empty ledger, and compares after every step.
pub(crate) fn walk(mut ledger: Ledger, seed: u64, steps: i64) {
    println!("seed {seed}");
    let mut model = Model::default();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    model.kept.insert(1, Vec::new());
    for number in 1..=steps {
        let what = step(&ledger, &mut model, &mut random, number);
        let what = format!("seed {seed}, step {number}, {what}");
        println!("{what}");
        check(&ledger, &model, &what);
        check_differences(&ledger, &model, &what);
        if draw(&mut random, 10) == 0 {
            assert_clean(&ledger);
            let location = ledger.location().clone();
            drop(ledger);
            ledger = Ledger::open(&location, small_options()).unwrap();
        }
    }
    assert_eq!(sorted(model.now.clone()), model.now);
    assert_clean(&ledger);
}

#[test]
fn a_ledger_holds_what_a_list_would() {
    for seed in 0..4 {
        let folder = tempfile::tempdir().unwrap();
        walk(make(folder.path()), seed, 40);
    }
}
