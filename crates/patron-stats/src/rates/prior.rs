//! What both priors have in common: how their spread came about, sums of rising factorials.

use crate::special::{digamma, ln_gamma_change, trigamma};

/// How far the rates of customers lie apart, and how that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Spread {
    /// Estimated from all of them by maximum likelihood.
    Estimated,
    /// They differ by no more than chance explains: the prior is what all of them together say of one rate.
    Alike,
    /// Nobody was tried more than once, so that nothing tells a spread of rates from chance: the prior is as for [`Self::Alike`].
    Unknown,
    /// Whoever was tried more than once did always or never: the likelihood has no top. The prior has the weight of one trial.
    AllOrNothing,
    /// Given by hand.
    Given,
}

impl Spread {
    /// Returns a stable key, for translation.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Estimated => "spread_estimated",
            Self::Alike => "spread_alike",
            Self::Unknown => "spread_unknown",
            Self::AllOrNothing => "spread_all_or_nothing",
            Self::Given => "spread_given",
        }
    }
}

/// Up to here a rising factorial is multiplied out; beyond, by gamma functions.
const MULTIPLIED_OUT: u64 = 64;

/// Steps that a search for two parameters may take; Newton's method takes some ten.
pub(super) const ITERATIONS: usize = 300;

/// `ln(a·(a + 1)…(a + k − 1))` with its first and second derivatives in a.
pub(super) fn rising(a: f64, k: u64) -> [f64; 3] {
    if k > MULTIPLIED_OUT {
        let end = a + k as f64;
        return [
            ln_gamma_change(a, k as f64),
            digamma(end) - digamma(a),
            trigamma(end) - trigamma(a),
        ];
    }
    (0..k).fold([0.0; 3], |[value, first, second], j| {
        let factor = a + j as f64;
        [
            value + factor.ln(),
            first + 1.0 / factor,
            second - 1.0 / (factor * factor),
        ]
    })
}
