"""Figures of value analytics, counted apart from patron from a demo shop's files: python make.py FOLDER > cases.json

FOLDER is what `patron demo FOLDER --customers 2000 --seed 1` wrote. Nothing here reads a result of patron. Money is exact (fractions)
until it is written. The definitions are those of README.md beside this file; the day is UTC, which is the demo shop's zone.
"""
import json
import math
import sys
from collections import Counter, defaultdict
from datetime import date, timedelta
from fractions import Fraction
from itertools import permutations
from pathlib import Path

import pandas as pd
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times

DAYS = [date(2025, 12, 31), date(2025, 6, 30)]
COSTS = {
    "shipping_per_order": Fraction("4.50"),
    "payment_share": Fraction("0.02"),
    "payment_per_order": Fraction("0.30"),
    "service_per_contact": Fraction("3.00"),
    "return_handling": Fraction("2.50"),
}
MARGIN = Fraction("0.35")
CAME_BACK = {"return", "exchange"}
CONTACTS = {"ticket", "service", "chat", "call", "complaint"}
# For the case of unknown costs: the goods of this category have none, neither on the line nor in the list of products.
COSTLESS = "tea"


# ---- days and months


def day_of(text):
    return date.fromisoformat(text[:10])


def month_of(day):
    return 12 * day.year + day.month - 1


