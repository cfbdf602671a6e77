#!/usr/bin/env bash
# Prints the path of DuckDB's shared library, which tests load as an ADBC driver; brings it to .tools/duckdb if need be.
# Python's package holds DuckDB, too, but as an extension of Python that no other program can load.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$PROJECT_ROOT"

version=1.5.5-r.5
folder="$PROJECT_ROOT/.tools/duckdb"
need_tools node npm
platform="$(node -p '`${process.platform}-${process.arch}`')"
package="@duckdb/node-bindings-$platform@$version"
mkdir -p "$folder"
# Tests that run at once wait for the one that brings it.
exec 9>.tools/duckdb.lock
if command -v flock >/dev/null; then flock 9; fi
if [ "$(cat "$folder/installed.txt" 2>/dev/null)" != "$package" ]; then
    npm install --prefix "$folder" --no-save --no-audit --no-fund --ignore-scripts --silent "$package" >&2
    printf '%s' "$package" >"$folder/installed.txt"
fi
library="$(find "$folder/node_modules" -name 'libduckdb.so' -o -name 'libduckdb.dylib' | head -n 1)"
[ -n "$library" ] || die "no libduckdb in $package"
echo "$library"
