#!/usr/bin/env python3
"""Runs patron and its peers as whole processes on the same file, in turn, and records time and peak memory.

The answers are compared first; times of different answers are worth nothing. Every contender may use all cores. The
first turn warms the page cache and is not counted.
"""

import argparse
import datetime
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

BENCH = Path(__file__).resolve().parent
WORK = BENCH / ".work"
AS_OF = "2025-12-31"
SEED = 1
FORMAT_VERSION = 1


def contenders(patron: str) -> dict[str, list[str]]:
    """Returns the command of each; SOURCE, FOLDER and TARGET are filled in per run."""
    peer = [sys.executable]
    return {
        "patron": [patron, "run", "SOURCE", "--no-clv", "--quiet", "--as-of", AS_OF, "--out", "FOLDER"],
        "duckdb": [*peer, str(BENCH / "peers" / "duckdb_rfm.py"), "SOURCE", "TARGET", AS_OF],
        "polars": [*peer, str(BENCH / "peers" / "polars_rfm.py"), "SOURCE", "TARGET", AS_OF],
    }


def target_of(name: str, folder: Path) -> Path:
    return folder / "customers.parquet" if name == "patron" else folder.with_suffix(".parquet")


def timed(name: str, command: list[str], source: Path, folder: Path) -> dict[str, float]:
    """Runs one contender anew."""
    shutil.rmtree(folder, ignore_errors=True)
    filled = {"SOURCE": str(source), "FOLDER": str(folder), "TARGET": str(target_of(name, folder))}
    return run_timed(name, [filled.get(word, word) for word in command])


def run_timed(name: str, command: list[str], answer: Path | None = None) -> dict[str, float]:
    """Runs one whole process, with what it prints in `answer` if given; returns wall and processor seconds and peak memory.

    Linux tells of a child no lower a peak than its parent held when it began: answers are compared in a process of their own.
    """
    log = WORK / f"{name}.log"
    with log.open("wb") as talk, (answer or Path(os.devnull)).open("wb") as printed:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=printed if answer else talk, stderr=talk)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"error: {name} failed with exit code {process.returncode}:\n{log.read_text(errors='replace')[-2000:]}")
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {
        "wall_seconds": round(wall, 3),
        "processor_seconds": round(usage.ru_utime + usage.ru_stime, 3),
        "peak_bytes": peak,
    }


def measured(commands: dict[str, list[str]], source: Path, runs: int) -> dict[str, list[dict[str, float]]]:
    """Compares the answers, then runs every contender in turn."""
    folders = {name: WORK / f"out-{name}" for name in commands}
    for name, command in commands.items():
        timed(name, command, source, folders[name])
    answers = [f"{name}={target_of(name, folder)}" for name, folder in folders.items()]
    if subprocess.run([sys.executable, BENCH / "agree.py", *answers]).returncode != 0:
        raise SystemExit("error: the answers differ, so no time is taken")
    found: dict[str, list[dict[str, float]]] = {name: [] for name in commands}
    for turn in range(runs):
        for name, command in commands.items():
            found[name].append(timed(name, command, source, folders[name]))
        print(f"  turn {turn + 1} of {runs}: " + ", ".join(f"{n} {r[-1]['wall_seconds']:.2f} s" for n, r in found.items()), flush=True)
    return found


def startup_seconds(patron: str) -> dict[str, float]:
    """Returns what each takes to do nothing, so that the reader can subtract it."""
    nothing = {
        "patron": [patron, "--version"],
        "duckdb": [sys.executable, "-c", "import duckdb"],
        "polars": [sys.executable, "-c", "import polars"],
    }
    found = {}
    for name, command in nothing.items():
        begun = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        found[name] = round(time.perf_counter() - begun, 3)
    return found


def machine() -> dict:
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0] if names else model
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    busy = os.getloadavg()[0]
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "load_before": round(busy, 2),
    }


def versions(patron: str) -> dict[str, str]:
    from importlib.metadata import version

    found = subprocess.run([patron, "--version"], check=True, capture_output=True, text=True).stdout.split()
    return {
        "patron": found[-1] if found else "unknown",
        "duckdb": version("duckdb"),
        "polars": version("polars"),
        "python": platform.python_version(),
    }


def commit() -> str:
    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=BENCH, check=True, capture_output=True, text=True).stdout.strip()

    changed = " with uncommitted changes" if git("status", "--porcelain", "--untracked-files=no") else ""
    return git("rev-parse", "--short=12", "HEAD") + changed


def arguments(description: str | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--patron", required=True)
    parser.add_argument("--orders", type=int, default=10_000_000)
    parser.add_argument("--customers", type=int, help="default: a tenth of the orders")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--formats", default="parquet,csv")
    parser.add_argument("--name", help="name of the result; default: today and the number of orders")
    options = parser.parse_args()
    options.customers = options.customers or max(options.orders // 10, 1)
    return options


def data_of(options: argparse.Namespace) -> Path:
    """Makes the data, unless they are there; returns their folder."""
    data = WORK / f"orders-{options.orders}-{options.customers}-{SEED}"
    if not (data / "complete").exists():
        print(f"making {options.orders} orders of {options.customers} customers", flush=True)
        shape = ["--orders", str(options.orders), "--customers", str(options.customers), "--seed", str(SEED)]
        subprocess.run([sys.executable, BENCH / "generate.py", data, *shape], check=True)
        (data / "complete").touch()
    return data


def main() -> None:
    options = arguments(__doc__)
    data = data_of(options)
    now = datetime.datetime.now(datetime.timezone.utc)
    result = {
        "format_version": FORMAT_VERSION,
        "measured_at": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "commit": commit(),
        "machine": machine(),
        "versions": versions(options.patron),
        "startup_seconds": startup_seconds(options.patron),
        "data": {"orders": options.orders, "customers": options.customers, "seed": SEED, "as_of": AS_OF},
        "answers_agree": True,
        "formats": {},
    }
    commands = contenders(options.patron)
    for kind in options.formats.split(","):
        source = data / f"orders.{kind}"
        print(f"{kind}: {source.stat().st_size / 1e6:.0f} MB", flush=True)
        runs = measured(commands, source, options.runs)
        result["formats"][kind] = {"bytes": source.stat().st_size, "runs": runs}
        medians = {name: statistics.median(run["wall_seconds"] for run in found) for name, found in runs.items()}
        for name, median in medians.items():
            peak = max(run["peak_bytes"] for run in runs[name])
            print(f"  {name:7} median {median:7.2f} s  {median / medians['patron']:5.2f} × patron  peak {peak / 2**20:7.0f} MiB")
    name = options.name or f"{now:%Y-%m-%d}-{options.orders}-orders"
    target = BENCH / "results" / f"{name}.json"
    target.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"wrote bench/results/{target.name}")


if __name__ == "__main__":
    main()
