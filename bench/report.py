#!/usr/bin/env python3
"""Writes bench/results.md from bench/results/*.json alone, or checks that it is as written (--check).

Standard library only: the check is part of `make test`.
"""

import json
import statistics
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parent
TARGET = BENCH / "results.md"

HEAD = """\
# Side by side

Written by `bench/report.py` from `bench/results/*.json`; made with `make bench`. The work is the whole of `patron run
FILE --no-clv`: read, group by customer, first and last day, distinct orders and days, value, six-month window, R, F and M
scores with ties shared, result to Parquet. The peers' scripts are in `bench/peers/`. Every contender is a whole process
with all cores, run in turn; answers are compared customer by customer before anything is timed. Times are medians with
the fastest and slowest run; memory is the highest peak of any run. The commit is the one that the scripts were of; a patron
that was handed to them ready built is of one close by. Load that others put on the machine is in the times.

Where it says import, the work is `patron import` into an empty ledger, beside DuckDB's `CREATE TABLE … AS SELECT … ORDER
BY customer_id, ordered_at` on the same file; orders, sums, times and hashes of all columns are compared by customer.

Where it says fits, the work is `patron clv` on a summary of simulated customers (`bench/run fits`), beside lifetimes: its rows are
customers, as its documentation has it; lifetimes-distinct counts equal histories first and hands them over as weights. Both tell
P(alive) and expected purchases of each customer, and write the same columns (patron with `--no-intervals --columns …`). What
patron-everything tells as well: intervals of the expectation (199 draws of the parameters) and of the outcome, the probability of a
purchase, the time of the next, discounted purchases over the horizon and for ever; in a record without it, patron's time holds all
that. Other models than BG/NBD are fitted to the same file, though it is not theirs. The fit of BG/NBD stands in two tables: in turn
with lifetimes, and in turn with the other models.

Where it says posterior, the work is drawing from the posterior of BG/NBD on CDNOW (`bench/run posterior`), beside pymc-marketing with the
priors of its notebook: the same customers, chains, draws to warm up and draws. Effective draws are those of the parameter with the fewest,
of bulk or tails; sampling is by each one's own clock, and of pymc-marketing has the compiling of the model in it. It takes the likelihood
of every customer, patron that of every distinct history, with counts.
"""

WORKS = {"predict": "BG/NBD: fit, and predictions of every customer as CSV", "fit": "BG/NBD: the fit alone"}


def cell(value: float, digits: int = 2) -> str:
    return f"{value:,.{digits}f}"


