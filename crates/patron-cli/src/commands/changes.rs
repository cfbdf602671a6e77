//! `patron changes`: who entered and left a segment since the last run, why, and who leaves next by doing nothing.

use patron_analytics::migration::{ChangesRequest, Since, changes};
use patron_analytics::settings::Settings;
use patron_core::Day;

use crate::commands::migration::{By, parse_day};
use crate::commands::study::StudyArgs;
use crate::failure::Failure;
use crate::output::Output;

/// Arguments of `patron changes`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// One segment, octant or stage by its key; all without
    #[arg(value_name = "SEGMENT")]
    place: Option<String>,
    /// Compare with what is known now of a day, and not with what the last `patron run` of the workspace found
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    since: Option<Day>,
    /// Foretell who leaves their place within so many days by doing nothing
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..=3660))]
    ahead: Option<u16>,
    /// By what customers are sorted
    #[arg(long, value_enum, default_value = "segment")]
    by: By,
    /// The vocabulary: a name of `patron segments list`, or a file of your own
    #[arg(long, value_name = "NAME|FILE")]
    vocabulary: Option<String>,
    #[command(flatten)]
    study: StudyArgs,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let request = ChangesRequest {
        ladder: args.by.ladder(),
        place: args.place.clone(),
        since: args.since.map_or(Since::LastRun, Since::Day),
        ahead_days: args.ahead,
    };
    let own = Settings {
        vocabulary: args.vocabulary.clone(),
        ..Settings::default()
    };
    args.study.run_with(
        false,
        own,
        |shop, progress| changes(shop, &request, progress),
        output,
    )
}
