//! `patron survey`: what customers answered, beside what they are worth.

use patron_analytics::settings::Settings;
use patron_analytics::survey::survey;

use crate::commands::study::StudyArgs;
use crate::failure::Failure;
use crate::output::Output;

/// Arguments of `patron survey`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    study: StudyArgs,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let flags = Settings::default();
    args.study.run(
        true,
        |shop, progress| survey(shop, &flags, progress),
        output,
    )
}
