//! Logs for whoever operates patron: on stderr, by level, without personal data.
//!
//! `PATRON_LOG` sets what is logged, such as `info` or `patron_engine=debug`; nothing by default.

use tracing_subscriber::EnvFilter;

pub(crate) fn start() {
    #[expect(
        clippy::disallowed_methods,
        reason = "patron-cli is where the environment is read"
    )]
    let Ok(wanted) = std::env::var("PATRON_LOG") else {
        return;
    };
    let filter = EnvFilter::try_new(wanted).unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(true)
        .init();
}
