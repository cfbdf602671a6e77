"""BG/BB by the published formulas in 60 digits, customers with differing numbers of opportunities.

Nothing here follows the way the Rust code computes: expectations are the closed forms with gamma functions divided by γ − 1,
discounted sums are hypergeometric functions, P(any purchase ever) an integral over one, moments ratios of likelihoods with raised parameters.
"""

import json
from pathlib import Path

from mpmath import beta, binomial, exp, hyp2f1, log, mp, mpf, quad, rf

mp.dps = 60

PARAMETERS = {
    "donations": ["1.2035225", "0.7497164", "0.6567181", "2.7834416"],
    "gamma_is_one": ["0.8", "2.0", "1.0", "5.0"],
    "small_shapes": ["0.2", "0.3", "0.5", "0.1"],
    "large_shapes": ["30.0", "50.0", "8.0", "90.0"],
}
HISTORIES = [(0, 0, 0), (0, 0, 6), (2, 4, 6), (6, 6, 6), (1, 1, 3), (7, 30, 52), (50, 50, 52), (200, 210, 400)]
HORIZONS = [1, 5, 20]
DISCOUNT_RATE = "0.0953101798"


def ways(parameters, history):
    a, b, g, d = parameters
    x, t, n = history
    there = beta(a + x, b + n - x) / beta(a, b) * beta(g, d + n) / beta(g, d)
    left = sum(beta(a + x, b + k - x) / beta(a, b) * beta(g + 1, d + k) / beta(g, d) for k in range(t, n))
    return there, left


def likelihood(parameters, history):
    return sum(ways(parameters, history))


def alive(parameters, history, after):
    """Equation 11 of Fader, Hardie, Shang (2010) for `after` = 1."""
    a, b, g, d = parameters
    x, _, n = history
    top = beta(a + x, b + n - x) / beta(a, b) * beta(g, d + n + after) / beta(g, d)
    return top / likelihood(parameters, history)


def expected(parameters, history, horizon):
    a, b, g, d = parameters
    x, _, n = history
    if g == 1:
        g = g + mpf(10) ** -25
    top = beta(a + x + 1, b + n - x) / beta(a, b) * d / (g - 1)
    ratio = lambda k: rf(1 + d, k) / rf(g + d, k)
    return top * (ratio(n) - ratio(n + horizon)) / likelihood(parameters, history)


def lifetime(parameters, history, discount):
    a, b, g, d = parameters
    x, _, n = history
    top = beta(a + x + 1, b + n - x) / beta(a, b) * beta(g, d + n + 1) / beta(g, d) * discount
    return top * hyp2f1(1, d + n + 1, g + d + n + 1, discount) / likelihood(parameters, history)


def discounted(parameters, history, horizon, discount):
    """The lifetime's sum less what comes after the horizon."""
    a, b, g, d = parameters
    x, _, n = history
    k = n + horizon
    top = beta(a + x + 1, b + n - x) / beta(a, b) * beta(g, d + k + 1) / beta(g, d) * discount ** (horizon + 1)
    later = top * hyp2f1(1, d + k + 1, g + d + k + 1, discount) / likelihood(parameters, history)
    return lifetime(parameters, history, discount) - later


def count(parameters, history, horizon, purchases):
    """Equation 14."""
    a, b, g, d = parameters
    x, _, n = history

    def way(k, left):
        buys = beta(a + x + purchases, b + n - x + k - purchases) / beta(a, b)
        return binomial(k, purchases) * buys * beta(g + left, d + n + k) / beta(g, d)

    top = way(horizon, 0) + sum(way(k, 1) for k in range(purchases, horizon))
    gone = 1 - alive(parameters, history, 0) if purchases == 0 else 0
    return gone + top / likelihood(parameters, history)


def ever(parameters, history):
    """Mean over p of the sum over opportunities k of S_k·p·(1 − p)^(k − 1), S_k the probability of being there."""
    a, b, g, d = parameters
    x, _, n = history
    a, b, d = a + x, b + n - x, d + n

    def integrand(y):
        p, q = 1 / (1 + exp(-y)), 1 / (1 + exp(y))
        return p ** (a + 1) * q**b / beta(a, b) * d / (g + d) * hyp2f1(1, d + 1, g + d + 1, q)

    # On the logit of p: near p = 1 a double exponential rule would lose the digits of 1 − p.
    with mp.workdps(25):
        middle, low, high = log((a + 1) / b), 80 / min(a + 1, mpf(20)), 80 / min(b, mpf(20))
        edges = [middle - low + (low + high) * k / 40 for k in range(41)]
        return alive(parameters, history, 0) * quad(integrand, edges, method="gauss-legendre", maxdegree=4)


def moments(parameters, history):
    """E[p], E[p²], E[θ], E[θ²]."""
    a, b, g, d = parameters
    base = likelihood(parameters, history)
    return [
        a / (a + b) * likelihood((a + 1, b, g, d), history) / base,
        rf(a, 2) / rf(a + b, 2) * likelihood((a + 2, b, g, d), history) / base,
        g / (g + d) * likelihood((a, b, g + 1, d), history) / base,
        rf(g, 2) / rf(g + d, 2) * likelihood((a, b, g + 2, d), history) / base,
    ]


def main():
    discount = exp(-mpf(DISCOUNT_RATE))
    cases = []
    for name, texts in PARAMETERS.items():
        parameters = [mpf(text) for text in texts]
        for history in HISTORIES:
            case = {
                "name": name,
                "parameters": [float(p) for p in parameters],
                "history": history,
                "log_likelihood": float(log(likelihood(parameters, history))),
                "alive_after": [float(alive(parameters, history, after)) for after in (0, 1, 7)],
                "ever": float(ever(parameters, history)),
                "moments": [float(moment) for moment in moments(parameters, history)],
                "lifetime": float(lifetime(parameters, history, discount)),
                "horizons": [
                    {
                        "horizon": horizon,
                        "expected": float(expected(parameters, history, horizon)),
                        "discounted": float(discounted(parameters, history, horizon, discount)),
                        "counts": [float(count(parameters, history, horizon, n)) for n in range(horizon + 1)],
                    }
                    for horizon in HORIZONS
                ],
            }
            cases.append(case)
            print(name, history, flush=True)
    path = Path(__file__).with_name("cases.json")
    known = json.loads(path.read_text())
    known["exact"] = {"discount_rate": float(DISCOUNT_RATE), "cases": cases}
    path.write_text(json.dumps(known, indent=1) + "\n")


main()
