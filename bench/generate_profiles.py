#!/usr/bin/env python3
"""Makes customers from a seed, as `patron run` writes them: the columns that segment conditions read, some of them unknown.

Columns hang together as far as conditions can tell (a score goes with its value, a stage with its days, who bought once has no
rhythm); `gap_variation` and `orders_prior_window` are there too, which conditions know and `customers.parquet` does not have.
"""

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS_PER_GROUP = 131_072  # as patron writes them
AS_OF_MICROS = 1_767_225_600_000_000  # 2026-01-01 00:00 UTC: the end of 2025
MICROS_PER_DAY = 86_400_000_000
OCTANTS = ["high_value", "to_deepen", "sleeping", "lost", "potential", "new", "maintain", "let_go"]
STAGES = ["active", "silent", "dormant", "churned"]
STAGE_BOUNDS = (90, 180, 365)  # days
KEYS = ["rfm", "octant", "lifecycle"]


def decimals(values: np.ndarray, precision: int, unknown: np.ndarray | None = None) -> pa.Array:
    """Returns ten-thousandths as decimals."""
    words = np.empty((len(values), 2), dtype=np.int64)
    words[:, 0] = values
    words[:, 1] = values >> 63
    known = None if unknown is None else pa.py_buffer(np.packbits(~unknown, bitorder="little"))
    return pa.Array.from_buffers(pa.decimal128(precision, 4), len(values), [known, pa.py_buffer(words)])


def keys(codes: np.ndarray, names: list[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int8)), pa.array(names)).cast(pa.string())


def fifths(values: np.ndarray, cuts: list[float]) -> np.ndarray:
    return 1 + np.searchsorted(cuts, values, side="left").astype(np.int64)


def behaviour(rows: int, random: np.random.Generator) -> dict[str, np.ndarray]:
    orders = random.geometric(0.35, rows).astype(np.int64)
    age = random.integers(1, 1_461, rows)
    recency = np.where(orders == 1, age, (age * random.random(rows) ** 1.5).astype(np.int64))
    average = np.round(random.lognormal(3.9, 0.8, rows) * 100).astype(np.int64) * 100
    in_window = np.where(recency < 182, random.integers(1, orders + 1), 0)
    return {
        "orders": orders,
        "age": age,
        "recency": recency,
        "average": average,
        "monetary": average * orders,
        "in_window": in_window,
        "before": random.integers(0, orders - in_window + 1),
        "alive": 1 / (1 + np.exp((recency - 200) / 90 - random.normal(0, 0.5, rows))),
    }


def table(first: int, rows: int, random: np.random.Generator) -> pa.Table:
    found = behaviour(rows, random)
    orders, recency, age = found["orders"], found["recency"], found["age"]
    once, no_model = orders == 1, random.random(rows) < 0.02
    r_score = 6 - fifths(recency, [60, 150, 330, 620])
    f_score = fifths(orders, [1, 2, 3, 5])
    m_score = fifths(found["monetary"], [400_000, 800_000, 1_500_000, 3_000_000])
    days = random.integers(0, MICROS_PER_DAY // 1_000_000, rows) * 1_000_000
    instant = pa.timestamp("us", tz="UTC")
    gap = np.where(once, 0, (age - recency) / np.maximum(orders - 1, 1))
    expected = found["alive"] * orders / age * 365
    value = np.round(expected * found["average"]).astype(np.int64)
    side = np.where(random.random(rows) < 0.3, "N", "S")
    number = np.char.zfill(np.arange(first, first + rows).astype("U8"), 8)
    codes = ((r_score - 1) * 5 + f_score - 1) * 5 + m_score - 1
    high = [r_score >= 4, f_score >= 3, m_score >= 4]
    columns = {
        "customer_id": pa.array(np.char.add(np.char.add(side, "-"), number)),
        "first_order_at": pa.array(AS_OF_MICROS - age * MICROS_PER_DAY + days, instant),
        "last_order_at": pa.array(AS_OF_MICROS - recency * MICROS_PER_DAY + days, instant),
        "recency_days": pa.array(recency.astype(np.int32)),
        "orders": pa.array(orders),
        "purchase_days": pa.array(np.maximum(orders - random.integers(0, 2, rows), 1)),
        "monetary": decimals(found["monetary"], 38),
        "average_order_value": decimals(found["average"], 18),
        "orders_window": pa.array(found["in_window"]),
        "orders_prior_window": pa.array(found["before"]),
        "mean_days_between_orders": pa.array(gap, mask=once),
        "gap_variation": pa.array(random.gamma(2, 0.35, rows), mask=orders < 3),
        "r_score": pa.array(r_score),
        "f_score": pa.array(f_score),
        "m_score": pa.array(m_score),
        "rfm": keys(codes, [f"{r}{f}{m}" for r in range(1, 6) for f in range(1, 6) for m in range(1, 6)]),
        "octant": keys(sum((~bit).astype(np.int64) << place for place, bit in enumerate(high)), OCTANTS),
        "lifecycle": keys(np.searchsorted(STAGE_BOUNDS, recency, side="left"), STAGES),
        "probability_alive": pa.array(found["alive"], mask=no_model),
        "expected_purchases": pa.array(expected, mask=no_model),
        "historic_value": decimals(found["monetary"] * 3 // 10, 18),
        "clv": decimals(value * 3 // 10, 18, no_model),
    }
    return pa.table(columns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path)
    parser.add_argument("--customers", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random = np.random.Generator(np.random.PCG64(options.seed))
    writer = None
    for first in range(0, options.customers, ROWS_PER_GROUP):
        made = table(first, min(ROWS_PER_GROUP, options.customers - first), random)
        writer = writer or pq.ParquetWriter(options.target, made.schema, compression="snappy", use_dictionary=KEYS)
        writer.write_table(made, row_group_size=ROWS_PER_GROUP)
    if writer is not None:
        writer.close()


if __name__ == "__main__":
    main()
