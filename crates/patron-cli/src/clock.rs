//! What time it is. Nobody but the binary asks: all else is told.

use std::time::SystemTime;

use patron_core::Instant;

/// Returns the time.
#[expect(
    clippy::disallowed_methods,
    reason = "the binary is where the clock is read"
)]
pub(crate) fn now() -> Instant {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let micros = since.map_or(0, |since| since.as_micros());
    Instant(i64::try_from(micros).unwrap_or(i64::MAX))
}
