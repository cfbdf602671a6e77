"""Likelihoods with covariates customer by customer, estimates on the apparel data, and tails of the chi-squared distribution.

By the published closed forms, 30 digits, without compression, centring or derivatives: estimates are ends of Newton's method
on differences of the likelihood. Run with the folder of the public data sets: make.py ../shared/data
"""

import json
import sys
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

from mpmath import beta as beta_function
from mpmath import exp, gammainc, hyp2f1, inverse, log, loggamma, lu_solve, matrix, mp, mpf

mp.dps = 30
STEP = mpf(10) ** -7

MODELS = {
    "pareto-nbd": ["r", "alpha", "s", "beta"],
    "bg-nbd": ["r", "alpha", "a", "b"],
    "mbg-nbd": ["r", "alpha", "a", "b"],
}
# Parameter moved, and the sign with which an effect moves it.
PLACES = {
    "pareto-nbd": {"purchase": ("alpha", -1), "dropout": ("beta", -1)},
    "bg-nbd": {"purchase": ("alpha", -1), "dropout_a": ("a", 1), "dropout_b": ("b", 1)},
    "mbg-nbd": {"purchase": ("alpha", -1), "dropout_a": ("a", 1), "dropout_b": ("b", 1)},
}


def pareto(p, history):
    """Fader, Hardie (2005), with the hypergeometric function of the larger of alpha and beta."""
    x, t, age = history
    r, alpha, s, beta = p["r"], p["alpha"], p["s"], p["beta"]
    larger, whole, second = max(alpha, beta), r + s + x, s + 1 if alpha >= beta else r + x

    def term(time):
        z = abs(alpha - beta) / (larger + time)
        return hyp2f1(whole, second, whole + 1, z) / (larger + time) ** whole

    living = (alpha + age) ** -(r + x) * (beta + age) ** -s
    departed = s / whole * (term(t) - term(age))
    return loggamma(r + x) - loggamma(r) + r * log(alpha) + s * log(beta) + log(living + departed)


def coins(p, history, n):
    """Fader, Hardie, Lee (2005) with n = x coins survived; Batislam, Denizel, Filiztekin (2007) with n = x + 1."""
    x, t, age = history
    r, alpha, a, b = p["r"], p["alpha"], p["a"], p["b"]
    bracket = (alpha + age) ** -(r + x)
    if n > 0:
        bracket += a / (b + n - 1) * (alpha + t) ** -(r + x)
    ratio = log(beta_function(a, b + n) / beta_function(a, b))
    return loggamma(r + x) - loggamma(r) + r * log(alpha) + ratio + log(bracket)


LIKELIHOODS = {
    "pareto-nbd": pareto,
    "bg-nbd": lambda p, history: coins(p, history, history[0]),
    "mbg-nbd": lambda p, history: coins(p, history, history[0] + 1),
}


def own_parameters(model, parameters, effects, values):
    own = dict(zip(MODELS[model], parameters))
    for (place, column), effect in effects.items():
        name, sign = PLACES[model][place]
        own[name] *= exp(sign * effect * values[column])
    return own


# --- Likelihoods at given parameters -----------------------------------------------------------------------------------

COLUMNS = ["gender", "income"]
CUSTOMERS = [
    # x, t, T, gender, income
    (0, "0", "39", "0", "0"),
    (0, "0", "12.5", "1", "-0.75"),
    (1, "3.25", "20", "1", "1.5"),
    (2, "30.43", "38.86", "0", "2.25"),
    (7, "35", "35", "1", "0.5"),
    (26, "30.857", "31", "0", "-1.25"),
    (200, "190", "200", "1", "3"),
]
GIVEN = {
    "pareto-nbd": (
        ["0.55", "10.58", "0.61", "11.67"],
        {("purchase", "gender"): "0.3", ("purchase", "income"): "-0.2", ("dropout", "income"): "0.7"},
    ),
    "bg-nbd": (
        ["0.243", "4.414", "0.793", "2.426"],
        {("purchase", "income"): "0.4", ("dropout_a", "gender"): "-0.5", ("dropout_b", "income"): "0.25"},
    ),
    "mbg-nbd": (
        ["0.525", "6.183", "0.891", "1.614"],
        {("purchase", "gender"): "-0.35", ("dropout_a", "income"): "0.15", ("dropout_b", "gender"): "1.1"},
    ),
}


def given(model):
    parameters, effects = GIVEN[model]
    parameters = [mpf(p) for p in parameters]
    numbers = {name: mpf(effect) for name, effect in effects.items()}
    rows = []
    for x, t, age, *values in CUSTOMERS:
        own = own_parameters(model, parameters, numbers, dict(zip(COLUMNS, map(mpf, values))))
        rows.append(LIKELIHOODS[model](own, (x, mpf(t), mpf(age))))
    return {
        "parameters": [float(p) for p in parameters],
        "effects": [[place, column, float(effect)] for (place, column), effect in numbers.items()],
        "log_likelihoods": [float(row) for row in rows],
    }


# --- Estimates on apparel ----------------------------------------------------------------------------------------------


def apparel(folder):
    """Weeks to 2006-12-31; rows of (values, history) with counts."""
    days = defaultdict(set)
    for line in (folder / "apparelTrans.csv").read_text().split()[1:]:
        customer, day, _ = line.split(",")
        days[customer].add(date.fromisoformat(day))
    end = date(2006, 12, 31)
    rows = Counter()
    for line in (folder / "apparelStaticCov.csv").read_text().split()[1:]:
        customer, *values = line.split(",")
        seen = sorted(day for day in days[customer] if day <= end)
        history = (len(seen) - 1, (seen[-1] - seen[0]).days, (end - seen[0]).days)
        rows[tuple(map(float, values)), history] += 1
    return sorted(rows.items())


