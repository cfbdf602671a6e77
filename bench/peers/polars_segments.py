"""The same conditions in Polars, over a frame in memory: of each customer the first that is met, and a bit for each.

Prints seconds by its own clock, reading apart, and how many customers each condition names first, takes, and leaves unknown. Polars
takes as many threads as POLARS_MAX_THREADS says. Times have a zone, which its SQL does not compare with a plain literal: they
are brought to plain times while reading.
"""

import json
import sys
import time
import tomllib
from pathlib import Path

import polars as pl

vocabulary, source = sys.argv[1:]
segments = tomllib.loads(Path(vocabulary).read_text(encoding="utf-8"))["segment"]

begun = time.perf_counter()
customers = pl.read_parquet(source).with_columns(pl.col("first_order_at", "last_order_at").dt.replace_time_zone(None))
reading = time.perf_counter() - begun

conditions = [pl.sql_expr(segment["when"]) for segment in segments]
begun = time.perf_counter()
met = customers.lazy().select([condition.alias(f"s{place}") for place, condition in enumerate(conditions)])
names = [f"s{place}" for place in range(len(segments))]
first = pl.coalesce([pl.when(pl.col(name)).then(pl.lit(place, pl.UInt8)) for place, name in enumerate(names)])
bits = pl.sum_horizontal([pl.col(name).fill_null(False).cast(pl.Int64) * (1 << place) for place, name in enumerate(names)])
answers = met.select(first=first, members=bits).collect()
evaluating = time.perf_counter() - begun

primary = dict(answers.group_by("first").len().iter_rows())
unknown = met.select(pl.all().null_count()).collect().row(0)
told = {
    "reading_seconds": reading,
    "evaluating_seconds": evaluating,
    "segments": {
        segment["key"]: [primary.get(place, 0), int(((answers["members"] // (1 << place)) % 2).sum()), unknown[place]]
        for place, segment in enumerate(segments)
    },
}
print(json.dumps(told))
