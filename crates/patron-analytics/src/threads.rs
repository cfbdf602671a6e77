//! Work on as many threads as were asked for.

use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

/// Does something on so many threads, which are gone when it is done; the error is what the system says where it has none.
///
/// A pool does not wait until its threads have ended. One that ends while the process does frees what it held of the C libraries
/// beside their own end (OpenSSL's, of a database driver), and now and then that was fatal.
pub(crate) fn on_threads<T: Send>(
    threads: usize,
    work: impl FnOnce() -> T + Send,
) -> Result<T, String> {
    let started: Mutex<Vec<JoinHandle<()>>> = Mutex::default();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.max(1));
    let pool = pool.spawn_handler(|thread| {
        let handle = Builder::new().spawn(|| thread.run())?;
        started
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(handle);
        Ok(())
    });
    let pool = pool.build().map_err(|error| error.to_string())?;
    let done = pool.install(work);
    drop(pool);
    let started = started.into_inner().unwrap_or_else(PoisonError::into_inner);
    for thread in started {
        // What panics there is told by `install`.
        drop(thread.join());
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    static ENDED: AtomicUsize = AtomicUsize::new(0);

    /// Ends with its thread.
    struct Ends;

    impl Drop for Ends {
        fn drop(&mut self) {
            std::thread::sleep(std::time::Duration::from_millis(20));
            ENDED.fetch_add(1, Ordering::SeqCst);
        }
    }

    thread_local! {
        static LAST: Ends = const { Ends };
    }

    #[test]
    fn threads_are_gone_when_the_work_is_done() {
        let found = on_threads(3, || {
            rayon::broadcast(|_| LAST.with(|_| ()));
            rayon::current_num_threads()
        });
        assert_eq!((found, ENDED.load(Ordering::SeqCst)), (Ok(3), 3));
    }
}
