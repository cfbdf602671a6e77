"""A matrix of moves against earlier ones: scipy, statsmodels."""

import json
from pathlib import Path

import numpy as np
from scipy.stats import chi2, chi2_contingency, f, norm, t
from statsmodels.stats.contingency_tables import Table
from statsmodels.stats.multitest import multipletests

random = np.random.default_rng(26)


def together(row, columns):
    """Counts of a row with columns counted together; columns never used are left out."""
    return [sum(int(row[to]) for to in group) for group in columns]


def case(name, now, before, columns):
    """`columns`: for each row the groups of columns of the comparison with now and of that among the earlier; nothing: left out."""
    statistic = degrees = earlier_statistic = earlier_degrees = 0
    cells = []
    for row, groups in enumerate(columns):
        if groups is None:
            continue
        pooled = np.sum([month[row] for month in before], axis=0)
        table = np.array([together(now[row], groups[0]), together(pooled, groups[0])])
        found = chi2_contingency(table, correction=False)
        assert found.expected_freq.min() >= 5, (name, row)
        statistic, degrees = statistic + found.statistic, degrees + found.dof
        residuals = Table(table, shift_zeros=False).standardized_resids[0]
        for group, count, expected, residual in zip(groups[0], table[0], found.expected_freq[0], residuals):
            cells.append({"from": row, "to": group, "count": int(count), "expected": expected, "residual": residual})
        if len(before) > 1:
            among = chi2_contingency([together(month[row], groups[1]) for month in before], correction=False)
            assert among.expected_freq.min() >= 5, (name, row)
            earlier_statistic, earlier_degrees = earlier_statistic + among.statistic, earlier_degrees + among.dof
    dispersion = max(1.0, earlier_statistic / earlier_degrees) if earlier_degrees else 1.0
    for cell in cells:
        cell["residual"] /= dispersion**0.5
        far = abs(cell["residual"])
        cell["p_value"] = 2 * (t.sf(far, earlier_degrees) if dispersion > 1 else norm.sf(far))
    adjusted = multipletests([cell["p_value"] for cell in cells], method="holm")[1]
    for cell, value in zip(cells, adjusted):
        cell["adjusted"] = value
    p_value = f.sf(statistic / degrees / dispersion, degrees, earlier_degrees) if dispersion > 1 else chi2.sf(statistic, degrees)
    return {
        "name": name, "now": now, "before": before, "statistic": statistic, "degrees": degrees, "dispersion": dispersion,
        "dispersion_degrees": earlier_degrees, "p_value": p_value, "cells": cells,
    }  # fmt: skip


RATES = np.array([[0.6, 0.25, 0.1, 0.05], [0.2, 0.5, 0.2, 0.1], [0.05, 0.15, 0.6, 0.2]])


def month(sizes, rates, concentration=None):
    drawn = [random.dirichlet(row * concentration) if concentration else row for row in rates]
    return [random.multinomial(size, row).tolist() for size, row in zip(sizes, drawn)]


SIZES = [400, 600, 500]
ALL = [[[0], [1], [2], [3]]] * 2
moved = RATES.copy()
moved[0] = [0.45, 0.25, 0.2, 0.1]
out = [
    case("usual", month(SIZES, RATES), [month(SIZES, RATES) for _ in range(5)], [ALL] * 3),
    case("moved", month(SIZES, moved), [month(SIZES, RATES) for _ in range(5)], [ALL] * 3),
    case("months_differ", month(SIZES, moved, 60), [month(SIZES, RATES, 60) for _ in range(6)], [ALL] * 3),
    case("one_earlier", month(SIZES, RATES), [month(SIZES, RATES)], [ALL] * 3),
    case(
        "small_cells",
        [[40, 3, 2, 1, 0], [2, 30, 9, 8, 0], [1, 1, 1, 0, 0], [0, 0, 0, 0, 0]],
        [[[45, 2, 3, 1, 0], [1, 41, 14, 1, 0], [2, 1, 0, 1, 0], [0, 0, 0, 0, 0]], [[50, 4, 4, 2, 0], [3, 33, 13, 12, 0], [0, 1, 1, 1, 0], [3, 0, 0, 0, 0]]],
        [([[0], [1, 2, 3]], [[0], [1, 2, 3]]), ([[0, 3], [1], [2]], [[0, 3], [1], [2]]), None, None],
    ),
]
Path(__file__).with_name("cases.json").write_text(json.dumps({"cases": out}, indent=1) + "\n")
for found in out:
    print(found["name"], found["statistic"], found["degrees"], found["dispersion"], found["p_value"])
