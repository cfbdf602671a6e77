"""The whole job in pandas and lifetimes: profiles, R, F and M scores, the segment of each customer, and lifetime value.

As `pandas_rfm.py`, with a row per purchase day in between: Gamma-Gamma wants the mean of the days after the first.
"""

import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from bloomreach import segment_of_code
from lifetimes_clv import with_values

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
days = orders.groupby(["customer", "day"]).agg(orders=("day", "size"), net=("net", "sum")).reset_index()
in_window = days["day"] > window_start
days["orders_window"], days["net_window"] = days["orders"].where(in_window, 0), days["net"].where(in_window, 0)
profiles = days.groupby("customer").agg(
    first_day=("day", "first"),
    last_day=("day", "last"),
    orders=("orders", "sum"),
    purchase_days=("day", "size"),
    monetary=("net", "sum"),
    orders_window=("orders_window", "sum"),
    monetary_window=("net_window", "sum"),
    first_net=("net", "first"),
)
profiles["recency_days"] = (as_of - profiles["last_day"]).dt.days
profiles["repeat_purchases"] = profiles["purchase_days"] - 1
profiles["days_first_to_last"] = (profiles["last_day"] - profiles["first_day"]).dt.days
profiles["age_days"] = (as_of - profiles["first_day"]).dt.days
repeats = profiles["repeat_purchases"].where(profiles["repeat_purchases"] > 0)
profiles["repeat_value"] = (profiles["monetary"] - profiles.pop("first_net")) / 100 / repeats
profiles.insert(0, "customer_id", names)


def bins_passed(column: str) -> pd.Series:
    """Returns how many cut points a value lies above."""
    cuts = np.quantile(profiles[column], (0.2, 0.4, 0.6, 0.8))
    return sum((profiles[column] > cut).astype("int8") for cut in cuts)


profiles["r_score"] = 5 - bins_passed("recency_days")
profiles["f_score"] = 1 + bins_passed("orders")
profiles["m_score"] = 1 + bins_passed("monetary")
scores = [profiles[name].astype(str) for name in ("r_score", "f_score", "m_score")]
profiles["rfm"] = scores[0] + scores[1] + scores[2]
profiles["segment"] = profiles["rfm"].map(segment_of_code())
for money in ("monetary", "monetary_window"):
    profiles[money] /= 100
with_values(profiles).to_parquet(target, compression="zstd", index=False)
