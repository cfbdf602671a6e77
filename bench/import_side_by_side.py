#!/usr/bin/env python3
"""Runs `patron import` into an empty ledger beside DuckDB's CREATE TABLE … ORDER BY customer_id, ordered_at.

Whole processes on the same file, in turn; what each has afterwards is compared first, customer by customer. Making the
empty workspace, and removing what the turn before made, is not timed.
"""

import datetime
import json
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from side_by_side import BENCH, FORMAT_VERSION, SEED, WORK, arguments, commit, data_of, machine, run_timed, startup_seconds, versions

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


def measured(patron: str, source: Path, runs: int) -> dict[str, list[dict[str, float]]]:
    """Compares what both made, then runs them in turn."""
    folders = {name: WORK / f"import-{name}" for name in ("patron", "duckdb")}

    def turn(name: str) -> dict[str, float]:
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
    found: dict[str, list[dict[str, float]]] = {name: [] for name in folders}
    for number in range(runs):
        for name in folders:
            found[name].append(turn(name))
        print(f"  turn {number + 1} of {runs}: " + ", ".join(f"{n} {r[-1]['wall_seconds']:.2f} s" for n, r in found.items()), flush=True)
    for folder in folders.values():
        shutil.rmtree(folder, ignore_errors=True)
    return found


def main() -> None:
    options = arguments(__doc__)
    data = data_of(options)
    now = datetime.datetime.now(datetime.timezone.utc)
    peers = ("patron", "duckdb")
    result = {
        "format_version": FORMAT_VERSION,
        "work": "import",
        "memory": MEMORY,
        "measured_at": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "commit": commit(),
        "machine": machine(),
        "versions": {name: text for name, text in versions(options.patron).items() if name in (*peers, "python")},
        "startup_seconds": {name: seconds for name, seconds in startup_seconds(options.patron).items() if name in peers},
        "data": {"orders": options.orders, "customers": options.customers, "seed": SEED},
        "answers_agree": True,
        "formats": {},
    }
    for kind in options.formats.split(","):
        source = data / f"orders.{kind}"
        print(f"import of {kind}: {source.stat().st_size / 1e6:.0f} MB", flush=True)
        runs = measured(options.patron, source, options.runs)
        result["formats"][kind] = {"bytes": source.stat().st_size, "runs": runs}
        medians = {name: statistics.median(run["wall_seconds"] for run in found) for name, found in runs.items()}
        for name, median in medians.items():
            peak = max(run["peak_bytes"] for run in runs[name])
            print(f"  {name:7} median {median:7.2f} s  {median / medians['duckdb']:5.2f} × duckdb  peak {peak / 2**20:7.0f} MiB")
    name = f"{options.name}-import" if options.name else f"{now:%Y-%m-%d}-{options.orders}-orders-import"
    target = BENCH / "results" / f"{name}.json"
    target.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"wrote bench/results/{target.name}")


if __name__ == "__main__":
    main()
