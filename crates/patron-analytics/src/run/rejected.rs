//! `rejected.csv`: every row set aside, with place, value and reason.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use patron_engine::RejectedSink;
use patron_import::RejectedRow;

/// Writes rows that were set aside, as they are met.
#[derive(Debug)]
pub(crate) struct RejectedFile {
    writer: csv::Writer<BufWriter<File>>,
}

impl RejectedFile {
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let mut writer = csv::Writer::from_writer(BufWriter::new(File::create(path)?));
        writer.write_record([
            "file",
            "line",
            "class",
            "column",
            "value",
            "customer_id",
            "reason",
        ])?;
        Ok(Self { writer })
    }

    /// Goes on with a list, of which as many bytes count.
    pub(crate) fn go_on(path: &Path, bytes: u64) -> io::Result<Self> {
        let mut file = File::options().write(true).open(path)?;
        file.set_len(bytes)?;
        file.seek(SeekFrom::End(0))?;
        let writer = csv::Writer::from_writer(BufWriter::new(file));
        Ok(Self { writer })
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }

    pub(crate) fn finish(self) -> io::Result<()> {
        self.writer
            .into_inner()
            .map_err(|error| io::Error::other(error.to_string()))?
            .flush()
    }
}

impl RejectedSink for RejectedFile {
    fn take(&mut self, file: &str, row: &RejectedRow) -> io::Result<()> {
        let (line, reason) = (row.line.to_string(), row.reason.to_string());
        let (column, customer) = (
            row.column.as_deref().unwrap_or(""),
            row.customer.as_deref().unwrap_or(""),
        );
        self.writer.write_record([
            file,
            &line,
            row.class.key(),
            column,
            &row.value,
            customer,
            &reason,
        ])?;
        Ok(())
    }
}
