"""Posteriors on CDNOW by importance sampling: another way to the numbers that `patron_stats::bayes` draws.

Draws come from Student's t (6 degrees of freedom) about the mode, found by Nelder and Mead, with the covariance of second differences
there; once more from a t with mean and covariance of these; and are weighted by posterior over t density. Likelihoods are the published closed forms (Fader, Hardie, Lee 2005;
Batislam et al. 2007; Fader, Hardie 2005 with hypergeometric functions; Fader, Hardie 2013). Nothing of the library's own numerics is
used. Run with the folder of the public data sets: make.py ../shared/data
"""

import json
import sys
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, gammaln, hyp2f1
from scipy.stats import multivariate_t

DRAWS = 30_000
CHUNK = 500
SEED = 20261122
END = date(1997, 9, 30)


def cdnow(path):
    days = defaultdict(lambda: defaultdict(float))
    for line in path.read_text().split("\n"):
        fields = line.split()
        if len(fields) >= 4 and fields[-3].isdigit():
            day = fields[-3]
            day = date(int(day[:4]), int(day[4:6]), int(day[6:]))
            days[fields[-4]][day] += float(fields[-1])
    histories, spends = Counter(), Counter()
    for bought in days.values():
        seen = sorted(day for day in bought if day <= END)
        histories[len(seen) - 1, (seen[-1] - seen[0]).days, (END - seen[0]).days] += 1
        paid = [bought[day] for day in seen[1:] if bought[day] > 0]
        if paid:
            spends[len(paid), round(sum(paid) / len(paid), 10)] += 1
    rows = np.array([(x, t / 7, age / 7, n) for (x, t, age), n in histories.items()])
    money = np.array([(x, m, n) for (x, m), n in spends.items()])
    return rows.T, money.T


def bg(theta, rows):
    r, alpha, a, b = (np.exp(theta[:, [i]]) for i in range(4))
    x, t, age, n = rows
    one = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b)
    left = np.where(x > 0, np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + t), -np.inf)
    return (n * (one + np.logaddexp(-(r + x) * np.log(alpha + age), left))).sum(axis=1)


def mbg(theta, rows):
    r, alpha, a, b = (np.exp(theta[:, [i]]) for i in range(4))
    x, t, age, n = rows
    one = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x + 1) - betaln(a, b)
    left = np.log(a) - np.log(b + x) - (r + x) * np.log(alpha + t)
    return (n * (one + np.logaddexp(-(r + x) * np.log(alpha + age), left))).sum(axis=1)


def pareto(theta, rows):
    r, alpha, s, beta = (np.exp(theta[:, [i]]) for i in range(4))
    x, t, age, n = rows
    whole, larger, apart = r + s + x, np.maximum(alpha, beta), np.abs(alpha - beta)
    second = np.where(alpha >= beta, s + 1, r + x)

    def term(time):
        return np.log(hyp2f1(whole, second, whole + 1, apart / (larger + time))) - whole * np.log(larger + time)

    at_t, at_age = term(t), term(age)
    gone = np.log(s) - np.log(whole) + at_t + np.log(-np.expm1(np.minimum(at_age - at_t, -1e-300)))
    there = -(r + x) * np.log(alpha + age) - s * np.log(beta + age)
    one = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    return (n * (one + np.logaddexp(there, gone))).sum(axis=1)


def gamma_gamma(theta, rows):
    p, q, gamma = (np.exp(theta[:, [i]]) for i in range(3))
    x, m, n = rows
    one = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(gamma) + (p * x - 1) * np.log(m)
    return (n * (one + p * x * np.log(x) - (p * x + q) * np.log(gamma + x * m))).sum(axis=1)


def log_normal(median, sd):
    return lambda theta: -((theta - np.log(median)) ** 2) / (2 * sd**2)


def weibull(shape, scale):
    """Of the parameter; of its logarithm with the factor p."""
    return lambda theta: shape * theta - (np.exp(theta) / scale) ** shape


def half_flat(theta):
    return theta


def bend(function, at, step=1e-3):
    """Second differences."""
    size = len(at)
    unit = step * np.eye(size)
    corners = [at + (i1 * unit[i] + j1 * unit[j]) for i in range(size) for j in range(size) for i1 in (1, -1) for j1 in (1, -1)]
    value = function(np.array(corners)).reshape(size, size, 4)
    return (value[..., 0] - value[..., 1] - value[..., 2] + value[..., 3]) / (4 * step**2)


