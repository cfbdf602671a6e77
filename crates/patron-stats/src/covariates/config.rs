//! Which columns act on what, what is held fixed or equal, and what is penalised.

use super::{CovariateError, Place};

/// One effect: what it acts on, and the column it belongs to.
pub(super) type EffectName = (Place, String);

/// Which effects a model has, and what is asked of them.
///
/// Without any effect it is the model without covariates, whose parameters can be held fixed or penalised all the same.
///
/// # Examples
/// ```
/// use patron_stats::covariates::{CovariatesConfig, Place};
///
/// let covariates = CovariatesConfig::default()
///     .with_columns(Place::Purchase, ["gender", "channel"])
///     .with_columns(Place::Dropout, ["gender", "channel"])
///     .with_equal_effects("gender", [Place::Purchase, Place::Dropout])
///     .build()?;
/// assert_eq!(covariates.effects().count(), 4);
/// # Ok::<(), patron_stats::covariates::CovariateError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CovariatesConfig {
    effects: Vec<EffectName>,
    equal: Vec<(String, Vec<Place>)>,
    fixed_effects: Vec<(EffectName, f64)>,
    fixed_parameters: Vec<(String, f64)>,
    effect_penalty: Option<f64>,
    parameter_penalties: Vec<ParameterPenalty>,
}

/// `½·λ·(ln p − ln centre)²` per customer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ParameterPenalty {
    pub(super) parameter: String,
    pub(super) centre: f64,
    pub(super) per_customer: f64,
}

impl CovariatesConfig {
    /// Lets columns act on a place. Each place has its own effects, and its own columns.
    #[must_use]
    pub fn with_columns<S: Into<String>>(
        mut self,
        place: Place,
        columns: impl IntoIterator<Item = S>,
    ) -> Self {
        let columns = columns.into_iter().map(|column| (place, column.into()));
        self.effects.extend(columns);
        self
    }

    /// Holds the effects of a column on two or more places equal: one number is estimated.
    ///
    /// Equal on `purchase` and `dropout` is `names.cov.constr` of `CLVTools`; equal on `dropout_a` and `dropout_b` its
    /// BG/NBD, where a covariate changes how alike customers are in leaving, and not their mean.
    #[must_use]
    pub fn with_equal_effects(
        mut self,
        column: impl Into<String>,
        places: impl IntoIterator<Item = Place>,
    ) -> Self {
        let places = places.into_iter().collect();
        self.equal.push((column.into(), places));
        self
    }

    /// Holds an effect at a value, per unit of the column.
    #[must_use]
    pub fn with_fixed_effect(
        mut self,
        place: Place,
        column: impl Into<String>,
        value: f64,
    ) -> Self {
        self.fixed_effects.push(((place, column.into()), value));
        self
    }

    /// Holds a parameter of the model at a value, that of a customer whose covariates are all 0.
    #[must_use]
    pub fn with_fixed_parameter(mut self, parameter: impl Into<String>, value: f64) -> Self {
        self.fixed_parameters.push((parameter.into(), value));
        self
    }

    /// Draws all free effects to 0, by `per_customer` = λ.
    ///
    /// ```text
    /// maximised:   ln L / n − ½·λ·Σ_j (γ_j·s_j)²       n customers, s_j the standard deviation of the column
    /// ```
    ///
    /// It is the prior `γ_j·s_j ~ Normal(0, 1/(n·λ))` on the effect of one standard deviation of the column, so that the unit of
    /// a column changes nothing, and twice the customers with the same λ give the same estimates. For a prior standard deviation
    /// τ that does not change with the customers pass `1/(n·τ²)`. Effects held equal count once.
    #[must_use]
    pub const fn with_effect_penalty(mut self, per_customer: f64) -> Self {
        self.effect_penalty = Some(per_customer);
        self
    }

    /// Draws a parameter to `centre`, by `per_customer` = λ: `½·λ·(ln p − ln centre)²` is taken off `ln L / n`.
    ///
    /// It is the prior `ln p ~ Normal(ln centre, 1/(n·λ))` on the parameter of a customer whose covariates are all 0. There is no
    /// centre by default: 1 would be another value of α in days than in weeks.
    #[must_use]
    pub fn with_parameter_penalty(
        mut self,
        parameter: impl Into<String>,
        centre: f64,
        per_customer: f64,
    ) -> Self {
        self.parameter_penalties.push(ParameterPenalty {
            parameter: parameter.into(),
            centre,
            per_customer,
        });
        self
    }

