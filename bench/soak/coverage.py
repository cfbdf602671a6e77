#!/usr/bin/env python3
"""The coverage study of intervals: one job of the long checks, by itself.

Runs the Rust test that simulates, fits and counts, and appends what it says to coverage_of_intervals.jsonl as `make soak` would.
`--seed N` draws other customers than the first.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import soak  # noqa: E402 - the folder of the scripts comes first

JOB = "coverage_of_intervals"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    # A test that says one line of itself, recorded whole, as those of kills are.
    soak.KILLS[JOB] = ("patron-stats", "coverage::intervals_of_many_simulated_bases_hold_what_they_should")
    return 0 if soak.run_kills(JOB, parser.parse_args().seed) else 1


if __name__ == "__main__":
    sys.exit(main())
