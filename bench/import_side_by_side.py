#!/usr/bin/env python3
"""Runs `patron import` into an empty ledger beside DuckDB's CREATE TABLE … ORDER BY customer_id, ordered_at.

Whole processes on the same file, in turn; what each has afterwards is compared first, customer by customer. Making the
empty workspace, and removing what the turn before made, is not timed.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from measuring import BENCH, WORK, Runs, arguments, begun, data_of, in_turn, printed, recorded, run_timed, startup_seconds, versions

CONTENDERS = ("patron", "duckdb")
MEMORY = "512M"
SHOWN = 5


def prepared(name: str, patron: str, folder: Path) -> None:
    """Removes what the turn before made, and makes an empty workspace."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if name == "patron":
        subprocess.run([patron, "init", str(folder / "shop")], check=True, capture_output=True)


def command(name: str, patron: str, source: Path, folder: Path) -> list[str]:
    if name == "patron":
        return [patron, "import", "--quiet", "--memory", MEMORY, "--workspace", str(folder / "shop"), str(source)]
    return [sys.executable, str(BENCH / "peers" / "duckdb_import.py"), str(source), str(folder / "orders.duckdb")]


def differences(ours: Path, theirs: Path) -> tuple[int, list[tuple]]:
    """Compares per customer: orders, sum, first and last moment, and a sum of hashes of ids, amounts, times and channels."""
    import duckdb

    files = str(ours / "shop" / "ledger" / "main" / "orders" / "**" / "*.parquet")
    per_customer = """
        SELECT customer_id, count(*) AS orders, sum(net)::DECIMAL(38,4) AS net, min(ordered_at) AS first, max(ordered_at) AS last,
               sum(hash(order_id, net::DECIMAL(18,4), ordered_at, channel)) AS said
        FROM (SELECT order_id, customer_id, ordered_at::TIMESTAMP AS ordered_at, net, channel FROM {source})
        GROUP BY customer_id
    """
    with duckdb.connect(str(theirs / "orders.duckdb"), read_only=True) as database:
        database.sql("SET TimeZone = 'UTC'")
        left, right = per_customer.format(source=f"read_parquet('{files}')"), per_customer.format(source="orders")
        found = database.sql(f"""
            SELECT coalesce(l.customer_id, r.customer_id), l.orders, r.orders, l.net, r.net, l.first, r.first, l.last, r.last
            FROM ({left}) l FULL JOIN ({right}) r USING (customer_id)
            WHERE (l.orders, l.net, l.first, l.last, l.said) IS DISTINCT FROM (r.orders, r.net, r.first, r.last, r.said)
        """).fetchall()
        return database.sql("SELECT count(DISTINCT customer_id) FROM orders").fetchall()[0][0], found


def measured(patron: str, source: Path, runs: int) -> Runs:
    """Compares what both made, then runs them in turn."""
    folders = {name: WORK / f"import-{name}" for name in CONTENDERS}

    def turn(name: str) -> dict:
        prepared(name, patron, folders[name])
        return run_timed(name, command(name, patron, source, folders[name]))

    for name in folders:
        turn(name)
    customers, different = differences(folders["patron"], folders["duckdb"])
    if different or not customers:
        for row in different[:SHOWN]:
            print("  ", *row, file=sys.stderr)
        raise SystemExit(f"error: patron and duckdb differ for {len(different)} of {customers} customers, so no time is taken")
    print(f"  patron and duckdb agree on {customers} customers")
    found = in_turn(folders, runs, turn)
    for folder in folders.values():
        shutil.rmtree(folder, ignore_errors=True)
    printed(found, "duckdb")
    return found


def parsed() -> argparse.Namespace:
    parser = arguments(__doc__)
    parser.add_argument("--customers", type=int, help="default: a tenth of the orders")
    return parser.parse_args()


def main() -> None:
    options = parsed()
    data, described = data_of(options.orders, "base", options.formats, options.customers)
    result = {
        **begun("import"),
        "memory": MEMORY,
        "versions": versions(options.patron, ["duckdb"]),
        "startup_seconds": startup_seconds(options.patron, {"duckdb": "duckdb"}),
        "data": described,
        "answers_agree": True,
        "formats": {},
    }
    for kind in options.formats:
        source = data / f"orders.{kind}"
        print(f"import of {kind}: {source.stat().st_size / 1e6:.0f} MB", flush=True)
        result["formats"][kind] = {"bytes": source.stat().st_size, "runs": measured(options.patron, source, options.runs)}
    name = f"{options.name}-import" if options.name else None
    recorded(result, name, f"{options.orders}-orders-import")


if __name__ == "__main__":
    main()
