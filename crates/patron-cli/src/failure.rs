//! How errors look on a terminal: what could not be done, why, and what the reader can do now.

use std::error::Error;
use std::io;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};
use patron_core::{Coded, ErrorCode};
use patron_segments::{ConditionError, FormError};

/// Says of a panic what can be said to a user; with `RUST_BACKTRACE` set, the usual trace for whoever mends it.
pub(crate) fn say_defects_plainly() {
    #[expect(
        clippy::disallowed_methods,
        reason = "patron-cli is where the environment is read"
    )]
    let traced = std::env::var("RUST_BACKTRACE").is_ok_and(|wanted| wanted != "0");
    if traced {
        return;
    }
    std::panic::set_hook(Box::new(|panic| {
        // A damaged workbook is no defect of patron; it becomes an error that names the file.
        if std::thread::current().name() == Some(patron_import::WORKBOOK_THREAD) {
            return;
        }
        let place = panic
            .location()
            .map(|at| format!(" at {}:{}", at.file(), at.line()))
            .unwrap_or_default();
        crate::output::Output::new().talk(&format!(
            "error: patron stopped on something it did not expect{place}\n  this is a defect of patron: please report it with the command you ran\n"
        ));
    }));
}

/// What clap exits with when the command line is not understood.
const BAD_COMMAND_LINE: u8 = 2;

/// An error on its way to the user.
#[derive(Debug)]
pub(crate) struct Failure {
    error: Box<dyn Error + Send + Sync>,
    code: ErrorCode,
    hint: Option<String>,
    /// The command line itself cannot be, whatever the files hold; clap finds most of these before.
    of_command_line: bool,
}

/// A value that a flag cannot have.
#[derive(Debug, thiserror::Error)]
#[error("`{flag}` is `{value}`, expected {expected}")]
pub(crate) struct BadFlag {
    pub(crate) flag: String,
    pub(crate) value: String,
    pub(crate) expected: String,
}

impl Coded for BadFlag {
    fn code(&self) -> ErrorCode {
        ErrorCode::SettingInvalid
    }

    fn key(&self) -> &'static str {
        "bad_flag"
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        vec![
            ("flag", self.flag.clone()),
            ("value", self.value.clone()),
            ("expected", self.expected.clone()),
        ]
    }
}

impl<E: Coded + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self {
            code: error.code(),
            hint: error.hint(),
            of_command_line: false,
            error: Box::new(error),
        }
    }
}

impl Failure {
    /// Standard output or a file could not be written.
    pub(crate) fn of_output(error: io::Error) -> Self {
        Self {
            error: Box::new(error),
            code: ErrorCode::OutputUnwritable,
            hint: None,
            of_command_line: false,
        }
    }

    /// Standard input could not be read.
    pub(crate) fn of_input(error: io::Error) -> Self {
        Self {
            error: Box::new(error),
            code: ErrorCode::InputUnreadable,
            hint: None,
            of_command_line: false,
        }
    }

    /// The command line asks for something that is nowhere: the exit code is that of every bad command line.
    pub(crate) fn of_command_line(error: impl Coded + Send + Sync + 'static) -> Self {
        Self {
            of_command_line: true,
            ..Self::from(error)
        }
    }

    pub(crate) fn exit_code(&self) -> u8 {
        if self.of_command_line {
            BAD_COMMAND_LINE
        } else {
            self.code.exit_code()
        }
    }

    /// The reader of a pipe went away, as `head` does: that is no failure.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        self.error
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Writes the error with its causes, the place in what the user wrote, and the hint.
    pub(crate) fn render(&self) -> String {
        let mut text = format!("error: {}\n", self.error);
        let mut cause = self.error.source();
        while let Some(error) = cause {
            match underlined(error) {
                Some(place) => text.push_str(&place),
                None => text.push_str(&format!("  cause: {error}\n")),
            }
            cause = error.source();
        }
        if let Some(hint) = &self.hint {
            text.push_str(&format!("  hint: {hint}\n"));
        }
        if self.code == ErrorCode::Internal {
            text.push_str(
                "  this is a defect of patron: please report it with the command you ran\n",
            );
        }
        text
    }
}

/// Something the user wrote, with the place that is wrong.
#[derive(Debug)]
struct Underlined {
    message: String,
    text: String,
    start: usize,
    length: usize,
}

impl std::fmt::Display for Underlined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Underlined {}

impl Diagnostic for Underlined {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.text)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let here = LabeledSpan::new(Some("here".to_owned()), self.start, self.length);
        Some(Box::new(std::iter::once(here)))
    }
}

fn underlined(error: &(dyn Error + 'static)) -> Option<String> {
    let condition = error
        .downcast_ref::<ConditionError>()
        .or_else(|| {
            error
                .downcast_ref::<Box<ConditionError>>()
                .map(AsRef::as_ref)
        })
        .map(|error| (&error.text, &error.span));
    let form = error
        .downcast_ref::<FormError>()
        .or_else(|| error.downcast_ref::<Box<FormError>>().map(AsRef::as_ref))
        .map(|error| (&error.text, &error.span));
    let (text, span) = condition.or(form)?;
    let diagnostic = Underlined {
        message: error.to_string(),
        text: text.clone(),
        start: span.start,
        length: span.len(),
    };
    let mut rendered = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(100)
        .render_report(&mut rendered, &diagnostic)
        .ok()?;
    Some(rendered)
}
