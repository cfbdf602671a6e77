//! What else is known of customers: a file of covariates, joined by customer id, and fits in which they act.

use std::collections::BTreeMap;
use std::path::PathBuf;

use patron_stats::bg_nbd::BgNbdConfig;
use patron_stats::covariates::{
    CovariateError, CovariateHistories, CovariateModel, Covariates, CovariatesConfig, Place,
    WithCovariates,
};
use patron_stats::distributions::normal_quantile;
use patron_stats::intervals::Interval;
use patron_stats::mbg_nbd::MbgNbdConfig;
use patron_stats::pareto_nbd::ParetoNbdConfig;
use patron_stats::purchase::PurchaseModel;

use super::fit::{FitCard, FittedParameter};
use super::sheet::{Known, Sheet};
use super::{Base, ClvError, ClvModel};
use crate::model::ModelKey;

const CUSTOMER: Known = Known {
    what: "customers (`customer_id`)",
    headers: &["customer_id", "id", "cust", "customer", "customerid"],
};

/// Which covariates act on what.
#[derive(Debug, Clone)]
pub struct CovariateRequest {
    /// A row per customer: its id, and a number in each other column.
    pub path: PathBuf,
    /// Columns that act on how often customers buy; all where nothing is said of either.
    pub purchase: Vec<String>,
    /// Columns that act on how readily they leave.
    pub dropout: Vec<String>,
    /// Level of intervals.
    pub level: f64,
}

/// A fit with covariates.
#[derive(Debug)]
pub struct CovariateFit {
    /// Parameters of a customer whose covariates are all 0, then effects as `place.column`.
    pub card: FitCard,
    /// What became of every row and customer.
    pub notes: Vec<String>,
    model: Box<dyn OfCustomers>,
    /// Of every customer of the base, in its order; nothing of whom the file does not have.
    values: Vec<Option<Vec<f64>>>,
}

/// The model of one customer, and how surely its parameters are known.
pub(super) struct OwnModel {
    pub(super) model: Box<dyn PurchaseModel>,
    /// Nothing where the likelihood is too flat.
    pub(super) covariance: Option<Vec<Vec<f64>>>,
}

/// A model with covariates of any kind.
trait OfCustomers: std::fmt::Debug + Send + Sync {
    fn own(&self, values: &[f64]) -> Result<OwnModel, CovariateError>;
}

impl<M: CovariateModel + 'static> OfCustomers for WithCovariates<M> {
    fn own(&self, values: &[f64]) -> Result<OwnModel, CovariateError> {
        Ok(OwnModel {
            model: Box::new(self.for_customer(values)?),
            covariance: self.customer_covariance(values)?,
        })
    }
}

impl CovariateFit {
    /// The places of customers whose covariates are known, with these.
    pub(super) fn known(&self) -> impl Iterator<Item = (usize, &[f64])> {
        let places = self.values.iter().enumerate();
        places.filter_map(|(place, values)| Some((place, values.as_deref()?)))
    }

    /// The model of customers with these covariates.
    pub(super) fn own(&self, values: &[f64]) -> Result<OwnModel, ClvError> {
        Ok(self.model.own(values)?)
    }
}

/// Values by customer, and the columns they are of.
pub(super) struct Table {
    columns: Vec<String>,
    values: BTreeMap<String, (u64, Vec<f64>)>,
}

impl Table {
    /// The values of a customer.
    pub(super) fn of(&self, id: &str) -> Option<&[f64]> {
        self.values.get(id).map(|(_, values)| values.as_slice())
    }
}

/// Fits a model in which covariates act.
///
/// # Errors
/// [`ClvError::NoCovariates`] for a model that has no place for any; [`ClvError::Cell`] for a cell that is no number, or an id that
/// comes twice; [`ClvError::NobodyJoined`]; [`ClvError::Covariates`].
pub fn fit_with_covariates(
    base: &Base,
    model: ClvModel,
    request: &CovariateRequest,
) -> Result<CovariateFit, ClvError> {
    let table = read(request)?;
    let mut notes = Vec::new();
    let customers = joined(base, &table, request, &mut notes)?;
    let level = request.level;
    let (card, fitted) = match model {
        ClvModel::OfRun(ModelKey::BgNbd) => {
            let covariates = acting(&table, request, &[Place::DropoutA, Place::DropoutB])?;
            let model = BgNbdConfig::default().build();
            carded(model.fit_with_covariates(&customers, &covariates)?, level)
        }
        ClvModel::OfRun(ModelKey::MbgNbd) => {
            let covariates = acting(&table, request, &[Place::DropoutA, Place::DropoutB])?;
            let model = MbgNbdConfig::default().build();
            carded(model.fit_with_covariates(&customers, &covariates)?, level)
        }
        ClvModel::OfRun(ModelKey::ParetoNbd) => {
            let covariates = acting(&table, request, &[Place::Dropout])?;
            let model = ParetoNbdConfig::default().build();
            carded(model.fit_with_covariates(&customers, &covariates)?, level)
        }
        _ => return Err(ClvError::NoCovariates { model: model.key() }),
    };
    // Whatever is fitted is reported on.
    let card = card.ok_or(ClvError::NoCovariates { model: model.key() })?;
    let customers = base.customers.iter();
    let values = customers.map(|customer| table.of(&customer.id.text()).map(<[f64]>::to_vec));
    Ok(CovariateFit {
        card,
        notes,
        model: fitted,
        values: values.collect(),
    })
}

