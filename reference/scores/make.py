"""Scores by other programs, for patron_stats::scores. Run: python make.py > cases.json

pandas:  qcut (a repeated edge is an error) and qcut of rank(method="first"), the latter in the order of the list
duckdb:  NTILE(k) OVER (ORDER BY value, position)
python:  type-7 quantiles in exact fractions; natural breaks by trying every partition, in exact fractions
Values have at most two decimals, so that any JSON reader gets the very same floats.
"""
import itertools
import json
import sys
from fractions import Fraction

import duckdb
import numpy as np
import pandas as pd

SEED = 20250131
rng = np.random.default_rng(SEED)


def vectors():
    yield "days, few ties", rng.integers(0, 4000, 200).astype(float)
    yield "days, many ties", rng.integers(0, 40, 500).astype(float)
    yield "counts, half are one", np.where(rng.random(300) < 0.5, 1, rng.integers(2, 20, 300)).astype(float)
    yield "counts, all but a few are one", np.where(rng.random(300) < 0.97, 1, 2).astype(float)
    yield "amounts, skewed", np.round(rng.lognormal(4, 1.5, 400), 2)
    yield "amounts with refunds", np.round(rng.normal(20, 60, 251), 2)
    yield "all equal", np.full(17, 12.5)
    yield "one value", np.array([3.0])
    yield "two values", np.array([7.25, 3.0])
    for n in (3, 5, 6, 9, 10, 11, 16, 21, 26, 31, 51, 101, 1001):
        yield f"tenths, n = {n}", rng.permutation(np.round(np.arange(n) * 0.1, 1))
        yield f"tied tenths, n = {n}", rng.permutation(np.round(np.arange(n) // 2 * 0.1, 1))


def type_7(values, bins):
    ordered = sorted(Fraction(v) for v in values)
    cuts = []
    for i in range(1, bins):
        h = Fraction((len(ordered) - 1) * i, bins)
        low = int(h)
        high = min(low + 1, len(ordered) - 1)
        cuts.append(float(ordered[low] + (h - low) * (ordered[high] - ordered[low])))
    return cuts


def qcut(values, bins):
    try:
        codes, edges = pd.qcut(pd.Series(values), bins, labels=False, retbins=True)
    except ValueError as error:
        assert "Bin edges must be unique" in str(error), error
        return None
    return {"scores": [int(c) + 1 for c in codes], "edges": [float(e) for e in edges]}


def qcut_first(values, bins):
    try:
        codes = pd.qcut(pd.Series(values).rank(method="first"), bins, labels=False)
    except ValueError as error:
        assert "Bin edges must be unique" in str(error), error
        return None
    return [int(c) + 1 for c in codes]


def ntile(values, bins):
    frame = pd.DataFrame({"position": range(len(values)), "value": values})
    rows = duckdb.sql(
        f"select position, ntile({bins}) over (order by value, position) tile from frame order by position"
    ).fetchall()
    assert [row[0] for row in rows] == list(range(len(values)))
    return [row[1] for row in rows]


def cost(group):
    mean = sum(group) / len(group)
    return sum((v - mean) ** 2 for v in group)


def natural_breaks(values, bins):
    """The least cost over every partition of the distinct values, and the cuts if only one partition has it."""
    ordered = sorted(Fraction(v) for v in values)
    distinct = sorted(set(ordered))
    best, found = None, []
    for ends in itertools.combinations(distinct[:-1], bins - 1):
        limits = [min(ordered) - 1, *ends, max(ordered)]
        total = sum(
            cost([v for v in ordered if low < v <= high]) for low, high in zip(limits, limits[1:])
        )
        if best is None or total < best:
            best, found = total, [ends]
        elif total == best:
            found.append(ends)
    return {"cost": float(best), "cuts": [float(c) for c in found[0]] if len(found) == 1 else None}


def small_vectors():
    yield "three lumps", np.array([1, 1.1, 0.9, 10, 10.2, 55, 54, 10.1, 1.1])
    yield "counts", np.array([1] * 20 + [2] * 6 + [3] * 4 + [4, 4, 5, 7, 8, 12, 15, 15, 40], float)
    for n in (8, 12, 16, 20):
        yield f"amounts, n = {n}", np.round(rng.lognormal(3, 1, n), 2)
        yield f"small whole numbers, n = {n}", rng.integers(0, 12, n).astype(float)


cases = []
for name, values in vectors():
    values = [float(v) for v in values]
    for bins in (2, 3, 4, 5, 7, 10):
        if len(values) > 300 and bins not in (4, 5):
            continue
        cases.append(
            {
                "name": name,
                "bins": bins,
                "values": values,
                "type_7": type_7(values, bins),
                "qcut": qcut(values, bins),
                "qcut_first": qcut_first(values, bins),
                "ntile": ntile(values, bins),
            }
        )
breaks = []
for name, values in small_vectors():
    values = [float(v) for v in values]
    for bins in (2, 3, 4, 5):
        if len(set(values)) > bins:
            breaks.append({"name": name, "bins": bins, "values": values, **natural_breaks(values, bins)})
tools = {"python": sys.version.split()[0], "numpy": np.__version__, "pandas": pd.__version__, "duckdb": duckdb.__version__}
print(json.dumps({"tools": tools, "seed": SEED, "cases": cases, "natural_breaks": breaks}, separators=(",", ":")))
