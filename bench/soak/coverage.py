#!/usr/bin/env python3
"""The coverage studies of intervals: jobs of the long checks, by themselves.

Runs the Rust tests that simulate, fit and count, and appends what they say to `<job>.jsonl` as `make soak` would; without `--only` the two
of intervals by maximum likelihood. `--only JOB` runs one of all, `--seed N` draws other customers than the first. Those of credible intervals
go on where they were stopped on the same commit; `--notes FOLDER` takes over the bases noted there, of another commit, too.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import soak  # noqa: E402 - the folder of the scripts comes first

JOBS = {
    "coverage_of_intervals": "coverage::intervals_of_many_simulated_bases_hold_what_they_should",
    "coverage_in_small_bases": "coverage::outcomes_of_small_bases_need_the_uncertainty_of_parameters_or_not",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=[*JOBS, *(job for job in soak.KILLS if job.startswith("coverage"))])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--notes", type=Path)
    options = parser.parse_args()
    # Tests that say one line of themselves, recorded whole, as those of kills are.
    soak.KILLS.update(JOBS)
    wanted = [options.only] if options.only else list(JOBS)
    return 0 if all([soak.run_kills(job, options.seed, options.notes) for job in wanted]) else 1


if __name__ == "__main__":
    sys.exit(main())
