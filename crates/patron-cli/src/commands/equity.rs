//! `patron equity`: what all customers together are expected to bring, quarter by quarter.

use patron_analytics::equity::equity;

use crate::commands::study::StudyArgs;
use crate::failure::Failure;
use crate::output::Output;

/// Arguments of `patron equity`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many ends of quarters before the as-of day
    #[arg(long, value_name = "NUMBER", default_value_t = 8, value_parser = clap::value_parser!(u32).range(0..=40))]
    quarters: u32,
    #[command(flatten)]
    study: StudyArgs,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    args.study.run(
        true,
        |shop, progress| equity(shop, args.quarters, progress),
        output,
    )
}
