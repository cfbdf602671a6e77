"""Rules for behaviours, tried against the truth of demo shops: python behaviours.py FOLDER [FOLDER ...] > behaviours.json

The truth files serve to count hits; no rule reads them. The rules are described in behaviours.md beside this file.
"""
import json
import math
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from lifelines import KaplanMeierFitter
from scipy.optimize import minimize
from scipy.special import betainc, betaln, expit, gammaln
from scipy.stats import gamma as gamma_distribution

END = pd.Timestamp("2025-12-31")
CONTACTS = {"ticket", "service", "chat", "call", "complaint"}
CAME_BACK = {"return", "exchange"}
# Words that say the shop or the carrier was at fault; a shop's own list replaces them.
GOODS_WORDS = r"\b(?:fault|defect|damag|broken|wrong item|missing item)"
FAULT_WORDS = GOODS_WORDS + r"|\b(?:late|delay|delayed|out of stock|not received)\b"
TOPIC_COMPLAINT = "complaint"
GIFT_SEASON = (1120, 1224)
ROUNDS = 200
SHARES = (np.arange(100) + 0.5) / 100
RATIOS = np.exp(np.linspace(math.log(0.05), math.log(40.0), 100))


# ---- the shop


class Shop:
    def __init__(self, folder):
        read = lambda name: pd.read_csv(Path(folder) / name, dtype=str, keep_default_na=False)
        day = lambda text: pd.to_datetime(text.str[:10].where(text != "", None))
        known = lambda table: np.where(table.customer_id != "", table.customer_id, table.email.str.lower())
        o = read("orders.csv")
        o["person"], o["day"] = known(o), day(o.ordered_at)
        o["shipped"], o["delivered"] = day(o.shipped_at), day(o.delivered_at)
        for name in ("discount", "net", "refunded"):
            o[name] = o[name].astype(float)
        o["placed"] = o.status.isin(["paid", "refunded"])
        o["valid"] = o.placed & (o.net - o.refunded > 1e-9)
        self.orders = o.sort_values(["day", "ordered_at"]).reset_index(drop=True)
        r = read("refunds.csv")
        r["amount"], r["day"] = r.amount.astype(float), day(r.refunded_at)
        self.refunds = r
        e = read("events.csv")
        e = e[e.kind.isin(CONTACTS) & (e.customer_id != "")].copy()
        e["person"], e["day"] = e.customer_id, day(e.occurred_at)
        self.contacts = e
        self.lines = read("order_lines.csv")[["order_id", "category"]]
        t = read("truth/customers.csv")
        t["person"] = known(t)
        for name in ("discount_lover", "returner", "complainer", "gift_buyer", "alive_at_end"):
            t[name] = t[name] == "true"
        t["bad_experiences"] = t.bad_experiences.astype(int)
        self.truth = t.set_index("person")
        self.log = read("shop_log.csv")
        self.customers = pd.Index(sorted(set(o.person[o.valid])))
        self.order_count = o[o.valid].groupby("person").size().reindex(self.customers)

    def is_true(self, trait):
        return self.truth[trait].reindex(self.customers)


def score(shop, flagged, truth, probability=None):
    """Precision and recall over customers; recall also over those with three valid orders or more."""
    flagged = shop.customers.isin(pd.Index(flagged))
    truth = np.asarray(truth, bool)
    many = np.asarray(shop.order_count >= 3)
    hits = int((flagged & truth).sum())
    result = {
        "flagged": int(flagged.sum()),
        "true": int(truth.sum()),
        "hits": hits,
        "precision": round(hits / flagged.sum(), 3) if flagged.any() else None,
        "recall": round(hits / truth.sum(), 3) if truth.any() else None,
        "recall_three_orders": round((flagged & truth & many).sum() / (truth & many).sum(), 3) if (truth & many).any() else None,
    }
    if probability is not None and flagged.any():
        result["mean_probability_of_flagged"] = round(float(probability.reindex(shop.customers)[flagged].mean()), 3)
    return result


# ---- priors from the shop itself


