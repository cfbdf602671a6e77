"""The licence check must refuse what the allow-list lacks."""

import unittest

import licences
import packages


def package(**changes):
    return {"name": "some", "version": "1.0.0", "source": "registry+index", "license": "MIT"} | changes


class Expressions(unittest.TestCase):
    def ways(self, expression):
        return [sorted(way) for way in packages.alternatives(expression)]

    def test_or_gives_a_choice_and_and_does_not(self):
        self.assertEqual(self.ways("MIT OR Apache-2.0"), [["MIT"], ["Apache-2.0"]])
        self.assertEqual(self.ways("MIT AND ISC"), [["ISC", "MIT"]])
        self.assertEqual(self.ways("MIT/Apache-2.0"), [["MIT"], ["Apache-2.0"]])

    def test_and_binds_closer_than_or(self):
        self.assertEqual(self.ways("MIT OR ISC AND Zlib"), [["MIT"], ["ISC", "Zlib"]])
        self.assertEqual(self.ways("(MIT OR ISC) AND Zlib"), [["MIT", "Zlib"], ["ISC", "Zlib"]])

    def test_an_exception_belongs_to_its_licence(self):
        self.assertEqual(
            self.ways("Apache-2.0 WITH LLVM-exception OR MIT"), [["Apache-2.0 WITH LLVM-exception"], ["MIT"]]
        )

    def test_nonsense_is_refused(self):
        for expression in ("MIT OR", "(MIT", "MIT ISC", "", "AND MIT"):
            with self.subTest(expression), self.assertRaises(ValueError):
                packages.alternatives(expression)


class Faults(unittest.TestCase):
    def fault(self, **changes):
        return licences.fault(package(**changes), {"MIT", "Zlib"}, {"odd": {"ISC"}})

    def test_an_allowed_alternative_is_enough(self):
        self.assertIsNone(self.fault(license="GPL-3.0-only OR MIT"))

    def test_every_part_of_an_and_must_be_allowed(self):
        self.assertIn("GPL-3.0-only AND MIT is not on", self.fault(license="GPL-3.0-only AND MIT"))

    def test_an_exception_holds_for_its_crate_only(self):
        self.assertIsNone(self.fault(name="odd", license="ISC"))
        self.assertIsNotNone(self.fault(license="ISC"))

    def test_a_crate_without_licence_or_from_git_is_told(self):
        self.assertIn("names no licence", self.fault(license=None))
        self.assertIn("comes from git", self.fault(source="git+somewhere"))


if __name__ == "__main__":
    unittest.main()
