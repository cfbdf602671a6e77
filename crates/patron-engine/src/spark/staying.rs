//! Customers who stay on Spark: folded, measured, scored and written there. What comes here are totals and cut points.

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use patron_core::Day;
use patron_fold::{AsOf, FoldSettings, Tally};
use patron_import::GrainRule;
use patron_stats::scores::CutPoints;

use super::error::SparkError;
use super::filter::Task;
use super::found::{Numbers, ScoringRules, find, medians};
use super::job::{
    LONGEST_PLAN, OnSpark, columns, each_line, failed, numbers, of_job, read_json, same, tell,
    unexpected, words,
};
use super::lines::Tag;
use super::measured::MEASURES;
use super::plan::{FoldPlan, FoldTotals, encode};
use super::program::is_plain;
use super::refine::{Bucket, Round};
use super::scorer::{ScorePlan, ScoreTotals, Scorer};
use super::sql;
use super::sums::Sums;
use super::written::expression;
use crate::customers::CustomerTable;
use crate::error::EngineError;
use crate::folding::{FileFolded, fold_as_of};
use crate::grouping::{GroupingRules, KeptDays};
use crate::progress::{Progress, Step};
use crate::scoring::Lifecycle;
use crate::source::query::Connected;

/// What is known here of customers who were scored and written there.
#[derive(Debug, Clone)]
pub struct ScoredThere {
    /// The day and its bounds.
    pub as_of: AsOf,
    /// What folding found of the table's rows.
    pub by_file: Vec<FileFolded>,
    /// Order ids that stand in several rows, taken for lines.
    pub repeated_order_ids: u64,
    /// Orders that are no purchases.
    pub tally: Tally,
    /// People without a valid order.
    pub prospects: u64,
    /// Cut points on R, F and M.
    pub cut_points: [CutPoints; 3],
    /// The octants' knives: days, times, money.
    pub knives: [f64; 3],
    /// The earliest last-order day of active, silent and dormant, where it is the same for everybody.
    pub lifecycle_days: Option<[Day; 3]>,
    /// What customers come to.
    pub sums: Sums,
    /// By segment, as in the sums, the medians of R, F and M; nothing where nobody is.
    pub medians: Vec<Option<[f64; 3]>>,
}

impl OnSpark {
    /// Folds every customer, scores them and writes them, all on Spark; as of the given day, or, without one, as of the day
    /// of the last valid order.
    ///
    /// # Errors
    /// As of a fold on this machine, of scores, and [`SparkError`], as [`EngineError`].
    pub fn score_there(
        &mut self,
        settings: &FoldSettings,
        (as_of, drop_duplicates): (Option<Day>, bool),
        rules: &ScoringRules,
        progress: &dyn Progress,
    ) -> Result<ScoredThere, EngineError> {
        rules.check()?;
        let measures = rules.plan();
        let grouping = GroupingRules {
            drop_duplicates,
            repeats_are_versions: self.has_grain(GrainRule::Orders),
            keep_days: KeptDays::None,
            keep_rows: false,
        };
        let files = self.files.clone();
        let (totals, plan, people) = fold_as_of(&files, settings, as_of, |day| {
            progress.begin(Step::Fold, 0);
            let plan = FoldPlan::new(settings, day, grouping).measuring(measures);
            let (people, totals) = self.keep_people(&plan)?;
            progress.end();
            Ok((totals.measured.last_day, (totals, plan, people)))
        })?;
        let repeated_order_ids = self.repeated_order_ids(&totals, grouping)?;
        let as_of = AsOf::new(plan.as_of, settings);
        let found = find(
            &mut OnTable {
                spark: &mut self.spark,
                numbers: sql::numbers_of_people(&people, MEASURES),
            },
            rules,
            &totals.measured,
        )?;
        let plan = rules.score_plan(plan, measures, &found, &totals.measured);
        progress.begin(Step::Write, 0);
        let (sums, schema) = self.keep_scored(&people, &plan, &totals)?;
        let by_segment = &mut OnTable {
            spark: &mut self.spark,
            numbers: sql::numbers_by_segment(),
        };
        let of_segments: Vec<u64> = sums.segments.iter().map(|of| of.group.customers).collect();
        let medians = medians(by_segment, &of_segments)?;
        self.write(&schema, sums.all.customers)?;
        progress.end();
        let nobody = CustomerTable::empty(as_of);
        let lifecycle = Lifecycle::by_interval(&nobody, rules.lifecycle, || found.shop_interval);
        Ok(ScoredThere {
            as_of,
            by_file: totals.by_file(),
            repeated_order_ids,
            tally: totals.tally,
            prospects: totals.people.saturating_sub(totals.customers),
            cut_points: found.cut_points,
            knives: found.knives,
            lifecycle_days: lifecycle.first_days,
            sums,
            medians,
        })
    }

