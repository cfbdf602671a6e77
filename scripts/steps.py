"""Runs named steps one after another, with time, log and tally, and says at the end what became of each."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from counting import Tally

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
LOGS = TARGET / "test-logs"
TAIL_LINES = 200


def one_check(_: str) -> Tally:
    """A step that is no test run counts as one check."""
    return Tally(passed=1)


@dataclass
class Step:
    """One command.

    `count` reads its output: always where a test runner prints a tally of its own (`has_tally`), else only when it went
    well. `show` says which lines reach the terminal while it runs. `needs` names steps that must have gone well.
    """

    name: str
    command: list[str]
    count: Callable[[str], Tally] = one_check
    has_tally: bool = False
    show: Callable[[str], bool] = lambda _: True
    folder: Path = ROOT
    environment: dict[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()


@dataclass
class Outcome:
    """What became of a step."""

    name: str
    seconds: float
    ok: bool
    note: str
    tally: Tally


class Run:
    """All steps so far."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.started = time.monotonic()
        LOGS.mkdir(parents=True, exist_ok=True)

    def total(self) -> Tally:
        total = Tally()
        for outcome in self.outcomes:
            total.add(outcome.tally)
        return total

    def do(self, step: Step) -> None:
        elapsed = time.monotonic() - self.started
        print(f"\n== [{elapsed:4.0f} s] {step.name}", flush=True)
        lacking = [name for name in step.needs if not self._went_well(name)]
        if lacking:
            print(f"not run: needs {', '.join(lacking)}")
            self.outcomes.append(Outcome(step.name, 0.0, False, "not run", Tally(failed=1)))
            return
        begun = time.monotonic()
        code, output = execute(step)
        seconds = time.monotonic() - begun
        tally = step.count(output) if code == 0 or step.has_tally else Tally()
        note = "" if code == 0 else f"failed with exit code {code}"
        if code == 0 and tally.passed + tally.failed + len(tally.skipped) == 0:
            note = "ran no test"
        if note and tally.failed == 0:
            tally.failed = 1  # it broke before or beside its tests
        self.outcomes.append(Outcome(step.name, seconds, tally.failed == 0, note, tally))

    def _went_well(self, name: str) -> bool:
        return any(outcome.name == name and outcome.ok for outcome in self.outcomes)

    def summary(self) -> None:
        print("\n== time of each step")
        for outcome in self.outcomes:
            word = "ok" if outcome.ok else "FAILED"
            count = f"  ({outcome.tally.line()})" if outcome.tally.passed + outcome.tally.failed > 1 else ""
            print(f"{outcome.seconds:8.1f} s  {word:6}  {outcome.name}{count}{'  ' + outcome.note if outcome.note else ''}")
        print(f"{time.monotonic() - self.started:8.1f} s  in all; full output: {LOGS}")


def what_failed(lines: list[str]) -> list[str]:
    """Returns the failures that cargo's test runner describes, each with what its test printed."""
    found: list[str] = []
    inside = False
    for line in lines:
        if line.startswith("test result: "):
            inside = False
        elif line == "failures:" and not inside:
            inside = True
        elif inside and line:
            found.append(line)
    return found


def execute(step: Step) -> tuple[int, str]:
    """Runs the command; its whole output goes to a log, what `show` picks to the terminal, on failure the tail too."""
    program = shutil.which(step.command[0])
    if program is None:
        print(f"error: `{step.command[0]}` is not installed")
        return 127, ""
    lines: list[str] = []
    hidden = False
    log_path = LOGS / (step.name.replace(" ", "-") + ".log")
    process = subprocess.Popen(
        [program, *step.command[1:]],
        cwd=step.folder,
        env=os.environ | step.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    with log_path.open("w", encoding="utf-8") as log, process:
        for raw in process.stdout:
            line = raw.decode("utf-8", errors="replace").rstrip("\r\n")
            lines.append(line)
            log.write(line + "\n")
            if step.show(line):
                print(line, flush=True)
            else:
                hidden = True
    code = process.returncode
    if code != 0 and hidden:
        failures = what_failed(lines)
        if failures:
            print(f"-- what failed, from {log_path}")
        else:
            failures = lines[-TAIL_LINES:]
            print(f"-- the last {len(failures)} lines of {log_path}")
        print("\n".join(failures[:TAIL_LINES]))
    sys.stdout.flush()
    return code, "\n".join(lines) + "\n"
