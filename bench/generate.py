#!/usr/bin/env python3
"""Makes the same orders as Parquet (zstd) and CSV, from a seed: an export as a shop would give it, sorted by time.

Ids are text; an order id occurs once; amounts have two decimals; times are the shop's wall clock. Customers differ in
how much they buy (gamma weights) and when (each has a window of its own), so that recency, orders and value spread.
Other shapes are asked for one by one: a customer with a share of all orders, ids that are numbers or long and without
order, rows that are not sorted or sorted by customer. The numbers of orders go by time in all of them. `--buyers bg-nbd`
draws the purchases from BG/NBD and each customer's level of spend from Gamma-Gamma's: windows have no estimate of BG/NBD.
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
PURCHASES = {"r": 1.2, "alpha": 8.0, "a": 0.8, "b": 5.0}  # alpha in weeks; about ten orders a customer in these three years
SPEND_SHAPE = 4.0  # gamma shape of what divides a customer's amounts
SECONDS_PER_WEEK = 7 * 86_400
HEX = np.array([f"{byte:02x}".encode() for byte in range(256)], dtype="S2")


def padded(numbers: np.ndarray, prefix: str, width: int) -> pa.Array:
    digits = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, digits, "")


def scattered(numbers: np.ndarray, words: int) -> pa.Array:
    """Returns 16 hexadecimal digits a word, as of a hash: ids that share no beginning and stand in no order (SplitMix64)."""
    wide = np.empty((len(numbers), words), dtype=np.uint64)
    for word in range(words):
        mixed = (numbers.astype(np.uint64) * np.uint64(words) + np.uint64(word + 1)) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        wide[:, word] = mixed ^ (mixed >> np.uint64(31))
    digits = HEX[wide.view(np.uint8)].tobytes()
    ends = np.arange(len(numbers) + 1, dtype=np.int64) * (words * 16)
    texts = pa.LargeStringArray.from_buffers(len(numbers), pa.py_buffer(ends), pa.py_buffer(digits))
    return texts.cast(pa.string())


def ids(kind: str, orders: np.ndarray, who: np.ndarray) -> tuple[pa.Array, pa.Array]:
    """Returns the ids of orders and of customers."""
    if kind == "integer":
        return pa.array(orders), pa.array(who.astype(np.int64))
    if kind == "long":
        return scattered(orders, 2), scattered(who, 4)
    return padded(orders, "ORD-", 10), padded(who, "C", 8)


def buyers_and_times(options: argparse.Namespace, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Returns who bought and when (seconds after FIRST), in order of time."""
    orders, customers = options.orders, options.customers
    weights = random.gamma(CUSTOMER_SHAPE, size=customers)
    giant = customers // 2
    if options.giant_share:
        weights[giant] = 0
        weights[giant] = weights.sum() * options.giant_share / (1 - options.giant_share)
    share = np.cumsum(weights)
    who = np.searchsorted(share, random.random(orders) * share[-1]).astype(np.int32)
    span = int((LAST - FIRST).astype(np.int64))
    begins = random.random(customers) * 0.9 * span
    lasts = begins + random.random(customers) * (span - begins)
    if options.giant_share:
        begins[giant], lasts[giant] = 0, span
    when = (begins[who] + random.random(orders) * (lasts - begins)[who]).astype(np.int64)
    order = np.argsort(when, kind="stable")
    return who[order], when[order]


