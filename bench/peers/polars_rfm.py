"""The same work in Polars: per customer first and last day, orders, days, value, six-month window, and R, F, M scores."""

import datetime
import sys

import polars as pl

source, target, as_of_text = sys.argv[1:]
as_of = datetime.date.fromisoformat(as_of_text)
window_start = pl.select(pl.lit(as_of).dt.offset_by("-6mo")).item()
orders = pl.scan_csv(source, try_parse_dates=True) if source.endswith(".csv") else pl.scan_parquet(source)

day = pl.col("ordered_at").dt.date()
in_window = day > window_start
profiles = (
    orders.filter(pl.col("net") > 0, day <= as_of)
    .group_by("customer_id")
    .agg(
        first_day=pl.col("ordered_at").min().dt.date(),
        last_day=pl.col("ordered_at").max().dt.date(),
        orders=pl.col("order_id").n_unique(),
        purchase_days=day.n_unique(),
        monetary=pl.col("net").sum(),
        orders_window=pl.col("order_id").filter(in_window).n_unique(),
        monetary_window=pl.col("net").filter(in_window).sum(),
    )
    .with_columns(recency_days=(pl.lit(as_of) - pl.col("last_day")).dt.total_days())
    .collect(engine="streaming")
)


def bins_passed(column: str) -> pl.Expr:
    """Returns how many cut points a value lies above."""
    value = pl.col(column).cast(pl.Float64)
    cuts = [value.quantile(share, interpolation="linear") for share in (0.2, 0.4, 0.6, 0.8)]
    return pl.sum_horizontal([(value > cut).cast(pl.Int32) for cut in cuts])


profiles.with_columns(
    r_score=5 - bins_passed("recency_days"),
    f_score=1 + bins_passed("orders"),
    m_score=1 + bins_passed("monetary"),
).write_parquet(target, compression="zstd")
