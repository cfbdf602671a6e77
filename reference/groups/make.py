"""Pooled means by adaptive integration, net promoter scores, matched differences: scipy, numpy."""

import json
from pathlib import Path

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import norm, t
from statsmodels.stats.weightstats import CompareMeans

random = np.random.default_rng(25)
LEVEL = 0.9


def pooling(name, y, s):
    y, s = np.asarray(y, float), np.asarray(s, float)

    def parts(tau):
        w = 1 / (s**2 + tau**2)
        mu = np.sum(w * y) / np.sum(w)
        return w, mu, 1 / np.sum(w)

    def ln_density(tau):
        w, mu, v = parts(tau)
        return 0.5 * np.log(v) + 0.5 * np.sum(np.log(w)) - 0.5 * np.sum(w * (y - mu) ** 2)

    grid = np.concatenate([[0], np.geomspace(1e-4, 1e4, 4001) * np.median(s)])
    best = max(range(len(grid)), key=lambda place: ln_density(grid[place]))
    between = 0.0
    if best > 0:
        found = minimize_scalar(lambda tau: -ln_density(tau), bounds=(grid[best - 1], grid[best + 1]), method="bounded", options={"xatol": 1e-12 * grid[best]})
        between = found.x if ln_density(found.x) > ln_density(0) else 0.0
    top = max(ln_density(value) for value in grid)
    edges = [0, *np.geomspace(1e-3, 1e5, 33) * np.median(s)]

    def integral(function):
        inner = sum(quad(lambda tau: np.exp(ln_density(tau) - top) * function(tau), low, high, epsabs=1e-13, epsrel=1e-10, limit=200)[0] for low, high in zip(edges, edges[1:]))
        # Beyond, τ = 1/u.
        return inner + quad(lambda u: np.exp(ln_density(1 / u) - top) * function(1 / u) / u**2, 0, 1 / edges[-1])[0]

    whole = integral(lambda tau: 1.0)

    def group(i):
        def conditional(tau):
            _, mu, v = parts(tau)
            drawn = s[i] ** 2 / (s[i] ** 2 + tau**2)
            return y[i] + drawn * (mu - y[i]), np.sqrt((1 - drawn) * s[i] ** 2 + drawn**2 * v)

        def below(x):
            return integral(lambda tau: norm.cdf(x, *conditional(tau))) / whole

        mean = integral(lambda tau: conditional(tau)[0]) / whole
        wide = 12 * s[i] + np.ptp(y)
        bounds = [brentq(lambda x, q=q: below(x) - q, mean - wide, mean + wide, xtol=1e-9) for q in ((1 - LEVEL) / 2, (1 + LEVEL) / 2)]
        return {"mean": mean, "interval": bounds}

    print(name, between, flush=True)
    return {"name": name, "means": y.tolist(), "errors": s.tolist(), "between": between, "groups": [group(i) for i in range(len(y))]}


def promoters(promoters, passives, detractors):
    scores = np.repeat([1.0, 0.0, -1.0], [promoters, passives, detractors])
    half = norm.ppf((1 + LEVEL) / 2) * np.std(scores) / np.sqrt(len(scores))
    mean = scores.mean()
    return {"counts": [promoters, passives, detractors], "score": 100 * mean, "interval": [100 * max(mean - half, -1), 100 * min(mean + half, 1)]}


def matching(name, strata, treated, values):
    strata, treated, values = np.asarray(strata), np.asarray(treated, bool), np.asarray(values, float)
    both = [one for one in np.unique(strata) if treated[strata == one].any() and not treated[strata == one].all()]
    kept = np.isin(strata, both)
    total = np.sum(treated & kept)
    difference, terms = 0.0, []
    for group in (True, False):
        cells = [values[(strata == one) & (treated == group)] for one in both]
        weights = [np.sum((strata == one) & treated) / total for one in both]
        difference += (1 if group else -1) * sum(weight * cell.mean() for weight, cell in zip(weights, cells))
        degrees = sum(len(cell) - 1 for cell in cells)
        alone = 0.0
        for weight, cell in zip(weights, cells):
            if len(cell) > 1:
                terms.append((weight**2 * cell.var(ddof=1) / len(cell), len(cell) - 1))
            else:
                alone += weight**2
        if alone:
            terms.append((alone * sum((len(cell) - 1) * cell.var(ddof=1) for cell in cells if len(cell) > 1) / degrees, degrees))
    variance = sum(term for term, _ in terms)
    freedom = variance**2 / sum(term**2 / degrees for term, degrees in terms)
    half = t.ppf((1 + LEVEL) / 2, freedom) * np.sqrt(variance)
    out = {"name": name, "strata": strata.tolist(), "treated": treated.astype(int).tolist(), "values": values.tolist()}
    out |= {"difference": difference, "interval": [difference - half, difference + half], "freedom": freedom, "matched": int(total)}
    if len(both) == 1:
        welch = CompareMeans.from_data(values[treated], values[~treated]).tconfint_diff(1 - LEVEL, usevar="unequal")
        assert np.allclose(welch, out["interval"], rtol=1e-12)
    return out


def strata_case(name, count, members, share):
    strata = random.integers(0, count, members)
    treated = random.random(members) < share
    return matching(name, strata, treated, random.gamma(2, 20 + strata) + 15 * treated)


out = {
    "level": LEVEL,
    "pooling": [
        pooling("schools", [28, 8, -3, 7, -1, 1, 18, 12], [15, 10, 16, 11, 9, 11, 10, 18]),
        pooling("far_apart", [120, 100, 95, 60, 150, 131], [2, 3, 2.5, 4, 2, 3]),
        pooling("alike", [10.1, 9.8, 10.0, 10.3, 9.9], [1, 2, 1.5, 1, 3]),
        pooling("unequal", [310, 250, 280, 900, 20, 265, 240], [4, 6, 60, 500, 150, 8, 7]),
        pooling("three", [5.0, 9.0, 4.0], [1.0, 1.5, 0.8]),
    ],
    "promoters": [promoters(4, 3, 3), promoters(500, 300, 200), promoters(1, 0, 9), promoters(0, 20, 0)],
    "matching": [
        strata_case("one_stratum", 1, 60, 0.4),
        strata_case("ordinary", 6, 200, 0.3),
        strata_case("many_alone", 40, 120, 0.2),
    ],
}
Path(__file__).with_name("cases.json").write_text(json.dumps(out, indent=1) + "\n")
