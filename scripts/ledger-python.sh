#!/usr/bin/env bash
# Prints the path of a Python that has DuckDB with DuckLake, and PostgreSQL as a package; makes it in .tools/ledger if need be.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$PROJECT_ROOT"

pinned=crates/patron-ledger/tests/requirements.txt
venv="$PROJECT_ROOT/.tools/ledger"
need_tools python3
mkdir -p .tools
# Tests that run at once wait for the one that sets it up.
exec 9>.tools/ledger.lock
if command -v flock >/dev/null; then flock 9; fi
if ! cmp -s "$pinned" "$venv/installed.txt"; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$pinned" >&2
    cp "$pinned" "$venv/installed.txt"
fi
echo "$venv/bin/python"