def beta_prior(k, n):
    """Maximum likelihood of a beta-binomial: (a, b)."""
    cells, counts = np.unique(np.c_[k, n].astype(float), axis=0, return_counts=True)

    def loss(logs):
        a, b = np.exp(logs)
        return -(counts * (betaln(a + cells[:, 0], b + cells[:, 1] - cells[:, 0]) - betaln(a, b))).sum()

    mean = k.sum() / n.sum()
    starts = [np.log([mean * size, (1 - mean) * size]) for size in (1.0, 10.0)]
    return np.exp(min((minimize(loss, s, method="Nelder-Mead") for s in starts), key=lambda fit: fit.fun).x)


def gamma_prior(k, e):
    """Maximum likelihood of a gamma-Poisson with exposure: (shape, rate) of the ratio to what was expected."""

    def loss(logs):
        a, b = np.exp(logs)
        return -(gammaln(a + k) - gammaln(a) + a * np.log(b / (b + e)) + k * np.log(e / (b + e))).sum()

    starts = [np.log([a, a]) for a in (0.3, 3.0)]
    return np.exp(min((minimize(loss, s, method="Nelder-Mead") for s in starts), key=lambda fit: fit.fun).x)


def grid_posterior(log_likelihood, rounds=ROUNDS):
    """Nonparametric prior: weights on a grid by EM from equal weights, stopped after so many rounds; posterior per customer."""
    likelihood = np.exp(log_likelihood - log_likelihood.max(axis=1, keepdims=True))
    weights = np.full(likelihood.shape[1], 1 / likelihood.shape[1])
    for _ in range(rounds):
        posterior = likelihood * weights
        posterior /= posterior.sum(axis=1, keepdims=True)
        weights = posterior.mean(axis=0)
    posterior = likelihood * weights
    return weights, posterior / posterior.sum(axis=1, keepdims=True)


def share_posterior(k, n, rounds=ROUNDS):
    k, n = np.asarray(k, float)[:, None], np.asarray(n, float)[:, None]
    return grid_posterior(k * np.log(SHARES) + (n - k) * np.log1p(-SHARES), rounds)


def ratio_posterior(k, e):
    k, e = np.asarray(k, float)[:, None], np.asarray(e, float)[:, None]
    return grid_posterior(k * np.log(RATIOS * e) - RATIOS * e)


def interval(posterior, grid):
    """90 %: the smallest points at which the posterior reaches 5 and 95 %; and the mean."""
    cumulative = posterior.cumsum(axis=1)
    at = lambda p: grid[(cumulative < p - 1e-12).sum(axis=1)]
    return at(0.05), posterior @ grid, at(0.95)


# ---- 1. discounts


def promotion_days(orders):
    """Probability that a day was a promotion day: two binomials over the days' discounted orders, by EM."""
    days = orders[orders.placed].assign(cut=orders.discount > 0).groupby("day").cut.agg(["sum", "size"])
    k, n = days["sum"].to_numpy(float), days["size"].to_numpy(float)
    share, low, high = 0.1, 0.1, 0.8
    for _ in range(500):
        odds = np.log(share / (1 - share)) + k * np.log(high / low) + (n - k) * np.log((1 - high) / (1 - low))
        z = expit(odds)
        share, high, low = z.mean(), (z * k).sum() / (z * n).sum(), ((1 - z) * k).sum() / ((1 - z) * n).sum()
    return pd.Series(z, days.index), {"share_of_days": share, "discounted_on_them": high, "discounted_otherwise": low}


def logged_promotion_days(log):
    days = set()
    for start, note in zip(log.date, log.note):
        if note.startswith("sale:"):
            count = int(note.split(" for ")[1].split()[0])
            days |= {pd.Timestamp(start) + pd.Timedelta(days=i) for i in range(count)}
    return days


