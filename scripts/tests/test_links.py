"""A link that leads nowhere must be told; one that leads somewhere must not."""

import tempfile
import unittest
from pathlib import Path

import links


class Links(unittest.TestCase):
    def faults(self, text):
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder) / "page.md"
            (Path(folder) / "other.md").write_text("# Which *way*, then?\n", encoding="utf-8")
            page.write_text(text, encoding="utf-8")
            return links.faults(page)

    def test_a_file_or_heading_that_is_missing_is_told(self):
        self.assertEqual(self.faults("[a](gone.md)"), ["gone.md: no such file"])
        self.assertEqual(self.faults("[a](other.md#gone)"), ["other.md#gone: no such heading"])
        self.assertEqual(self.faults("[a](#gone)"), ["#gone: no such heading"])

    def test_what_is_there_is_not(self):
        self.assertEqual(self.faults("# Here\n[a](other.md#which-way-then) ![b](other.md) [c](#here)"), [])

    def test_code_and_the_web_are_left_alone(self):
        self.assertEqual(self.faults("`[a](gone.md)` [b](https://example.org/x)\n```\n[c](gone.md)\n```\n"), [])


if __name__ == "__main__":
    unittest.main()
