//! Tails and quantiles of distributions against scipy.

use patron_stats::distributions::{
    beta_below, beta_quantile, chi_square_above, fisher_above, gamma_below, gamma_quantile,
    kolmogorov_above, normal_above, normal_quantile, student_above, student_quantile,
};
use patron_testkit::{assert_relative, number, reference_cases};
use serde_json::Value;

/// Two programs in doubles, each good to about 1e-14 of a tail of 1e-90.
const TAIL: f64 = 1e-11;

/// Stephens' correction stands for the exact distribution of few numbers to this, as its page says.
const CORRECTED: f64 = 0.023;
const CORRECTED_TAIL: f64 = 0.0004;

fn each(list: &str, test: impl Fn(&Value)) {
    let cases = reference_cases("distributions");
    cases[list].as_array().unwrap().iter().for_each(test);
}

#[test]
fn tails_and_quantiles_of_the_normal_distribution_equal_those_of_scipy() {
    each("normal", |case| {
        let found = normal_above(number(case, "/z"));
        assert_relative(&case.to_string(), found, number(case, "/above"), TAIL);
    });
    each("normal_quantile", |case| {
        let found = normal_quantile(number(case, "/level"));
        assert!(
            (found - number(case, "/z")).abs() < TAIL * found.abs().max(1.0),
            "{case}"
        );
    });
}

#[test]
fn tails_of_chi_square_equal_those_of_scipy() {
    each("chi_square", |case| {
        let degrees = number(case, "/degrees_of_freedom") as u32;
        let found = chi_square_above(number(case, "/value"), degrees);
        assert_relative(&case.to_string(), found, number(case, "/above"), TAIL);
    });
}

#[test]
fn the_tail_of_kolmogorov_is_near_the_exact_one_of_few_numbers() {
    each("kolmogorov", |case| {
        let count = number(case, "/count") as usize;
        let expected = number(case, "/above");
        let gap = (kolmogorov_above(number(case, "/distance"), count) - expected).abs();
        assert!(gap < CORRECTED, "{case}: {gap}");
        assert!(gap < CORRECTED_TAIL || expected > 0.06, "{case}: {gap}");
    });
}

/// scipy's quantiles of beta are searched to about this.
const QUANTILE: f64 = 1e-9;

#[test]
fn quantiles_of_gamma_and_beta_equal_those_of_scipy_and_lead_back() {
    each("gamma", |case| {
        let [shape, level] = ["/shape", "/level"].map(|field| number(case, field));
        let found = gamma_quantile(level, shape);
        assert_relative(
            &case.to_string(),
            found,
            number(case, "/quantile"),
            QUANTILE,
        );
        assert_relative(
            &case.to_string(),
            gamma_below(found, shape),
            level,
            QUANTILE,
        );
    });
    each("beta", |case| {
        let [a, b, level] = ["/a", "/b", "/level"].map(|field| number(case, field));
        let found = beta_quantile(level, a, b);
        assert_relative(
            &case.to_string(),
            found,
            number(case, "/quantile"),
            QUANTILE,
        );
        // Near 1 a share has no digits left to lead back by.
        let near_one = found > 1.0 - 1e-9;
        assert!(
            near_one || (beta_below(found, a, b) / level - 1.0).abs() < QUANTILE,
            "{case}"
        );
    });
}

#[test]
fn students_t_and_fishers_f_equal_those_of_scipy() {
    each("student", |case| {
        let degrees = number(case, "/degrees_of_freedom");
        let found = student_above(number(case, "/t"), degrees);
        assert_relative(&case.to_string(), found, number(case, "/above"), TAIL);
    });
    each("student_quantile", |case| {
        let degrees = number(case, "/degrees_of_freedom");
        let found = student_quantile(number(case, "/level"), degrees);
        assert!(
            (found - number(case, "/t")).abs() < QUANTILE * found.abs().max(1.0),
            "{case}"
        );
    });
    each("fisher", |case| {
        let [above, below] = ["/above_degrees", "/below_degrees"].map(|field| number(case, field));
        let found = fisher_above(number(case, "/value"), above, below);
        assert_relative(&case.to_string(), found, number(case, "/above"), TAIL);
    });
}
