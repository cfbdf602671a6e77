"""Tails and quantiles of the distributions of tests and intervals, by scipy."""

import json
from pathlib import Path

from scipy.stats import beta, chi2, f, gamma, kstwo, norm, t

LEVELS = [1e-10, 1e-6, 0.001, 0.025, 0.05, 0.3, 0.5, 0.7, 0.95, 0.995, 1 - 1e-6]
out = {
    "normal": [{"z": z, "above": norm.sf(z)} for z in (-6.0, -1.3, 0.0, 0.2, 1.0, 1.96, 4.0, 8.0, 20.0)],
    "normal_quantile": [{"level": level, "z": norm.ppf(level)} for level in LEVELS],
    "chi_square": [
        {"value": value, "degrees_of_freedom": degrees, "above": chi2.sf(value, degrees)}
        for degrees in (1, 2, 3, 9, 19, 60, 400)
        for value in (0.02 * degrees, 0.5 * degrees, degrees, 1.3 * degrees, 3.0 * degrees)
    ],
    "gamma": [
        {"shape": shape, "level": level, "quantile": gamma.ppf(level, shape)}
        for shape in (0.05, 0.5, 1.0, 7.5, 300.0, 1e5)
        for level in LEVELS[2:]
    ],
    "beta": [
        {"a": a, "b": b, "level": level, "quantile": beta.ppf(level, a, b)}
        for a, b in ((0.1, 0.3), (0.5, 0.5), (1.0, 40.0), (3.5, 2.0), (600.0, 90.0), (2e4, 5e5))
        for level in LEVELS[2:]
    ],
    "student": [
        {"degrees_of_freedom": degrees, "t": value, "above": t.sf(value, degrees)}
        for degrees in (1.0, 2.7, 10.0, 500.0)
        for value in (-4.0, -0.5, 0.0, 0.3, 1.7, 6.0, 40.0)
    ],
    "student_quantile": [
        {"degrees_of_freedom": degrees, "level": level, "t": t.ppf(level, degrees)}
        for degrees in (1.0, 2.7, 10.0, 500.0)
        for level in LEVELS[2:]
    ],
    "fisher": [
        {"above_degrees": above, "below_degrees": below, "value": value, "above": f.sf(value, above, below)}
        for above, below in ((1.0, 3.0), (6.0, 60.0), (40.0, 9.0), (20.0, 5000.0))
        for value in (0.1, 0.8, 1.0, 2.5, 9.0)
    ],
    # The exact distribution for a finite number.
    "kolmogorov": [
        {"distance": distance / count**0.5, "count": count, "above": kstwo.sf(distance / count**0.5, count)}
        for count in (10, 40, 300, 5000)
        for distance in (0.3, 0.5, 0.7, 0.9, 1.1, 1.36, 1.63, 2.0)
    ],
}
Path(__file__).with_name("cases.json").write_text(json.dumps(out, indent=1) + "\n")
