//! What a run of a workspace takes from the run before, and leaves for the next.

use std::collections::BTreeMap;
use std::path::Path;

use patron_engine::kept::{Difference, KeptRun, Mark, Marks, Part, Side, ToKeep, differences};
use patron_engine::output::write_changes;
use patron_engine::scoring::{Segments, Stage};
use patron_engine::{CustomerTable, FileFolded, Keeper, KeptPeople, Prospect};
use patron_ledger::At;
use serde_json::{Value, json};

use super::RunRequest;
use super::again::{Again, Begun, folded_by, numbers_of};
use super::error::RunError;
use super::execute::Scored;
use super::from_ledger::Known;
use crate::settings::Resolved;
use crate::workspace::kept::{FORM, Head, KeptFolder, NewFiles, NoHead};

/// What becomes of what an earlier run of the workspace kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KeptUse {
    /// It is used where it can be, and replaced.
    #[default]
    Use,
    /// Everybody is folded, and what was kept is replaced.
    Renew,
    /// It is neither used nor replaced.
    Leave,
}

/// Why everybody was folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhyWhole {
    /// No earlier run kept anything.
    First,
    /// It was asked for.
    Asked,
    /// An earlier state of the workspace was asked for.
    Past,
    /// Customers are valued, and models are fitted to everybody's history.
    Values,
    /// Another patron kept it.
    OtherVersion,
    /// These settings are others.
    Settings(Vec<String>),
    /// What was kept is damaged.
    Damaged,
    /// The ledger no longer has the snapshot of that run.
    SnapshotGone,
    /// So much changed that it is less work to read all.
    MuchChanged,
    /// Orders stand with several customers, or may.
    SharedOrders,
    /// Customers who were one person are not any more.
    PersonsApart,
    /// What was kept lies in many files, or is mostly nobody's.
    Tidying,
    /// Another run of the workspace is under way.
    Busy,
    /// Something else.
    Failed(String),
}

impl WhyWhole {
    /// Returns the stable key.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Asked => "asked",
            Self::Past => "past",
            Self::Values => "values",
            Self::OtherVersion => "other_version",
            Self::Settings(_) => "settings",
            Self::Damaged => "damaged",
            Self::SnapshotGone => "snapshot_gone",
            Self::MuchChanged => "much_changed",
            Self::SharedOrders => "shared_orders",
            Self::PersonsApart => "persons_apart",
            Self::Tidying => "tidying",
            Self::Busy => "busy",
            Self::Failed(_) => "failed",
        }
    }

    /// Returns it in words.
    #[must_use]
    pub fn words(&self) -> String {
        let words = match self {
            Self::First => "no earlier run kept anything",
            Self::Asked => "as was asked for",
            Self::Past => "an earlier state of the workspace was asked for",
            Self::Values => "models are fitted to everybody's history (not with `--no-clv`)",
            Self::OtherVersion => "another patron kept what the last run left",
            Self::Settings(names) => {
                return format!(
                    "since the last run other settings hold: {}",
                    names.join(", ")
                );
            }
            Self::Damaged => "what the last run kept is damaged",
            Self::SnapshotGone => "the ledger no longer has the snapshot of the last run",
            Self::MuchChanged => "much has changed since the last run",
            Self::SharedOrders => "orders may stand with several customers",
            Self::PersonsApart => "customers who were one person are not any more",
            Self::Tidying => "what the last runs kept is put in order",
            Self::Busy => "another run of the workspace is under way",
            Self::Failed(reason) => {
                return format!("what the last run kept is of no use: {reason}");
            }
        };
        words.to_owned()
    }
}

/// Who was folded in a run of a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HowFolded {
    /// Why everybody was; nothing where only these were:
    pub whole: Option<WhyWhole>,
    /// people whose facts changed since the last run,
    pub changed: u64,
    /// and people whose facts did not, but whose profile is another as of the day.
    pub by_date: u64,
    /// Customers who differ from the last run, if there is one to compare with.
    pub differing: Option<u64>,
}

impl HowFolded {
    pub(super) fn document(&self) -> Value {
        json!({
            "everybody": self.whole.is_some(),
            "why": self.whole.as_ref().map(WhyWhole::key),
            "facts_changed": self.changed,
            "changed_by_date": self.by_date,
            "customers_differing": self.differing,
        })
    }
}

/// An earlier run, and where what this one keeps goes.
pub(super) struct Earlier {
    pub(super) kept: KeptRun,
    pub(super) keeper: Keeper,
}

impl Earlier {
    pub(super) fn new(
        kept: KeptRun,
        new: &NewFiles,
        numbers: Option<Vec<u32>>,
    ) -> Result<Self, WhyWhole> {
        let keeper = keeper(new, numbers)?;
        Ok(Self { kept, keeper })
    }
}

