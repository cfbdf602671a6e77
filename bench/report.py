#!/usr/bin/env python3
"""Writes bench/results.md from bench/results/*.json alone, or checks that it is as written (--check).

Standard library only: the check is part of `make test`.
"""

import json
import statistics
import sys
from pathlib import Path

import targets

BENCH = Path(__file__).resolve().parent
TARGET = BENCH / "results.md"

HEAD = """\
# Side by side
"""

MEASURED = """\
## How it is measured

Written by `bench/report.py` from `bench/results/*.json`; made with `make bench` and `bench/run`. The work, where nothing else is said, is
the whole of `patron run FILE --no-clv --format parquet`: read, group by customer, first and last day, distinct orders and days, value,
six-month window, R, F and M scores with ties shared, result to Parquet; patron also makes its report and a digest of its input. A
record that does not say how patron was told is of before 23 November 2026: it wrote CSV as well. The peers' scripts are in
`bench/peers/`. Every contender is a whole process with all cores, run in turn; answers are compared customer by customer
before anything is timed. Times are medians with the fastest and slowest run; memory is the highest peak of any run. The commit is the
one that the scripts were of; a patron that was handed to them ready built is of one close by. Load that others put on the machine is in
the times. Steps are patron's own, as `run.json` has them under `machine`.

decode is no contender but the limit: the parquet crate decodes the four columns that are read (decode-three: customer, time and amount)
on as many threads, and does nothing with them.

Where it says import, the work is `patron import` into an empty ledger, beside DuckDB's `CREATE TABLE … AS SELECT … ORDER
BY customer_id, ordered_at` on the same file; orders, sums, times and hashes of all columns are compared by customer.

Where it says fits, the work is `patron clv` on a summary of simulated customers (`bench/run fits`), beside lifetimes: its rows are
customers, as its documentation has it; lifetimes-distinct counts equal histories first and hands them over as weights. Both tell
P(alive) and expected purchases of each customer, and write the same columns (patron with `--no-intervals --columns …`). What
patron-everything tells as well: intervals of the expectation (199 draws of the parameters) and of the outcome, the probability of a
purchase, the time of the next, discounted purchases over the horizon and for ever; in a record without it, patron's time holds all
that. Other models of purchases are fitted to the same file, though it is not theirs; CNBD-k to ten million orders, which it reads and groups
first; BG/BB, sBG, BdW and Gamma-Gamma to files drawn from BG/BB, sBG and Gamma-Gamma. The fit of BG/NBD stands in two tables: in turn
with lifetimes, and in turn with the other models.

Where it says posterior, the work is drawing from the posterior of BG/NBD on CDNOW (`bench/run posterior`), beside pymc-marketing with the
priors of its notebook: the same customers, chains, draws to warm up and draws. Effective draws are those of the parameter with the fewest,
of bulk or tails; sampling is by each one's own clock, and of pymc-marketing has the compiling of the model in it. It takes the likelihood
of every customer, patron that of every distinct history, with counts.

Where it says cases, each is the work above on orders of another shape (`bench/cases.py`), medians alone.

Where it says the whole run, the work is `patron run FILE` with segments and lifetime value by BG/NBD and Gamma-Gamma, beside scripts with
DuckDB, Polars or pandas that hand their customers to lifetimes (`bench/peers/*_full.py`); patron-default is a run without any flag, which
also judges models by the last year and writes CSV.

Where it says ledger, the run is of a workspace that holds the orders: once before any run has seen it, beside DuckDB over its own table,
sorted by customer and time; and once after the latest thousandth of the orders was imported into a workspace that has run before,
beside whoever computes everything anew: DuckDB over its table with the new orders in it (duckdb-table), DuckDB and Polars over one Parquet
file of all. Imports have their own table.

Where it says conditions, the work is the vocabulary `bench/segments/vocabulary.toml` over customers in memory (`bench/run segments`): of
each customer the first condition that is met, and a bit for every one. DuckDB and Polars take the same SQL. Times are by each one's own
clock and without reading; how many customers each condition names first, takes and leaves unknown is compared before.

Where it says month-ends, the work is the plain run with `--as-of-series 24m` besides, beside the plain run (`bench/run month-ends`).

Where it says PostgreSQL, the work is the plain run on `SELECT * FROM orders` of a server on the same machine (`bench/run database`): rows as
they come, and sorted by the server (`--sorted-by-server`; with keep also `--keep shared-orders`), with the memory allowed by default and with
256 MB. copy and copy-sorted are no contenders but the limit: psql throws away the rows that the driver asks for. All customers are the same to
the last byte. The server's processor time and memory are not in the table.
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
            cell(starts) if (starts := startup.get(name, startup.get(name.split("-")[0]))) is not None else "",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def section(result: dict) -> str:
    return SECTIONS[result.get("work", "plain")](result)


def title(result: dict, words: str = "") -> str:
    data = result["data"]
    return f"## {words}{data['orders']:,} orders, {data['customers']:,} customers ({result['measured_at'][:10]})"


def section_of_formats(result: dict) -> str:
    """A record of one work on files of one or more formats: the plain run, an import, or the whole run."""
    data = result["data"]
    work = {"import": "Import of ", "full": "The whole run of "}.get(result.get("work", ""), "")
    settings = [f"Seed {data['seed']}"]
    settings += [f"as of {data['as_of']}"] if "as_of" in data else []
    settings += [f"--memory {result['memory']}"] if "memory" in result and "told" not in result else []
    settings += [f"patron is told {' '.join(result['told'])}"] if "told" in result else []
    shape = f" {data['words'][0].upper()}{data['words'][1:]}." if data.get("case", "base") != "base" else ""
    agree = f" Answers agree: {'yes' if result['answers_agree'] else 'no'}." if "answers_agree" in result else ""
    lines = [title(result, work), "", f"{machine_of(result)}. {', '.join(settings)}.{shape}{agree}"]
    for kind, found in result["formats"].items():
        turns = len(next(iter(found["runs"].values())))
        lines += ["", f"### {kind}, {found['bytes'] / 1e6:,.0f} MB, {turns} turns", ""]
        lines += rows({**found["runs"], **found.get("limits", {})}, result["startup_seconds"])
        lines += all_steps(found["runs"])
        lines += ["", agreement_of_full(found["answers"])] if "answers" in found else []
    return "\n".join(lines) + "\n"


def agreement_of_full(answers: dict) -> str:
    """Returns how far apart lie what models say; profiles, scores and segments are the same."""
    most = {name: max(far[name] for far in answers["apart"].values()) for name in next(iter(answers["apart"].values()))}
    told = ", ".join(f"{name} {far:.1e}" for name, far in most.items())
    return (
        f"Profiles, scores and segments of all {answers['customers']:,} customers are the same. Apart at most (relative): {told}; "
        "lifetimes discounts purchases at the end of their month."
    )


def section_of_cases(result: dict) -> str:
    data = result["data"]
    lines = [
        f"## Cases of {data['orders']:,} orders ({result['measured_at'][:10]})",
        "",
        f"{machine_of(result)}. As of {data['as_of']}, patron is told {' '.join(result['told'])}. Answers agree in all of them.",
    ]
    for kind in next(iter(result["cases"].values()))["formats"]:
        turns = len(result["cases"]["base"]["formats"][kind]["runs"]["patron"])
        lines += ["", f"### {kind}, {turns} turns", "", *case_rows(result["cases"], kind)]
    lines += ["", *(f"- {name}: {case['data']['words']}." for name, case in result["cases"].items())]
    return "\n".join(lines) + "\n"


def case_rows(cases: dict[str, dict], kind: str) -> list[str]:
    names = list(cases["base"]["formats"][kind]["runs"])
    limits = list(cases["base"]["formats"][kind].get("limits", {}))
    of_all = [f"{name} s" for name in names + limits]
    head = ["case", "MB", *of_all, "fastest peer / patron", "patron MiB", "fastest peer's MiB"]
    lines = [f"| {' | '.join(head)} |", "|---|" + "---:|" * (len(head) - 1)]
    for case, of_case in cases.items():
        found = of_case["formats"][kind]
        runs, peer = found["runs"], targets.fastest(found["runs"])
        times = [targets.median({**runs, **found.get("limits", {})}[name]) for name in names + limits]
        ratio = targets.median(runs[peer]) / targets.median(runs["patron"])
        peaks = [cell(targets.peak(runs[name]) / 2**20, 0) for name in ("patron", peer)]
        cells = [case, cell(found["bytes"] / 1e6, 0), *(cell(time) for time in times), f"{cell(ratio)} ({peer})", *peaks]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def section_of_ledger(result: dict) -> str:
    data, sizes = result["data"], {name: f"{size / 1e6:,.0f} MB" for name, size in result["bytes"].items()}
    lines = [
        title(result, "Ledger of "),
        "",
        f"{machine_of(result)}. Seed {data['seed']}, patron is told {' '.join(result['told'])}. Answers agree: yes. Parquet file "
        f"{sizes['parquet']}, ledger {sizes['ledger']}, DuckDB's table {sizes['table']}.",
    ]
    parts = {
        "run": f"Run of {data['history_orders']:,} orders, as of {data['history_ends']}",
        "refresh": f"Run after {data['new_orders']:,} new orders, as of {data['as_of']}",
        "import_of_new": f"Import of {data['new_orders']:,} new orders",
    }
    for part, words in parts.items():
        runs = result[part]
        lines += ["", f"### {words}, {len(runs['patron'])} turns", "", *rows(runs, result["startup_seconds"]), *all_steps(runs)]
    return "\n".join(lines) + "\n"


def section_of_segments(result: dict) -> str:
    data, runs = result["data"], result["runs"]
    ours = statistics.median(run["evaluating_seconds"] for run in runs["patron"])
    lines = [
        f"## Twenty conditions over {data['customers']:,} customers ({result['measured_at'][:10]})",
        "",
        f"{machine_of(result)}. Seed {data['seed']}, {data['bytes'] / 1e6:,.0f} MB of Parquet, {len(runs['patron'])} turns. Answers agree: yes.",
        "",
        "| | median s | fastest-slowest s | time / patron | reading s | peak MiB |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, found in runs.items():
        times = [run["evaluating_seconds"] for run in found]
        cells = [
            name,
            cell(statistics.median(times), 3),
            f"{cell(min(times), 3)}-{cell(max(times), 3)}",
            cell(statistics.median(times) / ours),
            cell(statistics.median(run["reading_seconds"] for run in found)),
            cell(targets.peak(found) / 2**20, 0),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", *times_of_conditions(result)]) + "\n"


def section_of_month_ends(result: dict) -> str:
    answer, compared = result["answer"], result["compared"]
    lines = [
        title(result, "Month-ends of "),
        "",
        f"{machine_of(result)}. Seed {result['data']['seed']}, as of {result['data']['as_of']}, patron is told {' '.join(result['told'])}; "
        f"{result['months']} month-ends are {answer['rows']:,} rows, {answer['bytes'] / 1e6:,.0f} MB. As of {', '.join(compared['days'])} all "
        f"columns of all customers, {compared['customers']:,}, are those of a run as of that day.",
        "",
        *rows(result["runs"], {}),
        *all_steps(result["runs"]),
    ]
    return "\n".join(lines) + "\n"


def section_of_database(result: dict) -> str:
    runs = result["runs"]
    spilled = {name: max(run["spilled_bytes"] for run in found) for name, found in runs.items() if "spilled_bytes" in found[0]}
    told = ", ".join(f"{name} {most / 1e6:,.0f} MB" for name, most in spilled.items())
    lines = [
        title(result, "PostgreSQL with "),
        "",
        f"{machine_of(result)}. Seed {result['data']['seed']}, as of {result['data']['as_of']}, patron is told {' '.join(result['told'])}; "
        f"{len(runs['patron'])} turns. Customers are the same to the last byte. To disk went: {told}.",
        "",
        *rows(runs, {}),
        *all_steps(runs),
    ]
    return "\n".join(lines) + "\n"


def times_of_conditions(result: dict) -> list[str]:
    """Returns where the time of patron's last turn went on one thread."""
    told = result["conditions"]["patron-one-thread"]
    by_scores = [one["key"] for one in told if one.get("by_scores")]
    times = [f"{one['key'].removesuffix('_nanoseconds')} {one['nanoseconds'] / 1e6:,.0f}" for one in told if not one.get("by_scores")]
    return [
        f"- patron-one-thread, milliseconds by condition, what several have with the first of them: {', '.join(times)}.",
        f"- Decided by scores, so in look_up: {', '.join(by_scores)}.",
    ]


