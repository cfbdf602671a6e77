//! What is known of the effects, and which model a customer has.

use std::marker::PhantomData;

use super::histories::check_values;
use super::layout::{Layout, Slot};
use super::{CovariateError, CovariateHistories, CovariateModel, Place};
use crate::estimate::FitReport;
use crate::likelihood_ratio::{LikelihoodRatio, LikelihoodRatioError, likelihood_ratio};

/// The effect of a covariate.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// What it acts on.
    pub place: Place,
    /// The column.
    pub column: String,
    /// γ, per unit of the column: one unit more multiplies the parameter by `exp(sign·γ)`.
    pub value: f64,
    /// How the value came about.
    pub constraint: Constraint,
}

/// How the value of an effect came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Constraint {
    /// By itself.
    Free,
    /// As one number with the effect of the same column on this place, which is reported before it.
    EqualTo(Place),
    /// It was given.
    Fixed,
}

/// A purchase model with effects of covariates; a customer's own model, with every forecast, is
/// [`WithCovariates::for_customer`].
#[derive(Debug, Clone, PartialEq)]
pub struct WithCovariates<M> {
    columns: Vec<String>,
    ln_parameters: Vec<f64>,
    effects: Vec<Effect>,
    /// Of each parameter, then of each effect: the number estimated for it; nothing where it was given.
    estimated: Vec<Option<usize>>,
    report: Option<FitReport>,
    effective_parameters: Option<f64>,
    model: PhantomData<fn() -> M>,
}