def bg_nbd_purchases(options: argparse.Namespace, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Returns who bought and when, in order of time, of as many customers as place the orders; the last one's may be cut short."""
    span = int((LAST - FIRST).astype(np.int64))
    customers = options.orders // 2
    per_second = random.gamma(PURCHASES["r"], 1 / (PURCHASES["alpha"] * SECONDS_PER_WEEK), customers)
    leaves = random.beta(PURCHASES["a"], PURCHASES["b"], customers)
    active, now = np.arange(customers, dtype=np.int32), random.random(customers) * 0.8 * span
    buyers, moments = [], []
    while len(active):
        buyers.append(active)
        moments.append(now)
        stays = random.random(len(active)) >= leaves[active] if len(buyers) > 1 else np.full(len(active), True)
        active, now = active[stays], now[stays]
        now = now + random.exponential(size=len(active)) / per_second[active]
        active, now = active[now <= span], now[now <= span]
    who, when = np.concatenate(buyers), np.concatenate(moments).astype(np.int64)
    kept = np.argsort(who, kind="stable")[: options.orders]
    kept = kept[np.argsort(when[kept], kind="stable")]
    return who[kept], when[kept]


def rows_in_file(options: argparse.Namespace, who: np.ndarray) -> np.ndarray:
    """Returns the numbers of the orders, which go by time, as they follow each other in the file."""
    if options.sorted_by == "customer":
        return np.argsort(who, kind="stable")
    if options.sorted_by == "nothing":
        return np.random.Generator(np.random.PCG64([options.seed, 1])).permutation(len(who))
    return np.arange(len(who))


def levels_of_spend(options: argparse.Namespace, who: np.ndarray) -> np.ndarray:
    """Returns what the amounts of each customer are multiplied with: one, or one over a gamma variate."""
    customers = int(who.max()) + 1
    if options.buyers == "windows":
        return np.ones(customers)
    random = np.random.Generator(np.random.PCG64([options.seed, 2]))
    return (SPEND_SHAPE - 1) / random.gamma(SPEND_SHAPE, size=customers)


def chunk(
    kind: str, orders: np.ndarray, who: np.ndarray, when: np.ndarray, level: np.ndarray, random: np.random.Generator
) -> pa.Table:
    cents = np.round(np.exp(random.normal(3.6, 0.9, len(who))) * 100 * level).astype(np.int64) + 1
    channels = pa.DictionaryArray.from_arrays(random.integers(0, len(CHANNELS), len(who), dtype=np.int8), CHANNELS)
    order_ids, customer_ids = ids(kind, orders, who)
    return pa.table({
        "order_id": order_ids,
        "customer_id": customer_ids,
        "ordered_at": pa.array(FIRST + when.astype("timedelta64[s]")),
        "net": cents_as_decimal(cents),
        "channel": channels.cast(pa.string()),
    })  # fmt: skip


def cents_as_decimal(cents: np.ndarray) -> pa.Array:
    """Returns cents as decimal(12,2): the same 128-bit integers, said to be hundredths."""
    halves = np.zeros((len(cents), 2), dtype=np.int64)
    halves[:, 0] = cents
    return pa.Array.from_buffers(pa.decimal128(12, 2), len(cents), [None, pa.py_buffer(halves.tobytes())])


def writers(options: argparse.Namespace, schema: pa.Schema) -> list:
    made = []
    if "parquet" in options.formats:
        made.append(pyarrow.parquet.ParquetWriter(options.folder / "orders.parquet", schema, compression="zstd"))
    if "csv" in options.formats:
        plain = pyarrow.csv.WriteOptions(quoting_style="none")
        made.append(pyarrow.csv.CSVWriter(options.folder / "orders.csv", schema, write_options=plain))
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--orders", type=int, default=10_000_000)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--buyers", choices=("windows", "bg-nbd"), default="windows", help="bg-nbd: customers are what it takes")
    parser.add_argument("--giant-share", type=float, default=0, help="share of the orders that one customer places")
    parser.add_argument("--ids", choices=("short", "integer", "long"), default="short")
    parser.add_argument("--sorted-by", choices=("time", "customer", "nothing"), default="time")
    parser.add_argument("--formats", type=lambda text: text.split(","), default=["parquet", "csv"])
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    random = np.random.Generator(np.random.PCG64(options.seed))
    who, when = (bg_nbd_purchases if options.buyers == "bg-nbd" else buyers_and_times)(options, random)
    levels = levels_of_spend(options, who)
    rows = rows_in_file(options, who)
    files: list = []
    for first in range(0, options.orders, CHUNK):
        orders = rows[first : first + CHUNK]
        table = chunk(options.ids, orders, who[orders], when[orders], levels[who[orders]], random)
        files = files or writers(options, table.schema)
        for file in files:
            file.write_table(table)
    for file in files:
        file.close()


if __name__ == "__main__":
    main()
