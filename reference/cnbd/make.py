"""BG/CNBD-k and MBG/CNBD-k at given parameters in 25 digits: Poisson stages given the rate, the rate integrated last.

The library knows negative binomial stages, after the stages done are given; here nothing is conjugate in the rate.
"""

import json
from pathlib import Path

from mpmath import beta, ceil, exp, fac, gamma, hyp2f1, log, mp, mpf, rf, sqrt

mp.dps = 25

GROCERY = ["1.3291753", "2.8125512", "0.4247090", "0.7900287"]
CASES = [
    ("mbg-cnbd-k", 2, GROCERY, (1, "12", "52")),
    ("mbg-cnbd-k", 2, GROCERY, (5, "12", "52")),
    ("mbg-cnbd-k", 2, GROCERY, (0, "0", "0")),
    ("mbg-cnbd-k", 2, GROCERY, (4, "45", "52")),
    ("bg-cnbd-k", 2, ["0.3590642", "1.1293795", "0.5228210", "2.7854516"], (2, "40.42857", "52")),
    ("bg-cnbd-k", 3, ["0.9", "2.0", "1.0", "2.5"], (3, "20", "30")),
    ("bg-cnbd-k", 12, ["2.0", "1.5", "0.4", "3.0"], (6, "28", "30")),
    ("mbg-cnbd-k", 3, ["0.9", "2.0", "1.0", "2.5"], (200, "120", "130")),
]
HORIZONS = ["8", "52"]
COUNTS = [0, 1, 2, 5]
DISCOUNT_RATE = mpf("0.0018328898")
STEP = mpf("0.04")


def rates(shape, time):
    """Points of trapezoids in ln λ, and their weights for λ^shape·exp(-λ·time)/λ dλ, relative to the peak."""
    step = min(STEP, mpf("0.3") / sqrt(shape))
    points = []
    for direction in (1, -1):
        i = 0 if direction == 1 else 1
        while True:
            y = direction * i * step
            ln_weight = shape * (y - exp(y) + 1)
            if ln_weight < -60:
                break
            points.append((shape / time * exp(y), step * exp(ln_weight)))
            i += 1
    return points, shape * log(shape / time) - shape


def poisson_tails(mean):
    """P(Poisson >= m) for m = 0, 1, ... until nothing is left, summed from the far end."""
    most = int(ceil(mean + 12 * sqrt(mean) + 60))
    terms = [exp(-mean)]
    for m in range(1, most + 1):
        terms.append(terms[-1] * mean / m)
    tails, tail = [], mpf(0)
    for term in reversed(terms):
        tail += term
        tails.append(tail)
    return tails[::-1]


def case(model, k, parameters, history):
    r, alpha, a, b = map(mpf, parameters)
    x, t, T = history[0], mpf(history[1]), mpf(history[2])
    coins = x + (model == "mbg-cnbd-k")
    stays = lambda n: beta(a, b + n) / beta(a, b)
    points, ln_scale = rates(r + k * x, alpha + t)
    prior = alpha**r / gamma(r) * exp(ln_scale)
    silence = T - t
    sums = {(h, what): mpf(0) for h in HORIZONS for what in ["expected", "discounted", "alive", "any", *COUNTS]}
    there = left = lifetime = mpf(0)
    ratio = [mpf(1)]
    for n in range(20_000):
        ratio.append(ratio[-1] * (b + coins + n) / (a + b + coins + n))
    for rate, weight in points:
        done = [exp(-rate * silence) * (rate * silence) ** j / fac(j) for j in range(k)]
        there += weight * sum(done)
        left += weight
        z = rate / (rate + DISCOUNT_RATE)
        value = hyp2f1(1, b + coins, a + b + coins, z**k)
        lifetime += weight * sum(p * z ** (k - j) for j, p in enumerate(done)) * value
        for h in HORIZONS:
            tails = poisson_tails(rate * mpf(h))
            worth = poisson_tails((rate + DISCOUNT_RATE) * mpf(h))
            at = lambda values, m: values[m] if m < len(values) else mpf(0)
            for j, p in enumerate(done):
                reach = [at(tails, max(k * n - j, 0)) for n in range((len(tails) + j) // k + 3)]
                for n in range(1, len(reach)):
                    sums[h, "expected"] += weight * p * ratio[n - 1] * reach[n]
                    m = k * n - j
                    sums[h, "discounted"] += weight * p * ratio[n - 1] * z**m * at(worth, m)
                for n in range(len(reach) - 1):
                    sums[h, "alive"] += weight * p * ratio[n] * (reach[n] - reach[n + 1])
                sums[h, "any"] += weight * p * reach[1]
                for n in COUNTS:
                    exactly = at(reach, n) - at(reach, n + 1)
                    if n == 0:
                        sums[h, n] += weight * p * exactly
                    else:
                        stay = ratio[n] * exactly + (ratio[n - 1] - ratio[n]) * at(reach, n)
                        sums[h, n] += weight * p * stay
    alive_way = stays(coins) * there
    left_way = (stays(coins - 1) - stays(coins)) * left if coins else mpf(0)
    alive = alive_way / (alive_way + left_way)
    horizons = []
    for h in HORIZONS:
        of = lambda what: float(alive * sums[h, what] / there)
        counts = {str(n): of(n) + (float(1 - alive) if n == 0 else 0) for n in COUNTS}
        horizons.append(
            {
                "horizon": float(h),
                "expected": of("expected"),
                "discounted": of("discounted"),
                "alive": of("alive"),
                "any": of("any"),
                "counts": counts,
            }
        )
    return {
        "model": model,
        "k": k,
        "parameters": [float(p) for p in parameters],
        "history": [x, float(t), float(T)],
        "log_likelihood": float(log(prior * (alive_way + left_way))),
        "probability_alive": float(alive),
        "lifetime": float(alive * lifetime / there),
        "horizons": horizons,
    }


def extreme(k, parameters, history):
    """ln L of MBG/CNBD-k in its closed form, where powers overflow doubles."""
    r, alpha, a, b = map(mpf, parameters)
    x, t, T = history[0], mpf(history[1]), mpf(history[2])
    R = r + k * x
    there = sum(rf(R, j) / fac(j) * (T - t) ** j * (alpha + T) ** -(R + j) for j in range(k))
    ways = beta(a, b + x + 1) * there + beta(a + 1, b + x) * (alpha + t) ** -R
    value = log(gamma(R) / gamma(r) * alpha**r / beta(a, b) * ways)
    return {"k": k, "parameters": [float(p) for p in parameters], "history": [x, float(t), float(T)], "log_likelihood": float(value)}


def main():
    path = Path(__file__).parent / "cases.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    kept["discount_rate"] = float(DISCOUNT_RATE)
    kept["exact"] = [case(*c) for c in CASES]
    kept["extreme"] = [
        extreme(12, GROCERY, (300, "10", "400")),
        extreme(12, GROCERY, (300, "400", "400")),
        extreme(2, GROCERY, (300, "1", "1")),
    ]
    path.write_text(json.dumps(kept, indent=1) + "\n")


main()
