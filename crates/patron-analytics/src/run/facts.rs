//! From files, a query or a ledger to facts whose customers are persons and whose rows are accounted for.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use patron_core::Instant;
use patron_engine::{
    Claims, EngineError, FileRead, Gathered, Progress, Query, RejectedSink, Resources, SourceError,
};
use patron_import::{Content, Exchange, ImportOptions};

use super::error::{RunError, no_orders};
use super::from_ledger::Known;
use super::{FromLedger, from_ledger, notes};
use crate::identity::{Rule, join};
use crate::orders::{gather_orders, latest_day};
use crate::settings::{ResolveError, Resolved, Settings, exchange, import_options};

/// The settings besides flags that reading goes by.
pub(crate) struct ReadWith {
    pub(crate) file_settings: Settings,
    pub(super) exchange: Option<Arc<Exchange>>,
}

impl ReadWith {
    /// Which customers may be one person.
    pub(super) fn identity(&self, flags: &Settings) -> Rule {
        let asked = flags.identity.or(self.file_settings.identity);
        asked.unwrap_or_default()
    }

    /// Finds the settings of a file, else of the workspace. A wrong one is found before a long read, not after.
    pub(crate) fn new(
        flags: &Settings,
        (settings_file, ledger): (Option<&Path>, Option<&FromLedger>),
    ) -> Result<Self, RunError> {
        let file_settings = match (settings_file, ledger) {
            (Some(path), _) => Settings::read(path).map_err(ResolveError::from)?,
            (None, Some(from)) => from.workspace.settings().clone(),
            (None, None) => Settings::default(),
        };
        if ledger.is_some() {
            from_ledger::check_flags(flags)?;
        }
        Resolved::new(flags, &file_settings, &[], None)?;
        import_options(flags, &file_settings)?;
        let exchange = match ledger {
            Some(_) => None,
            None => {
                let folder = settings_file.and_then(Path::parent);
                let beside = (&file_settings, folder.unwrap_or(Path::new("")));
                exchange(flags, beside, None).map_err(ResolveError::from)?
            }
        };
        Ok(Self {
            file_settings,
            exchange,
        })
    }
}

/// Where facts come from.
pub(crate) struct Facts<'a> {
    /// Files; none where there is a query or a ledger.
    pub(crate) orders: &'a [PathBuf],
    pub(crate) query: Option<&'a Query>,
    pub(crate) ledger: Option<&'a FromLedger>,
    pub(crate) flags: &'a Settings,
    pub(crate) read_with: &'a ReadWith,
    pub(crate) resources: Resources,
    /// What is dated after its day is set aside.
    pub(crate) now: Instant,
}

impl Facts<'_> {
    /// Reads everything; rows set aside go to `rejected`.
    pub(crate) fn gather(
        &self,
        rejected: &mut dyn RejectedSink,
        progress: &dyn Progress,
    ) -> Result<(Gathered, Known), RunError> {
        if let Some(from) = self.ledger {
            return from_ledger::gather(from, self.flags, &self.resources, progress);
        }
        let file_settings = &self.read_with.file_settings;
        let options = ImportOptions {
            exchange: self.read_with.exchange.clone(),
            latest_day: Some(latest_day(self.now)),
            ..import_options(self.flags, file_settings)?
        };
        let mut gathered = gather_orders(
            self.orders,
            self.query,
            &options,
            &self.resources,
            rejected,
            progress,
        )?;
        let holds_orders = |file: &FileRead| file.understanding.holds == Content::Orders;
        if let Some(first) = gathered.files.first()
            && !gathered.files.iter().any(holds_orders)
        {
            return Err(EngineError::from(SourceError::from(no_orders(first))).into());
        }
        gathered.settle_lists::<EngineError>(rejected, |_| Ok(()))?;
        gathered.take_refunds().map_err(EngineError::from)?;
        let joined =
            join(self.read_with.identity(self.flags), &mut gathered).map_err(EngineError::from)?;
        let claims = Claims {
            stored: None,
            is_known: &[],
            keep: options.keep.shared_orders,
            resources: &self.resources,
        };
        // Customers who are one person have one name by now.
        let shared = gathered.shared_orders::<EngineError>(&claims, || Ok(HashMap::new()))?;
        for (place, file) in (0_u32..).zip(&gathered.files) {
            let name = file.path.display().to_string();
            for row in shared.rejected(place, file) {
                let taken = rejected.take(&name, &row);
                taken.map_err(|error| EngineError::from(SourceError::Rejected(error)))?;
            }
        }
        let known = Known {
            joined,
            shared_orders: notes::of_shared_orders(&shared),
            ..Known::default()
        };
        gathered.set_shared_orders_aside(shared);
        Ok((gathered, known))
    }
}
