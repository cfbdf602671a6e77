"""The licence taken is the preferred one that is allowed, and what a file says beyond the Apache text is kept."""

import unittest
from pathlib import Path

import notices

APACHE = (Path(__file__).resolve().parents[2] / "LICENSE").read_text(encoding="utf-8")


class Chosen(unittest.TestCase):
    def chosen(self, expression):
        allowed = {"Apache-2.0", "MIT", "ISC", "Unicode-3.0"}
        return notices.chosen({"name": "some", "license": expression}, allowed)

    def test_apache_before_mit_before_the_rest(self):
        self.assertEqual(self.chosen("MIT OR Apache-2.0"), ["Apache-2.0"])
        self.assertEqual(self.chosen("Unlicense OR MIT"), ["MIT"])
        self.assertEqual(self.chosen("ISC"), ["ISC"])

    def test_all_parts_of_an_and_are_taken(self):
        self.assertEqual(self.chosen("(MIT OR Apache-2.0) AND Unicode-3.0"), ["MIT", "Unicode-3.0"])

    def test_what_is_not_allowed_stops_the_writing(self):
        with self.assertRaises(SystemExit):
            self.chosen("GPL-3.0-only")


class ApacheText(unittest.TestCase):
    def test_the_text_itself_is_dropped(self):
        self.assertEqual(notices.apache_text_removed(APACHE), "")

    def test_what_follows_is_kept(self):
        more = APACHE + "\n" + "-" * 60 + "\n\nderived from: another crate\n"
        self.assertEqual(notices.apache_text_removed(more), "derived from: another crate")

    def test_another_text_is_left_alone(self):
        self.assertEqual(notices.apache_text_removed("Copyright me"), "Copyright me")


if __name__ == "__main__":
    unittest.main()
