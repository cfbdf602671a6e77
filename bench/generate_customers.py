#!/usr/bin/env python3
"""Makes a summary of customers from a seed, as BG/NBD has them: frequency, recency and T in weeks, one row each.

Days are whole, as in a shop's orders, so that histories repeat: who buys twice on one day has bought on one day, and every
time is a number of days / 7. The first purchase of each lies 26 to 104 weeks before the end.
"""

import argparse
from pathlib import Path

import numpy as np

PARAMETERS = {"r": 0.24, "alpha": 4.41, "a": 0.79, "b": 2.43}  # alpha in weeks; the estimates that the paper prints of CDNOW
AGE_DAYS = (26 * 7, 104 * 7)
DAYS_PER_WEEK = 7
LEAST_RATE = 1e-300  # a rate that underflows is no purchase, not a division by zero


def drawn(customers: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns of each customer the days with a purchase after the first day, the last such day (0 for none) and the age in days."""
    age = random.integers(AGE_DAYS[0], AGE_DAYS[1], customers, endpoint=True)
    per_day = np.maximum(random.gamma(PARAMETERS["r"], 1 / (PARAMETERS["alpha"] * DAYS_PER_WEEK), customers), LEAST_RATE)
    leaves = random.beta(PARAMETERS["a"], PARAMETERS["b"], customers)
    repeats, last, now = np.zeros(customers, dtype=np.int64), np.zeros(customers, dtype=np.int64), np.zeros(customers)
    active = np.arange(customers)
    while len(active):
        now[active] += random.exponential(size=len(active)) / per_day[active]
        active = active[now[active] <= age[active]]
        day = np.ceil(now[active]).astype(np.int64)
        repeats[active] += day > last[active]
        last[active] = day
        active = active[random.random(len(active)) >= leaves[active]]
    return repeats, last, age


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.target.parent.mkdir(parents=True, exist_ok=True)
    repeats, last, age = drawn(options.customers, np.random.Generator(np.random.PCG64(options.seed)))
    weeks = (days / DAYS_PER_WEEK for days in (last, age))
    with options.target.open("w", encoding="utf-8") as file:
        file.write("frequency,recency,T\n")
        for frequency, recency, observed in zip(repeats.tolist(), *(of_all.tolist() for of_all in weeks)):
            file.write(f"{frequency},{recency!r},{observed!r}\n")


if __name__ == "__main__":
    main()