fn keeper(new: &NewFiles, numbers: Option<Vec<u32>>) -> Result<Keeper, WhyWhole> {
    let path = new.path(&new.histories());
    let keeper = Keeper::create(&path, new.number, numbers);
    keeper.map_err(|error| WhyWhole::Failed(error.to_string()))
}

/// The part of a run of a workspace that has to do with the runs before and after it.
pub(super) struct Session {
    pub(super) how: HowFolded,
    folder: Option<KeptFolder>,
    head: Option<Head>,
    new: Option<NewFiles>,
    keeper: Option<Keeper>,
    before: Option<KeptRun>,
    /// What is to be kept, once the results are in their place.
    kept: Option<Head>,
}

impl Session {
    /// Takes hold of what an earlier run of the workspace kept; nothing for files.
    pub(super) fn begin(request: &RunRequest) -> Option<Self> {
        let from = request.ledger.as_ref()?;
        let mut session = Self {
            how: HowFolded {
                whole: Some(WhyWhole::First),
                changed: 0,
                by_date: 0,
                differing: None,
            },
            folder: None,
            head: None,
            new: None,
            keeper: None,
            before: None,
            kept: None,
        };
        let why = if from.at != At::Latest {
            Some(WhyWhole::Past)
        } else if request.kept == KeptUse::Leave {
            Some(WhyWhole::Asked)
        } else {
            session.open(from.workspace.folder()).err()
        };
        if request.kept == KeptUse::Renew && why.is_none() {
            session.how.whole = Some(WhyWhole::Asked);
        } else {
            session.how.whole = why;
        }
        Some(session)
    }

    fn open(&mut self, workspace: &Path) -> Result<(), WhyWhole> {
        let failed = |error: std::io::Error| WhyWhole::Failed(error.to_string());
        let folder = KeptFolder::take(workspace).map_err(failed)?;
        let folder = self.folder.insert(folder.ok_or(WhyWhole::Busy)?);
        let head = folder.head();
        self.new = Some(folder.begin().map_err(failed)?);
        match head {
            Ok(head) => self.head = Some(head),
            Err(NoHead::Missing) => return Err(WhyWhole::First),
            Err(NoHead::Damaged) => return Err(WhyWhole::Damaged),
        }
        Ok(())
    }

    /// Why nothing can be compared with an earlier run, although there may be one.
    pub(super) fn out_of_reach(&self) -> Option<String> {
        let why = self.how.whole.as_ref().filter(|_| self.folder.is_none());
        why.map(WhyWhole::words)
    }

    /// Folds only whom it must; nothing where everybody is to be folded.
    pub(super) fn again(&mut self, again: &Again<'_>) -> Option<Begun> {
        if self.how.whole.is_some() {
            return None;
        }
        let parts = (
            self.folder.as_ref()?,
            self.head.as_ref()?,
            self.new.as_ref()?,
        );
        match again.fold(parts.0, parts.1, parts.2) {
            Ok(found) => {
                self.how.changed = found.changed;
                self.how.by_date = found.by_date;
                self.before = Some(found.earlier.kept);
                self.keeper = Some(found.earlier.keeper);
                Some(found.begun)
            }
            Err(why) => {
                tracing::info!(why = why.key(), "everybody is folded");
                self.how.whole = Some(why);
                None
            }
        }
    }

    /// Returns where histories go when everybody is folded; nothing where none can be kept.
    pub(super) fn keeper(&mut self, known: &Known) -> Option<&Keeper> {
        let new = self.new.as_ref()?;
        let numbers = numbers_of(known.imports.iter().copied()).ok()?;
        self.keeper = keeper(new, Some(numbers)).ok();
        self.keeper.as_ref()
    }

    /// Compares with the run before, and writes what is to be kept. What cannot be kept is not; that is no failure of the run.
    pub(super) fn keep(
        &mut self,
        run: &Kept<'_>,
        (changes, changes_only): (&Path, bool),
    ) -> Result<(), RunError> {
        let marks = run.marks();
        let (differing, head) = rayon::join(
            || self.compare(run, &marks, (changes, changes_only)),
            || self.head_of(run, &marks),
        );
        self.how.differing = differing?;
        match head {
            Ok(head) => self.kept = head,
            Err(error) => tracing::warn!(%error, "nothing is kept for the next run"),
        }
        Ok(())
    }

