"""Whom the recommended rules flag: python flagged.py FOLDER > flagged.json

The rules of behaviours.py once more, for each behaviour with its customers: the demo shop as it is, and as patron knows it, where lines and
events of guests name nobody and are set aside. An order without lines is then one line of an unknown category, which came back if anything did.
"""
import json
import math
import sys

import numpy as np
import pandas as pd
from lifelines import KaplanMeierFitter

import behaviours as b

END = b.END


def discount_only(shop):
    valid = shop.orders[shop.orders.valid]
    g = valid.assign(cut=valid.discount > 0).groupby("person").agg(n=("cut", "size"), k=("cut", "sum")).reindex(shop.customers)
    bound = 1 - (1 - g.k.sum() / g.n.sum()) / 2
    _, posterior = b.share_posterior(g.k, g.n)
    p = posterior[:, b.SHARES > bound].sum(axis=1)
    flag = (p >= 0.8) & (g.n >= 3)
    low, mean, high = b.interval(posterior, b.SHARES)
    return {c: [int(k), int(n), x, m, lo, hi] for c, k, n, x, m, lo, hi in zip(g.index[flag], g.k[flag], g.n[flag], p[flag], mean[flag], low[flag], high[flag])}


def serial_returner(shop, guests):
    """As behaviours.returns; expectations rounded to two digits for the prior, as its text says."""
    placed = shop.orders[shop.orders.placed].copy()
    back = shop.refunds[shop.refunds.kind.isin(b.CAME_BACK) & ~shop.refunds.reason.str.contains(b.GOODS_WORDS)]
    back = back[back.order_id.isin(placed.order_id)]
    waits = (back.day - back.order_id.map(placed.set_index("order_id").day)).dt.days
    window = max(14, math.ceil(waits.quantile(0.95)))
    placed = placed[(END - placed.day).dt.days >= window]
    lines = shop.lines[shop.lines.order_id.isin(placed.order_id)].copy()
    if not guests:
        named = shop.orders[shop.orders.customer_id != ""].order_id
        lines = lines[lines.order_id.isin(named)]
        missing = placed.order_id[~placed.order_id.isin(lines.order_id)]
        lines = pd.concat([lines, pd.DataFrame({"order_id": missing, "category": "?"})])
    sums, rows = back.groupby("order_id").amount.sum(), back.groupby("order_id").size()
    placed["lines"] = placed.order_id.map(lines.groupby("order_id").size())
    placed["share"] = (placed.order_id.map(sums).fillna(0) / placed.net).clip(upper=1)
    came = np.minimum(placed.order_id.map(rows).fillna(0), placed.lines)
    placed["k"] = np.where(placed.share > 1 - 1e-9, placed.lines, came)
    placed["returned"] = placed.k > 0
    by_id = placed.set_index("order_id")
    # The one line of an order without lines stands for all of them.
    lines["share"] = np.where(lines.category == "?", lines.order_id.map(by_id.k), lines.order_id.map(by_id.share))
    base = lines.groupby("category").share.mean()
    placed["e"] = placed.order_id.map(lines.assign(base=lines.category.map(base)).groupby("order_id").base.sum())
    g = placed.groupby("person").agg(n=("k", "size"), k=("k", "sum"), e=("e", "sum"), lines=("lines", "sum"), returned=("returned", "sum"))
    g = g[g.index.isin(shop.customers)]
    g["e"] *= g.k.sum() / g.e.sum()
    rounded = np.array([float(f"{x:.1e}") for x in g.e])
    weights, _ = b.ratio_posterior(g.k, rounded)
    k, e = g.k.to_numpy(float)[:, None], g.e.to_numpy(float)[:, None]
    logs = k * np.log(b.RATIOS * e) - b.RATIOS * e
    posterior = np.exp(logs - logs.max(axis=1, keepdims=True)) * weights
    posterior /= posterior.sum(axis=1, keepdims=True)
    p = posterior[:, b.RATIOS > 2].sum(axis=1)
    low, mean, high = b.interval(posterior, b.RATIOS)
    flag = (p >= 0.8) & (g.returned >= 2)
    rows = {c: [int(k), int(n), x, m, lo, hi] for c, k, n, x, m, lo, hi in zip(g.index[flag], g.k[flag], g.lines[flag], p[flag], mean[flag], low[flag], high[flag])}
    return {"window_days": window, "category_base": base.to_dict(), "customers": rows}


def let_down(shop):
    o = shop.orders
    bad = (o.late | o.faulty | o.unavailable).groupby(o.person).sum()
    bad = bad[bad > 0]
    customers = bad[bad.index.isin(shop.customers)]
    return {"customers": {c: int(n) for c, n in customers.items()}, "others": int(len(bad) - len(customers))}


