#!/usr/bin/env python3
"""Runs the whole `patron run`, lifetime value included, beside the scripts that a user would write; records time and peak memory.

The scripts are DuckDB, Polars or pandas for profiles, scores and segments, and lifetimes for BG/NBD, Gamma-Gamma and value. Purchases
are drawn from BG/NBD, so that its fit has an optimum. `patron` is told the model and writes Parquet; it also makes the report, interval
bounds, the rejected rows and the digest of its input. `patron-default` is what it does untold: it also judges every model by the
last year, and writes CSV.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from measuring import AS_OF, BENCH, WORK, Runs, arguments, begun, data_of, in_turn, printed, recorded, run_timed, startup_seconds
from measuring import steps_of, versions

DATA_TOOLS = ("duckdb", "polars", "pandas")
PEERS = {f"{tool}-lifetimes": BENCH / "peers" / f"{tool}_full.py" for tool in DATA_TOOLS}
OURS = {"patron": ["--model", "bg-nbd", "--format", "parquet"], "patron-default": []}


def folder_of(name: str) -> Path:
    return WORK / f"full-{name}"


def answer_of(name: str) -> Path:
    return folder_of(name) / "customers.parquet"


def timed(name: str, patron: str, source: Path) -> dict:
    """Runs one contender anew; of patron also the seconds of its steps."""
    folder = folder_of(name)
    shutil.rmtree(folder, ignore_errors=True)
    if name in OURS:
        told = ["--quiet", "--as-of", AS_OF, "--out", str(folder)]
        run = run_timed(f"full-{name}", [patron, "run", str(source), *told, *OURS[name]])
        return {**run, "steps": steps_of(folder / "run.json")}
    folder.mkdir()
    return run_timed(f"full-{name}", [sys.executable, str(PEERS[name]), str(source), str(answer_of(name)), AS_OF])


def agreed(patron: str, source: Path) -> dict:
    """Runs everybody once, which is not counted, and compares what they say."""
    names = ["patron", *PEERS]
    for name in names:
        timed(name, patron, source)
    answers = [f"{name}={answer_of(name)}" for name in names]
    process = subprocess.run([sys.executable, BENCH / "agree_full.py", *answers], stdout=subprocess.PIPE, text=True)
    if process.returncode != 0:
        raise SystemExit("error: the answers differ, so no time is taken")
    told = json.loads(process.stdout)
    for name, far in told["apart"].items():
        print(f"  patron and {name} agree;", ", ".join(f"{value} {most:.1e}" for value, most in far.items()), "apart", flush=True)
    return told


def measured(patron: str, source: Path, runs: int) -> dict:
    answers = agreed(patron, source)
    found: Runs = in_turn([*OURS, *PEERS], runs, lambda name: timed(name, patron, source))
    for name in found:
        shutil.rmtree(folder_of(name), ignore_errors=True)
    printed(found)
    return {"bytes": source.stat().st_size, "answers": answers, "runs": found}


def main() -> None:
    options = arguments(__doc__, orders=1_000_000).parse_args()
    data, described = data_of(options.orders, "bg-nbd", options.formats)
    importing = {name: f"{name.removesuffix('-lifetimes')}, lifetimes" for name in PEERS}
    startup = startup_seconds(options.patron, importing)
    result = {
        **begun("full"),
        "versions": versions(options.patron, [*DATA_TOOLS, "lifetimes", "scipy"]),
        "startup_seconds": {**startup, "patron-default": startup["patron"]},
        "told": OURS["patron"],
        "data": {**described, "as_of": AS_OF},
        "formats": {},
    }
    for kind in options.formats:
        source = data / f"orders.{kind}"
        print(f"{kind}: {source.stat().st_size / 1e6:.0f} MB", flush=True)
        result["formats"][kind] = measured(options.patron, source, options.runs)
    result["data"]["customers"] = result["formats"][options.formats[0]]["answers"]["customers"]
    recorded(result, options.name, f"{options.orders}-orders-full")


if __name__ == "__main__":
    main()
