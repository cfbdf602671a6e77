//! The textbook's formulas of customer lifetime value: averages of a shop, no model.

/// What the calculator is asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalculatorInput {
    /// Money per order, at least 0.
    pub average_order_value: f64,
    /// Orders per customer and year, at least 0.
    pub orders_per_year: f64,
    /// Years a customer stays, at least 0.
    pub years: f64,
    /// Share of the order value that is profit, 0 to 1.
    pub margin: f64,
    /// Money spent to win one customer, at least 0; absent where unknown.
    pub acquisition_cost: Option<f64>,
}

/// What the calculator answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalculatorOutput {
    /// Lifetime value before acquisition cost.
    pub value_before_acquisition_cost: f64,
    /// Money spent to win one customer.
    pub acquisition_cost: Option<f64>,
    /// Lifetime value less acquisition cost.
    pub value_after_acquisition_cost: Option<f64>,
    /// Lifetime value before acquisition cost per unit of acquisition cost; absent where the cost is 0 or unknown.
    pub value_to_cost: Option<f64>,
}

/// What the retention form is asked; all for one period, a year usually.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetentionInput {
    /// Profit per customer and period, at least 0.
    pub margin_per_period: f64,
    /// Share of customers who stay for another period, 0 to 1.
    pub retention_rate: f64,
    /// Discount per period, at least 0.
    pub discount_rate: f64,
}

/// Why the calculator refuses.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CalculatorError {
    /// An amount, rate or duration is negative, infinite or not a number.
    #[error("{field} is {value}, expected a finite number of at least 0")]
    Negative {
        /// The field.
        field: &'static str,
        /// Its value.
        value: f64,
    },
    /// A share is not one.
    #[error("{field} is {value}, expected a share from 0 to 1")]
    NotAShare {
        /// The field.
        field: &'static str,
        /// Its value.
        value: f64,
    },
    /// Everybody stays and nothing is discounted: the sum has no end.
    #[error(
        "with a retention rate of {retention_rate} and a discount rate of {discount_rate} the value is infinite"
    )]
    ValueInfinite {
        /// The retention rate.
        retention_rate: f64,
        /// The discount rate.
        discount_rate: f64,
    },
    /// Money was spent and nobody came.
    #[error("a cost of {spend} for 0 new customers, expected at least 1 customer")]
    NoNewCustomers {
        /// The money spent.
        spend: f64,
    },
}

/// Returns the textbook's lifetime value.
///
/// # Model
///
/// ```text
/// CLV = order value · orders per year · years · margin        after cost = CLV − CAC        ratio = CLV / CAC
/// ```
///
/// # Errors
/// [`CalculatorError::Negative`] and [`CalculatorError::NotAShare`], the first field in the order of the struct; NaN
/// fails both tests.
///
/// # Examples
/// ```
/// use patron_stats::textbook::{CalculatorInput, calculate};
///
/// let shop = CalculatorInput {
///     average_order_value: 50.0,
///     orders_per_year: 4.0,
///     years: 3.0,
///     margin: 0.3,
///     acquisition_cost: Some(60.0),
/// };
/// let answer = calculate(&shop)?;
/// assert_eq!(answer.value_before_acquisition_cost, 180.0);
/// assert_eq!(answer.value_to_cost, Some(3.0));
/// # Ok::<(), patron_stats::textbook::CalculatorError>(())
/// ```
pub fn calculate(input: &CalculatorInput) -> Result<CalculatorOutput, CalculatorError> {
    not_negative("average_order_value", input.average_order_value)?;
    not_negative("orders_per_year", input.orders_per_year)?;
    not_negative("years", input.years)?;
    share("margin", input.margin)?;
    if let Some(cost) = input.acquisition_cost {
        not_negative("acquisition_cost", cost)?;
    }
    let value = input.average_order_value * input.orders_per_year * input.years * input.margin;
    let cost = input.acquisition_cost;
    Ok(CalculatorOutput {
        value_before_acquisition_cost: value,
        acquisition_cost: cost,
        value_after_acquisition_cost: cost.map(|cost| value - cost),
        value_to_cost: cost.filter(|cost| *cost > 0.0).map(|cost| value / cost),
    })
}

/// Returns the value of a customer who stays from period to period with the same probability.
///
/// # Model
///
/// The first margin comes after one period, if the customer stays.
///
/// ```text
/// CLV = Σ_{k≥1} m·r^k/(1 + d)^k = m·r / (1 + d − r)
/// ```
///
/// # Errors
/// [`CalculatorError::Negative`], [`CalculatorError::NotAShare`], and [`CalculatorError::ValueInfinite`] for r = 1 and
/// d = 0.
pub fn retention_value(input: &RetentionInput) -> Result<f64, CalculatorError> {
    let RetentionInput {
        margin_per_period,
        retention_rate,
        discount_rate,
    } = *input;
    not_negative("margin_per_period", margin_per_period)?;
    share("retention_rate", retention_rate)?;
    not_negative("discount_rate", discount_rate)?;
    let leaving = 1.0 + discount_rate - retention_rate;
    if leaving <= 0.0 {
        return Err(CalculatorError::ValueInfinite {
            retention_rate,
            discount_rate,
        });
    }
    Ok(margin_per_period * retention_rate / leaving)
}

/// Returns the cost of winning one customer: acquisition spend over new customers.
///
/// # Errors
/// [`CalculatorError::Negative`]; [`CalculatorError::NoNewCustomers`].
pub fn acquisition_cost(spend: f64, new_customers: u64) -> Result<f64, CalculatorError> {
    not_negative("spend", spend)?;
    if new_customers == 0 {
        return Err(CalculatorError::NoNewCustomers { spend });
    }
    Ok(spend / new_customers as f64)
}

fn not_negative(field: &'static str, value: f64) -> Result<(), CalculatorError> {
    if value >= 0.0 && value.is_finite() {
        Ok(())
    } else {
        Err(CalculatorError::Negative { field, value })
    }
}

fn share(field: &'static str, value: f64) -> Result<(), CalculatorError> {
    if (0.0..=1.0).contains(&value) {
        Ok(())
    } else {
        Err(CalculatorError::NotAShare { field, value })
    }
}