def frequent_complainer(shop, contacts):
    o = shop.orders[shop.orders.placed | shop.orders.cancelled]
    g = o.groupby("person").size().reindex(shop.customers).to_frame("n")
    # An order that waits for payment is none of these.
    plain = contacts[contacts.order_id.isin(o.order_id) & ~contacts.explained]
    g["k"] = plain.groupby("person").order_id.nunique()
    g = g.fillna(0)
    mean = g.k.sum() / g.n.sum()
    _, posterior = b.share_posterior(g.k, g.n)
    p = posterior[:, b.SHARES > 3 * mean].sum(axis=1)
    low, middle, high = b.interval(posterior, b.SHARES)
    flag = (p >= 0.8) & (g.k >= 2)
    return {c: [int(k), int(n), x, m, lo, hi] for c, k, n, x, m, lo, hi in zip(g.index[flag], g.k[flag], g.n[flag], p[flag], middle[flag], low[flag], high[flag])}


def gift_buyer(shop):
    v = shop.orders[shop.orders.valid].copy()
    v["season"] = (v.day.dt.month * 100 + v.day.dt.day).between(*b.GIFT_SEASON)
    first = v.drop_duplicates("person").set_index("person")
    g = v.groupby("person").agg(n=("season", "size"), k=("season", "sum")).reindex(shop.customers)
    g["began"], g["in_season"] = first.day, first.season
    later = v[~v.season & (v.day > v.person.map(first.day))]
    g["outside"] = later.groupby("person").day.min()
    g["time"], g["event"] = (g.outside.fillna(END) - g.began).dt.days, g.outside.notna()
    age = (END - g.began).dt.days
    fits = {s: KaplanMeierFitter().fit(d.time, d.event) for s, d in g.groupby("in_season")}
    ratio = (1 - fits[True].predict(365)) / (1 - fits[False].predict(365))
    share = max(0.0, 1 - ratio)
    usual = fits[False].predict(age).to_numpy()
    p = share / (share + (1 - share) * usual)
    flag = g.in_season & g.outside.isna() & (g.k == g.n) & (p >= 0.5)
    return {c: x for c, x in zip(g.index[flag], p[flag])}


def falling_frequency(shop):
    v = shop.orders[shop.orders.valid]
    days = v.groupby("person").day.apply(lambda d: np.sort(d.unique()))
    x = days.apply(len) - 1
    total = days.apply(lambda d: (d[-1] - d[0]) / np.timedelta64(1, "D"))
    gap = days.apply(lambda d: (END - pd.Timestamp(d[-1])).days)
    shape, rate = b.gamma_prior_rate(x[x > 0].to_numpy(float), total[x > 0].to_numpy(float))
    chance = ((rate + total) / (rate + total + gap)) ** (shape + x)
    flag = (x >= 3) & (gap <= 304) & (chance < 0.1)
    return {c: p for c, p in chance[flag].items()}


def rhythm(shop):
    """Large first orders and the best of once."""
    v = shop.orders[shop.orders.valid].copy()
    v["m"] = v.net - v.refunded
    first = v.drop_duplicates("person").set_index("person")
    days = v.groupby("person").day.apply(lambda d: np.sort(d.unique()))
    count = days.apply(len)
    cut = first.m[first.day > END - pd.DateOffset(months=12)].quantile(0.9)
    window = days[count >= 2].apply(lambda d: (d[1] - d[0]) / np.timedelta64(1, "D")).quantile(0.75)
    large = (first.m >= cut) & ((END - first.day).dt.days <= window) & (count == 1)
    last = v.groupby("person").day.max()
    since = v.person.map(last) - pd.DateOffset(months=12)
    year = v[v.day > since].groupby("person").agg(m=("m", "sum"), n=("m", "size"))
    gone = last <= END - pd.DateOffset(months=10)
    # Sums of two decimals: what rounding leaves is no difference.
    best = (year.m >= year.m.quantile(0.8) - 1e-9) & (year.n >= year.n.quantile(0.8)) & gone
    return {"large_first_order": sorted(large.index[large]), "lapsed_best": sorted(best.index[best])}


def rounded(value):
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    if isinstance(value, list):
        return [rounded(v) for v in value]
    return round(float(value), 6) if isinstance(value, (float, np.floating)) else value


def main():
    shop = b.Shop(sys.argv[1])
    fence, contacts = b.experiences(shop)
    after = {name: b.after_an_order(shop, name) for name in ("late", "faulty", "unavailable", "any")}
    days, _ = b.promotion_days(shop.orders)
    truth = {name: sorted(shop.customers[np.asarray(shop.is_true(name), bool)]) for name in ("discount_lover", "returner", "complainer", "gift_buyer")}
    result = {
        "customers": len(shop.customers),
        "discount_only": discount_only(shop),
        "serial_returner_with_guests_lines": serial_returner(shop, True),
        "serial_returner": serial_returner(shop, False),
        "let_down": let_down(shop),
        "late_after_days": fence,
        "frequent_complainer": frequent_complainer(shop, contacts),
        "gift_buyer": gift_buyer(shop),
        "falling_frequency": falling_frequency(shop),
        **rhythm(shop),
        "promotion_days": [d.date().isoformat() for d in days.index[days > 0.5]],
        "after_an_order": after,
        "truth": truth,
    }
    print(json.dumps(rounded(result), indent=1))


main()
