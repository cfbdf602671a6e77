//! What `patron clv predict` tells of a customer: its columns, and the text of them.

use std::fmt::Write;
use std::ops::Range;

use patron_analytics::clv::{Base, Customer, Prediction, Predictions, in_parts};
use serde_json::Value;

use super::chosen::{CUSTOMER, Chosen, Named};
use super::write_exact;
use crate::failure::Failure;
use crate::output::Output;

/// A number that is told of a customer.
#[derive(Debug, Clone, Copy)]
struct Column {
    name: &'static str,
    kind: Kind,
    /// Nothing for what is not known.
    value: fn(&Customer<'_>, &Prediction) -> Option<f64>,
}

/// On what a number depends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The history alone, so that customers with the same history share its text.
    OfHistory,
    /// The same, a bound of an interval.
    BoundOfHistory,
    OfCustomer,
    BoundOfCustomer,
}

impl Kind {
    const fn is_bound(self) -> bool {
        matches!(self, Self::BoundOfHistory | Self::BoundOfCustomer)
    }

    const fn is_shared(self) -> bool {
        matches!(self, Self::OfHistory | Self::BoundOfHistory)
    }
}

impl Named for Column {
    fn name(&self) -> &'static str {
        self.name
    }

    fn is_bound(&self) -> bool {
        self.kind.is_bound()
    }
}

