//! The steps of a run, one after another.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant as Clock;

use patron_core::{Coded, ErrorCode};
use patron_engine::output::{
    Columns, OutputError, ScoredCustomers, write_csv, write_parquet, write_xlsx,
};
use patron_engine::scoring::scores::AXES;
use patron_engine::scoring::{
    Lifecycle, Octants, ScoreError, Scores, SegmentError, Segments, Values,
};
use patron_engine::{
    CustomerTable, EngineError, FileRead, Folded, Gathered, GroupingError, Progress, Prospect,
    PurchaseLog, Resources, Step,
};
use patron_stats::scores::{TieRule, count_distinct_up_to};

use super::account::Account;
use super::facts::{Facts, ReadWith};
use super::from_ledger::Known;
use super::out_dir::{OutDir, OutDirError};
use super::rejected::RejectedFile;
use super::summary::Summary;
use super::value::{self, Valuation};
use super::{
    AxisReport, FileReport, Machine, RunReport, RunRequest, TableFormat, notes, report, run_json,
    settings_notes, tables,
};
use crate::settings::{Chosen, Origin, ResolveError, Resolved};
use crate::workspace::WorkspaceError;

/// Why a run fails.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A setting is wrong.
    #[error(transparent)]
    Settings(#[from] ResolveError),
    /// Files cannot be turned into customers.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Customers cannot be scored.
    #[error(transparent)]
    Score(#[from] ScoreError),
    /// Segments cannot be found.
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// `customers.*` cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The folder for results holds something else.
    #[error("`{path}` holds `{foreign}`, which patron did not write, so nothing there is replaced")]
    OutTaken {
        /// The folder.
        path: PathBuf,
        /// Something in it.
        foreign: String,
    },
    /// A file cannot be written.
    #[error("cannot write `{path}`")]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The workspace cannot be used.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// There is nothing in the ledger.
    #[error("the workspace `{folder}` holds no orders{}", when(*earlier))]
    EmptyLedger {
        /// The workspace.
        folder: PathBuf,
        /// Whether an earlier snapshot was asked for.
        earlier: bool,
    },
    /// Another currency than that of the ledger.
    #[error("the amounts in the ledger are in {known}, not in {asked}")]
    OtherCurrency {
        /// What was asked for.
        asked: String,
        /// What the imports said.
        known: String,
    },
    /// Settings that decide how files are read, for a run that reads none.
    #[error("how files are read was decided when they were imported, and this run reads the ledger: {} cannot change it", settings.join(", "))]
    ReadingSettings {
        /// The settings.
        settings: Vec<&'static str>,
    },
    /// Threads cannot be started.
    #[error("cannot start {threads} threads: {message}")]
    Threads {
        /// How many.
        threads: usize,
        /// What the system said.
        message: String,
    },
    /// Rows were lost or counted twice: a defect of patron, found by counting.
    #[error("the account of rows does not add up: {rows_in} in, {accounted} accounted for")]
    AccountDoesNotAddUp {
        /// Rows read.
        rows_in: u64,
        /// Rows in some class.
        accounted: u64,
    },
}

impl Coded for RunError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Settings(error) => error.code(),
            Self::Engine(error) => error.code(),
            Self::Score(error) => error.code(),
            Self::Segment(error) => error.code(),
            Self::Output(error) => error.code(),
            Self::Workspace(error) => error.code(),
            Self::EmptyLedger { .. } => ErrorCode::InputEmpty,
            Self::OutTaken { .. } | Self::ReadingSettings { .. } | Self::OtherCurrency { .. } => {
                ErrorCode::SettingInvalid
            }
            Self::Write { .. } => ErrorCode::OutputUnwritable,
            Self::Threads { .. } => ErrorCode::StorageUnreachable,
            Self::AccountDoesNotAddUp { .. } => ErrorCode::Internal,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Settings(error) => error.key(),
            Self::Engine(error) => error.key(),
            Self::Score(error) => error.key(),
            Self::Segment(error) => error.key(),
            Self::Output(error) => error.key(),
            Self::Workspace(error) => error.key(),
            Self::EmptyLedger { .. } => "empty_ledger",
            Self::ReadingSettings { .. } => "reading_settings",
            Self::OtherCurrency { .. } => "other_currency",
            Self::OutTaken { .. } => "out_taken",
            Self::Write { .. } => "cannot_write",
            Self::Threads { .. } => "cannot_start_threads",
            Self::AccountDoesNotAddUp { .. } => "account_does_not_add_up",
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Settings(error) => error.params(),
            Self::Engine(error) => error.params(),
            Self::Score(error) => error.params(),
            Self::Segment(error) => error.params(),
            Self::Output(error) => error.params(),
            Self::Workspace(error) => error.params(),
            Self::EmptyLedger { folder, .. } => vec![("folder", folder.display().to_string())],
            Self::ReadingSettings { settings } => vec![("settings", settings.join(", "))],
            Self::OtherCurrency { asked, known } => {
                vec![("asked", asked.clone()), ("known", known.clone())]
            }
            Self::OutTaken { path, .. } | Self::Write { path, .. } => {
                vec![("path", path.display().to_string())]
            }
            Self::Threads { threads, .. } => vec![("threads", threads.to_string())],
            Self::AccountDoesNotAddUp { .. } => Vec::new(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Settings(error) => error.hint(),
            Self::Engine(error) => error.hint(),
            Self::Score(error) => error.hint(),
            Self::Segment(error) => error.hint(),
            Self::Output(error) => error.hint(),
            Self::Workspace(error) => error.hint(),
            Self::EmptyLedger { earlier: true, .. } => {
                Some("`patron ledger log` shows the snapshots".to_owned())
            }
            Self::OtherCurrency { .. } => {
                Some("leave `--currency` out, and `currency` in patron.toml".to_owned())
            }
            Self::EmptyLedger { .. } => Some("bring some in with `patron import FILE`".to_owned()),
            Self::ReadingSettings { settings } if settings == &["`--identity`"] => Some(
                "set `identity` in patron.toml, and say `patron identity apply`".to_owned(),
            ),
            Self::ReadingSettings { .. } => {
                Some("give them to `patron import`; what was imported can be taken back with `patron import --undo`".to_owned())
            }
            Self::OutTaken { .. } => Some(
                "name another folder with `--out`, or move your own files out of this one"
                    .to_owned(),
            ),
            Self::Write { .. } => Some(
                "check the folder's rights and the free space, or choose another with `--out`"
                    .to_owned(),
            ),
            Self::Threads { .. } => Some("use fewer with `--threads`".to_owned()),
            Self::AccountDoesNotAddUp { .. } => None,
        }
    }
}

