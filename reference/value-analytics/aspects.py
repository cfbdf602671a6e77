"""What five aspects of value are made of, counted from the files of a demo shop: sums over customers, and some customers one by one.

    python aspects.py DIR > aspects.json

DIR is made by `patron demo DIR --customers 2000 --seed 1`. As of 2025-12-31; windows are (2024-12-31, 2025-12-31] and, for halves, from
2025-06-30. Valid orders, ids of guests and refunds are those of make.py. Contribution here is of goods alone, of accounts: lines of guests name
nobody.
"""

import json
import sys
from fractions import Fraction
from pathlib import Path

import pandas as pd

folder = Path(sys.argv[1])


def read(name):
    return pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)


orders, lines, refunds = read("orders"), read("order_lines"), read("refunds")
events, surveys = read("events"), read("surveys")
END, YEAR, HALF = pd.Timestamp("2025-12-31"), pd.Timestamp("2024-12-31"), pd.Timestamp("2025-06-30")


def day(column):
    return pd.to_datetime(column, utc=True).dt.tz_localize(None).dt.normalize()


orders["day"] = day(orders.ordered_at)
orders["who"] = orders.customer_id.where(orders.customer_id != "", orders.email.str.lower())
orders["gave"] = orders.net.map(Fraction)
refunds["amount"] = refunds.amount.map(Fraction)
back = refunds.groupby("order_id").amount.sum()
goods_back = refunds[refunds.kind.isin(["return", "exchange"])].groupby("order_id").amount.sum()
orders["kept"] = orders.gave - orders.order_id.map(back).fillna(Fraction(0))
valid = orders[orders.status.isin(["paid", "refunded"]) & (orders.kept > 0)].copy()

lines["cost"] = lines.quantity.map(Fraction) * lines.unit_cost.map(Fraction)
cost = lines.groupby("order_id").cost.sum()
share = valid.order_id.map(goods_back).fillna(Fraction(0)) / valid.gave
share = share.map(lambda x: min(x, Fraction(1)))
valid["left"] = valid.kept - valid.order_id.map(cost) * (1 - share)

in_year = valid[valid.day > YEAR]
mails = events[(day(events.occurred_at) > YEAR) & (day(events.occurred_at) <= END)]
count = lambda kind: mails[mails.kind == kind].groupby("customer_id").size()
sent, opened = count("mail_sent"), count("mail_open")
nps = surveys[surveys.kind == "nps"].sort_values(["answered_at", "response_id"]).groupby("customer_id").score.last()
items = valid[["order_id", "who"]].merge(lines[["order_id", "category", "customer_id"]], on="order_id")
items = items[items.customer_id != ""]

by = valid.groupby("who")
people = pd.DataFrame(index=sorted(valid.who.unique()))
people["contribution_12m"] = in_year.groupby("who").left.sum().map(float)
people["contribution_12m"] = people.contribution_12m.fillna(0.0)
people["purchase_days_12m"] = in_year.groupby("who").day.nunique()
people["purchase_days_12m"] = people.purchase_days_12m.fillna(0).astype(int)
people["days_first_to_last"] = (by.day.max() - by.day.min()).dt.days
people["mails_opened"] = (opened.reindex(sent.index).fillna(0).clip(upper=sent) / sent)[sent >= 3]
people["nps"] = nps.map(float)
people["categories"] = items.groupby("who").category.nunique()
net = lambda rows: rows.groupby("who").kept.sum().map(float)
recent, before = net(valid[valid.day > HALF]), net(in_year[in_year.day <= HALF])
recent, before = recent.reindex(people.index).fillna(0), before.reindex(people.index).fillna(0)
people["spend_trend"] = ((recent - before) / (recent + before)).where(recent + before > 0)

accounts = people[~people.index.str.contains("@")]
told = {
    "customers": len(people),
    "accounts": len(accounts),
    "sums_of_accounts": {name: round(float(accounts[name].sum()), 6) for name in people},
    "known_of_accounts": {name: int(accounts[name].notna().sum()) for name in people},
    "some": {
        who: {name: None if pd.isna(value) else round(float(value), 6) for name, value in accounts.loc[who].items()}
        for who in accounts.index[::97]
    },
}
print(json.dumps(told, indent=1))
