//! Maximum likelihood by Newton's method with a trust region, on the logarithms of the parameters.
//!
//! The objective gives value, exact gradient and exact Hessian. Knows nothing of any model; what a boundary means in
//! words is each model's own matter.
#![expect(
    clippy::indexing_slicing,
    reason = "loops over 0..N index rows of length N; written as the textbook formula"
)]

use crate::matrix::{self, Point};

/// Value, gradient and Hessian of a function at one point.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Local<P: Point> {
    pub(crate) value: f64,
    pub(crate) gradient: P,
    pub(crate) hessian: P::Matrix,
}

/// The same where the number of parameters is the model's own.
pub(crate) type Evaluation<const N: usize> = Local<[f64; N]>;

impl<const N: usize> Evaluation<N> {
    /// Nothing yet: the neutral element of summation.
    pub(crate) const ZERO: Self = Self {
        value: 0.0,
        gradient: [0.0; N],
        hessian: [[0.0; N]; N],
    };

    /// Returns the same function of `θ = ln parameters`, times `factor`.
    ///
    /// ```text
    /// ∂f/∂θᵢ = ∂f/∂pᵢ · pᵢ        ∂²f/∂θᵢ∂θⱼ = ∂²f/∂pᵢ∂pⱼ · pᵢ·pⱼ + [i = j] ∂f/∂pᵢ · pᵢ
    /// ```
    pub(crate) fn on_log_scale(&self, parameters: &[f64; N], factor: f64) -> Self {
        let mut scaled = Self::ZERO;
        scaled.value = self.value * factor;
        for i in 0..N {
            scaled.gradient[i] = self.gradient[i] * parameters[i] * factor;
            for j in 0..N {
                scaled.hessian[i][j] = self.hessian[i][j] * parameters[i] * parameters[j] * factor;
            }
            scaled.hessian[i][i] += scaled.gradient[i];
        }
        scaled
    }

    /// Returns the sum of two functions.
    pub(crate) fn plus(mut self, other: &Self) -> Self {
        self.value += other.value;
        for i in 0..N {
            self.gradient[i] += other.gradient[i];
            for j in 0..N {
                self.hessian[i][j] += other.hessian[i][j];
            }
        }
        self
    }

    /// Copies the upper triangle of the Hessian to the lower.
    pub(crate) fn mirror(&mut self) {
        for i in 0..N {
            for j in 0..i {
                self.hessian[i][j] = self.hessian[j][i];
            }
        }
    }
}

impl<P: Point> Local<P> {
    fn is_finite(&self) -> bool {
        let finite = |point: &P| point.as_ref().iter().all(|entry| entry.is_finite());
        self.value.is_finite() && finite(&self.gradient) && self.hessian.as_ref().iter().all(finite)
    }
}

/// Where a search ended.
#[derive(Debug, Clone)]
pub(crate) struct Lowest<P: Point> {
    /// Logarithms of the parameters, and effects of covariates.
    pub(crate) theta: P,
    pub(crate) at: Local<P>,
    pub(crate) iterations: usize,
    pub(crate) converged: bool,
}

/// The same where the number of parameters is the model's own.
pub(crate) type Minimum<const N: usize> = Lowest<[f64; N]>;

/// No parameter leaves `e^-BOX .. e^BOX`: further out nothing in the data can tell the difference.
pub(crate) const BOX: f64 = 18.0;

/// Longest step of one iteration, in any logarithm.
const LONGEST_STEP: f64 = 2.0;

/// The search ends when a full Newton step is predicted to gain less than this, relative to the value.
/// Newton's error squares with each step, so the parameters are then exact to about the square root of rounding or better.
const GAIN_TOLERANCE: f64 = 1e-14;

/// Two values closer than this, relative, are equal but for the rounding of a long sum.
const ROUNDING: f64 = 1e-12;

/// Minimises `objective` from `start`.
///
/// Damping `λ` is added to the diagonal until the matrix is positive definite and the step goes down; it shrinks while
/// the quadratic model predicts well.
pub(crate) fn minimise<P: Point>(
    objective: impl Fn(&P) -> Local<P>,
    start: P,
    iterations_allowed: usize,
) -> Option<Lowest<P>> {
    let mut theta = start;
    let mut at = objective(&theta);
    if !at.is_finite() {
        return None;
    }
    let mut damping = 0.0_f64;
    for iterations in 1..=iterations_allowed {
        let (step, undamped) = damped_step(&at, damping);
        let gain = predicted_gain(&at, &step);
        let small = gain.abs() <= GAIN_TOLERANCE * (at.value.abs() + 1e-300);
        let proposal = moved(&theta, &step);
        let next = objective(&proposal);
        if small && undamped {
            // The last step gains less than rounding can show, but halves the digits that are still wrong.
            if next.is_finite() && next.value <= at.value + ROUNDING * at.value.abs() {
                (theta, at) = (proposal, next);
            }
            return Some(Lowest {
                theta,
                at,
                iterations,
                converged: true,
            });
        }
        let actual = at.value - next.value;
        if next.is_finite() && actual > 0.0 {
            damping = next_damping(damping, actual / gain);
            (theta, at) = (proposal, next);
        } else if small {
            // A damped step that neither gains nor can be predicted to: flat to rounding.
            let converged = is_flat(&at);
            return Some(Lowest {
                theta,
                at,
                iterations,
                converged,
            });
        } else {
            damping = (damping * 8.0).max(1e-4 * largest_diagonal(&at));
        }
    }
    Some(Lowest {
        theta,
        at,
        iterations: iterations_allowed,
        converged: false,
    })
}

