#!/usr/bin/env python3
"""Makes a summary of customers from a seed, as BG/NBD has them: frequency, recency and T in weeks, one row each.

Days are whole, as in a shop's orders, so that histories repeat: who buys twice on one day has bought on one day, and every
time is a number of days / 7. The first purchase of each lies 26 to 104 weeks before the end.

For other models `--of` makes other files: `spend` (frequency and mean spend, of Gamma-Gamma), `opportunities` (frequency, recency and T of
BG/BB, two to twelve chances to buy) and `contracts` (renewals that were due, one to ten, and who left, of sBG).
"""

import argparse
from pathlib import Path

import numpy as np

PARAMETERS = {"r": 0.24, "alpha": 4.41, "a": 0.79, "b": 2.43}  # alpha in weeks; the estimates that the paper prints of CDNOW
AGE_DAYS = (26 * 7, 104 * 7)
DAYS_PER_WEEK = 7
SPEND = {"p": 6.25, "q": 3.74, "gamma": 15.44}  # the estimates that the paper prints of CDNOW
OPPORTUNITIES = {"alpha": 1.204, "beta": 0.750, "gamma": 0.657, "delta": 2.783}  # those of donors to a charity
RENEWALS = {"alpha": 0.668, "beta": 3.806}  # those of the paper's high-end customers
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


def purchases(customers: int, random: np.random.Generator) -> tuple[str, list]:
    repeats, last, age = drawn(customers, random)
    return "frequency,recency,T", [repeats, last / DAYS_PER_WEEK, age / DAYS_PER_WEEK]


def spend(customers: int, random: np.random.Generator) -> tuple[str, list]:
    frequency = random.geometric(0.3, customers)
    level = SPEND["gamma"] / random.gamma(SPEND["q"], size=customers)
    mean = random.gamma(SPEND["p"] * frequency) / frequency * level
    # A recency and a T stand in every summary; this model looks at neither.
    whole = np.full(customers, 52)
    return "frequency,recency,T,monetary_value", [frequency, whole, whole, np.maximum(mean.round(2), 0.01)]


def opportunities(customers: int, random: np.random.Generator) -> tuple[str, list]:
    chances = random.integers(2, 12, customers, endpoint=True)
    buys = random.beta(OPPORTUNITIES["alpha"], OPPORTUNITIES["beta"], customers)
    leaves = random.beta(OPPORTUNITIES["gamma"], OPPORTUNITIES["delta"], customers)
    here = random.geometric(np.maximum(leaves, LEAST_RATE)) - 1  # opportunities before leaving
    frequency, recency = np.zeros(customers, dtype=np.int64), np.zeros(customers, dtype=np.int64)
    for chance in range(1, chances.max() + 1):
        bought = (chance <= np.minimum(chances, here)) & (random.random(customers) < buys)
        frequency += bought
        recency[bought] = chance
    return "frequency,recency,T", [frequency, recency, chances]


def contracts(customers: int, random: np.random.Generator) -> tuple[str, list]:
    due = random.integers(1, 10, customers, endpoint=True)
    leaves = random.beta(RENEWALS["alpha"], RENEWALS["beta"], customers)
    left_at = random.geometric(np.maximum(leaves, LEAST_RATE))
    return "renewals,left", [np.minimum(due, left_at), (left_at <= due).astype(np.int64)]


FILES = {"purchases": purchases, "spend": spend, "opportunities": opportunities, "contracts": contracts}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--of", choices=FILES, default="purchases")
    options = parser.parse_args()
    options.target.parent.mkdir(parents=True, exist_ok=True)
    header, columns = FILES[options.of](options.customers, np.random.Generator(np.random.PCG64(options.seed)))
    with options.target.open("w", encoding="utf-8") as file:
        file.write(f"{header}\n")
        for row in zip(*(column.tolist() for column in columns)):
            file.write(f"{','.join(map(repr, row))}\n")


if __name__ == "__main__":
    main()