    /// Completes the configuration.
    ///
    /// # Errors
    /// [`CovariateError::EffectTwice`]; for constraints [`CovariateError::TooFewEqual`], [`CovariateError::EffectMissing`],
    /// [`CovariateError::EffectConstrainedTwice`], [`CovariateError::EffectNotFinite`], [`CovariateError::CentreNotPositive`],
    /// [`CovariateError::ParameterConstrainedTwice`]; for penalties [`CovariateError::PenaltyNotPositive`].
    pub fn build(self) -> Result<Covariates, CovariateError> {
        if let Some((place, column)) = first_repeated(&self.effects) {
            return Err(CovariateError::EffectTwice { place, column });
        }
        self.check_constraints()?;
        self.check_parameters()?;
        let penalties = self.parameter_penalties.iter().map(|p| p.per_customer);
        for penalty in penalties.chain(self.effect_penalty) {
            if !(penalty > 0.0 && penalty.is_finite()) {
                return Err(CovariateError::PenaltyNotPositive { penalty });
            }
        }
        Ok(Covariates { config: self })
    }

    fn check_constraints(&self) -> Result<(), CovariateError> {
        let mut constrained: Vec<EffectName> = Vec::new();
        for (column, places) in &self.equal {
            if places.len() < 2 {
                return Err(CovariateError::TooFewEqual {
                    column: column.clone(),
                    found: places.len(),
                });
            }
            constrained.extend(places.iter().map(|place| (*place, column.clone())));
        }
        for ((place, column), value) in &self.fixed_effects {
            if !value.is_finite() {
                return Err(CovariateError::EffectNotFinite {
                    place: *place,
                    column: column.clone(),
                    value: *value,
                });
            }
            constrained.push((*place, column.clone()));
        }
        if let Some((place, column)) = first_repeated(&constrained) {
            return Err(CovariateError::EffectConstrainedTwice { place, column });
        }
        match constrained
            .into_iter()
            .find(|effect| !self.effects.contains(effect))
        {
            Some((place, column)) => Err(CovariateError::EffectMissing { place, column }),
            None => Ok(()),
        }
    }

    fn check_parameters(&self) -> Result<(), CovariateError> {
        let penalised = self.parameter_penalties.iter();
        let named: Vec<(String, f64)> = penalised
            .map(|penalty| (penalty.parameter.clone(), penalty.centre))
            .chain(self.fixed_parameters.iter().cloned())
            .collect();
        let names: Vec<String> = named.iter().map(|(name, _)| name.clone()).collect();
        if let Some(parameter) = first_repeated(&names) {
            return Err(CovariateError::ParameterConstrainedTwice { parameter });
        }
        for (parameter, value) in named {
            if !(value > 0.0 && value.is_finite()) {
                return Err(CovariateError::CentreNotPositive { parameter, value });
            }
        }
        Ok(())
    }
}

fn first_repeated<T: PartialEq + Clone>(items: &[T]) -> Option<T> {
    let mut seen = items.iter().enumerate();
    seen.find(|(position, item)| items.iter().take(*position).any(|other| other == *item))
        .map(|(_, item)| item.clone())
}

/// Effects, constraints and penalties that do not contradict each other; whether a model and data have what they name is
/// seen when it is fitted.
#[derive(Debug, Clone, PartialEq)]
pub struct Covariates {
    config: CovariatesConfig,
}

impl Covariates {
    /// Returns the effects in the order in which they were named.
    pub fn effects(&self) -> impl Iterator<Item = (Place, &str)> {
        let effects = self.config.effects.iter();
        effects.map(|(place, column)| (*place, column.as_str()))
    }

    pub(super) fn equal(&self) -> &[(String, Vec<Place>)] {
        &self.config.equal
    }

    /// Returns the value an effect is held at, per unit of the column.
    pub(super) fn fixed_effect(&self, place: Place, column: &str) -> Option<f64> {
        let fixed = self.config.fixed_effects.iter();
        let mut named = fixed.filter(|((at, name), _)| *at == place && name == column);
        named.next().map(|(_, value)| *value)
    }

    /// Returns the value a parameter is held at.
    pub(super) fn fixed_parameter(&self, parameter: &str) -> Option<f64> {
        let fixed = self.config.fixed_parameters.iter();
        let mut named = fixed.filter(|(name, _)| name == parameter);
        named.next().map(|(_, value)| *value)
    }

    /// Returns the parameters that constraints and penalties name.
    pub(super) fn named_parameters(&self) -> impl Iterator<Item = &str> {
        let fixed = self.config.fixed_parameters.iter();
        let penalised = self.config.parameter_penalties.iter();
        fixed
            .map(|(name, _)| name.as_str())
            .chain(penalised.map(|penalty| penalty.parameter.as_str()))
    }

    pub(super) const fn effect_penalty(&self) -> Option<f64> {
        self.config.effect_penalty
    }

    pub(super) fn parameter_penalty(&self, parameter: &str) -> Option<&ParameterPenalty> {
        let mut penalties = self.config.parameter_penalties.iter();
        penalties.find(|penalty| penalty.parameter == parameter)
    }

    /// Returns whether anything is drawn anywhere.
    pub(super) const fn is_penalised(&self) -> bool {
        self.config.effect_penalty.is_some() || !self.config.parameter_penalties.is_empty()
    }
}
