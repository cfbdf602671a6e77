"""Pareto/NBD by the published closed forms, in 60 to 400 digits.

Nothing here follows the way the Rust code computes: the likelihood is the difference of two hypergeometric functions
(the form that cancels and overflows in doubles), discounted sums are Tricomi's function and incomplete gamma functions.
Only counts are an integral over the time of leaving in both, for want of a closed form; here by tanh-sinh.
"""

import json
from pathlib import Path

from mpmath import exp, gamma, gammainc, hyp2f1, hyperu, log, mp, mpf, quad, rgamma

DIGITS = 60

PARAMETERS = {
    "cdnow": ["0.5532770876", "10.5776843071", "0.6062399050", "11.6687328634"],
    "alpha_is_beta": ["0.7", "8.0", "0.9", "8.0"],
    "alpha_below_beta": ["0.3", "0.2", "1.7", "60.0"],
    "s_is_one": ["0.6", "12.0", "1.0", "5.0"],
    "small_shapes": ["0.1", "3.0", "0.05", "0.02"],
    "large_shapes": ["30.0", "200.0", "8.0", "400.0"],
    "overflow_of_lifetimes": ["10.465", "0.00798565181", "3.0516", "2.820"],
}
HISTORIES = [
    (0, "0", "0"),
    (0, "0", "39"),
    (2, "30.43", "38.86"),
    (26, "30.857", "31"),
    (5, "31", "31"),
    (200, "380", "400"),
    (300, "10", "400"),
]
HORIZONS = ["4", "52.178571428571428"]
DISCOUNT_RATE = "0.0018328898"


def ways(parameters, history):
    """The terms of a customer still there and of one who left between t and T; Fader, Hardie (2005), equations 13 to 19."""
    r, alpha, s, beta = parameters
    x, t, age = history
    whole = r + s + x
    there = 1 / ((alpha + age) ** (r + x) * (beta + age) ** s)
    larger = max(alpha, beta)
    second = s + 1 if alpha >= beta else r + x

    def term(time):
        return hyp2f1(whole, second, whole + 1, abs(alpha - beta) / (larger + time)) / (larger + time) ** whole

    left = s / whole * (term(t) - term(age))
    return there, left


def log_likelihood(parameters, history):
    r, alpha, s, beta = parameters
    there, left = ways(parameters, history)
    return log(gamma(r + history[0]) / gamma(r) * alpha**r * beta**s * (there + left))


def alive(parameters, history):
    there, left = ways(parameters, history)
    return there / (there + left)


def stays_in_all(s, since, until):
    """Integral of (since/(since + u))^s from 0 to until − since."""
    if s == 1:
        return since * log(until / since)
    return since / (s - 1) * (1 - (since / until) ** (s - 1))


def discounted(s, since, delta, until=None):
    """Integral of e^-δu (since/(since + u))^s, without end by Tricomi's function, else by incomplete gamma functions."""
    if until is None:
        return since * (delta * since) ** (s - 1) * hyperu(s, s, delta * since)
    upper = gammainc(1 - s, delta * since) - gammainc(1 - s, delta * until)
    return since**s * exp(delta * since) * delta ** (s - 1) * upper


def count(shape, time, s, since, horizon, n):
    """Given alive: still there after the horizon, or left at u < horizon, with n purchases until then."""

    def negative_binomial(u):
        z = u / (time + u)
        return gamma(shape + n) * rgamma(shape) * rgamma(n + 1) * (1 - z) ** shape * z**n

    def leaves(u):
        return s * since**s / (since + u) ** (s + 1)

    edges = [mpf(0)]
    step = min(time / (shape + 1), since / (s + 1), horizon) / 2
    while edges[-1] < horizon:
        edges.append(min(edges[-1] + step, horizon))
        step *= 2
    size = max(negative_binomial(edge) * leaves(edge) for edge in edges[1:])
    left = size * quad(lambda u: negative_binomial(u) * leaves(u) / size, edges, maxdegree=9)
    return (since / (since + horizon)) ** s * negative_binomial(horizon) + left


def ever(shape, time, s, since):
    """Given alive: the first purchase comes before the leaving, by Euler's integral with y = A/(A + u)."""
    return shape / (shape + s) * (since / time) ** s * hyp2f1(s, shape + s, shape + s + 1, 1 - since / time)


def main():
    mp.dps = DIGITS
    delta = mpf(DISCOUNT_RATE)
    cases = []
    for name, texts in PARAMETERS.items():
        for history_texts in HISTORIES:
            parameters = [mpf(text) for text in texts]
            r, alpha, s, beta = parameters
            history = (history_texts[0], mpf(history_texts[1]), mpf(history_texts[2]))
            x, t, age = history
            with mp.workdps(DIGITS + 2 * x):
                there = alive(parameters, history)
                likelihood = log_likelihood(parameters, history)
            shape, time, since = r + x, alpha + age, beta + age
            rate = shape / time
            case = {
                "name": name,
                "parameters": [float(p) for p in parameters],
                "history": [x, float(t), float(age)],
                "log_likelihood": float(likelihood),
                "probability_alive": float(there),
                "probability_ever": float(there * ever(shape, time, s, since)),
                "lifetime": float(there * rate * discounted(s, since, delta)),
                "horizons": [],
            }
            for text in HORIZONS:
                horizon = mpf(text)
                until = since + horizon
                with mp.workdps(30):
                    counts = {n: count(shape, time, s, since, horizon, n) for n in (0, 1, 2, 7, 30, 200)}
                case["horizons"].append({
                    "horizon": float(horizon),
                    "alive_after": float(there * (since / until) ** s),
                    "expected": float(there * rate * stays_in_all(s, since, until)),
                    # From the horizon to twice the horizon.
                    "expected_next": float(there * rate * (since / until) ** s * stays_in_all(s, until, until + horizon)),
                    "discounted": float(there * rate * discounted(s, since, delta, until)),
                    "counts": {str(n): float(there * p + (1 - there if n == 0 else 0)) for n, p in counts.items()},
                })
            cases.append(case)
            print(name, history_texts, flush=True)
    out = {"discount_rate": float(delta), "cases": cases}
    Path(__file__).with_name("cases.json").write_text(json.dumps(out, indent=1) + "\n")


main()
