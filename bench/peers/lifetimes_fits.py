"""The same work in lifetimes: BG/NBD fitted to a summary, and with a target also P(alive) and expected purchases of everybody.

lifetimes_fits.py rows|distinct SOURCE HORIZON [TARGET]. `rows` is what its documentation shows: a row per customer. `distinct`
is the fastest of the forms tried: equal histories are counted first, the fit takes them as weights, and what is told of a history
is copied to everybody who has it. Prints what it found, and the seconds of each step, as JSON.
"""

import json
import sys
import time

moments = [("begin", time.perf_counter())]


def done(step: str) -> None:
    moments.append((step, time.perf_counter()))


import pandas as pd  # noqa: E402
from lifetimes import BetaGeoFitter  # noqa: E402

done("imports")
HISTORY = ["frequency", "recency", "T"]
form, source, horizon, *target = sys.argv[1:]

customers = pd.read_csv(source)
done("reading")
if form == "distinct":
    groups = customers.groupby(HISTORY, sort=False)
    histories = groups.size().reset_index(name="weight")
    of_customer = groups.ngroup().to_numpy()
    done("counting")
else:
    histories = customers.assign(weight=1)
columns = [histories[name] for name in HISTORY]
model = BetaGeoFitter().fit(*columns, weights=histories["weight"])
done("fit")

if target:
    told = {
        "probability_alive": model.conditional_probability_alive(*columns),
        "expected_purchases": model.conditional_expected_number_of_purchases_up_to_time(float(horizon), *columns).to_numpy(),
    }
    for name, values in told.items():
        customers[name] = values[of_customer] if form == "distinct" else values
    done("predictions")
    customers.to_csv(target[0], index=False)
    done("writing")

steps = {step: round(end - begin, 3) for (_, begin), (step, end) in zip(moments, moments[1:])}
print(json.dumps({"parameters": model.params_.to_dict(), "standard_errors": model.standard_errors_.to_dict(), "steps": steps}))