def machine_of(result: dict) -> str:
    machine = result["machine"]
    named = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    after = f", after the last {machine['load_after']}" if "load_after" in machine else ""
    return (
        f"Commit {result['commit']}; {named}. {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB, {machine['system']}; load before the first run {machine['load_before']}{after}"
    )


def section_of_fits(result: dict) -> str:
    data, answers = result["data"], result["answers"]
    drawn = ", ".join(f"{name} = {value}" for name, value in answers["drawn_from"].items())
    lines = [
        f"## Fits of {data['customers']:,} customers ({result['measured_at'][:10]})",
        "",
        f"{machine_of(result)}. Seed {data['seed']}, drawn from BG/NBD with "
        f"{drawn} (weeks); {answers['distinct_histories']:,} distinct histories, {data['bytes'] / 1e6:,.0f} MB of CSV.",
        "",
        agreement_of_fits(answers),
    ]
    for work, words in WORKS.items():
        runs = result["works"][work]
        lines += ["", f"### {words}, {len(runs['patron'])} turns", "", *rows(runs, result["startup_seconds"]), *all_steps(runs)]
    lines += ["", f"### Every model's fit, {len(result['models']['bg-nbd']['runs'])} turns", "", *model_rows(result["models"])]
    return "\n".join(lines) + "\n"


