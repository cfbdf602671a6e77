//! Penalised log-likelihood of histories with covariates, with exact gradient and Hessian.
//!
//! All customers with one set of covariates have the model at one set of parameters, whose derivatives the model knows. Their
//! logarithms are linear in the numbers of the search, so that nothing else is needed:
//!
//! ```text
//! ln p_k(i) = θ_k + Σ_{e on k} w_e(i)·φ_e          w_e(i) = sign·(z_i − m)/s
//! ∂/∂φ_e = w_e·∂/∂ln p_k(e)        ∂²/∂φ_e∂φ_f = w_e·w_f·∂²/∂ln p_k(e)∂ln p_k(f)
//! ```
//!
//! A parameter's own `θ_k` has the weight 1, so that parameters and effects are one list.
#![expect(
    clippy::indexing_slicing,
    reason = "numeric kernel: positions of slots lie in the range of the vectors they index"
)]

use super::CovariateHistories;
use super::config::Covariates;
use super::fitting::Family;
use super::layout::{Layout, Slot};
use crate::history::WeightedHistories;
use crate::optimise::{Evaluation, Local};

/// What is minimised: `−ln L/n` of one base, and the penalty.
pub(super) struct Objective<'a, F> {
    family: &'a F,
    layout: &'a Layout,
    /// Position of the parameter that each number of the layout acts on.
    acts_on: Vec<usize>,
    /// How much of each number goes to that parameter, for the customers with these histories.
    profiles: Vec<(Vec<f64>, &'a WeightedHistories)>,
    penalties: &'a [Penalty],
    customers: f64,
}

/// `½·per_customer·(free number − centre)²`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Penalty {
    pub(super) free: usize,
    pub(super) centre: f64,
    pub(super) per_customer: f64,
}