/// What is said of a snapshot that was asked for.
const fn when(earlier: bool) -> &'static str {
    if earlier { " as of that snapshot" } else { "" }
}

impl From<GroupingError> for RunError {
    fn from(error: GroupingError) -> Self {
        Self::Engine(error.into())
    }
}

impl From<OutDirError> for RunError {
    fn from(error: OutDirError) -> Self {
        match error {
            OutDirError::NotOurs {
                place: path,
                foreign,
            } => Self::OutTaken { path, foreign },
            OutDirError::Write { path, source } => Self::Write { path, source },
        }
    }
}

/// Runs the main job: read, account, fold, score, value, write.
///
/// # Errors
/// [`RunError`]. Whatever was at `request.out` before is untouched then.
pub fn run(request: &RunRequest, progress: &dyn Progress) -> Result<RunReport, RunError> {
    let threads = request.threads.max(1);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| RunError::Threads {
        threads,
        message: error.to_string(),
    })?;
    pool.install(|| Job::new(request, progress)?.execute())
}

struct Job<'a> {
    request: &'a RunRequest,
    progress: &'a dyn Progress,
    read_with: ReadWith,
    out: OutDir,
    started: Clock,
    milliseconds: Vec<(&'static str, u64)>,
}

/// What scoring gives, before it becomes tables.
struct Scored {
    values: Values,
    scores: Scores,
    octants: Octants,
    lifecycle: Lifecycle,
}

