#!/usr/bin/env python3
"""Splits a Parquet file of orders by time: history.parquet, and new.parquet with the latest; prints what is where as JSON.

split.py ORDERS FOLDER SHARE. Rows stay in the order that they have.
"""

import json
import sys
from pathlib import Path

import duckdb

source, target, share = sys.argv[1:]
folder = Path(target)
folder.mkdir(parents=True, exist_ok=True)
orders = duckdb.sql(f"SELECT count(*) FROM read_parquet('{source}')").fetchall()[0][0]
new = round(orders * float(share))
boundary = f"""
    (SELECT (ordered_at, order_id) FROM read_parquet('{source}') ORDER BY ordered_at DESC, order_id DESC LIMIT 1 OFFSET {new})
"""
for name, side in (("history", "<="), ("new", ">")):
    rows = f"SELECT * FROM read_parquet('{source}') WHERE (ordered_at, order_id) {side} {boundary}"
    duckdb.sql(f"COPY ({rows}) TO '{folder / name}.parquet' (FORMAT parquet, COMPRESSION zstd)")
last = duckdb.sql(f"SELECT max(ordered_at)::DATE::VARCHAR FROM read_parquet('{folder / 'history.parquet'}')").fetchall()[0][0]
print(json.dumps({"history_orders": orders - new, "new_orders": new, "history_ends": last}))
