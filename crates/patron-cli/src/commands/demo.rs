//! `patron demo`: a believable shop with a known truth.

use std::path::PathBuf;

use patron_analytics::import::{ImportRequest, KEEP_EVERY, import};
use patron_analytics::settings::Settings;
use patron_analytics::workspace::{Start, Workspace};
use patron_demo::{DemoOptions, generate};
use patron_engine::{Progress, Step};

use crate::clock::now;
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::Bars;
use crate::words::count;

/// The currency of the shop.
const CURRENCY: &str = "EUR";
/// Of the shop's files those that a workspace holds.
const FILES: [&str; 8] = [
    "orders.csv",
    "order_lines.csv",
    "refunds.csv",
    "customers.csv",
    "products.csv",
    "events.csv",
    "surveys.csv",
    "spend.csv",
];
/// Memory for the import.
const MEMORY: u64 = 2 << 30;

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
    Workspace::remove_demo(&args.folder)?;
    let bars = Bars::new(args.quiet, Output::is_watched());
    bars.begin(Step::Write, args.customers);
    let summary = generate(&args.folder, &options, &mut |done, _| bars.advance_to(done))?;
    bars.end();
    let imported = !args.orders_only;
    if imported {
        import_records(args, &bars)?;
    }
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
    if imported {
        output.line(&format!(
            "It is a workspace, too, with all of it imported: `patron run --workspace {}`",
            args.folder.display()
        ))?;
    }
    Ok(())
}

/// Makes the folder a workspace with the shop's records.
fn import_records(args: &Args, bars: &Bars) -> Result<(), Failure> {
    let start = Start {
        demo_currency: Some(CURRENCY.to_owned()),
        ..Start::default()
    };
    let workspace = Workspace::init(&args.folder, &start, now())?;
    let request = ImportRequest {
        keep_every: KEEP_EVERY,
        files: FILES.map(|name| args.folder.join(name)).to_vec(),
        query: None,
        flags: Settings::default(),
        dry_run: false,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        memory_bytes: MEMORY,
        now: now(),
    };
    import(&workspace, &request, bars)?;
    Ok(())
}
