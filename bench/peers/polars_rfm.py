"""The same work in Polars: per customer first and last day, orders, days, value, six-month window, and R, F, M scores.

The fastest of the forms tried on 10 million orders: the streaming engine, one row per order first, and `try_parse_dates`
took more processor time each. Amounts are read as decimals: as floating numbers their sums miss a cut point they should
lie on, and a few customers get another score.
"""

import datetime
import sys

import polars as pl

source, target, as_of_text = sys.argv[1:]
as_of = datetime.date.fromisoformat(as_of_text)
window_start = pl.select(pl.lit(as_of).dt.offset_by("-6mo")).item()
if source.endswith(".csv"):
    orders = pl.scan_csv(source, schema_overrides={"net": pl.Decimal(18, 2)}).with_columns(
        pl.col("ordered_at").str.to_datetime("%Y-%m-%d %H:%M:%S")
    )
else:
    orders = pl.scan_parquet(source)

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
    .collect(engine="in-memory")
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
