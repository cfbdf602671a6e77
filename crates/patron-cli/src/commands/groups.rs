//! `patron groups`: customers by attribute, by what they are worth; in what the best differ.

use patron_analytics::groups::{GroupsRequest, groups};
use patron_analytics::settings::Settings;

use crate::commands::study::StudyArgs;
use crate::failure::Failure;
use crate::output::Output;

/// Arguments of `patron groups`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Groups with fewer customers are told together
    #[arg(long, value_name = "CUSTOMERS", default_value_t = 30)]
    fewest: u64,
    #[command(flatten)]
    study: StudyArgs,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let request = GroupsRequest {
        flags: Settings::default(),
        fewest: args.fewest,
    };
    args.study.run(
        true,
        |shop, progress| groups(shop, &request, progress),
        output,
    )
}