def rows(runs: dict[str, list[dict]], startup: dict[str, float]) -> list[str]:
    wall = {name: [run["wall_seconds"] for run in found] for name, found in runs.items()}
    peak = {name: max(run["peak_bytes"] for run in found) for name, found in runs.items()}
    ours, memory = statistics.median(wall["patron"]), peak["patron"]
    lines = [
        "| | median s | fastest-slowest s | time / patron | processor s | peak MiB | memory / patron | to start s |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, found in runs.items():
        median = statistics.median(wall[name])
        processor = statistics.median(run["processor_seconds"] for run in found)
        cells = [
            name,
            cell(median),
            f"{cell(min(wall[name]))}-{cell(max(wall[name]))}",
            cell(median / ours),
            cell(processor),
            cell(peak[name] / 2**20, 0),
            cell(peak[name] / memory),
            cell(startup[name]),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def section(result: dict) -> str:
    if result.get("work") == "fits":
        return section_of_fits(result)
    if result.get("work") == "posterior":
        return section_of_posterior(result)
    data = result["data"]
    is_import = result.get("work") == "import"
    settings = f"--memory {result['memory']}" if is_import else f"as of {data['as_of']}"
    lines = [
        f"## {'Import of ' if is_import else ''}{data['orders']:,} orders, {data['customers']:,} customers ({result['measured_at'][:10]})",
        "",
        f"{machine_of(result)}. Seed {data['seed']}, {settings}. Answers agree: {'yes' if result['answers_agree'] else 'no'}.",
    ]
    for kind, found in result["formats"].items():
        turns = len(next(iter(found["runs"].values())))
        lines += ["", f"### {kind}, {found['bytes'] / 1e6:,.0f} MB, {turns} turns", ""]
        lines += rows(found["runs"], result["startup_seconds"])
    return "\n".join(lines) + "\n"


def machine_of(result: dict) -> str:
    machine = result["machine"]
    named = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    return (
        f"Commit {result['commit']}; {named}. {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB, {machine['system']}; load before the first run {machine['load_before']}"
    )


def section_of_fits(result: dict) -> str:
    data, answers = result["data"], result["answers"]
    drawn = ", ".join(f"{name} = {value}" for name, value in answers["drawn_from"].items())
    lines = [
        f"## Fits of {data['customers']:,} customers ({result['measured_at'][:10]})",
        "",
        f"{machine_of(result)}, after the last {result['machine']['load_after']}. Seed {data['seed']}, drawn from BG/NBD with "
        f"{drawn} (weeks); {answers['distinct_histories']:,} distinct histories, {data['bytes'] / 1e6:,.0f} MB of CSV.",
        "",
        agreement_of_fits(answers),
    ]
    for work, title in WORKS.items():
        runs = result["works"][work]
        lines += ["", f"### {title}, {len(runs['patron'])} turns", "", *rows(runs, result["startup_seconds"]), ""]
        lines += [steps_of(name, of_all) for name, of_all in runs.items() if "steps" in of_all[0]]
    lines += ["", f"### Every model's fit, {len(result['models']['bg-nbd']['runs'])} turns", "", *model_rows(result["models"])]
    return "\n".join(lines) + "\n"


def section_of_posterior(result: dict) -> str:
    data, settings = result["data"], result["settings"]
    apart = ", ".join(f"{name} {far:.1f}" for name, far in result["apart"].items())
    lines = [
        f"## Posterior of BG/NBD on CDNOW ({result['measured_at'][:10]})",
        "",
        f"{machine_of(result)}, after the last {result['machine']['load_after']}. {data['customers']:,} customers ({data['name']}), "
        f"{settings['chains']} chains of {settings['draws']:,} draws after {settings['warmup']:,} to warm up, seed {data['seed']}. Posterior "
        f"means lie apart, in standard errors of drawing: {apart}.",
        "",
        "| | median s | fastest-slowest s | processor s | peak MiB | sampling s | effective draws | a second | a processor second | divergences |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, runs in result["runs"].items():
        wall = [run["wall_seconds"] for run in runs]
        sampling = statistics.median(run["steps"]["sampling"] for run in runs)
        effective = statistics.median(fewest(run) for run in runs)
        cells = [
            name,
            cell(statistics.median(wall)),
            f"{cell(min(wall))}-{cell(max(wall))}",
            cell(statistics.median(run["processor_seconds"] for run in runs)),
            cell(max(run["peak_bytes"] for run in runs) / 2**20, 0),
            cell(sampling),
            cell(effective, 0),
            cell(effective / statistics.median(wall), 1),
            cell(effective / statistics.median(run["processor_seconds"] for run in runs), 1),
            str(max(run["divergences"] for run in runs)),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def fewest(run: dict) -> float:
    return min(min(one["effective_bulk"], one["effective_tail"]) for one in run["parameters"])


def agreement_of_fits(answers: dict) -> str:
    likelihood = answers["log_likelihood"]
    ours, theirs = (cell(likelihood[name], 6) for name in ("patron", "lifetimes"))
    stepped = answers["parameters_apart_after_a_newton_step"]
    both = [answers["predictions"][name] for name in ("probability_alive", "expected_purchases")]
    alive, purchases = (told["apart_at_the_same_parameters"] for told in both)
    written = [max(told["apart_as_written"].values()) for told in both]
    return (
        f"The parameters lie at most {answers['parameters_apart']:.1e} apart (relative), and {stepped:.1e} once lifetimes takes a "
        f"Newton step more from where it stops; log-likelihood by its function: patron's {ours}, its own {theirs}. At the same "
        f"parameters P(alive) of no customer differs by more than {alive:.1e} (relative), expected purchases by {purchases:.1e}; "
        f"as written, each at its own optimum, {written[0]:.1e} and {written[1]:.1e}."
    )


def steps_of(name: str, runs: list[dict]) -> str:
    """Returns where the time of one goes, by its own clock."""
    medians = (f"{step} {statistics.median(run['steps'][step] for run in runs):.2f}" for step in runs[0]["steps"])
    return f"- {name}, median seconds of its steps: {', '.join(medians)}."


def model_rows(models: dict[str, dict]) -> list[str]:
    lines = [
        "| | median s | fastest-slowest s | processor s | peak MiB | log-likelihood | converged |",
        "|---|---:|---:|---:|---:|---:|---|",
    ]
    for name, model in models.items():
        wall = [run["wall_seconds"] for run in model["runs"]]
        cells = [
            name,
            cell(statistics.median(wall)),
            f"{cell(min(wall))}-{cell(max(wall))}",
            cell(statistics.median(run["processor_seconds"] for run in model["runs"])),
            cell(max(run["peak_bytes"] for run in model["runs"]) / 2**20, 0),
            cell(model["log_likelihood"], 1),
            "yes" if model["converged"] else "no",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    told = [f"- {name} says: {warning['text']}." for name, model in models.items() for warning in model["warnings"]]
    return [*lines, "", *told] if told else lines


def written() -> str:
    results = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((BENCH / "results").glob("*.json"))]
    results.sort(key=lambda result: (result["measured_at"], result["data"]["customers"]), reverse=True)
    sections = [section(result) for result in results] or ["No result is recorded yet.\n"]
    return "\n".join([HEAD, *sections])


def main(arguments: list[str]) -> int:
    now = written()
    if "--check" in arguments:
        if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != now:
            print("error: bench/results.md is not what bench/results/*.json says\n  hint: run bench/report.py", file=sys.stderr)
            return 1
        print("benchmark tables: as written")
        return 0
    TARGET.write_text(now, encoding="utf-8")
    print("wrote bench/results.md")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
