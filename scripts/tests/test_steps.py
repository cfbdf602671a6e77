"""A failing, missing or empty step must show in the total."""

import io
import unittest
from contextlib import redirect_stdout

import counting
from steps import Run, Step, what_failed


class Steps(unittest.TestCase):
    def total(self, *steps):
        run = Run()
        with redirect_stdout(io.StringIO()):
            for step in steps:
                run.do(step)
        return run.total().line()

    def test_a_check_that_goes_well_counts_as_one(self):
        self.assertEqual(self.total(Step("a", ["true"])), "1 passed, 0 failed, 0 skipped")

    def test_a_failing_check_counts_as_one(self):
        self.assertEqual(self.total(Step("a", ["false"])), "0 passed, 1 failed, 0 skipped")

    def test_a_program_that_is_not_there_fails(self):
        self.assertEqual(self.total(Step("a", ["no-such-program"])), "0 passed, 1 failed, 0 skipped")

    def test_what_needs_a_failed_step_is_not_run_and_fails(self):
        steps = [Step("a", ["false"]), Step("b", ["true"], needs=("a",))]
        self.assertEqual(self.total(*steps), "0 passed, 2 failed, 0 skipped")

    def test_a_test_run_that_breaks_fails_even_if_no_test_did(self):
        line = "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured"
        command = ["bash", "-c", f"echo '{line}'; exit 101"]
        step = Step("a", command, count=counting.of_cargo, has_tally=True)
        self.assertEqual(self.total(step), "3 passed, 1 failed, 0 skipped")

    def test_what_failed_is_shown_with_what_its_test_printed(self):
        lines = ["test a ... ok", "successes:", "", "failures:", "", "---- b stdout ----", "said so", "", "failures:", "    b", "",
                 "test result: FAILED. 1 passed; 1 failed", "test c ... ok"]  # fmt: skip
        self.assertEqual(what_failed(lines), ["---- b stdout ----", "said so", "failures:", "    b"])
        self.assertEqual(what_failed(["error: linking failed"]), [])

    def test_a_test_run_without_a_test_fails(self):
        step = Step("a", ["true"], count=counting.of_cargo, has_tally=True)
        self.assertEqual(self.total(step), "0 passed, 1 failed, 0 skipped")


if __name__ == "__main__":
    unittest.main()
