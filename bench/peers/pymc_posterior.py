"""The same work in pymc-marketing: the posterior of BG/NBD, with the priors of its notebook on these data.

pymc_posterior.py SUMMARY CHAINS WARMUP DRAWS SEED. Prints what it found, and the seconds of each step, as JSON. All settings that
are not named here are pymc's own.
"""

import json
import os
import sys
import time

moments = [("begin", time.perf_counter())]


def done(step: str) -> None:
    moments.append((step, time.perf_counter()))


import arviz as az  # noqa: E402
import pandas as pd  # noqa: E402
from pymc_extras.prior import Prior  # noqa: E402
from pymc_marketing.clv import BetaGeoModel  # noqa: E402

done("imports")
source, chains, warmup, draws, seed = sys.argv[1:]
customers = pd.read_csv(source)
customers.insert(0, "customer_id", range(len(customers)))
done("reading")
priors = {name: Prior("HalfNormal", sigma=10) for name in ("a", "b", "alpha", "r")}
model = BetaGeoModel(data=customers, model_config=priors)
model.build_model()
done("building")
model.fit(
    method="mcmc",
    chains=int(chains),
    tune=int(warmup),
    draws=int(draws),
    random_seed=int(seed),
    cores=os.cpu_count(),
    progressbar=False,
)
done("sampling")
told = az.summary(model.idata, var_names=["r", "alpha", "a", "b"], round_to="none")
parameters = [
    {
        "name": name,
        "mean": float(row["mean"]),
        "standard_deviation": float(row["sd"]),
        "monte_carlo_error": float(row["mcse_mean"]),
        "r_hat": float(row["r_hat"]),
        "effective_bulk": float(row["ess_bulk"]),
        "effective_tail": float(row["ess_tail"]),
    }
    for name, row in told.iterrows()
]
divergences = int(model.idata.sample_stats["diverging"].sum())
steps = {step: round(end - begin, 3) for (_, begin), (step, end) in zip(moments, moments[1:])}
print(json.dumps({"customers": len(customers), "parameters": parameters, "divergences": divergences, "steps": steps}))
