//! `patron actions`: whom to turn to this week.

use std::path::PathBuf;

use patron_analytics::policy::{ActionsRequest, actions, policy_of};
use patron_analytics::settings::Settings;

use crate::commands::policy::Tongue;
use crate::commands::study::StudyArgs;
use crate::failure::Failure;
use crate::output::Output;

/// Arguments of `patron actions`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The policy; by default `policy.toml` of the workspace, else the shipped one
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// People shown of each segment, those with the most at stake; lists have all
    #[arg(long, value_name = "N", default_value = "3", value_parser = clap::value_parser!(u16).range(1..))]
    top: u16,
    /// The language of suggestions and reasons
    #[arg(long, value_enum, default_value = "en")]
    language: Tongue,
    /// The vocabulary: a name of `patron segments list`, or a file of your own
    #[arg(long, value_name = "NAME|FILE")]
    vocabulary: Option<String>,
    #[command(flatten)]
    study: StudyArgs,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let (policy, _) = policy_of(args.study.workspace(), args.policy.as_deref())?;
    let request = ActionsRequest {
        policy,
        language: args.language.language(),
        top: (!args.study.wants_lists()).then_some(usize::from(args.top)),
    };
    let own = Settings {
        vocabulary: args.vocabulary.clone(),
        ..Settings::default()
    };
    args.study.run_with(
        true,
        own,
        |shop, progress| actions(shop, &request, progress),
        output,
    )
}
