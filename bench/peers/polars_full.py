"""The whole job in Polars and lifetimes: profiles, R, F and M scores, the segment of each customer, and lifetime value.

As `polars_rfm.py`, with a row per purchase day first: Gamma-Gamma wants the mean of the days after the first.
"""

import datetime
import sys

import polars as pl
from bloomreach import segment_of_code
from lifetimes_clv import with_values

source, target, as_of_text = sys.argv[1:]
as_of = datetime.date.fromisoformat(as_of_text)
window_start = pl.select(pl.lit(as_of).dt.offset_by("-6mo")).item()
if source.endswith(".csv"):
    orders = pl.scan_csv(source, schema_overrides={"net": pl.Decimal(18, 2)}).with_columns(
        pl.col("ordered_at").str.to_datetime("%Y-%m-%d %H:%M:%S")
    )
else:
    orders = pl.scan_parquet(source)

day = pl.col("day")
in_window = day > window_start
customers = (
    orders.with_columns(day=pl.col("ordered_at").dt.date())
    .filter(pl.col("net") > 0, day <= as_of)
    .group_by("customer_id", "day")
    .agg(orders=pl.col("order_id").n_unique(), net=pl.col("net").sum())
    .group_by("customer_id")
    .agg(
        first_day=day.min(),
        last_day=day.max(),
        orders=pl.col("orders").sum(),
        purchase_days=pl.len().cast(pl.Int64),
        monetary=pl.col("net").sum(),
        orders_window=pl.col("orders").filter(in_window).sum(),
        monetary_window=pl.col("net").filter(in_window).sum(),
        first_net=pl.col("net").sort_by("day").first(),
    )
    .with_columns(
        recency_days=(pl.lit(as_of) - pl.col("last_day")).dt.total_days(),
        repeat_purchases=pl.col("purchase_days") - 1,
        days_first_to_last=(pl.col("last_day") - pl.col("first_day")).dt.total_days(),
        age_days=(pl.lit(as_of) - pl.col("first_day")).dt.total_days(),
    )
    .with_columns(
        repeat_value=pl.when(pl.col("repeat_purchases") > 0).then(
            (pl.col("monetary") - pl.col("first_net")).cast(pl.Float64) / pl.col("repeat_purchases")
        )
    )
    .drop("first_net")
    .collect(engine="in-memory")
)


def bins_passed(column: str) -> pl.Expr:
    """Returns how many cut points a value lies above."""
    value = pl.col(column).cast(pl.Float64)
    cuts = [value.quantile(share, interpolation="linear") for share in (0.2, 0.4, 0.6, 0.8)]
    return pl.sum_horizontal([(value > cut).cast(pl.Int32) for cut in cuts])


scored = (
    customers.with_columns(
        r_score=5 - bins_passed("recency_days"),
        f_score=1 + bins_passed("orders"),
        m_score=1 + bins_passed("monetary"),
    )
    .with_columns(rfm=pl.concat_str("r_score", "f_score", "m_score"))
    .with_columns(segment=pl.col("rfm").replace_strict(segment_of_code()))
)
values = with_values(scored.select("repeat_purchases", "days_first_to_last", "age_days", "repeat_value").to_pandas())
told = [pl.Series(name, values[name].to_numpy()) for name in ("probability_alive", "expected_purchases", "expected_order_value", "clv")]
scored.drop("repeat_value").with_columns(told).write_parquet(target, compression="zstd")
