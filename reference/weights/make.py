"""Eigenvectors of comparisons, entropies of columns: numpy, scipy."""

import json
from pathlib import Path

import numpy as np
from scipy.stats import entropy

HOUSE = [
    [5, 3, 7, 6, 6, 1 / 3, 1 / 4],
    [1 / 3, 5, 3, 3, 1 / 5, 1 / 7],
    [6, 3, 4, 6, 1 / 5],
    [1 / 3, 1 / 4, 1 / 7, 1 / 8],
    [1 / 2, 1 / 5, 1 / 6],
    [1 / 5, 1 / 6],
    [1 / 2],
]


def matrix(upper):
    count = len(upper) + 1
    full = np.ones((count, count))
    for row, entries in enumerate(upper):
        for column, entry in enumerate(entries, row + 1):
            full[row, column], full[column, row] = entry, 1 / entry
    return full


random = np.random.default_rng(23)
SCALE = np.array([1 / 9, 1 / 7, 1 / 5, 1 / 3, 1, 3, 5, 7, 9])
comparisons = [("house", matrix(HOUSE))]
for count in (2, 3, 5, 15):
    comparisons.append((f"random_{count}", matrix([random.choice(SCALE, count - 1 - row).tolist() for row in range(count - 1)])))
cases = []
for name, full in comparisons:
    values, vectors = np.linalg.eig(full)
    largest = np.argmax(values.real)
    weights = vectors[:, largest].real
    cases.append({
        "name": name,
        "matrix": full.tolist(),
        "weights": (weights / weights.sum()).tolist(),
        "principal_value": float(values[largest].real),
    })
columns = [random.gamma(shape, 1, 60) * (random.random(60) > empty) for shape, empty in ((0.3, 0.5), (2.0, 0.0), (40.0, 0.0), (1.0, 0.1))]
columns.append(np.full(60, 3.0))
entropies = np.array([entropy(column, base=60) for column in columns])
spreads = 1 - entropies
out = {
    "comparisons": cases,
    "entropy": {"columns": [column.tolist() for column in columns], "entropies": entropies.tolist(), "weights": (spreads / spreads.sum()).tolist()},
}
Path(__file__).with_name("cases.json").write_text(json.dumps(out, indent=1) + "\n")
house = cases[0]
print(np.round(house["weights"], 3), house["principal_value"], (house["principal_value"] - 8) / 7 / 1.41)
