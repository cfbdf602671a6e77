"""The targets that bench/results.md tells of: figures worked out by hand from records that are made up."""

import copy
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

import targets  # noqa: E402

MIB = 2**20
STEPS = {"read": 1.0, "fold": 0.5, "score": 0.25, "write": 9.0}


def runs(*seconds: float, mib: int = 100, **more: object) -> list[dict]:
    return [{"wall_seconds": wall, "peak_bytes": mib * MIB, **more} for wall in seconds]


def record(orders: int, runs_of: dict, *, kind: str = "parquet", at: str = "2026-01-02", **more: object) -> dict:
    found = {"bytes": 1, "runs": runs_of, **more.pop("of_format", {})}
    return {"measured_at": f"{at}T00:00:00Z", "data": {"orders": orders}, "formats": {kind: found}, **more}


def told(*results: dict) -> dict[str, targets.Told]:
    return {one.words: one for one in targets.all_told(list(results))}


TEN = record(
    10_000_000,
    {
        "patron": runs(2.0, 9.0, 1.0, mib=100, steps=STEPS),
        "duckdb": runs(7.0, 8.0, 9.0, mib=150),
        "polars": runs(5.0, 4.0, 6.0, mib=250),
    },
    of_format={"limits": {"decode": runs(0.5, 0.7, 0.9)}},
)


class TargetsOfTheColdPath(unittest.TestCase):
    def test_medians_are_compared_with_the_fastest_peer(self) -> None:
        found = told(TEN)["10 M orders, Parquet: time of the fastest peer / patron's"]
        self.assertEqual(found.figure, 2.5)
        self.assertFalse(found.is_met())
        self.assertEqual(found.verdict(), "missed by a factor of 1.20")

    def test_memory_is_told_beside_the_fastest_and_the_thriftiest_peer(self) -> None:
        fastest = told(TEN)["10 M orders, Parquet: memory / the fastest peer's"]
        thriftiest = told(TEN)["10 M orders, Parquet: memory / the thriftiest peer's"]
        self.assertEqual((fastest.figure, fastest.is_met()), (0.4, True))
        self.assertEqual(fastest.verdict(), "met, 1.25 × to spare")
        self.assertEqual((round(thriftiest.figure, 4), thriftiest.is_met()), (0.6667, False))

    def test_time_up_to_scores_leaves_out_what_comes_after(self) -> None:
        found = told(TEN)["10 M orders, Parquet: time up to scores / decoding the columns read"]
        self.assertAlmostEqual(found.figure, 1.75 / 0.7)
        self.assertEqual(found.verdict(), "met, 1.00 × to spare")

    def test_a_hundred_million_is_measured_against_the_tenth(self) -> None:
        hundred = record(100_000_000, {"patron": runs(24.0, mib=3000), "duckdb": runs(80.0)})
        found = told(TEN, hundred)
        self.assertEqual(found["100 M orders: time / that of 10 M"].figure, 12)
        self.assertEqual(found["100 M orders, 10 M customers: memory"].figure, 3000)
        self.assertNotIn("100 M orders: time / that of 10 M", told(hundred))

    def test_a_limit_of_memory_is_another_work(self) -> None:
        limited = record(100_000_000, {"patron": runs(30.0, mib=576)}, memory="512M")
        found = told(limited)
        self.assertEqual(list(found), ["100 M orders, --memory 512M: memory / what was asked"])
        self.assertEqual(next(iter(found.values())).figure, 1.125)

    def test_other_shapes_of_orders_have_no_target(self) -> None:
        other = copy.deepcopy(TEN)
        other["data"]["case"] = "giant"
        self.assertEqual(told(other), {})


