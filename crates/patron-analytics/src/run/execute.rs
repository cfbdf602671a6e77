//! The steps of a run, one after another.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Instant as Clock;

use patron_engine::output::{Columns, ScoredCustomers, write_csv, write_parquet, write_xlsx};
use patron_engine::scoring::{Lifecycle, Octants, Scores, Segments, Values};
use patron_engine::{CustomerTable, EngineError, Progress, Prospect, Resources, Step};

use super::again::{Again, Begun};
use super::assemble::{Figures, Found, assemble, file_reports, total};
use super::error::RunError;
use super::everybody::Everybody;
use super::facts::{Facts, ReadWith};
use super::from_ledger::Known;
use super::histories::Histories;
use super::kept::{Kept, Session};
use super::out_dir::OutDir;
use super::rejected::RejectedFile;
use super::summary::Summary;
use super::there::score_there;
use super::value::{self, Valuation};
use super::{Machine, RunReport, RunRequest, TableFormat, notes, report, run_json, series, tables};
use crate::settings::Resolved;
use crate::threads::on_threads;

/// Runs the main job: read, account, fold, score, value, write.
///
/// # Errors
/// [`RunError`]. Whatever was at `request.out` before is untouched then.
pub fn run(request: &RunRequest, progress: &dyn Progress) -> Result<RunReport, RunError> {
    let threads = request.threads.max(1);
    on_threads(threads, || Job::new(request, progress)?.execute())
        .map_err(|message| RunError::Threads { threads, message })?
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
pub(crate) struct Scored {
    pub(crate) values: Values,
    pub(crate) scores: Scores,
    pub(crate) octants: Octants,
    pub(crate) lifecycle: Lifecycle,
}

impl Scored {
    /// Everybody with scores and values, for whoever names or writes them.
    pub(crate) const fn customers<'a>(
        &'a self,
        table: &'a CustomerTable,
        valuation: &'a Valuation,
    ) -> ScoredCustomers<'a> {
        ScoredCustomers {
            table,
            scores: &self.scores,
            octants: &self.octants,
            lifecycle: &self.lifecycle,
            values: &valuation.values,
        }
    }
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
        if self.request.customers_to().is_some() {
            return self.there();
        }
        // What is told of month-ends takes all facts, and so nothing is kept of it.
        let one_day = self.request.month_ends == 0;
        let mut session = Session::begin(self.request).filter(|_| one_day);
        if let Some(reason) = session.as_ref().and_then(Session::out_of_reach)
            && self.request.changes_only
        {
            return Err(RunError::NothingToCompare { reason });
        }
        let begun = match self.again(session.as_mut())? {
            Some(begun) => begun,
            None => self.whole(session.as_mut())?,
        };
        self.lap("fold");
        let (run, table, spilled_bytes) = self.results(begun, session.as_mut())?;
        let run = self.finish(run, Some(&table), spilled_bytes)?;
        if let Some(session) = session {
            session.publish();
        }
        Ok(run)
    }

    /// Has everybody scored and written on Spark, and writes what describes the run as a whole.
    fn there(mut self) -> Result<RunReport, RunError> {
        let (histories, _) = self.read()?;
        self.lap("read");
        let settings = self.resolve(&histories)?;
        let with_margin = settings.margin.is_some();
        let Histories::OnSpark(mut spark) = histories else {
            return Err(EngineError::NoFiles.into());
        };
        let run = score_there(&mut spark, settings, self.progress)?;
        self.lap("fold");
        let path = self.out.path().join("segments.csv");
        tables::write_segments(&path, &run.summary, with_margin)
            .map_err(|source| RunError::Write { path, source })?;
        self.finish(run, None, 0)
    }

    /// Scores and values everybody, writes the tables, and says what was found.
    fn results(
        &mut self,
        begun: Begun,
        mut session: Option<&mut Session>,
    ) -> Result<(RunReport, CustomerTable, u64), RunError> {
        let Begun {
            files: reads,
            settings,
            mut folded,
            log,
            known,
        } = begun;
        let files = file_reports(&reads, &folded.by_file);
        let account = total(&files)?;
        let last = folded.by_day.pop();
        let (table, prospects) = last.ok_or_else(|| EngineError::NoValidOrder {
            rows_in: account.rows_in,
            accepted: account.accepted(),
            set_aside: Vec::new(),
            first_unreadable: None,
        })?;
        let scored = score(&table, &settings)?;
        self.lap("score");
        let valuation = value::value(&table, &log, &settings, self.progress);
        drop(log);
        self.lap("value");
        let people = prospects.len() as u64;
        let (summary, segments) =
            self.name_and_write(&table, &scored, &valuation, &settings, people)?;
        if !self.request.changes_only {
            self.write_prospects(&prospects)?;
        }
        self.lap("write");
        if let Some(series) = folded.series.take() {
            series::write(self.out.path(), series, &settings, table.as_of.day)?;
            self.lap("series");
        }
        let found = Kept {
            table: &table,
            prospects: &prospects,
            people: folded.kept.as_ref(),
            by_file: &folded.by_file,
            files: &reads,
            settings: &settings,
            known: &known,
            scored: &scored,
            segments: &segments,
        };
        self.keep(session.as_deref_mut(), &found)?;
        let facts = Found {
            files,
            account,
            reads,
            repeated_order_ids: folded.repeated_order_ids,
            prospects: people,
            summary,
        };
        let everybody = Everybody::here(&table);
        let mut run = assemble(&everybody, Figures::of(&scored), valuation, settings, facts);
        run.snapshot = known.snapshot;
        run.folded = session.map(|session| session.how.clone());
        run.notes
            .extend(notes::of_persons(&everybody, known.joined));
        run.notes.extend(known.notes());
        Ok((run, table, folded.spilled_bytes))
    }

    /// Compares with the run before, and writes what is kept for the next.
    fn keep(&mut self, session: Option<&mut Session>, run: &Kept<'_>) -> Result<(), RunError> {
        if let Some(session) = session {
            let path = self.out.path().join("changes.parquet");
            session.keep(run, (&path, self.request.changes_only))?;
            self.lap("keep");
        }
        Ok(())
    }

    fn write_prospects(&self, prospects: &[Prospect]) -> Result<(), RunError> {
        let path = self.out.path().join("customers_without_order.csv");
        let written = tables::write_prospects(&path, prospects);
        written.map_err(|source| RunError::Write { path, source })
    }

    /// Folds only whom it must; nothing where everybody is to be folded.
    fn again(&mut self, session: Option<&mut Session>) -> Result<Option<Begun>, RunError> {
        let (Some(session), Some(from)) = (session, &self.request.ledger) else {
            return Ok(None);
        };
        let resources = self.resources();
        let again = Again {
            request: self.request,
            from,
            read_with: &self.read_with,
            resources: &resources,
            progress: self.progress,
        };
        let begun = session.again(&again);
        if begun.is_some() {
            // Of a ledger no row is set aside any more.
            let path = self.out.path().join("rejected.csv");
            let rejected = RejectedFile::create(&path).and_then(RejectedFile::finish);
            rejected.map_err(|source| RunError::Write { path, source })?;
        }
        Ok(begun)
    }

    /// Folds everybody.
    fn whole(&mut self, session: Option<&mut Session>) -> Result<Begun, RunError> {
        let (histories, known) = self.read()?;
        self.lap("read");
        let settings = self.resolve(&histories)?;
        let keeper = session.and_then(|session| session.keeper(&known));
        let with = (self.request.month_ends, keeper);
        let (files, folded, log) = histories.fold(&settings, with, self.progress)?;
        Ok(Begun {
            files,
            settings,
            folded,
            log,
            known,
        })
    }

    /// Settings, with what the input says of them.
    fn resolve(&self, histories: &Histories) -> Result<Resolved, RunError> {
        let preset: Vec<_> = histories
            .files()
            .iter()
            .flat_map(|file| file.understanding.defaults.clone())
            .collect();
        Ok(Resolved::new(
            &self.request.flags,
            &self.read_with.file_settings,
            &preset,
            histories.currency(),
        )?)
    }

    /// Finds segments, sums up, and writes the tables of customers and segments.
    fn name_and_write(
        &mut self,
        table: &CustomerTable,
        scored: &Scored,
        valuation: &Valuation,
        settings: &Resolved,
        prospects: u64,
    ) -> Result<(Summary, Segments), RunError> {
        let customers = scored.customers(table, valuation);
        let segments = Segments::new(&customers, &settings.vocabulary)?;
        self.lap("segments");
        if self.request.changes_only {
            let summary = Summary::of_all(&customers);
            self.lap("summary");
            return Ok((summary, segments));
        }
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
        Ok((summary, segments))
    }

    fn resources(&self) -> Resources {
        Resources {
            threads: self.request.threads.max(1),
            memory_bytes: self.request.memory_bytes,
            spill_folder: self.out.path().to_owned(),
            keeping: None,
        }
    }

    /// Reads files, a query or the ledger, or has a table read on Spark.
    fn read(&self) -> Result<(Histories, Known), RunError> {
        let folder = self.out.path();
        let error = |source| cannot_write(folder, "rejected.csv", source);
        let mut rejected = RejectedFile::create(&folder.join("rejected.csv")).map_err(error)?;
        let request = self.request;
        if let Some(asked) = &request.spark {
            let with = (&request.flags, &self.read_with);
            let read = Histories::on_spark(
                asked,
                with,
                (request.month_ends, request.now),
                &mut rejected,
                self.progress,
            )?;
            rejected.finish().map_err(error)?;
            return Ok((read, Known::default()));
        }
        if let Some(query) = request.query.as_ref().filter(|_| request.sorted_by_server) {
            let read = Histories::sorted(
                query,
                (&request.flags, &self.read_with),
                (request.month_ends, request.now),
                &self.resources(),
                &mut rejected,
                self.progress,
            )?;
            rejected.finish().map_err(error)?;
            return Ok((read, Known::default()));
        }
        let facts = Facts {
            orders: &request.orders,
            query: request.query.as_ref(),
            ledger: request.ledger.as_ref(),
            flags: &request.flags,
            read_with: &self.read_with,
            resources: self.resources(),
            now: request.now,
        };
        let (gathered, known) = facts.gather(&mut rejected, self.progress)?;
        rejected.finish().map_err(error)?;
        Ok((Histories::Here(Box::new(gathered)), known))
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
        table: Option<&CustomerTable>,
        spilled_bytes: u64,
    ) -> Result<RunReport, RunError> {
        let folder = self.out.path().to_owned();
        if self.request.changes_only {
            let path = folder.join("rejected.csv");
            fs::remove_file(&path).map_err(|source| RunError::Write { path, source })?;
        } else {
            let page = report::page(&run, table);
            fs::write(folder.join("report.html"), page)
                .map_err(|source| cannot_write(&folder, "report.html", source))?;
        }
        self.lap("report");
        run.machine = Machine {
            threads: self.request.threads.max(1),
            memory_bytes: self.request.memory_bytes,
            spilled_bytes,
            inputs: self.request.inputs(),
            out: self.request.out.display().to_string(),
            customers_at: self.request.customers_to().map(str::to_owned),
            milliseconds: self.milliseconds,
        };
        run.written = written(self.request, &run);
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

fn written(request: &RunRequest, run: &RunReport) -> Vec<&'static str> {
    if request.changes_only {
        return vec!["changes.parquet", "run.json"];
    }
    if request.customers_to().is_some() {
        return vec!["report.html", "segments.csv", "rejected.csv", "run.json"];
    }
    let formats = &request.formats;
    let mut files = vec!["report.html", "customers.parquet"];
    if request.month_ends > 0 {
        files.push(series::FILE);
    }
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
    let differing = run.folded.as_ref().and_then(|folded| folded.differing);
    if differing.is_some() {
        files.push("changes.parquet");
    }
    files
}

/// Scores the customers of a day, and finds their octants and stages.
///
/// # Errors
/// [`RunError`] where cut points cannot be found.
pub(crate) fn score(table: &CustomerTable, settings: &Resolved) -> Result<Scored, RunError> {
    let margin = settings.octants.margin;
    let values = Values::measure(
        table,
        settings.frequency,
        settings.monetary,
        settings.score_on,
        margin,
    );
    let (scores, (octants, lifecycle)) = rayon::join(
        || Scores::new(&values, &settings.scores),
        || {
            let octants = Octants::new(table, &settings.octants);
            (octants, Lifecycle::new(table, settings.lifecycle))
        },
    );
    Ok(Scored {
        scores: scores?,
        octants: octants?,
        lifecycle,
        values,
    })
}
