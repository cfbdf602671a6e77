#!/usr/bin/env python3
"""Runs of patron on a real Spark beside the same runs on this machine: `scripts/spark_check.py PATRON FOLDER`.

It starts Spark Connect with two executors on loopback (scripts/spark.sh), and stops it. Checked are: the same bytes of
customers.parquet for every case of crates/patron-cli/tests/cases, for strange ids, and for a made-up shop as text and as typed
columns, with values and without; an executor killed while it reads and while it folds; rows set aside; and what is said where
something is missing. The last line begins with SOAK.
"""

import csv
import datetime
import decimal
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "crates" / "patron-cli" / "tests" / "cases"
SCRIPT = ROOT / "scripts" / "spark.sh"
PORT = "15047"
# Ways of scoring that take other numbers of all customers.
OTHER_SCORES = {
    "margins of a window": ["--margin", "0.35", "--score-on", "window"],
    "natural breaks": ["--score-method", "natural-breaks", "--bins", "4"],
}
STRANGE = ["a\tb", "a\nb", "a\rb", "a\r\nb", "a\\b", "a\\tb", "\\N", "N", "null", "a  b", "'", "\"q\"", "王", "\u2028", "a,b", "#", "\\", "\\\\s", "é", "😀"]


def script(*words: str) -> str:
    done = subprocess.run(["bash", str(SCRIPT), *words], check=True, stdout=subprocess.PIPE, text=True)
    lines = done.stdout.split("\n")
    return lines[-2] if len(lines) > 1 else ""


class Check:
    """One Spark, and what was compared on it."""

    def __init__(self, patron: str, folder: Path) -> None:
        self.patron, self.folder = patron, folder
        self.compared = 0
        self.address = self.driver = ""

    def flags(self, table: str) -> list[str]:
        return ["--engine", "spark", "--master-url", self.address, "--driver", self.driver, "--orders", table]

    def run(self, words: list[str], out: Path) -> subprocess.CompletedProcess[str]:
        command = [self.patron, "run", *words, "--quiet", "--format", "parquet", "--out", str(out)]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=1_200)

    def on_spark(self, name: str, table: str, words: list[str]) -> Path:
        out = self.folder / f"{name}-spark"
        done = self.run([*self.flags(table), *words], out)
        assert done.returncode == 0, f"{name} on Spark: {done.stderr}"
        return out

    def here(self, name: str, file: Path, words: list[str]) -> Path:
        here = self.folder / f"{name}-here"
        done = self.run([str(file), *words], here)
        assert done.returncode == 0, f"{name} here: {done.stderr}"
        return here

    def same(self, name: str, file: Path, words: list[str]) -> None:
        """Holds customers.parquet of both engines against each other, byte by byte, and the lists beside it."""
        here = self.here(name, file, words)
        self.alike(name, here, self.on_spark(name, f"parquet.`{file}`", words))

    def alike(self, name: str, here: Path, spark: Path) -> None:
        for table in ("customers.parquet", "customers_without_order.csv", "segments.csv"):
            assert (here / table).read_bytes() == (spark / table).read_bytes(), f"{name}: {table} differs"
        kept = [sorted(row[2:] for row in csv.reader((out / "rejected.csv").open(newline=""))) for out in (here, spark)]
        assert kept[0] == kept[1], f"{name}: rejected.csv differs"
        self.compared += 1
        print(f"same: {name}", flush=True)

    def stays(self, name: str, table: str, words: list[str]) -> None:
        """Has Spark write the customers, and holds them against those of the run that was made here before."""
        place = self.place(name)
        out = self.on_spark(f"{name}-stays", table, [*words, "--customers-to", str(place)])
        self.alike_there(name, out, place)

    def place(self, name: str) -> Path:
        """A place of plain letters, as such places must be."""
        return self.folder / (name.translate({ord(" "): "-", ord(","): None}) + "-customers")

    def alike_there(self, name: str, out: Path, place: Path) -> None:
        here = self.folder / f"{name}-here"
        compare_customers(name, here / "customers.parquet", place)
        assert (here / "segments.csv").read_bytes() == (out / "segments.csv").read_bytes(), f"{name}: segments.csv differs"
        told = [told_of(folder / "run.json") for folder in (here, out)]
        assert told[0] == told[1], f"{name}: run.json differs: {[key for key in told[0] if told[0][key] != told[1].get(key)]}"
        assert not (out / "customers.parquet").exists(), f"{name}: customers came here"
        self.compared += 1
        print(f"same, written by Spark: {name}", flush=True)

    def refused(self, name: str, words: list[str], *said: str, code: int = 1) -> None:
        done = self.run(words, self.folder / "refused")
        assert done.returncode == code, f"{name}: exit {done.returncode}: {done.stderr}"
        for text in said:
            assert text in done.stderr, f"{name}: `{text}` is not in: {done.stderr}"
        print(f"said: {name}: {done.stderr.strip().splitlines()[0]}", flush=True)


