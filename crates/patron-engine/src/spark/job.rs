//! The way of a run on Spark: from a table to facts kept on the cluster, from these to customers here.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch, StringArray};
use arrow_cast::cast;
use arrow_schema::DataType;
use patron_core::Day;
use patron_fold::protocol::unescape;
use patron_fold::{AsOf, FoldSettings};
use patron_import::{Content, GrainRule, ImportError, ImportOptions, Understanding};

use super::cells::CellKind;
use super::error::{SparkError, TaskFailed};
use super::filter::Task;
use super::lines::Tag;
use super::people::People;
use super::plan::{
    FoldPlan, FoldTotals, RowTotals, RowsPlan, encode, fingerprint, least_sample, speaks,
};
use super::program::Program;
use super::sql::{self, Facts};
use super::staying::{check_place, refuse_taken};
use crate::error::EngineError;
use crate::folding::{Folded, fold_as_of, settle_grain};
use crate::gather::one_currency;
use crate::grouping::{GroupingRules, KeptDays, RepeatedOrders};
use crate::progress::{Progress, Step};
use crate::purchases::PurchaseLog;
use crate::source::handed::{Sample, columns_read, put_together, sample_of, understand};
use crate::source::query::Connected;
use crate::source::{BlockRead, FileRead, QUERY, Query, QueryError, RejectedSink, SourceError};

/// Rows looked at before any is read.
const SAMPLE_ROWS: usize = 10_000;
/// What a command line may hold: Linux takes 128 KiB in one word.
pub(super) const LONGEST_PLAN: usize = 100_000;

/// A table of orders that Spark reads.
#[derive(Debug, Clone)]
pub struct SparkOrders {
    /// The address of Spark Connect, such as `sc://host:15002`, and the driver for it; its query is not used.
    pub spark: Query,
    /// What stands behind FROM.
    pub orders: String,
    /// The patron that executors run.
    pub program: Program,
    /// Where Spark writes the customers, so that they never come here: a path or an address that it can write to.
    pub customers_to: Option<String>,
}

/// Facts of a table on a Spark, waiting there to be folded.
#[derive(Debug)]
pub struct OnSpark {
    pub(super) spark: Connected,
    pub(super) program: Program,
    pub(super) facts: Facts,
    pub(super) totals: RowTotals,
    /// The place that customers are to be written to by Spark.
    pub(super) customers_to: Option<String>,
    /// The tables that are kept there, besides facts.
    pub(super) tables: Vec<String>,
    /// What was read of the table: one entry.
    pub files: Vec<FileRead>,
    /// The one currency that the table names, if it names any.
    pub currency: Option<String>,
}

impl Drop for OnSpark {
    /// Lets go of what is kept there; a session that ended before this lets go of them itself.
    fn drop(&mut self) {
        for table in std::iter::once(&self.facts.0).chain(&self.tables) {
            drop(tell(&mut self.spark, &sql::forget_table(table)));
        }
    }
}

impl OnSpark {
    /// Has the rows of a table read where they lie, and their facts kept there; every row is accounted for.
    ///
    /// # Errors
    /// [`SparkError`], as [`EngineError`]; and those of reading any table.
    pub fn read(
        asked: &SparkOrders,
        options: &ImportOptions,
        rejected: &mut dyn RejectedSink,
        progress: &dyn Progress,
    ) -> Result<Self, EngineError> {
        progress.begin(Step::Read, 0);
        asked.program.check()?;
        if let Some(place) = &asked.customers_to {
            check_place(place)?;
        }
        let mut spark = connect(&asked.spark)?;
        if let Some(place) = &asked.customers_to {
            refuse_taken(&mut spark, place)?;
        }
        let table = Table::look_at(&mut spark, &asked.orders, options)?;
        give_program(&mut spark, &asked.program)?;
        let plan = table.plan(&asked.orders, options)?;
        let facts = Facts("patron_facts".to_owned());
        let command = asked.program.task(Task::Rows, &plan);
        let read = sql::read_rows(&facts, &asked.orders, &table.columns(), &command);
        tell(&mut spark, &read).map_err(|error| of_job(&error))?;
        let (blocks, totals) = accounts(&mut spark, &facts)?;
        compare(&mut spark, (&asked.orders, &facts), &totals)?;
        let understanding = Arc::clone(&table.understanding);
        let file = put_together(blocks, totals.hashes, understanding, options, rejected)?;
        if !options.keep.shared_orders {
            refuse_shared_orders(&mut spark, &facts)?;
        }
        tracing::info!(
            rows = totals.rows,
            facts = totals.facts,
            "table read on Spark"
        );
        progress.end();
        let files = vec![file];
        Ok(Self {
            spark,
            program: asked.program.clone(),
            facts,
            totals,
            customers_to: asked.customers_to.clone(),
            tables: Vec::new(),
            currency: one_currency(&files)?,
            files,
        })
    }

