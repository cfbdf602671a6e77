"""What the records say of each target: its figure, the bound, met or missed and by how much.

A target has a size where its figure depends on it; else it is told for every size on record. The newest record of a size counts.
Standard library only, as the report.
"""

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass

MILLION = 1_000_000
UNITS = {"K": 2**10, "M": 2**20, "G": 2**30}
# What has to be on record; sizes beside these are told as well.
WANTED = (
    "10 M orders, Parquet: time of the fastest peer / patron's",
    "10 M orders, Parquet: memory / the fastest peer's",
    "10 M orders, Parquet: time up to scores / decoding the columns read",
    "10 M orders, CSV: time of the fastest peer / patron's",
    "100 M orders, 10 M customers: memory",
    "100 M orders: time / that of 10 M",
    "100 M orders, --memory 512M: memory / what was asked",
    "import of 10 M orders, parquet: time / DuckDB's CREATE TABLE … ORDER BY",
    "run from the ledger, 10 M orders: time of DuckDB's own table / patron's",
    "run after 0.1 % new orders, 10 M orders, the customers' file written anew: time of the fastest peer / patron's",
    "run after 0.1 % new orders, 100 M orders, the customers' file written anew: time of the fastest peer / patron's",
    "run after 0.1 % new orders, 10 M orders, changes.parquet written: time of the fastest peer / patron's",
    "BG/NBD, fit and predictions of 1 M customers, by the clocks inside: time of lifetimes / patron's",
    "BG/NBD, fit and predictions of 1 M customers, whole processes: time of lifetimes / patron's",
    "month-ends of two years in one walk, 10 M orders: time / that of one day",
    "20 segment conditions over 10 M customers: seconds",
)
LAST_STEP = "score"
WORKED_OUT = ("counting", "fit", "predictions")


@dataclass(frozen=True)
class Told:
    """A target with its figure. `at_least` is the side of the bound that meets it."""

    words: str
    bound: float
    figure: float
    at_least: bool
    unit: str  # "×", "MiB" or "s"
    basis: str
    measured_at: str

    def is_met(self) -> bool:
        return self.figure >= self.bound if self.at_least else self.figure <= self.bound

    def verdict(self) -> str:
        """Returns how far the figure lies on its side of the bound, as a factor."""
        spare = self.figure / self.bound if self.at_least else self.bound / self.figure
        return f"met, {spare:,.2f} × to spare" if self.is_met() else f"missed by a factor of {1 / spare:,.2f}"

    def row(self) -> str:
        sign = "≥" if self.at_least else "≤"
        digits = 0 if self.unit == "MiB" else 2
        bound, figure = (f"{value:,.{digits}f} {self.unit}" for value in (self.bound, self.figure))
        return f"| {self.words} | {sign} {bound} | {figure} | {self.verdict()} | {self.basis} | {self.measured_at[:10]} |"


def median(runs: list[dict]) -> float:
    return statistics.median(run["wall_seconds"] for run in runs)


def peak(runs: list[dict]) -> float:
    return max(run["peak_bytes"] for run in runs)


def is_ours(name: str) -> bool:
    return name.startswith("patron")


def fastest(runs: dict[str, list[dict]]) -> str:
    """Returns the peer with the least median time."""
    return min((name for name in runs if not is_ours(name)), key=lambda name: median(runs[name]))


def in_millions(count: int) -> str:
    return f"{count / MILLION:g} M"


def by_format(result: dict) -> list[dict]:
    """Splits a record of several formats: another record may be newer of one of them alone."""
    return [{**result, "formats": {kind: found}} for kind, found in result.get("formats", {}).items()] or [result]


def named(result: dict) -> str:
    """Returns what makes records comparable: only the newest of a name counts."""
    data = result["data"]
    size = data.get("orders") or data.get("customers")
    return f"{result.get('work', 'cold')} {size} {data.get('case', 'base')} {memory_of(result)} {list(result.get('formats', ''))}"


def memory_of(result: dict) -> str | None:
    """Returns what patron was told of memory where that is no part of the work itself."""
    return None if result.get("work") == "import" else result.get("memory")


def told(result: dict, words: str, figure: float, *, least: float = 0, most: float = 0, unit: str = "×", basis: str) -> Told:
    return Told(words, least or most, figure, bool(least), unit, basis, result["measured_at"])


