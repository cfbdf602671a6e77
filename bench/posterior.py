#!/usr/bin/env python3
"""Draws from the posterior of BG/NBD on CDNOW in patron-stats and in pymc-marketing; records time, and draws worth independent ones.

The same customers in weeks, the priors of pymc-marketing's notebook on these data (half-normal, 10), as many chains, draws to warm up and
draws. Posterior means are compared first: no farther apart than four standard errors of both, of drawing. Whole processes, in turn; pymc
takes a process for each core, patron a thread.
"""

import argparse
import datetime
import json
import math
import os
import platform
import statistics
import subprocess
import sys
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path

from measuring import BENCH, FORMAT_VERSION, SEED, WORK, commit, machine, run_timed

DATA = BENCH.parent.parent / "shared" / "data" / "cdnow" / "CDNOW_sample.txt"
END = datetime.date(1997, 9, 30)
SETTINGS = {"chains": 4, "warmup": 1000, "draws": 1000}
PEER = [sys.executable, str(BENCH / "peers" / "pymc_posterior.py")]
PINNED = ("pymc-marketing", "pymc", "pytensor", "numpy", "arviz")
FAR = 4.0


def summary(source: Path, target: Path) -> int:
    """Writes frequency, recency and T in weeks of the customers of a file of CDNOW, to the end of calibration; returns how many."""
    days: dict[str, set[datetime.date]] = defaultdict(set)
    for line in source.read_text(encoding="utf-8").splitlines():
        fields = line.split()
        if len(fields) >= 4 and fields[-3].isdigit():
            days[fields[-4]].add(datetime.datetime.strptime(fields[-3], "%Y%m%d").date())
    lines = ["frequency,recency,T"]
    for bought in days.values():
        first, seen = min(bought), [day for day in bought if day <= END]
        lines.append(f"{len(seen) - 1},{(max(seen) - first).days / 7!r},{(END - first).days / 7!r}")
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(days)


def contenders(patron: str, source: Path) -> dict[str, list[str]]:
    settings = [str(SETTINGS[name]) for name in ("chains", "warmup", "draws")]
    return {
        "patron": [patron, str(source), *settings, str(SEED), str(os.cpu_count())],
        "pymc-marketing": [*PEER, str(source), *settings, str(SEED)],
    }


def timed(name: str, command: list[str]) -> dict:
    answer = WORK / f"posterior-{name}.txt"
    run = run_timed(f"posterior-{name}", command, answer)
    told = json.loads(answer.read_text(encoding="utf-8").splitlines()[-1])
    return {**run, **told}


def apart(runs: dict[str, dict]) -> dict[str, float]:
    """Returns how many standard errors of drawing the posterior means lie apart, by parameter."""
    ours, theirs = ({one["name"]: one for one in run["parameters"]} for run in runs.values())
    return {
        name: abs(one["mean"] - theirs[name]["mean"]) / math.hypot(one["monte_carlo_error"], theirs[name]["monte_carlo_error"])
        for name, one in ours.items()
    }


def effective(run: dict) -> float:
    """Returns the draws of the parameter with the fewest that are worth independent ones."""
    return min(min(one["effective_bulk"], one["effective_tail"]) for one in run["parameters"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patron", required=True, help="the example `posterior` of patron-stats, built")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--data", type=Path, default=DATA)
    options = parser.parse_args()
    WORK.mkdir(exist_ok=True)
    source = WORK / "cdnow-summary.csv"
    customers = summary(options.data, source)
    now = datetime.datetime.now(datetime.timezone.utc)
    result = {
        "format_version": FORMAT_VERSION,
        "work": "posterior",
        "measured_at": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "commit": commit(),
        "machine": machine(),
        "versions": {**{name: version(name) for name in PINNED}, "python": platform.python_version()},
        "data": {"customers": customers, "seed": SEED, "name": "CDNOW, sample, 39 weeks"},
        "settings": SETTINGS,
    }
    commands = contenders(options.patron, source)
    # Not counted: what is compiled once lies ready after it.
    warm = {name: timed(name, command) for name, command in commands.items()}
    result["apart"] = {name: round(far, 2) for name, far in apart(warm).items()}
    print(f"  posterior means lie apart by {result['apart']} standard errors of drawing", flush=True)
    if max(result["apart"].values()) > FAR:
        raise SystemExit("error: the posteriors differ, so no time is taken")
    result["runs"] = {name: [] for name in commands}
    for turn in range(options.runs):
        for name, command in commands.items():
            result["runs"][name].append(timed(name, command))
        last = ", ".join(f"{name} {runs[-1]['wall_seconds']:.2f} s" for name, runs in result["runs"].items())
        print(f"  turn {turn + 1} of {options.runs}: {last}", flush=True)
    result["machine"]["load_after"] = round(os.getloadavg()[0], 2)
    for name, runs in result["runs"].items():
        rate = statistics.median(effective(run) / run["wall_seconds"] for run in runs)
        print(f"  {name:16} median {statistics.median(run['wall_seconds'] for run in runs):7.2f} s, {rate:8.1f} effective draws a second")
    target = BENCH / "results" / f"{now:%Y-%m-%d}-cdnow-posterior.json"
    target.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"wrote bench/results/{target.name}")


if __name__ == "__main__":
    main()
