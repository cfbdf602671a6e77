//! Work on several threads whose results are taken one after another, in the order of their numbers.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::ImportFailure;

/// How many results per thread may wait for those before them.
const WAITING_PER_THREAD: u32 = 2;

/// What is under way.
struct Turns<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
    /// No work is begun that is further ahead than this of what is to be taken next.
    ahead: u32,
    count: u32,
}

struct State<T> {
    to_begin: u32,
    to_take: u32,
    done: BTreeMap<u32, Result<T, ImportFailure>>,
    /// Nothing more is to be begun: something went wrong.
    is_over: bool,
}

/// Calls `work` with each number below `count`, on so many threads, and `take` with what comes of it, on this thread and in
/// order, while the work goes on. However long one takes, few results wait for it.
///
/// The first error, in that order, ends it.
pub(super) fn in_turn<T: Send>(
    threads: usize,
    count: u32,
    work: impl Fn(u32) -> Result<T, ImportFailure> + Sync,
    mut take: impl FnMut(T) -> Result<(), ImportFailure>,
) -> Result<(), ImportFailure> {
    let workers = u32::try_from(threads)
        .unwrap_or(u32::MAX)
        .clamp(1, count.max(1));
    let turns = Turns {
        state: Mutex::new(State {
            to_begin: 0,
            to_take: 0,
            done: BTreeMap::new(),
            is_over: false,
        }),
        changed: Condvar::new(),
        ahead: workers.saturating_mul(WAITING_PER_THREAD),
        count,
    };
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let worker = || {
                // A worker that panics must not leave the others waiting for it.
                let _over = OverOnPanic(&turns);
                while let Some(number) = turns.begin() {
                    let result = work(number);
                    turns.finish(number, result);
                }
            };
            let spawned = std::thread::Builder::new().spawn_scoped(scope, worker);
            if let Err(source) = spawned {
                turns.end();
                return Err(ImportFailure::Threads {
                    threads,
                    message: source.to_string(),
                });
            }
        }
        for number in 0..count {
            let Some(result) = turns.next(number) else {
                // The scope tells of the panic.
                return Ok(());
            };
            if let Err(failure) = result.and_then(&mut take) {
                turns.end();
                return Err(failure);
            }
        }
        Ok(())
    })
}

impl<T> Turns<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State<T>>) -> MutexGuard<'s, State<T>> {
        self.changed
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what to work on next, when it may be begun.
    fn begin(&self) -> Option<u32> {
        let mut state = self.state();
        while !state.is_over && state.to_begin < self.count {
            if state.to_begin < state.to_take.saturating_add(self.ahead) {
                state.to_begin += 1;
                return Some(state.to_begin - 1);
            }
            state = self.wait(state);
        }
        None
    }

    fn finish(&self, number: u32, result: Result<T, ImportFailure>) {
        let mut state = self.state();
        state.is_over |= result.is_err();
        state.done.insert(number, result);
        self.changed.notify_all();
    }

    /// Returns the result of a number when it is there; nothing if it will never be.
    fn next(&self, number: u32) -> Option<Result<T, ImportFailure>> {
        let mut state = self.state();
        loop {
            if let Some(result) = state.done.remove(&number) {
                state.to_take = number + 1;
                self.changed.notify_all();
                return Some(result);
            }
            if state.is_over && number >= state.to_begin {
                return None;
            }
            state = self.wait(state);
        }
    }

    fn end(&self) {
        self.state().is_over = true;
        self.changed.notify_all();
    }
}

/// Ends everything if its thread panics.
struct OverOnPanic<'t, T>(&'t Turns<T>);

impl<T> Drop for OverOnPanic<'_, T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut state = self.0.state();
            state.is_over = true;
            // What it was working on never comes: nobody is to wait for it.
            state.to_begin = 0;
            drop(state);
            self.0.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn failure(number: u32) -> ImportFailure {
        ImportFailure::Threads {
            threads: number as usize,
            message: String::new(),
        }
    }

    #[test]
    fn results_are_taken_in_order_and_few_wait() {
        let most = AtomicU32::new(0);
        let taken = AtomicU32::new(0);
        let mut order = Vec::new();
        let work = |number: u32| {
            let ahead = number - taken.load(Ordering::SeqCst).min(number);
            most.fetch_max(ahead, Ordering::SeqCst);
            // The first of each round is the slowest.
            if number.is_multiple_of(8) {
                std::thread::sleep(std::time::Duration::from_millis(3));
            }
            Ok(number)
        };
        let take = |number| {
            order.push(number);
            taken.store(number + 1, Ordering::SeqCst);
            Ok(())
        };
        in_turn(4, 100, work, take).unwrap();
        assert_eq!(order, (0..100).collect::<Vec<_>>());
        assert!((1..=8).contains(&most.into_inner()));
    }

    #[test]
    fn nothing_to_do_is_done() {
        in_turn(2, 0, |_| Ok(()), |()| Err(failure(0))).unwrap();
    }

    #[test]
    fn the_first_error_in_order_ends_it() {
        let begun = AtomicU32::new(0);
        let work = |number: u32| {
            begun.fetch_add(1, Ordering::SeqCst);
            if number >= 5 {
                Err(failure(number))
            } else {
                Ok(number)
            }
        };
        let ended = in_turn(3, 1_000, work, |_| Ok(()));
        assert!(
            matches!(ended, Err(ImportFailure::Threads { threads: 5, .. })),
            "{ended:?}"
        );
        assert!(begun.into_inner() < 20);
        let ended = in_turn(3, 1_000, Ok, |number| {
            if number == 7 { Err(failure(7)) } else { Ok(()) }
        });
        assert!(
            matches!(ended, Err(ImportFailure::Threads { threads: 7, .. })),
            "{ended:?}"
        );
    }

    #[test]
    #[should_panic = "a scoped thread panicked"]
    fn a_panic_is_passed_on() {
        let work = |number: u32| {
            assert_ne!(number, 3, "three is bad");
            Ok(number)
        };
        drop(in_turn(2, 10, work, |_| Ok(())));
    }
}
