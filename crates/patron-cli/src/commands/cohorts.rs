//! `patron cohorts`: customers by when they came and by what they came for.

use clap::ValueEnum;
use patron_analytics::cohorts::{CohortsRequest, Period, cohorts};
use patron_analytics::settings::Settings;

use crate::commands::study::StudyArgs;
use crate::failure::Failure;
use crate::output::Output;

/// How long a period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PeriodWord {
    /// Calendar months
    Month,
    /// Calendar quarters
    Quarter,
}

/// Arguments of `patron cohorts`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// By what customers are put together, and how their age is counted
    #[arg(long, value_enum, default_value = "month")]
    period: PeriodWord,
    #[command(flatten)]
    study: StudyArgs,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let request = CohortsRequest {
        flags: Settings::default(),
        period: match args.period {
            PeriodWord::Month => Period::Month,
            PeriodWord::Quarter => Period::Quarter,
        },
        with_cells: args.study.wants_lists(),
    };
    args.study.run(
        true,
        |shop, progress| cohorts(shop, &request, progress),
        output,
    )
}
