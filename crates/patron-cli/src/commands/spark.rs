//! Flags of a run whose rows are read and folded on an Apache Spark.

use clap::ValueEnum;
use patron_engine::spark::{Program, SparkOrders};

use crate::commands::database::{Address, Database};
use crate::failure::{BadFlag, Failure};

/// Where an address may stand that nobody shall see in a list of processes.
const ADDRESS: &str = "PATRON_SPARK_URL";
/// What stands before the path of a program that executors have already.
const INSTALLED: &str = "installed:";

/// Where the work is done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// On this machine
    #[default]
    Embedded,
    /// On an Apache Spark
    Spark,
}

/// Where rows are read and folded.
#[derive(Debug, clap::Args)]
pub(crate) struct Spark {
    /// Where rows are read and folded: on this machine, or by the executors of an Apache Spark
    #[arg(long, value_enum, default_value_t)]
    engine: Engine,
    /// The address of Spark Connect, such as `sc://host:15002`; or in the environment as `PATRON_SPARK_URL`
    #[arg(long, value_name = "ADDRESS", requires = "table")]
    master_url: Option<Address>,
    /// The orders on Spark, in the place of files: what stands behind FROM, a table or a file such as ``parquet.`/data/orders` ``
    #[arg(
        long = "orders",
        value_name = "TABLE",
        group = "sql",
        required_if_eq("engine", "spark"),
        conflicts_with = "adbc"
    )]
    table: Option<String>,
    /// The patron that executors run: a file that Spark's server can read, or `installed:/path` where executors have it; this
    /// program where absent
    #[arg(long, value_name = "URI", requires = "table")]
    spark_program: Option<String>,
    /// Where Spark scores and writes the customers, as Parquet: a folder or an address that it can write to, with nothing in it.
    /// They never come here
    #[arg(long, value_name = "URI", requires = "table")]
    customers_to: Option<String>,
}

impl Spark {
    /// Whether a table on Spark is asked for.
    pub(crate) const fn is_asked(&self) -> bool {
        self.table.is_some()
    }

    /// The table, if one is asked for; `database` knows the driver.
    pub(crate) fn orders(&self, database: &Database) -> Result<Option<SparkOrders>, Failure> {
        let bad = |flag: &str, value: &str, expected: &str| {
            Failure::of_command_line(BadFlag {
                flag: flag.to_owned(),
                value: value.to_owned(),
                expected: expected.to_owned(),
            })
        };
        let Some(orders) = &self.table else {
            // Files beside it would have it overlooked.
            return match &self.customers_to {
                Some(place) => {
                    let expected = "`--orders` beside it, a table on Spark";
                    Err(bad("--customers-to", place, expected))
                }
                None => Ok(None),
            };
        };
        if self.engine != Engine::Spark {
            return Err(bad("--engine", "embedded", "`spark` beside `--orders`"));
        }
        let typed = self.master_url.as_ref().map(|address| address.0.clone());
        let expected = "an address such as sc://host:15002, or PATRON_SPARK_URL";
        let address = typed.or_else(from_environment);
        let address = address.ok_or_else(|| bad("--master-url", "", expected))?;
        let program = match &self.spark_program {
            Some(place) => match place.strip_prefix(INSTALLED) {
                Some(path) => Program::Installed(path.to_owned()),
                None => Program::Added(place.clone()),
            },
            None => Program::Added(own_path()),
        };
        Ok(Some(SparkOrders {
            spark: database.at(&address),
            orders: orders.clone(),
            program,
            customers_to: self.customers_to.clone(),
        }))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "patron-cli is where the environment is read"
)]
fn from_environment() -> Option<String> {
    let address = std::env::var(ADDRESS).ok();
    address.filter(|address| !address.is_empty())
}

/// Where this program lies.
fn own_path() -> String {
    let path = std::env::current_exe().unwrap_or_default();
    path.display().to_string()
}
