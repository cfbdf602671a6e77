//! `patron channels`: what customers of each channel are worth, beside what it cost to win them.

use patron_analytics::channels::channels;
use patron_analytics::settings::Settings;

use crate::commands::study::StudyArgs;
use crate::failure::Failure;
use crate::output::Output;

/// Arguments of `patron channels`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    study: StudyArgs,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let flags = Settings::default();
    args.study.run(
        true,
        |shop, progress| channels(shop, &flags, progress),
        output,
    )
}
