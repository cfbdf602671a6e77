"""Adds the orders of a Parquet file to the table of a database."""

import sys

import duckdb

source, target = sys.argv[1:]
with duckdb.connect(target) as database:
    database.sql(f"INSERT INTO orders SELECT * FROM read_parquet('{source}')")