impl<M: CovariateModel> WithCovariates<M> {
    /// Makes a model from parameters of a customer whose covariates are all 0, in the model's order, and effects, known
    /// otherwise.
    ///
    /// # Errors
    /// [`CovariateError::ColumnTwice`], [`CovariateError::ColumnMissing`], [`CovariateError::PlaceMissing`],
    /// [`CovariateError::EffectTwice`], [`CovariateError::EffectNotFinite`]; [`CovariateError::Fit`] for parameters outside their
    /// domain.
    ///
    /// # Examples
    /// ```
    /// use patron_stats::covariates::{Place, WithCovariates};
    /// use patron_stats::pareto_nbd::FittedParetoNbd;
    /// use patron_stats::purchase::PurchaseModel;
    ///
    /// let model: WithCovariates<FittedParetoNbd> = WithCovariates::from_parameters(
    ///     ["web"],
    ///     &[0.553, 10.578, 0.606, 11.669],
    ///     [(Place::Purchase, "web", 0.5)],
    /// )?;
    /// let (shop, web) = (model.for_customer(&[0.0])?, model.for_customer(&[1.0])?);
    /// let first_year = shop.expected_purchases_new(52.0)?;
    /// assert!((first_year - 1.473).abs() < 5e-4);
    /// // Customers of the web buy exp(0.5) times as often, and leave no sooner.
    /// assert!((web.expected_purchases_new(52.0)? / first_year - 0.5_f64.exp()).abs() < 1e-12);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_parameters<S: Into<String>>(
        columns: impl IntoIterator<Item = S>,
        parameters: &[f64],
        effects: impl IntoIterator<Item = (Place, S, f64)>,
    ) -> Result<Self, CovariateError> {
        M::from_values(parameters)?;
        // An empty base knows its columns and checks that none stands twice.
        let known = CovariateHistories::from_histories(columns, [])?;
        let mut kept: Vec<Effect> = Vec::new();
        for (place, column, value) in effects {
            let effect = Effect {
                place,
                column: column.into(),
                value,
                constraint: Constraint::Fixed,
            };
            known.position(&effect.column)?;
            check_effect::<M>(&effect, &kept)?;
            kept.push(effect);
        }
        Ok(Self {
            columns: known.columns().to_vec(),
            ln_parameters: parameters.iter().map(|parameter| parameter.ln()).collect(),
            estimated: vec![None; parameters.len() + kept.len()],
            effects: kept,
            report: None,
            effective_parameters: None,
            model: PhantomData,
        })
    }

    /// Puts together what a search found; `reported` are logarithms of parameters, then effects per unit.
    pub(super) fn of_fit(
        columns: &[String],
        layout: &Layout,
        reported: &[f64],
        report: FitReport,
        effective_parameters: Option<f64>,
    ) -> Self {
        let (ln_parameters, values) = reported.split_at(layout.parameters.len());
        let constraint = |position: usize, slot: Slot| match slot {
            Slot::Fixed(_) => Constraint::Fixed,
            Slot::Free(_) => layout
                .effects
                .iter()
                .take(position)
                .find(|earlier| earlier.slot == slot)
                .map_or(Constraint::Free, |earlier| {
                    Constraint::EqualTo(earlier.moved.place)
                }),
        };
        let effects = layout.effects.iter().zip(values).enumerate();
        Self {
            columns: columns.to_vec(),
            ln_parameters: ln_parameters.to_vec(),
            effects: effects
                .map(|(position, (effect, value))| Effect {
                    place: effect.moved.place,
                    column: columns.get(effect.column).cloned().unwrap_or_default(),
                    value: *value,
                    constraint: constraint(position, effect.slot),
                })
                .collect(),
            estimated: layout
                .slots()
                .map(|slot| match slot {
                    Slot::Free(position) => Some(position),
                    Slot::Fixed(_) => None,
                })
                .collect(),
            report: Some(report),
            effective_parameters,
            model: PhantomData,
        }
    }

    /// Returns the covariates that [`WithCovariates::for_customer`] takes, in its order: those of the data of the fit.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Returns the parameters of a customer whose covariates are all 0, by their names in the paper.
    #[must_use]
    pub fn named_parameters(&self) -> Vec<(&'static str, f64)> {
        let names = M::PARAMETERS.iter().copied();
        names
            .zip(self.ln_parameters.iter().map(|ln| ln.exp()))
            .collect()
    }

    /// Returns the effects: places in the order of the model, columns in the order in which they were named.
    #[must_use]
    pub fn effects(&self) -> &[Effect] {
        &self.effects
    }

    /// Returns one effect; nothing where the model has none of this column on this place.
    #[must_use]
    pub fn effect(&self, place: Place, column: &str) -> Option<f64> {
        let mut effects = self.effects.iter();
        effects
            .find(|effect| effect.place == place && effect.column == column)
            .map(|effect| effect.value)
    }

    /// Returns what is known of the fit; absent where everything was given.
    ///
    /// Rows and columns of the covariance are the parameters, then the effects. What was held fixed has variance 0, what was
    /// held equal is fully correlated. The log-likelihood is that of the histories, without a penalty; under a penalty the covariance
    /// is `(H + P)⁻¹`, that of the posterior under the prior the penalty stands for. Warnings speak of parameters of a customer
    /// with mean covariates, and of effects of one standard deviation.
    #[must_use]
    pub const fn report(&self) -> Option<&FitReport> {
        self.report.as_ref()
    }

    /// Returns the parameters that the data determine: `tr(H·(H + P)⁻¹)`, without a penalty the number of free ones.
    ///
    /// Nothing where the likelihood is too flat for standard errors, or everything was given.
    #[must_use]
    pub const fn effective_parameters(&self) -> Option<f64> {
        self.effective_parameters
    }

    /// Returns the model of a customer with these covariates, in the order of [`WithCovariates::columns`].
    ///
    /// # Errors
    /// [`CovariateError::ValuesMiscounted`], [`CovariateError::ValueNotFinite`]; [`CovariateError::Fit`] where covariates are so
    /// large that a parameter is no longer a positive finite number.
    pub fn for_customer(&self, values: &[f64]) -> Result<M, CovariateError> {
        check_values(&self.columns, values, 0)?;
        let mut logarithms = self.ln_parameters.clone();
        for effect in &self.effects {
            let moved = M::PLACES.iter().find(|moved| moved.place == effect.place);
            let column = self.columns.iter().position(|name| *name == effect.column);
            let value = column.and_then(|column| values.get(column));
            if let (Some(moved), Some(value)) = (moved, value)
                && let Some(ln) = logarithms.get_mut(moved.position)
            {
                *ln += moved.sign * effect.value * value;
            }
        }
        let parameters: Vec<f64> = logarithms.into_iter().map(f64::exp).collect();
        Ok(M::from_values(&parameters)?)
    }

    /// Returns the log-likelihood of histories with the covariates of the model, not only of those it was fitted to.
    ///
    /// # Errors
    /// [`CovariateError::ColumnMissing`]; as [`WithCovariates::for_customer`].
    pub fn log_likelihood(&self, customers: &CovariateHistories) -> Result<f64, CovariateError> {
        let columns = self.columns.iter();
        let positions: Vec<usize> = columns
            .map(|column| customers.position(column))
            .collect::<Result<_, _>>()?;
        let mut sum = 0.0;
        for profile in customers.profiles() {
            let values: Vec<f64> = positions
                .iter()
                .filter_map(|position| profile.values().get(*position).copied())
                .collect();
            sum += self
                .for_customer(&values)?
                .log_likelihood(profile.histories());
        }
        Ok(sum)
    }

    /// Tests `smaller`, a special case of this model, against it.
    ///
    /// A case of it has fewer effects, holds more fixed or more equal. That both were fitted to the same customers is for the
    /// caller to know; their number is compared.
    ///
    /// # Errors
    /// [`LikelihoodRatioError::NotFitted`], [`LikelihoodRatioError::NotNested`]; as [`likelihood_ratio`].
    pub fn likelihood_ratio(
        &self,
        smaller: &Self,
    ) -> Result<LikelihoodRatio, LikelihoodRatioError> {
        let report = |model: &'_ Self, which| match model.report.clone() {
            Some(report) => Ok(report),
            None => Err(LikelihoodRatioError::NotFitted { which }),
        };
        let (of_smaller, of_larger) = (report(smaller, "smaller")?, report(self, "larger")?);
        self.check_contains(smaller)?;
        likelihood_ratio(&of_smaller, &of_larger)
    }

    /// Checks that `smaller` holds fixed and equal whatever this model does.
    fn check_contains(&self, smaller: &Self) -> Result<(), LikelihoodRatioError> {
        let mut names: Vec<(Option<Place>, &str)> = M::PARAMETERS
            .iter()
            .map(|parameter| (None, *parameter))
            .collect();
        for effect in self.effects.iter().chain(&smaller.effects) {
            let name = (Some(effect.place), effect.column.as_str());
            if !names.contains(&name) {
                names.push(name);
            }
        }
        for (position, name) in names.iter().enumerate() {
            let (in_larger, in_smaller) = (self.held(*name), smaller.held(*name));
            if matches!(in_larger, Held::At(_)) && in_larger != in_smaller {
                return Err(not_nested(*name, "held fixed"));
            }
            let earlier = names.iter().take(position);
            let parted = earlier
                .filter(|other| self.held(**other) == in_larger)
                .any(|other| smaller.held(*other) != in_smaller);
            if matches!(in_larger, Held::Free(_)) && parted {
                return Err(not_nested(*name, "held equal to another"));
            }
        }
        Ok(())
    }

    /// Returns how a parameter, or an effect on a place, came about; an effect that the model does not have is 0.
    fn held(&self, (place, name): (Option<Place>, &str)) -> Held {
        let parameters = M::PARAMETERS.len();
        let (position, value) = match place {
            None => {
                let position = M::PARAMETERS.iter().position(|known| *known == name);
                let value = position.and_then(|position| self.ln_parameters.get(position));
                (position, value.copied())
            }
            Some(place) => {
                let mut effects = self.effects.iter();
                let position =
                    effects.position(|effect| effect.place == place && effect.column == name);
                let effect = position.and_then(|position| self.effects.get(position));
                (
                    position.map(|position| parameters + position),
                    effect.map(|effect| effect.value),
                )
            }
        };
        match position.and_then(|position| self.estimated.get(position).copied().flatten()) {
            Some(free) => Held::Free(free),
            None => Held::At(value.unwrap_or(0.0)),
        }
    }
}

/// How a number came about.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Held {
    Free(usize),
    At(f64),
}

fn not_nested((place, name): (Option<Place>, &str), how: &str) -> LikelihoodRatioError {
    let what = match place {
        None => format!("parameter {name}"),
        Some(place) => format!("the effect of {name} on {place}"),
    };
    LikelihoodRatioError::NotNested {
        constraint: format!("{what} is {how}"),
    }
}

fn check_effect<M: CovariateModel>(
    effect: &Effect,
    earlier: &[Effect],
) -> Result<(), CovariateError> {
    let (place, column) = (effect.place, effect.column.clone());
    if !M::PLACES.iter().any(|moved| moved.place == place) {
        return Err(CovariateError::PlaceMissing {
            model: M::KEY,
            place,
            known: super::place::known::<M>(),
        });
    }
    if !effect.value.is_finite() {
        return Err(CovariateError::EffectNotFinite {
            place,
            column,
            value: effect.value,
        });
    }
    if earlier
        .iter()
        .any(|other| other.place == place && other.column == column)
    {
        return Err(CovariateError::EffectTwice { place, column });
    }
    Ok(())
}