    /// Folds every customer as of the given day, or, without one, as of the day of the last valid order. The purchase days of
    /// customers come back only where they are asked for.
    ///
    /// # Errors
    /// As of a fold on this machine, and [`SparkError`], as [`EngineError`].
    pub fn fold_one(
        &mut self,
        settings: &FoldSettings,
        (as_of, with_purchases): (Option<Day>, bool),
        drop_duplicates: bool,
        progress: &dyn Progress,
    ) -> Result<(Folded, PurchaseLog), EngineError> {
        let rules = GroupingRules {
            drop_duplicates,
            repeats_are_versions: self.has_grain(GrainRule::Orders),
            keep_days: if with_purchases {
                KeptDays::Named
            } else {
                KeptDays::None
            },
            keep_rows: false,
        };
        let Self {
            spark,
            program,
            facts,
            totals: sent,
            files,
            ..
        } = self;
        let (people, totals, day) = fold_as_of(files, settings, as_of, |day| {
            progress.begin(Step::Fold, 0);
            let command = program.task(
                Task::Histories,
                &encode(&FoldPlan::new(settings, day, rules)),
            );
            let (people, totals) = fold(spark, &sql::fold(facts, &command))?;
            same("facts", sent.facts, totals.facts)?;
            same("bytes of facts", sent.bytes, totals.bytes)?;
            same("people", totals.people, people.len())?;
            progress.end();
            Ok((people.last_day(), (people, totals, day)))
        })?;
        self.finish(people, totals, AsOf::new(day, settings), rules)
    }

    pub(super) fn has_grain(&self, rule: GrainRule) -> bool {
        self.files
            .iter()
            .any(|file| file.understanding.grain == rule)
    }

    /// How many order ids repeat, where rows are orders unless they do.
    pub(super) fn repeated_order_ids(
        &self,
        totals: &FoldTotals,
        rules: GroupingRules,
    ) -> Result<u64, EngineError> {
        let may_repeat = self.has_grain(GrainRule::OrdersUnlessRepeated);
        if !may_repeat || rules.repeats_are_versions {
            return Ok(0);
        }
        settle_grain(RepeatedOrders {
            constant: totals.repeated.0,
            varying: totals.repeated.1,
            example: totals.example.clone(),
        })
    }

    fn finish(
        &self,
        people: People,
        totals: FoldTotals,
        as_of: AsOf,
        rules: GroupingRules,
    ) -> Result<(Folded, PurchaseLog), EngineError> {
        let repeated_order_ids = self.repeated_order_ids(&totals, rules)?;
        let by_file = totals.by_file();
        let (table, prospects, purchases) = people.table(as_of, totals.tally)?;
        let folded = Folded {
            by_day: vec![(table, prospects)],
            by_file,
            repeated_order_ids,
            series: None,
            spilled_bytes: 0,
            kept: None,
        };
        Ok((folded, purchases))
    }
}

/// The table as it was understood by its first rows.
struct Table {
    headers: Vec<String>,
    kinds: Vec<CellKind>,
    sample: Sample,
    understanding: Arc<Understanding>,
}