def faster(result: dict, words: str, runs: dict[str, list[dict]], least: float, ours: str = "patron") -> Told:
    """Tells how many times the time of `ours` its fastest peer took."""
    peer = fastest(runs)
    times = median(runs[peer]), median(runs[ours])
    return told(result, words, times[0] / times[1], least=least, basis=f"{peer} {times[0]:.2f} s, {ours} {times[1]:.2f} s")


def of_memory(result: dict, words: str, runs: dict[str, list[dict]], peer: str) -> Told:
    ours, theirs = peak(runs["patron"]), peak(runs[peer])
    basis = f"patron {ours / 2**20:,.0f} MiB, {peer} {theirs / 2**20:,.0f} MiB"
    return told(result, words, ours / theirs, most=0.5, basis=basis)


def cold_at_ten_million(result: dict) -> Iterator[Told]:
    if (found := result["formats"].get("parquet")) is not None:
        runs = found["runs"]
        yield faster(result, "10 M orders, Parquet: time of the fastest peer / patron's", runs, 3)
        yield of_memory(result, "10 M orders, Parquet: memory / the fastest peer's", runs, fastest(runs))
        thrifty = min((name for name in runs if not is_ours(name)), key=lambda name: peak(runs[name]))
        yield of_memory(result, "10 M orders, Parquet: memory / the thriftiest peer's", runs, thrifty)
        if "limits" in found:
            yield beside_decoding(result, runs["patron"], found["limits"]["decode"])
    if (found := result["formats"].get("csv")) is not None:
        yield faster(result, "10 M orders, CSV: time of the fastest peer / patron's", found["runs"], 2)


def up_to_scores(run: dict) -> float:
    """Returns the seconds of patron's steps, which are in order, until scores are in memory; by its own clock."""
    names = list(run["steps"])
    return sum(run["steps"][name] for name in names[: names.index(LAST_STEP) + 1])


def beside_decoding(result: dict, ours: list[dict], decode: list[dict]) -> Told:
    scored = statistics.median(up_to_scores(run) for run in ours)
    basis = f"up to scores {scored:.2f} s, decode-only {median(decode):.2f} s"
    words = "10 M orders, Parquet: time up to scores / decoding the columns read"
    return told(result, words, scored / median(decode), most=2.5, basis=basis)


def cold_at_hundred_million(result: dict, tenth: dict | None) -> Iterator[Told]:
    runs = result["formats"]["parquet"]["runs"]["patron"]
    yield told(result, "100 M orders, 10 M customers: memory", peak(runs) / 2**20, most=2048, unit="MiB", basis="Parquet")
    if tenth is not None:
        times = median(runs), median(tenth["formats"]["parquet"]["runs"]["patron"])
        basis = f"{times[0]:.2f} s and {times[1]:.2f} s, Parquet"
        yield told(result, "100 M orders: time / that of 10 M", times[0] / times[1], most=11, basis=basis)


def limited(result: dict) -> Iterator[Told]:
    """Tells the peak beside what was asked for with --memory."""
    asked = int(result["memory"][:-1]) * UNITS[result["memory"][-1]]
    for kind, found in result["formats"].items():
        most = peak(found["runs"]["patron"])
        words = f"{in_millions(result['data']['orders'])} orders, --memory {result['memory']}: memory / what was asked"
        yield told(result, words, most / asked, most=1.25, basis=f"{most / 2**20:,.0f} MiB, {kind}")


def of_imports(result: dict) -> Iterator[Told]:
    for kind, found in result["formats"].items():
        ours, theirs = (median(found["runs"][name]) for name in ("patron", "duckdb"))
        words = f"import of {in_millions(result['data']['orders'])} orders, {kind}: time / DuckDB's CREATE TABLE … ORDER BY"
        yield told(result, words, ours / theirs, most=1.5, basis=f"patron {ours:.2f} s, duckdb {theirs:.2f} s")


