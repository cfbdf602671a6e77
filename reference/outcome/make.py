"""P(V ≤ v) of a customer's standardised outcome: the mixture of beta primes term by term, with scipy's incomplete beta.

Counts are integrated here by themselves: negative binomial arrivals from scipy, coins from ratios of beta functions.
"""

import json
from pathlib import Path

import numpy as np
from scipy.special import betainc, betaln
from scipy.stats import nbinom

GAMMA_GAMMA = {"cdnow": (6.2495727, 3.7442244), "wide": (0.8, 1.2), "narrow": (900.0, 400.0)}
LAWS = {
    "cdnow": (0.5248431199, 6.1830846883, 0.8913594819, 1.6140025071),
    "frequent": (3.0, 2.0, 0.3, 6.0),
}
HISTORIES = [(0, 0.0, 10.0), (0, 0.0, 120.0), (2, 30.43, 38.86), (9, 20.0, 60.0), (26, 30.857, 31.0), (120, 150.0, 151.0)]
HORIZON = 52.178571428571428


def counts(law, history):
    """MBG/NBD."""
    r, alpha, a, b = law
    x, recency, age = history
    alive = 1 / (1 + a / (b + x) * ((alpha + age) / (alpha + recency)) ** (r + x))
    shape, time, b = r + x, alpha + age, b + x + 1
    arrivals = nbinom(shape, time / (time + HORIZON))
    n = np.arange(0, int(arrivals.isf(1e-14)) + 2)
    stay = np.exp(betaln(a, b + n) - betaln(a, b))
    at_least = np.ones(len(n))
    at_least[1:] = stay[:-1] * arrivals.sf(n[1:] - 1)
    exactly = at_least - np.append(at_least[1:], 0.0)
    return alive, n, exactly


cases = []
for law_name, law in LAWS.items():
    for spend_name, (p, q) in GAMMA_GAMMA.items():
        for history in HISTORIES:
            for spend_count in sorted({history[0], max(history[0] - 1, 0)}):
                alive, n, exactly = counts(law, history)
                shape = p * spend_count + q
                middle = p / shape * max(1.0, (n * exactly).sum() / max(1 - exactly[0], 1e-12))
                values = [middle * f for f in (0.05, 0.3, 0.8, 1.0, 1.5, 3.0, 10.0)]
                below = [
                    1 - alive + alive * (exactly[0] + (exactly[1:] * betainc(p * n[1:], shape, v / (1 + v))).sum())
                    for v in values
                ]
                cases.append({
                    "law": law, "spend": [p, q], "history": history, "spend_count": spend_count,
                    "values": values, "below": below,
                })
out = {"model": "mbg-nbd", "horizon": HORIZON, "cases": cases}
Path(__file__).with_name("cases.json").write_text(json.dumps(out, indent=1) + "\n")
