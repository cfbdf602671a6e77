//! What was done when, and how it ended.

use patron_core::Instant;
use serde_json::Value as Json;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::database::Value;
use crate::error::StateError;
use crate::state::State;

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// It was begun.
    Running,
    /// It ended well.
    Done,
    /// It ended with an error.
    Failed,
    /// Its process ended before it did.
    Abandoned,
}

/// One job.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its number; later ones are larger.
    pub id: i64,
    /// What it did, such as `import`.
    pub kind: String,
    /// How it stands.
    pub state: JobState,
    /// When it was begun.
    pub started_at: Instant,
    /// When it ended.
    pub finished_at: Option<Instant>,
    /// What there is to know of it; without secrets and names of people.
    pub detail: Json,
    /// What went wrong.
    pub error: Option<String>,
}

const SELECT: &str = "SELECT id, kind, state, started_at, finished_at, detail, error FROM jobs ORDER BY id DESC LIMIT ?";

impl State {
    /// Notes that a job begins; returns its number.
    ///
    /// # Errors
    /// [`StateError::Locked`], [`StateError::NoSpace`], [`StateError::ReadOnly`].
    pub fn start_job(&self, kind: &str, at: Instant, detail: &Json) -> Result<i64, StateError> {
        let detail = detail.to_string();
        let sql = "INSERT INTO jobs (kind, state, started_at, detail) VALUES (?, 'running', ?, ?)";
        let values = [
            Value::Text(kind),
            Value::Integer(at.0),
            Value::Text(&detail),
        ];
        self.database().execute(sql, &values).map(|(_, id)| id)
    }

    /// Notes that a job ended well, with new details if there are some.
    ///
    /// # Errors
    /// [`StateError::NotRunning`]; as [`State::start_job`].
    pub fn finish_job(
        &self,
        id: i64,
        at: Instant,
        detail: Option<&Json>,
    ) -> Result<(), StateError> {
        let detail = detail.map(ToString::to_string);
        let sql = "UPDATE jobs SET state = 'done', finished_at = ?, detail = coalesce(?, detail) WHERE id = ? AND state = 'running'";
        let values = [
            Value::Integer(at.0),
            Value::optional(detail.as_deref()),
            Value::Integer(id),
        ];
        self.ended(id, sql, &values)
    }

    /// Notes that a job ended with an error.
    ///
    /// # Errors
    /// As [`State::finish_job`].
    pub fn fail_job(&self, id: i64, at: Instant, error: &str) -> Result<(), StateError> {
        let sql = "UPDATE jobs SET state = 'failed', finished_at = ?, error = ? WHERE id = ? AND state = 'running'";
        let values = [Value::Integer(at.0), Value::Text(error), Value::Integer(id)];
        self.ended(id, sql, &values)
    }

    fn ended(&self, id: i64, sql: &'static str, values: &[Value<'_>]) -> Result<(), StateError> {
        match self.database().execute(sql, values)? {
            (0, _) => Err(StateError::NotRunning { id }),
            _ => Ok(()),
        }
    }

    /// Gives up the jobs of a kind that still run, for whoever knows that their process is gone; returns how many.
    ///
    /// # Errors
    /// As [`State::start_job`].
    pub fn abandon_jobs(&self, kind: &str, at: Instant) -> Result<u64, StateError> {
        let sql = "UPDATE jobs SET state = 'abandoned', finished_at = ? WHERE kind = ? AND state = 'running'";
        let values = [Value::Integer(at.0), Value::Text(kind)];
        self.database().execute(sql, &values).map(|(rows, _)| rows)
    }

    /// Returns the newest jobs, newest first.
    ///
    /// # Errors
    /// [`StateError::Locked`], [`StateError::Damaged`].
    pub fn jobs(&self, most: u32) -> Result<Vec<Job>, StateError> {
        let values = [Value::Integer(i64::from(most))];
        self.database().query(SELECT, &values, job)
    }
}

fn job(row: &SqliteRow) -> Result<Job, sqlx::Error> {
    let state: String = row.try_get(2)?;
    let detail: String = row.try_get(5)?;
    Ok(Job {
        id: row.try_get(0)?,
        kind: row.try_get(1)?,
        state: match state.as_str() {
            "running" => JobState::Running,
            "done" => JobState::Done,
            "failed" => JobState::Failed,
            _ => JobState::Abandoned,
        },
        started_at: Instant(row.try_get(3)?),
        finished_at: row.try_get::<Option<i64>, _>(4)?.map(Instant),
        detail: serde_json::from_str(&detail).unwrap_or_default(),
        error: row.try_get(6)?,
    })
}