/// Returns the step and whether it is the full Newton step.
fn damped_step<P: Point>(at: &Local<P>, damping: f64) -> (P, bool) {
    let mut lambda = damping;
    loop {
        let mut damped = at.hessian.clone();
        for (i, row) in damped.as_mut().iter_mut().enumerate() {
            row.as_mut()[i] += lambda;
        }
        if let Some(lower) = matrix::cholesky(&damped) {
            let mut downhill = at.gradient.clone();
            each(&mut downhill, |g| -g);
            let mut step = matrix::solve(&lower, &downhill);
            let lengths = step.as_ref().iter();
            let longest = lengths.fold(0.0_f64, |longest, s| longest.max(s.abs()));
            let cut = longest > LONGEST_STEP;
            if cut {
                each(&mut step, |s| s * LONGEST_STEP / longest);
            }
            return (step, lambda == 0.0 && !cut);
        }
        lambda = (lambda * 4.0).max(1e-6 * largest_diagonal(at));
    }
}

fn each<P: Point>(point: &mut P, change: impl Fn(f64) -> f64) {
    for entry in point.as_mut() {
        *entry = change(*entry);
    }
}

fn predicted_gain<P: Point>(at: &Local<P>, step: &P) -> f64 {
    let (gradient, step) = (at.gradient.as_ref(), step.as_ref());
    let mut gain = 0.0;
    for (i, row) in at.hessian.as_ref().iter().enumerate() {
        gain -= gradient[i] * step[i];
        for (j, entry) in row.as_ref().iter().enumerate() {
            gain -= 0.5 * step[i] * entry * step[j];
        }
    }
    gain
}

fn moved<P: Point>(theta: &P, step: &P) -> P {
    let mut proposal = theta.clone();
    for (entry, step) in proposal.as_mut().iter_mut().zip(step.as_ref()) {
        *entry = (*entry + step).clamp(-BOX, BOX);
    }
    proposal
}

fn next_damping(damping: f64, ratio: f64) -> f64 {
    match ratio {
        r if r > 0.5 && damping < 1e-7 => 0.0,
        r if r > 0.5 => damping / 8.0,
        r if r < 0.1 => (damping * 4.0).max(1e-6),
        _ => damping,
    }
}

fn largest_diagonal<P: Point>(at: &Local<P>) -> f64 {
    let rows = at.hessian.as_ref().iter().enumerate();
    rows.fold(1e-12_f64, |largest, (i, row)| {
        largest.max(row.as_ref()[i].abs())
    })
}

fn is_flat<P: Point>(at: &Local<P>) -> bool {
    at.gradient
        .as_ref()
        .iter()
        .all(|g| g.abs() < 1e-6 * at.value.abs().max(1e-300))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rosenbrock's valley in the logarithms: minimum at (1, 1) at the end of a bent, flat valley.
    fn valley(theta: &[f64; 2]) -> Evaluation<2> {
        let [x, y] = *theta;
        let bend = y - x * x;
        Evaluation {
            value: 1.0 + (1.0 - x).powi(2) + 100.0 * bend * bend,
            gradient: [-2.0 * (1.0 - x) - 400.0 * x * bend, 200.0 * bend],
            hessian: [
                [2.0 - 400.0 * bend + 800.0 * x * x, -400.0 * x],
                [-400.0 * x, 200.0],
            ],
        }
    }

    #[test]
    fn a_bent_valley_is_followed_to_its_end() {
        let found = minimise(valley, [-1.2, 1.0], 200).unwrap();
        assert!(found.converged);
        assert!((found.theta[0] - 1.0).abs() < 1e-7 && (found.theta[1] - 1.0).abs() < 1e-7);
    }

    #[test]
    fn a_number_of_parameters_known_when_the_program_runs_changes_no_bit() {
        let dynamic = |theta: &Vec<f64>| {
            let at = valley(&[theta[0], theta[1]]);
            Local {
                value: at.value,
                gradient: at.gradient.to_vec(),
                hessian: at.hessian.map(|row| row.to_vec()).to_vec(),
            }
        };
        let fixed = minimise(valley, [-1.2, 1.0], 200).unwrap();
        let found = minimise(dynamic, vec![-1.2, 1.0], 200).unwrap();
        assert_eq!(found.theta, fixed.theta);
        assert_eq!(found.iterations, fixed.iterations);
    }

    #[test]
    fn too_few_iterations_are_told() {
        assert!(!minimise(valley, [-1.2, 1.0], 3).unwrap().converged);
    }

    #[test]
    fn a_start_without_a_value_is_refused() {
        let nowhere = |_: &[f64; 1]| Evaluation {
            value: f64::NAN,
            ..Evaluation::ZERO
        };
        assert!(minimise(nowhere, [0.0], 10).is_none());
    }
}
