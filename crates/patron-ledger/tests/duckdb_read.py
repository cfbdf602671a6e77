"""Attaches a ledger in DuckDB and answers queries: a line per row, columns between tabs.

Arguments: `read` or `write`, the address of the catalogue (`sqlite:PATH` or `postgres:…`), one query after another.
"""

import sys

import duckdb
from duckdb_extensions import import_extension


def main() -> None:
    access, address, *queries = sys.argv[1:]
    import_extension("ducklake")
    import_extension("postgres_scanner" if address.startswith("postgres") else "sqlite_scanner")
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"ATTACH 'ducklake:{address}' AS ledger{' (READ_ONLY)' if access == 'read' else ''}")
    for query in queries:
        for row in connection.execute(query).fetchall():
            print("\t".join(str(value) for value in row))


if __name__ == "__main__":
    main()
