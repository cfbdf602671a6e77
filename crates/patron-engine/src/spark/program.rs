//! The patron that executors run: where it lies there, and the command that finds it.

use super::error::SparkError;
use super::filter::Task;
use super::plan::speaks;

/// The patron that Spark's executors run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Program {
    /// A file that Spark's server can read, by its path or address: it is given to the executors.
    Added(String),
    /// A path at which all executors have it.
    Installed(String),
}

impl Program {
    /// Returns what may stand in messages.
    pub(super) fn shown(&self) -> &str {
        match self {
            Self::Added(place) | Self::Installed(place) => place,
        }
    }

    /// Refuses places that a shell or Spark would read as something else.
    pub(super) fn check(&self) -> Result<(), SparkError> {
        let place = self.shown();
        if is_plain(place) {
            return Ok(());
        }
        Err(SparkError::ProgramName {
            program: place.to_owned(),
        })
    }

    /// Where executors look for it. What was added lies in the working folder of an executor, or in that of a session there.
    fn places(&self) -> String {
        match self {
            Self::Installed(path) => path.clone(),
            Self::Added(place) => {
                let name = place.rsplit('/').next().unwrap_or(place);
                format!("./*/{name} ./{name}")
            }
        }
    }

    /// The command that asks which patron there is.
    pub(super) fn hello(&self) -> String {
        self.command("cat >/dev/null; echo \"$w\"; exit 0", "")
    }

    /// The command of a task.
    pub(super) fn task(&self, task: Task, plan: &str) -> String {
        let then = format!("exec $p fold --spark {} --plan {plan}", task.key());
        let before = "e".to_owned() + &"\t".repeat(task.fields() - 1);
        self.command(&then, &before)
    }

    /// Several sessions may have added a file of this name: the first that is this patron does it.
    fn command(&self, then: &str, before: &str) -> String {
        let (places, own) = (self.places(), speaks());
        format!(
            "for p in {places}; do if [ -x $p ]; then w=$($p fold --speaks </dev/null 2>&1); \
             if [ \"$w\" = \"{own}\" ]; then {then}; fi; fi; done; cat >/dev/null; echo \"{before}other $w\""
        )
    }

    /// Judges what executors say to [`Self::hello`].
    pub(super) fn judge(&self, said: &str) -> Result<(), SparkError> {
        let own = speaks();
        let other = said.strip_prefix("other").map(str::trim);
        match other {
            None if said == own => Ok(()),
            Some(found) if found.starts_with("patron-") => Err(SparkError::OtherVersion {
                found: found.to_owned(),
                own,
            }),
            other => Err(SparkError::NoProgram {
                program: self.shown().to_owned(),
                words: other.unwrap_or(said).to_owned(),
            }),
        }
    }
}

/// Whether a path or an address stands as it is in a command and in a statement.
pub(super) fn is_plain(place: &str) -> bool {
    let is_plain = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | ':' | '+' | '=' | '@')
    };
    !place.is_empty() && place.chars().all(is_plain) && !place.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_plain_and_commands_hold_nothing_that_sql_reads() {
        for place in ["/opt/patron", "s3://bucket/patron-1.0", "patron"] {
            let program = Program::Added(place.to_owned());
            assert_eq!(program.check(), Ok(()), "{place}");
            let command = program.task(Task::Rows, "abc-_");
            assert!(!command.contains(['\'', '\\']), "{command}");
        }
        for place in ["", "/opt/my patron", "x;rm", "$(x)", "a'b", "-x"] {
            let error = Program::Added(place.to_owned()).check();
            assert!(
                matches!(error, Err(SparkError::ProgramName { .. })),
                "{place}"
            );
        }
    }

    #[test]
    fn what_executors_say_is_judged() {
        let program = Program::Installed("/opt/patron".to_owned());
        assert_eq!(program.judge(&speaks()), Ok(()));
        let is_other = |said| matches!(program.judge(said), Err(SparkError::OtherVersion { .. }));
        assert!(is_other("other patron-0.0.1-spark-1"));
        let none = |said| matches!(program.judge(said), Err(SparkError::NoProgram { .. }));
        assert!(none("other ") && none("other error: no such flag") && none(""));
    }
}