def parquet(path: Path, columns: dict[str, list[object]], groups: int = 4) -> Path:
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table(columns)
    # Several row groups in several files' worth of tasks.
    pyarrow.parquet.write_table(table, path, row_group_size=max(1, len(table) // groups))
    return path


def columns_of(path: Path) -> dict[str, list[str | None]]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: [row[name] if row[name] != "" else None for row in rows] for name in rows[0]}


def typed(columns: dict[str, list[str | None]]) -> dict[str, object]:
    """A shop's table as a lake has it: instants, decimals, and texts as texts."""
    import pyarrow

    instants = [datetime.datetime.fromisoformat(text) for text in columns["ordered_at"]]
    money = pyarrow.decimal128(18, 4)
    changed: dict[str, object] = dict(columns)
    changed["ordered_at"] = pyarrow.array(instants, pyarrow.timestamp("us", "UTC"))
    for name in ("net", "refunded"):
        if name in columns:
            amounts = [None if text is None else decimal.Decimal(text) for text in columns[name]]
            changed[name] = pyarrow.array(amounts, money)
    return changed


def compare_customers(name: str, here: Path, there: Path) -> None:
    """Compares names, types and values column by column. Spark's files are in no order, and its columns may all be null."""
    import pyarrow
    import pyarrow.dataset
    import pyarrow.parquet

    one = pyarrow.parquet.read_table(here)
    other = pyarrow.dataset.dataset(there, format="parquet").to_table().sort_by("customer_id")
    # pyarrow sorts texts by their bytes, as patron does.
    assert one.column_names == other.column_names, f"{name}: columns {other.column_names}, expected {one.column_names}"
    for column in one.column_names:
        left, right = one[column], other[column]
        if pyarrow.types.is_list(left.type):
            assert pyarrow.types.is_list(right.type) and left.type.value_type == right.type.value_type, f"{name}: type of {column}"
            left, right = left.to_pylist(), right.to_pylist()
            assert left == right, f"{name}: {column} differs"
            continue
        assert left.type == right.type, f"{name}: {column} is {right.type}, expected {left.type}"
        assert left.equals(right), f"{name}: {column} differs"


def told_of(path: Path) -> dict[str, object]:
    """What run.json tells that cannot differ: not of the machine, of the input's name, nor what is left out there."""
    told = json.loads(path.read_text(encoding="utf-8"))
    for key in ("machine", "inputs", "frequency_monetary_correlation"):
        del told[key]
    of_correlation = ("customers_on_spark", "frequency_monetary_correlated")
    told["notes"] = [note for note in told["notes"] if note["key"] not in of_correlation]
    return told


def cases(check: Check) -> None:
    for case in sorted(path for path in CASES.iterdir() if path.is_dir()):
        file = parquet(check.folder / f"{case.name}.parquet", columns_of(case / "orders.csv"))
        words = ["--settings", str(case / "settings.toml"), "--no-clv", "--identity", "off"]
        check.same(case.name, file, words)
        check.stays(case.name, f"parquet.`{file}`", words)


def strange(check: Check) -> None:
    ids = [text for text in STRANGE for _ in range(3)]
    columns = {
        "customer_id": ids,
        "order_id": [f"{place}{text}" for place, text in enumerate(ids)],
        "ordered_at": [f"2024-0{1 + place % 9}-11" for place in range(len(ids))],
        "net": [f"{place}.25" for place in range(len(ids))],
        "name": [f" {text} {text} " for text in ids],
        "email": [f"p{place // 3}@example.com" for place in range(len(ids))],
    }
    file = parquet(check.folder / "strange.parquet", columns)
    check.same("strange ids", file, ["--no-clv", "--identity", "off"])
    check.stays("strange ids", f"parquet.`{file}`", ["--no-clv", "--identity", "off"])
    bad = columns | {"net": ["?" if place % 7 == 0 else net for place, net in enumerate(columns["net"])]}
    file = parquet(check.folder / "bad.parquet", bad)
    check.same("bad rows", file, ["--no-clv", "--identity", "off"])
    rows = list(csv.DictReader((check.folder / "bad rows-spark" / "rejected.csv").open(newline="")))
    assert len(rows) == len([place for place in range(len(ids)) if place % 7 == 0]), rows
    assert all(row["customer_id"] and row["value"] == "?" and row["column"] == "net" for row in rows), rows


def shop(check: Check, customers: int) -> Path:
    made = check.folder / "shop"
    subprocess.run([check.patron, "demo", str(made), "--customers", str(customers)], check=True, capture_output=True)
    columns = columns_of(made / "orders.csv")
    words = ["--identity", "off", "--currency", "EUR"]
    text = parquet(check.folder / "text.parquet", columns)
    check.same("shop as text", text, [*words, "--no-clv"])
    lake = parquet(check.folder / "typed.parquet", typed(columns))
    check.same("shop, typed", lake, [*words, "--no-clv"])
    check.same("shop, typed, with values", lake, words)
    of_a_day = [*words, "--no-clv", "--as-of", "2024-06-30", "--timezone", "Asia/Shanghai"]
    check.same("shop as of a day", lake, of_a_day)
    table = f"parquet.`{lake}`"
    check.stays("shop, typed", table, [*words, "--no-clv"])
    check.stays("shop as of a day", table, of_a_day)
    for name, more in OTHER_SCORES.items():
        asked = [*words, "--no-clv", *more]
        check.here(f"shop by {name}", lake, asked)
        check.stays(f"shop by {name}", table, asked)
    return lake


def executors() -> dict[int, list[str]]:
    """The processes below each executor of this machine's Spark, by its process."""
    found: dict[int, list[str]] = {}
    parents: dict[int, tuple[int, str]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError, ValueError):
            continue
        parents[int(folder.name)] = (parent, words)
    for process, (_, words) in parents.items():
        if "CoarseGrainedExecutorBackend" in words and str(ROOT / ".tools" / "spark") in words:
            found[process] = [text for parent, text in parents.values() if parent == process]
    return found


def lost_tasks() -> int:
    """How often Spark's log says that a task was lost with its executor."""
    logs = (ROOT / ".tools" / "spark" / "log").glob("*SparkConnectServer*.out")
    return sum(log.read_text(errors="replace").count("ExecutorLostFailure") for log in logs)


def killed(check: Check, lake: Path, task: str) -> None:
    """Kills an executor while one of its tasks runs patron: Spark must have lost a task by it, and do it again."""
    name = f"executor killed at {task}"
    out, place = check.folder / f"{name}-spark", check.place(name)
    words = [*check.flags(f"parquet.`{lake}`"), "--identity", "off", "--currency", "EUR", "--no-clv"]
    if task == "scores":
        words += ["--customers-to", str(place)]
    command = [check.patron, "run", *words, "--quiet", "--format", "parquet", "--out", str(out)]
    running = subprocess.Popen(command, cwd=check.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    victim, lost_before = None, lost_tasks()
    while victim is None and running.poll() is None:
        busy = [process for process, below in executors().items() if any(f"--spark {task}" in words for words in below)]
        victim = busy[0] if busy else None
        time.sleep(0.005)
    assert victim is not None, f"{name}: the run was over before an executor was seen at it"
    os.kill(victim, signal.SIGKILL)
    _, stderr = running.communicate(timeout=1_200)
    assert running.returncode == 0, f"{name}: {stderr}"
    assert lost_tasks() > lost_before, f"{name}: no task was lost"
    if task == "scores":
        (check.folder / f"{name}-here").symlink_to(check.folder / "shop, typed-here")
        check.alike_there(name, out, place)
    else:
        check.alike(name, check.folder / "shop, typed-here", out)


def messages(check: Check, lake: Path) -> None:
    table = f"parquet.`{lake}`"
    flags = check.flags(table)
    replaced = lambda old, new: [new if word == old else word for word in flags]
    check.refused("no Spark", replaced(check.address, "sc://127.0.0.1:1"), "cannot reach Spark", "Spark Connect", code=3)
    check.refused("no driver", replaced(check.driver, "/nowhere/libadbc.so"), "was not found", "--driver")
    check.refused("no table", replaced(table, "no_such_table"), "no_such_table", "--orders")
    check.refused("no program", [*flags, "--spark-program", "installed:/nowhere/patron"], "cannot run `/nowhere/patron`", "--spark-program")
    other = check.folder / "other" / "patron"
    other.parent.mkdir(exist_ok=True)
    other.write_text("#!/bin/sh\necho patron-0.0.1-spark-0\n")
    other.chmod(0o755)
    check.refused("another version", [*flags, "--spark-program", f"installed:{other}"], "another patron", "patron-0.0.1-spark-0")
    check.refused("no file", [*flags, "--spark-program", "/nowhere/patron"], "cannot give `/nowhere/patron`")
    check.refused("joined customers", [*flags, "--identity", "email"], "--identity off")
    taken = check.place("shop, typed")
    before = sorted(path.name for path in taken.iterdir())
    check.refused("a place with customers", [*flags, "--no-clv", "--customers-to", str(taken)], "there are files in", "nothing is replaced")
    assert before == sorted(path.name for path in taken.iterdir()), "something was replaced"
    check.refused("values there", [*flags, "--customers-to", str(check.folder / "new")], "--no-clv", "--customers-to")
    ranked = ["--no-clv", "--identity", "off", "--score-method", "ntile", "--customers-to", str(check.folder / "new")]
    check.refused("ranks there", [*flags, *ranked], "ntile", "--score-method quantile")
    nowhere = ["--no-clv", "--customers-to", "/proc/none/customers", "--identity", "off"]
    check.refused("no room", [*flags, *nowhere], "cannot write customers to `/proc/none/customers`")
    shared = {"customer_id": ["a", "b", "c"], "order_id": ["1", "1", "2"], "ordered_at": ["2024-01-01"] * 3, "net": ["1"] * 3}
    file = parquet(check.folder / "shared.parquet", shared)
    flags = check.flags(f"parquet.`{file}`")
    check.refused("shared orders", [*flags, "--no-clv"], "1 orders stand with more than one customer", "--keep shared-orders")
    check.same("shared orders kept", file, ["--no-clv", "--keep", "shared-orders"])
    # What was added is found from wherever executors work.
    check.on_spark("installed", table, ["--no-clv", "--identity", "off", "--currency", "EUR", "--spark-program", f"installed:{check.patron}"])
    check.alike("installed program", check.folder / "shop, typed-here", check.folder / "installed-spark")


def main() -> int:
    patron, folder = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2])
    python = script("python")
    if Path(sys.prefix).resolve() != Path(python).parent.parent.resolve():
        os.execv(python, [python, *sys.argv])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    check = Check(patron, folder.resolve())
    check.driver = script("driver")
    check.address = script("start", PORT)
    try:
        cases(check)
        strange(check)
        lake = shop(check, int(os.environ.get("PATRON_SPARK_CUSTOMERS", "20000")))
        messages(check, lake)
        for task in ("rows", "histories", "scores"):
            killed(check, lake, task)
    finally:
        script("stop")
    print(f"SOAK {check.compared} runs on Spark gave the bytes of the same runs on this machine")
    return 0


if __name__ == "__main__":
    sys.exit(main())
