#!/usr/bin/env python3
"""Runs `patron clv` beside lifetimes on the same summary of customers, and every model's fit; records time and peak memory.

Whole processes, in turn; the optimum and the predictions of every customer are compared first. `predict` is a fit of BG/NBD and
P(alive) and expected purchases of everybody, written as CSV, the same columns on either side; `patron-everything` tells all that
patron has to tell, intervals included. `fit` is the fit alone. The other models have no peer here: their fits are reported.
"""

import argparse
import datetime
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

from measuring import BENCH, FORMAT_VERSION, SEED, WORK, commit, machine, run_timed
from measuring import data_of as orders_of

# Of each model what it is fitted to; that of the sampled ones (pareto-nbd-abe, pareto-ggg) would take a day.
MODELS = {
    **dict.fromkeys(("nbd", "bg-nbd", "mbg-nbd", "pareto-nbd", "ggom-nbd"), "purchases"),
    **dict.fromkeys(("bg-cnbd-k", "mbg-cnbd-k"), "orders"),
    "bg-bb": "opportunities",
    **dict.fromkeys(("sbg", "bdw"), "contracts"),
    "gamma-gamma": "spend",
}
ORDERS_A_CUSTOMER = 10
HORIZON_MONTHS = 12
HORIZON_WEEKS = HORIZON_MONTHS * (365.25 / 12) / 7  # as patron reads months after a summary in weeks
PEER = [sys.executable, str(BENCH / "peers" / "lifetimes_fits.py")]
PEERS = {"lifetimes": "rows", "lifetimes-distinct": "distinct"}
EVERYTHING = "patron-everything"
SAME_COLUMNS = ["--no-intervals", "--columns", "frequency,recency,T,probability_alive,expected_purchases"]
PINNED = ("lifetimes", "autograd", "numpy", "pandas", "scipy")


def fit_of(patron: str, model: str, source: Path) -> list[str]:
    flag = {"orders": [], "contracts": ["--contracts"]}.get(MODELS[model], ["--summary"])
    return [patron, "clv", "fit", "--quiet", "--model", model, *flag, str(source), "--format", "json"]


def contenders(work: str, patron: str, source: Path) -> dict[str, list[str]]:
    """Returns the command of each; what it prints is its answer, but for the predictions of a peer."""
    peers = {name: [*PEER, form, str(source), repr(HORIZON_WEEKS)] for name, form in PEERS.items()}
    if work == "fit":
        return {"patron": fit_of(patron, "bg-nbd", source), **peers}
    predict = [patron, "clv", "predict", "--quiet", "--model", "bg-nbd", "--summary", str(source), "--format", "csv"]
    told = {name: [*command, str(predictions_of(name))] for name, command in peers.items()}
    predict += ["--horizon", str(HORIZON_MONTHS)]
    return {"patron": [*predict, *SAME_COLUMNS], **told, EVERYTHING: predict}


def answer_of(work: str, name: str) -> Path:
    return WORK / f"{work}-{name}.txt"


def predictions_of(name: str) -> Path:
    return answer_of("predict", name) if name == "patron" else WORK / f"predict-{name}.csv"


def timed(work: str, name: str, command: list[str]) -> dict:
    """Runs one whole process once nothing of the run before is still on its way to the disk."""
    os.sync()
    run = run_timed(f"{work}-{name}", command, answer_of(work, name))
    if name in PEERS:
        run["steps"] = json.loads(answer_of(work, name).read_text(encoding="utf-8"))["steps"]
    elif work in ("fit", "predict"):
        run["steps"] = steps_logged(WORK / f"{work}-{name}.log")
    return run


def steps_logged(log: Path) -> dict[str, float]:
    """Returns the seconds of patron's steps by its own clock: a line as each is done, with PATRON_LOG."""
    lines = re.findall(r"^\s*(\S+Z) .*step=\"(\w+)\"", log.read_text(encoding="utf-8"), re.MULTILINE)
    moments = [(step, datetime.datetime.fromisoformat(at)) for at, step in lines]
    ends = zip(moments, moments[1:])
    return {step: round((end - begin).total_seconds(), 3) for (_, begin), (step, end) in ends}


def agreed(works: dict[str, dict[str, list[str]]], source: Path) -> dict:
    """Runs everybody once, which is not counted, and compares what they say."""
    for work, commands in works.items():
        for name, command in commands.items():
            timed(work, name, command)
    answers = [f"{name}={answer_of('fit', name)}={predictions_of(name)}" for name in works["fit"]]
    comparing = [sys.executable, str(BENCH / "agree_fits.py"), str(source), repr(HORIZON_WEEKS), *answers]
    process = subprocess.run(comparing, stdout=subprocess.PIPE, text=True)
    if process.returncode != 0:
        raise SystemExit("error: the answers differ, so no time is taken")
    told = json.loads(process.stdout)
    apart = {name: of_all["apart_at_the_same_parameters"] for name, of_all in told["predictions"].items()}
    print(f"  parameters {told['parameters_apart']:.1e} apart; at the same parameters", end=" ")
    print(", ".join(f"{name} {far:.1e}" for name, far in apart.items()), flush=True)
    return told


