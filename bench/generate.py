#!/usr/bin/env python3
"""Makes the same orders as Parquet (zstd) and CSV, from a seed: an export as a shop would give it, sorted by time.

Ids are text; an order id occurs once; amounts have two decimals; times are the shop's wall clock. Customers differ in
how much they buy (gamma weights) and when (each has a window of its own), so that recency, orders and value spread.
"""

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

FIRST = np.datetime64("2023-01-01T00:00:00", "s")
LAST = np.datetime64("2025-12-31T23:59:59", "s")
CHANNELS = ["search", "social", "mail", "direct", "marketplace"]
CHUNK = 1_000_000
CUSTOMER_SHAPE = 0.6  # gamma shape of the weights: the top fifth of customers places about two thirds of the orders


def padded(numbers: np.ndarray, prefix: str, width: int) -> pa.Array:
    digits = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, digits, "")


def buyers_and_times(orders: int, customers: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Returns who bought and when (seconds after FIRST), in order of time."""
    share = np.cumsum(random.gamma(CUSTOMER_SHAPE, size=customers))
    who = np.searchsorted(share, random.random(orders) * share[-1]).astype(np.int32)
    span = int((LAST - FIRST).astype(np.int64))
    begins = random.random(customers) * 0.9 * span
    lasts = begins + random.random(customers) * (span - begins)
    when = (begins[who] + random.random(orders) * (lasts - begins)[who]).astype(np.int64)
    order = np.argsort(when, kind="stable")
    return who[order], when[order]


def chunk(first: int, who: np.ndarray, when: np.ndarray, random: np.random.Generator) -> pa.Table:
    cents = np.round(np.exp(random.normal(3.6, 0.9, len(who))) * 100).astype(np.int64) + 1
    channels = pa.DictionaryArray.from_arrays(random.integers(0, len(CHANNELS), len(who), dtype=np.int8), CHANNELS)
    return pa.table({
        "order_id": padded(np.arange(first, first + len(who)), "ORD-", 10),
        "customer_id": padded(who, "C", 8),
        "ordered_at": pa.array(FIRST + when.astype("timedelta64[s]")),
        "net": cents_as_decimal(cents),
        "channel": channels.cast(pa.string()),
    })  # fmt: skip


def cents_as_decimal(cents: np.ndarray) -> pa.Array:
    """Returns cents as decimal(12,2): the same 128-bit integers, said to be hundredths."""
    halves = np.zeros((len(cents), 2), dtype=np.int64)
    halves[:, 0] = cents
    return pa.Array.from_buffers(pa.decimal128(12, 2), len(cents), [None, pa.py_buffer(halves.tobytes())])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--orders", type=int, default=10_000_000)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    random = np.random.Generator(np.random.PCG64(options.seed))
    who, when = buyers_and_times(options.orders, options.customers, random)
    parquet = text = None
    for first in range(0, options.orders, CHUNK):
        table = chunk(first, who[first : first + CHUNK], when[first : first + CHUNK], random)
        if parquet is None:
            parquet = pyarrow.parquet.ParquetWriter(options.folder / "orders.parquet", table.schema, compression="zstd")
            text = pyarrow.csv.CSVWriter(
                options.folder / "orders.csv", table.schema, write_options=pyarrow.csv.WriteOptions(quoting_style="none")
            )
        parquet.write_table(table)
        text.write_table(table)
    parquet.close()
    text.close()


if __name__ == "__main__":
    main()