fn carded<M: CovariateModel + 'static>(
    fitted: WithCovariates<M>,
    level: f64,
) -> (Option<FitCard>, Box<dyn OfCustomers>) {
    (card(&fitted, level), Box::new(fitted))
}

pub(super) fn read(request: &CovariateRequest) -> Result<Table, ClvError> {
    let mut sheet = Sheet::open(&request.path)?;
    let id = sheet.needed(&CUSTOMER)?;
    let headers = sheet.headers().iter().enumerate();
    let columns: Vec<(usize, String)> = headers
        .filter(|(place, _)| *place != id)
        .map(|(place, header)| (place, header.clone()))
        .collect();
    let mut values: BTreeMap<String, (u64, Vec<f64>)> = BTreeMap::new();
    while let Some(row) = sheet.next()? {
        let of_row = columns.iter().map(|(place, _)| row.number(*place));
        let of_row = of_row.collect::<Result<Vec<f64>, ClvError>>()?;
        if let Some((line, _)) = values.insert(row.text(id).to_owned(), (row.line, of_row)) {
            return Err(row.wrong(id, format!("this customer stands on line {line}, too")));
        }
    }
    if values.is_empty() {
        return Err(ClvError::Empty {
            path: request.path.clone(),
        });
    }
    Ok(Table {
        columns: columns.into_iter().map(|(_, header)| header).collect(),
        values,
    })
}

/// Customers who have covariates; who has none, and which rows are nobody's, is said.
pub(super) fn joined(
    base: &Base,
    table: &Table,
    request: &CovariateRequest,
    notes: &mut Vec<String>,
) -> Result<CovariateHistories, ClvError> {
    let mut rows = Vec::new();
    let mut without = Vec::new();
    let mut used = std::collections::BTreeSet::new();
    for customer in base.customers.iter() {
        match table.values.get_key_value(&*customer.id.text()) {
            Some((id, (_, values))) => {
                used.insert(id.as_str());
                rows.push((customer.history, customer.weight, values.clone()));
            }
            None => without.push(customer.id),
        }
    }
    let path = request.path.display();
    if rows.is_empty() {
        return Err(ClvError::NobodyJoined {
            path: request.path.clone(),
        });
    }
    if let Some(first) = without.first() {
        notes.push(format!(
            "{} of {} customers are not in `{path}` and are left out of the fit; the first is `{first}`",
            without.len(),
            base.customers.len()
        ));
    }
    let mut unused = table
        .values
        .iter()
        .filter(|(id, _)| !used.contains(id.as_str()));
    let count = unused.clone().count();
    if let Some((id, (line, _))) = unused.next() {
        notes.push(format!(
            "{count} of {} rows of `{path}` are of nobody who had bought; by id the first is `{id}` on line {line}",
            table.values.len()
        ));
    }
    notes.push(format!(
        "{} rows of `{path}` are of customers in the fit",
        used.len()
    ));
    Ok(CovariateHistories::from_histories(
        table.columns.clone(),
        rows,
    )?)
}

/// Which columns act where.
fn acting(
    table: &Table,
    request: &CovariateRequest,
    leaving: &[Place],
) -> Result<Covariates, ClvError> {
    let all = request.purchase.is_empty() && request.dropout.is_empty();
    let chosen = |names: &[String]| {
        if all {
            table.columns.clone()
        } else {
            names.to_vec()
        }
    };
    let config =
        CovariatesConfig::default().with_columns(Place::Purchase, chosen(&request.purchase));
    let config = leaving.iter().fold(config, |config, place| {
        config.with_columns(*place, chosen(&request.dropout))
    });
    Ok(config.build()?)
}

fn card<M: CovariateModel>(fitted: &WithCovariates<M>, level: f64) -> Option<FitCard> {
    let named = fitted.named_parameters();
    let report = fitted.report()?;
    let covariance = report.covariance.as_ref();
    let error = |place: usize| Some(covariance?.get(place)?.get(place)?.sqrt());
    let z = normal_quantile(0.5 * (1.0 + level));
    let parameters = named
        .iter()
        .enumerate()
        .map(|(place, (name, estimate))| FittedParameter {
            name: (*name).into(),
            estimate: *estimate,
            standard_error: error(place),
            // As for any positive parameter: symmetric on the logarithm.
            interval: error(place).map(|error| Interval {
                low: estimate * (-z * error / estimate).exp(),
                high: estimate * (z * error / estimate).exp(),
            }),
        });
    let effects = fitted.effects().iter().enumerate();
    let effects = effects.map(|(place, effect)| {
        let error = error(named.len() + place);
        FittedParameter {
            name: format!("{}.{}", effect.place, effect.column).into(),
            estimate: effect.value,
            standard_error: error,
            interval: error.map(|error| Interval {
                low: effect.value - z * error,
                high: effect.value + z * error,
            }),
        }
    });
    let all = parameters.chain(effects).collect();
    Some(FitCard::with(M::KEY, all, report))
}
