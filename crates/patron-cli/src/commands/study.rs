//! What all studies of a shop have in common: where they look, and how what they find is told.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use patron_analytics::run::{FromLedger, RunError};
use patron_analytics::settings::Settings;
use patron_analytics::shop::{Shop, ShopRequest, study};
use patron_analytics::study::{FileForm, Study, Table, Unit, Value};
use patron_analytics::workspace::Workspace;
use patron_engine::Progress;
use patron_ledger::At;

use crate::clock::now;
use crate::commands::reading::{parse_at, parse_memory};
use crate::failure::{BadFlag, Failure};
use crate::output::{Output, table};
use crate::progress::Bars;
use crate::words;

/// Rows of a list that are shown on a terminal.
const SHOWN: usize = 20;

/// How results are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Tables to read
    Table,
    /// All tables as one JSON document
    Json,
    /// With --out a file per table, else one table
    Csv,
    /// A file per table; needs --out
    Parquet,
}

/// Arguments of every study.
#[derive(Debug, clap::Args)]
pub(crate) struct StudyArgs {
    /// The workspace
    #[arg(long, value_name = "DIR", default_value = ".")]
    workspace: PathBuf,
    /// As-of day; by default the day of the last valid order
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    /// What the workspace held then: a snapshot of `patron ledger log`, a day or a time
    #[arg(long, value_name = "SNAPSHOT|TIME", value_parser = parse_at)]
    at: Option<At>,
    /// Share of revenue that is margin, 0 to 1, where lines and products do not tell costs
    #[arg(long, value_name = "SHARE")]
    margin: Option<f64>,
    /// How to tell what was found
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Only this table
    #[arg(long, value_name = "TABLE")]
    table: Option<String>,
    /// A folder for a file per table, as CSV or Parquet
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Memory that may be used, such as 512M or 4G
    #[arg(long, value_name = "SIZE", default_value = "2G", value_parser = parse_memory)]
    memory: u64,
}

impl StudyArgs {
    /// The workspace.
    pub(crate) fn workspace(&self) -> &Path {
        &self.workspace
    }

    /// Whether lists of customers are wanted whole.
    pub(crate) const fn wants_lists(&self) -> bool {
        self.out.is_some() || self.table.is_some() || !matches!(self.format, Format::Table)
    }

    /// Reads the shop, has it studied and tells what was found.
    pub(crate) fn run(
        &self,
        with_clv: bool,
        work: impl FnOnce(&Shop, &dyn Progress) -> Result<Study, RunError> + Send,
        output: &mut Output,
    ) -> Result<(), Failure> {
        self.run_with(with_clv, Settings::default(), work, output)
    }

    /// The same with settings of the command's own flags.
    pub(crate) fn run_with(
        &self,
        with_clv: bool,
        own: Settings,
        work: impl FnOnce(&Shop, &dyn Progress) -> Result<Study, RunError> + Send,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let flags = Settings {
            as_of: self.as_of.clone(),
            margin: self.margin,
            ..own
        };
        super::run::check_flags(&flags)?;
        if self.format == Format::Parquet && self.out.is_none() {
            return Err(Failure::of_command_line(BadFlag {
                flag: "--format".to_owned(),
                value: "parquet".to_owned(),
                expected: "a folder besides, with `--out DIR`: Parquet is written to files"
                    .to_owned(),
            }));
        }
        let request = ShopRequest {
            from: FromLedger {
                workspace: Workspace::open(&self.workspace)?,
                at: self.at.unwrap_or(At::Latest),
            },
            flags,
            with_clv,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: self.memory,
            now: now(),
        };
        let bars = Bars::new(false, Output::is_watched());
        let found = study(&request, &bars, |shop| work(shop, &bars))?;
        self.tell(found, output)
    }

    fn tell(&self, mut found: Study, output: &mut Output) -> Result<(), Failure> {
        if let Some(key) = &self.table {
            let only = found.table(key)?.clone();
            found.tables = vec![only];
        }
        if let Some(folder) = &self.out {
            let form = match self.format {
                Format::Parquet => FileForm::Parquet,
                _ => FileForm::Csv,
            };
            for path in found.write(folder, form)? {
                output.talk(&format!("wrote {}\n", path.display()));
            }
            if matches!(self.format, Format::Csv | Format::Parquet) {
                return Ok(());
            }
        }
        match self.format {
            Format::Json => {
                let text = serde_json::to_string_pretty(&found.to_json()).unwrap_or_default();
                output.line(&text)
            }
            Format::Csv | Format::Parquet => match found.tables.first() {
                Some(first) => output.data(&first.to_csv()),
                None => Ok(()),
            },
            Format::Table => show(&found, self.table.is_some(), output),
        }
    }
}

/// Tables to read, and what should be said of them.
fn show(found: &Study, all_rows: bool, output: &mut Output) -> Result<(), Failure> {
    let currency = found.currency.as_deref();
    let money = currency.map_or_else(String::new, |currency| format!(", money in {currency}"));
    let customers = words::things(found.customers, "customer", "customers");
    output.line(&format!("As of {}: {customers}{money}", found.as_of))?;
    for shown in &found.tables {
        output.line("")?;
        output.line(&shown.title)?;
        let most = if shown.is_list && !all_rows {
            SHOWN
        } else {
            usize::MAX
        };
        output.line(&of_table(shown, most))?;
        let more = shown.rows.len().saturating_sub(most);
        if more > 0 {
            output.line(&format!(
                "… and {} more: `--table {}` shows all, `--out DIR` writes them",
                words::count(more as u64),
                shown.key
            ))?;
        }
    }
    for note in &found.notes {
        output.line("")?;
        output.line(&format!("Note: {}.", note.text))?;
    }
    Ok(())
}

fn of_table(shown: &Table, most: usize) -> String {
    let header: Vec<String> = shown
        .columns
        .iter()
        .map(|column| column.key.replace('_', " "))
        .collect();
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let rows = shown.rows.iter().take(most).map(|row| {
        let cells = shown.columns.iter().zip(row);
        cells
            .map(|(column, value)| cell(column.unit, value))
            .collect()
    });
    table(&header, rows.collect())
}

/// A cell as people read it.
fn cell(unit: Unit, value: &Value) -> String {
    match (unit, value) {
        (_, Value::None) => "–".to_owned(),
        (_, Value::Text(text)) => text.clone(),
        (_, Value::Count(count)) => {
            let sign = if *count < 0 { "-" } else { "" };
            format!("{sign}{}", words::count(count.unsigned_abs()))
        }
        (_, Value::Money(money)) => words::decimal(money.to_f64(), 2),
        (Unit::Share, Value::Number(share)) => words::percent(*share),
        (Unit::Days, Value::Number(days)) => words::decimal(*days, 1),
        (_, Value::Number(number)) => words::decimal(*number, 2),
        (_, Value::Day(day)) => day.to_string(),
    }
}