def measured(works: dict[str, dict[str, list[str]]], runs: int) -> dict[str, dict[str, list[dict]]]:
    """Runs every contender of every work in turn."""
    found: dict[str, dict[str, list[dict]]] = {work: {name: [] for name in commands} for work, commands in works.items()}
    for turn in range(runs):
        for work, commands in works.items():
            for name, command in commands.items():
                found[work][name].append(timed(work, name, command))
            last = ", ".join(f"{name} {of_all[-1]['wall_seconds']:.2f} s" for name, of_all in found[work].items())
            print(f"  turn {turn + 1} of {runs}, {work}: {last}", flush=True)
    return found


def models_told(runs: dict[str, list[dict]]) -> dict[str, dict]:
    told = {}
    for model in MODELS:
        answer = json.loads(answer_of("models", model).read_text(encoding="utf-8"))
        parameters = {name: of_one["estimate"] for name, of_one in answer["parameters"].items()}
        kept = {name: answer[name] for name in ("log_likelihood", "converged", "warnings")}
        told[model] = {"fitted_to": MODELS[model], "parameters": parameters, **kept, "runs": runs[model]}
    return told


def printed(work: str, runs: dict[str, list[dict]]) -> None:
    medians = {name: statistics.median(run["wall_seconds"] for run in of_all) for name, of_all in runs.items()}
    for name, median in medians.items():
        peak = max(run["peak_bytes"] for run in runs[name])
        ratio = f"{median / medians['patron']:6.2f} × patron  " if "patron" in medians else ""
        print(f"  {work}: {name:18} median {median:7.2f} s  {ratio}peak {peak / 2**20:7.0f} MiB")


def startup_seconds(patron: str) -> dict[str, float]:
    """Returns what each takes to do nothing, so that the reader can subtract it."""
    found = {}
    for name, command in {"patron": [patron, "--version"], "lifetimes": [sys.executable, "-c", "import lifetimes"]}.items():
        begun = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        found[name] = round(time.perf_counter() - begun, 3)
    return {**found, "lifetimes-distinct": found["lifetimes"], EVERYTHING: found["patron"]}


def versions(patron: str) -> dict[str, str]:
    ours = subprocess.run([patron, "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]
    return {"patron": ours, **{name: version(name) for name in PINNED}, "python": platform.python_version()}


def data_of(customers: int, kind: str = "purchases") -> Path:
    """Makes a file of some kind, unless it is there; returns it."""
    if kind == "orders":
        folder, _ = orders_of(customers * ORDERS_A_CUSTOMER, "base", ["parquet"], customers)
        return folder / "orders.parquet"
    source = WORK / f"{'customers' if kind == 'purchases' else kind}-{customers}-{SEED}.csv"
    if not source.exists():
        print(f"making {kind} of {customers} customers", flush=True)
        whole = source.with_suffix(".part")
        shape = ["--customers", str(customers), "--seed", str(SEED), "--of", kind]
        subprocess.run([sys.executable, BENCH / "generate_customers.py", whole, *shape], check=True)
        whole.rename(source)
    return source


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patron", required=True)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--name", help="name of the result; default: today and the number of customers")
    options = parser.parse_args()
    source = data_of(options.customers)
    now = datetime.datetime.now(datetime.timezone.utc)
    result = {
        "format_version": FORMAT_VERSION,
        "work": "fits",
        "measured_at": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "commit": commit(),
        "machine": machine(),
        "versions": versions(options.patron),
        "startup_seconds": startup_seconds(options.patron),
        "data": {"customers": options.customers, "seed": SEED, "bytes": source.stat().st_size},
        "horizon_weeks": HORIZON_WEEKS,
    }
    os.environ["PATRON_LOG"] = "patron_analytics=info"
    peers = {work: contenders(work, options.patron, source) for work in ("predict", "fit")}
    result["answers"] = agreed(peers, source)
    fits = {model: fit_of(options.patron, model, data_of(options.customers, kind)) for model, kind in MODELS.items()}
    works = {**peers, "models": fits}
    found = measured(works, options.runs)
    result["machine"]["load_after"] = round(os.getloadavg()[0], 2)
    for work, runs in found.items():
        printed(work, runs)
    result["works"] = {work: found[work] for work in peers}
    result["models"] = models_told(found["models"])
    name = options.name or f"{now:%Y-%m-%d}-{options.customers}-customers-fits"
    target = BENCH / "results" / f"{name}.json"
    target.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"wrote bench/results/{target.name}")


if __name__ == "__main__":
    main()