impl<'a> Job<'a> {
    fn new(request: &'a RunRequest, progress: &'a dyn Progress) -> Result<Self, RunError> {
        let from = (request.settings_file.as_deref(), request.ledger.as_ref());
        let read_with = ReadWith::new(&request.flags, from)?;
        let out = OutDir::prepare(&request.out)?;
        Ok(Self {
            request,
            progress,
            read_with,
            out,
            started: Clock::now(),
            milliseconds: Vec::new(),
        })
    }

    fn execute(mut self) -> Result<RunReport, RunError> {
        let (gathered, known) = self.read()?;
        self.lap("read");
        let preset: Vec<_> = gathered
            .files
            .iter()
            .flat_map(|file| file.understanding.defaults.clone())
            .collect();
        let settings = Resolved::new(
            &self.request.flags,
            &self.read_with.file_settings,
            &preset,
            gathered.currency.clone(),
        )?;
        let (mut folded, log) = self.fold(&gathered, &settings)?;
        self.lap("fold");
        let files = file_reports(&gathered.files, &folded);
        let account = total(&files)?;
        let reads = gathered.files.clone();
        // The facts are not needed any more, and they are most of the memory.
        drop(gathered);
        let Some((table, prospects)) = folded.by_day.pop() else {
            let (rows_in, accepted) = (account.rows_in, account.accepted());
            return Err(EngineError::NoValidOrder {
                rows_in,
                accepted,
                set_aside: Vec::new(),
                first_unreadable: None,
            }
            .into());
        };
        let scored = score(&table, &settings)?;
        self.lap("score");
        let valuation = value::value(&table, &log, &settings, self.progress);
        drop(log);
        self.lap("value");
        let people = prospects.len() as u64;
        let summary = self.name_and_write(&table, &scored, &valuation, &settings, people)?;
        let path = self.out.path().join("customers_without_order.csv");
        tables::write_prospects(&path, &prospects)
            .map_err(|source| RunError::Write { path, source })?;
        let facts = Found {
            files,
            account,
            reads,
            repeated_order_ids: folded.repeated_order_ids,
            prospects,
            summary,
        };
        let mut run = assemble(&table, scored, valuation, settings, facts);
        run.snapshot = known.snapshot;
        run.notes.extend(notes::of_persons(&table, known.joined));
        run.notes.extend(known.notes());
        self.finish(run, &table, folded.spilled_bytes)
    }

    /// Folds every customer; where models are wanted with the purchase days by which they are judged.
    fn fold(
        &self,
        gathered: &Gathered,
        settings: &Resolved,
    ) -> Result<(Folded, PurchaseLog), RunError> {
        let (fold, as_of) = (&settings.fold, settings.as_of);
        let drop = settings.drop_duplicates;
        if settings.with_clv {
            return Ok(gathered.fold_one_with_purchases(fold, as_of, drop, self.progress)?);
        }
        let folded = gathered.fold_one(fold, as_of, drop, self.progress)?;
        Ok((folded, PurchaseLog::default()))
    }

    /// Finds segments, sums up, and writes the tables of customers and segments.
    fn name_and_write(
        &mut self,
        table: &CustomerTable,
        scored: &Scored,
        valuation: &Valuation,
        settings: &Resolved,
        prospects: u64,
    ) -> Result<Summary, RunError> {
        let customers = ScoredCustomers {
            table,
            scores: &scored.scores,
            octants: &scored.octants,
            lifecycle: &scored.lifecycle,
            values: &valuation.values,
        };
        let segments = Segments::new(&customers, &settings.vocabulary)?;
        self.lap("segments");
        let mut summary = Summary::new(&customers, &segments, &settings.vocabulary, &scored.values);
        tables::count_prospects(&mut summary, &settings.vocabulary, prospects);
        self.lap("summary");
        self.write_customers(
            &Columns::for_results(&customers, &segments),
            table,
            settings,
        )?;
        let path = self.out.path().join("segments.csv");
        tables::write_segments(&path, &summary, settings.margin.is_some())
            .map_err(|source| RunError::Write { path, source })?;
        Ok(summary)
    }

