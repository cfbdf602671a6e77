#!/usr/bin/env python3
"""Runs patron and its peers as whole processes on the same file, in turn, and records time and peak memory.

The answers are compared first; times of different answers are worth nothing. Every contender may use all cores. The
first turn warms the page cache and is not counted. With --decode, decoding the columns that are read and nothing else takes
its turn beside them on Parquet, and so does decoding the three columns that a profile cannot do without. --every-case takes all
shapes of orders into one record.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from cases import CASES, SIDE_BY_SIDE
from measuring import AS_OF, BENCH, WORK, Runs, arguments, begun, data_of, in_turn, printed, recorded, run_timed, startup_seconds
from measuring import steps_of, versions

PEERS = ("duckdb", "polars", "pandas")
CONTENDERS = ("patron", *PEERS)
LIMITS = {
    "decode": ["order_id", "customer_id", "ordered_at", "net"],
    "decode-three": ["customer_id", "ordered_at", "net"],
}


def told(options: argparse.Namespace) -> list[str]:
    """Returns what patron is told, but for files and dates: the file of customers once, as Parquet, as the peers write it."""
    return ["--no-clv", "--format", "parquet", *(["--memory", options.memory] if options.memory else [])]


def contenders(options: argparse.Namespace) -> dict[str, list[str]]:
    """Returns the command of each; SOURCE, FOLDER and TARGET are filled in per run."""
    ours = [options.patron, "run", "SOURCE", "--quiet", "--as-of", AS_OF, "--out", "FOLDER", *told(options)]
    commands = {"patron": ours}
    for name in PEERS:
        commands[name] = [sys.executable, str(BENCH / "peers" / f"{name}_rfm.py"), "SOURCE", "TARGET", AS_OF]
    return {name: commands[name] for name in options.contenders}


def target_of(name: str, folder: Path) -> Path:
    return folder / "customers.parquet" if name.startswith("patron") else folder.with_suffix(".parquet")


def timed(name: str, command: list[str], source: Path, folder: Path) -> dict:
    """Runs one contender anew; of patron also the seconds of its steps."""
    shutil.rmtree(folder, ignore_errors=True)
    target_of(name, folder).unlink(missing_ok=True)
    filled = {"SOURCE": str(source), "FOLDER": str(folder), "TARGET": str(target_of(name, folder))}
    run = run_timed(name, [filled.get(word, word) for word in command])
    if name.startswith("patron"):
        run["steps"] = steps_of(folder / "run.json")
    return run


def measured(commands: dict[str, list[str]], limits: dict[str, list[str]], source: Path, options: argparse.Namespace) -> dict:
    """Compares the answers, then runs every contender, and every limit, in turn; returns what of them is recorded."""
    folders = {name: WORK / f"out-{name}" for name in commands}
    for name, command in commands.items():
        timed(name, command, source, folders[name])
    answers = [f"{name}={target_of(name, folder)}" for name, folder in folders.items()]
    if subprocess.run([sys.executable, BENCH / "agree.py", *answers]).returncode != 0:
        raise SystemExit("error: the answers differ, so no time is taken")

    def turn(name: str) -> dict:
        if name in limits:
            return run_timed(name, [word.replace("SOURCE", str(source)) for word in limits[name]])
        return timed(name, commands[name], source, folders[name])

    runs = in_turn([*commands, *limits], options.runs, turn)
    for name, folder in folders.items():
        shutil.rmtree(folder, ignore_errors=True)
        target_of(name, folder).unlink(missing_ok=True)
    printed(runs)
    of_limits = {"limits": {name: runs.pop(name) for name in limits}} if limits else {}
    return {"bytes": source.stat().st_size, "runs": runs, **of_limits}


def formats_of(case: str, options: argparse.Namespace) -> tuple[dict, dict]:
    """Runs a case; returns how its data are described, and what was found for each format."""
    data, described = data_of(options.orders, case, options.formats, options.customers)
    found: dict[str, dict] = {}
    for kind in options.formats:
        source = data / f"orders.{kind}"
        print(f"{case}, {kind}: {source.stat().st_size / 1e6:.0f} MB", flush=True)
        decodes = options.decode and kind == "parquet"
        limits: dict[str, list[str]] = {}
        if decodes:
            limits = {name: [str(options.decode), "SOURCE", *columns] for name, columns in LIMITS.items()}
        found[kind] = measured(contenders(options), limits, source, options)
    return {**described, "as_of": AS_OF}, found


def parsed() -> argparse.Namespace:
    parser = arguments(__doc__)
    parser.add_argument("--customers", type=int, help="default: a tenth of the orders, or what the case says")
    parser.add_argument("--case", choices=list(CASES), default="base")
    parser.add_argument("--every-case", action="store_true", help="all cases in one record")
    parser.add_argument("--contenders", type=lambda text: text.split(","), default=list(CONTENDERS))
    parser.add_argument("--memory", help="what patron is told with --memory")
    parser.add_argument("--decode", type=Path, help="the example `decode_only` of patron-engine, built")
    options = parser.parse_args()
    if unknown := set(options.contenders) - set(CONTENDERS):
        parser.error(f"nobody is called {', '.join(sorted(unknown))}; there are {', '.join(CONTENDERS)}")
    if "patron" not in options.contenders:
        parser.error("patron is always among the contenders")
    return options


def main() -> None:
    options = parsed()
    peers = [name for name in options.contenders if name != "patron"]
    result = {
        **begun("cases" if options.every_case else None),
        "versions": versions(options.patron, peers),
        "startup_seconds": startup_seconds(options.patron, {name: name for name in peers}),
        "told": told(options),
    }
    if options.memory:
        result["memory"] = options.memory
    limited = f"-{options.memory}" if options.memory else ""
    if options.every_case:
        result["data"] = {"orders": options.orders, "as_of": AS_OF}
        result["cases"] = {}
        for case in SIDE_BY_SIDE:
            described, found = formats_of(case, options)
            result["cases"][case] = {"data": described, "formats": found}
        recorded(result, options.name, f"{options.orders}-orders-cases{limited}")
        return
    result["data"], found = formats_of(options.case, options)
    result |= {"answers_agree": True, "formats": found}
    suffix = "" if options.case == "base" else f"-{options.case}"
    recorded(result, options.name, f"{options.orders}-orders{suffix}{limited}")


if __name__ == "__main__":
    main()
