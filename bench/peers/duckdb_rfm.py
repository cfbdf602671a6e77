"""The same work in DuckDB: per customer first and last day, orders, days, value, six-month window, and R, F, M scores."""

import sys

import duckdb

source, target, as_of = sys.argv[1:]
read = f"read_csv('{source}')" if source.endswith(".csv") else f"read_parquet('{source}')"

duckdb.sql("SET preserve_insertion_order = false")
duckdb.sql(f"""
CREATE TEMP TABLE profiles AS
SELECT customer_id,
       min(ordered_at)::DATE AS first_day,
       max(ordered_at)::DATE AS last_day,
       count(DISTINCT order_id) AS orders,
       count(DISTINCT ordered_at::DATE) AS purchase_days,
       sum(net) AS monetary,
       count(DISTINCT order_id) FILTER (WHERE ordered_at::DATE > DATE '{as_of}' - INTERVAL 6 MONTH) AS orders_window,
       coalesce(sum(net) FILTER (WHERE ordered_at::DATE > DATE '{as_of}' - INTERVAL 6 MONTH), 0) AS monetary_window,
       DATE '{as_of}' - last_day AS recency_days
FROM {read}
WHERE net > 0 AND ordered_at::DATE <= DATE '{as_of}'
GROUP BY customer_id
""")
duckdb.sql(f"""
COPY (
  WITH cuts AS (
    SELECT quantile_cont(recency_days::DOUBLE, [0.2, 0.4, 0.6, 0.8]) AS r,
           quantile_cont(orders::DOUBLE, [0.2, 0.4, 0.6, 0.8]) AS f,
           quantile_cont(monetary::DOUBLE, [0.2, 0.4, 0.6, 0.8]) AS m
    FROM profiles
  )
  SELECT profiles.*,
         5 - (recency_days > r[1])::INT - (recency_days > r[2])::INT - (recency_days > r[3])::INT - (recency_days > r[4])::INT AS r_score,
         1 + (orders > f[1])::INT + (orders > f[2])::INT + (orders > f[3])::INT + (orders > f[4])::INT AS f_score,
         1 + (monetary > m[1])::INT + (monetary > m[2])::INT + (monetary > m[3])::INT + (monetary > m[4])::INT AS m_score
  FROM profiles, cuts
) TO '{target}' (FORMAT parquet, COMPRESSION zstd)
""")
