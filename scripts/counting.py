"""How many tests passed, failed and were skipped, read from what the test runners print."""

import json
import re
from dataclasses import dataclass, field

CARGO_RESULT = re.compile(r"^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;", re.MULTILINE)
CARGO_IGNORED = re.compile(r"^test (.+?)(?: - should panic)? \.\.\. ignored(?:, (.*))?$", re.MULTILINE)
# A test that lacks something says so itself, and then returns: the runner counts it as passed.
SAID_SKIPPED = re.compile(r"^SKIPPED (\S+): (.+)$", re.MULTILINE)
# `#[ignore = "soak: …"]` is not skipped: its place is another tier.
OTHER_TIER = "soak"


@dataclass
class Tally:
    """Numbers of tests, and the skipped ones by name."""

    passed: int = 0
    failed: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def line(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {len(self.skipped)} skipped"


def of_cargo(output: str) -> Tally:
    """Reads the output of `cargo test -- --show-output`."""
    tally = Tally()
    for passed, failed, _ in CARGO_RESULT.findall(output):
        tally.passed += int(passed)
        tally.failed += int(failed)
    for name, why in CARGO_IGNORED.findall(output):
        if not why.startswith(OTHER_TIER):
            tally.skipped.append((name, why or "ignored without a reason"))
    said = dict.fromkeys(SAID_SKIPPED.findall(output))
    tally.skipped += said
    tally.passed -= len(said)
    return tally


def of_vitest(report: str) -> Tally:
    """Reads vitest's JSON report."""
    whole = json.loads(report)
    tally = Tally(passed=whole["numPassedTests"], failed=whole["numFailedTests"])
    # A file that cannot be loaded has no tests and fails all the same.
    if not tally.failed and whole["numFailedTestSuites"]:
        tally.failed = whole["numFailedTestSuites"]
    for file in whole["testResults"]:
        for test in file["assertionResults"]:
            if test["status"] not in ("passed", "failed"):
                tally.skipped.append((test["fullName"], f"vitest says {test['status']}"))
    return tally
