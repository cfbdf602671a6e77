//! Operations drawn from a seed, alike in the process that carries them out and in the test that watches it.

use std::collections::BTreeSet;

use patron_ledger::{CompactOptions, Ledger, LedgerError, Table};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::support::{Order, info, instant, many, of_persons, order_rows};

/// Far enough apart that no two processes make the same order.
const ORDERS_OF_A_PROCESS: i64 = 1_000_000_000;
const ORDERS_OF_AN_OPERATION: i64 = 10_000;

/// One operation.
#[derive(Debug, Clone)]
pub(crate) enum Operation {
    Append(Vec<Order>),
    Flush,
    Compact { thorough: bool },
    Undo(i64),
    Erase(String),
    Expire,
}

/// Returns the operation of that number of a process.
pub(crate) fn operation(process: i64, number: i64) -> Operation {
    let seed = u64::try_from(process * 1_000_003 + number).unwrap_or(0);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut draw = |below: u32| i64::from(random.next_u32() % below);
    match draw(20) {
        0..=11 => {
            let count = match draw(4) {
                0 => 1 + draw(15),
                1 => 30 + draw(300),
                2 => 500 + draw(1_000),
                _ => 3_000 + draw(5_000),
            };
            let first = process * ORDERS_OF_A_PROCESS + number * ORDERS_OF_AN_OPERATION;
            let mut rows = many(first, count, 200, process * ORDERS_OF_A_PROCESS + number);
            for row in &mut rows {
                row.person_id = format!("{process}-{}", row.person_id);
            }
            Operation::Append(rows)
        }
        12..=14 => Operation::Flush,
        15..=16 => Operation::Compact {
            thorough: draw(2) == 0,
        },
        17 => Operation::Undo(process * ORDERS_OF_A_PROCESS + (number - draw(6)).max(0)),
        18 => Operation::Erase(format!("{process}-p{}", draw(200))),
        _ => Operation::Expire,
    }
}

/// Carries an operation out on a ledger.
pub(crate) fn carry_out(
    ledger: &Ledger,
    operation: &Operation,
    number: i64,
) -> Result<(), LedgerError> {
    let commit = info(number, "operation");
    match operation {
        Operation::Append(rows) => {
            let mut transaction = ledger.begin()?;
            for part in rows.chunks(2_000) {
                transaction.append(Table::Orders, &order_rows(part))?;
            }
            transaction.commit(&commit).map(|_| ())
        }
        Operation::Flush => ledger.flush(&commit).map(|_| ()),
        Operation::Compact { thorough } => {
            let options = CompactOptions {
                settled_before: None,
                thorough: *thorough,
            };
            ledger.compact(options, &commit).map(|_| ())
        }
        Operation::Undo(import) => ledger.undo_import(*import, &commit).map(|_| ()),
        Operation::Erase(person) => ledger
            .erase(&of_persons(&BTreeSet::from([person.clone()])), &commit)
            .map(|_| ()),
        Operation::Expire => {
            let now = instant(number);
            ledger.expire(instant(number - 5), now).map(|_| ())
        }
    }
}

/// Carries an operation out on a plain list.
pub(crate) fn carry_out_on_list(rows: &mut Vec<Order>, operation: &Operation) {
    match operation {
        Operation::Append(new) => rows.extend(new.iter().cloned()),
        Operation::Undo(import) => rows.retain(|order| order.import_id != *import),
        Operation::Erase(person) => rows.retain(|order| order.person_id != *person),
        Operation::Flush | Operation::Compact { .. } | Operation::Expire => {}
    }
}
