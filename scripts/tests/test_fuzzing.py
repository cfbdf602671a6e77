"""What libFuzzer prints becomes figures."""

import tempfile
import unittest
from pathlib import Path

import fuzzing

QUIET = """INFO: Seed: 1
#2	INITED cov: 3107 ft: 3108 corp: 1/1b exec/s: 0 rss: 80Mb
#4096	pulse  cov: 3300 ft: 5001 corp: 41/2000b lim: 43 exec/s: 136 rss: 120Mb
#8192	DONE   cov: 3311 ft: 5100 corp: 44/2100b lim: 80 exec/s: 134 rss: 130Mb
Done 8192 runs in 61 second(s)
stat::number_of_executed_units: 8192
stat::average_exec_per_sec:     134
stat::peak_rss_mb:              131
"""
CRASH = """#2	INITED cov: 3107 ft: 3108 corp: 1/1b exec/s: 0 rss: 80Mb

thread '<unnamed>' (123) panicked at fuzz_targets/json.rs:8:5:
each row ends in one class
==1== ERROR: libFuzzer: deadly signal
SUMMARY: libFuzzer: deadly signal
artifact_prefix='/x/artifacts/json/'; Test unit written to /x/artifacts/json/crash-abc
stat::number_of_executed_units: 17
"""


class ReadTest(unittest.TestCase):
    def test_a_quiet_run_is_figures(self) -> None:
        with tempfile.TemporaryDirectory() as corpus:
            Path(corpus, "seed_a").touch()
            found = fuzzing.read(0, QUIET, Path(corpus), 61.0)
        self.assertTrue(found.passed)
        self.assertEqual(found.line(), "8192 executions, no findings")
        expected = {"executions": 8192, "executions_per_second": 134.3, "findings": 0, "corpus": 1, "edges": 3311, "peak_mb": 131}
        self.assertEqual(found.figures(), expected)

    def test_a_finding_is_named_with_what_was_said(self) -> None:
        found = fuzzing.read(77, CRASH, Path("absent"), 1.0)
        self.assertFalse(found.passed)
        self.assertEqual(found.findings, ["crash-abc (fuzz_targets/json.rs:8:5: each row ends in one class)"])
        self.assertEqual(found.executions, 17)

    def test_a_run_that_broke_otherwise_is_a_failure(self) -> None:
        found = fuzzing.read(1, "no such file", Path("absent"), 1.0)
        self.assertEqual(found.findings, ["exit 1: no such file"])

    def test_the_manifest_names_the_targets(self) -> None:
        targets = fuzzing.targets()
        self.assertIn("text", targets)
        self.assertNotIn("seeds", targets)
        for target in targets:
            self.assertTrue((fuzzing.FOLDER / "fuzz_targets" / f"{target}.rs").is_file())


if __name__ == "__main__":
    unittest.main()
