"""The outside crates we use, as cargo sees them, and what a licence expression allows."""

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CARGO = os.environ.get("CARGO", "cargo")


def deny_toml() -> dict:
    return tomllib.loads((ROOT / "deny.toml").read_text(encoding="utf-8"))


def cargo(*arguments: str) -> str:
    done = subprocess.run([CARGO, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"error: `cargo {arguments[0]}` failed (see above)")
    return done.stdout


def metadata() -> list[dict]:
    """Returns what cargo knows of every package of the lock file."""
    whole = json.loads(cargo("metadata", "--format-version", "1", "--locked"))
    return sorted(whole["packages"], key=lambda package: (package["name"], package["version"]))


def outside(*which: str, edges: str) -> list[dict]:
    """Returns the outside packages that are really built on deny.toml's targets.

    `cargo metadata` alone names more: it adds up the features that other targets ask for.
    """
    built = set()
    for target in deny_toml()["graph"]["targets"]:
        tree = cargo(
            "tree", "--locked", *which, "--edges", edges, "--target", target, "--prefix", "none", "--format", "{p}"
        )  # fmt: skip
        for line in filter(None, tree.splitlines()):
            name, version = line.split()[:2]
            built.add((name, version.removeprefix("v")))
    return [p for p in metadata() if p["source"] and (p["name"], p["version"]) in built]


def alternatives(expression: str) -> list[frozenset[str]]:
    """Returns the ways to meet a licence expression: each a set of licences that all apply.

    `(MIT OR Apache-2.0) AND Unicode-3.0` has two. The old form `MIT/Apache-2.0` means OR.
    """
    tokens = re.findall(r"[()]|[^\s()]+", expression.replace("/", " OR "))
    ways, rest = _any_of(tokens)
    if rest:
        raise ValueError(f"cannot read the licence expression {expression!r} from {rest[0]!r} on")
    return ways


def _any_of(tokens: list[str]) -> tuple[list[frozenset[str]], list[str]]:
    ways, tokens = _all_of(tokens)
    while tokens and tokens[0] == "OR":
        more, tokens = _all_of(tokens[1:])
        ways = ways + more
    return ways, tokens


def _all_of(tokens: list[str]) -> tuple[list[frozenset[str]], list[str]]:
    ways, tokens = _one(tokens)
    while tokens and tokens[0] == "AND":
        more, tokens = _one(tokens[1:])
        ways = [left | right for left in ways for right in more]
    return ways, tokens


def _one(tokens: list[str]) -> tuple[list[frozenset[str]], list[str]]:
    if not tokens or tokens[0] in ("OR", "AND", "WITH", ")"):
        raise ValueError("a licence expression ends too early")
    if tokens[0] == "(":
        ways, tokens = _any_of(tokens[1:])
        if not tokens or tokens[0] != ")":
            raise ValueError("a licence expression lacks its closing bracket")
        return ways, tokens[1:]
    name, tokens = tokens[0], tokens[1:]
    if len(tokens) >= 2 and tokens[0] == "WITH":
        name, tokens = f"{name} WITH {tokens[1]}", tokens[2:]
    return [frozenset([name])], tokens
