"""Wilson's interval, beta-binomial and gamma-Poisson priors and posteriors, ratios of shares: scipy, statsmodels."""

import json
from pathlib import Path

import numpy as np
from scipy import stats
from scipy.optimize import minimize
from scipy.stats.contingency import relative_risk
from statsmodels.stats.proportion import proportion_confint

random = np.random.default_rng(21)


def likeliest(minus_ln_likelihood):
    """The minimum over two logarithms, from several starts."""
    best = None
    for start in ([0.0, 0.0], [2.0, 3.0], [-2.0, 1.0]):
        found = minimize(minus_ln_likelihood, start, method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 5000})
        found = minimize(minus_ln_likelihood, found.x, method="Powell", options={"xtol": 1e-10, "ftol": 1e-14})
        if best is None or found.fun < best.fun:
            best = found
    return np.exp(best.x), -best.fun


def beta_case(name, a, b, n):
    k = random.binomial(n, random.beta(a, b, len(n)))
    (a, b), ln_likelihood = likeliest(lambda theta: -stats.betabinom.logpmf(k, n, *np.exp(theta)).sum())
    posteriors = []
    for events, trials in [(0, 0), (1, 1), (0, 12), (5, 7), (400, 1000)]:
        posterior = stats.beta(a + events, b + trials - events)
        posteriors.append({
            "events": events,
            "trials": trials,
            "mean": posterior.mean(),
            "interval": posterior.ppf([0.05, 0.95]).tolist(),
            "above": posterior.sf(0.3),
        })
    return {"name": name, "events": k.tolist(), "trials": n.tolist(), "a": a, "b": b, "ln_likelihood": ln_likelihood, "posteriors": posteriors}


def gamma_case(name, shape, rate, exposure):
    k = random.poisson(random.gamma(shape, 1 / rate, len(exposure)) * exposure)

    def minus(theta):
        r, alpha = np.exp(theta)
        return -stats.nbinom.logpmf(k, r, alpha / (alpha + exposure)).sum()

    (shape, rate), ln_likelihood = likeliest(minus)
    posteriors = []
    for events, seen in [(0, 0.0), (1, 0.5), (0, 40.0), (30, 12.0)]:
        posterior = stats.gamma(shape + events, scale=1 / (rate + seen))
        posteriors.append({
            "events": events,
            "exposure": seen,
            "mean": posterior.mean(),
            "interval": posterior.ppf([0.05, 0.95]).tolist(),
            "above": posterior.sf(0.7),
        })
    return {"name": name, "events": k.tolist(), "exposure": exposure.tolist(), "shape": shape, "rate": rate, "ln_likelihood": ln_likelihood, "posteriors": posteriors}


def wilson_cases():
    for k, n in [(0, 1), (1, 1), (0, 30), (3, 7), (50, 100), (999, 1000), (123_456, 1_000_000)]:
        for level in [0.9, 0.95]:
            low, high = proportion_confint(k, n, 1 - level, method="wilson")
            yield {"events": k, "trials": n, "level": level, "interval": [float(low), float(high)]}


def ratio_cases():
    for k, n, j, m in [(30, 100, 150, 1000), (1, 9, 1, 8), (5, 5000, 700, 90_000)]:
        found = relative_risk(k, n, j, m)
        interval = found.confidence_interval(0.95)
        yield {"here": [k, n], "elsewhere": [j, m], "ratio": found.relative_risk, "interval": [interval.low, interval.high]}


cases = {
    "wilson": list(wilson_cases()),
    "beta": [
        beta_case("ordinary", 2.0, 18.0, random.integers(1, 15, 400)),
        beta_case("u_shaped", 0.2, 0.9, random.integers(1, 9, 300)),
        beta_case("little_spread", 60.0, 140.0, random.integers(20, 400, 150)),
    ],
    "gamma": [
        gamma_case("ordinary", 0.8, 2.0, random.uniform(0.1, 30, 300)),
        gamma_case("wide_exposure", 3.0, 5.0, np.exp(random.uniform(-4, 4, 200))),
    ],
    "ratio": list(ratio_cases()),
}
Path(__file__).with_name("cases.json").write_text(json.dumps(cases, indent=1) + "\n")
