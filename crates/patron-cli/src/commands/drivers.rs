//! `patron drivers`: why revenue, and what is left of it, is not what it was.

use patron_analytics::drivers::{DEFAULT_MONTHS, DriversRequest, drivers};
use patron_analytics::settings::Settings;

use crate::commands::study::StudyArgs;
use crate::failure::Failure;
use crate::output::Output;

/// Arguments of `patron drivers`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Months of the period that ends on the as-of day, compared with as many before
    #[arg(long, value_name = "MONTHS", default_value_t = DEFAULT_MONTHS, value_parser = clap::value_parser!(u32).range(1..=600))]
    months: u32,
    #[command(flatten)]
    study: StudyArgs,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let request = DriversRequest {
        flags: Settings::default(),
        months: args.months,
    };
    args.study.run(
        false,
        |shop, progress| drivers(shop, &request, progress),
        output,
    )
}
