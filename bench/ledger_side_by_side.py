#!/usr/bin/env python3
"""Runs patron from its ledger beside DuckDB over its own table, and again after 0.1 % new orders; records time and peak memory.

`run` is a run of a workspace that orders were imported into and that no run has seen yet, beside DuckDB over a table sorted by
customer and time, with the same answers in the same files. `refresh` is the run after the latest thousandth of the orders was
imported into a workspace that has run before, a few days later, with the file of customers written anew and
(`patron-changes`) with that of the changes alone: beside whoever computes all anew, DuckDB over its table with these
orders inserted, DuckDB and Polars over a Parquet file of all. Before each turn the workspace is put back as it was; that, the
imports and the insertion are not in these times. The import of the new orders has its own.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from measuring import AS_OF, BENCH, WORK, Runs, arguments, begun, data_of, in_turn, printed, recorded, run_timed, startup_seconds
from measuring import steps_of, versions

NEW_SHARE = 0.001
PLACE = WORK / "ledger"
SHOP, OUT = PLACE / "shop", PLACE / "out"
IMPORTED, HAS_RUN = PLACE / "imported", PLACE / "has-run"  # what SHOP was at these moments
HISTORY, NEW = PLACE / "history.parquet", PLACE / "new.parquet"
TABLE, LONGER_TABLE = PLACE / "history.duckdb", PLACE / "all.duckdb"
PEERS = ["duckdb-table", "duckdb", "polars"]
TOLD = ["--no-clv", "--format", "parquet"]
# What a second run is told besides. All but one write the whole file of customers.
CHANGES = "patron-changes"
REFRESHES: dict[str, list[str]] = {"patron": [], CHANGES: ["--changes-only"]}


def quietly(*command: object) -> str:
    """Runs what is not timed."""
    return subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True).stdout


def peer(script: str, *arguments: object) -> list[str]:
    return [sys.executable, str(BENCH / "peers" / script), *(str(argument) for argument in arguments)]


def put_back(state: Path) -> None:
    """Makes the workspace what it was, with nothing on its way to the disk."""
    shutil.rmtree(SHOP, ignore_errors=True)
    shutil.copytree(state, SHOP)
    os.sync()


def run_of(patron: str, as_of: str, more: list[str]) -> list[str]:
    return [patron, "run", "--workspace", str(SHOP), "--quiet", "--as-of", as_of, "--out", str(OUT), *TOLD, *more]


def import_of(patron: str, file: Path) -> list[str]:
    return [patron, "import", "--quiet", "--workspace", str(SHOP), str(file)]


def prepared(patron: str, orders: Path) -> dict:
    """Makes the workspace before and after its first run, and the tables; returns how the orders were split."""
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(parents=True)
    split = json.loads(quietly(sys.executable, BENCH / "split.py", orders, PLACE, NEW_SHARE))
    quietly(patron, "init", SHOP)
    quietly(*import_of(patron, HISTORY))
    shutil.copytree(SHOP, IMPORTED)
    quietly(*run_of(patron, split["history_ends"], []))
    shutil.copytree(SHOP, HAS_RUN)
    quietly(*peer("duckdb_import.py", HISTORY, TABLE))
    shutil.copy(TABLE, LONGER_TABLE)
    quietly(*peer("duckdb_insert.py", NEW, LONGER_TABLE))
    return split


def written_by(name: str) -> Path:
    if name == CHANGES:
        return OUT / "changes.parquet"
    return OUT / "customers.parquet" if name.startswith("patron") else PLACE / f"{name}.parquet"


def timed(name: str, command: list[str]) -> dict:
    """Runs one contender; of patron also the seconds of its steps."""
    written_by(name).unlink(missing_ok=True)
    run = run_timed(f"ledger-{name}", command)
    return {**run, "steps": steps_of(OUT / "run.json")} if name.startswith("patron") else run


def agreed(names: list[str]) -> None:
    answers = [f"{name}={written_by(name)}" for name in names]
    if subprocess.run([sys.executable, BENCH / "agree.py", *answers]).returncode != 0:
        raise SystemExit("error: the answers differ, so no time is taken")


def measured_runs(patron: str, as_of: str, runs: int) -> Runs:
    """Compares, then times, the run of a workspace that no run has seen."""
    commands = {"patron": run_of(patron, as_of, []), "duckdb": peer("duckdb_rfm.py", TABLE, written_by("duckdb"), as_of)}

    def turn(name: str) -> dict:
        if name == "patron":
            put_back(IMPORTED)
        return timed(name, commands[name])

    for name in commands:
        turn(name)
    agreed(list(commands))
    return in_turn(commands, runs, turn)


def measured_refreshes(patron: str, orders: Path, contenders: list[str], runs: int) -> tuple[Runs, Runs]:
    """Compares, then times, the run after new orders came; returns those, and the imports of the new orders."""
    commands = {name: run_of(patron, AS_OF, more) for name, more in REFRESHES.items()}
    sources = {"duckdb-table": ("duckdb_rfm.py", LONGER_TABLE), "duckdb": ("duckdb_rfm.py", orders), "polars": ("polars_rfm.py", orders)}
    for name in contenders:
        commands[name] = peer(*sources[name], written_by(name), AS_OF)
    imports: Runs = {name: [] for name in REFRESHES}

    def turn(name: str) -> dict:
        if name in REFRESHES:
            put_back(HAS_RUN)
            imports[name].append(run_timed("ledger-import", import_of(patron, NEW)))
        return timed(name, commands[name])

    for name in contenders:
        turn(name)
    changes = b""
    for name in REFRESHES:
        turn(name)
        if name == CHANGES:
            # What the other, whose customers were compared, wrote beside these.
            if written_by(name).read_bytes() != changes:
                raise SystemExit("error: the changes differ, so no time is taken")
        else:
            agreed([name, *contenders])
            changes = (OUT / "changes.parquet").read_bytes()
        imports[name].clear()
    return in_turn(commands, runs, turn), imports


def bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--contenders", type=lambda text: text.split(","), default=PEERS, help="who computes all anew beside a refresh")
    options = parser.parse_args()
    if unknown := set(options.contenders) - set(PEERS):
        parser.error(f"nobody is called {', '.join(sorted(unknown))}; there are {', '.join(PEERS)}")
    data, described = data_of(options.orders, "base", ["parquet"])
    orders = data / "orders.parquet"
    result = {
        **begun("ledger"),
        "versions": versions(options.patron, ["duckdb", "polars"]),
        "startup_seconds": startup_seconds(options.patron, {"duckdb": "duckdb", "polars": "polars"}),
        "told": TOLD,
    }
    split = prepared(options.patron, orders)
    result["data"] = {**described, **split, "as_of": AS_OF}
    result["bytes"] = {"parquet": orders.stat().st_size, "ledger": bytes_in(IMPORTED), "table": TABLE.stat().st_size}
    print(f"run of {split['history_orders']} orders from the ledger, as of {split['history_ends']}", flush=True)
    warm = measured_runs(options.patron, split["history_ends"], options.runs)
    printed(warm)
    print(f"run after {split['new_orders']} new orders, as of {AS_OF}", flush=True)
    refreshes, imports = measured_refreshes(options.patron, orders, options.contenders, options.runs)
    printed(refreshes)
    result |= {"answers_agree": True, "run": warm, "refresh": refreshes, "import_of_new": imports}
    shutil.rmtree(PLACE, ignore_errors=True)
    recorded(result, options.name, f"{options.orders}-orders-ledger")


if __name__ == "__main__":
    main()
