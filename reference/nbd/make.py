"""NBD at given parameters, integrated over the purchase rate in 30 digits; the library has closed forms."""

import json
from pathlib import Path

from mpmath import exp, gamma, inf, log, mp, mpf, quad

mp.dps = 30

PARAMETERS = {"cdnow": ["0.3847662", "12.0720236"], "small": ["0.05", "0.3"], "large": ["300.0", "2000.0"]}
HISTORIES = [(0, "0", "0"), (0, "0", "39"), (2, "30.43", "38.86"), (300, "10", "400")]
HORIZONS = ["4", "52.178571428571428"]
DISCOUNT_RATE = "0.0018328898"


def over_rates(shape, time, function, peak=None):
    """Mean of a function of the rate, the rate gamma distributed, on the logarithm of the rate."""

    def integrand(u):
        return exp(shape * (log(time) + u) - time * exp(u)) / gamma(shape) * function(exp(u))

    middle = log(shape / time if peak is None else peak)
    low, high = middle - 70 / min(shape, 20), max(middle, log(shape / time)) + log(6 + 90 / shape)
    count = int((high - low) / mpf("0.5")) + 1
    edges = [low + (high - low) * k / count for k in range(count + 1)]
    # quad stops at an absolute error: bring the integrand to the size of 1.
    size = max(integrand(edge) for edge in [*edges, middle])
    return size * quad(lambda u: integrand(u) / size, edges, method="gauss-legendre", maxdegree=5)


def main():
    delta = mpf(DISCOUNT_RATE)
    cases = []
    for name, texts in PARAMETERS.items():
        r, alpha = (mpf(text) for text in texts)
        for x, recency, age in HISTORIES:
            shape, time = r + x, alpha + mpf(age)
            case = {
                "name": name,
                "parameters": [float(r), float(alpha)],
                "history": [x, float(recency), float(age)],
                # The density of purchases at x given times.
                "log_likelihood": float(log(over_rates(r, alpha, lambda rate: rate**x * exp(-rate * mpf(age)), shape / time))),
                "lifetime": float(quad(lambda t: exp(-delta * t), [0, inf]) * over_rates(shape, time, lambda rate: rate)),
                "horizons": [],
            }
            for text in HORIZONS:
                t = mpf(text)
                discount = quad(lambda u: exp(-delta * u), [0, t])
                case["horizons"].append({
                    "horizon": float(t),
                    "expected": float(over_rates(shape, time, lambda rate: rate * t)),
                    "discounted": float(over_rates(shape, time, lambda rate: rate) * discount),
                    "any": float(over_rates(shape, time, lambda rate: 1 - exp(-rate * t))),
                    "counts": {
                        str(n): float(over_rates(shape, time, lambda rate: exp(-rate * t) * (rate * t) ** n / gamma(n + 1)))
                        for n in (0, 1, 2, 7, 30)
                    },
                })
            cases.append(case)
    path = Path(__file__).with_name("cases.json")
    known = json.loads(path.read_text())
    known["exact"] = {"discount_rate": float(delta), "cases": cases}
    path.write_text(json.dumps(known, indent=1) + "\n")


main()