def discounts(shop):
    truth = shop.is_true("discount_lover")
    valid = shop.orders[shop.orders.valid].copy()
    z, base = promotion_days(shop.orders)
    valid["cut"], valid["promotion"] = valid.discount > 0, valid.day.map(z) > 0.5
    g = valid.groupby("person").agg(n=("cut", "size"), k=("cut", "sum"), m=("promotion", "sum")).reindex(shop.customers)
    mean = g.k.sum() / g.n.sum()
    bound = 1 - (1 - mean) / 2
    a, b = beta_prior(g.k, g.n)
    beta = pd.Series(1 - betainc(a + g.k, b + g.n - g.k, bound), g.index)
    weights, posterior = share_posterior(g.k, g.n)
    grid = pd.Series(posterior[:, SHARES > bound].sum(axis=1), g.index)
    latent, classes = discount_classes(valid, g)
    logged = logged_promotion_days(shop.log)
    rounds = pd.Series(share_posterior(g.k, g.n, 2000)[1][:, SHARES > bound].sum(axis=1), g.index)
    naive = lambda least: g.index[(g.k / g.n >= 0.8) & (g.n >= least)]
    return {
        "shop": {
            "discounted_share": round(mean, 4),
            "bound": round(bound, 4),
            "beta_prior": [round(a, 3), round(b, 3)],
            "grid_prior_above_bound": round(weights[SHARES > bound].sum(), 4),
            "promotion_days": {k: round(v, 4) for k, v in base.items()},
            "promotion_days_found": int((z > 0.5).sum()),
            "promotion_days_logged_with_orders": sum(d in logged for d in z.index),
            "both": sum(d in logged for d in z.index[z > 0.5]),
            "share_of_orders_on_them": round(valid.promotion.mean(), 4),
            "latent_classes": classes,
        },
        "share at least 80 %, 1 order": score(shop, naive(1), truth),
        "share at least 80 %, 2 orders": score(shop, naive(2), truth),
        "share at least 80 %, 3 orders": score(shop, naive(3), truth),
        "beta prior, P(share > bound) >= 0.8, 3 orders": score(shop, g.index[(beta >= 0.8) & (g.n >= 3)], truth, beta),
        "beta prior, P(share > bound) >= 0.5, 3 orders": score(shop, g.index[(beta >= 0.5) & (g.n >= 3)], truth, beta),
        "grid prior, P(share > bound) >= 0.8, 3 orders (recommended)": score(shop, g.index[(grid >= 0.8) & (g.n >= 3)], truth, grid),
        "grid prior, P(share > bound) >= 0.5, 3 orders": score(shop, g.index[(grid >= 0.5) & (g.n >= 3)], truth, grid),
        "grid prior of 2000 rounds, P >= 0.8, 3 orders": score(shop, g.index[(rounds >= 0.8) & (g.n >= 3)], truth, rounds),
        "two latent classes (promotion day x discounted), P >= 0.8": score(shop, g.index[latent >= 0.8], truth, latent),
        "examples": examples(g, posterior, SHARES, grid),
    }


def discount_classes(valid, g):
    """Two classes of customers, each with its shares of (promotion day or not) x (discounted or not), by EM."""
    cells = valid.assign(cell=2 * valid.promotion.astype(int) + valid.cut.astype(int))
    counts = pd.crosstab(cells.person, cells.cell).reindex(g.index).reindex(columns=range(4), fill_value=0).to_numpy(float)
    share, usual, lover = 0.1, np.array([0.8, 0.07, 0.03, 0.1]), np.array([0.2, 0.35, 0.05, 0.4])
    for _ in range(1000):
        z = expit(np.log(share / (1 - share)) + counts @ np.log(lover / usual))
        share, lover, usual = z.mean(), z @ counts / (z @ counts).sum(), (1 - z) @ counts / ((1 - z) @ counts).sum()
    names = ["other day, full price", "other day, discounted", "promotion day, full price", "promotion day, discounted"]
    told = lambda shares: {n: round(s, 3) for n, s in zip(names, shares)}
    return pd.Series(z, g.index), {"share": round(share, 3), "discount class": told(lover), "others": told(usual)}


def examples(g, posterior, grid, probability, columns=("k", "n")):
    """For tests: the posterior of small counts; of ratios, of the least expectation for each count."""
    low, mean, high = interval(posterior, grid)
    table = g.assign(low=low, mean=mean, high=high, p=probability).sort_values([columns[1], columns[0]])
    table = table.drop_duplicates(list(columns)) if columns[1] == "n" else table.drop_duplicates("k").sort_values("k")
    table = table[(table[columns[1]] <= 4) | (table[columns[1]] == 10)]
    return [
        {
            **{c: round(float(row[c]), 4) for c in columns},
            **{c: round(float(row[c]), 4) for c in ("low", "mean", "high")},
            "probability": round(float(row.p), 4),
        }
        for _, row in table.iterrows()
    ]


