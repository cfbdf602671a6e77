"""Grid priors, two binomial rates, Mantel-Haenszel risk differences: numpy."""

import json
import math
from pathlib import Path

import numpy as np

random = np.random.default_rng(31)
SHARES = (np.arange(100) + 0.5) / 100
RATIOS = np.exp(np.linspace(math.log(0.05), math.log(40.0), 100))


def posterior(log_likelihood, weights):
    joint = np.exp(log_likelihood - log_likelihood.max(axis=-1, keepdims=True)) * weights
    return joint / joint.sum(axis=-1, keepdims=True)


def learn(log_likelihood):
    weights = np.full(100, 1 / 100)
    for _ in range(200):
        weights = posterior(log_likelihood, weights).mean(axis=0)
    return weights


def of_shares(k, n):
    k, n = np.asarray(k, float)[..., None], np.asarray(n, float)[..., None]
    return k * np.log(SHARES) + (n - k) * np.log1p(-SHARES)


def of_ratios(k, e):
    k, e = np.asarray(k, float)[..., None], np.asarray(e, float)[..., None]
    return k * np.log(RATIOS * e) - RATIOS * e


def told(p, grid, bound):
    at = lambda q: float(grid[int((p.cumsum() < q - 1e-12).sum())])
    return {"mean": float(p @ grid), "interval": [at(0.05), at(0.95)], "above": float(p[grid > bound].sum())}


def shares(name, n, q, bound):
    k = random.binomial(n, q)
    weights = learn(of_shares(k, n))
    counts = [(0, 0), (0, 1), (1, 1), (2, 3), (3, 3), (14, 15), (5, 40)]
    posteriors = [{"events": a, "trials": b, **told(posterior(of_shares(a, b), weights), SHARES, bound)} for a, b in counts]
    prior = float(weights[SHARES > bound].sum())
    return {"name": name, "events": k.tolist(), "trials": n.tolist(), "bound": bound, "prior_above": prior, "posteriors": posteriors}


def ratios(name, e, ratio, bound):
    k = random.poisson(ratio * e)
    rounded = np.array([float(f"{x:.1e}") for x in e])
    weights = learn(of_ratios(k, rounded))
    counts = [(0, 0.01864), (1, 0.0445), (2, 0.0594), (9, 0.5), (3, 7.25), (0, 2.0)]
    posteriors = [{"events": a, "exposure": b, **told(posterior(of_ratios(a, b), weights), RATIOS, bound)} for a, b in counts]
    prior = float(weights[RATIOS > bound].sum())
    return {"name": name, "events": k.tolist(), "exposure": e.tolist(), "bound": bound, "prior_above": prior, "posteriors": posteriors}


def two_rates(name, n, p):
    k = random.binomial(n, p).astype(float)
    ln = lambda rate: k * np.log(rate) + (n - k) * np.log1p(-rate)
    share, low, high = 0.1, 0.1, 0.8
    for _ in range(500):
        z = 1 / (1 + np.exp(ln(low) + np.log(1 - share) - ln(high) - np.log(share)))
        share, high, low = z.mean(), (z * k).sum() / (z * n).sum(), ((1 - z) * k).sum() / ((1 - z) * n).sum()
    two = np.logaddexp(ln(high) + np.log(share), ln(low) + np.log(1 - share)).sum()
    gain = two - ln(k.sum() / n.sum()).sum()
    z = 1 / (1 + np.exp(ln(low) + np.log(1 - share) - ln(high) - np.log(share)))
    return {
        "name": name, "events": k.astype(int).tolist(), "trials": n.tolist(), "share": share, "low": low, "high": high,
        "gain": gain, "are_two": bool(gain > np.log(len(n))), "busy": int((z > 0.5).sum()),
    }


def risk_difference(name, strata):
    """Sato's variance by sums over the strata, as in value-analytics/behaviours.py."""
    top = p = bottom = q = 0.0
    for a, n1, c, n0 in strata:
        if n1 == 0 or n0 == 0:
            continue
        n = n1 + n0
        top += (a * n0 - c * n1) / n
        bottom += n1 * n0 / n
        p += (n1**2 * c - n0**2 * a + n1 * n0 * (n0 - n1) / 2) / n**2
        q += (a * (n0 - c) + c * (n1 - a)) / (2 * n)
    difference = top / bottom
    error = math.sqrt((difference * p + q) / bottom**2)
    z = 1.959963984540054
    return {"name": name, "strata": strata, "difference": difference, "interval": [difference - z * error, difference + z * error]}


def coverage():
    """Of 20,000 shops with a true difference of -0.1 in five strata of unequal size, how many intervals hold it?"""
    draws = np.random.default_rng(32)
    held = 0
    for _ in range(20_000):
        strata = []
        for n1, n0, share in [(120, 1500, 0.4), (60, 900, 0.6), (50, 800, 0.7), (30, 400, 0.8), (8, 60, 0.9)]:
            strata.append([int(draws.binomial(n1, share - 0.1)), n1, int(draws.binomial(n0, share)), n0])
        low, high = risk_difference("", strata)["interval"]
        held += low <= -0.1 <= high
    return held / 20_000


orders = random.geometric(0.35, 600)
kinds = np.where(random.random(600) < 0.1, 0.9, 0.2)
days = random.poisson(6, 400) + 1
busy = np.where(random.random(400) < 0.1, 0.85, 0.1)
expectations = np.exp(random.normal(-3, 1, 500))
cases = {
    "shares": [
        shares("two kinds", orders, kinds, 0.63),
        shares("one kind", orders, np.full(600, 0.25), 0.63),
        shares("many orders", random.integers(50, 400, 60), random.beta(2, 6, 60), 0.4),
    ],
    "ratios": [
        ratios("few return much", expectations, np.where(random.random(500) < 0.05, 15.0, 0.6), 2.0),
        ratios("alike", expectations, np.ones(500), 2.0),
    ],
    "two_rates": [two_rates("sales", days, busy), two_rates("no sales", days, np.full(400, 0.25))],
    "risk_difference": [
        risk_difference("five strata", [[40, 120, 600, 1500], [30, 60, 540, 900], [28, 50, 560, 800], [20, 30, 330, 400], [7, 8, 50, 60]]),
        risk_difference("one of them missing", [[3, 10, 5, 10], [0, 0, 5, 9], [1, 2, 0, 1]]),
        risk_difference("sparse", [[1, 1, 0, 1], [0, 1, 1, 2], [1, 2, 1, 1], [0, 1, 0, 1]]),
    ],
    "coverage_of_risk_difference": coverage(),
}
Path(__file__).with_name("cases.json").write_text(json.dumps(cases, indent=1) + "\n")
