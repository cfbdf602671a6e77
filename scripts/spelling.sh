#!/usr/bin/env bash
# Checks spelling with typos (a program that a Python package carries), kept in .tools/ of this project.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$PROJECT_ROOT"

version=1.52.0
home=.tools/typos-$version

if [ ! -x "$home/bin/typos" ]; then
    need_tools python3
    rm -rf "$home"
    python3 -m venv "$home"
    "$home/bin/pip" install --quiet --disable-pip-version-check "typos==$version"
fi
# The files git knows or would add: what is ignored is not ours to spell.
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
    if [ -f "$file" ]; then printf '%s\0' "$file"; fi
done | xargs -0 "$home/bin/typos" --force-exclude --config _typos.toml
echo "spelling: no misspelt word"
