//! `patron behaviours`: signals of how customers behave, for a person to look at.

use patron_analytics::behaviours::{BehavioursRequest, behaviours};

use crate::commands::study::StudyArgs;
use crate::failure::Failure;
use crate::output::Output;

/// Arguments of `patron behaviours`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    study: StudyArgs,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let request = BehavioursRequest::default();
    args.study.run(
        true,
        |shop, progress| behaviours(shop, &request, progress),
        output,
    )
}
