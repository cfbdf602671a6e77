//! Progress on stderr for anything that takes over a second.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use patron_engine::{Progress, Step};

/// A bar per step that shows itself after a second; without a terminal, a line per long step.
#[derive(Debug)]
pub(crate) struct Bars {
    quiet: bool,
    watched: bool,
    current: Mutex<Option<Current>>,
}

#[derive(Debug)]
struct Current {
    step: Step,
    bar: ProgressBar,
    started: Instant,
    shown: bool,
}

const BEFORE_SHOWING: Duration = Duration::from_secs(1);

impl Bars {
    pub(crate) const fn new(quiet: bool, watched: bool) -> Self {
        Self {
            quiet,
            watched,
            current: Mutex::new(None),
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Option<Current>) -> T) -> T {
        work(
            &mut self
                .current
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
        )
    }
}

impl Progress for Bars {
    fn begin(&self, step: Step, total: u64) {
        if self.quiet {
            return;
        }
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        let template = match step {
            Step::Read if total == 0 => "{msg} {human_pos} rows",
            Step::Read => "{msg} {bar:30} {bytes} of {total_bytes}, {eta} left",
            _ => "{msg} {bar:30} {percent}%, {eta} left",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(word(step));
        self.with(|current| {
            *current = Some(Current {
                step,
                bar,
                started: Instant::now(),
                shown: false,
            });
        });
    }

    fn advance_to(&self, done: u64) {
        if self.quiet {
            return;
        }
        self.with(|current| {
            let Some(current) = current else { return };
            // Threads report out of order: a bar never runs backwards.
            if done > current.bar.position() {
                current.bar.set_position(done);
            }
            if !current.shown && current.started.elapsed() > BEFORE_SHOWING {
                current.shown = true;
                if self.watched {
                    current.bar.set_draw_target(ProgressDrawTarget::stderr());
                }
            }
        });
    }

    fn end(&self) {
        let ended = self.with(Option::take);
        let Some(current) = ended else { return };
        current.bar.finish_and_clear();
        if !self.watched && current.started.elapsed() > BEFORE_SHOWING {
            let seconds = current.started.elapsed().as_secs_f64();
            crate::output::Output::new().talk(&format!("{}: {seconds:.1} s\n", word(current.step)));
        }
    }
}

const fn word(step: Step) -> &'static str {
    match step {
        Step::Read => "reading",
        Step::Fold => "folding",
        Step::Score => "scoring",
        Step::Value => "valuing",
        Step::Write => "writing",
    }
}