def month_name(month):
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def months_before(day, months):
    """Calendar months, clamped to the end of the month (DEFINITIONS §3)."""
    month = month_of(day) - months
    year, number = month // 12, month % 12 + 1
    after = date(year + number // 12, number % 12 + 1, 1)
    return date(year, number, min(day.day, (after - timedelta(days=1)).day))


def is_month_end(day):
    return (day + timedelta(days=1)).month != day.month


def last_full_month(day):
    """The last calendar month that is over when the day is."""
    return month_of(day) if is_month_end(day) else month_of(day) - 1


# ---- the shop's files


class Shop:
    def __init__(self, folder):
        read = lambda name: pd.read_csv(Path(folder) / name, dtype=str, keep_default_na=False).to_dict("records")
        self.orders = read("orders.csv")
        self.refunds = read("refunds.csv")
        self.events = read("events.csv")
        self.surveys = read("surveys.csv")
        self.spend = read("spend.csv")
        self.accounts = {row["customer_id"]: row for row in read("customers.csv")}
        self.list_cost = {row["product_id"]: row["unit_cost"] for row in read("products.csv")}
        self.lines = defaultdict(list)
        for row in read("order_lines.csv"):
            self.lines[row["order_id"]].append(row)
        # An account is known by its id, a guest by the e-mail address in small letters, unless exactly one account names that address.
        holders = defaultdict(set)
        for row in list(self.accounts.values()) + self.orders:
            if row["customer_id"]:
                holders[row["email"].lower()].add(row["customer_id"])
        self.person = {}
        for row in self.orders:
            address = row["email"].lower()
            account = min(holders[address]) if len(holders.get(address, ())) == 1 else address
            self.person[row["order_id"]] = row["customer_id"] or account

    def unit_cost(self, line, without):
        """The line's own, else the product list's, else unknown."""
        if line["category"] == without:
            return None
        text = line["unit_cost"] or self.list_cost.get(line["product_id"], "")
        return Fraction(text) if text else None


class Order:
    """A valid order as of a day."""

    def __init__(self, shop, row, refunds):
        self.id, self.person, self.day = row["order_id"], shop.person[row["order_id"]], day_of(row["ordered_at"])
        self.at, self.channel, self.source = row["ordered_at"], row["channel"], row["source"]
        self.before = Fraction(row["net"])
        refunded = min(self.before, sum((Fraction(r["amount"]) for r in refunds), Fraction(0)))
        self.net = self.before - refunded
        self.discount, self.platform_discount = Fraction(row["discount"]), Fraction(row["platform_discount"])
        self.shipping, self.tax = Fraction(row["shipping"]), Fraction(row["tax"])
        back = [r for r in refunds if r["kind"] in CAME_BACK]
        self.returns = len(back)
        self.came_back = min(Fraction(1), sum((Fraction(r["amount"]) for r in back), Fraction(0)) / self.before)

    def cost(self, shop, without=None, margin=None, only_account_lines=False):
        """(cost of goods, known from units) or (None, False)."""
        lines = shop.lines[self.id]
        if only_account_lines:
            lines = [line for line in lines if line["customer_id"]]
        units = [(Fraction(line["quantity"]), shop.unit_cost(line, without)) for line in lines]
        if lines and all(cost is not None for _, cost in units):
            return sum(quantity * cost for quantity, cost in units) * (1 - self.came_back), True
        return ((1 - margin) * self.net, False) if margin is not None else (None, False)

    def contribution(self, cost, costs=None):
        if costs is None:
            return self.net - cost
        payment = costs["payment_share"] * (self.net + self.shipping + self.tax) + costs["payment_per_order"]
        shipping = self.shipping - costs["shipping_per_order"]
        return self.net - cost + shipping - payment - costs["return_handling"] * self.returns


def as_of(shop, day):
    """Valid orders as of a day, in order of time."""
    refunds = defaultdict(list)
    for row in shop.refunds:
        if day_of(row["refunded_at"]) <= day:
            refunds[row["order_id"]].append(row)
    orders = []
    for row in shop.orders:
        # `refunded` is the state at the end of the records: whether it was so on the day, the refunds of the day say.
        if row["status"] not in {"paid", "refunded"} or day_of(row["ordered_at"]) > day:
            continue
        order = Order(shop, row, refunds[row["order_id"]])
        if order.net > 0:
            orders.append(order)
    return sorted(orders, key=lambda order: (order.at, order.id))


def by_person(orders):
    people = defaultdict(list)
    for order in orders:
        people[order.person].append(order)
    return dict(sorted(people.items()))


def contacts_of(shop, day):
    counts, nobodys = Counter(), 0
    for row in shop.events:
        if row["kind"] in CONTACTS and day_of(row["occurred_at"]) <= day:
            if row["customer_id"]:
                counts[row["customer_id"]] += 1
            else:
                nobodys += 1
    return counts, nobodys


def money(value):
    return None if value is None else round(float(value), 6)


# ---- profit


def profit(shop, day):
    orders, (contacts, nobodys) = as_of(shop, day), contacts_of(shop, day)
    people = by_person(orders)
    total = lambda values: sum(values, Fraction(0))
    result = {
        "orders": len(orders),
        "customers": len(people),
        "net": money(total(o.net for o in orders)),
        "amount_before_refunds": money(total(o.before for o in orders)),
        "discount": money(total(o.discount for o in orders)),
        "platform_discount": money(total(o.platform_discount for o in orders)),
        "shipping_paid": money(total(o.shipping for o in orders)),
        "tax": money(total(o.tax for o in orders)),
        "returns": sum(o.returns for o in orders),
        "orders_with_a_return": sum(o.returns > 0 for o in orders),
        "service_contacts_of_customers": sum(contacts[p] for p in people),
        "service_contacts_of_accounts_without_valid_order": sum(n for p, n in contacts.items() if p not in people),
        "service_contacts_of_nobody": nobodys,
    }
    for name, costs in [("goods_only", None), ("with_costs", COSTS)]:
        value, cost = {}, Fraction(0)
        for person, own in people.items():
            sums = [(o, o.cost(shop)[0]) for o in own]
            cost += total(c for _, c in sums)
            value[person] = total(o.contribution(c, costs) for o, c in sums)
            if costs:
                value[person] -= costs["service_per_contact"] * contacts[person]
        service = costs["service_per_contact"] * result["service_contacts_of_customers"] if costs else Fraction(0)
        lowest = sorted(value, key=lambda p: (value[p], p))[:20]
        result[name] = {
            "cost_of_goods": money(cost),
            "contribution_of_orders": money(total(value.values()) + service),
            "service_cost": money(service),
            "value_of_customers": money(total(value.values())),
            "customers_whose_cost_exceeds_profit": sum(v < 0 for v in value.values()),
            "value_of_these": money(total(v for v in value.values() if v < 0)),
            "orders_with_negative_contribution": sum(
                o.contribution(o.cost(shop)[0], costs) < 0 for o in orders
            ),
            "lowest": [{"customer": p, "orders": len(people[p]), "value": money(value[p])} for p in lowest],
            "highest": [
                {"customer": p, "orders": len(people[p]), "value": money(value[p])}
                for p in sorted(value, key=lambda p: (-value[p], p))[:5]
            ],
        }
    result["cost_known_share"] = known_share(shop, orders)
    result["cost_unknown_of_a_category"] = unknown(shop, orders, {"without": COSTLESS})
    result["lines_without_customer_left_out"] = unknown(shop, orders, {"only_account_lines": True})
    result["not_counted_by_the_definition"] = lost_on_refunded(shop, day)
    return result


def known_share(shop, orders, **how):
    known = sum((o.net for o in orders if o.cost(shop, **how)[1]), Fraction(0))
    return float(known / sum(o.net for o in orders))


def unknown(shop, orders, how):
    with_margin = [o.contribution(o.cost(shop, margin=MARGIN, **how)[0]) for o in orders]
    known = [(o, o.cost(shop, **how)) for o in orders]
    return {
        **how,
        "cost_known_share": known_share(shop, orders, **how),
        "orders_with_known_cost": sum(c[1] for _, c in known),
        "margin": float(MARGIN),
        "contribution_with_margin": money(sum(with_margin)),
        "contribution_of_orders_with_known_cost": money(sum(o.contribution(c[0]) for o, c in known if c[1])),
    }


def lost_on_refunded(shop, day):
    """What fully refunded orders cost: they are no orders by definition, so nobody's value holds it."""
    refunds = defaultdict(list)
    for row in shop.refunds:
        if day_of(row["refunded_at"]) <= day:
            refunds[row["order_id"]].append(row)
    gone, goods, handling = 0, Fraction(0), Fraction(0)
    for row in shop.orders:
        if row["status"] not in {"paid", "refunded"} or day_of(row["ordered_at"]) > day:
            continue
        order = Order(shop, row, refunds[row["order_id"]])
        if order.net <= 0:
            gone += 1
            goods += order.cost(shop)[0]
            handling += COSTS["return_handling"] * order.returns + COSTS["shipping_per_order"] - order.shipping
    return {"fully_refunded_orders": gone, "goods_that_stayed_with_customers": money(goods), "handling_and_shipping": money(handling)}


# ---- channels


def channel_of(shop, own):
    listed = shop.accounts.get(own[0].person, {}).get("acquisition_channel", "")
    return listed or own[0].channel or own[0].source or "unknown"


def channels(shop, day):
    people = by_person(as_of(shop, day))
    contacts, _ = contacts_of(shop, day)
    members = defaultdict(dict)
    for person, own in people.items():
        members[channel_of(shop, own)][person] = own
    spent = {(p, c): defaultdict(Fraction) for p, c in {(row["purpose"], row["channel"]) for row in shop.spend}}
    for row in shop.spend:
        if day_of(row["date"]) <= day:
            spent[row["purpose"], row["channel"]][month_of(day_of(row["date"]))] += Fraction(row["amount"])
    names = sorted(set(members) | {c for purpose, c in spent if purpose == "acquisition"})
    result = {"by_channel": [channel_row(shop, day, name, members[name], spent, contacts) for name in names]}
    retention = sum((sum(m.values()) for (purpose, _), m in spent.items() if purpose == "retention"), Fraction(0))
    acquisition = sum((sum(m.values()) for (purpose, _), m in spent.items() if purpose == "acquisition"), Fraction(0))
    customer_months = customer_months_of(people, day, shop)
    result["whole_shop"] = {
        "customers": len(people),
        "acquisition_spend": money(acquisition),
        "cac": money(acquisition / len(people)),
        "retention_spend": money(retention),
        "customer_months": customer_months,
        "keep_cost_per_customer_year": money(12 * retention / customer_months),
        "retention_spend_by_channel": {c: money(sum(m.values())) for (p, c), m in sorted(spent.items()) if p == "retention"},
        "channel_from": Counter(
            "list" if shop.accounts.get(p, {}).get("acquisition_channel") else "first valid order" for p in people
        ),
    }
    return result


def customer_months_of(people, day, shop):
    """Sum over the months of the records of the customers who had ordered before that month."""
    firsts = [month_of(own[0].day) for own in people.values()]
    first = min(month_of(day_of(row["date"])) for row in shop.spend)
    return sum(sum(f < month for f in firsts) for month in range(first, month_of(day) + 1))


def channel_row(shop, day, name, people, spent, contacts):
    orders = [o for own in people.values() for o in own]
    cost = {o.id: o.cost(shop)[0] for o in orders}
    plain = sum((o.contribution(cost[o.id]) for o in orders), Fraction(0))
    full = sum((o.contribution(cost[o.id], COSTS) for o in orders), Fraction(0))
    service = COSTS["service_per_contact"] * sum(contacts[p] for p in people)
    acquisition, retention = spent.get(("acquisition", name), {}), spent.get(("retention", name), {})
    new = Counter(month_of(own[0].day) for own in people.values())
    months = sorted(set(new) | set(acquisition))
    cac = sum(acquisition.values(), Fraction(0)) / len(people) if people else None
    customer_months = customer_months_of(people, day, shop) if people else 0
    return {
        "channel": name,
        "customers": len(people),
        "orders": len(orders),
        "revenue": money(sum((o.net for o in orders), Fraction(0))),
        "contribution_goods_only": money(plain),
        "contribution_with_costs": money(full),
        "service_cost": money(service),
        "acquisition_spend": money(sum(acquisition.values(), Fraction(0))),
        "has_acquisition_spend": bool(acquisition),
        "cac": money(cac),
        "cac_by_month": [
            {
                "month": month_name(m),
                "spend": money(acquisition.get(m, Fraction(0))),
                "new_customers": new[m],
                "cac": money(acquisition.get(m, Fraction(0)) / new[m]) if new[m] else None,
            }
            for m in months
        ],
        "retention_spend": money(sum(retention.values(), Fraction(0))),
        "customer_months": customer_months,
        "keep_cost_per_customer_year": money(12 * sum(retention.values(), Fraction(0)) / customer_months)
        if retention and customer_months
        else None,
        "payback_goods_only": payback(shop, day, people, cac, None),
        "payback_with_costs": payback(shop, day, people, cac, COSTS),
    }


def payback(shop, day, people, cac, costs):
    """Least k at which the mean cumulative contribution of those whose months 0..k are over reaches the CAC; and the curve."""
    last, curve, month = last_full_month(day), [], None
    for k in range(0, 37):
        old = [own for own in people.values() if month_of(own[0].day) + k <= last]
        if not old:
            break
        earned = sum(
            (
                o.contribution(o.cost(shop)[0], costs)
                for own in old
                for o in own
                if month_of(o.day) - month_of(own[0].day) <= k
            ),
            Fraction(0),
        ) / len(old)
        if k <= 12:
            curve.append({"k": k, "customers": len(old), "mean_cumulative_contribution": money(earned)})
        if month is None and cac is not None and earned >= cac:
            month = k
    return {"month": month, "curve": curve}


# ---- cohorts


def cohorts(shop, day):
    people = by_person(as_of(shop, day))
    result = {"month": triangle(people, day, 1), "quarter": triangle(people, day, 3)}
    days = {p: sorted({o.day for o in own}) for p, own in people.items()}
    result["repeat_rate"] = {
        "customers": len(days),
        "with_two_purchase_days": sum(len(d) >= 2 for d in days.values()),
        "rate": sum(len(d) >= 2 for d in days.values()) / len(days),
    }
    result["reached_purchase_days"] = {str(n): sum(len(d) >= n for d in days.values()) for n in range(1, 11)}
    result["rhythm"] = [rhythm(days.values(), n, day) for n in (1, 2, 3)]
    result["by_channel"] = pooled(people, day, lambda own: channel_of(shop, own))
    result["by_first_discount"] = pooled(people, day, lambda own: "discounted" if own[0].discount + own[0].platform_discount > 0 else "full price")
    return result


def pooled(people, day, key):
    """Retention and mean cumulative net by age in months, over the customers for whom that month is over; k = 0..12."""
    last, groups = last_full_month(day), defaultdict(list)
    for own in people.values():
        groups[key(own)].append(own)
    age = lambda order, own: month_of(order.day) - month_of(own[0].day)
    result = {}
    for name in sorted(groups):
        result[name] = []
        for k in range(13):
            old = [own for own in groups[name] if month_of(own[0].day) + k <= last]
            if not old:
                break
            revenue = sum((o.net for own in old for o in own if age(o, own) <= k), Fraction(0))
            result[name].append(
                {
                    "k": k,
                    "customers": len(old),
                    "buyers": sum(any(age(o, own) == k for o in own) for own in old),
                    "mean_cumulative_revenue": money(revenue / len(old)),
                }
            )
    return result


def triangle(people, day, width):
    """Buyers and cumulative net by cohort and age; a cell is complete if its period has ended by the day."""
    period = lambda d: month_of(d) // width
    ended = (last_full_month(day) + 1) // width - 1
    rows = []
    groups = defaultdict(list)
    for own in people.values():
        groups[period(own[0].day)].append(own)
    for start in sorted(groups):
        own = groups[start]
        buyers, revenue = [], []
        for k in range(period(day) - start + 1):
            buyers.append(sum(any(period(o.day) - start == k for o in orders) for orders in own))
            revenue.append(sum((o.net for orders in own for o in orders if period(o.day) - start <= k), Fraction(0)))
        rows.append(
            {
                "cohort": month_name(start * width),
                "customers": len(own),
                "buyers": buyers,
                "cumulative_revenue": [money(value) for value in revenue],
                "complete": max(0, ended - start + 1),
            }
        )
    return rows


def rhythm(days, n, as_of_day):
    gaps = [((d[n] if len(d) > n else as_of_day) - d[n - 1]).days for d in days if len(d) >= n]
    events = [len(d) > n for d in days if len(d) >= n]
    fitter = KaplanMeierFitter().fit(gaps, events)
    low, high = fitter.confidence_interval_.columns
    shares = []
    for t in (30, 60, 90, 180, 365):
        interval = fitter.confidence_interval_.loc[:t].iloc[-1]
        shares.append(
            {
                "days": t,
                "share": 1 - float(fitter.predict(t)),
                "low": 1 - float(interval[high]),
                "high": 1 - float(interval[low]),
            }
        )
    median = fitter.median_survival_time_
    bounds = median_survival_times(fitter.confidence_interval_).iloc[0].tolist()
    finite = lambda value: None if math.isinf(value) else float(value)
    return {
        "from": n,
        "to": n + 1,
        "customers": len(gaps),
        "bought_again": sum(events),
        "shares": shares,
        "median_days": finite(median),
        "median_low": finite(min(bounds)),
        "median_high": finite(max(bounds)),
    }


# ---- Pareto


def gini(values):
    values = sorted(values)
    n, total = len(values), sum(values)
    return float(sum((2 * i - n - 1) * v for i, v in enumerate(values, 1)) / (n * total))


def pareto(shop, day):
    people = by_person(as_of(shop, day))
    contacts, _ = contacts_of(shop, day)
    measures = {
        "net": {p: sum(o.net for o in own) for p, own in people.items()},
        "contribution_goods_only": {p: sum(o.contribution(o.cost(shop)[0]) for o in own) for p, own in people.items()},
        "value_with_costs": {
            p: sum(o.contribution(o.cost(shop)[0], COSTS) for o in own) - COSTS["service_per_contact"] * contacts[p]
            for p, own in people.items()
        },
    }
    result = {}
    for name, values in measures.items():
        ordered, total = sorted(values.values(), reverse=True), sum(values.values())
        result[name] = {
            "customers": len(ordered),
            "total": money(total),
            "negative": sum(v < 0 for v in ordered),
            "sum_of_negative": money(sum((v for v in ordered if v < 0), Fraction(0))),
            "gini": gini(ordered),
            "top": [
                {
                    "percent": p,
                    "customers": (count := -(-p * len(ordered) // 100)),
                    "sum": money(sum(ordered[:count])),
                    "share": float(sum(ordered[:count]) / total),
                }
                for p in (1, 5, 10, 20)
            ],
        }
    return result


# ---- drivers


def drivers(shop, day):
    orders = as_of(shop, day)
    middle, begin = months_before(day, 12), months_before(day, 24)
    earlier = [o for o in orders if begin < o.day <= middle]
    later = [o for o in orders if middle < o.day <= day]
    older = {o.person for o in orders if o.day <= begin}
    parts = lambda chosen: factors(shop, chosen)
    before, after = parts(earlier), parts(later)
    names = ["buyers", "orders_per_buyer", "net_per_order"]
    groups = defaultdict(lambda: {"customers": 0, "earlier": Fraction(0), "later": Fraction(0)})
    sums = lambda chosen: {p: sum(o.net for o in own) for p, own in by_person(chosen).items()}
    first, second = sums(earlier), sums(later)
    for person in sorted(set(first) | set(second)):
        if person in first:
            group = "kept" if person in second else "lost"
        else:
            group = "won_back" if person in older else "new"
        groups[group]["customers"] += 1
        groups[group]["earlier"] += first.get(person, 0)
        groups[group]["later"] += second.get(person, 0)
    return {
        "earlier": {"from_after": begin.isoformat(), "to": middle.isoformat(), **{k: money(v) for k, v in before.items()}},
        "later": {"from_after": middle.isoformat(), "to": day.isoformat(), **{k: money(v) for k, v in after.items()}},
        "revenue_change": money(after["net"] - before["net"]),
        "revenue_shapley": {k: money(v) for k, v in shapley(names, before, after).items()},
        "contribution_change": money(after["contribution"] - before["contribution"]),
        "contribution_shapley": {k: money(v) for k, v in shapley(names + ["margin"], before, after).items()},
        "groups": {
            name: {
                "customers": g["customers"],
                "earlier": money(g["earlier"]),
                "later": money(g["later"]),
                "change": money(g["later"] - g["earlier"]),
            }
            for name, g in sorted(groups.items())
        },
    }


def factors(shop, orders):
    net = sum((o.net for o in orders), Fraction(0))
    contribution = sum((o.contribution(o.cost(shop)[0]) for o in orders), Fraction(0))
    buyers = Fraction(len({o.person for o in orders}))
    return {
        "orders": Fraction(len(orders)),
        "net": net,
        "contribution": contribution,
        "buyers": buyers,
        "orders_per_buyer": len(orders) / buyers,
        "net_per_order": net / len(orders),
        "margin": contribution / net,
    }


def shapley(names, before, after):
    """The mean over all orders in which the factors change; exact, so the parts add up."""
    share = dict.fromkeys(names, Fraction(0))
    product = lambda values: math.prod((values[n] for n in names), start=Fraction(1))
    sequences = list(permutations(names))
    for sequence in sequences:
        values = {n: before[n] for n in names}
        for name in sequence:
            old = product(values)
            values[name] = after[name]
            share[name] += (product(values) - old) / len(sequences)
    assert sum(share.values()) == product(after) - product(before)
    return share


# ---- survey


def survey(shop, day):
    people = by_person(as_of(shop, day))
    answers = [row for row in shop.surveys if row["score"] and row["kind"] == "nps" and day_of(row["answered_at"]) <= day]
    answers.sort(key=lambda row: (row["answered_at"], row["response_id"]))
    last = {row["customer_id"]: row for row in answers}
    ours = {p: int(row["score"]) for p, row in last.items() if p in people}
    grouped = lambda key: {
        name: nps([score for p, score in ours.items() if key(p) == name]) for name in sorted({key(p) for p in ours})
    }
    stage = lifecycle(people, day)
    return {
        "answers": len(answers),
        "overall": nps(ours.values()),
        "who_answered_without_a_valid_order": len(set(last) - set(people)),
        "by_channel": grouped(lambda p: channel_of(shop, people[p])),
        "by_lifecycle": grouped(lambda p: stage[p]),
        "by_month": {
            name: nps([int(r["score"]) for r in answers if r["answered_at"][:7] == name])
            for name in sorted({r["answered_at"][:7] for r in answers})
        },
    }


def nps(scores):
    """100 (share of 9 and 10 less share of 0 to 6), 95 % by the variance of +1, 0, -1 over n (not n - 1)."""
    marks = [1 if s >= 9 else -1 if s <= 6 else 0 for s in scores]
    n = len(marks)
    mean = sum(marks) / n
    error = math.sqrt((sum(m * m for m in marks) / n - mean * mean) / n)
    z = 1.959963984540054
    return {
        "answers": n,
        "promoters": marks.count(1),
        "passives": marks.count(0),
        "detractors": marks.count(-1),
        "nps": 100 * mean,
        "low": 100 * (mean - z * error),
        "high": 100 * (mean + z * error),
    }


# ---- migration


def lifecycle(people, day):
    bounds = [(months_before(day, m), name) for m, name in ((1, "active"), (4, "silent"), (10, "dormant"))]
    stage = lambda last: next((name for bound, name in bounds if last >= bound), "churned")
    return {p: stage(max(o.day for o in own)) for p, own in people.items()}


OCTANTS = {
    (1, 1, 1): "high_value",
    (1, 0, 1): "to_deepen",
    (0, 1, 1): "sleeping",
    (0, 0, 1): "lost",
    (1, 1, 0): "potential",
    (1, 0, 0): "new",
    (0, 1, 0): "maintain",
    (0, 0, 0): "let_go",
}


def octant_values(people, day):
    return {
        p: ((day - max(o.day for o in own)).days, len(own), sum(o.net for o in own) / len(own)) for p, own in people.items()
    }


def octant_knives(values):
    return [Fraction(sum(v[axis] for v in values.values())) / len(values) for axis in range(3)]


def octants(values, knives):
    """High or low against the mean; on the knife is recent, and low for frequency and money."""
    return {p: OCTANTS[int(r <= knives[0]), int(f > knives[1]), int(m > knives[2])] for p, (r, f, m) in values.items()}


def moves(before, after, money_before, money_after):
    """Counts and money by (from, to); (none) before: came between; (none) after: a customer no more (refunded since)."""
    cells = defaultdict(lambda: [0, Fraction(0), Fraction(0)])
    for person in sorted(set(before) | set(after)):
        cell = cells[before.get(person, "(none)"), after.get(person, "(none)")]
        cell[0] += 1
        cell[1] += money_before.get(person, Fraction(0))
        cell[2] += money_after.get(person, Fraction(0))
    return [
        {"from": a, "to": b, "customers": c[0], "monetary_before": money(c[1]), "monetary_after": money(c[2])}
        for (a, b), c in sorted(cells.items())
    ]


def migration(shop, days):
    state = {}
    for day in days:
        people = by_person(as_of(shop, day))
        values = octant_values(people, day)
        state[day] = {
            "people": people,
            "lifecycle": lifecycle(people, day),
            "values": values,
            "knives": octant_knives(values),
            "money": {p: sum(o.net for o in own) for p, own in people.items()},
        }
        state[day]["octant"] = octants(values, state[day]["knives"])
    result = {"whole": matrix(state, days[0], days[-1])}
    result["by_month"] = [matrix(state, a, b, octant=False) for a, b in zip(days, days[1:])]
    return result


def matrix(state, first, last, octant=True):
    a, b = state[first], state[last]
    result = {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "customers_before": len(a["people"]),
        "customers_after": len(b["people"]),
        "lifecycle": moves(a["lifecycle"], b["lifecycle"], a["money"], b["money"]),
    }
    if octant:
        frozen = octants(b["values"], a["knives"])
        result["octant_knives"] = {d.isoformat(): [float(k) for k in state[d]["knives"]] for d in (first, last)}
        result["octant"] = moves(a["octant"], b["octant"], a["money"], b["money"])
        result["octant_with_frozen_knives"] = moves(a["octant"], frozen, a["money"], b["money"])
        result["octant_movers"] = movers(a["octant"], frozen, b["octant"])
    return result


def movers(before, frozen, after):
    """Who is in another octant: because they changed, because the knives did, or both (each moved them, to different octants)."""
    counts = Counter()
    for person in set(before) & set(after):
        people, knives = frozen[person] != before[person], after[person] != frozen[person]
        net = after[person] != before[person]
        counts[
            ("people and knives, back where they were" if not net else "people and knives")
            if people and knives
            else "people"
            if people
            else "knives"
            if knives
            else "stayed"
        ] += 1
    return dict(sorted(counts.items()))


def main():
    shop = Shop(sys.argv[1])
    cases = {"data": "patron demo DIR --customers 2000 --seed 1", "costs": {k: float(v) for k, v in COSTS.items()}}
    for day in DAYS:
        cases[day.isoformat()] = {
            "profit": profit(shop, day),
            "channels": channels(shop, day),
            "cohorts": cohorts(shop, day),
            "pareto": pareto(shop, day),
            "drivers": drivers(shop, day),
            "survey": survey(shop, day),
        }
    ends = [date(2025, 6, 30), date(2025, 7, 31), date(2025, 8, 31), date(2025, 9, 30), date(2025, 10, 31), date(2025, 11, 30)]
    cases["migration"] = migration(shop, ends + [date(2025, 12, 31)])
    print(compact(cases))


def compact(value, indent=0):
    """JSON with lists of numbers, and small objects, on one line each."""
    flat = lambda v: not isinstance(v, (dict, list)) or (isinstance(v, list) and all(not isinstance(x, (dict, list)) for x in v))
    pad = " " * (indent + 1)
    if isinstance(value, dict) and not all(flat(v) and not isinstance(v, list) for v in value.values()):
        inner = ",\n".join(f"{pad}{json.dumps(k)}: {compact(v, indent + 1)}" for k, v in value.items())
        return "{\n" + inner + "\n" + " " * indent + "}"
    if isinstance(value, list) and not flat(value):
        return "[\n" + ",\n".join(pad + compact(v, indent + 1) for v in value) + "\n" + " " * indent + "]"
    return json.dumps(value)


main()
