"""Movement between segments, worked out apart from patron: python check.py EARLIER LATER MIGRATION.json VOCABULARY.toml

EARLIER and LATER are the customers.csv of two runs of `patron run --as-of DAY --no-clv --format csv`; of them only ids, recency_days,
orders and monetary are used, and the segment to say whether all agrees. Cut points are numpy's type-7 quantiles, segments the lists
of codes in the vocabulary, drivers follow from the later values under the earlier cut points. MIGRATION.json is what
`patron migration --from … --as-of … --format json` says.
"""
import collections
import json
import re
import sys
import tomllib

import numpy as np
import pandas as pd

AXES = ["recency_days", "orders", "monetary"]


def cuts_of(customers):
    return {axis: np.quantile(customers[axis].to_numpy(float), [0.2, 0.4, 0.6, 0.8]) for axis in AXES}


def segments(customers, cuts, names):
    below = {axis: (customers[axis].to_numpy(float)[:, None] > cuts[axis][None, :]).sum(axis=1) for axis in AXES}
    codes = zip(5 - below["recency_days"], 1 + below["orders"], 1 + below["monetary"])
    return pd.Series([names.get("%d%d%d" % code, "others") for code in codes], index=customers.index)


def main(earlier, later, migration, vocabulary):
    vocabulary = tomllib.load(open(vocabulary, "rb"))
    names = {}
    for segment in vocabulary["segment"]:
        for code in re.findall(r"'(\d{3})'", segment["when"]):
            names.setdefault(code, segment["key"])
    ranks = {segment["key"]: segment["rank"] for segment in vocabulary["segment"]}
    read = lambda path: pd.read_csv(path, dtype={"customer_id": str}).set_index("customer_id")
    before, after = read(earlier), read(later)
    was, now = segments(before, cuts_of(before), names), segments(after, cuts_of(after), names)
    frozen = segments(after, cuts_of(before), names)
    assert (was == before["segment"]).all() and (now == after["segment"]).all(), "the runs say otherwise"
    cells, by, ways, held = collections.Counter(), collections.Counter(), collections.Counter(), 0
    money = collections.defaultdict(lambda: [0.0, 0.0])
    for customer in before.index.union(after.index):
        source, target = was.get(customer, "(came)"), now.get(customer, "(left)")
        cell = (source, target)
        cells[cell] += 1
        money[cell][0] += before["monetary"].get(customer, 0.0)
        money[cell][1] += after["monetary"].get(customer, 0.0)
        if "(" in source + target:
            continue
        if source == target:
            held += frozen[customer] != target
            continue
        by["people" if frozen[customer] == target else "knives" if frozen[customer] == source else "both"] += 1
        ways["up" if ranks[target] > ranks[source] else "down"] += 1
    found = json.load(open(migration))["tables"]
    told = {(row["from"], row["to"]): row for row in found["moves"]["rows"]}
    assert {cell: row["customers"] for cell, row in told.items()} == dict(cells), "cells differ"
    for cell, row in told.items():
        for index, column in enumerate(["money_before", "money_after"]):
            assert abs(float(row[column] or 0) - money[cell][index]) < 5e-3, (cell, column)
    period = found["periods"]["rows"][-1]
    own = {**{key: by[key] for key in ["people", "knives", "both"]}, **{key: ways[key] for key in ["up", "down"]}, "held": int(held)}
    assert {key: period[key] for key in own} == own, (period, own)
    print(json.dumps({"from": period["from"], "to": period["to"], "cells": len(cells), "customers": sum(cells.values()), **own}))


if __name__ == "__main__":
    main(*sys.argv[1:])
