//! Takes the report page from the web build (`web/dist/report.html`) into the binary.
//!
//! Where the web part was not built, a plain page says so instead and shows the run's data as text, so that Rust alone
//! can still be built and tested; `patron run` then says it too.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

const NOT_BUILT: &str = concat!(
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>patron</title>",
    "<p>The report page was not built into this patron: run <code>make build</code> and run again. ",
    "The tables beside this file are complete. The report's data:</p>",
    "<script id=\"patron-data\" type=\"application/json\">\"__PATRON_DATA__\"</script></html>\n"
);

fn main() -> io::Result<()> {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let page = manifest.join("../../web/dist/report.html");
    println!("cargo::rerun-if-changed={}", page.display());
    let target = Path::new(&env::var_os("OUT_DIR").unwrap_or_default()).join("report.html");
    let built = page.is_file();
    if built {
        fs::copy(&page, target)?;
    } else {
        fs::write(target, NOT_BUILT)?;
    }
    println!(
        "cargo::rustc-env=PATRON_REPORT_PAGE={}",
        if built { "built" } else { "not built" }
    );
    Ok(())
}