impl Table {
    fn look_at(
        spark: &mut Connected,
        orders: &str,
        options: &ImportOptions,
    ) -> Result<Self, EngineError> {
        let (mut headers, mut kinds, mut sample) = (Vec::new(), Vec::new(), Sample::new());
        let looked = spark.ask(&sql::first_rows(orders, SAMPLE_ROWS), |batch| {
            if headers.is_empty() {
                for field in batch.schema_ref().fields() {
                    headers.push(field.name().clone());
                    kinds.push(CellKind::of(field.data_type()));
                }
            }
            sample.extend(sample_of(batch));
            Ok(())
        });
        looked.map_err(|error: QueryError| SparkError::Orders {
            orders: orders.to_owned(),
            words: words(&error),
        })?;
        if sample.is_empty() {
            return Err(SourceError::from(QueryError::NoRows).into());
        }
        let understanding = understand(&headers, &sample, options)?;
        if understanding.holds != Content::Orders {
            let preset = understanding.preset.as_ref();
            return Err(SourceError::from(ImportError::OtherContent {
                file: understanding.file.clone(),
                holds: understanding.holds,
                preset: preset.map(|preset| preset.name.clone()),
            })
            .into());
        }
        let table = Self {
            headers,
            kinds,
            sample,
            understanding: Arc::new(understanding),
        };
        table.check_types()?;
        Ok(table)
    }

    /// Refuses lists, maps and the like where numbers depend on the column.
    fn check_types(&self) -> Result<(), SourceError> {
        for (slot, used) in self.understanding.columns.iter().enumerate() {
            let is_shown = self.kinds.get(used.index) == Some(&CellKind::Shown);
            if is_shown && !self.understanding.is_only_detail(slot) {
                return Err(SourceError::ColumnType {
                    file: QUERY.to_owned(),
                    column: used.header.clone(),
                    found: "of Spark".to_owned(),
                });
            }
        }
        Ok(())
    }

    /// The columns that are read.
    fn columns(&self) -> Vec<(String, CellKind)> {
        let places = columns_read(&self.understanding).into_iter();
        let column =
            |place: usize| Some((self.headers.get(place)?.clone(), *self.kinds.get(place)?));
        places.filter_map(column).collect()
    }

    fn plan(&self, orders: &str, options: &ImportOptions) -> Result<String, SparkError> {
        let understood = fingerprint(&self.understanding);
        let read = columns_read(&self.understanding);
        let plan = encode(&RowsPlan {
            speaks: speaks(),
            headers: self.headers.clone(),
            kinds: self.columns().into_iter().map(|(_, kind)| kind).collect(),
            sample: least_sample(&self.headers, &self.sample, (options, &read), understood),
            options: options.clone(),
            understood,
        });
        if plan.len() > LONGEST_PLAN {
            return Err(SparkError::PlanTooLarge {
                orders: orders.to_owned(),
                bytes: plan.len(),
                limit: LONGEST_PLAN,
            });
        }
        Ok(plan)
    }
}

/// Connects, and makes the session ready.
fn connect(spark: &Query) -> Result<Connected, SparkError> {
    let unreachable = |error: QueryError| {
        let words = words(&error);
        let silent = [
            "refused",
            "navailable",
            "no such host",
            "timeout",
            "deadline",
        ];
        if silent
            .iter()
            .any(|silent| words.to_lowercase().contains(silent))
        {
            let address = spark.shown();
            SparkError::Unreachable { address, words }
        } else {
            SparkError::Query(error)
        }
    };
    let mut connected = Connected::open(spark).map_err(unreachable)?;
    for setting in sql::SETTINGS {
        tell(&mut connected, setting).map_err(unreachable)?;
    }
    Ok(connected)
}

