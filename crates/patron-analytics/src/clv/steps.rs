//! Steps of work, logged as they are done: whoever asks for the log sees where the time goes.

/// Says that a step is done, and of how many rows, histories or whatever it is done in.
pub(super) fn done(step: &'static str, count: usize) {
    tracing::info!(step, count, "done");
}