# Where Newton's method starts: logarithms of parameters, then effects.
FITS = {
    "full": (
        "pareto-nbd",
        [["purchase", "Gender"], ["purchase", "Channel"], ["dropout", "Gender"], ["dropout", "Channel"]],
        [0, 1, 2, 3],
        ["0.609", "4.532", "-0.525", "3.902", "0.286", "0.624", "-0.642", "0.790"],
    ),
    "equal_gender": (
        "pareto-nbd",
        [["purchase", "Gender"], ["purchase", "Channel"], ["dropout", "Gender"], ["dropout", "Channel"]],
        [0, 1, 0, 2],
        ["0.584", "4.551", "-0.847", "4.079", "0.328", "0.639", "1.023"],
    ),
    "mbg": (
        "mbg-nbd",
        [["purchase", "Gender"], ["purchase", "Channel"], ["dropout_a", "Gender"], ["dropout_b", "Channel"]],
        [0, 1, 2, 3],
        ["0.99", "4.53", "-0.26", "0.40", "0.13", "0.65", "-0.62", "-0.1"],
    ),
}


def fit(name, rows):
    model, names, numbering, start = FITS[name]
    position = {"Gender": 0, "Channel": 1}
    known = {}

    def total(theta):
        key = tuple(theta)
        if key in known:
            return known[key]
        parameters = [exp(theta[k]) for k in range(4)]
        effects = {tuple(at): theta[4 + number] for at, number in zip(names, numbering)}
        sum_ = mpf(0)
        for (values, (x, t, age)), count in rows:
            covariates = {column: mpf(values[k]) for column, k in position.items()}
            own = own_parameters(model, parameters, effects, covariates)
            sum_ += count * LIKELIHOODS[model](own, (x, mpf(t) / 7, mpf(age) / 7))
        known[key] = sum_
        return sum_

    theta = [mpf(number) for number in start]
    size = len(theta)

    def moved(*steps):
        there = list(theta)
        for k, step in steps:
            there[k] += step
        return total(there)

    for _ in range(12):
        known.clear()
        gradient = matrix(size, 1)
        hessian = matrix(size, size)
        for i in range(size):
            up, down = moved((i, STEP)), moved((i, -STEP))
            gradient[i] = (up - down) / (2 * STEP)
            hessian[i, i] = (up - 2 * total(theta) + down) / STEP**2
            for j in range(i):
                both = moved((i, STEP), (j, STEP)) + moved((i, -STEP), (j, -STEP))
                apart = moved((i, STEP), (j, -STEP)) + moved((i, -STEP), (j, STEP))
                hessian[i, j] = hessian[j, i] = (both - apart) / (4 * STEP**2)
        step = lu_solve(hessian, gradient)
        print(name, "step", [mp.nstr(s, 3) for s in step], file=sys.stderr, flush=True)
        if max(abs(s) for s in step) < mpf(10) ** -11:
            break
        theta = [number - s for number, s in zip(theta, step)]
    covariance = inverse(-hessian)
    scale = [exp(number) if k < 4 else mpf(1) for k, number in enumerate(theta)]
    return {
        "effects": names,
        "numbering": numbering,
        "estimates": [float(number if k >= 4 else exp(number)) for k, number in enumerate(theta)],
        "standard_errors": [float(scale[k] * covariance[k, k] ** mpf("0.5")) for k in range(size)],
        "covariance_of_first_row": [float(scale[0] * covariance[0, k] * scale[k]) for k in range(size)],
        "log_likelihood": float(total(theta)),
    }


# Transcribed from CLVTools 0.12.1: r, alpha, s, beta, then life.Gender, life.Channel, trans.Gender, trans.Channel; in the
# second life.Channel, trans.Channel, constr.Gender.
PRINTED = {
    "estimates": [1.8387, 92.9435, 0.5913, 49.5050, -0.6428, 0.7902, 0.2860, 0.6239],
    "standard_errors": [0.3457, 16.9749, 0.2603, 36.1445, 0.2956, 0.3058, 0.1041, 0.1049],
    "log_likelihood": -5821.0627,
    "aic": 11658.1254,
    "bic": 11693.3008,
    "equal_gender": [1.7939, 94.7223, 0.4287, 59.0743, 1.0228, 0.6384, 0.3283],
    "equal_gender_log_likelihood": -5826.5342,
    "statistic": 10.943,
    "p_value": 0.0009396,
}

# --- Chi-squared --------------------------------------------------------------------------------------------------------

TAILS = [("3.841458820694124", 1), ("0.001", 1), ("4.6", 1), ("10.943", 1), ("1000", 1), ("5.991464547107979", 2)]
TAILS += [("0.35", 3), ("16.2", 3), ("4.5", 3), ("9.487729036781154", 4), ("30", 7), ("900", 8), ("60", 61)]


def tail(x, degrees):
    return {"x": float(x), "degrees": degrees, "p": float(gammainc(mpf(degrees) / 2, mpf(float(x)) / 2, regularized=True))}


def main():
    rows = apparel(Path(sys.argv[1]) / "apparel")
    cases = {
        "columns": COLUMNS,
        "customers": [[float(field) for field in row] for row in CUSTOMERS],
        "given": {model: given(model) for model in MODELS},
        "apparel": {name: fit(name, rows) for name in FITS},
        "printed": PRINTED,
        "chi_squared": [tail(x, degrees) for x, degrees in TAILS],
    }
    Path(__file__).with_name("cases.json").write_text(json.dumps(cases, indent=1) + "\n")


main()
