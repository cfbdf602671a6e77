"""The same work as `patron import` in DuckDB: a file of orders into a table of a new database, by customer and time.

The amounts are read as decimals, as patron keeps them.
"""

import sys

import duckdb

source, target = sys.argv[1:]
read = f"read_csv('{source}', types = {{'net': 'DECIMAL(18,2)'}})" if source.endswith(".csv") else f"read_parquet('{source}')"

database = duckdb.connect(target)
database.sql(f"CREATE TABLE orders AS SELECT * FROM {read} ORDER BY customer_id, ordered_at")
database.close()
