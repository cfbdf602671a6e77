"""Two numbers on record that Pareto/NBD does not meet, by the published closed forms in 50 digits.

The optimum on apparel, by Newton's method: CLVTools stops where the likelihood is flat. And what is expected of CDNOW's
customers in the holdout, by their calibration frequency, at two sets of parameters.
Run with the folder of the public data sets: make.py ../shared/data
"""

import json
import sys
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

from mpmath import exp, hyp2f1, log, loggamma, lu_solve, matrix, mp, mpf

mp.dps = 50
START = ["1.4489768", "48.6360845", "0.5612598", "46.8843633"]
STEP = mpf(10) ** -12
CDNOW = {
    "optimum": ["0.5532770876", "10.5776843071", "0.6062399050", "11.6687328634"],
    "btyd": ["0.5533971", "10.5801985", "0.6060625", "11.6562237"],
}
HOLDOUT = 39


def apparel(path):
    for line in path.read_text().split("\n")[1:]:
        if line:
            customer, day, _ = line.split(",")
            yield customer, date.fromisoformat(day)


def cdnow(path):
    for line in path.read_text().split("\n"):
        fields = line.split()
        if len(fields) >= 4 and fields[-3].isdigit():
            day = fields[-3]
            yield fields[-4], date(int(day[:4]), int(day[4:6]), int(day[6:]))


def histories(purchases, end):
    days = defaultdict(set)
    for customer, day in purchases:
        days[customer].add(day)
    rows = Counter()
    for bought in days.values():
        seen = sorted(day for day in bought if day <= end)
        rows[len(seen) - 1, (seen[-1] - seen[0]).days, (end - seen[0]).days] += 1
    return [((x, mpf(t) / 7, mpf(age) / 7), count) for (x, t, age), count in sorted(rows.items())]


def ways(parameters, history):
    """The terms of a customer still there and of one who left between t and T; Fader, Hardie (2005)."""
    r, alpha, s, beta = parameters
    x, t, age = history
    larger, whole, second = max(alpha, beta), r + s + x, s + 1 if alpha >= beta else r + x

    def term(time):
        return hyp2f1(whole, second, whole + 1, abs(alpha - beta) / (larger + time)) / (larger + time) ** whole

    return (alpha + age) ** -(r + x) * (beta + age) ** -s, s / whole * (term(t) - term(age))


def expected_by_frequency(rows, parameters):
    r, alpha, s, beta = parameters
    sums, customers = [mpf(0)] * 8, [0] * 8
    for history, count in rows:
        x, _, age = history
        there, left = ways(parameters, history)
        since = beta + age
        stays = since / (s - 1) * (1 - (since / (since + HOLDOUT)) ** (s - 1))
        sums[min(x, 7)] += count * there / (there + left) * (r + x) / (alpha + age) * stays
        customers[min(x, 7)] += count
    return [float(total / count) for total, count in zip(sums, customers)]


def log_likelihood(rows, theta):
    r, alpha, s, beta = (exp(value) for value in theta)
    total = mpf(0)
    for history, count in rows:
        x = history[0]
        there, left = ways((r, alpha, s, beta), history)
        total += count * (loggamma(r + x) - loggamma(r) + r * log(alpha) + s * log(beta) + log(there + left))
    return total


def derivatives(rows, theta):
    """Value, gradient and Hessian in the logarithms by central differences, exact to twenty digits."""

    def at(*moves):
        moved = list(theta)
        for index, sign in moves:
            moved[index] += sign * STEP
        return log_likelihood(rows, moved)

    value, gradient, hessian = at(), matrix(4, 1), matrix(4, 4)
    for i in range(4):
        up, down = at((i, 1)), at((i, -1))
        gradient[i] = (up - down) / (2 * STEP)
        hessian[i, i] = (up - 2 * value + down) / STEP**2
        for j in range(i):
            cross = at((i, 1), (j, 1)) - at((i, 1), (j, -1)) - at((i, -1), (j, 1)) + at((i, -1), (j, -1))
            hessian[i, j] = hessian[j, i] = cross / (4 * STEP**2)
    return value, gradient, hessian


def covariance(theta, hessian):
    parameters = [exp(t) for t in theta]
    inverse = (-hessian) ** -1
    return [[float(parameters[i] * inverse[i, j] * parameters[j]) for j in range(4)] for i in range(4)]


def main():
    data = Path(sys.argv[1])
    rows = histories(apparel(data / "apparel" / "apparelTrans.csv"), date(2006, 12, 31))
    theta = [log(mpf(text)) for text in START]
    of_clvtools = covariance(theta, derivatives(rows, theta)[2])
    for _ in range(3):
        value, gradient, hessian = derivatives(rows, theta)
        step = lu_solve(hessian, -gradient)
        print(float(value), [float(exp(t)) for t in theta], float(max(abs(s) for s in step)), flush=True)
        theta = [t + s for t, s in zip(theta, step)]
    value, _, hessian = derivatives(rows, theta)
    rows = histories(cdnow(data / "cdnow" / "CDNOW_sample.txt"), date(1997, 9, 30))
    by_frequency = {
        name: expected_by_frequency(rows, [mpf(text) for text in texts]) for name, texts in CDNOW.items()
    }
    of_apparel = {
        "parameters": [float(exp(t)) for t in theta],
        "log_likelihood": float(value),
        "covariance": covariance(theta, hessian),
        "covariance_where_clvtools_stops": of_clvtools,
    }
    out = {"apparel": of_apparel, "cdnow_by_frequency": by_frequency}
    Path(__file__).with_name("cases.json").write_text(json.dumps(out, indent=1) + "\n")


main()
