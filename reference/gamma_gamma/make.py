"""Standard errors of Gamma-Gamma on CDNOW at its optimum, with exact second derivatives in 30 digits.

The numbers on record come from differences of the likelihood and are right to about 1e-5; these settle the rest.
Run with the folder of the public data sets: make.py ../shared/data
"""

import json
import sys
from collections import defaultdict
from datetime import date
from pathlib import Path

from mpmath import digamma, log, matrix, mp, mpf, polygamma

mp.dps = 30


def spends(path):
    days = defaultdict(lambda: defaultdict(int))
    for line in path.read_text().split("\n"):
        fields = line.split()
        if len(fields) < 4 or not fields[-3].isdigit():
            continue
        text = fields[-3]
        day = date(int(text[:4]), int(text[4:6]), int(text[6:]))
        days[fields[-4]][day] += round(float(fields[-1]) * 100)
    counts = defaultdict(int)
    for by_day in days.values():
        seen = sorted(day for day in by_day if day <= date(1997, 9, 30))[1:]
        paid = [by_day[day] for day in seen if by_day[day] > 0]
        if paid:
            counts[(len(paid), sum(paid))] += 1
    return [(x, mpf(cents) / 100, n) for (x, cents), n in sorted(counts.items())]


def derivatives(rows, p, q, gamma):
    """Gradient and Hessian of the log-likelihood; `total` is x·m."""
    g, h = matrix(3, 1), matrix(3, 3)
    by_x = {}
    for x, total, n in rows:
        if x not in by_x:
            k, own = p * x + q, p * x
            by_x[x] = (digamma(k), digamma(own), polygamma(1, k), polygamma(1, own))
        first, own_first, second, own_second = by_x[x]
        k, scale = p * x + q, gamma + total
        g[0] += n * x * (first - own_first + log(total) - log(scale))
        g[1] += n * (first - digamma(q) + log(gamma) - log(scale))
        g[2] += n * (q / gamma - k / scale)
        h[0, 0] += n * x * x * (second - own_second)
        h[0, 1] += n * x * second
        h[0, 2] -= n * x / scale
        h[1, 1] += n * (second - polygamma(1, q))
        h[1, 2] += n * (1 / gamma - 1 / scale)
        h[2, 2] += n * (k / scale**2 - q / gamma**2)
    for i in range(3):
        for j in range(i):
            h[i, j] = h[j, i]
    return g, h


def main():
    data = Path(sys.argv[1])
    here = Path(__file__).with_name("cases.json")
    cases = json.loads(here.read_text())
    for name, file in [("cdnow_sample", "CDNOW_sample.txt"), ("cdnow_master", "CDNOW_master.txt")]:
        rows = spends(data / "cdnow" / file)
        at = matrix([mpf(v) for v in cases[name]["parameters"]])
        for _ in range(3):
            g, h = derivatives(rows, *at)
            at = at - h**-1 * g
        _, h = derivatives(rows, *at)
        covariance = (-h) ** -1
        cases[name]["exact_standard_errors"] = [float(covariance[i, i] ** mpf("0.5")) for i in range(3)]
        cases[name]["exact_parameters"] = [float(v) for v in at]
        print(name, sum(n for _, _, n in rows), cases[name]["exact_parameters"], cases[name]["exact_standard_errors"])
    here.write_text(json.dumps(cases, indent=1) + "\n")


main()
