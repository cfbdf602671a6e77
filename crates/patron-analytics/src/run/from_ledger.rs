//! A run's facts out of a workspace's ledger.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use patron_engine::{Claims, Gathered, Progress, Resources, Step, gather_records};
use patron_ledger::{At, Ledger, Persons};

use serde_json::json;

use super::notes::{Note, of_shared_orders};
use super::{FromLedger, RunError};
use crate::identity::{joined, other_rule};
use crate::settings::{Settings, reading_fingerprint};
use crate::workspace::{Import, Wanted, WorkspaceError, give, imports, lists_of};

/// What is known of a run's facts besides themselves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    /// The ledger's snapshot; nothing of files.
    pub(super) snapshot: Option<i64>,
    /// When that was committed, µs UTC.
    pub(super) snapshot_at: Option<i64>,
    /// Customers who have another's name.
    pub(super) joined: u64,
    /// The rule by which customers were joined and the one of the settings, where these differ.
    pub(super) other_rule: Option<(String, &'static str)>,
    /// What there is to say of orders that stand with several customers.
    pub(super) shared_orders: Option<Note>,
    /// Imports that were read with other settings than those of now.
    pub(super) other_settings: Vec<i64>,
    /// The imports, oldest first.
    pub(super) imports: Vec<i64>,
}

impl Known {
    /// What there is to say about it.
    pub(super) fn notes(&self) -> impl Iterator<Item = Note> {
        let rule = self.other_rule.as_ref().map(|(applied, wanted)| {
            Note::new(
                "identity_not_applied",
                json!({ "applied": applied, "wanted": wanted }),
                format!("`identity` is `{wanted}` by now, but customers are still joined by `{applied}`: `patron identity apply` changes that"),
            )
        });
        let shared = self.shared_orders.clone();
        self.other_settings().into_iter().chain(rule).chain(shared)
    }

    fn other_settings(&self) -> Option<Note> {
        if self.other_settings.is_empty() {
            return None;
        }
        let imports: Vec<String> = self
            .other_settings
            .iter()
            .map(ToString::to_string)
            .collect();
        let imports = imports.join(", ");
        let text = format!(
            "`patron.toml` says otherwise now how files are read than when these imports were made: {imports}. They stay as they were read; taken back and imported anew, they follow it"
        );
        Some(Note::new(
            "read_with_other_settings",
            json!({ "imports": imports }),
            text,
        ))
    }
}

/// Reads all facts that a snapshot has.
pub(super) fn gather(
    from: &FromLedger,
    flags: &Settings,
    resources: &Resources,
    progress: &dyn Progress,
) -> Result<(Gathered, Known), RunError> {
    let ledger = from.workspace.ledger_read_only()?;
    let snapshot = ledger.resolve(from.at).map_err(WorkspaceError::from)?;
    let at = At::Snapshot(snapshot);
    let imports = imports(&ledger, at)?;
    if imports.is_empty() {
        return Err(RunError::EmptyLedger {
            folder: from.workspace.folder().to_owned(),
            earlier: from.at != At::Latest,
        });
    }
    let places = (0_u32..).zip(&imports);
    let places: HashMap<i64, u32> = places.map(|(place, import)| (import.id, place)).collect();
    let wanted = Wanted {
        at,
        of: Persons::All,
        places: &places,
        lists: lists_of(&imports),
        by_person: true,
        with_articles: false,
        since: None,
    };
    let files = imports.iter().map(Import::as_read).collect();
    let rows = imports.iter().map(|import| import.rows_in).sum();
    progress.begin(Step::Read, rows);
    let taken = AtomicU64::new(0);
    let advance = |more| {
        let taken = taken.fetch_add(more, Ordering::Relaxed) + more;
        progress.advance_to(taken.min(rows));
    };
    let gathered = gather_records::<RunError>(files, resources, |feeds| {
        give(&ledger, &wanted, feeds, resources.threads, advance)
    })?;
    progress.end();
    check_currency(from, flags, gathered.currency.as_deref())?;
    // Whose an order is was settled when it was imported.
    let claims = Claims {
        stored: None,
        is_known: &[],
        keep: true,
        resources,
    };
    let shared = gathered.shared_orders::<RunError>(&claims, || Ok(HashMap::new()))?;
    let known = known(from, &ledger, snapshot, &imports)?;
    let known = Known {
        shared_orders: of_shared_orders(&shared),
        ..known
    };
    Ok((gathered, known))
}

/// What is known of the facts of a snapshot, but for orders that stand with several customers.
pub(super) fn known(
    from: &FromLedger,
    ledger: &Ledger,
    snapshot: i64,
    imports: &[Import],
) -> Result<Known, RunError> {
    let now = reading_fingerprint(from.workspace.settings());
    let differs = |import: &&Import| import.details.settings != now;
    let others = imports.iter().filter(differs);
    Ok(Known {
        snapshot: Some(snapshot),
        snapshot_at: committed_at(ledger, snapshot)?,
        joined: joined(ledger, At::Snapshot(snapshot))?.len() as u64,
        other_rule: other_rule(&from.workspace),
        shared_orders: None,
        other_settings: others.map(|import| import.id).collect(),
        imports: imports.iter().map(|import| import.id).collect(),
    })
}

/// Returns when a snapshot was committed, µs UTC; nothing if it is no longer kept.
pub(super) fn committed_at(ledger: &Ledger, snapshot: i64) -> Result<Option<i64>, RunError> {
    let snapshots = ledger.snapshots().map_err(WorkspaceError::from)?;
    let found = snapshots.iter().find(|known| known.id == snapshot);
    Ok(found.map(|known| known.at.0))
}

/// Refuses to call the ledger's money by another currency's name.
pub(crate) fn check_currency(
    from: &FromLedger,
    flags: &Settings,
    known: Option<&str>,
) -> Result<(), RunError> {
    let asked = flags
        .currency
        .as_ref()
        .or(from.workspace.settings().currency.as_ref());
    match (asked, known) {
        (Some(asked), Some(known)) if !asked.eq_ignore_ascii_case(known) => {
            Err(RunError::OtherCurrency {
                asked: asked.clone(),
                known: known.to_owned(),
            })
        }
        _ => Ok(()),
    }
}

/// Refuses flags that would change nothing: what they decide was decided when the files were imported.
pub(super) fn check_flags(flags: &Settings) -> Result<(), RunError> {
    let given = [
        ("`--as`", flags.preset.is_some()),
        ("`--map`", flags.map.is_some()),
        ("`--grain`", flags.grain.is_some()),
        ("`--encoding`", flags.encoding.is_some()),
        ("`--date-format`", flags.date_format.is_some()),
        ("`--decimal-mark`", flags.decimal_mark.is_some()),
        ("`--delimiter`", flags.delimiter.is_some()),
        ("`--phone-country`", flags.phone_country.is_some()),
        ("`--rates`", flags.rates.is_some()),
        (
            "`--keep` and the like",
            flags.keep.is_some() || flags.drop.is_some(),
        ),
        ("`--identity`", flags.identity.is_some()),
        ("`--exclude-customer`", flags.exclude_customers.is_some()),
        ("`--exclude-tag`", flags.exclude_tags.is_some()),
        ("`--exclude-flag`", flags.exclude_flags.is_some()),
        ("`--exclude-memo`", flags.exclude_memos.is_some()),
    ];
    let settings: Vec<&'static str> = given
        .into_iter()
        .filter_map(|(name, is_given)| is_given.then_some(name))
        .collect();
    if settings.is_empty() {
        Ok(())
    } else {
        Err(RunError::ReadingSettings { settings })
    }
}