    /// Writes who differs from the run before, where that can be read; else, where nothing but that is wanted, everybody.
    /// Returns how many.
    fn compare(
        &self,
        run: &Kept<'_>,
        marks: &Marks,
        (path, or_everybody): (&Path, bool),
    ) -> Result<Option<u64>, RunError> {
        let mut read = None;
        if self.before.is_none() {
            let readable = self.head.as_ref().filter(|head| head.form == FORM);
            let people = self.folder.as_ref().zip(readable);
            let people = people.map(|(folder, head)| folder.people(head));
            read = people.and_then(|path| KeptRun::read(&path, &run.settings.fold).ok());
        }
        let nobody = (CustomerTable::empty(run.table.as_of), Marks::default());
        let before = match self.before.as_ref().or(read.as_ref()) {
            Some(before) => Side {
                table: &before.table,
                marks: &before.marks,
            },
            None if or_everybody => Side {
                table: &nobody.0,
                marks: &nobody.1,
            },
            None => return Ok(None),
        };
        let now = Side {
            table: run.table,
            marks,
        };
        let found: Vec<Difference> = differences(before, now);
        write_changes(path, (before, now), &found)?;
        Ok(Some(found.len() as u64))
    }

    fn head_of(&self, run: &Kept<'_>, marks: &Marks) -> std::io::Result<Option<Head>> {
        let (Some(new), Some(keeper), Some(people)) = (&self.new, &self.keeper, run.people) else {
            return Ok(None);
        };
        let (Some(bytes), Some(snapshot)) = (keeper.bytes(), run.known.snapshot) else {
            return Ok(None);
        };
        let Ok(numbers) = numbers_of(run.known.imports.iter().copied()) else {
            return Ok(None);
        };
        let by_file = numbers.into_iter().zip(run.by_file.iter().copied());
        let to_keep = ToKeep {
            table: run.table,
            prospects: run.prospects,
            people,
            by_file: &by_file.collect::<BTreeMap<_, _>>(),
            marks,
        };
        to_keep.write(&new.path(&new.people()))?;
        Ok(Some(Head {
            form: FORM,
            patron_version: this_patron(),
            folded_by: folded_by(run.settings, run.files),
            snapshot,
            snapshot_at: run.known.snapshot_at.unwrap_or(i64::MIN),
            last_import: run.known.imports.iter().copied().max().unwrap_or(0),
            has_shared_orders: run.known.shared_orders.is_some(),
            people: new.people(),
            live_bytes: people.iter().map(|kept| u64::from(kept.bytes)).sum(),
            parts: self.parts(people, (new, bytes)),
        }))
    }

    /// The files in which somebody's history is.
    fn parts(&self, people: &KeptPeople, (new, bytes): (&NewFiles, u64)) -> Vec<Part> {
        let mut parts = match (&self.head, &self.how.whole) {
            (Some(head), None) => head.parts.clone(),
            _ => Vec::new(),
        };
        parts.push(Part {
            number: new.number,
            name: new.histories(),
            bytes,
        });
        let mut used: Vec<u32> = people.iter().map(|kept| kept.part).collect();
        used.sort_unstable();
        used.dedup();
        parts.retain(|part| used.binary_search(&part.number).is_ok());
        parts
    }

    /// Puts what is kept into its place.
    pub(super) fn publish(self) {
        let (Some(folder), Some(new), Some(head)) = (self.folder, self.new, self.kept) else {
            return;
        };
        if let Err(error) = folder.publish(new, &head) {
            tracing::warn!(%error, "nothing is kept for the next run");
            folder.forget();
        }
    }
}

/// Returns the version of this patron, and which build of it: another may fold otherwise.
pub(super) fn this_patron() -> String {
    let built = std::env::current_exe().and_then(std::fs::metadata).ok();
    let build = built.map(|file| {
        let at = file.modified().ok();
        let at = at.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        format!("{}-{}", file.len(), at.map_or(0, |at| at.as_nanos()))
    });
    format!(
        "{}+{}",
        env!("CARGO_PKG_VERSION"),
        build.unwrap_or_default()
    )
}

/// What a run found that may be kept.
pub(super) struct Kept<'a> {
    pub(super) table: &'a CustomerTable,
    pub(super) prospects: &'a [Prospect],
    pub(super) people: Option<&'a KeptPeople>,
    pub(super) by_file: &'a [FileFolded],
    pub(super) files: &'a [patron_engine::FileRead],
    pub(super) settings: &'a Resolved,
    pub(super) known: &'a Known,
    pub(super) scored: &'a Scored,
    pub(super) segments: &'a Segments,
}

impl Kept<'_> {
    /// How customers were scored.
    fn marks(&self) -> Marks {
        let Self {
            scored, segments, ..
        } = self;
        let mark = |place: usize| {
            let octant = scored.octants.octants.get(place);
            let stage = scored.lifecycle.stages.get(place);
            let stage = stage.and_then(|stage| Stage::ALL.iter().position(|known| known == stage));
            let small = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
            Mark {
                scores: scored.scores.of(place),
                octant: octant.map_or(0, |octant| small(octant.index())),
                stage: stage.map_or(u8::MAX, small),
                segment: segments.primary.get(place).copied().unwrap_or(u8::MAX),
            }
        };
        Marks {
            of: (0..self.table.len()).map(mark).collect(),
            segments: segments.keys.clone(),
        }
    }
}
