"""The totals of a test run must not hide a failed or skipped test."""

import json
import unittest

import counting

CARGO = """
     Running tests/it/main.rs (target/release/deps/it-1)

running 4 tests
test layers::a ... ok
test long::b ... ignored, soak: an hour
test c ... ignored
test d ... ok

successes:

---- d stdout ----
SKIPPED d: no data
SKIPPED d: no data

test result: ok. 2 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.01s

   Doc-tests patron_core

test crates/patron-core/src/money.rs - money::Money (line 12) ... FAILED

test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.51s
"""


class Cargo(unittest.TestCase):
    def test_results_of_all_binaries_add_up(self):
        tally = counting.of_cargo(CARGO)
        self.assertEqual((tally.passed, tally.failed), (4, 1))

    def test_a_test_that_says_it_skipped_did_not_pass(self):
        tally = counting.of_cargo(CARGO)
        self.assertEqual(tally.skipped, [("c", "ignored without a reason"), ("d", "no data")])
        self.assertEqual(tally.line(), "4 passed, 1 failed, 2 skipped")

    def test_output_without_a_result_counts_nothing(self):
        self.assertEqual(counting.of_cargo("error: could not compile").line(), "0 passed, 0 failed, 0 skipped")


class Vitest(unittest.TestCase):
    def report(self, **changes):
        tests = [
            {"fullName": "money in euros", "status": "passed"},
            {"fullName": "later", "status": "pending"},
        ]
        whole = {
            "numPassedTests": 1,
            "numFailedTests": 0,
            "numFailedTestSuites": 0,
            "testResults": [{"assertionResults": tests}],
        }
        return json.dumps(whole | changes)

    def test_pending_tests_are_named(self):
        tally = counting.of_vitest(self.report())
        self.assertEqual(tally.line(), "1 passed, 0 failed, 1 skipped")
        self.assertEqual(tally.skipped[0][0], "later")

    def test_a_file_that_cannot_be_loaded_is_a_failure(self):
        self.assertEqual(counting.of_vitest(self.report(numFailedTestSuites=2)).failed, 2)


if __name__ == "__main__":
    unittest.main()