    /// Has histories folded, and profiles kept; returns the table's name.
    fn keep_people(&mut self, plan: &FoldPlan) -> Result<(String, FoldTotals), SparkError> {
        // Of a fold as of another day nothing is wanted any more.
        for table in &self.tables {
            tell(&mut self.spark, &sql::forget_table(table))?;
        }
        let people = sql::people(u32::try_from(self.tables.len()).unwrap_or(u32::MAX));
        self.tables.push(people.clone());
        let command = self.program.task(Task::Histories, &encode(plan));
        let keep = sql::keep_people(&people, &self.facts, &command, MEASURES);
        tell(&mut self.spark, &keep).map_err(|error| of_job(&error))?;
        let mut totals = FoldTotals::default();
        ends(&mut self.spark, &people, |end| {
            totals.add(read_json(end)?);
            Ok(())
        })?;
        let [customers, _] = self.lines(&people, Tag::Profile, &["payload"])?;
        let [others, _] = self.lines(&people, Tag::Prospect, &["payload"])?;
        same("facts", self.totals.facts, totals.facts)?;
        same("bytes of facts", self.totals.bytes, totals.bytes)?;
        same("customers", totals.customers, customers)?;
        same("people", totals.people, customers + others)?;
        Ok((people, totals))
    }

    /// Has customers scored, and kept with all that is written of them.
    fn keep_scored(
        &mut self,
        people: &str,
        plan: &ScorePlan,
        folded: &FoldTotals,
    ) -> Result<(Sums, SchemaRef), SparkError> {
        let schema = Scorer::schema(plan).map_err(|error| SparkError::of(&error))?;
        let text = encode(plan);
        if text.len() > LONGEST_PLAN {
            return Err(SparkError::NotOnSpark {
                setting: "a vocabulary of so many words beside `--customers-to`",
                hint: "leave descriptions out of it, or names",
            });
        }
        let command = self.program.task(Task::Scores, &text);
        self.tables.push(sql::SCORED.to_owned());
        let keep = sql::keep_scored(people, &command, schema.fields().len());
        tell(&mut self.spark, &keep).map_err(|error| of_job(&error))?;
        let mut totals = ScoreTotals {
            sums: plan.sums(),
            ..ScoreTotals::default()
        };
        ends(&mut self.spark, sql::SCORED, |end| {
            totals.add(&read_json(end)?);
            Ok(())
        })?;
        let [customers, bytes] = self.lines(people, Tag::Profile, &["payload"])?;
        same("customers", customers, totals.customers)?;
        same("customers", folded.customers, totals.customers)?;
        same("bytes of profiles", bytes, totals.bytes)?;
        let cells = (0..schema.fields().len()).map(|place| format!("c{place}"));
        let cells: Vec<String> = cells.collect();
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        let [rows, bytes] = self.lines(sql::SCORED, Tag::Profile, &cells)?;
        same("customers", totals.customers, rows)?;
        // Cells are set apart by tabs, which Spark does not count.
        let tabs = rows * (cells.len() as u64).saturating_sub(1);
        same("bytes of cells", totals.cell_bytes, bytes + tabs)?;
        Ok((totals.sums, schema))
    }

    /// How many lines of a kind a table has, and how many bytes are in some of its columns.
    fn lines(&mut self, table: &str, tag: Tag, columns: &[&str]) -> Result<[u64; 2], SparkError> {
        numbers(&mut self.spark, &sql::lines(table, tag, columns))
    }

