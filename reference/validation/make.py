"""Measures of predictions against what came, computed apart from the library: numpy and scipy, ties by repeating customers.

Where a boundary falls among customers with equal predictions, the library splits them. Here every customer is repeated as often as there
are groups, so that boundaries fall between whole copies, and equals are given their mean outcome before anything is cut.
"""

import json
from pathlib import Path

import numpy as np
from scipy import stats

RNG = np.random.default_rng(11)
# Odd numbers: no two customers have means that only rounding tells apart.
NBD = {"r": 0.713, "alpha": 6.037}
HORIZON = 26.0
CUSTOMERS = 173


def equalled(predicted, actual):
    """Outcomes by ascending prediction, equals with their mean."""
    order = np.lexsort((actual, predicted))
    p, a = predicted[order], actual[order].astype(float)
    for value in np.unique(p):
        a[p == value] = a[p == value].mean()
    return p, a


def groups(predicted, actual, count):
    p, a = equalled(predicted, actual)
    p, a = np.repeat(p, count).reshape(count, -1), np.repeat(a, count).reshape(count, -1)
    return {"predicted": p.mean(axis=1).tolist(), "actual": a.mean(axis=1).tolist()}


def capture(predicted, actual, tenths):
    _, a = equalled(predicted, actual)
    a = np.repeat(a, 10)
    top = len(predicted) * tenths
    return a[-top:].sum() / a.sum()


def gini(predicted, actual):
    """By the ranks of predictions, mean rank for equals: another formula than the area."""
    n = len(actual)
    ranks = stats.rankdata(predicted)
    return 2 * (ranks * actual).sum() / (n * actual.sum()) - (n + 1) / n


def errors(p, a):
    return {
        "bias": (p - a).mean(),
        "mean_absolute": np.abs(p - a).mean(),
        "root_mean_square": np.sqrt(((p - a) ** 2).mean()),
        "mean_squared_logarithmic": ((np.log1p(p) - np.log1p(a)) ** 2).mean(),
        "relative_bias": p.sum() / a.sum() - 1,
    }


def nbd(x, age, r, alpha):
    return stats.nbinom(r + x, (alpha + age) / (alpha + age + HORIZON))


age = RNG.integers(4, 40, CUSTOMERS) / 2.0
rate = RNG.gamma(NBD["r"], 1 / NBD["alpha"], CUSTOMERS)
x = RNG.poisson(rate * age)
later = RNG.poisson(rate * HORIZON)
truth = nbd(x, age, **NBD)
other = nbd(x, age, 0.4, 2.1)
# Few distinct numbers, so that most customers are equal to others.
coarse = np.round(x / age * HORIZON / 4) * 4

places = truth.cdf(later - 1) + 0.5 * truth.pmf(later)
counts = np.histogram(places, bins=20, range=(0, 1))[0]
difference = truth.logpmf(later) - other.logpmf(later)
squared = (other.mean() - later) ** 2 - (truth.mean() - later) ** 2
coarse_squared = (coarse - later) ** 2 - (truth.mean() - later) ** 2


def comparison(values):
    return {"advantage": values.mean(), "standard_error": stats.sem(values)}


out = {
    "horizon": HORIZON,
    "nbd": NBD,
    "other": {"r": 0.4, "alpha": 2.1},
    "age": age.tolist(),
    "repeat_purchases": x.tolist(),
    "later": later.tolist(),
    "coarse": coarse.tolist(),
    "model": {
        "errors": errors(truth.mean(), later),
        "log_score": truth.logpmf(later).mean(),
        "below": truth.cdf(later - 1).tolist(),
        "at": truth.pmf(later).tolist(),
        "groups": groups(truth.mean(), later, 10),
        "capture": capture(truth.mean(), later, 1),
        "gini": gini(truth.mean(), later),
    },
    "middle": {
        # Every place in the middle of its step, where a generator that always says one half would put it.
        "shares": (counts / CUSTOMERS).tolist(),
        "kolmogorov_distance": stats.kstest(places, "uniform").statistic,
        "chi_square": stats.chisquare(counts).statistic,
        "chi_square_probability": stats.chisquare(counts).pvalue,
        "kolmogorov_exact": stats.kstest(places, "uniform").pvalue,
    },
    "ties": {
        "errors": errors(coarse, later),
        "groups": groups(coarse, later, 10),
        "groups_of_7": groups(coarse, later, 7),
        "capture": capture(coarse, later, 1),
        "capture_of_3_tenths": capture(coarse, later, 3),
        "gini": gini(coarse, later),
    },
    "against": {
        "log_score": comparison(difference),
        "squared_error": comparison(squared),
        "coarse_squared_error": comparison(coarse_squared),
        "mean_log_score": truth.logpmf(later).mean(),
    },
}
Path(__file__).with_name("cases.json").write_text(json.dumps(out) + "\n")
