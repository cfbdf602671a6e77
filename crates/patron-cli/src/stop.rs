//! What happens when the user stops patron (Ctrl-C, or a polite kill): unfinished results go away, but for what an import has
//! read and can go on from.

use patron_core::ErrorCode;

pub(crate) fn leave_nothing_behind() {
    let stopped = ctrlc::set_handler(|| {
        if patron_analytics::run::remove_unfinished() {
            crate::output::say_now(
                "What was read so far is kept: the same command goes on from there.",
            );
        }
        #[expect(clippy::exit, reason = "the user asked for the process to end, now")]
        std::process::exit(i32::from(ErrorCode::Cancelled.exit_code()));
    });
    if stopped.is_err() {
        // Without a handler the system's own way of stopping applies, which leaves a folder beside `--out`.
        tracing::warn!("no handler for Ctrl-C could be set");
    }
}