# ---- 2. returns


def returns(shop):
    truth = shop.is_true("returner")
    placed = shop.orders[shop.orders.placed].copy()
    back = shop.refunds[shop.refunds.kind.isin(CAME_BACK) & ~shop.refunds.reason.str.contains(GOODS_WORDS)]
    back = back[back.order_id.isin(placed.order_id)]
    waits = (back.day - back.order_id.map(placed.set_index("order_id").day)).dt.days
    window = max(14, math.ceil(waits.quantile(0.95)))
    placed = placed[(END - placed.day).dt.days >= window]
    lines = shop.lines[shop.lines.order_id.isin(placed.order_id)].copy()
    sums, rows = back.groupby("order_id").amount.sum(), back.groupby("order_id").size()
    placed["lines"] = placed.order_id.map(lines.groupby("order_id").size())
    placed["share"] = (placed.order_id.map(sums).fillna(0) / placed.net).clip(upper=1)
    came = np.minimum(placed.order_id.map(rows).fillna(0), placed.lines)
    placed["k"] = np.where(placed.share > 1 - 1e-9, placed.lines, came)
    placed["returned"] = placed.k > 0
    lines["share"] = lines.order_id.map(placed.set_index("order_id").share)
    base = lines.groupby("category").share.mean()
    placed["e"] = placed.order_id.map(lines.assign(base=lines.category.map(base)).groupby("order_id").base.sum())
    g = placed.groupby("person").agg(n=("k", "size"), k=("k", "sum"), e=("e", "sum"), lines=("lines", "sum"), returned=("returned", "sum"))
    g = g[g.index.isin(shop.customers)]
    g["e"] *= g.k.sum() / g.e.sum()
    a, b = gamma_prior(g.k.to_numpy(float), g.e.to_numpy(float))
    weights, posterior = ratio_posterior(g.k, g.e)
    grid = lambda c: pd.Series(posterior[:, RATIOS > c].sum(axis=1), g.index)
    gamma = lambda c: pd.Series(gamma_distribution.sf(c, a + g.k, scale=1 / (b + g.e)), g.index)
    twice = g.returned >= 2
    result = {
        "shop": {
            "window_days": window,
            "category_base": {k: round(v, 4) for k, v in base.items()},
            "lines_returned_per_line": round(g.k.sum() / g.lines.sum(), 4),
            "gamma_prior": [round(a, 3), round(b, 3)],
            "grid_prior_above_2": round(weights[RATIOS > 2].sum(), 4),
        },
        "half of the orders have a return, 2 orders": score(shop, g.index[(g.returned / g.n >= 0.5) & (g.n >= 2)], truth),
        "30 % of the orders, 2 orders with a return": score(shop, g.index[(g.returned / g.n >= 0.3) & twice], truth),
    }
    for name, rule in (("gamma prior", gamma), ("grid prior", grid)):
        for bound, sure in ((2, 0.8), (2, 0.9), (3, 0.8)):
            p = rule(bound)
            mark = " (recommended)" if name == "grid prior" and (bound, sure) == (2, 0.8) else ""
            result[f"{name}, P(ratio > {bound}) >= {sure}, 2 orders with a return{mark}"] = score(shop, g.index[(p >= sure) & twice], truth, p)
    p = grid(2)
    result["the same without 2 orders with a return"] = score(shop, g.index[p >= 0.8], truth, p)
    result["examples"] = examples(g, posterior, RATIOS, p, ("k", "e"))
    result["returned late after delivery (nobody does more than others here)"] = returned_late(shop, back)
    return result


def returned_late(shop, back):
    """Wardrobing: the share of a customer's returns that came later after delivery than nine in ten of the shop's returns."""
    waits = (back.day - back.order_id.map(shop.orders.set_index("order_id").delivered)).dt.days
    late = waits > waits.quantile(0.9)
    g = late.groupby(back.order_id.map(shop.orders.set_index("order_id").person)).agg(["sum", "size"])
    mean = g["sum"].sum() / g["size"].sum()
    _, posterior = share_posterior(g["sum"], g["size"])
    p = posterior[:, SHARES > 3 * mean].sum(axis=1)
    return {"returns": int(g["size"].sum()), "late": int(g["sum"].sum()), "flagged": int(((p >= 0.8) & (g["sum"] >= 2)).sum())}