def section_of_posterior(result: dict) -> str:
    data, settings = result["data"], result["settings"]
    apart = ", ".join(f"{name} {far:.1f}" for name, far in result["apart"].items())
    lines = [
        f"## Posterior of BG/NBD on CDNOW ({result['measured_at'][:10]})",
        "",
        f"{machine_of(result)}. {data['customers']:,} customers ({data['name']}), "
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


def all_steps(runs: dict[str, list[dict]]) -> list[str]:
    """Returns a line for everyone whose steps are on record, after an empty one."""
    told = [steps_of(name, found) for name, found in runs.items() if "steps" in found[0]]
    return ["", *told] if told else []


def steps_of(name: str, runs: list[dict]) -> str:
    """Returns where the time of one goes, by its own clock."""
    medians = (f"{step} {statistics.median(run['steps'][step] for run in runs):.2f}" for step in runs[0]["steps"])
    return f"- {name}, median seconds of its steps: {', '.join(medians)}."


def model_rows(models: dict[str, dict]) -> list[str]:
    lines = [
        "| | fitted to | median s | fastest-slowest s | processor s | peak MiB | log-likelihood | converged |",
        "|---|---|---:|---:|---:|---:|---:|---|",
    ]
    for name, model in models.items():
        wall = [run["wall_seconds"] for run in model["runs"]]
        cells = [
            name,
            model.get("fitted_to", "purchases"),
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


SECTIONS = {
    "plain": section_of_formats,
    "import": section_of_formats,
    "full": section_of_formats,
    "cases": section_of_cases,
    "ledger": section_of_ledger,
    "fits": section_of_fits,
    "posterior": section_of_posterior,
    "segments": section_of_segments,
    "month-ends": section_of_month_ends,
    "database": section_of_database,
}


def written() -> str:
    results = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((BENCH / "results").glob("*.json"))]
    results.sort(key=lambda result: (result["measured_at"], result["data"].get("customers", 0)), reverse=True)
    if not results:
        return "\n".join([HEAD, MEASURED, "No result is recorded yet.\n"])
    return "\n".join([HEAD, targets.section(results), MEASURED, *(section(result) for result in results)])


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
