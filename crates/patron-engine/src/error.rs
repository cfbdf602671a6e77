//! Why files cannot be turned into customers.

use patron_core::{Coded, Day, ErrorCode, RowClass};
use patron_fold::FoldError;
use patron_import::RejectedRow;

use crate::grouping::GroupingError;
use crate::scoring::ScoreError;
use crate::sorted::SortedError;
use crate::source::SourceError;
use crate::spark::SparkError;

/// Why files cannot be turned into customers.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A file cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Facts cannot be grouped or folded.
    #[error(transparent)]
    Grouping(#[from] GroupingError),
    /// The settings of the fold are wrong.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// Spark cannot do it.
    #[error(transparent)]
    Spark(#[from] SparkError),
    /// Histories cannot be folded as a database gives them.
    #[error(transparent)]
    Sorted(#[from] SortedError),
    /// Customers cannot be scored where they are.
    #[error(transparent)]
    Score(#[from] ScoreError),
    /// No file was named.
    #[error("no orders file was named")]
    NoFiles,
    /// Facts went in that did not come out: a defect of patron, found by counting.
    #[error("{read} facts were read but {folded} were folded")]
    FactsLost {
        /// Facts read.
        read: u64,
        /// Facts folded.
        folded: u64,
    },
    /// Files in two currencies.
    #[error("two currencies: `{first}` in `{first_file}` and `{second}` in `{second_file}`")]
    TwoCurrencies {
        /// The currency met first.
        first: String,
        /// In which file.
        first_file: String,
        /// Another currency.
        second: String,
        /// In which file.
        second_file: String,
    },
    /// Order ids repeat with a constant amount, and nobody said what a row is.
    #[error(
        "order id `{example}` stands in {rows} rows with the same amount ({constant} such ids); a row may be an order or a line of one"
    )]
    AmbiguousGrain {
        /// Such an id.
        example: String,
        /// Its rows.
        rows: u64,
        /// How many ids are like it.
        constant: u64,
    },
    /// There is no valid order.
    #[error(
        "no valid order is left: {rows_in} rows in, {accepted} accepted{}{}",
        classes(set_aside),
        first_offender(first_unreadable.as_deref())
    )]
    NoValidOrder {
        /// Rows read.
        rows_in: u64,
        /// Rows accepted.
        accepted: u64,
        /// Rows set aside, by class.
        set_aside: Vec<(RowClass, u64)>,
        /// The first row that could not be read, and its file.
        first_unreadable: Option<Box<(String, RejectedRow)>>,
    },
    /// So many order ids stand with several customers that they are hardly those of orders.
    #[error(
        "{shared} of {orders} order ids stand with more than one customer, such as `{example}` with `{}` and `{}`", customers[0], customers[1]
    )]
    SharedOrderIds {
        /// How many do.
        shared: u64,
        /// How many ids there are.
        orders: u64,
        /// The first of them.
        example: String,
        /// Two of its customers.
        customers: [String; 2],
    },
    /// There is no valid order as of the day asked for.
    #[error("no valid order by {as_of}: the earliest in the data is of {earliest}")]
    AsOfBeforeFirstOrder {
        /// The day asked for.
        as_of: Day,
        /// The earliest order.
        earliest: Day,
    },
}

impl Coded for EngineError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Source(error) => error.code(),
            Self::Grouping(error) => error.code(),
            Self::Fold(error) => error.code(),
            Self::Spark(error) => error.code(),
            Self::Sorted(error) => error.code(),
            Self::Score(error) => error.code(),
            Self::NoFiles => ErrorCode::SettingInvalid,
            Self::FactsLost { .. } => ErrorCode::Internal,
            Self::TwoCurrencies { .. }
            | Self::AmbiguousGrain { .. }
            | Self::SharedOrderIds { .. } => ErrorCode::InputAmbiguous,
            Self::NoValidOrder { .. } | Self::AsOfBeforeFirstOrder { .. } => ErrorCode::InputEmpty,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Source(error) => error.key(),
            Self::Grouping(error) => error.key(),
            Self::Fold(error) => error.key(),
            Self::Spark(error) => error.key(),
            Self::Sorted(error) => error.key(),
            Self::Score(error) => error.key(),
            Self::NoFiles => "no_files",
            Self::FactsLost { .. } => "facts_lost",
            Self::TwoCurrencies { .. } => "two_currencies",
            Self::AmbiguousGrain { .. } => "ambiguous_grain",
            Self::SharedOrderIds { .. } => "shared_order_ids",
            Self::NoValidOrder { .. } => "no_valid_order",
            Self::AsOfBeforeFirstOrder { .. } => "as_of_before_first_order",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Source(error) => error.hint(),
            Self::Grouping(error) => error.hint(),
            Self::Spark(error) => error.hint(),
            Self::Sorted(error) => error.hint(),
            Self::Score(error) => error.hint(),
            Self::TwoCurrencies { first, .. } => {
                Some(format!("convert the others with `--rates FILE --currency {first}`, a file such as `date,from,to,rate`; or export one currency at a time: patron does not add up different money"))
            }
            Self::AmbiguousGrain { .. } => Some(
                "say `--grain order` if every row repeats the order's total, `--grain line` if every row is a line with its own amount"
                    .to_owned(),
            ),
            Self::SharedOrderIds { .. } => Some(
                "if the column is no order's number, name the right one with `--map order_id=COLUMN`; orders of another shop go into a workspace of their own; if numbers begin anew for each customer, say `--keep shared-orders`, and each counts"
                    .to_owned(),
            ),
            Self::NoValidOrder { set_aside, .. } => Some(no_order_hint(set_aside).to_owned()),
            Self::AsOfBeforeFirstOrder { earliest, .. } => Some(format!("use `--as-of {earliest}` or later")),
            _ => None,
        }
    }
}

fn classes(set_aside: &[(RowClass, u64)]) -> String {
    let list = set_aside
        .iter()
        .map(|(class, rows)| format!("{rows} {}", class.key().replace('_', " ")));
    let list = list.collect::<Vec<_>>().join(", ");
    if list.is_empty() {
        list
    } else {
        format!(", set aside: {list}")
    }
}

/// Where to look first.
fn first_offender(first: Option<&(String, RejectedRow)>) -> String {
    first.map_or_else(String::new, |(file, row)| {
        let column = row
            .column
            .as_ref()
            .map_or_else(String::new, |column| format!(", column `{column}`"));
        format!(
            "; the first is line {} of `{file}`{column}, `{}`: {}",
            row.line, row.value, row.reason
        )
    })
}

/// What mends the class that most rows ended in.
fn no_order_hint(set_aside: &[(RowClass, u64)]) -> &'static str {
    match set_aside
        .iter()
        .max_by_key(|(_, rows)| *rows)
        .map(|(class, _)| *class)
    {
        Some(RowClass::MissingCustomer) => {
            "name the column of the customer with `--map customer_id=COLUMN`"
        }
        Some(RowClass::SharedOrder) => {
            "ids of orders stand with several customers: mend them, or `--keep shared-orders` counts each"
        }
        Some(RowClass::Unreadable) => {
            "name the columns with `--map`, or say how dates and amounts are written (`--date-format`, `--decimal-mark`)"
        }
        Some(RowClass::FeeLine) => "`--fee-lines keep` counts fee lines as goods",
        Some(RowClass::PriceZero) => {
            "`--zero-price keep` and `--zero-orders count` let free orders count"
        }
        Some(_) => "`--keep CLASS` uses rows of a class that is set aside",
        None => {
            "orders of zero, unpaid, cancelled or fully refunded do not count; `--zero-orders count` lets free orders count"
        }
    }
}