# ---- 3. bad experiences, and 4. complaints


def late_fence(orders):
    """Days from order to delivery beyond which an order is late: Tukey's upper fence, at least twice the median and quartile + 2."""
    done = orders[orders.placed & orders.delivered.notna()]
    low, middle, high = (done.delivered - done.day).dt.days.quantile([0.25, 0.5, 0.75])
    return math.floor(max(high + 1.5 * (high - low), 2 * middle, high + 2))


def experiences(shop):
    """Adds late, faulty, cancelled to orders; links each contact to the customer's latest order of the 60 days before."""
    o, fence = shop.orders, late_fence(shop.orders)
    until = o.delivered.fillna(END)
    o["late"] = o.placed & ((until - o.day).dt.days > fence)
    reasons = shop.refunds[shop.refunds.reason.str.contains(GOODS_WORDS)]
    o["faulty"] = o.order_id.isin(reasons.order_id)
    o["cancelled"] = o.status == "cancelled"
    contacts = shop.contacts.sort_values("day")
    last = o[["day", "person", "order_id", "late", "faulty", "cancelled"]].rename(columns={"day": "ordered"})
    c = pd.merge_asof(contacts, last, left_on="day", right_on="ordered", by="person", tolerance=pd.Timedelta(days=60))
    for name in ("late", "faulty", "cancelled"):
        c[name] = c[name].eq(True)
    c["says_fault"] = c.properties.str.contains(FAULT_WORDS)
    c["explained"] = c.late | c.faulty | c.cancelled | c.says_fault
    o["unavailable"] = o.cancelled & o.order_id.isin(c.order_id)
    return fence, c


def bad_experiences(shop, fence):
    o, truth = shop.orders, shop.truth.bad_experiences
    result = {"late_fence_days": fence, "late_share": round(o.late.sum() / o.placed.sum(), 4)}
    choices = {
        "late, faulty, cancelled with a contact (recommended)": o.late | o.faulty | o.unavailable,
        "late, faulty, every cancelled order": o.late | o.faulty | o.cancelled,
        "late and faulty only": o.late | o.faulty,
    }
    for name, bad in choices.items():
        count = bad.groupby(o.person).sum().reindex(truth.index).fillna(0)
        hits = lambda least: int(((count >= least) & (truth >= least)).sum())
        result[name] = {
            "counted": int(count.sum()),
            "true": int(truth.sum()),
            "people_counted_right": round(float((count == truth).mean()), 4),
            **{
                f"at least {m}": {
                    "flagged": int((count >= m).sum()),
                    "true": int((truth >= m).sum()),
                    "precision": round(hits(m) / (count >= m).sum(), 3),
                    "recall": round(hits(m) / (truth >= m).sum(), 3),
                }
                for m in (1, 2)
            },
        }
    result["by_number_naive"] = naive_table(shop)
    result["after_an_order"] = {
        name: after_an_order(shop, name) for name in ("late", "faulty", "unavailable", "any")
    }
    return result


def naive_table(shop):
    """Repeat rate by number of bad experiences: misleading, since who orders more has more of both."""
    o = shop.orders
    bad = (o.late | o.faulty | o.unavailable).groupby(o.person).sum().reindex(shop.customers).fillna(0).clip(upper=3)
    days = o[o.valid].groupby("person").day.nunique().reindex(shop.customers)
    return [
        {"experiences": int(m), "customers": int((bad == m).sum()), "repeat_rate": round(float((days[bad == m] >= 2).mean()), 3)}
        for m in sorted(bad.unique())
    ]


