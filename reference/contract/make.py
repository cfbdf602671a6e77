"""sBG and beta-discrete-Weibull on the cohorts of Fader and Hardie (2007): optimum and forecasts in 50 digits.

The likelihood is that of the counts, from shares S(t) as ratios of beta functions; derivatives are differences, sums are
summed, moments of a customer's own probability are integrals. The library has exact derivatives and closed forms.
"""

import json
from pathlib import Path

from mpmath import beta, exp, log, lu_solve, matrix, mp, mpf, quad

mp.dps = 50
STEP = mpf(10) ** -12
COHORTS = {
    "regular": [1000, 631, 468, 382, 326, 289, 262, 241],
    "high_end": [1000, 869, 743, 653, 593, 551, 517, 491],
}
STARTS = {
    ("sbg", "regular"): ["0.7", "1.2"],
    ("sbg", "high_end"): ["0.67", "3.8"],
    ("bdw", "regular"): ["0.7", "1.2", "1.0"],
    ("bdw", "high_end"): ["0.26", "1.7", "1.6"],
}
DISCOUNT_RATE = "0.0953101798"


def survival(parameters, t):
    a, b, *c = parameters
    return beta(a, b + mpf(t) ** (c[0] if c else 1)) / beta(a, b) if t else mpf(1)


def log_likelihood(parameters, cohort):
    shares = [survival(parameters, t) for t in range(len(cohort))]
    left = sum((cohort[t - 1] - cohort[t]) * log(shares[t - 1] - shares[t]) for t in range(1, len(cohort)))
    return left + cohort[-1] * log(shares[-1])


def derivatives(theta, cohort):
    """Value, gradient and Hessian in the logarithms by central differences, exact to twenty digits."""

    def at(*moves):
        moved = list(theta)
        for index, sign in moves:
            moved[index] += sign * STEP
        return log_likelihood([exp(value) for value in moved], cohort)

    size = len(theta)
    value, gradient, hessian = at(), matrix(size, 1), matrix(size, size)
    for i in range(size):
        up, down = at((i, 1)), at((i, -1))
        gradient[i] = (up - down) / (2 * STEP)
        hessian[i, i] = (up - 2 * value + down) / STEP**2
        for j in range(i):
            cross = at((i, 1), (j, 1)) - at((i, 1), (j, -1)) - at((i, -1), (j, 1)) + at((i, -1), (j, -1))
            hessian[i, j] = hessian[j, i] = cross / (4 * STEP**2)
    return value, gradient, hessian


def optimum(start, cohort):
    theta = [log(mpf(text)) for text in start]
    for _ in range(60):
        value, gradient, hessian = derivatives(theta, cohort)
        step = lu_solve(hessian, -gradient)
        longest = max(abs(s) for s in step)
        theta = [t + s * min(1, mpf("0.5") / longest) for t, s in zip(theta, step)]
        if longest < mpf(10) ** -18:
            break
    value, _, hessian = derivatives(theta, cohort)
    parameters = [exp(t) for t in theta]
    inverse = (-hessian) ** -1
    covariance = [[parameters[i] * inverse[i, j] * parameters[j] for j in range(len(theta))] for i in range(len(theta))]
    return value, parameters, covariance, longest


def moments(parameters, stayed, left):
    """E[θ] and E[θ²] of a customer who stayed for `stayed` renewals, and of one who left at that renewal."""
    a, b, *c = parameters
    power = lambda t: mpf(t) ** (c[0] if c else 1) if t else mpf(0)

    def weight(theta, rest):
        stays = lambda t: rest ** power(t)
        own = stays(stayed - 1) - stays(stayed) if left else stays(stayed)
        return theta ** (a - 1) * rest ** (b - 1) * own

    # θ = u^(1/a), and 1 − θ likewise at the other end, take the poles away.
    def integral(k):
        def low(u):
            theta = u ** (1 / a)
            return theta / (a * u) * weight(theta, 1 - theta) * theta**k

        def high(v):
            rest = v ** (1 / b)
            return rest / (b * v) * weight(1 - rest, rest) * (1 - rest) ** k

        half = mpf("0.5")
        return quad(low, [0, half**a]) + quad(high, [0, half**b])

    total = integral(0)
    return [float(integral(k) / total) for k in (1, 2)]


def forecasts(parameters):
    delta = mpf(DISCOUNT_RATE)
    after = 7
    share = lambda k: survival(parameters, after + k) / survival(parameters, after)
    return {
        "survival": [float(survival(parameters, t)) for t in range(13)],
        "retention": [float(survival(parameters, t) / survival(parameters, t - 1)) for t in range(1, 13)],
        "alive_after_5": float(share(5)),
        "expected_5": float(sum(share(k) for k in range(1, 6))),
        "expected_6_to_9": float(sum(share(k) for k in range(6, 10))),
        "distribution_5": [float(share(k) - share(k + 1)) for k in range(5)] + [float(share(5))],
        "discounted_5": float(sum(share(k) * exp(-delta * k) for k in range(1, 6))),
        "lifetime": float(sum(share(k) * exp(-delta * k) for k in range(1, 700))),
        "moments_staying": moments(parameters, after, False),
        "moments_left_at_3": moments(parameters, 3, True),
    }


def main():
    cases = []
    for (key, name), start in STARTS.items():
        value, parameters, covariance, longest = optimum(start, COHORTS[name])
        print(key, name, float(value), [float(p) for p in parameters], float(longest), flush=True)
        cases.append({
            "model": key,
            "cohort": name,
            "parameters": [float(p) for p in parameters],
            "log_likelihood": float(value),
            "covariance": [[float(entry) for entry in row] for row in covariance],
            **forecasts(parameters),
        })
    path = Path(__file__).with_name("cases.json")
    known = json.loads(path.read_text())
    known["exact"] = {"discount_rate": float(DISCOUNT_RATE), "cases": cases}
    path.write_text(json.dumps(known, indent=1) + "\n")


main()
