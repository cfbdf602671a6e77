#!/usr/bin/env python3
"""Compares the answers customer by customer; exits 1 and shows the first differences if they are not the same.

agree.py NAME=FILE NAME=FILE…: the first is compared with each of the others. Sums of money are compared in
ten-thousandths: a peer that read a CSV adds floating numbers, which are off by less than that here. Ids are compared as
text: patron has no other, a peer keeps what the file has.
"""

import sys

import duckdb

EXACT = ("recency_days", "orders", "purchase_days", "orders_window", "r_score", "f_score", "m_score")
MONEY = ("monetary", "monetary_window")
SHOWN = 5


def differences(left: str, right: str) -> list[tuple]:
    different = [f"l.{name} IS DISTINCT FROM r.{name}" for name in EXACT]
    different += [f"round(l.{name}::DOUBLE, 4) IS DISTINCT FROM round(r.{name}::DOUBLE, 4)" for name in MONEY]
    columns = ", ".join(f"l.{name}, r.{name}" for name in EXACT + MONEY)
    return duckdb.sql(f"""
        SELECT coalesce(l.customer_id::VARCHAR, r.customer_id::VARCHAR), {columns}
        FROM read_parquet('{left}') l FULL JOIN read_parquet('{right}') r ON l.customer_id::VARCHAR = r.customer_id::VARCHAR
        WHERE {" OR ".join(different)}
    """).fetchall()


def main(arguments: list[str]) -> int:
    named = [argument.split("=", 1) for argument in arguments]
    (first, left), *others = named
    customers = duckdb.sql(f"SELECT count(*) FROM read_parquet('{left}')").fetchall()[0][0]
    disagree = customers == 0
    for name, right in others:
        found = differences(left, right)
        if found:
            disagree = True
            print(f"{first} and {name} differ for {len(found)} of {customers} customers", file=sys.stderr)
            print("  customer_id, then per column", first, "and", name, ":", ", ".join(EXACT + MONEY), file=sys.stderr)
            for row in found[:SHOWN]:
                print("  ", *row, file=sys.stderr)
        else:
            print(f"{first} and {name} agree on {customers} customers")
    return 1 if disagree else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
