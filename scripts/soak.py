#!/usr/bin/env python3
"""make soak: the long checks. Each result is appended as one JSON line to bench/soak/<job>.jsonl.

A job is a Rust test marked `#[ignore = "soak: …"]`, a command of the list below, or a fuzz target (`fuzz_<target>`).
`--list` names them, `--only NAME` runs one, `--only fuzz` all fuzz targets. `--seed N` reaches the jobs as PATRON_SEED; a fuzz
target runs for FUZZ_SECONDS (60).
"""

import argparse
import datetime
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import counting
import fuzzing
from steps import ROOT, TARGET

FOLDER = ROOT / "bench" / "soak"
RELEASE = ["--release", "--workspace", "--locked"]
# Tests that kill processes, or are long: jobs of their own, which take what the tests say into their record.
KILLS = {
    "kills_of_the_ledger": "kill::a_killed_writer_leaves_all_or_nothing_200_times",
    "kills_of_imports": "workspace::unhurt::a_killed_import_is_there_whole_or_not_at_all_200_times",
    "coverage_of_credible_intervals": "bayes_coverage::credible_intervals_of_many_simulated_bases_hold_what_they_should",
    "coverage_of_credible_intervals_pareto_nbd": "bayes_coverage::credible_intervals_of_pareto_nbd_hold_what_they_should",
    "coverage_of_own_expectations_abe": "own_coverage::own_expectations_of_abe_hold_what_they_should",
    "coverage_of_own_expectations_ggg": "own_coverage::own_expectations_of_ggg_hold_what_they_should",
}
SAID = re.compile(r"^SOAK (.+)$", re.MULTILINE)


def patron() -> str:
    return str(TARGET / "release" / "patron")


def jobs(folder: Path) -> dict[str, list[list[str]]]:
    """Returns the jobs that are no Rust tests: a name and its commands, which must all succeed."""
    threads = ["1", "2", "5"]
    big = str(folder / "big")
    runs = [
        [patron(), "run", f"{big}/orders.csv", "--currency", "EUR", "--quiet", "--threads", n, "--out", str(folder / f"out-{n}")]
        for n in threads
    ]
    same = [["cmp", str(folder / "out-1/customers.parquet"), str(folder / f"out-{n}/customers.parquet")] for n in threads[1:]]
    return {
        # A million made-up customers: the same bytes whatever the threads.
        "million_customers_same_bytes": [[patron(), "demo", big, "--customers", "1000000"], *runs, *same],
        # A real Spark, 0.7 GB of it: the same bytes as here, with an executor killed, and what is said where something is missing.
        "spark": [["python3", "scripts/spark_check.py", patron(), str(folder / "spark")]],
    }


def commit() -> str:
    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()

    changed = " with uncommitted changes" if git("status", "--porcelain", "--untracked-files=no") else ""
    return git("rev-parse", "--short=12", "HEAD") + changed


