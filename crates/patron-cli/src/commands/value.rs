//! `patron value`: customers by five aspects of their value.

use patron_analytics::settings::Settings;
use patron_analytics::value::{ValueRequest, value};

use crate::commands::study::StudyArgs;
use crate::failure::Failure;
use crate::output::Output;

/// Arguments of `patron value`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How aspects weigh: equal, entropy, compared (by `comparisons` in patron.toml), or weights such as
    /// current=2,future=2,loyalty=1,credit=1,growth=1
    #[arg(long, value_name = "WEIGHTS")]
    weights: Option<String>,
    #[command(flatten)]
    study: StudyArgs,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let request = ValueRequest {
        flags: Settings::default(),
        weights: args.weights.clone(),
        with_customers: args.study.wants_lists(),
    };
    args.study.run(
        true,
        |shop, progress| value(shop, &request, progress),
        output,
    )
}