/// Returns the penalties on the free numbers of a layout, of parameters with these names.
pub(super) fn penalties(
    layout: &Layout,
    names: &[&'static str],
    covariates: &Covariates,
) -> Vec<Penalty> {
    let mut penalties = Vec::new();
    for (slot, name) in layout.parameters.iter().zip(names) {
        if let (Slot::Free(free), Some(penalty)) = (slot, covariates.parameter_penalty(name)) {
            penalties.push(Penalty {
                free: *free,
                centre: penalty.centre.ln(),
                per_customer: penalty.per_customer,
            });
        }
    }
    if let Some(per_customer) = covariates.effect_penalty() {
        let first = layout.without_effects().free;
        penalties.extend((first..layout.free).map(|free| Penalty {
            free,
            centre: 0.0,
            per_customer,
        }));
    }
    penalties
}

impl<'a, F> Objective<'a, F> {
    /// Prepares the objective of histories with covariates.
    pub(super) fn new(
        family: &'a F,
        layout: &'a Layout,
        customers: &'a CovariateHistories,
        penalties: &'a [Penalty],
    ) -> Self {
        let weights = |values: &[f64]| {
            let effects = layout.effects.iter();
            let effects = effects.map(|e| e.moved.sign * (values[e.column] - e.mean) / e.deviation);
            layout
                .parameters
                .iter()
                .map(|_| 1.0)
                .chain(effects)
                .collect()
        };
        let profiles = customers.profiles().iter();
        Self {
            family,
            layout,
            acts_on: layout.acts_on(),
            profiles: profiles
                .map(|profile| (weights(profile.values()), profile.histories()))
                .collect(),
            penalties,
            customers: customers.customers() as f64,
        }
    }

    /// Prepares the objective of histories whose covariates are forgotten.
    pub(super) fn pooled(
        family: &'a F,
        layout: &'a Layout,
        histories: &'a WeightedHistories,
        penalties: &'a [Penalty],
    ) -> Self {
        Self {
            family,
            layout,
            acts_on: layout.acts_on(),
            profiles: vec![(vec![1.0; layout.parameters.len()], histories)],
            penalties,
            customers: histories.customers() as f64,
        }
    }

    /// Returns the objective with its derivatives in the free numbers.
    pub(super) fn at<const N: usize>(&self, free: &[f64]) -> Local<Vec<f64>>
    where
        F: Family<N>,
    {
        let all = self.layout.all(free);
        let size = all.len();
        let mut sum = nothing(size);
        for (weights, histories) in &self.profiles {
            let parameters = self.parameters::<N>(&all, weights);
            let of_model = self
                .family
                .evaluate(&parameters, histories)
                .on_log_scale(&parameters, -1.0 / self.customers);
            self.add(&mut sum, &of_model, weights);
        }
        let mut found = self.folded(&sum);
        for penalty in self.penalties {
            let away = free[penalty.free] - penalty.centre;
            found.value += 0.5 * penalty.per_customer * away * away;
            found.gradient[penalty.free] += penalty.per_customer * away;
            found.hessian[penalty.free][penalty.free] += penalty.per_customer;
        }
        found
    }

    /// Returns the parameters of the customers with these weights.
    fn parameters<const N: usize>(&self, all: &[f64], weights: &[f64]) -> [f64; N] {
        let mut logarithms = [0.0; N];
        for ((position, weight), value) in self.acts_on.iter().zip(weights).zip(all) {
            logarithms[*position] += weight * value;
        }
        logarithms.map(f64::exp)
    }

    /// Adds the derivatives of one profile, by the chain rule.
    fn add<const N: usize>(
        &self,
        sum: &mut Local<Vec<f64>>,
        of_model: &Evaluation<N>,
        weights: &[f64],
    ) {
        sum.value += of_model.value;
        for (i, (of_i, weight_i)) in self.acts_on.iter().zip(weights).enumerate() {
            sum.gradient[i] += weight_i * of_model.gradient[*of_i];
            for (j, (of_j, weight_j)) in self.acts_on.iter().zip(weights).enumerate() {
                sum.hessian[i][j] += weight_i * weight_j * of_model.hessian[*of_i][*of_j];
            }
        }
    }

    /// Puts together what is held equal, and leaves out what is held fixed.
    fn folded(&self, sum: &Local<Vec<f64>>) -> Local<Vec<f64>> {
        let mut folded = nothing(self.layout.free);
        folded.value = sum.value;
        let slots: Vec<Slot> = self.layout.slots().collect();
        for (i, slot) in slots.iter().enumerate() {
            let Slot::Free(row) = *slot else { continue };
            folded.gradient[row] += sum.gradient[i];
            for (j, other) in slots.iter().enumerate() {
                if let Slot::Free(column) = *other {
                    folded.hessian[row][column] += sum.hessian[i][j];
                }
            }
        }
        folded
    }
}

fn nothing(size: usize) -> Local<Vec<f64>> {
    Local {
        value: 0.0,
        gradient: vec![0.0; size],
        hessian: vec![vec![0.0; size]; size],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::beta_geometric::Dropout;
    use crate::covariates::{CovariateModel, CovariatesConfig, Place};
    use crate::history::History;
    use crate::mbg_nbd::FittedMbgNbd;
    use crate::pareto_nbd::{FittedParetoNbd, ParetoLaws};

    /// Central differences of step 1e-5 lose half of the digits.
    const DIFFERENCE_TOLERANCE: f64 = 2e-6;

    fn customers() -> CovariateHistories {
        let rows = [
            (0, 0.0, 12.0, 40, [0.0, 11.5]),
            (0, 0.0, 12.0, 15, [1.0, 9.0]),
            (1, 3.0, 20.0, 7, [1.0, 11.5]),
            (2, 9.5, 10.0, 5, [0.0, 14.0]),
            (6, 19.0, 31.0, 3, [0.0, 10.25]),
            (40, 38.0, 39.0, 1, [1.0, 13.0]),
        ];
        let rows = rows.map(|(x, recency, age, count, values)| {
            (
                History::new(x, recency, age).unwrap(),
                count,
                values.to_vec(),
            )
        });
        CovariateHistories::from_histories(["sex", "income"], rows).unwrap()
    }

    fn assert_derivatives<M: CovariateModel, F: Family<4>>(family: &F, config: CovariatesConfig) {
        let (customers, covariates) = (customers(), config.build().unwrap());
        let layout = Layout::new::<M>(&covariates, &customers).unwrap();
        let penalties = penalties(&layout, M::PARAMETERS, &covariates);
        let objective = Objective::new(family, &layout, &customers, &penalties);
        let point = [-0.4, 1.7, -0.1, 0.8, 0.25, -0.35, 0.15, 0.4];
        let point = &point[..layout.free];
        let exact = objective.at::<4>(point);
        for i in 0..point.len() {
            let step = 1e-5;
            let (mut up, mut down) = (point.to_vec(), point.to_vec());
            up[i] += step;
            down[i] -= step;
            let (up, down) = (objective.at::<4>(&up), objective.at::<4>(&down));
            let slope = (up.value - down.value) / (2.0 * step);
            let gap = (slope - exact.gradient[i]).abs();
            assert!(gap < DIFFERENCE_TOLERANCE * slope.abs().max(1.0), "{i}");
            for j in 0..point.len() {
                let bend = (up.gradient[j] - down.gradient[j]) / (2.0 * step);
                let gap = (bend - exact.hessian[i][j]).abs();
                assert!(gap < DIFFERENCE_TOLERANCE * bend.abs().max(1.0), "{i} {j}");
            }
        }
    }

    #[test]
    fn gradient_and_hessian_equal_differences() {
        let columns = ["income", "sex"];
        let pareto = CovariatesConfig::default()
            .with_columns(Place::Purchase, columns)
            .with_columns(Place::Dropout, columns);
        assert_derivatives::<FittedParetoNbd, _>(&ParetoLaws, pareto.clone());
        let tied = pareto
            .with_equal_effects("sex", [Place::Purchase, Place::Dropout])
            .with_fixed_effect(Place::Dropout, "income", 0.2)
            .with_fixed_parameter("alpha", 7.0)
            .with_effect_penalty(0.3)
            .with_parameter_penalty("beta", 5.0, 0.2);
        assert_derivatives::<FittedParetoNbd, _>(&ParetoLaws, tied);
        let coins = CovariatesConfig::default()
            .with_columns(Place::DropoutB, columns)
            .with_columns(Place::DropoutA, ["income"])
            .with_columns(Place::Purchase, ["sex"]);
        assert_derivatives::<FittedMbgNbd, _>(&Dropout::AfterAnyPurchase, coins.clone());
        assert_derivatives::<FittedMbgNbd, _>(&Dropout::AfterRepeatPurchase, coins);
    }
}
