"""The same conditions in DuckDB, over a table in memory: of each customer the first that is met, and a bit for each.

Prints seconds by its own clock, reading apart, and how many customers each condition names first, takes, and leaves unknown.
"""

import json
import sys
import time
import tomllib
from pathlib import Path

import duckdb

vocabulary, source, threads = sys.argv[1:]
segments = tomllib.loads(Path(vocabulary).read_text(encoding="utf-8"))["segment"]
duckdb.sql(f"SET threads = {threads}; SET TimeZone = 'UTC'; SET preserve_insertion_order = false")

begun = time.perf_counter()
duckdb.sql(f"CREATE TABLE customers AS FROM read_parquet('{source}')")
reading = time.perf_counter() - begun

# Each condition is written once, so that each is evaluated once.
met = ", ".join(f"({segment['when']}) AS s{place}" for place, segment in enumerate(segments))
first = " ".join(f"WHEN s{place} THEN {place}" for place in range(len(segments)))
bits = " + ".join(f"(CASE WHEN s{place} THEN {1 << place} ELSE 0 END)" for place in range(len(segments)))
begun = time.perf_counter()
duckdb.sql(f"""
CREATE TABLE answers AS
SELECT (CASE {first} END)::UTINYINT AS first, ({bits})::BIGINT AS members
FROM (SELECT {met} FROM customers)
""")
evaluating = time.perf_counter() - begun

primary = dict(duckdb.sql("SELECT first, count(*) FROM answers WHERE first IS NOT NULL GROUP BY first").fetchall())
sums = ", ".join(f"sum(members >> {place} & 1)" for place in range(len(segments)))
members = duckdb.sql(f"SELECT {sums} FROM answers").fetchall()[0]
unknown = ", ".join(f"count(*) FILTER (WHERE s{place} IS NULL)" for place in range(len(segments)))
unknown = duckdb.sql(f"SELECT {unknown} FROM (SELECT {met} FROM customers)").fetchall()[0]
told = {
    "reading_seconds": reading,
    "evaluating_seconds": evaluating,
    "segments": {
        segment["key"]: [primary.get(place, 0), int(members[place]), unknown[place]] for place, segment in enumerate(segments)
    },
}
print(json.dumps(told))
