# Shared by the shell scripts here; sourced, not run.
# shellcheck shell=bash

PROJECT_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
TARGET_DIR="${CARGO_TARGET_DIR:-$PROJECT_ROOT/target}"
# The clock of headings starts with the first script and is handed to those it calls.
export HEADINGS_SINCE="${HEADINGS_SINCE:-$(date +%s)}"

# heading TEXT: what begins now, and how many seconds have passed since the start.
heading() {
    printf '\n== [%4d s] %s\n' "$(($(date +%s) - HEADINGS_SINCE))" "$*"
}

die() {
    printf 'error: %s\n' "$1" >&2
    shift
    local hint
    for hint in "$@"; do printf '  hint: %s\n' "$hint" >&2; done
    exit 1
}

# need_tools TOOL…: says everything that is missing at once, and how to get it.
need_tools() {
    local tool missing=0
    for tool in "$@"; do
        if ! has_tool "$tool"; then
            missing=1
            printf 'missing: %s\n  get it: %s\n' "$(tool_in_words "$tool")" "$(how_to_get "$tool")" >&2
        fi
    done
    [ "$missing" = 0 ] || die "some tools are missing (see above)" "install them and run the same command again; nothing was changed"
}

has_tool() {
    case "$1" in
    node) node_is_new_enough ;;
    python3) python_is_new_enough ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

tool_in_words() {
    case "$1" in
    cc) echo "a C compiler (cc)" ;;
    node) echo "node, version 20.19 or newer (found: $(node --version 2>/dev/null || echo none))" ;;
    python3) echo "python3, version 3.11 or newer, with its venv module" ;;
    *) echo "$1" ;;
    esac
}

how_to_get() {
    case "$1" in
    cargo) echo "install Rust with rustup; rust-toolchain.toml here then picks the version" ;;
    cc) echo "Debian or Ubuntu: apt-get install build-essential; macOS: xcode-select --install" ;;
    node) echo "Node.js 20.19 or newer, from your system's packages or the Node.js site" ;;
    npm) echo "it comes with Node.js; on Debian it is a package of its own: apt-get install npm" ;;
    python3) echo "Debian or Ubuntu: apt-get install python3 python3-venv; macOS: brew install python" ;;
    *) echo "your system's packages" ;;
    esac
}

# The page's tools ask for node 20.19.
node_is_new_enough() {
    local version major minor
    version="$(node --version 2>/dev/null || true)"
    IFS=. read -r major minor _ <<<"${version#v}"
    [ -n "$major" ] && { [ "$major" -gt 20 ] || { [ "$major" -eq 20 ] && [ "${minor:-0}" -ge 19 ]; }; }
}

python_is_new_enough() {
    python3 -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# size_of FILE: its size in words.
size_of() {
    if [ -f "$1" ]; then
        awk -v bytes="$(wc -c <"$1")" 'BEGIN { printf (bytes < 1000000 ? "%.0f kB" : "%.1f MB"), bytes / (bytes < 1000000 ? 1000 : 1000000) }'
    else
        printf 'absent'
    fi
}
