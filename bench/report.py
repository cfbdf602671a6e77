#!/usr/bin/env python3
"""Writes bench/results.md from bench/results/*.json alone, or checks that it is as written (--check).

Standard library only: the check is part of `make test`.
"""

import json
import statistics
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parent
TARGET = BENCH / "results.md"

HEAD = """\
# Side by side

Written by `bench/report.py` from `bench/results/*.json`; made with `make bench`. The work is the whole of `patron run
FILE --no-clv`: read, group by customer, first and last day, distinct orders and days, value, six-month window, R, F and M
scores with ties shared, result to Parquet. The peers' scripts are in `bench/peers/`. Every contender is a whole process
with all cores, run in turn; answers are compared customer by customer before anything is timed. Times are medians with
the fastest and slowest run; memory is the highest peak of any run.

Where it says import, the work is `patron import` into an empty ledger, beside DuckDB's `CREATE TABLE … AS SELECT … ORDER
BY customer_id, ordered_at` on the same file; orders, sums, times and hashes of all columns are compared by customer.
"""


def cell(value: float, digits: int = 2) -> str:
    return f"{value:,.{digits}f}"


def rows(runs: dict[str, list[dict]], startup: dict[str, float]) -> list[str]:
    wall = {name: [run["wall_seconds"] for run in found] for name, found in runs.items()}
    peak = {name: max(run["peak_bytes"] for run in found) for name, found in runs.items()}
    ours, memory = statistics.median(wall["patron"]), peak["patron"]
    lines = [
        "| | median s | fastest-slowest s | time / patron | processor s | peak MiB | memory / patron | to start s |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, found in runs.items():
        median = statistics.median(wall[name])
        processor = statistics.median(run["processor_seconds"] for run in found)
        cells = [
            name,
            cell(median),
            f"{cell(min(wall[name]))}-{cell(max(wall[name]))}",
            cell(median / ours),
            cell(processor),
            cell(peak[name] / 2**20, 0),
            cell(peak[name] / memory),
            cell(startup[name]),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def section(result: dict) -> str:
    machine, data, versions = result["machine"], result["data"], result["versions"]
    named = ", ".join(f"{name} {version}" for name, version in versions.items())
    is_import = result.get("work") == "import"
    settings = f"--memory {result['memory']}" if is_import else f"as of {data['as_of']}"
    lines = [
        f"## {'Import of ' if is_import else ''}{data['orders']:,} orders, {data['customers']:,} customers ({result['measured_at'][:10]})",
        "",
        f"Commit {result['commit']}; {named}. {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB, {machine['system']}; load before the first run {machine['load_before']}. "
        f"Seed {data['seed']}, {settings}. Answers agree: {'yes' if result['answers_agree'] else 'no'}.",
    ]
    for kind, found in result["formats"].items():
        turns = len(next(iter(found["runs"].values())))
        lines += ["", f"### {kind}, {found['bytes'] / 1e6:,.0f} MB, {turns} turns", ""]
        lines += rows(found["runs"], result["startup_seconds"])
    return "\n".join(lines) + "\n"


def written() -> str:
    results = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((BENCH / "results").glob("*.json"))]
    results.sort(key=lambda result: (result["measured_at"], result["data"]["orders"]), reverse=True)
    sections = [section(result) for result in results] or ["No result is recorded yet.\n"]
    return "\n".join([HEAD, *sections])


def main(arguments: list[str]) -> int:
    now = written()
    if "--check" in arguments:
        if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != now:
            print("error: bench/results.md is not what bench/results/*.json says\n  hint: run bench/report.py", file=sys.stderr)
            return 1
        print("benchmark tables: as written")
        return 0
    TARGET.write_text(now, encoding="utf-8")
    print("wrote bench/results.md")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
