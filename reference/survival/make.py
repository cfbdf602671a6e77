"""Kaplan-Meier curves, log-log intervals, medians, restricted means: lifelines."""

import json
import math
from pathlib import Path

import numpy as np
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times, qth_survival_time

LEVEL = 0.9
REMISSION = [
    (6, 1), (6, 1), (6, 1), (6, 0), (7, 1), (9, 0), (10, 1), (10, 0), (11, 0), (13, 1), (16, 1), (17, 0), (19, 0), (20, 0),
    (22, 1), (23, 1), (25, 0), (32, 0), (32, 0), (34, 0), (35, 0),
]  # fmt: skip


def data():
    random = np.random.default_rng(20)
    yield "remission", *zip(*REMISSION, strict=True)
    gaps, ends = random.geometric(0.05, 300), random.integers(0, 60, 300)
    yield "ties", np.minimum(gaps, ends), (gaps <= ends).astype(int)
    yield "all_events", random.integers(0, 12, 50), np.ones(50, int)
    yield "mostly_censored", random.integers(1, 400, 200), (random.random(200) < 0.04).astype(int)
    yield "continuous", random.weibull(0.7, 80), (random.random(80) < 0.6).astype(int)


def finite(value):
    return None if value is None or not math.isfinite(value) else float(value)


def area(survival, until):
    """Under the steps; lifelines' own restricted mean is an approximation."""
    times = np.append(survival.index[survival.index < until], until)
    return float(np.sum(np.diff(times) * survival.to_numpy()[: len(times) - 1]))


def case(name, times, events):
    times, events = np.asarray(times, float), np.asarray(events, int)
    fitter = KaplanMeierFitter(alpha=1 - LEVEL).fit(times, events)
    table = fitter.event_table
    steps = []
    for time in sorted(set(times)):
        survival = float(fitter.survival_function_["KM_estimate"][time])
        low, high = fitter.confidence_interval_.loc[time]
        steps.append({
            "time": time,
            "at_risk": int(table.at_risk[time]),
            "events": int(table.observed[time]),
            "censored": int(table.censored[time]),
            "survival": survival,
            "interval": [float(low), float(high)] if 1e-12 < survival < 1 - 1e-12 else None,
        })
    # lifelines gives bounds of 0 at shares of 0; R and the library none.
    positive = fitter.survival_function_["KM_estimate"] > 1e-12
    bounds = median_survival_times(fitter.confidence_interval_[positive])
    until = float(0.8 * times.max())
    return {
        "name": name,
        "times": times.tolist(),
        "events": events.tolist(),
        "steps": steps,
        "median": [finite(fitter.median_survival_time_), *(finite(bound) for bound in bounds.iloc[0])],
        "first_quarter": finite(qth_survival_time(0.75, fitter)),
        "until": until,
        "mean_until": area(fitter.survival_function_["KM_estimate"], until),
    }


cases = {"level": LEVEL, "cases": [case(*arguments) for arguments in data()]}
Path(__file__).with_name("cases.json").write_text(json.dumps(cases, indent=1) + "\n")