def record(job: str, seed: int, seconds: float, passed: bool, found: str, **more: object) -> None:
    line = {
        "at": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "job": job,
        "commit": commit(),
        "seed": seed,
        "machine": {"system": f"{platform.system()} {platform.machine()}", "cores": os.cpu_count()},
        "seconds": round(seconds, 1),
        "passed": passed,
        "found": found,
        **more,
    }
    with (FOLDER / f"{job}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
    print(f"{'passed' if passed else 'FAILED'} {job}, {seconds:.0f} s: {found}", flush=True)


def run_tests(seed: int) -> bool:
    """Runs the Rust tests that are marked for soak."""
    begun = time.monotonic()
    others = [word for test in KILLS.values() for word in ("--skip", test)]
    command = ["cargo", "test", *RELEASE, "--no-fail-fast", "--", "--ignored", "--show-output", *others]
    environment = os.environ | {"PATRON_SEED": str(seed)}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    tally = counting.of_cargo(done.stdout)
    passed = done.returncode == 0
    if not passed:
        print(done.stdout[-20_000:])
    if tally.passed + tally.failed > 0 or not passed:
        record("rust_tests", seed, time.monotonic() - begun, passed, tally.line())
    else:
        print("no Rust test is marked for soak yet")
    return passed


def run_kills(job: str, seed: int, notes: Path | None = None) -> bool:
    """Runs one test that is a job of its own, and records what it says of itself.

    Studies of coverage note what they find, base by base, in the folder of notes: one of the job, the seed and the commit unless given.
    What is there already is taken over, and the record says so: a study that was stopped goes on.
    """
    # Of the whole workspace, as all tests: a package by itself would have its libraries built once more.
    command = ["cargo", "test", *RELEASE]
    own = ROOT / "bench" / ".work" / "notes" / f"{job}-seed-{seed}-{commit().replace(' ', '-')}"
    (notes or own).mkdir(parents=True, exist_ok=True)
    environment = os.environ | {"PATRON_SEED": str(seed), "PATRON_NOTES": str(notes or own)}
    # Its helpers are examples and binaries of the package: all of it is built, outside the time that is recorded.
    subprocess.run([*command, "--no-run"], cwd=ROOT, check=True)
    begun = time.monotonic()
    words = [*command, "--test", "it", "--", "--ignored", "--exact", "--show-output", KILLS[job]]
    done = subprocess.run(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = SAID.findall(done.stdout)
    passed = done.returncode == 0 and len(said) == 1
    if not passed:
        print(done.stdout[-20_000:])
    record(job, seed, time.monotonic() - begun, passed, "; ".join(said) or f"exit {done.returncode}")
    if said:
        # The study is whole: the next begins anew.
        shutil.rmtree(own, ignore_errors=True)
    return passed


def run_fuzzing(target: str, seed: int) -> bool:
    """Runs one fuzz target for a while."""
    begun = time.monotonic()
    found = fuzzing.run(target, seed)
    record(f"fuzz_{target}", seed, time.monotonic() - begun, found.passed, found.line(), **found.figures())
    return found.passed


def run_commands(job: str, commands: list[list[str]], seed: int) -> bool:
    begun = time.monotonic()
    environment = os.environ | {"PATRON_SEED": str(seed)}
    said = []
    for command in commands:
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            words = " ".join(Path(word).name for word in command)
            record(job, seed, time.monotonic() - begun, False, f"{words}: exit {done.returncode}: {done.stderr[-500:]}")
            return False
        said += SAID.findall(done.stdout)
    record(job, seed, time.monotonic() - begun, True, "; ".join(said) or f"{len(commands)} commands")
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--only")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    work = ROOT / "bench" / ".work" / "soak"
    named = jobs(work)
    fuzz = {f"fuzz_{target}": target for target in fuzzing.targets()}
    if options.list:
        print("rust_tests", *named, *KILLS, *fuzz, sep="\n")
        return 0
    if options.only not in (None, "rust_tests", "fuzz", *named, *KILLS, *fuzz):
        raise SystemExit(f"error: no job is called {options.only}\n  hint: --list names them")
    went_well = True
    if options.only in (None, "rust_tests", *named, *KILLS):
        went_well &= run_in_release(options.only, options.seed, work, named)
    wanted = [target for job, target in fuzz.items() if options.only in (None, "fuzz", job)]
    if wanted:
        fuzzing.build()
    for target in wanted:
        went_well &= run_fuzzing(target, options.seed)
    return 0 if went_well else 1


def run_in_release(only: str | None, seed: int, work: Path, named: dict[str, list[list[str]]]) -> bool:
    """Runs the jobs that need the binary people use, or its tests; the binary carries the page, so the page comes first."""
    subprocess.run(["bash", "scripts/web.sh"], cwd=ROOT, check=True)
    subprocess.run(["cargo", "build", "--release", "--locked", "-p", "patron-cli"], cwd=ROOT, check=True)
    work.mkdir(parents=True, exist_ok=True)
    went_well = True
    if only in (None, "rust_tests"):
        went_well &= run_tests(seed)
    for job in KILLS:
        if only in (None, job):
            went_well &= run_kills(job, seed)
    for job, commands in named.items():
        if only in (None, job):
            went_well &= run_commands(job, commands, seed)
    return went_well


if __name__ == "__main__":
    sys.exit(main())
