"""Pareto/GGG at given numbers of one customer: likelihood, P(alive) and purchases to come, by integrals of the definition in 20 digits.

Nothing is integrated by parts and no rate is tilted: a departure is integrated over, and so are the next purchase and the time of the
(n - 1) after it. Only where there is no end, what the last of these times is discounted by is the product of what each is, and the sum over n that of
a geometric series. Run: make.py
"""

import json
from pathlib import Path

import mpmath as mp

mp.mp.dps = 20
DISCOUNT = mp.mpf("0.01")
CASES = [
    # k, lambda, mu, times between purchases, age, horizon
    (1, 0.3, 0.05, [2, 1, 4, 5], 20, 10),
    (2.5, 0.3, 0.05, [3, 4, 2.5, 2.5], 20, 10),
    (0.6, 0.4, 0.02, [0.5, 7, 0.25], 30, 6),
    (14.3, 0.25, 0.01, [4, 4.5, 3.5, 4, 4], 22.5, 12),
    (1.7, 0.15, 0.3, [], 8, 20),
    (0.35, 0.2, 0.004, [1, 1], 2.5, 8),
    (3.2, 0.5, 0.04, [2, 2], 4, 5),
]


def density(shape, rate, time):
    return mp.exp(shape * mp.log(rate) + (shape - 1) * mp.log(time) - rate * time - mp.loggamma(shape))


def longer(shape, rate, time):
    return mp.gammainc(shape, rate * time, regularized=True) if time > 0 else mp.mpf(1)


def case(k, lam, mu, times, age, horizon):
    k, lam, mu, age, horizon = (mp.mpf(repr(v)) for v in (k, lam, mu, age, horizon))
    times = [mp.mpf(repr(v)) for v in times]
    rate, last = k * lam, mp.fsum(times)
    silence = age - last
    there = mp.exp(-mu * age) * longer(k, rate, silence)
    left = mp.quad(lambda tau: mu * mp.exp(-mu * tau) * longer(k, rate, tau - last), [last, age]) if silence > 0 else mp.mpf(0)
    purchases = mp.fprod(density(k, rate, time) for time in times)

    def within(n, time, discount):
        """The nth purchase after one at 0 comes before `time`, and before a departure; it counts e^(-discount * its time)."""
        if n == 0:
            return mp.mpf(1)
        if time <= 0:
            return mp.mpf(0)
        return mp.quad(lambda v: density(n * k, rate, v) * mp.exp(-(mu + discount) * v), [0, time])

    def at_least(n, discount=mp.mpf(0)):
        def of(u):
            return density(k, rate, silence + u) * mp.exp(-(mu + discount) * u) * within(n - 1, horizon - u, discount)

        return mp.exp(-mu * age) * mp.quad(of, [0, horizon]) / (there + left)

    def ever(discount):
        """The next purchase, whenever it comes."""
        def of(u):
            return density(k, rate, silence + u) * mp.exp(-(mu + discount) * u)

        middle = max(1 / lam - silence, 1 / lam)
        places = [0, middle / 2, middle, 2 * middle, 4 * middle, 8 * middle, mp.inf]
        return mp.exp(-mu * age) * mp.quad(of, places) / (there + left)

    def terms(discount):
        found = []
        while not found or found[-1] > mp.mpf("1e-12"):
            found.append(at_least(len(found) + 1, discount))
        return found

    probabilities = terms(mp.mpf(0))
    # Over v^k, of which the density has no pole at 0.
    places = [0] + [(place / lam) ** k for place in (0.5, 1, 2, 4, 8, 16)] + [mp.inf]
    front = mp.exp(k * mp.log(rate) - mp.loggamma(k + 1))
    one_more = mp.quad(lambda y: front * mp.exp(-(rate + mu + DISCOUNT) * y ** (1 / k)), places)
    return {
        "k": float(k),
        "lambda": float(lam),
        "mu": float(mu),
        "intervals": [float(time) for time in times],
        "age": float(age),
        "horizon": float(horizon),
        "ln_likelihood": float(mp.log(purchases * (there + left))),
        "probability_alive": float(there / (there + left)),
        "at_least": [float(p) for p in probabilities],
        "expected_purchases": float(mp.fsum(probabilities)),
        "probability_of_ever_a_purchase": float(ever(mp.mpf(0))),
        "discount_rate": float(DISCOUNT),
        "discounted_purchases": float(mp.fsum(terms(DISCOUNT))),
        "discounted_purchases_lifetime": float(ever(DISCOUNT) / (1 - one_more)),
    }


if __name__ == "__main__":
    out = {"mpmath": mp.__version__, "digits": mp.mp.dps, "cases": [case(*one) for one in CASES]}
    Path(__file__).with_name("cases.json").write_text(json.dumps(out, indent=1) + "\n")
