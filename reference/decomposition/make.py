"""Shapley parts of the change of a product, over all orders of change, in exact fractions."""

import json
import math
import random
from fractions import Fraction
from itertools import permutations
from pathlib import Path


def parts(before, after):
    count = len(before)
    sums = [Fraction(0)] * count
    for order in permutations(range(count)):
        now = list(before)
        for place in order:
            value = math.prod(now)
            now[place] = after[place]
            sums[place] += math.prod(now) - value
    return [total / math.factorial(count) for total in sums]


random.seed(22)
cases = []
for count in (1, 2, 3, 4):
    for _ in range(4):
        before, after = ([random.choice([1, -1, 1, 1]) * random.lognormvariate(1, 2) for _ in range(count)] for _ in range(2))
        exact = parts([Fraction(value) for value in before], [Fraction(value) for value in after])
        cases.append({"before": before, "after": after, "parts": [float(part) for part in exact]})
# Nobody before; somebody after. A factor that stays.
for before, after in (([0.0, 3.0, 20.0], [7.0, 2.0, 25.0]), ([5.0, 3.0, 20.0, 0.4], [5.0, 2.0, 25.0, 0.3])):
    exact = parts([Fraction(value) for value in before], [Fraction(value) for value in after])
    cases.append({"before": before, "after": after, "parts": [float(part) for part in exact]})
Path(__file__).with_name("cases.json").write_text(json.dumps({"cases": cases}, indent=1) + "\n")
