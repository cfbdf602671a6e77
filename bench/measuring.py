"""What the side-by-side scripts share: whole processes run in turn and timed, the machine, the versions, the record."""

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path

from cases import CASES

BENCH = Path(__file__).resolve().parent
WORK = BENCH / ".work"
AS_OF = "2025-12-31"
SEED = 1
# Of the records: raised when a field of theirs means something else or goes. New fields may come.
FORMAT_VERSION = 1

Runs = dict[str, list[dict]]


def run_timed(name: str, command: list[str], answer: Path | None = None) -> dict:
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


def steps_of(run_json: Path) -> dict[str, float]:
    """Returns the seconds of patron's steps, by its own clock."""
    machine = json.loads(run_json.read_text(encoding="utf-8"))["machine"]
    return {step: elapsed / 1000 for step, elapsed in machine["milliseconds"].items()}


def in_turn(names: Iterable[str], runs: int, timed: Callable[[str], dict]) -> Runs:
    """Runs every contender once a turn, so that load that comes and goes meets all of them."""
    found: Runs = {name: [] for name in names}
    for turn in range(runs):
        for name in found:
            found[name].append(timed(name))
        last = ", ".join(f"{name} {of_all[-1]['wall_seconds']:.2f} s" for name, of_all in found.items())
        print(f"  turn {turn + 1} of {runs}: {last}", flush=True)
    return found


def printed(runs: Runs, beside: str = "patron") -> None:
    medians = {name: statistics.median(run["wall_seconds"] for run in found) for name, found in runs.items()}
    for name, median in medians.items():
        peak = max(run["peak_bytes"] for run in runs[name])
        print(f"  {name:17} median {median:7.2f} s  {median / medians[beside]:5.2f} × {beside}  peak {peak / 2**20:7.0f} MiB")


def startup_seconds(patron: str, peers: dict[str, str]) -> dict[str, float]:
    """Returns what each takes to do nothing, so that the reader can subtract it; `peers` names what each imports."""
    nothing = {"patron": [patron, "--version"]}
    nothing |= {name: [sys.executable, "-c", f"import {modules}"] for name, modules in peers.items()}
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


def versions(patron: str, packages: Iterable[str]) -> dict[str, str]:
    found = subprocess.run([patron, "--version"], check=True, capture_output=True, text=True).stdout.split()
    ours = found[-1] if found else "unknown"
    return {"patron": ours, **{name: version(name) for name in packages}, "python": platform.python_version()}


def commit() -> str:
    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=BENCH, check=True, capture_output=True, text=True).stdout.strip()

    # The records themselves may be new: several are made before they are committed together.
    records = [":(top,exclude)bench/results", ":(top,exclude)bench/results.md"]
    changed = " with uncommitted changes" if git("status", "--porcelain", "--untracked-files=no", "--", *records) else ""
    return git("rev-parse", "--short=12", "HEAD") + changed


def begun(work: str | None) -> dict:
    """Returns the first fields of a record: which work (none for the plain run), when, of which commit, on which machine."""
    now = datetime.datetime.now(datetime.timezone.utc)
    named = {"work": work} if work else {}
    measured_at = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"format_version": FORMAT_VERSION, **named, "measured_at": measured_at, "commit": commit(), "machine": machine()}


def recorded(result: dict, name: str | None, default: str) -> None:
    """Writes the record as `name`, or as its day and `default`."""
    result["machine"]["load_after"] = round(os.getloadavg()[0], 2)
    target = BENCH / "results" / f"{name or result['measured_at'][:10] + '-' + default}.json"
    target.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"wrote bench/results/{target.name}")


def arguments(description: str | None, orders: int = 10_000_000) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--patron", required=True)
    parser.add_argument("--orders", type=int, default=orders)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--formats", type=lambda text: text.split(","), default=["parquet", "csv"])
    parser.add_argument("--name", help="name of the record; default: today, the number of orders and the work")
    return parser


def data_of(orders: int, case: str, formats: list[str], customers: int | None = None) -> tuple[Path, dict]:
    """Makes the orders of a case, unless they are there; returns their folder, and how they are described in a record."""
    customers = customers or max(orders // CASES[case].orders_each, 1)
    suffix = "" if case == "base" else f"-{case}"
    data = WORK / f"orders-{orders}-{customers}-{SEED}{suffix}"
    missing = [kind for kind in formats if not (data / f"orders.{kind}").exists()]
    if missing or not (data / "complete").exists():
        (data / "complete").unlink(missing_ok=True)
        print(f"making {orders} orders of {customers} customers, {case}", flush=True)
        shape = ["--orders", str(orders), "--customers", str(customers), "--seed", str(SEED), "--formats", ",".join(formats)]
        subprocess.run([sys.executable, BENCH / "generate.py", data, *shape, *CASES[case].shape], check=True)
        (data / "complete").touch()
    described = {"orders": orders, "customers": customers, "seed": SEED, "case": case, "words": CASES[case].words}
    return data, described
