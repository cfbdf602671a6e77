"""Quasi-Poisson regression of a response on the logarithm of spend: statsmodels."""

import json
from pathlib import Path

import numpy as np
import statsmodels.api as sm
from scipy.stats import t

random = np.random.default_rng(27)


def case(name, months, slope, spread, level, noise):
    spend = np.round(np.exp(7 + spread * random.normal(size=months)), 2)
    expected = level * (spend / np.exp(7)) ** slope
    response = random.poisson(expected * random.gamma(1 / noise, noise, months)).astype(float)
    model = sm.GLM(response, sm.add_constant(np.log(spend)), family=sm.families.Poisson())
    found = model.fit(scale="X2", use_t=True, tol=1e-14)
    leverage = found.get_influence().hat_matrix_diag
    inverse = found.cov_params() / found.scale
    scores = sm.add_constant(np.log(spend)) * ((response - found.mu) / (1 - leverage))[:, None]
    half = t.ppf(0.95, months - 2) * (inverse @ scores.T @ scores @ inverse)[1, 1] ** 0.5
    return {
        "name": name,
        "spend": spend.tolist(),
        "response": response.tolist(),
        "slope": found.params[1],
        "interval": [found.params[1] - half, found.params[1] + half],
        "dispersion": found.scale,
        "at_1000": float(np.exp(found.params[0] + found.params[1] * np.log(1000))),
    }


cases = [
    case("ordinary", 24, 0.6, 0.5, 80, 0.02),
    case("few_responses", 36, 0.9, 1.2, 2, 0.01),
    case("eight_months", 8, 0.3, 0.8, 300, 0.01),
    case("over_dispersed", 60, 0.5, 0.6, 400, 0.2),
]
Path(__file__).with_name("cases.json").write_text(json.dumps({"cases": cases}, indent=1) + "\n")
for one in cases:
    print(one["name"], one["slope"], one["interval"], one["dispersion"], min(one["response"]))