def after_an_order(shop, name, horizon=180):
    """Share with another order on a later day within the horizon, with the experience against without any; orders old enough only.

    Weighted over the order's number (1, 2, 3-4, 5-9, 10 on) by Mantel-Haenszel; 95 % after Sato; cancelled orders count as orders.
    """
    o = shop.orders[shop.orders.placed | shop.orders.cancelled].copy()
    first = o.drop_duplicates(["person", "day"], keep="last")
    nxt = first.groupby("person").day.shift(-1).rename("next")
    o = o.merge(first.assign(next=nxt)[["person", "day", "next"]], on=["person", "day"], how="left")
    o["number"] = pd.cut(o.groupby("person").cumcount() + 1, [0, 1, 2, 4, 9, 10**9], labels=False)
    o["again"] = (o.next - o.day).dt.days <= horizon
    o = o[(END - o.day).dt.days >= horizon]
    bad = o.late | o.faulty | o.unavailable
    with_it = bad if name == "any" else o[name]
    t = o[with_it | ~bad].assign(x=with_it[with_it | ~bad])
    top = p = bottom = q = crude = 0.0
    for _, s in t.groupby("number"):
        n1, n0 = s.x.sum(), (~s.x).sum()
        if n1 == 0 or n0 == 0:
            continue
        a, c, n = (s.x & s.again).sum(), (~s.x & s.again).sum(), n1 + n0
        top += (a * n0 - c * n1) / n
        bottom += n1 * n0 / n
        p += (n1**2 * c - n0**2 * a + n1 * n0 * (n0 - n1) / 2) / n**2
        q += (a * (n0 - c) + c * (n1 - a)) / (2 * n)
    difference = top / bottom
    error = math.sqrt((difference * p + q) / bottom**2)
    crude = t[t.x].again.mean() - t[~t.x].again.mean()
    return {
        "orders_with": int(t.x.sum()),
        "again_with": round(float(t[t.x].again.mean()), 3),
        "again_without": round(float(t[~t.x].again.mean()), 3),
        "difference_crude": round(float(crude), 3),
        "difference": round(difference, 3),
        "low": round(difference - 1.959964 * error, 3),
        "high": round(difference + 1.959964 * error, 3),
    }


def complaints(shop, contacts):
    truth = shop.is_true("complainer")
    o = shop.orders[shop.orders.placed | shop.orders.cancelled]
    g = o.groupby("person").size().reindex(shop.customers).to_frame("n")
    g["all"] = contacts.groupby("person").size()
    linked = contacts[contacts.order_id.notna()]
    plain = linked[~linked.explained]
    g["unexplained"] = plain.groupby("person").size()
    g["k"] = plain.groupby("person").order_id.nunique()
    g["named"] = linked[linked.properties.str.contains(TOPIC_COMPLAINT)].groupby("person").order_id.nunique()
    given = shop.refunds[shop.refunds.kind.isin(["refund-only", "compensation"])]
    given = given[~given.reason.str.contains(FAULT_WORDS)].merge(o[["order_id", "person", "late", "faulty"]], on="order_id")
    g["given"] = given[~given.late & ~given.faulty].groupby("person").size()
    g = g.fillna(0)
    mean = g.k.sum() / g.n.sum()
    a, b = beta_prior(g.k, g.n)
    weights, posterior = share_posterior(g.k, g.n)
    beta = lambda c: pd.Series(1 - betainc(a + g.k, b + g.n - g.k, c * mean), g.index)
    grid = lambda c: pd.Series(posterior[:, SHARES > c * mean].sum(axis=1), g.index)
    named = pd.Series(share_posterior(g.named, g.n)[1][:, SHARES > 3 * mean].sum(axis=1), g.index)
    twice = g.k >= 2
    result = {
        "shop": {
            "contacts": len(contacts),
            "explained_by_a_fault": int(contacts.explained.sum()),
            "orders_with_an_unexplained_contact": round(mean, 4),
            "beta_prior": [round(a, 3), round(b, 3)],
            "grid_prior_above_3_times": round(weights[SHARES > 3 * mean].sum(), 4),
        },
        "all contacts: 2, and one on every second order": score(shop, g.index[(g["all"] >= 2) & (g["all"] / g.n >= 0.5)], truth),
        "all contacts: 3": score(shop, g.index[g["all"] >= 3], truth),
        "money given without a fault, once": score(shop, g.index[g.given >= 1], truth),
        "unexplained: 2, and on every second order": score(shop, g.index[twice & (g.k / g.n >= 0.5)], truth),
    }
    for name, rule in (("beta prior", beta), ("grid prior", grid)):
        for bound, sure in ((2, 0.8), (3, 0.8), (3, 0.9)):
            p = rule(bound)
            mark = " (recommended)" if name == "grid prior" and (bound, sure) == (3, 0.8) else ""
            label = f"{name}, P(share > {bound} x shop) >= {sure}, 2 orders{mark}"
            result[label] = score(shop, g.index[(p >= sure) & twice], truth, p)
    result["only contacts whose topic says complaint, grid prior, 2 orders"] = score(shop, g.index[(named >= 0.8) & (g.named >= 2)], truth, named)
    result["examples"] = examples(g, posterior, SHARES, grid(3))
    return result