    /// Reads files or the ledger.
    fn read(&self) -> Result<(Gathered, Known), RunError> {
        let folder = self.out.path();
        let error = |source| cannot_write(folder, "rejected.csv", source);
        let mut rejected = RejectedFile::create(&folder.join("rejected.csv")).map_err(error)?;
        let request = self.request;
        let facts = Facts {
            orders: &request.orders,
            query: request.query.as_ref(),
            ledger: request.ledger.as_ref(),
            flags: &request.flags,
            read_with: &self.read_with,
            resources: Resources {
                threads: request.threads.max(1),
                memory_bytes: request.memory_bytes,
                spill_folder: folder.to_owned(),
                keeping: None,
            },
            now: request.now,
        };
        let read = facts.gather(&mut rejected, self.progress)?;
        rejected.finish().map_err(error)?;
        Ok(read)
    }

    fn write_customers(
        &self,
        columns: &Columns<'_>,
        table: &CustomerTable,
        settings: &Resolved,
    ) -> Result<(), RunError> {
        let folder = self.out.path();
        let wants = |format: TableFormat| self.request.formats.contains(&format);
        self.progress.begin(Step::Write, 3);
        write_parquet(&folder.join("customers.parquet"), columns, table.len())?;
        self.progress.advance_to(1);
        if wants(TableFormat::Csv) {
            write_csv(
                &folder.join("customers.csv"),
                columns,
                table.len(),
                &settings.calendar,
            )?;
        }
        self.progress.advance_to(2);
        if wants(TableFormat::Xlsx) {
            write_xlsx(
                &folder.join("customers.xlsx"),
                columns,
                table.len(),
                &settings.calendar,
            )?;
        }
        self.progress.end();
        Ok(())
    }

    /// Writes what describes the run as a whole, then moves everything to its place.
    fn finish(
        mut self,
        mut run: RunReport,
        table: &CustomerTable,
        spilled_bytes: u64,
    ) -> Result<RunReport, RunError> {
        let folder = self.out.path().to_owned();
        let page = report::page(&run, table);
        fs::write(folder.join("report.html"), page)
            .map_err(|source| cannot_write(&folder, "report.html", source))?;
        self.lap("write");
        run.machine = Machine {
            threads: self.request.threads.max(1),
            memory_bytes: self.request.memory_bytes,
            spilled_bytes,
            inputs: self.request.inputs(),
            out: self.request.out.display().to_string(),
            milliseconds: self.milliseconds,
        };
        run.written = written(&self.request.formats);
        let text = serde_json::to_string_pretty(&run_json::document(&run, &run.machine))
            .unwrap_or_default();
        fs::write(folder.join("run.json"), text + "\n")
            .map_err(|source| cannot_write(&folder, "run.json", source))?;
        run.out = self.out.publish()?;
        Ok(run)
    }

    fn lap(&mut self, step: &'static str) {
        let elapsed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let before: u64 = self.milliseconds.iter().map(|(_, elapsed)| elapsed).sum();
        self.milliseconds
            .push((step, elapsed.saturating_sub(before)));
    }
}

fn cannot_write(folder: &Path, name: &str, source: io::Error) -> RunError {
    RunError::Write {
        path: folder.join(name),
        source,
    }
}

fn written(formats: &[TableFormat]) -> Vec<&'static str> {
    let mut files = vec!["report.html", "customers.parquet"];
    if formats.contains(&TableFormat::Csv) {
        files.push("customers.csv");
    }
    if formats.contains(&TableFormat::Xlsx) {
        files.push("customers.xlsx");
    }
    files.extend([
        "segments.csv",
        "customers_without_order.csv",
        "rejected.csv",
        "run.json",
    ]);
    files
}

fn file_reports(files: &[FileRead], folded: &Folded) -> Vec<FileReport> {
    files
        .iter()
        .zip(&folded.by_file)
        .map(|(file, folded)| FileReport {
            name: file
                .path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            sha256: file.sha256.clone(),
            bytes: file.bytes,
            account: Account::of_file(file, folded),
            understanding: file.understanding.clone(),
        })
        .collect()
}

fn total(files: &[FileReport]) -> Result<Account, RunError> {
    let mut account = Account::default();
    for file in files {
        account.add(&file.account);
    }
    let accounted = account.accepted() + account.merged + account.set_aside.values().sum::<u64>();
    if account.rows_in == accounted {
        Ok(account)
    } else {
        Err(RunError::AccountDoesNotAddUp {
            rows_in: account.rows_in,
            accounted,
        })
    }
}

