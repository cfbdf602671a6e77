//! How fast one core reads a text file: `cargo run --release -p patron-import --example throughput [FILE]`.
//!
//! Without a file it makes one of two million orders with four columns. Splitting and reading are timed apart.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "an example that prints what it measures"
)]

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use patron_import::{ImportOptions, RowReader, WrittenDown, open_text};

fn main() {
    let given = std::env::args().nth(1).map(PathBuf::from);
    let folder = std::env::temp_dir();
    let path = given.unwrap_or_else(|| {
        let path = folder.join("patron-throughput.csv");
        std::fs::write(&path, orders(2_000_000)).unwrap();
        path
    });
    let options = ImportOptions::default();
    let megabytes = std::fs::metadata(&path).unwrap().len() as f64 / 1e6;

    let started = Clock::start();
    let (understanding, mut stream) = open_text(&path, &options).unwrap();
    let understood = started.elapsed();
    let blocks: Vec<_> = stream.by_ref().map(Result::unwrap).collect();
    stream.digest().unwrap();
    let split = started.elapsed() - understood;

    let text: usize = blocks.iter().map(|block| block.bytes.len()).sum();
    let mut reader = RowReader::new(Arc::new(understanding), Arc::new(options), 0);
    let started = Clock::start();
    let mut rows = 0;
    for block in &blocks {
        rows += reader
            .parse_block(block, &mut WrittenDown)
            .unwrap()
            .account
            .rows_in;
    }
    let read = started.elapsed();
    let rate = |seconds: f64| text as f64 / 1e6 / seconds;
    println!("{} of {megabytes:.1} MB, {rows} rows", path.display());
    println!("understand {:8.1} ms", understood.as_secs_f64() * 1e3);
    println!(
        "split      {:8.1} MB/s (with SHA-256)",
        rate(split.as_secs_f64())
    );
    println!(
        "read       {:8.1} MB/s on one core, {:.0} ns a row",
        rate(read.as_secs_f64()),
        read.as_secs_f64() * 1e9 / rows as f64
    );
}

/// Time this process had a core, where the system says (so that a busy machine does not matter), else elapsed time.
struct Clock {
    wall: Instant,
    on_core: Option<u64>,
}

impl Clock {
    fn start() -> Self {
        Self {
            wall: Instant::now(),
            on_core: on_core(),
        }
    }

    fn elapsed(&self) -> Duration {
        match (self.on_core, on_core()) {
            (Some(before), Some(now)) => Duration::from_nanos(now - before),
            _ => self.wall.elapsed(),
        }
    }
}

fn on_core() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

fn orders(count: u64) -> String {
    let mut text = String::from("order_id,customer_id,ordered_at,amount\n");
    for order in 0..count {
        let spread = order.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let (customer, day, cents) = (spread >> 44, spread >> 20 & 1023, spread & 16_383);
        let (year, month, day) = (2023 + day / 365, day / 28 % 12 + 1, day % 28 + 1);
        let minute = spread >> 30 & 1023;
        writeln!(
            text,
            "o{order:08},c{customer:07},{year}-{month:02}-{day:02}T{:02}:{:02}:00,{}.{:02}",
            minute / 60,
            minute % 60,
            cents / 100,
            cents % 100
        )
        .unwrap();
    }
    text
}
