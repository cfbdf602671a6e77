#!/usr/bin/env python3
"""make test: every check and test, each with its time; the last line is the total.

It sets itself up inside the project (.tools/, web/node_modules/, the cargo target folder). A test that cannot run here
is skipped and printed by name; with CI=true that counts as a failure.
"""

import argparse
import gzip
import os
import re
import sys

import counting
from steps import LOGS, ROOT, TARGET, Run, Step, Tally

# A small shop, its report and its screenshots, kept to be looked at.
LOOK = LOGS / "look"
IN_CI = os.environ.get("CI") == "true"
# The release profile on purpose: arrow and parquet are compiled once for demo, tests and benches.
RELEASE = ["--release", "--workspace", "--locked"]
# Without the sampler, which the workspace's other crates ask for.
ALONE = ["--release", "--locked", "-p", "patron-stats"]
TEST_LINES = re.compile(r"^(\s+Running |\s+Doc-tests |test result: |SKIPPED |error|warning: unused|test .*FAILED|failures:)")


def checks() -> list[Step]:
    """Cheap ones first: they fail within seconds."""
    python = sys.executable
    return [
        Step("format", ["cargo", "fmt", "--all", "--check"]),
        Step("tests of the scripts", [python, "-m", "unittest", "discover", "-s", "scripts/tests"],
             environment={"PYTHONPATH": str(ROOT / "scripts")}),
        Step("licences", [python, "scripts/licences.py"]),
        Step("notices", [python, "scripts/notices.py", "--check"]),
        Step("links", [python, "scripts/links.py"]),
        Step("spelling", ["bash", "scripts/spelling.sh"]),
        Step("benchmark tables", [python, "bench/report.py", "--check"]),
    ]  # fmt: skip


def web() -> list[Step]:
    report = LOGS / "vitest.json"
    report.unlink(missing_ok=True)
    runner = ["npm", "test", "--", "--reporter=default", "--reporter=json", f"--outputFile.json={report}"]

    def count(_: str) -> Tally:
        return counting.of_vitest(report.read_text(encoding="utf-8")) if report.exists() else Tally(failed=1)

    return [
        Step("web build", ["bash", "scripts/web.sh"]),
        Step("web tests", runner, count=count, has_tally=True, folder=ROOT / "web", needs=("web build",)),
    ]


def rust() -> list[Step]:
    return [
        # The binary carries the page, so the page comes first.
        Step("lints", ["cargo", "clippy", *RELEASE, "--all-targets", "--", "-D", "warnings"], needs=("web build",)),
        Step("rust build", ["cargo", "test", *RELEASE, "--no-run"], needs=("web build",)),
        Step("rust tests", ["cargo", "test", *RELEASE, "--no-fail-fast", "--", "--show-output"],
             count=counting.of_cargo, has_tally=True, show=lambda line: TEST_LINES.match(line) is not None,
             needs=("rust build",)),
        Step("rust docs", ["cargo", "doc", *RELEASE, "--no-deps"], environment={"RUSTDOCFLAGS": "-D warnings"},
             needs=("web build",)),
        Step("statistics alone", ["cargo", "clippy", *ALONE, "--all-targets", "--", "-D", "warnings"]),
    ]  # fmt: skip


def browser() -> list[Step]:
    def count(output: str) -> Tally:
        said = counting.SAID_SKIPPED.findall(output)
        return Tally(passed=0 if said else 1, skipped=said)

    command = ["bash", "scripts/look.sh", str(LOOK)]
    return [Step("the report in a browser", command, count=count, needs=("rust build",))]


def sizes() -> None:
    print("\n== sizes")
    files = {
        "the program": TARGET / "release" / "patron",
        "the empty report page": ROOT / "web" / "dist" / "report.html",
        "the report of a small demo shop": LOOK / "out" / "report.html",
    }
    for words, path in files.items():
        if path.exists():
            content = path.read_bytes()
            squeezed = len(gzip.compress(content, 6))
            print(f"{len(content) / 1e6:8.2f} MB  ({squeezed / 1e6:.2f} MB gzipped)  {words}")
        else:
            print(f"  absent                       {words}")


def chosen(steps: list[Step], only: str | None) -> list[Step]:
    """Returns the steps asked for; what they need is then taken to be there."""
    if only is None:
        return steps
    names = {name.strip() for name in only.split(",")}
    if unknown := names - {step.name for step in steps}:
        raise SystemExit(f"error: no step is called {', '.join(sorted(unknown))}\n  hint: --list names them")
    picked = [step for step in steps if step.name in names]
    for step in picked:
        step.needs = tuple(name for name in step.needs if name in names)
    return picked


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", metavar="STEP,STEP…", help="run these steps only")
    parser.add_argument("--list", action="store_true", help="name the steps")
    options = parser.parse_args()
    run = Run()
    steps = [*checks(), *web(), *rust(), *browser()]
    if options.list:
        print("\n".join(step.name for step in steps))
        return 0
    for step in chosen(steps, options.only):
        run.do(step)
    run.summary()
    sizes()
    return verdict(run)


def verdict(run: Run) -> int:
    """Prints what was skipped, what failed and the total; returns the exit code."""
    total = run.total()
    if total.skipped:
        print("\n== skipped" + (", which CI does not allow" if IN_CI else ""))
        for name, why in total.skipped:
            print(f"SKIPPED {name}: {why}")
    failed = total.failed > 0 or (IN_CI and bool(total.skipped))
    if failed:
        print("\nfailed: " + (", ".join(o.name for o in run.outcomes if not o.ok) or "tests were skipped"))
    print(f"\n{total.line()}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
