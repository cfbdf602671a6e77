#!/usr/bin/env bash
# make demo: everything from nothing to a report on a generated shop. Installs nothing outside this folder.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$PROJECT_ROOT"

customers="${DEMO_CUSTOMERS:-20000}"
patron="$TARGET_DIR/release/patron"
short="${patron#"$PROJECT_ROOT/"}"

need_tools cargo cc node npm
scripts/web.sh

heading "building patron (the first time this compiles about 200 crates: many minutes on two cores)"
cargo build --release --locked -p patron-cli

heading "making up a shop with $customers customers and three years of orders: demo/shop"
rm -rf demo/shop demo/out demo/report.html
mkdir -p demo
"$patron" demo demo/shop --customers "$customers"

heading "the main job: patron run demo/shop/orders.csv"
"$patron" run demo/shop/orders.csv --out demo/out --currency EUR --demo
cp demo/out/report.html demo/report.html

heading "done"
cat <<TEXT
The report (open it in a browser; it needs no network):
  $PROJECT_ROOT/demo/report.html
Files: demo/out (one row per customer, segments, rejected rows, run.json); the shop itself: demo/shop.
The program: $short, $(size_of "$patron")

What to try next:
  $short run YOUR-ORDERS.csv
      your own file: CSV, Excel, JSON or Parquet with a customer, a date and an amount
  $short run demo/shop/orders.csv --margin 0.4 --format parquet,csv,xlsx --out demo/with-margin
      value as margin instead of revenue, and a spreadsheet
  $short run --workspace demo/shop --out demo/from-workspace
      the same from the workspace, where the shop's orders were imported; '$short import --help' says how yours get there
  $short segments list
      the vocabularies that come along
  $short clv calculator --help
      the textbook formula
  make install
      puts patron on the PATH
TEXT
