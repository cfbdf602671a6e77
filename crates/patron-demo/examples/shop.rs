//! Generates a demo shop: `cargo run --release -p patron-demo --example shop -- DIR CUSTOMERS SEED [orders-only]`.

use std::path::PathBuf;

use patron_demo::{DemoError, DemoOptions, generate};

fn main() -> Result<(), DemoError> {
    let mut words = std::env::args().skip(1);
    let folder = PathBuf::from(words.next().unwrap_or_else(|| "demo-shop".to_owned()));
    let number = |word: Option<String>| word.and_then(|word| word.parse().ok());
    let options = DemoOptions {
        customers: number(words.next()).unwrap_or(20_000),
        seed: number(words.next()).unwrap_or(1),
        years: 3,
        orders_only: words.next().as_deref() == Some("orders-only"),
    };
    let summary = generate(&folder, &options, &mut |_, _| ())?;
    #[expect(clippy::print_stdout, reason = "an example that tells what it did")]
    for file in &summary.files {
        println!("{:>9} {}", file.rows, file.path.display());
    }
    Ok(())
}
