#!/usr/bin/env python3
"""Writes the notices of the outside crates whose code is in the binary, or checks that they are as written (--check).

Of a choice of licences Apache-2.0 is taken, else MIT, else the first that deny.toml allows. The text of Apache-2.0 is
ours too (LICENSE), so it is not repeated; what a crate's NOTICE or licence file says beyond it is.
The parts of the report page are not here: its build writes them into the page's footer.
"""

import re
import sys
from pathlib import Path

import packages

TARGET = packages.ROOT / "crates" / "patron-cli" / "THIRD-PARTY-NOTICES.txt"
PREFERRED = ("Apache-2.0", "MIT")
FILE_NAMES = re.compile(r"^(licen[cs]e|copying|copyright|unlicense|notice)([-_.].*)?$", re.IGNORECASE)
# A few words by which a text is known to be of a licence.
MARKS = {
    "MIT": "Permission is hereby granted, free of charge",
    "BSD-2-Clause": "Redistribution and use in source and binary forms",
    "BSD-3-Clause": "Redistribution and use in source and binary forms",
    "BSL-1.0": "Boost Software License",
    "ISC": "Permission to use, copy, modify, and",
    "Unicode-3.0": "UNICODE LICENSE V3",
    "Zlib": "This software is provided 'as-is'",
}
APACHE_END = re.compile(r"limitations under the License\.?", re.IGNORECASE)
COPYLEFT = "GNU GENERAL PUBLIC LICENSE"
RULE = "-" * 80

HEAD = """\
Third-party notices of the program patron
=========================================

patron is licensed under the Apache License, Version 2.0. It carries the parts
below, each under the licence named; where a part offers a choice, this is the
one taken. The text of the Apache License is the file LICENSE that comes with
patron, and is also at http://www.apache.org/licenses/LICENSE-2.0.

The program also carries the Rust standard library, MIT OR Apache-2.0, Copyright
The Rust Project contributors.

This file is written by scripts/notices.py. The notices of the parts of the
report page are in the footer of that page.
"""


def chosen(package: dict, allowed: set[str]) -> list[str]:
    """Returns the licences under which we take a package."""
    ways = [way for way in packages.alternatives(package["license"]) if way <= allowed]
    if not ways:
        raise SystemExit(f"error: {package['name']}: {package['license']} is not allowed; see scripts/licences.py")
    for name in PREFERRED:
        if frozenset([name]) in ways:
            return [name]
    return sorted(ways[0])


def files(package: dict) -> list[Path]:
    """Returns licence and notice files; of a package that carries another's sources (`…-sys`), theirs too."""
    folder = Path(package["manifest_path"]).parent
    places = [folder]
    if package["name"].endswith("-sys"):
        places += sorted(path for path in folder.iterdir() if path.is_dir())
    return [path for place in places for path in sorted(place.iterdir()) if path.is_file() and FILE_NAMES.match(path.name)]


def text_of(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def apache_text_removed(text: str) -> str:
    """Returns what a file says after the text of the Apache License."""
    if "Apache License" not in text or "TERMS AND CONDITIONS" not in text:
        return text
    ends = list(APACHE_END.finditer(text))
    rest = text[ends[-1].end() :] if ends else ""
    return rest.strip().strip("-").strip() if re.search(r"\w", rest) else ""


def notices_of(package: dict, licences: list[str]) -> list[str]:
    """Returns the texts that must travel with a package taken under these licences."""
    texts = []
    wanted = [MARKS[name] for name in licences if name in MARKS]
    folder = Path(package["manifest_path"]).parent
    for path in files(package):
        text = text_of(path)
        if COPYLEFT in text:
            continue  # the other half of a choice
        foreign = path.parent != folder
        flat = " ".join(text.split())
        if foreign or any(mark in flat for mark in wanted) or path.name.lower().startswith("notice"):
            texts.append(text)
        elif "Apache-2.0" in licences and (rest := apache_text_removed(text)) and rest != text:
            texts.append(rest)
    missing = [name for name in licences if name in MARKS and not any(MARKS[name] in " ".join(t.split()) for t in texts)]
    if missing:
        authors = ", ".join(package["authors"]) or "the authors of " + package["name"]
        texts.append(f"{' and '.join(missing)}; Copyright {authors}\n(the package carries no licence text)")
    return texts


def written() -> str:
    rules = packages.deny_toml()
    allowed = set(rules["licenses"]["allow"])
    # What a macro wrote is in the binary, the macro's own code is not.
    outside = packages.outside("--package", "patron-cli", edges="normal,no-proc-macro")
    lines, users = [], {}
    for package in outside:
        name = f"{package['name']} {package['version']}"
        licences = chosen(package, allowed)
        lines.append(f"{name}: {' AND '.join(licences)}")
        for text in notices_of(package, licences):
            users.setdefault(" ".join(text.split()), (text, []))[1].append(name)
    parts = [HEAD, "\n".join(lines) + "\n"]
    for text, names in users.values():
        parts.append(f"{RULE}\n{', '.join(names)}\n\n{text}\n")
    return "\n".join(parts)


def main(arguments: list[str]) -> int:
    now = written()
    if "--check" in arguments:
        if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != now:
            print(f"error: {TARGET.relative_to(packages.ROOT)} is out of date\n  hint: run `make notices`", file=sys.stderr)
            return 1
        print("notices: as written")
        return 0
    TARGET.write_text(now, encoding="utf-8")
    print(f"wrote {TARGET.relative_to(packages.ROOT)}, {len(now.encode())} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
