"""Runs the fuzz targets of fuzz/ with cargo-fuzz and reads what libFuzzer says of itself."""

import os
import re
import subprocess
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

from steps import ROOT

FOLDER = ROOT / "fuzz"
# `seeds` writes the first corpora; it is no target.
NO_TARGETS = {"seeds"}
# Of one input: 64 KiB at most, 20 s, 2 GiB of memory. A target that needs more of any of them has a finding.
LIMITS = ["-max_len=65536", "-timeout=20", "-rss_limit_mb=2048"]
EXECUTIONS = re.compile(r"^stat::number_of_executed_units:\s+(\d+)$", re.MULTILINE)
PEAK = re.compile(r"^stat::peak_rss_mb:\s+(\d+)$", re.MULTILINE)
COVERAGE = re.compile(r"\bcov: (\d+) ft: (\d+) corp: (\d+)/")
ARTIFACT = re.compile(r"Test unit written to (\S+)")
PANIC = re.compile(r"^thread .* panicked at (.+?):?\n(.*)$", re.MULTILINE)
SUMMARY = re.compile(r"^SUMMARY: (.+)$", re.MULTILINE)
HOW_TO_GET = "`cargo install cargo-fuzz --locked` and `rustup toolchain install nightly`"


@dataclass
class Found:
    """What came of one target."""

    passed: bool
    seconds: float
    executions: int
    edges: int
    corpus: int
    peak_mb: int
    findings: list[str]

    def line(self) -> str:
        findings = "; ".join(self.findings) or "no findings"
        return f"{self.executions} executions, {findings}"

    def figures(self) -> dict[str, object]:
        return {
            "executions": self.executions,
            "executions_per_second": round(self.executions / max(self.seconds, 1.0), 1),
            "findings": len(self.findings),
            "corpus": self.corpus,
            "edges": self.edges,
            "peak_mb": self.peak_mb,
        }


def targets() -> list[str]:
    """Returns the names of the targets, as the manifest has them."""
    manifest = tomllib.loads((FOLDER / "Cargo.toml").read_text(encoding="utf-8"))
    return [target["name"] for target in manifest["bin"] if target["name"] not in NO_TARGETS]


def cargo_fuzz(*words: str) -> list[str]:
    return ["cargo", "+nightly", "fuzz", *words]


def environment() -> dict[str, str]:
    """The instrumented build has a folder of its own; a shared target folder would hold both."""
    return {name: value for name, value in os.environ.items() if name != "CARGO_TARGET_DIR"}


def build() -> None:
    """Builds all targets and writes their first corpora."""
    if subprocess.run(cargo_fuzz("--version"), cwd=FOLDER, env=environment(), capture_output=True).returncode != 0:
        raise SystemExit(f"error: cargo-fuzz or a nightly compiler is missing\n  get it: {HOW_TO_GET}")
    subprocess.run(cargo_fuzz("build"), cwd=FOLDER, env=environment(), check=True)
    subprocess.run([built("seeds"), str(FOLDER / "corpus")], cwd=FOLDER, check=True)


def built(name: str) -> str:
    """Returns where a program lies; the folder is named by the machine's kind."""
    return str(next((FOLDER / "target").glob(f"*/release/{name}")))


def run(target: str, seed: int) -> Found:
    """Fuzzes one target for FUZZ_SECONDS from the corpus in fuzz/corpus, which grows."""
    seconds = int(os.environ.get("FUZZ_SECONDS", "60"))
    artifacts, corpus = FOLDER / "artifacts" / target, FOLDER / "corpus" / target
    for folder in (artifacts, corpus):
        folder.mkdir(parents=True, exist_ok=True)
    options = [*LIMITS, f"-artifact_prefix={artifacts}/", f"-max_total_time={seconds}", f"-seed={seed}", "-print_final_stats=1"]
    begun = time.monotonic()
    done = subprocess.run(
        [built(target), *options, str(corpus)],
        cwd=FOLDER, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
    )  # fmt: skip
    return read(done.returncode, done.stdout, corpus, time.monotonic() - begun)


def read(code: int, output: str, corpus: Path, seconds: float) -> Found:
    """Reads the output of one run."""
    executions = EXECUTIONS.findall(output)
    peaks = PEAK.findall(output)
    covered = COVERAGE.findall(output)
    findings = [Path(name).name for name in ARTIFACT.findall(output)]
    if findings:
        said = [": ".join(parts) for parts in PANIC.findall(output)] or SUMMARY.findall(output)
        findings = [f"{name} ({'; '.join(said)[:300]})" for name in findings]
    if code != 0:
        print(output[-4_000:])
        findings = findings or [f"exit {code}: {output[-300:]}"]
    return Found(
        passed=code == 0,
        seconds=seconds,
        executions=int(executions[-1]) if executions else 0,
        edges=int(covered[-1][0]) if covered else 0,
        corpus=sum(1 for _ in corpus.iterdir()) if corpus.is_dir() else 0,
        peak_mb=int(peaks[-1]) if peaks else 0,
        findings=findings,
    )
