"""R-hat and effective sample sizes of chains, by arviz: what `patron_stats::mcmc` must say of the same draws.

The chains are autoregressive, some of them moved, stretched, drifting, alternating, with ties or heavy tails; seeded, and written
with six digits, so that both sides see the same numbers. Run: make.py > cases.json
"""

import json
import sys

import arviz
import numpy as np

DIGITS = 6


def autoregressive(generator, chains, draws, memory):
    noise = generator.standard_normal((chains, draws))
    walk = np.empty_like(noise)
    walk[:, 0] = noise[:, 0]
    for i in range(1, draws):
        walk[:, i] = memory * walk[:, i - 1] + np.sqrt(1 - memory**2) * noise[:, i]
    return walk


def cases():
    generator = np.random.default_rng(20261122)

    def walk(memory=0.5, chains=4, draws=120):
        return autoregressive(generator, chains, draws, memory)

    yield "mixed", walk()
    yield "an odd number of draws", walk(draws=121)
    yield "two chains, slow", walk(0.95, chains=2, draws=200)
    yield "alternating", walk(-0.7)
    yield "one chain elsewhere", walk() + np.array([[0.0], [0.0], [0.0], [1.5]])
    yield "one chain wider", walk() * np.array([[1.0], [1.0], [1.0], [4.0]])
    yield "drifting", walk(0.2) + np.linspace(-1, 1, 120)
    yield "whole numbers", np.round(2 * walk(0.3))
    yield "heavy tails", np.tan(1.4 * np.tanh(walk(0.4)))


def main():
    found = []
    for name, chains in cases():
        chains = np.round(chains, DIGITS)
        found.append({
            "name": name,
            "chains": chains.tolist(),
            "r_hat": float(arviz.rhat(chains, method="rank")),
            "effective_bulk": float(arviz.ess(chains, method="bulk")),
            "effective_tail": float(arviz.ess(chains, method="tail")),
            "effective_mean": float(arviz.ess(chains, method="mean")),
        })  # fmt: skip
    print(f"arviz {arviz.__version__}, numpy {np.__version__}", file=sys.stderr)
    json.dump({"tool": f"arviz {arviz.__version__}", "cases": found}, sys.stdout)
    print()


if __name__ == "__main__":
    main()
