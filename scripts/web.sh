#!/usr/bin/env bash
# Builds the report page into web/dist/ when it is older than what it is made from.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$PROJECT_ROOT/web"
need_tools node npm

page=dist/report.html
installed=node_modules/.package-lock.json

newer_sources() {
    find . \( -name node_modules -o -name dist -o -name test-results \) -prune -o -type f -newer "$page" -print -quit
}

if [ -f "$page" ] && [ -z "$(newer_sources)" ] && [ "${1:-}" != "--always" ]; then
    echo "the report page is up to date: web/$page, $(size_of "$page")"
    exit 0
fi
if [ ! -f "$installed" ] || [ package-lock.json -nt "$installed" ]; then
    heading "fetching what the report page is made of (into web/node_modules)"
    npm ci --no-audit --no-fund
fi
heading "building the report page"
npm run build
touch "$page"
echo "web/$page: $(size_of "$page")"