/// Gives executors the program, and asks who they are with it.
fn give_program(spark: &mut Connected, program: &Program) -> Result<(), SparkError> {
    if let Program::Added(place) = program {
        tell(spark, &format!("ADD FILE '{place}'")).map_err(|error| SparkError::AddFile {
            program: place.clone(),
            words: words(&error),
        })?;
    }
    let mut said = None;
    let asked = spark.ask(&sql::hello(&program.hello()), |batch| {
        if let Some(first) = column(batch, 0)?.iter().flatten().next() {
            said.get_or_insert(first.to_owned());
        }
        Ok(())
    });
    asked.map_err(|error: SparkError| match error {
        SparkError::Query(error) => of_job(&error),
        error => error,
    })?;
    program.judge(said.as_deref().unwrap_or_default())
}

/// Has histories folded, and takes what became of them.
fn fold(spark: &mut Connected, sql: &str) -> Result<(People, FoldTotals), SparkError> {
    let (mut people, mut totals) = (People::default(), FoldTotals::default());
    let folded = spark.ask(sql, |batch| {
        each_line(batch, |tag, [customer, payload]| {
            let customer = unescape(customer);
            match tag {
                Tag::Profile => people.take_customer(&customer, payload),
                Tag::Prospect => people.take_prospect(&customer, payload),
                Tag::Control => {
                    totals.add(read_json(payload)?);
                    Ok(())
                }
                Tag::Error => Err(failed(payload)),
                _ => Err(unexpected(tag)),
            }
        })
    });
    folded.map_err(|error: SparkError| match error {
        SparkError::Query(error) => of_job(&error),
        error => error,
    })?;
    Ok((people, totals))
}

/// What became of the rows, in their order, and the totals of all tasks.
fn accounts(
    spark: &mut Connected,
    facts: &Facts,
) -> Result<(Vec<BlockRead>, RowTotals), SparkError> {
    let (mut blocks, mut totals) = (Vec::new(), RowTotals::default());
    spark.ask(&sql::accounts(facts), |batch| {
        each_line(batch, |tag, [payload]| {
            match tag {
                Tag::Block => blocks.push(read_json::<(u64, BlockRead)>(payload)?),
                Tag::Control => totals.add(read_json(payload)?),
                Tag::Error => return Err(failed(payload)),
                _ => return Err(unexpected(tag)),
            }
            Ok(())
        })
    })?;
    blocks.sort_by_key(|(first, _)| *first);
    Ok((blocks.into_iter().map(|(_, block)| block).collect(), totals))
}

/// Holds what tasks counted against what Spark counts.
fn compare(
    spark: &mut Connected,
    (orders, facts): (&str, &Facts),
    totals: &RowTotals,
) -> Result<(), SparkError> {
    let [kept, bytes] = numbers(spark, &sql::totals(facts))?;
    let [rows] = numbers(spark, &sql::count(orders))?;
    same("rows", rows, totals.rows)?;
    same("facts", kept, totals.facts)?;
    same("bytes of facts", bytes, totals.bytes)
}

fn refuse_shared_orders(spark: &mut Connected, facts: &Facts) -> Result<(), SparkError> {
    let mut found = None;
    spark.ask(&sql::shared_orders(facts), |batch| {
        let texts = columns::<4>(batch)?;
        let value = |column: &StringArray| {
            let is_there = !column.is_empty() && column.is_valid(0);
            is_there.then(|| column.value(0).to_owned())
        };
        found = found.take().or(Some(texts.each_ref().map(value)));
        Ok::<_, SparkError>(())
    })?;
    let Some([Some(orders), Some(example), Some(one), Some(other)]) = found else {
        return Ok(());
    };
    let plain = |text: String| unescape(&text).into_owned();
    Err(SparkError::SharedOrders {
        orders: orders.parse().unwrap_or(0),
        example: plain(example),
        customers: [plain(one), plain(other)],
    })
}

pub(super) fn same(what: &'static str, sent: u64, counted: u64) -> Result<(), SparkError> {
    if sent == counted {
        return Ok(());
    }
    Err(SparkError::Lost {
        what,
        sent,
        counted,
    })
}

pub(super) fn tell(spark: &mut Connected, sql: &str) -> Result<(), QueryError> {
    spark.ask(sql, |_| Ok(()))
}