# ---- 5. gifts


def gifts(shop):
    truth = shop.is_true("gift_buyer")
    v = shop.orders[shop.orders.valid].copy()
    code = v.day.dt.month * 100 + v.day.dt.day
    v["season"] = code.between(*GIFT_SEASON)
    first = v.drop_duplicates("person").set_index("person")
    g = v.groupby("person").agg(n=("season", "size"), k=("season", "sum")).reindex(shop.customers)
    g["began"], g["in_season"] = first.day, first.season
    later = v[~v.season & (v.day > v.person.map(first.day))]
    g["outside"] = later.groupby("person").day.min()
    g["time"], g["event"] = (g.outside.fillna(END) - g.began).dt.days, g.outside.notna()
    g["age"] = (END - g.began).dt.days
    seasons = v[v.season].groupby("person").day.apply(lambda d: d.dt.year.nunique())
    g["seasons"] = seasons.reindex(g.index).fillna(0)
    fits = {s: KaplanMeierFitter().fit(d.time, d.event) for s, d in g.groupby("in_season")}
    stays, spread = {}, {}
    for key, fit in fits.items():
        stays[key] = float(fit.predict(365))
        table = fit.event_table.loc[:365]
        d, at_risk = table.observed, table.at_risk
        spread[key] = float((d / (at_risk * (at_risk - d)).clip(lower=1)).sum()) * stays[key] ** 2
    ratio = (1 - stays[True]) / (1 - stays[False])
    error = math.sqrt(sum(spread[s] / (1 - stays[s]) ** 2 for s in (True, False)))
    share = max(0.0, 1 - ratio)
    candidates = g.in_season & g.outside.isna() & (g.k == g.n)
    usual = pd.Series(fits[False].predict(g.age.clip(lower=0)).to_numpy(), g.index)
    p = share / (share + (1 - share) * usual)
    return {
        "shop": {
            "first_order_in_season": int(g.in_season.sum()),
            "no_order_outside_after_365_days": {"season": round(stays[True], 4), "others": round(stays[False], 4)},
            "excess": round(share, 4),
            "low": round(1 - ratio * math.exp(1.959964 * error), 4),
            "high": round(1 - ratio * math.exp(-1.959964 * error), 4),
            "true_share": round(float(truth[g.in_season].mean()), 4),
        },
        "all orders in season": score(shop, g.index[candidates], truth, p),
        "all orders in season, first 90 days ago or more": score(shop, g.index[candidates & (g.age >= 90)], truth, p),
        "excess, P >= 0.5 (recommended)": score(shop, g.index[candidates & (p >= 0.5)], truth, p),
        "in two seasons, never outside": score(shop, g.index[candidates & (g.seasons >= 2)], truth, p),
    }


# ---- 6. falling frequency


