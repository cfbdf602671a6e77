//! `patron profit`: what is left of each order and customer after what they cost.

use patron_analytics::profit::{ProfitRequest, profit};
use patron_analytics::settings::Settings;

use crate::commands::study::StudyArgs;
use crate::failure::Failure;
use crate::output::Output;

/// Arguments of `patron profit`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    study: StudyArgs,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let request = ProfitRequest {
        flags: Settings::default(),
        with_customers: args.study.wants_lists(),
    };
    args.study.run(
        false,
        |shop, progress| profit(shop, &request, progress),
        output,
    )
}
