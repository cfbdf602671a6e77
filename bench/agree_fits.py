#!/usr/bin/env python3
"""Compares patron's fit of BG/NBD and what it tells of each customer with lifetimes, by lifetimes' own functions.

The optimum: how far the parameters lie apart, and the log-likelihood of both, by the function that lifetimes maximises. Its
search stops at a gradient of 1e-7 per customer; how far one Newton step from there still goes is told as well. The predictions:
lifetimes' formulas at patron's parameters, for every customer, so that nothing is left of the difference of the optima.

agree_fits.py SUMMARY HORIZON NAME=FIT=PREDICTIONS…: patron comes first, then its peers. Prints what it found as JSON; exits 1 and
says what is wrong if they differ.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from autograd import hessian, value_and_grad
from generate_customers import PARAMETERS
from lifetimes import BetaGeoFitter

HISTORY = ["frequency", "recency", "T"]
NAMES = ["r", "alpha", "a", "b"]
SAME_OPTIMUM = 1e-6  # relative, of each parameter
SAME_PREDICTION = 1e-9  # relative, of each customer at the same parameters: both sides round about 1e-13
SAME_AS_WRITTEN = 1e-4  # relative, each side at its own optimum: powers of histories with many purchases magnify the distance
LOG_LIKELIHOOD_ROUNDS = 1e-12  # relative: what a sum over all customers may round


class Likelihood:
    """The function that lifetimes minimises, on the logarithms of the parameters with times scaled to at most one."""

    def __init__(self, customers: pd.DataFrame) -> None:
        histories = customers.groupby(HISTORY, sort=False).size().reset_index(name="weight")
        self.customers = len(customers)
        self.histories = len(histories)
        self.scale = 1 / customers["T"].max()
        self.of_scaling = customers["frequency"].sum() * np.log(self.scale)
        times = (histories[name].to_numpy() * self.scale for name in ("recency", "T"))
        self.data = (histories["frequency"].to_numpy(), *times, histories["weight"].to_numpy(), 0.0)

    def scaled(self, parameters: dict[str, float]) -> np.ndarray:
        return np.log([parameters[name] * (self.scale if name == "alpha" else 1) for name in NAMES])

    def log_likelihood(self, parameters: dict[str, float]) -> float:
        """Returns the log-likelihood of all customers, times in their own unit."""
        each = BetaGeoFitter._negative_log_likelihood(self.scaled(parameters), *self.data)
        return float(-each * self.customers + self.of_scaling)

    def newton_step(self, parameters: dict[str, float]) -> dict[str, float]:
        at = self.scaled(parameters)
        _, slope = value_and_grad(BetaGeoFitter._negative_log_likelihood)(at, *self.data)
        stepped = np.exp(at - np.linalg.solve(hessian(BetaGeoFitter._negative_log_likelihood)(at, *self.data), slope))
        return {name: float(value) / (self.scale if name == "alpha" else 1) for name, value in zip(NAMES, stepped)}


def farthest(left: dict[str, float], right: dict[str, float]) -> float:
    return max(abs(left[name] / right[name] - 1) for name in NAMES)


def optimum(likelihood: Likelihood, ours: dict, theirs: dict[str, float]) -> tuple[dict, list[str]]:
    """Compares `patron clv fit --format json` with the parameters of lifetimes; returns what is recorded, and what is wrong."""
    parameters = {name: ours["parameters"][name]["estimate"] for name in NAMES}
    at_ours, at_theirs = likelihood.log_likelihood(parameters), likelihood.log_likelihood(theirs)
    told = {
        "parameters": {"patron": parameters, "lifetimes": theirs},
        "parameters_apart": farthest(theirs, parameters),
        "parameters_apart_after_a_newton_step": farthest(likelihood.newton_step(theirs), parameters),
        "log_likelihood": {"patron": at_ours, "lifetimes": at_theirs},
    }
    rounds = LOG_LIKELIHOOD_ROUNDS * abs(at_ours)
    wrong = []
    if abs(ours["log_likelihood"] - at_ours) > rounds:
        wrong.append(f"patron tells a log-likelihood of {ours['log_likelihood']}, by lifetimes' function it is {at_ours}")
    if told["parameters_apart"] > SAME_OPTIMUM and at_ours <= at_theirs + rounds:
        wrong.append(f"the parameters are {told['parameters_apart']:.1e} apart, and those of patron are not likelier")
    return told, wrong


def predictions(parameters: dict[str, float], horizon: float, written: dict[str, Path]) -> tuple[dict, list[str]]:
    """Compares what all wrote, customer by customer; returns what is recorded, and what is wrong."""
    ours, *peers = ((name, pd.read_csv(path)) for name, path in written.items())
    mine = ours[1]
    wrong = [f"{peer} wrote other customers" for peer, other in peers if not np.array_equal(mine[HISTORY], other[HISTORY])]
    if wrong:
        return {}, wrong
    model = BetaGeoFitter()
    model.params_ = pd.Series(parameters)
    history = [mine[name] for name in HISTORY]
    at_ours = {
        "probability_alive": model.conditional_probability_alive(*history),
        "expected_purchases": model.conditional_expected_number_of_purchases_up_to_time(horizon, *history),
    }
    told = {}
    for name, values in at_ours.items():
        apart = apart_at_most(mine[name], values)
        as_written = {peer: apart_at_most(mine[name], other[name]) for peer, other in peers}
        told[name] = {"apart_at_the_same_parameters": apart, "apart_as_written": as_written}
        if not apart <= SAME_PREDICTION:
            wrong.append(f"{name} at the same parameters is {apart:.1e} apart")
        wrong += [f"{name} of {peer} is {far:.1e} apart" for peer, far in as_written.items() if not far <= SAME_AS_WRITTEN]
    return told, wrong


def apart_at_most(left: pd.Series, right: pd.Series) -> float:
    """Returns the greatest relative distance; NaN if a value is missing on either side."""
    return float(np.max(np.abs(np.asarray(left) / np.asarray(right) - 1)))


def main(arguments: list[str]) -> int:
    summary, horizon, *named = arguments
    files = {name: (Path(fit), Path(written)) for name, fit, written in (argument.split("=") for argument in named)}
    likelihood = Likelihood(pd.read_csv(summary))
    found = {name: json.loads(fit.read_text(encoding="utf-8")) for name, (fit, _) in files.items()}
    of_optimum, wrong = optimum(likelihood, found["patron"], found["lifetimes"]["parameters"])
    written = {name: path for name, (_, path) in files.items()}
    of_predictions, also_wrong = predictions(of_optimum["parameters"]["patron"], float(horizon), written)
    for line in wrong + also_wrong:
        print(f"  {line}", file=sys.stderr)
    drawn = {"drawn_from": PARAMETERS, "distinct_histories": likelihood.histories}
    print(json.dumps({**drawn, **of_optimum, "predictions": of_predictions}))
    return 1 if wrong or also_wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
