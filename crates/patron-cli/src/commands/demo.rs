//! `patron demo`: a believable shop with a known truth.

use std::path::PathBuf;

use patron_demo::{DemoOptions, generate};
use patron_engine::{Progress, Step};

use crate::failure::Failure;
use crate::output::Output;
use crate::progress::Bars;
use crate::words::count;

/// Arguments of `patron demo`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder to write to; files of the same names are replaced
    folder: PathBuf,
    /// Customers of the shop
    #[arg(long, default_value_t = 20_000)]
    customers: u64,
    /// Seed: the same seed makes the same shop, byte for byte
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Years of history
    #[arg(long, default_value_t = 3)]
    years: u32,
    /// Write orders.csv only
    #[arg(long)]
    orders_only: bool,
    /// Say nothing but errors
    #[arg(long)]
    quiet: bool,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let options = DemoOptions {
        customers: args.customers,
        seed: args.seed,
        years: args.years,
        orders_only: args.orders_only,
    };
    let bars = Bars::new(args.quiet, Output::is_watched());
    bars.begin(Step::Write, args.customers);
    let summary = generate(&args.folder, &options, &mut |done, _| bars.advance_to(done))?;
    bars.end();
    if args.quiet {
        return Ok(());
    }
    output.line(&format!(
        "A shop with {} customers and {} orders, {} to {}, worth {}:",
        count(summary.customers),
        count(summary.orders),
        summary.first_day,
        summary.last_day,
        summary.revenue,
    ))?;
    for file in &summary.files {
        output.line(&format!(
            "  {} ({} rows)",
            file.path.display(),
            count(file.rows)
        ))?;
    }
    Ok(())
}
