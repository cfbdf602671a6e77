"""The posterior of Pareto/NBD (Abe) on CDNOW by importance sampling: no chains, and customers' rates integrated out.

For each set of (B, Γ) the likelihood of every distinct history is an integral over (ln λ, ln μ), a sum on a grid of standardised
coordinates from −5 to 5 (spacing 0.22 and 0.4). The inverse Wishart density is scipy's, its change to free parameters a Jacobian by
differences. Draws come from Student's t, as in reference/bayes. Run with the folder of the public data sets: make.py ../shared/data
"""

import json
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.stats import invwishart, multivariate_normal, multivariate_t

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bayes"))

from make import bend, cdnow  # noqa: E402 - the folder beside comes first

DRAWS = 2_000
SEED = 20261122
NU = 4
Z1, Z2 = np.meshgrid(np.linspace(-5, 5, 46), np.linspace(-5, 5, 26), indexing="ij")
Z1, Z2 = Z1.ravel(), Z2.ravel()
LN_WEIGHT = -0.5 * (Z1**2 + Z2**2)
LN_WEIGHT -= np.log(np.exp(LN_WEIGHT).sum())


def covariance(free):
    lower = np.array([[np.exp(free[2]), 0], [free[3], np.exp(free[4])]])
    return lower, lower @ lower.T


def ln_density(free, rows, centre):
    lower, gamma = covariance(free)
    x, t, age, n = (row[:, None] for row in rows)
    ln_lambda = free[0] + lower[0, 0] * Z1
    ln_mu = free[1] + lower[1, 0] * Z1 + lower[1, 1] * Z2
    lam, mu = np.exp(ln_lambda), np.exp(ln_mu)
    both = lam + mu
    one = x * ln_lambda - both * t + np.log((mu + lam * np.exp(-both * (age - t))) / both) + LN_WEIGHT
    largest = one.max(axis=1, keepdims=True)
    likelihood = (n * (largest + np.log(np.exp(one - largest).sum(axis=1, keepdims=True)))).sum()

    def entries(part):
        gamma = covariance(np.concatenate([free[:2], part]))[1]
        return np.array([gamma[0, 0], gamma[1, 0], gamma[1, 1]])

    step = 1e-5
    jacobian = np.array([(entries(free[2:] + step * e) - entries(free[2:] - step * e)) / (2 * step) for e in np.eye(3)])
    known = invwishart(NU, NU * np.eye(2)).logpdf(gamma) + np.log(abs(np.linalg.det(jacobian)))
    return likelihood + known + multivariate_normal(centre, 100 * gamma).logpdf(free[:2])


def main():
    rows, _ = cdnow(Path(sys.argv[1]) / "cdnow" / "CDNOW_sample.txt")
    x, _, age, n = rows
    centre = np.log([(n * x).sum() / (n * age).sum(), n.sum() / (n * age).sum()])

    def each(free):
        return np.array([ln_density(one, rows, centre) for one in free])

    best = minimize(lambda free: -each(free[None])[0], [-3.5, -3.6, 0.15, 0.1, 0.5], method="Nelder-Mead", options={"maxfev": 500})
    print(best.x, best.fun, file=sys.stderr, flush=True)
    generator = np.random.default_rng(SEED)
    middle, spread = best.x, np.linalg.inv(-bend(each, best.x, 0.02))
    for draws in (DRAWS // 4, DRAWS):
        drawn_from = multivariate_t(middle, 0.9 * spread, df=6)
        free = drawn_from.rvs(draws, random_state=generator)
        ln_weight = each(free) - drawn_from.logpdf(free)
        weight = np.exp(ln_weight - ln_weight.max())
        weight /= weight.sum()
        middle = weight @ free
        spread = (free - middle).T @ ((free - middle) * weight[:, None])
        print(1 / (weight**2).sum(), file=sys.stderr, flush=True)
    values = np.array([[*one[:2], *covariance(one)[1][[0, 1, 1], [0, 0, 1]]] for one in free])
    mean = weight @ values

    def quantile(column, level):
        order = np.argsort(column)
        return float(np.interp(level, np.cumsum(weight[order]), column[order]))

    out = {
        "names": ["ln_lambda", "ln_mu", "var_ln_lambda", "cov_ln_lambda_ln_mu", "var_ln_mu"],
        "mean": mean.tolist(),
        "standard_deviation": np.sqrt(weight @ (values - mean) ** 2).tolist(),
        "low": [quantile(column, 0.05) for column in values.T],
        "median": [quantile(column, 0.5) for column in values.T],
        "high": [quantile(column, 0.95) for column in values.T],
        "effective_draws": 1 / (weight**2).sum(),
        "btydplus": {"low": [-3.70, -3.96, 1.10, -0.20, 1.44], "median": [-3.54, -3.59, 1.34, 0.13, 2.62], "high": [-3.32, -3.26, 1.65, 0.74, 5.05]},
    }
    Path(__file__).with_name("cases.json").write_text(json.dumps(out, indent=1) + "\n")
    print(json.dumps(out, indent=1), file=sys.stderr)


if __name__ == "__main__":
    main()
