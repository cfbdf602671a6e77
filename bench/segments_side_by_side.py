#!/usr/bin/env python3
"""Evaluates a vocabulary of twenty conditions (bench/segments/vocabulary.toml) over customers in memory, beside DuckDB and Polars.

Everybody reads the same Parquet file, which is not in the time, and finds of each customer the first condition that is met, and
which are met at all. How many customers each condition names first, takes and leaves unknown is compared before anything is
timed. patron tests two conditions more, which it always does. Each is a whole process; the time is by its own clock.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from measuring import BENCH, SEED, WORK, arguments, begun, in_turn, recorded, run_timed, versions

VOCABULARY = BENCH / "segments" / "vocabulary.toml"
ONE = "-one-thread"


def contenders(patron: str, source: Path) -> dict[str, list[str]]:
    def of(threads: int) -> dict[str, list[str]]:
        ours = [patron, "segments", "explain", str(VOCABULARY), str(source), "--threads", str(threads), "--format", "json"]
        duckdb = [sys.executable, str(BENCH / "peers" / "duckdb_segments.py"), str(VOCABULARY), str(source), str(threads)]
        polars = [sys.executable, str(BENCH / "peers" / "polars_segments.py"), str(VOCABULARY), str(source)]
        return {"patron": ours, "duckdb": duckdb, "polars": polars}

    return {**of(os.cpu_count() or 1), **{f"{name}{ONE}": command for name, command in of(1).items()}}


def timed(name: str, command: list[str]) -> dict:
    """Runs one whole process; returns also its answer, and its time by its own clock."""
    answer = WORK / f"segments-{name}.json"
    if name.endswith(ONE):
        os.environ["POLARS_MAX_THREADS"] = "1"
    try:
        run = run_timed(f"segments-{name}", command, answer)
    finally:
        os.environ.pop("POLARS_MAX_THREADS", None)
    told = json.loads(answer.read_text(encoding="utf-8"))
    return {**run, "reading_seconds": told["reading_seconds"], "evaluating_seconds": told["evaluating_seconds"]}


def answer_of(name: str) -> dict[str, list[int]]:
    """Returns of each condition how many customers it names first, takes, and leaves unknown."""
    told = json.loads((WORK / f"segments-{name}.json").read_text(encoding="utf-8"))
    if not name.startswith("patron"):
        return told["segments"]
    found = told["explanation"]["segments"]
    return {one["key"]: [one["primary"], one["customers"], one["unknown"]] for one in found}


def compared(commands: dict[str, list[str]]) -> dict[str, list[int]]:
    for name, command in commands.items():
        timed(name, command)
    expected = answer_of("duckdb")
    for name in commands:
        found = answer_of(name)
        for key, counts in expected.items():
            # Of a condition on scores alone patron counts no unknown: scores always are.
            if found[key] != counts:
                raise SystemExit(f"error: {name} says {found[key]} of {key}, duckdb {counts}; so no time is taken")
    print(f"  {len(expected)} conditions: first, met and unknown agree", flush=True)
    return expected


def conditions_of(name: str) -> list[dict]:
    """Returns what patron said of each condition: words are in the vocabulary, so times and counts are enough."""
    explanation = json.loads((WORK / f"segments-{name}.json").read_text(encoding="utf-8"))["explanation"]
    kept = ("key", "by_scores", "customers", "nanoseconds")
    parts = {part: explanation[part] for part in explanation if part.endswith("_nanoseconds")}
    of_conditions = [{field: one[field] for field in kept} for one in explanation["segments"]]
    return of_conditions + [{"key": part, "nanoseconds": nanoseconds} for part, nanoseconds in parts.items()]


def data_of(customers: int) -> Path:
    source = WORK / f"profiles-{customers}-{SEED}.parquet"
    if not source.exists():
        print(f"making {customers} customers", flush=True)
        whole = source.with_suffix(".part")
        shape = ["--customers", str(customers), "--seed", str(SEED)]
        subprocess.run([sys.executable, BENCH / "generate_profiles.py", whole, *shape], check=True)
        whole.rename(source)
    return source


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--customers", type=int, default=10_000_000)
    options = parser.parse_args()
    source = data_of(options.customers)
    result = {**begun("segments"), "versions": versions(options.patron, ["duckdb", "polars"])}
    result["data"] = {"customers": options.customers, "seed": SEED, "bytes": source.stat().st_size}
    commands = contenders(options.patron, source)
    result["answers"] = compared(commands)
    runs = in_turn(commands, options.runs, lambda name: timed(name, commands[name]))
    result["runs"] = runs
    result["conditions"] = {name: conditions_of(name) for name in runs if name.startswith("patron")}
    ours = statistics.median(run["evaluating_seconds"] for run in runs["patron"])
    for name, found in runs.items():
        median = statistics.median(run["evaluating_seconds"] for run in found)
        print(f"  {name:18} median {median:6.3f} s  {median / ours:5.2f} × patron")
    recorded(result, options.name, f"{options.customers}-customers-segments")


if __name__ == "__main__":
    main()