class TargetsOfTheLedger(unittest.TestCase):
    def ledger(self, orders: int) -> dict:
        refresh = {"patron": runs(0.5), "patron-changes": runs(0.1), "duckdb": runs(6.0), "polars": runs(7.0)}
        parts = {"run": {"patron": runs(2.0), "duckdb": runs(8.0)}, "refresh": refresh}
        return {"work": "ledger", "measured_at": "2026-01-02T00:00:00Z", "data": {"orders": orders}, **parts}

    def test_the_bound_of_a_refresh_grows_with_the_history(self) -> None:
        ten, hundred = (list(told(self.ledger(orders)).values()) for orders in (10_000_000, 100_000_000))
        self.assertEqual([(one.figure, one.bound) for one in ten], [(4, 3), (12, 10), (60, 50)])
        self.assertEqual([one.is_met() for one in ten], [True, True, True])
        self.assertEqual([one.is_met() for one in hundred], [True, False, True])

    def test_an_import_may_take_half_as_long_again(self) -> None:
        slower = record(1_000_000, {"patron": runs(3.0), "duckdb": runs(1.5)}, work="import", memory="512M")
        found = next(iter(told(slower).values()))
        self.assertEqual((found.figure, found.is_met()), (2, False))


FITS = {
    "work": "fits",
    "measured_at": "2026-01-02",
    "data": {"customers": 1_000_000},
    "works": {
        "predict": {
            "patron": runs(1.0, steps={"reading": 0.5, "counting": 0.125, "fit": 0.0625, "predictions": 0.0625}),
            "lifetimes": runs(20.0, steps={"imports": 1.0, "reading": 1.0, "fit": 14.0, "predictions": 1.0, "writing": 3.0}),
            "lifetimes-distinct": runs(10.0, steps={"counting": 1.0, "fit": 3.0, "predictions": 1.0}),
        }
    },
}


class TargetsOfFits(unittest.TestCase):
    def test_by_the_clocks_inside_nothing_is_read_or_written(self) -> None:
        found = list(told(FITS).values())
        self.assertEqual([one.figure for one in found], [60, 20, 10])
        self.assertEqual([one.is_met() for one in found], [True, False, False])


class TargetsWithoutARecord(unittest.TestCase):
    def test_what_is_on_record_is_no_longer_wanted(self) -> None:
        ledger = TargetsOfTheLedger().ledger(10_000_000)
        for results, words in (([TEN], "10 M orders, Parquet: memory / the fastest peer's"), ([ledger], "run from the ledger, 10 M")):
            before, after = targets.section([]), targets.section(results)
            self.assertIn(f"- {words}", before)
            self.assertNotIn(f"- {words}", after)
            self.assertIn(f"| {words}", after)

    def test_complete_records_leave_only_what_has_no_benchmark(self) -> None:
        pair = {"patron": runs(1.0, steps=STEPS), "duckdb": runs(1.0)}
        results = [
            TEN,
            record(10_000_000, pair, kind="csv"),
            record(100_000_000, pair),
            record(100_000_000, pair, memory="512M"),
            record(10_000_000, pair, work="import"),
            *(TargetsOfTheLedger().ledger(orders) for orders in (10_000_000, 100_000_000)),
            FITS,
        ]
        missing = [line for line in targets.section(results).splitlines() if line.startswith("- ")]
        self.assertEqual(missing, [f"- {words}" for words in targets.WANTED[-2:]])


class RecordsOfTheSameWork(unittest.TestCase):
    def test_the_newest_counts_by_format(self) -> None:
        both = record(1_000_000, {"patron": runs(3.0), "duckdb": runs(1.0)}, work="import")
        both["formats"]["csv"] = {"bytes": 1, "runs": {"patron": runs(2.0), "duckdb": runs(2.0)}}
        later = record(1_000_000, {"patron": runs(1.0), "duckdb": runs(1.0)}, work="import", at="2026-02-03")
        found = told(later, both)
        self.assertEqual([(one.figure, one.measured_at[:10]) for one in found.values()], [(1, "2026-02-03"), (1, "2026-01-02")])


if __name__ == "__main__":
    unittest.main()
