//! The calculator.

use patron_stats::textbook::{
    CalculatorError, CalculatorInput, CalculatorOutput, RetentionInput, acquisition_cost,
    calculate, retention_value,
};

const SHOP: CalculatorInput = CalculatorInput {
    average_order_value: 80.0,
    orders_per_year: 2.5,
    years: 4.0,
    margin: 0.25,
    acquisition_cost: Some(50.0),
};

#[test]
fn the_formula_and_its_difference_and_ratio() {
    let expected = CalculatorOutput {
        value_before_acquisition_cost: 200.0,
        acquisition_cost: Some(50.0),
        value_after_acquisition_cost: Some(150.0),
        value_to_cost: Some(4.0),
    };
    assert_eq!(calculate(&SHOP), Ok(expected));
    let free = CalculatorInput {
        acquisition_cost: Some(0.0),
        ..SHOP
    };
    assert_eq!(calculate(&free).unwrap().value_to_cost, None);
    assert_eq!(
        calculate(&free).unwrap().value_after_acquisition_cost,
        Some(200.0)
    );
    let unknown = CalculatorInput {
        acquisition_cost: None,
        ..SHOP
    };
    assert_eq!(
        calculate(&unknown).unwrap().value_after_acquisition_cost,
        None
    );
    assert_eq!(acquisition_cost(1_000.0, 20), Ok(50.0));
}

#[test]
fn the_retention_form_is_the_sum_of_its_series() {
    let input = RetentionInput {
        margin_per_period: 100.0,
        retention_rate: 0.8,
        discount_rate: 0.1,
    };
    let series: f64 = (1..400).map(|k| 100.0 * (0.8f64 / 1.1).powi(k)).sum();
    assert!((retention_value(&input).unwrap() - series).abs() < 1e-9);
    let never = RetentionInput {
        retention_rate: 0.0,
        ..input
    };
    assert_eq!(retention_value(&never), Ok(0.0));
}

#[test]
fn each_bad_input_is_named() {
    let negative = |field, value| Err(CalculatorError::Negative { field, value });
    assert_eq!(
        calculate(&CalculatorInput {
            average_order_value: -1.0,
            ..SHOP
        }),
        negative("average_order_value", -1.0)
    );
    assert_eq!(
        calculate(&CalculatorInput {
            orders_per_year: f64::INFINITY,
            ..SHOP
        }),
        negative("orders_per_year", f64::INFINITY)
    );
    assert_eq!(
        calculate(&CalculatorInput {
            years: -0.5,
            ..SHOP
        }),
        negative("years", -0.5)
    );
    assert_eq!(
        calculate(&CalculatorInput {
            acquisition_cost: Some(-5.0),
            ..SHOP
        }),
        negative("acquisition_cost", -5.0)
    );
    assert!(
        calculate(&CalculatorInput {
            margin: f64::NAN,
            ..SHOP
        })
        .is_err()
    );
    let percent = calculate(&CalculatorInput {
        margin: 25.0,
        ..SHOP
    })
    .unwrap_err();
    assert_eq!(
        percent.to_string(),
        "margin is 25, expected a share from 0 to 1"
    );
}

#[test]
fn what_has_no_end_or_no_beginning_is_refused() {
    let endless = RetentionInput {
        margin_per_period: 1.0,
        retention_rate: 1.0,
        discount_rate: 0.0,
    };
    assert_eq!(
        retention_value(&endless),
        Err(CalculatorError::ValueInfinite {
            retention_rate: 1.0,
            discount_rate: 0.0
        })
    );
    assert_eq!(
        acquisition_cost(100.0, 0),
        Err(CalculatorError::NoNewCustomers { spend: 100.0 })
    );
}
