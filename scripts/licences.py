#!/usr/bin/env python3
"""Checks the licence and the source of every outside crate against deny.toml.

cargo-deny reads the same file; this needs no advisory database and no installed program.
"""

import sys

import packages


def fault(package: dict, allowed: set[str], exceptions: dict[str, set[str]]) -> str | None:
    """Returns what is wrong with a package, if anything."""
    name = f"{package['name']} {package['version']}"
    if not package["source"].startswith("registry+"):
        return f"{name}: comes from {package['source'].split('+')[0]}, not from the registry"
    if not package["license"]:
        return f"{name}: names no licence"
    allowed = allowed | exceptions.get(package["name"], set())
    if not any(way <= allowed for way in packages.alternatives(package["license"])):
        return f"{name}: {package['license']} is not on the allow-list of deny.toml"
    return None


def main() -> int:
    rules = packages.deny_toml()["licenses"]
    exceptions = {rule["crate"]: set(rule["allow"]) for rule in rules.get("exceptions", [])}
    # What a feature brings must be allowed before somebody asks for it.
    outside = packages.outside("--workspace", "--all-features", edges="normal,build,dev")
    faults = [found for package in outside if (found := fault(package, set(rules["allow"]), exceptions))]
    for line in faults:
        print(f"error: {line}", file=sys.stderr)
    print(f"licences: {len(outside)} outside crates, {len(faults)} not allowed")
    return 1 if faults or not outside else 0


if __name__ == "__main__":
    sys.exit(main())
