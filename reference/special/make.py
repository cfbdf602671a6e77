"""ln Γ and its first two derivatives in 40 digits."""

import json
from pathlib import Path

from mpmath import loggamma, mp, mpf, psi

mp.dps = 40
POINTS = ["1e-8", "0.001", "0.1", "0.5", "0.9999", "1.0001", "1.4616321", "2", "3.7", "9.99", "10.01", "25.5", "1e3", "1e7"]
cases = [
    {
        "x": float(mpf(x)),
        "ln_gamma": float(loggamma(mpf(float(mpf(x))))),
        "digamma": float(psi(0, mpf(float(mpf(x))))),
        "trigamma": float(psi(1, mpf(float(mpf(x))))),
    }
    for x in POINTS
]
Path(__file__).with_name("cases.json").write_text(json.dumps({"cases": cases}, indent=1) + "\n")
