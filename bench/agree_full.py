#!/usr/bin/env python3
"""Compares the answers of the whole job customer by customer; prints as JSON how far they lie apart, exits 1 if too far.

agree_full.py NAME=FILE NAME=FILE…: the first is compared with each of the others. Profiles, scores and segments must be the
same. What models say is compared relatively: both sides search the optimum of the same likelihood, and lifetimes stops where the
slope is small. `clv` is money in ten-thousandths, and lifetimes discounts each month's purchases at the end of the month, patron
when they are expected: that is half a month's discount, 0.4 %.
"""

import json
import sys

import duckdb
from agree import differences

SAME = ("rfm", "segment", "repeat_purchases", "days_first_to_last", "age_days")
NEAR = {"probability_alive": 1e-5, "expected_purchases": 1e-5, "expected_order_value": 1e-4}  # relative
CLV_NEAR = 0.01  # relative, of customers who are expected to bring at least one
CLV_OF_NOTE = 1.0
SHOWN = 5


def both(left: str, right: str) -> str:
    return f"read_parquet('{left}') l JOIN read_parquet('{right}') r ON l.customer_id::VARCHAR = r.customer_id::VARCHAR"


def apart(left: str, right: str) -> dict[str, float]:
    """Returns the greatest relative distance of each number that models say; infinite where a value is missing on one side."""
    of_all = [f"max(coalesce(abs(l.{name}::DOUBLE / r.{name}::DOUBLE - 1), 'inf'::DOUBLE)) AS {name}" for name in NEAR]
    of_clv = f"max(abs(l.clv::DOUBLE / r.clv::DOUBLE - 1)) FILTER (WHERE greatest(l.clv::DOUBLE, r.clv) >= {CLV_OF_NOTE}) AS clv"
    told = duckdb.sql(f"SELECT {', '.join([*of_all, of_clv])} FROM {both(left, right)}").fetchall()[0]
    return dict(zip([*NEAR, "clv"], told))


def wrong_between(left: str, right: str, far: dict[str, float]) -> list[str]:
    """Returns what is wrong; the profiles are compared as those of the cold path."""
    wrong = [f"profiles differ: {row}" for row in differences(left, right)[:SHOWN]]
    for name in SAME:
        unlike = f"SELECT l.customer_id, l.{name}, r.{name} FROM {both(left, right)} WHERE l.{name} IS DISTINCT FROM r.{name}"
        wrong += [f"{name} differs: {row}" for row in duckdb.sql(f"{unlike} LIMIT {SHOWN}").fetchall()]
    limits = {**NEAR, "clv": CLV_NEAR}
    return wrong + [f"{name} is {far[name]:.1e} apart" for name, limit in limits.items() if not far[name] <= limit]


def main(arguments: list[str]) -> int:
    (_, left), *others = (argument.split("=", 1) for argument in arguments)
    told, failed = {}, False
    for name, right in others:
        told[name] = apart(left, right)
        for line in wrong_between(left, right, told[name]):
            failed = True
            print(f"  {name}: {line}", file=sys.stderr)
    customers = duckdb.sql(f"SELECT count(*) FROM read_parquet('{left}')").fetchall()[0][0]
    print(json.dumps({"customers": customers, "apart": told}))
    return 1 if failed or not customers else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
