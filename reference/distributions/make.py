"""Tails of the normal, chi-square and Kolmogorov distributions, by scipy."""

import json
from pathlib import Path

from scipy.stats import chi2, kstwo, norm

LEVELS = [1e-10, 1e-6, 0.001, 0.025, 0.05, 0.3, 0.5, 0.7, 0.95, 0.995, 1 - 1e-6]
out = {
    "normal": [{"z": z, "above": norm.sf(z)} for z in (-6.0, -1.3, 0.0, 0.2, 1.0, 1.96, 4.0, 8.0, 20.0)],
    "normal_quantile": [{"level": level, "z": norm.ppf(level)} for level in LEVELS],
    "chi_square": [
        {"value": value, "degrees_of_freedom": degrees, "above": chi2.sf(value, degrees)}
        for degrees in (1, 2, 3, 9, 19, 60, 400)
        for value in (0.02 * degrees, 0.5 * degrees, degrees, 1.3 * degrees, 3.0 * degrees)
    ],
    # The exact distribution for a finite number.
    "kolmogorov": [
        {"distance": distance / count**0.5, "count": count, "above": kstwo.sf(distance / count**0.5, count)}
        for count in (10, 40, 300, 5000)
        for distance in (0.3, 0.5, 0.7, 0.9, 1.1, 1.36, 1.63, 2.0)
    ],
}
Path(__file__).with_name("cases.json").write_text(json.dumps(out, indent=1) + "\n")
