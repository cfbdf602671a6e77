//! `patron pareto`: how much the best customers bring.

use patron_analytics::pareto::{ParetoRequest, pareto};
use patron_analytics::settings::Settings;

use crate::commands::study::StudyArgs;
use crate::failure::Failure;
use crate::output::Output;

/// Arguments of `patron pareto`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    study: StudyArgs,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let request = ParetoRequest {
        flags: Settings::default(),
        with_curves: args.study.wants_lists(),
    };
    args.study.run(
        true,
        |shop, progress| pareto(shop, &request, progress),
        output,
    )
}
