#!/usr/bin/env python3
"""Runs patron as of one day, and with the month-ends of two years besides, in turn; records time and peak memory.

Customers as of three of the month-ends are compared with runs as of these days before anything is timed.
"""

import shutil
import subprocess
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from measuring import AS_OF, WORK, arguments, begun, data_of, in_turn, printed, recorded, run_timed, steps_of, versions

MONTHS = 24
CHECKED = ("2024-01-31", "2024-12-31", "2025-11-30")
TOLD = ["--no-clv", "--format", "parquet"]
BY_MONTH = "customers_by_month.parquet"


def command_of(patron: str, source: Path, folder: Path, day: str, more: list[str]) -> list[str]:
    return [patron, "run", str(source), "--quiet", "--as-of", day, "--out", str(folder), *TOLD, *more]


def timed(name: str, command: list[str], folder: Path) -> dict:
    shutil.rmtree(folder, ignore_errors=True)
    run = run_timed(f"month-ends-{name}", command)
    run["steps"] = steps_of(folder / "run.json")
    return run


def compared(patron: str, source: Path, by_month: Path) -> int:
    """Holds month-ends against runs as of these days, all columns of all customers; returns how many customers that were."""
    series, customers = ds.dataset(by_month), 0
    single = WORK / "out-single"
    for day in CHECKED:
        shutil.rmtree(single, ignore_errors=True)
        subprocess.run(command_of(patron, source, single, day, []), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        found = series.to_table(filter=pc.field("as_of") == pc.scalar(day).cast("date32")).drop_columns("as_of")
        if not found.equals(pq.read_table(single / "customers.parquet", columns=found.column_names)):
            raise SystemExit(f"error: customers as of {day} are not those of a run as of that day, so no time is taken")
        customers += found.num_rows
    shutil.rmtree(single, ignore_errors=True)
    print(f"  {len(CHECKED)} month-ends, {customers} customers: as a run of its own says", flush=True)
    return customers


def main() -> None:
    options = arguments(__doc__).parse_args()
    data, described = data_of(options.orders, "base", ["parquet"])
    source = data / "orders.parquet"
    folders = {name: WORK / f"out-{name}" for name in ("patron", "patron-month-ends")}
    more = {"patron": [], "patron-month-ends": ["--as-of-series", f"{MONTHS}m"]}
    commands = {name: command_of(options.patron, source, folder, AS_OF, more[name]) for name, folder in folders.items()}
    result = {**begun("month-ends"), "versions": versions(options.patron, []), "told": TOLD, "months": MONTHS}
    result["data"] = {**described, "as_of": AS_OF, "bytes": source.stat().st_size}
    for name, command in commands.items():
        timed(name, command, folders[name])
    by_month = folders["patron-month-ends"] / BY_MONTH
    result["compared"] = {"days": list(CHECKED), "customers": compared(options.patron, source, by_month)}
    result["answer"] = {"rows": pq.read_metadata(by_month).num_rows, "bytes": by_month.stat().st_size}
    result["runs"] = in_turn(commands, options.runs, lambda name: timed(name, commands[name], folders[name]))
    printed(result["runs"])
    for folder in folders.values():
        shutil.rmtree(folder, ignore_errors=True)
    recorded(result, options.name, f"{options.orders}-orders-month-ends")


if __name__ == "__main__":
    main()