const fn column(
    name: &'static str,
    kind: Kind,
    value: fn(&Customer<'_>, &Prediction) -> Option<f64>,
) -> Column {
    Column { name, kind, value }
}

/// The columns that the data say, and those that the quickest forecast tells.
const OF_PURCHASES: [&str; 8] = [
    CUSTOMER,
    "frequency",
    "recency",
    "T",
    "weight",
    "probability_alive",
    "expected_purchases",
    "holdout",
];

const COLUMNS: [Column; 20] = {
    use Kind::{BoundOfCustomer, BoundOfHistory, OfCustomer, OfHistory};
    [
        column("frequency", OfHistory, |customer, _| {
            Some(f64::from(customer.history.repeat_purchases()))
        }),
        column("recency", OfHistory, |customer, _| {
            Some(customer.history.recency())
        }),
        column("T", OfHistory, |customer, _| Some(customer.history.age())),
        column("weight", OfCustomer, |customer, _| {
            Some(customer.weight as f64)
        }),
        column("probability_alive", OfHistory, |_, told| {
            Some(told.of_history.forecast.probability_alive)
        }),
        column("expected_purchases", OfHistory, |_, told| {
            Some(told.of_history.forecast.expected_purchases)
        }),
        column("expected_purchases_low", BoundOfHistory, |_, told| {
            told.of_history.expected_purchases.map(|told| told.low)
        }),
        column("expected_purchases_high", BoundOfHistory, |_, told| {
            told.of_history.expected_purchases.map(|told| told.high)
        }),
        column("purchases_low", BoundOfHistory, |_, told| {
            told.of_history.outcome.map(|[low, _]| low as f64)
        }),
        column("purchases_high", BoundOfHistory, |_, told| {
            told.of_history.outcome.map(|[_, high]| high as f64)
        }),
        column("probability_of_purchase", OfHistory, |_, told| {
            Some(told.of_history.probability_of_purchase)
        }),
        column("next_purchase_median", OfHistory, |_, told| {
            told.of_history.forecast.median_time_to_next_purchase
        }),
        column("discounted_purchases", OfHistory, |_, told| {
            Some(told.of_history.forecast.discounted_purchases)
        }),
        column("discounted_purchases_lifetime", OfHistory, |_, told| {
            Some(told.of_history.forecast.discounted_purchases_lifetime)
        }),
        column("expected_spend", OfCustomer, |_, told| {
            told.value.map(|value| value.expected_spend)
        }),
        column("clv", OfCustomer, |_, told| {
            told.value.map(|value| value.clv)
        }),
        column("clv_low", BoundOfCustomer, |_, told| {
            Some(told.value?.interval?.low)
        }),
        column("clv_high", BoundOfCustomer, |_, told| {
            Some(told.value?.interval?.high)
        }),
        column("clv_lifetime", OfCustomer, |_, told| {
            told.value.map(|value| value.clv_lifetime)
        }),
        column("holdout", OfCustomer, |customer, _| {
            customer.later.map(f64::from)
        }),
    ]
};

/// The columns that are asked for.
#[derive(Debug)]
pub(super) struct Columns(Chosen<Column>);

impl Columns {
    /// Takes the names asked for, all without any; without intervals none of their bounds.
    pub(super) fn of(names: &[String], intervals: bool) -> Result<Self, Failure> {
        Chosen::of(&COLUMNS, names, intervals).map(Self)
    }

    /// Whether columns are asked for by name, and none needs more than P(alive) and expected purchases.
    pub(super) fn are_of_purchases(names: &[String]) -> bool {
        let is_one = |name: &String| OF_PURCHASES.contains(&name.as_str());
        !names.is_empty() && names.iter().all(is_one)
    }

    /// Returns everything that is told of a customer.
    pub(super) fn object(&self, customer: &Customer<'_>, told: &Prediction) -> Value {
        let value = |column: &Column| (column.value)(customer, told);
        self.0.object(&customer.id.text(), value)
    }

    /// Writes a row per customer, rendered on all threads.
    pub(super) fn write_csv(
        &self,
        base: &Base,
        told: &Predictions,
        output: &mut Output,
    ) -> Result<(), Failure> {
        output.line(&self.0.header().join(","))?;
        let shared = self.shared(base, told)?;
        let render = |rows: Range<usize>| {
            let mut text = String::new();
            for place in rows {
                self.row(base, told, &shared, place, &mut text);
            }
            text
        };
        in_parts(base.customers.len(), render, |text| output.data(&text))
    }

    /// Neighbouring columns that depend on the same.
    fn runs(&self) -> impl Iterator<Item = &[Column]> {
        self.0
            .numbers
            .chunk_by(|one, next| one.kind.is_shared() == next.kind.is_shared())
    }

    /// The texts of what histories decide, a few to each history; none where sharing them does not pay.
    fn shared(&self, base: &Base, told: &Predictions) -> Result<Vec<String>, Failure> {
        if told.histories() * 2 > base.customers.len() {
            return Ok(Vec::new());
        }
        let mut somebody = vec![0; told.histories()];
        for place in 0..base.customers.len() {
            let history = told.history(place);
            if let Some(slot) = history.and_then(|history| somebody.get_mut(history)) {
                *slot = place;
            }
        }
        let mut texts = Vec::new();
        let render = |histories: Range<usize>| {
            let somebody = somebody.get(histories).unwrap_or_default();
            let each = somebody.iter().flat_map(|place| {
                let runs = self.runs().filter(|run| run_is_shared(run));
                runs.map(|run| {
                    let mut text = String::new();
                    cells(run, base, told, *place, &mut text);
                    text
                })
            });
            each.collect::<Vec<String>>()
        };
        in_parts(told.histories(), render, |mut part| {
            texts.append(&mut part);
            Ok::<(), Failure>(())
        })?;
        Ok(texts)
    }

    fn row(
        &self,
        base: &Base,
        told: &Predictions,
        shared: &[String],
        place: usize,
        text: &mut String,
    ) {
        if self.0.with_id
            && let Some(customer) = base.customers.get(place)
        {
            field(&customer.id.text(), text);
        }
        let of_history = self.runs().filter(|run| run_is_shared(run)).count();
        let first = told
            .history(place)
            .map_or(0, |history| history * of_history);
        let mut known = shared
            .get(first..first + of_history)
            .unwrap_or_default()
            .iter();
        let mut begun = self.0.with_id;
        for run in self.runs() {
            if begun {
                text.push(',');
            }
            begun = true;
            let kept = if run_is_shared(run) {
                known.next()
            } else {
                None
            };
            match kept {
                Some(kept) => text.push_str(kept),
                None => cells(run, base, told, place, text),
            }
        }
        text.push('\n');
    }
}

fn run_is_shared(run: &[Column]) -> bool {
    run.first().is_some_and(|column| column.kind.is_shared())
}

/// Writes the numbers of neighbouring columns.
fn cells(run: &[Column], base: &Base, told: &Predictions, place: usize, text: &mut String) {
    let customer = base.customers.get(place);
    let told = told.customer(place);
    for (number, column) in run.iter().enumerate() {
        if number > 0 {
            text.push(',');
        }
        if let (Some(customer), Some(told)) = (&customer, &told)
            && let Some(value) = (column.value)(customer, told)
        {
            write_exact(value, text);
        }
    }
}

/// Writes a text as a field of CSV, quoted where it must be.
fn field(value: &str, text: &mut String) {
    if value.contains(['"', ',', '\n', '\r']) {
        // A string takes all that is written.
        let _infallible = write!(text, "\"{}\"", value.replace('"', "\"\""));
    } else {
        text.push_str(value);
    }
}
