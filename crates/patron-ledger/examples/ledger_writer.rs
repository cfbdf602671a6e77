//! Works on a ledger until it is done or killed, and says on standard output what it has begun and what is done.
//!
//! The tests start it, kill it at a moment of their choice, and look at what is left:
//! `ledger_writer WORKSPACE CATALOGUE PROCESS FIRST LAST`, where CATALOGUE is `sqlite` or a PostgreSQL address.
#![expect(
    dead_code,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "a part of the tests: what it assumes must hold, or it stops there"
)]

use std::io::Write;
use std::path::Path;

use patron_ledger::{CatalogueAddress, Ledger, Location};

#[path = "../tests/it/operations.rs"]
mod operations;
#[path = "../tests/it/support.rs"]
mod support;

fn say(words: &str, number: i64) {
    println!("{words} {number}");
    std::io::stdout().flush().unwrap();
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [workspace, catalogue, process, first, last] = arguments.as_slice() else {
        panic!("ledger_writer WORKSPACE CATALOGUE PROCESS FIRST LAST");
    };
    let location = match catalogue.as_str() {
        "sqlite" => Location::in_workspace(Path::new(workspace)),
        url => {
            let folder = Path::new(workspace).join("ledger");
            Location::new(folder, CatalogueAddress::Postgres(url.to_owned()))
        }
    };
    let process: i64 = process.parse().unwrap();
    let ledger = Ledger::open(&location, support::small_options()).unwrap();
    for number in first.parse::<i64>().unwrap()..=last.parse().unwrap() {
        let operation = operations::operation(process, number);
        say("begun", number);
        if let Err(error) = operations::carry_out(&ledger, &operation, number) {
            println!("failed {number} {error}");
            panic!("{operation:?}: {error:?}");
        }
        say("done", number);
    }
}
