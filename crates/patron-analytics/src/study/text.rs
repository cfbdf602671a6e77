//! Tables of studies as CSV, and as files.

use std::fs;
use std::path::{Path, PathBuf};

use patron_engine::output::is_formula;

use super::{Study, StudyError, Table, Value, parquet};

impl Value {
    /// Returns it as it stands in a CSV file: every digit, and nothing for what is not known.
    #[must_use]
    pub fn exact(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Text(text) => text.clone(),
            Self::Count(count) => count.to_string(),
            Self::Money(money) => money.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Day(day) => day.to_string(),
        }
    }
}

impl Table {
    /// Returns it as CSV with a header; a cell that a spreadsheet would take for a formula begins with `'`.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let header = self.columns.iter().map(|column| column.key.as_ref());
        // A vector takes all that is written.
        drop(writer.write_record(header));
        for row in &self.rows {
            drop(writer.write_record(row.iter().map(written)));
        }
        String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
    }
}

fn written(value: &Value) -> String {
    let text = value.exact();
    if matches!(value, Value::Text(_)) && is_formula(&text) {
        format!("'{text}")
    } else {
        text
    }
}

/// A form of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileForm {
    /// Text with commas.
    Csv,
    /// Columns with their types.
    Parquet,
}

impl Study {
    /// Writes each table as a file `STUDY-TABLE.csv` or `.parquet` to a folder, which is made if need be. Returns the files.
    ///
    /// # Errors
    /// [`StudyError::Write`].
    pub fn write(&self, folder: &Path, form: FileForm) -> Result<Vec<PathBuf>, StudyError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| StudyError::Write { path, source }
        };
        fs::create_dir_all(folder).map_err(failed(folder))?;
        let mut files = Vec::new();
        for table in &self.tables {
            let end = match form {
                FileForm::Csv => "csv",
                FileForm::Parquet => "parquet",
            };
            let path = folder.join(format!("{}-{}.{end}", self.key, table.key));
            match form {
                FileForm::Csv => fs::write(&path, table.to_csv()).map_err(failed(&path))?,
                FileForm::Parquet => parquet::write(table, &path).map_err(failed(&path))?,
            }
            files.push(path);
        }
        Ok(files)
    }
}
