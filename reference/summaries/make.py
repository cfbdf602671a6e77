"""Correlations with and without ties, mean, quantiles: scipy and numpy."""

import json
from pathlib import Path

import numpy as np
from scipy.stats import pearsonr, spearmanr

random = np.random.default_rng(11)
columns = [
    (random.integers(0, 6, 40).astype(float), random.normal(size=40)),
    (random.lognormal(size=25), random.integers(-3, 3, 25).astype(float)),
    (np.arange(9.0), np.array([1.0, 1.0, 2.0, 3.0, 5.0, 8.0, 8.0, 8.0, -4.0])),
]
cases = [
    {
        "x": x.tolist(),
        "y": y.tolist(),
        "pearson": float(pearsonr(x, y).statistic),
        "spearman": float(spearmanr(x, y).statistic),
        "mean": float(np.mean(x)),
        "median": float(np.median(x)),
        "quantile_37": float(np.quantile(x, 0.37)),
    }
    for x, y in columns
]
Path(__file__).with_name("cases.json").write_text(json.dumps({"cases": cases}, indent=1) + "\n")
