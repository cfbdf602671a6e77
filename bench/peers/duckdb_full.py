"""The whole job in DuckDB and lifetimes: profiles, R, F and M scores, the segment of each customer, and lifetime value.

As `duckdb_rfm.py`, with a row per purchase day in between: Gamma-Gamma wants the mean of the days after the first.
"""

import sys

import duckdb
import pandas as pd
from bloomreach import segment_of_code
from lifetimes_clv import with_values

source, target, as_of = sys.argv[1:]
read = f"read_csv('{source}', types = {{'net': 'DECIMAL(18,2)'}})" if source.endswith(".csv") else f"read_parquet('{source}')"
segments = pd.DataFrame(segment_of_code().items(), columns=["rfm", "segment"])

duckdb.sql("SET preserve_insertion_order = false")
duckdb.sql(f"""
CREATE TEMP TABLE profiles AS
WITH orders AS (
  SELECT customer_id, order_id, min(ordered_at)::DATE AS day, sum(net) AS net
  FROM {read}
  WHERE net > 0 AND ordered_at::DATE <= DATE '{as_of}'
  GROUP BY customer_id, order_id
), days AS (
  SELECT customer_id, day, count(*) AS orders, sum(net) AS net, day > DATE '{as_of}' - INTERVAL 6 MONTH AS in_window
  FROM orders
  GROUP BY customer_id, day
)
SELECT customer_id,
       min(day) AS first_day,
       max(day) AS last_day,
       sum(orders)::BIGINT AS orders,
       count(*) AS purchase_days,
       sum(net) AS monetary,
       coalesce(sum(orders) FILTER (WHERE in_window), 0)::BIGINT AS orders_window,
       coalesce(sum(net) FILTER (WHERE in_window), 0) AS monetary_window,
       DATE '{as_of}' - last_day AS recency_days,
       count(*) - 1 AS repeat_purchases,
       last_day - first_day AS days_first_to_last,
       DATE '{as_of}' - first_day AS age_days,
       ((sum(net) - arg_min(net, day)) / nullif(count(*) - 1, 0))::DOUBLE AS repeat_value
FROM days
GROUP BY customer_id
""")
customers = duckdb.sql("""
WITH cuts AS (
  SELECT quantile_cont(recency_days::DOUBLE, [0.2, 0.4, 0.6, 0.8]) AS r,
         quantile_cont(orders::DOUBLE, [0.2, 0.4, 0.6, 0.8]) AS f,
         quantile_cont(monetary::DOUBLE, [0.2, 0.4, 0.6, 0.8]) AS m
  FROM profiles
), scored AS (
  SELECT profiles.*,
         5 - (recency_days > r[1])::INT - (recency_days > r[2])::INT - (recency_days > r[3])::INT - (recency_days > r[4])::INT AS r_score,
         1 + (orders > f[1])::INT + (orders > f[2])::INT + (orders > f[3])::INT + (orders > f[4])::INT AS f_score,
         1 + (monetary > m[1])::INT + (monetary > m[2])::INT + (monetary > m[3])::INT + (monetary > m[4])::INT AS m_score,
         concat(r_score, f_score, m_score) AS rfm
  FROM profiles, cuts
)
SELECT scored.*, segment FROM scored JOIN segments USING (rfm)
""").df()
valued = with_values(customers)
duckdb.sql(f"COPY valued TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
