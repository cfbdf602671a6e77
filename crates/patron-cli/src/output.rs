//! Where words go: data to stdout, talk to stderr.

use std::io::{self, IsTerminal, Write};

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};

use crate::failure::Failure;

/// Standard output and standard error.
#[derive(Debug)]
pub(crate) struct Output {
    stdout: io::Stdout,
}

impl Output {
    pub(crate) fn new() -> Self {
        Self {
            stdout: io::stdout(),
        }
    }

    /// Writes data, as it is.
    pub(crate) fn data(&mut self, text: &str) -> Result<(), Failure> {
        self.stdout
            .lock()
            .write_all(text.as_bytes())
            .map_err(Failure::of_output)
    }

    /// Writes a line of data.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), Failure> {
        self.data(text)?;
        self.data("\n")
    }

    /// Says something to the person at the terminal. If nobody listens there, that is no failure.
    pub(crate) fn talk(&self, text: &str) {
        let mut stderr = io::stderr().lock();
        if stderr
            .write_all(text.as_bytes())
            .and_then(|()| stderr.flush())
            .is_err()
        {
            // There is no further place to complain.
        }
    }

    /// Whether a person looks at standard error.
    pub(crate) fn is_watched() -> bool {
        io::stderr().is_terminal()
    }
}

/// Says something while everything else ends.
pub(crate) fn say_now(text: &str) {
    // If nobody listens, there is no further place to complain.
    drop(writeln!(io::stderr().lock(), "{text}"));
}

/// A table of data: the first column is a name, the others are numbers.
pub(crate) fn table(header: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table
        .load_style(UTF8_BORDERS_ONLY)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(
        header
            .iter()
            .enumerate()
            .map(|(column, text)| aligned(column, (*text).to_owned())),
    );
    for row in rows {
        table.add_row(
            row.into_iter()
                .enumerate()
                .map(|(column, text)| aligned(column, text)),
        );
    }
    table.to_string()
}

fn aligned(column: usize, text: String) -> Cell {
    let alignment = if column == 0 {
        CellAlignment::Left
    } else {
        CellAlignment::Right
    };
    Cell::new(text).set_alignment(alignment)
}
