//! Gamma function against 40 digits.

use patron_stats::special::{digamma, ln_gamma, trigamma};
use patron_testkit::{number, reference_cases};

/// A few roundings, relative to the value or, near a zero of the function, to 1.
const ROUNDING: f64 = 5e-15;

#[test]
fn gamma_and_its_derivatives_are_exact_to_rounding() {
    let cases = reference_cases("special");
    for case in cases["cases"].as_array().unwrap() {
        let x = number(case, "/x");
        let functions = [
            ("ln_gamma", ln_gamma(x)),
            ("digamma", digamma(x)),
            ("trigamma", trigamma(x)),
        ];
        for (name, found) in functions {
            let expected = number(case, &format!("/{name}"));
            let gap = (found - expected).abs() / expected.abs().max(1.0);
            assert!(
                gap < ROUNDING,
                "{name}({x}): found {found}, expected {expected}"
            );
        }
    }
}
