//! The binary `patron`: parses the command line, hands typed requests to the use cases, prints what they give back.
//!
//! stdout is data, stderr is talk. Exit codes: 0 done, 1 fix the request, 2 bad command line, 3 storage unreachable
//! (retry), 70 a defect of patron, 130 stopped by the user.
#![forbid(unsafe_code)]

mod clock;
mod commands;
mod failure;
mod logging;
mod output;
mod progress;
mod stop;
mod words;

use std::process::ExitCode;

use clap::Parser;
use patron_core::ErrorCode;

use crate::commands::Command;
use crate::output::Output;

/// Facts are freed as they are folded: this allocator gives their memory back to the system, and is the faster one here.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// From a shop's orders to its customers: what each is worth, which to keep, wake or let go.
#[derive(Debug, Parser)]
#[command(
    name = "patron",
    version,
    about,
    max_term_width = 110,
    arg_required_else_help = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    // clap prints help and complaints about the command line itself, and exits with 0 or 2.
    let cli = Cli::parse();
    logging::start();
    failure::say_defects_plainly();
    stop::leave_nothing_behind();
    let mut output = Output::new();
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        cli.command.run(&mut output)
    }));
    let Ok(done) = done else {
        return ExitCode::from(ErrorCode::Internal.exit_code());
    };
    let output = Output::new();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            output.talk(&failure.render());
            ExitCode::from(failure.exit_code())
        }
    }
}