    /// Has customers written where they are to be.
    fn write(&mut self, schema: &SchemaRef, customers: u64) -> Result<(), SparkError> {
        let place = self.customers_to.clone().unwrap_or_default();
        let columns = schema.fields().iter().enumerate();
        let columns = columns.map(|(number, field)| {
            let value = expression(&format!("c{number}"), field.data_type());
            Ok((field.name().clone(), value?))
        });
        let columns = columns
            .collect::<Result<Vec<_>, arrow_schema::ArrowError>>()
            .map_err(|error| SparkError::Answer {
                what: error.to_string(),
            })?;
        let spark = &mut self.spark;
        let [misread] = numbers(spark, &sql::misread(&columns))?;
        same(
            "customers whose cells Spark read",
            customers,
            customers - misread.min(customers),
        )?;
        // Much time may have passed since it was looked at.
        refuse_taken(spark, &place)?;
        let cannot = |error| SparkError::Place {
            words: words(&error),
            place: place.clone(),
        };
        tell(spark, &sql::write(&place, &columns)).map_err(cannot)?;
        let [written] = numbers(spark, &sql::customers_in(&place))?;
        same("customers", customers, written)
    }
}

/// Numbers that a query of Spark gives, a row each.
struct OnTable<'a> {
    spark: &'a mut Connected,
    numbers: String,
}

impl Numbers for OnTable<'_> {
    fn round(&mut self, round: &Round) -> Result<Vec<Bucket>, SparkError> {
        self.buckets(&sql::round(&self.numbers, round))
    }

    fn every(&mut self, measure: usize, most: usize) -> Result<Vec<Bucket>, SparkError> {
        self.buckets(&sql::every_number(&self.numbers, measure, most))
    }
}

impl OnTable<'_> {
    fn buckets(&mut self, sql: &str) -> Result<Vec<Bucket>, SparkError> {
        let mut found = Vec::new();
        self.spark.ask(sql, |batch: &RecordBatch| {
            let [measures, least, most, counts] = columns::<4>(batch)?;
            let rows = measures.iter().zip(&least).zip(&most).zip(&counts);
            for (((measure, least), most), count) in rows {
                found.push(Bucket {
                    measure: whole(measure)?,
                    least: whole(least)?,
                    most: whole(most)?,
                    count: whole(count)?,
                });
            }
            Ok::<_, SparkError>(())
        })?;
        Ok(found)
    }
}

fn whole<N: std::str::FromStr>(text: Option<&str>) -> Result<N, SparkError> {
    let text = text.unwrap_or_default();
    text.parse().map_err(|_| SparkError::Answer {
        what: format!("`{text}` is no number"),
    })
}

/// Calls `take` with what each task said at its end.
fn ends(
    spark: &mut Connected,
    table: &str,
    mut take: impl FnMut(&str) -> Result<(), SparkError>,
) -> Result<(), SparkError> {
    spark.ask(&sql::ends(table), |batch| {
        each_line(batch, |tag, [payload]| match tag {
            Tag::Control => take(payload),
            Tag::Error => Err(failed(payload)),
            other => Err(unexpected(other)),
        })
    })
}

/// Refuses a place that a statement of Spark would read as something else.
pub(super) fn check_place(place: &str) -> Result<(), SparkError> {
    if is_plain(place) {
        return Ok(());
    }
    Err(SparkError::PlaceName {
        place: place.to_owned(),
    })
}

/// Refuses a place where there is anything: nothing is ever replaced.
pub(super) fn refuse_taken(spark: &mut Connected, place: &str) -> Result<(), SparkError> {
    /// What Spark says of a place that is not there yet.
    const NOT_THERE: &str = "PATH_NOT_FOUND";
    match numbers(spark, &sql::files_in(place)) {
        Ok([0]) => Ok(()),
        Ok([files]) => Err(SparkError::PlaceTaken {
            place: place.to_owned(),
            files,
        }),
        Err(SparkError::Query(error)) if words(&error).contains(NOT_THERE) => Ok(()),
        Err(SparkError::Query(error)) => Err(SparkError::Place {
            place: place.to_owned(),
            words: words(&error),
        }),
        Err(error) => Err(error),
    }
}
