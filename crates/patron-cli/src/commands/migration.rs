//! `patron migration`: who went from which segment, octant or stage to which.

use clap::ValueEnum;
use patron_analytics::migration::{Days, LadderKind, Listed, MigrationRequest, migration};
use patron_analytics::settings::Settings;
use patron_core::Day;

use crate::commands::study::StudyArgs;
use crate::failure::Failure;
use crate::output::Output;

/// By what customers are sorted.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum By {
    /// The primary segment of the vocabulary
    Segment,
    /// The octant
    Octant,
    /// The stage of the lifecycle
    Lifecycle,
}

impl By {
    pub(super) const fn ladder(self) -> LadderKind {
        match self {
            Self::Segment => LadderKind::Segment,
            Self::Octant => LadderKind::Octant,
            Self::Lifecycle => LadderKind::Lifecycle,
        }
    }
}

/// Arguments of `patron migration`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The earlier day; the later one is `--as-of`. Otherwise month by month
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    from: Option<Day>,
    /// From month-end to month-end: so many months up to the as-of day
    #[arg(long, value_name = "N", default_value = "12", value_parser = clap::value_parser!(u16).range(1..=240), conflicts_with = "from")]
    months: u16,
    /// By what customers are sorted
    #[arg(long, value_enum, default_value = "segment")]
    by: By,
    /// The vocabulary: a name of `patron segments list`, or a file of your own
    #[arg(long, value_name = "NAME|FILE")]
    vocabulary: Option<String>,
    /// How many periods of the same length before one tell what is usual
    #[arg(long, value_name = "N", default_value = "6", value_parser = clap::value_parser!(u16).range(0..=60))]
    usual: u16,
    /// List who stayed, too
    #[arg(long)]
    stayed: bool,
    #[command(flatten)]
    study: StudyArgs,
}

pub(super) fn parse_day(text: &str) -> Result<Day, String> {
    Day::parse_iso(text).ok_or_else(|| "expected a day such as 2025-05-31".to_owned())
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let request = MigrationRequest {
        ladder: args.by.ladder(),
        days: args.from.map_or(Days::Months(args.months), Days::From),
        usual: args.usual,
        listed: args.study.wants_lists().then_some(match args.stayed {
            true => Listed::Everybody,
            false => Listed::Movers,
        }),
    };
    let own = Settings {
        vocabulary: args.vocabulary.clone(),
        ..Settings::default()
    };
    args.study.run_with(
        false,
        own,
        |shop, progress| migration(shop, &request, progress),
        output,
    )
}