def posterior(name, likelihood, rows, priors, start, generator):
    def ln_density(theta):
        known = sum(prior(theta[:, i]) for i, prior in enumerate(priors))
        chunks = [likelihood(theta[i : i + CHUNK], rows) for i in range(0, len(theta), CHUNK)]
        return np.concatenate(chunks) + known

    def refused(theta):
        """Closed forms of Pareto/NBD are no number at parameters far out: no density there, and counted."""
        value = ln_density(theta)
        return np.where(np.isnan(value), -np.inf, value), np.isnan(value).sum()

    best = minimize(lambda theta: -ln_density(theta[None])[0], np.log(start), method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-9, "maxiter": 4000})
    centre, spread = best.x, np.linalg.inv(-bend(ln_density, best.x))
    # Twice: the second time with the mean and covariance found the first time.
    for draws in (DRAWS // 4, DRAWS):
        drawn_from = multivariate_t(centre, 0.8 * spread, df=6)
        theta = drawn_from.rvs(draws, random_state=generator)
        value, refusals = refused(theta)
        ln_weight = value - drawn_from.logpdf(theta)
        weight = np.exp(ln_weight - ln_weight.max())
        weight /= weight.sum()
        centre = weight @ theta
        spread = (theta - centre).T @ ((theta - centre) * weight[:, None])
    values = np.exp(theta)

    def moments(column):
        mean = weight @ column
        return mean.tolist(), np.sqrt(weight @ (column - mean) ** 2).tolist()

    def quantile(column, level):
        order = np.argsort(column)
        return float(np.interp(level, np.cumsum(weight[order]), column[order]))

    effective = 1 / (weight**2).sum()
    (mean, sd), (ln_mean, ln_sd) = moments(values), moments(theta)
    print(name, np.exp(best.x), mean, sd, effective, refusals, file=sys.stderr)
    return {
        "mode": np.exp(best.x).tolist(),
        "mean": mean,
        "standard_deviation": sd,
        "mean_of_logarithm": ln_mean,
        "standard_deviation_of_logarithm": ln_sd,
        "low": [quantile(column, 0.05) for column in values.T],
        "high": [quantile(column, 0.95) for column in values.T],
        "effective_draws": effective,
    }


def main():
    rows, money = cdnow(Path(sys.argv[1]) / "cdnow" / "CDNOW_sample.txt")
    generator = np.random.default_rng(SEED)
    x, _, age, n = rows
    pause, mean_age = (n * age).sum() / (n * x).sum(), (n * age).sum() / n.sum()
    mean_spend = (money[1] * money[2]).sum() / money[2].sum()
    shape, scale = (lambda median: log_normal(median, 1.5)), (lambda median: log_normal(median, 2.0))
    coins = [shape(1), scale(pause), shape(1), shape(1)]
    lives = [shape(1), scale(pause), shape(1), scale(mean_age)]
    spend = [shape(2), shape(2), scale(mean_spend)]
    pymc = [weibull(2, 1), weibull(2, 10), weibull(2, 1), weibull(2, 10)]
    out = {
        "customers": int(n.sum()),
        "bg-nbd": posterior("bg-nbd", bg, rows, coins, [0.24, 4.4, 0.8, 2.4], generator),
        "mbg-nbd": posterior("mbg-nbd", mbg, rows, coins, [0.52, 6.2, 0.9, 1.6], generator),
        "gamma-gamma": posterior("gamma-gamma", gamma_gamma, money, spend, [6.2, 3.7, 15.4], generator),
        "gamma-gamma, half flat": posterior("gg flat", gamma_gamma, money, [half_flat] * 3, [6.2, 3.7, 15.4], generator),
        "pareto-nbd": posterior("pareto-nbd", pareto, rows, lives, [0.55, 10.6, 0.6, 11.7], generator),
        "pareto-nbd, Weibull": posterior("pareto pymc", pareto, rows, pymc, [0.55, 10.6, 0.6, 11.7], generator),
    }
    Path(__file__).with_name("cases.json").write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