def falling(shop, day):
    """Rules for a gap beyond the customer's own rhythm, among customers of four purchase days or more who are not churned."""
    v = shop.orders[shop.orders.valid & (shop.orders.day <= day)]
    days = v.groupby("person").day.apply(lambda d: np.sort(d.unique()))
    gaps = days.apply(lambda d: np.diff(d) / np.timedelta64(1, "D"))
    open_gap = days.apply(lambda d: (day - pd.Timestamp(d[-1])).days)
    x, total = gaps.apply(len), gaps.apply(np.sum)
    group = (x >= 3) & (open_gap <= 304)
    left = pd.to_datetime(shop.truth.left_on, errors="coerce").reindex(days.index)
    gone = (left <= day) & group
    own = gaps.apply(lambda g: np.quantile(g, 0.9) if len(g) else np.inf)
    repeat = x > 0
    a, b = gamma_prior_rate(x[repeat].to_numpy(float), total[repeat].to_numpy(float))
    stays = ((b + total) / (b + total + open_gap)) ** (a + x)
    rules = {
        "open gap beyond the customer's own 90 % quantile": open_gap > own,
        "the same, and beyond twice the own mean gap": (open_gap > own) & (open_gap > 2 * total / x.clip(lower=1)),
        "gamma-Poisson: P(gap this long) < 0.1 (recommended)": stays < 0.1,
        "gamma-Poisson: P(gap this long) < 0.05": stays < 0.05,
    }
    result = {"customers": int(group.sum()), "left": int(gone.sum()), "prior_shape": round(a, 3), "prior_mean_days": round(b / a, 1)}
    for name, flag in rules.items():
        flag &= group
        still = group & ~gone
        result[name] = {
            "flagged": int(flag.sum()),
            "precision": round(float(gone[flag].mean()), 3),
            "recall": round(float(flag[gone].mean()), 3),
            "flagged_of_those_who_stayed": round(float(flag[still].mean()), 3),
        }
    return result


def gamma_prior_rate(x, total):
    """Maximum likelihood of exponential gaps whose rate is gamma over customers: (shape, days)."""

    def loss(logs):
        a, b = np.exp(logs)
        return -(gammaln(a + x) - gammaln(a) + a * np.log(b) - (a + x) * np.log(b + total)).sum()

    mean = total.sum() / x.sum()
    return np.exp(minimize(loss, np.log([1.0, mean]), method="Nelder-Mead").x)


# ---- 7. shops in which the truth is drawn from a law


def drawn(shop):
    """Counts drawn with the shop's own numbers of orders: of those flagged, how many are beyond the bound, and how many should be?"""
    random = np.random.default_rng(5)
    n = shop.order_count.to_numpy(float)
    worlds = {
        "everybody alike, 0.25": np.full(len(n), 0.25),
        "beta(1.2, 3.5)": random.beta(1.2, 3.5, len(n)),
        "beta(0.5, 1.5)": random.beta(0.5, 1.5, len(n)),
        "nine in ten 0.2, one 0.9": np.where(random.random(len(n)) < 0.1, 0.9, 0.2),
    }
    result = {}
    for name, share in worlds.items():
        k = random.binomial(n.astype(int), share).astype(float)
        bound = 1 - (1 - k.sum() / n.sum()) / 2
        a, b = beta_prior(k, n)
        rules = {"beta prior": 1 - betainc(a + k, b + n - k, bound), "grid prior": share_posterior(k, n)[1][:, SHARES > bound].sum(axis=1)}
        result[name] = {}
        for prior, p in rules.items():
            flag = (p >= 0.8) & (n >= 3)
            result[name][prior] = {
                "flagged": int(flag.sum()),
                "beyond_the_bound": round(float((share > bound)[flag].mean()), 3) if flag.any() else None,
                "mean_probability": round(float(p[flag].mean()), 3) if flag.any() else None,
            }
    return result


def main():
    result = {}
    for folder in sys.argv[1:]:
        shop = Shop(folder)
        fence, contacts = experiences(shop)
        made = json.loads((Path(folder) / "truth" / "parameters.json").read_text())
        result[f"{made['customers']} customers, seed {made['seed']}"] = {
            "customers": len(shop.customers),
            "discounts": discounts(shop),
            "returns": returns(shop),
            "bad_experiences": bad_experiences(shop, fence),
            "complaints": complaints(shop, contacts),
            "gifts": gifts(shop),
            "drawn_shares": drawn(shop),
            "falling_frequency": {d.date().isoformat(): falling(shop, d) for d in (END, pd.Timestamp("2025-06-30"))},
        }
    text = json.dumps(result, indent=1, default=float)
    print(re.sub(r"\{[^{}\[\]]*\}", lambda m: re.sub(r"\s*\n\s*", " ", m.group()), text))


if __name__ == "__main__":
    main()
