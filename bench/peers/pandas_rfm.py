"""The same work in pandas: per customer first and last day, orders, days, value, six-month window, and R, F, M scores.

The fastest of the forms tried on a million orders: one row per order first, then per customer. `nunique` of order ids and
days in one grouping took twice the time. Amounts are added in whole cents: as floating numbers their sums miss a cut point
they should lie on, and a few customers get another score.
"""

import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

source, target, as_of_text = sys.argv[1:]
as_of = pd.Timestamp(as_of_text)
window_start = as_of - pd.DateOffset(months=6)
columns = ["order_id", "customer_id", "ordered_at", "net"]
if source.endswith(".csv"):
    orders = pd.read_csv(source, usecols=columns, parse_dates=["ordered_at"])
    orders["net"] = (orders["net"] * 100).round().astype("int64")
else:
    table = pq.read_table(source, columns=columns)
    cents = pc.multiply(table["net"], pa.scalar(100)).cast(pa.int64())
    orders = table.set_column(columns.index("net"), "net", cents).to_pandas()

orders["day"] = orders["ordered_at"].dt.normalize()
orders = orders[(orders["net"] > 0) & (orders["day"] <= as_of)]
customer, names = pd.factorize(orders["customer_id"])
orders = orders.assign(customer=customer).groupby(["customer", "order_id"], sort=False).agg(day=("day", "min"), net=("net", "sum"))
orders = orders.reset_index("customer")
in_window = orders["day"] > window_start
orders["order_window"], orders["net_window"] = in_window.astype("int64"), orders["net"].where(in_window, 0)
per_customer = orders.groupby("customer")
profiles = per_customer.agg(
    first_day=("day", "min"),
    last_day=("day", "max"),
    orders=("day", "size"),
    monetary=("net", "sum"),
    orders_window=("order_window", "sum"),
    monetary_window=("net_window", "sum"),
)
profiles["purchase_days"] = orders[["customer", "day"]].drop_duplicates().groupby("customer").size()
profiles["recency_days"] = (as_of - profiles["last_day"]).dt.days
profiles.insert(0, "customer_id", names)


def bins_passed(column: str) -> pd.Series:
    """Returns how many cut points a value lies above."""
    cuts = np.quantile(profiles[column], (0.2, 0.4, 0.6, 0.8))
    return sum((profiles[column] > cut).astype("int8") for cut in cuts)


profiles["r_score"] = 5 - bins_passed("recency_days")
profiles["f_score"] = 1 + bins_passed("orders")
profiles["m_score"] = 1 + bins_passed("monetary")
for money in ("monetary", "monetary_window"):
    profiles[money] /= 100
profiles.to_parquet(target, compression="zstd", index=False)
