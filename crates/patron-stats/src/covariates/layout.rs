//! Which numbers are free to move, and which column they belong to.
//!
//! A search runs on the logarithms of the parameters of a customer with **mean** covariates and on effects of one **standard
//! deviation**: there the numbers are of one size and hardly depend on each other. What is reported is of a customer whose
//! covariates are all 0, and per unit of the column:
//!
//! ```text
//! ln p_i = θ_p + Σ_j sign·φ_j·(z_ij − m_j)/s_j  =  ln p + Σ_j sign·γ_j·z_ij
//! γ_j = φ_j/s_j        ln p = θ_p − Σ_j sign·γ_j·m_j
//! ```
//!
//! Where p itself is held fixed or penalised, `m_j` is 0 in both lines.
#![expect(
    clippy::indexing_slicing,
    reason = "positions of slots are made here, in the range of the vectors they index"
)]

use super::columns::{self, Spread};
use super::config::Covariates;
use super::place::known;
use super::{CovariateError, CovariateHistories, CovariateModel, MovedParameter, Place};

/// A number of the search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Slot {
    /// The free number of this position.
    Free(usize),
    /// A number that does not move.
    Fixed(f64),
}

/// An effect as the search sees it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct EffectSlot {
    pub(super) moved: MovedParameter,
    /// Position among the columns of the data.
    pub(super) column: usize,
    /// s, of the column.
    pub(super) deviation: f64,
    /// m, of the column; 0 where the parameter is held fixed or penalised.
    pub(super) mean: f64,
    pub(super) slot: Slot,
}

impl EffectSlot {
    /// Returns `place.column`.
    pub(super) fn name(&self, customers: &CovariateHistories) -> String {
        format!("{}.{}", self.moved.place, customers.columns()[self.column])
    }
}

/// The numbers of a search: parameters first, then effects.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    pub(super) parameters: Vec<Slot>,
    pub(super) effects: Vec<EffectSlot>,
    /// Numbers that are free to move.
    pub(super) free: usize,
}

impl Layout {
    /// Resolves names against the model and the data.
    pub(super) fn new<M: CovariateModel>(
        covariates: &Covariates,
        customers: &CovariateHistories,
    ) -> Result<Self, CovariateError> {
        check_names::<M>(covariates)?;
        let mut free = 0;
        let mut next = || {
            free += 1;
            Slot::Free(free - 1)
        };
        let parameters: Vec<Slot> = M::PARAMETERS
            .iter()
            .map(|name| match covariates.fixed_parameter(name) {
                Some(value) => Slot::Fixed(value.ln()),
                None => next(),
            })
            .collect();
        let mut effects: Vec<EffectSlot> = Vec::new();
        for moved in M::PLACES {
            let centred = matches!(parameters[moved.position], Slot::Free(_))
                && covariates
                    .parameter_penalty(M::PARAMETERS[moved.position])
                    .is_none();
            let mut estimated = Vec::new();
            for (_, name) in covariates.effects().filter(|(at, _)| *at == moved.place) {
                let column = customers.position(name)?;
                let spread = Spread::of(customers, column).or_unit();
                let slot = match covariates.fixed_effect(moved.place, name) {
                    Some(value) => Slot::Fixed(value * spread.deviation),
                    None => {
                        estimated.push(column);
                        let twin = twin(covariates, &effects, moved.place, name, column);
                        twin.unwrap_or_else(&mut next)
                    }
                };
                effects.push(EffectSlot {
                    moved: *moved,
                    column,
                    deviation: spread.deviation,
                    mean: if centred { spread.mean } else { 0.0 },
                    slot,
                });
            }
            columns::check(customers, moved.place, &estimated)?;
        }
        if free == 0 {
            return Err(CovariateError::NothingFree);
        }
        Ok(Self {
            parameters,
            effects,
            free,
        })
    }

    /// Returns the layout of the model whose effects are forgotten.
    pub(super) fn without_effects(&self) -> Self {
        let free = |slot: &&Slot| matches!(slot, Slot::Free(_));
        Self {
            parameters: self.parameters.clone(),
            effects: Vec::new(),
            free: self.parameters.iter().filter(free).count(),
        }
    }

    /// Returns the position of the parameter that each number acts on: a parameter's own on itself.
    pub(super) fn acts_on(&self) -> Vec<usize> {
        let effects = self.effects.iter().map(|effect| effect.moved.position);
        (0..self.parameters.len()).chain(effects).collect()
    }

    /// Returns all slots, parameters first.
    pub(super) fn slots(&self) -> impl Iterator<Item = Slot> {
        let effects = self.effects.iter().map(|effect| effect.slot);
        self.parameters.iter().copied().chain(effects)
    }

    /// Returns all numbers, parameters first.
    pub(super) fn all(&self, free: &[f64]) -> Vec<f64> {
        let value = |slot| match slot {
            Slot::Free(position) => free[position],
            Slot::Fixed(value) => value,
        };
        self.slots().map(value).collect()
    }

    /// Returns what is reported of the numbers of a search: logarithms of parameters, then effects per unit.
    pub(super) fn reported(&self, free: &[f64]) -> Vec<f64> {
        let all = self.all(free);
        let rows = self.transformation();
        rows.iter()
            .map(|row| {
                row.iter()
                    .zip(&all)
                    .map(|(entry, number)| entry * number)
                    .sum()
            })
            .collect()
    }

    /// Returns, by rows, what each reported number takes from each number of the search.
    pub(super) fn transformation(&self) -> Vec<Vec<f64>> {
        let (first, size) = (
            self.parameters.len(),
            self.parameters.len() + self.effects.len(),
        );
        let mut rows = vec![vec![0.0; size]; size];
        for (position, row) in rows.iter_mut().enumerate().take(first) {
            row[position] = 1.0;
        }
        for (position, effect) in self.effects.iter().enumerate() {
            let EffectSlot {
                moved,
                deviation,
                mean,
                ..
            } = effect;
            rows[first + position][first + position] = 1.0 / deviation;
            rows[moved.position][first + position] = -moved.sign * mean / deviation;
        }
        rows
    }
}

/// Returns the slot of an effect that was placed before and is held equal to this one.
fn twin(
    covariates: &Covariates,
    placed: &[EffectSlot],
    place: Place,
    name: &str,
    column: usize,
) -> Option<Slot> {
    let (_, places) = covariates
        .equal()
        .iter()
        .find(|(of, places)| of == name && places.contains(&place))?;
    placed
        .iter()
        .find(|effect| effect.column == column && places.contains(&effect.moved.place))
        .map(|effect| effect.slot)
}

fn check_names<M: CovariateModel>(covariates: &Covariates) -> Result<(), CovariateError> {
    for (place, _) in covariates.effects() {
        if !M::PLACES.iter().any(|moved| moved.place == place) {
            return Err(CovariateError::PlaceMissing {
                model: M::KEY,
                place,
                known: known::<M>(),
            });
        }
    }
    for parameter in covariates.named_parameters() {
        if !M::PARAMETERS.contains(&parameter) {
            return Err(CovariateError::ParameterMissing {
                model: M::KEY,
                parameter: parameter.to_owned(),
                known: M::PARAMETERS.join(", "),
            });
        }
    }
    Ok(())
}