def of_ledgers(result: dict) -> Iterator[Told]:
    orders = result["data"]["orders"]
    size = in_millions(orders)
    yield faster(result, f"run from the ledger, {size} orders: time of DuckDB's own table / patron's", result["run"], 3)
    least = 20 if orders >= 100 * MILLION else 10
    words = f"run after 0.1 % new orders, {size} orders, the customers' file written anew: time of the fastest peer / patron's"
    yield faster(result, words, result["refresh"], least)
    if "patron-changes" in result["refresh"]:
        words = f"run after 0.1 % new orders, {size} orders, changes.parquet written: time of the fastest peer / patron's"
        yield faster(result, words, result["refresh"], 50, "patron-changes")


def inside(runs: list[dict]) -> float:
    """Returns the seconds from customers in memory to predictions in memory, by the program's own clock."""
    return statistics.median(sum(run["steps"].get(step, 0) for step in WORKED_OUT) for run in runs)


def of_fits(result: dict) -> Iterator[Told]:
    """Customers as they are: whoever counts equal histories first has that in its time. Whole processes read and write text, too."""
    words = f"BG/NBD, fit and predictions of {in_millions(result['data']['customers'])} customers"
    runs = result["works"]["predict"]
    times = {name: inside(runs[name]) for name in ("lifetimes", "patron")}
    basis = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in times.items())
    of_clocks = f"{words}, by the clocks inside: time of lifetimes / patron's"
    yield told(result, of_clocks, times["lifetimes"] / times["patron"], least=50, basis=basis)
    of_rows = {name: runs[name] for name in times}
    yield faster(result, f"{words}, whole processes: time of lifetimes / patron's", of_rows, 50)
    yield faster(result, f"{words}, whole processes: time of lifetimes on histories counted before / patron's", runs, 50)


def of_segments(result: dict) -> Iterator[Told]:
    runs = {name: statistics.median(run["evaluating_seconds"] for run in found) for name, found in result["runs"].items()}
    words = f"20 segment conditions over {in_millions(result['data']['customers'])} customers: seconds"
    basis = ", ".join(f"{name} {runs[name]:.2f} s" for name in ("duckdb", "polars"))
    yield told(result, words, runs["patron"], most=0.5, unit="s", basis=basis)


def of_month_ends(result: dict) -> Iterator[Told]:
    ours, one = (median(result["runs"][name]) for name in ("patron-month-ends", "patron"))
    size = in_millions(result["data"]["orders"])
    words = f"month-ends of two years in one walk, {size} orders: time / that of one day"
    yield told(result, words, ours / one, most=3, basis=f"{ours:.2f} s and {one:.2f} s")


def newest(results: list[dict]) -> list[dict]:
    """Returns the newest record of each kind and size, small sizes first."""
    in_time = sorted(results, key=lambda result: result["measured_at"])
    found = {named(part): part for result in in_time for part in by_format(result)}
    return sorted(found.values(), key=lambda result: result["data"].get("orders", 0))


def cold(results: list[dict]) -> Iterator[Told]:
    plain = [result for result in results if "work" not in result and result["data"].get("case", "base") == "base"]
    tenth = None
    for result in plain:
        orders = result["data"]["orders"]
        if memory_of(result) is not None:
            yield from limited(result)
        elif orders == 10 * MILLION:
            tenth = result if "parquet" in result["formats"] else tenth
            yield from cold_at_ten_million(result)
        elif orders == 100 * MILLION and "parquet" in result["formats"]:
            yield from cold_at_hundred_million(result, tenth)


WORKS: dict[str, Callable[[dict], Iterator[Told]]] = {
    "import": of_imports,
    "ledger": of_ledgers,
    "fits": of_fits,
    "segments": of_segments,
    "month-ends": of_month_ends,
}


def all_told(results: list[dict]) -> list[Told]:
    kept = newest(results)
    found = list(cold(kept))
    for work, tell in WORKS.items():
        for result in kept:
            if result.get("work") == work:
                found += tell(result)
    return found


def section(results: list[dict]) -> str:
    """Returns the section of the targets, and which of them nothing was recorded for."""
    found = all_told(results)
    missing = [f"- {words}" for words in WANTED if words not in {one.words for one in found}]
    lines = [
        "## Targets",
        "",
        "| target | bound | figure | | of | record |",
        "|---|---:|---:|---|---|---|",
        *(one.row() for one in found),
        *(["", "Not on record yet:", "", *missing] if missing else []),
    ]
    return "\n".join(lines) + "\n"
