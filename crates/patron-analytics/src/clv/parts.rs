//! Work on as many threads as were asked for, and long texts that all of them write.

use std::ops::Range;

use rayon::prelude::*;

use crate::run::RunError;

const ROWS_PER_PART: usize = 8 * 1024;

/// Does something on so many threads.
///
/// # Errors
/// [`RunError::Threads`] if the system has none.
pub fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> Result<T, RunError> {
    let threads = threads.max(1);
    let done = crate::threads::on_threads(threads, work);
    done.map_err(|message| RunError::Threads { threads, message })
}

/// Renders numbered things on all threads, in parts that are handed over in order, a few at a time.
///
/// # Errors
/// The first that `write` gives.
pub fn in_parts<T: Send, E>(
    count: usize,
    render: impl Fn(Range<usize>) -> T + Sync,
    mut write: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let parts = count.div_ceil(ROWS_PER_PART);
    let together = rayon::current_num_threads().max(1) * 4;
    for first in (0..parts).step_by(together) {
        let rendered: Vec<T> = (first..(first + together).min(parts))
            .into_par_iter()
            .map(|part| render(part * ROWS_PER_PART..((part + 1) * ROWS_PER_PART).min(count)))
            .collect();
        for part in rendered {
            write(part)?;
        }
    }
    Ok(())
}