fn score(table: &CustomerTable, settings: &Resolved) -> Result<Scored, RunError> {
    let margin = settings.octants.margin;
    let values = Values::measure(
        table,
        settings.frequency,
        settings.monetary,
        settings.score_on,
        margin,
    );
    Ok(Scored {
        scores: Scores::new(&values, &settings.scores)?,
        octants: Octants::new(table, &settings.octants)?,
        lifecycle: Lifecycle::new(table, settings.lifecycle),
        values,
    })
}

/// What was read and summed up.
pub(super) struct Found {
    pub(super) files: Vec<FileReport>,
    pub(super) account: Account,
    pub(super) reads: Vec<FileRead>,
    pub(super) repeated_order_ids: u64,
    pub(super) prospects: Vec<Prospect>,
    pub(super) summary: Summary,
}

fn assemble(
    table: &CustomerTable,
    scored: Scored,
    valuation: Valuation,
    settings: Resolved,
    facts: Found,
) -> RunReport {
    let Scored {
        values,
        scores,
        octants,
        lifecycle,
    } = scored;
    let correlation = patron_stats::correlation::spearman(&values.frequency, &values.monetary).ok();
    let axes = [
        values.recency.as_slice(),
        &values.frequency,
        &values.monetary,
    ];
    let mut chosen = settings.chosen.clone();
    if settings.as_of.is_none() {
        chosen.push(Chosen {
            key: "as_of",
            value: table.as_of.day.to_string(),
            origin: Origin::Default,
        });
    }
    let first = table.profiles.iter().map(|profile| profile.first_day).min();
    let last = table.profiles.iter().map(|profile| profile.last_day).max();
    RunReport {
        as_of: table.as_of.day,
        chosen,
        notes: run_notes(table, &settings, &facts, &valuation),
        score_notes: notes::of_scores(&scores, axes, correlation),
        axes: axis_reports(&scores, axes),
        files: facts.files,
        account: facts.account,
        prospects: facts.prospects.len() as u64,
        days: first.zip(last),
        correlation,
        knives: octants.knives,
        lifecycle_days: lifecycle.first_days,
        summary: facts.summary,
        valuation,
        settings,
        snapshot: None,
        machine: Machine::default(),
        out: PathBuf::new(),
        written: Vec::new(),
    }
}

fn run_notes(
    table: &CustomerTable,
    settings: &Resolved,
    facts: &Found,
    valuation: &Valuation,
) -> Vec<notes::Note> {
    let mut said = notes::of_files(
        &facts.reads,
        &facts.account,
        &facts.summary,
        settings.drop_duplicates,
    );
    said.extend(notes::of_orders(table, settings, facts, valuation));
    said.extend(settings_notes::of_settings(
        settings,
        valuation,
        facts.prospects.len(),
    ));
    said.extend(notes::of_value(valuation));
    said
}

fn axis_reports(scores: &Scores, values: [&[f64]; 3]) -> Vec<AxisReport> {
    const DISTINCT_UP_TO: usize = 100;
    let parts = AXES
        .into_iter()
        .zip(&scores.cut_points)
        .zip(&scores.scores)
        .zip(values);
    parts
        .map(|(((axis, cuts), scores), values)| AxisReport {
            axis,
            bins: cuts.bins(),
            method: cuts.method().name(),
            cuts: if cuts.tie_rule() == TieRule::ByPosition {
                Vec::new()
            } else {
                cuts.cuts().to_vec()
            },
            counts: cuts.count(scores),
            missing: notes::missing_scores(cuts, scores),
            distinct: count_distinct_up_to(values, DISTINCT_UP_TO),
        })
        .collect()
}

/// Says that a run needs orders.
pub(super) fn no_orders(first: &FileRead) -> patron_import::ImportError {
    let understanding = &first.understanding;
    patron_import::ImportError::OtherContent {
        file: understanding.file.clone(),
        holds: understanding.holds,
        preset: understanding
            .preset
            .as_ref()
            .map(|preset| preset.name.clone()),
    }
}
