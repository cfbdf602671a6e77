//! Which columns of predictions are asked for: `--columns`.

use serde_json::{Value, json};

use crate::failure::{BadFlag, Failure};

/// The first column; the others are numbers.
pub(super) const CUSTOMER: &str = "customer_id";

/// A column of numbers.
pub(super) trait Named: Copy {
    fn name(&self) -> &'static str;

    /// Whether it is a bound of an interval, and not there without.
    fn is_bound(&self) -> bool;
}

/// The columns that are asked for, in their order.
#[derive(Debug)]
pub(super) struct Chosen<C> {
    pub(super) with_id: bool,
    pub(super) numbers: Vec<C>,
}

impl<C: Named> Chosen<C> {
    /// Takes the names asked for, all without any; without intervals none of their bounds.
    pub(super) fn of(all: &[C], names: &[String], intervals: bool) -> Result<Self, Failure> {
        let known = || all.iter().filter(|column| intervals || !column.is_bound());
        for name in names {
            if name != CUSTOMER && !known().any(|column| column.name() == name) {
                let all: Vec<&str> = known().map(Named::name).collect();
                return Err(Failure::of_command_line(BadFlag {
                    flag: "--columns".to_owned(),
                    value: name.clone(),
                    expected: format!("{CUSTOMER}, {}", all.join(", ")),
                }));
            }
        }
        let is_asked = |name: &str| names.is_empty() || names.iter().any(|asked| asked == name);
        Ok(Self {
            with_id: is_asked(CUSTOMER),
            numbers: known()
                .filter(|column| is_asked(column.name()))
                .copied()
                .collect(),
        })
    }

    pub(super) fn header(&self) -> Vec<&'static str> {
        let id = self.with_id.then_some(CUSTOMER).into_iter();
        id.chain(self.numbers.iter().map(Named::name)).collect()
    }

    /// Returns everything that is told of somebody.
    pub(super) fn object(&self, id: &str, value: impl Fn(&C) -> Option<f64>) -> Value {
        let id = self.with_id.then(|| (CUSTOMER.to_owned(), json!(id)));
        let numbers = self.numbers.iter();
        let numbers = numbers.map(|column| (column.name().to_owned(), json!(value(column))));
        Value::Object(id.into_iter().chain(numbers).collect())
    }
}
