//! Log-likelihood of Gamma-Gamma with exact gradient and Hessian in (p, q, γ).

use super::{GammaGammaParameters, SpendHistories};
use crate::optimise::Evaluation;
use crate::special::{digamma, ln_gamma, trigamma};

/// What depends on the number of purchases only: the same for a run of sorted spends.
#[derive(Debug, Clone, Copy)]
struct OfPurchases {
    purchases: u32,
    /// p·x + q.
    shape: f64,
    ln_gamma: f64,
    /// ψ(px + q), ψ′(px + q), and the same less that of px.
    first: f64,
    second: f64,
    first_less: f64,
    second_less: f64,
}

impl OfPurchases {
    fn new(parameters: &GammaGammaParameters, purchases: u32) -> Self {
        let GammaGammaParameters { p, q, .. } = *parameters;
        let x = f64::from(purchases);
        let (own, shape) = (p * x, p * x + q);
        let (first, second) = (digamma(shape), trigamma(shape));
        Self {
            purchases,
            shape,
            ln_gamma: ln_gamma(shape) - ln_gamma(own) + own * x.ln(),
            first,
            second,
            first_less: first - digamma(own),
            second_less: second - trigamma(own),
        }
    }
}

/// Returns the log-likelihood of all spends with gradient and Hessian.
pub(super) fn log_likelihood(
    parameters: &GammaGammaParameters,
    spends: &SpendHistories,
) -> Evaluation<3> {
    let GammaGammaParameters { p, q, gamma } = *parameters;
    let (q_first, q_second) = (digamma(q), trigamma(q));
    let ln_prior = q * gamma.ln() - ln_gamma(q);
    let mut of = OfPurchases::new(parameters, 1);
    let mut value = 0.0;
    let (mut of_p, mut of_q, mut of_gamma) = (0.0, 0.0, 0.0);
    let (mut pp, mut pq, mut p_gamma) = (0.0, 0.0, 0.0);
    let (mut qq, mut q_gamma, mut gamma_gamma) = (0.0, 0.0, 0.0);
    for (spend, count) in spends.entries() {
        if of.purchases != spend.purchases() {
            of = OfPurchases::new(parameters, spend.purchases());
        }
        let weight = *count as f64;
        let (x, m) = (f64::from(of.purchases), spend.mean_spend());
        let total = gamma + x * m;
        let (ln_m, ln_total) = (m.ln(), total.ln());
        value += weight * (of.ln_gamma + ln_prior + (p * x - 1.0) * ln_m - of.shape * ln_total);
        of_p += weight * x * (of.first_less + ln_m + x.ln() - ln_total);
        of_q += weight * (of.first - q_first + gamma.ln() - ln_total);
        of_gamma += weight * (q / gamma - of.shape / total);
        pp += weight * x * x * of.second_less;
        pq += weight * x * of.second;
        p_gamma -= weight * x / total;
        qq += weight * (of.second - q_second);
        q_gamma += weight * (1.0 / gamma - 1.0 / total);
        gamma_gamma += weight * (of.shape / (total * total) - q / (gamma * gamma));
    }
    Evaluation {
        value,
        gradient: [of_p, of_q, of_gamma],
        hessian: [
            [pp, pq, p_gamma],
            [pq, qq, q_gamma],
            [p_gamma, q_gamma, gamma_gamma],
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gamma_gamma::SpendHistory;

    /// Central differences of step 1e-5 lose half of the digits.
    const DIFFERENCE_TOLERANCE: f64 = 2e-6;

    #[test]
    fn gradient_and_hessian_equal_differences() {
        let rows = [(1, 22.5), (1, 3.1), (2, 40.0), (7, 12.25), (60, 35.0)];
        let spends = SpendHistories::new(rows.map(|(x, m)| SpendHistory::new(x, m).unwrap()));
        let at = |[p, q, gamma]: [f64; 3]| {
            log_likelihood(&GammaGammaParameters { p, q, gamma }, &spends)
        };
        let point = [5.2, 3.1, 14.0];
        let exact = at(point);
        for i in 0..3 {
            let step = 1e-5 * point[i];
            let (mut up, mut down) = (point, point);
            up[i] += step;
            down[i] -= step;
            let (up, down) = (at(up), at(down));
            let slope = (up.value - down.value) / (2.0 * step);
            assert!(
                (slope - exact.gradient[i]).abs() < DIFFERENCE_TOLERANCE * slope.abs().max(1.0)
            );
            for j in 0..3 {
                let bend = (up.gradient[j] - down.gradient[j]) / (2.0 * step);
                assert!(
                    (bend - exact.hessian[i][j]).abs() < DIFFERENCE_TOLERANCE * bend.abs().max(1.0)
                );
            }
        }
    }
}
