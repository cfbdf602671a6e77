#!/usr/bin/env python3
"""Checks that every relative link of the Markdown pages leads to a file, and every #anchor to a heading."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
CODE = re.compile(r"```.*?```|~~~.*?~~~|`[^`\n]*`", re.DOTALL)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)
ELSEWHERE = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)
CHANGELOG_HEADING = re.compile(r"^\[[^\]]+\]$")


def anchors(text: str) -> set[str]:
    """Returns the anchors that a renderer gives the headings of a page."""
    without_code = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    slugs = set()
    for heading in HEADING.findall(without_code):
        words = re.sub(r"[`*\[\]]", "", heading).lower()
        slugs.add(re.sub(r"[^\w\- ]", "", words).replace(" ", "-"))
    return slugs


def faults(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    found = []
    for target in LINK.findall(CODE.sub("", text)):
        if ELSEWHERE.match(target) or CHANGELOG_HEADING.match(target):
            continue
        name, _, anchor = target.partition("#")
        goal = (page.parent / name).resolve() if name else page
        if not goal.exists():
            found.append(f"{target}: no such file")
        elif anchor and goal.suffix == ".md" and anchor not in anchors(goal.read_text(encoding="utf-8")):
            found.append(f"{target}: no such heading")
    return found


def main() -> int:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
    ).stdout  # fmt: skip
    pages = [ROOT / name for name in listed.split("\0") if name and (ROOT / name).exists()]
    broken = [f"{page.relative_to(ROOT)}: {fault}" for page in pages for fault in faults(page)]
    for line in broken:
        print(f"error: {line}", file=sys.stderr)
    print(f"links: {len(pages)} pages, {len(broken)} broken links")
    return 1 if broken or not pages else 0


if __name__ == "__main__":
    sys.exit(main())