/// The one row of an answer, of numbers.
pub(super) fn numbers<const N: usize>(
    spark: &mut Connected,
    sql: &str,
) -> Result<[u64; N], SparkError> {
    let mut found = [0; N];
    spark.ask(sql, |batch| {
        for (number, column) in found.iter_mut().zip(columns::<N>(batch)?) {
            let text = column.iter().flatten().next().unwrap_or_default();
            *number = text.parse().map_err(|_| SparkError::Answer {
                what: format!("`{text}` is no count"),
            })?;
        }
        Ok::<_, SparkError>(())
    })?;
    Ok(found)
}

/// Calls `take` with each line of a batch: its tag, and the other columns. Nothing may be null.
pub(super) fn each_line<const N: usize>(
    batch: &RecordBatch,
    mut take: impl FnMut(Tag, [&str; N]) -> Result<(), SparkError>,
) -> Result<(), SparkError> {
    let tags = column(batch, 0)?;
    let mut others = Vec::with_capacity(N);
    for place in 1..=N {
        others.push(column(batch, place)?);
    }
    for row in 0..batch.num_rows() {
        let mut fields = [""; N];
        let mut is_whole = tags.is_valid(row);
        for (field, column) in fields.iter_mut().zip(&others) {
            is_whole &= column.is_valid(row);
            *field = column.value(row);
        }
        let tag = Tag::of(tags.value(row)).filter(|_| is_whole);
        let tag = tag.ok_or_else(|| SparkError::Answer {
            what: format!("a line of `{}`", tags.value(row)),
        })?;
        take(tag, fields)?;
    }
    Ok(())
}

pub(super) fn columns<const N: usize>(batch: &RecordBatch) -> Result<[StringArray; N], SparkError> {
    let columns = (0..N).map(|place| column(batch, place));
    let columns: Vec<StringArray> = columns.collect::<Result<_, _>>()?;
    <[StringArray; N]>::try_from(columns).map_err(|_| SparkError::Answer {
        what: "its columns are others".to_owned(),
    })
}

fn column(batch: &RecordBatch, place: usize) -> Result<StringArray, SparkError> {
    let texts = batch
        .columns()
        .get(place)
        .and_then(|array| cast(array, &DataType::Utf8).ok());
    let texts = texts.ok_or_else(|| SparkError::Answer {
        what: format!("column {place} is missing or no text"),
    })?;
    Ok(texts.as_string::<i32>().clone())
}

pub(super) fn read_json<T: serde::de::DeserializeOwned>(payload: &str) -> Result<T, SparkError> {
    serde_json::from_str(payload).map_err(|error| SparkError::Answer {
        what: error.to_string(),
    })
}

pub(super) fn failed(payload: &str) -> SparkError {
    let told: Result<TaskFailed, _> = serde_json::from_str(payload);
    match told {
        Ok(TaskFailed { text, hint }) => SparkError::Task { text, hint },
        Err(_) => SparkError::Task {
            text: payload.to_owned(),
            hint: None,
        },
    }
}

pub(super) fn unexpected(tag: Tag) -> SparkError {
    SparkError::Answer {
        what: format!("a line of `{}`", tag.letter()),
    }
}

pub(super) fn of_job(error: &QueryError) -> SparkError {
    SparkError::Job {
        words: words(error),
    }
}

/// What Spark said, without what the driver puts around it.
pub(super) fn words(error: &QueryError) -> String {
    let said = match error {
        QueryError::Query { words }
        | QueryError::Interrupted { words, .. }
        | QueryError::Connect { words, .. }
        | QueryError::Refused { words, .. } => words.clone(),
        other => other.to_string(),
    };
    let own = said
        .split_once("[Spark] ")
        .map_or(said.as_str(), |(_, own)| own);
    // What follows is the place in the query, and the query's plan.
    let short = own.split_once(" SQLSTATE:").map_or(own, |(own, _)| own);
    short.to_owned()
}
