//! Logs for whoever operates patron: on stderr, by level, without personal data.
//!
//! `PATRON_LOG` sets what is logged, such as `info` or `patron_engine=debug`; nothing by default. Levels are coloured on a
//! terminal, unless `NO_COLOR` is set, and never in a file or a pipe.

use tracing_subscriber::EnvFilter;

use crate::output::Output;

pub(crate) fn start() {
    #[expect(
        clippy::disallowed_methods,
        reason = "patron-cli is where the environment is read"
    )]
    let Ok(wanted) = std::env::var("PATRON_LOG") else {
        return;
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "patron-cli is where the environment is read"
    )]
    let plain = std::env::var("NO_COLOR").is_ok_and(|value| !value.is_empty());
    let filter = EnvFilter::try_new(wanted).unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(Output::is_watched() && !plain)
        .with_target(true)
        .init();
}
