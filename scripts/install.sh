#!/usr/bin/env bash
# make install: puts patron where cargo puts programs, or with PREFIX=DIR into DIR/bin.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$PROJECT_ROOT"

need_tools cargo cc node npm
scripts/web.sh
if [ -n "${PREFIX:-}" ]; then
    cargo build --release --locked -p patron-cli
    mkdir -p "$PREFIX/bin"
    install -m 755 "$TARGET_DIR/release/patron" "$PREFIX/bin/patron"
    echo "installed: $PREFIX/bin/patron"
else
    cargo install --path crates/patron-cli --locked
fi
