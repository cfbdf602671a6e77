#!/usr/bin/env bash
# look.sh FOLDER: makes a small demo report, and the page of an evaluation, in FOLDER and looks at them in a browser, in every language and two widths.
# The browser is an installed Chromium or Chrome; else Debian's package where apt-get may be used; else the check is skipped.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$PROJECT_ROOT"

folder="$1" # made anew
patron="$TARGET_DIR/release/patron"
name="report_in_a_browser"

find_browser() {
    local candidate
    for candidate in "${PATRON_CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" "/Applications/Chromium.app/Contents/MacOS/Chromium"; do
        if [ -n "$candidate" ] && command -v "$candidate" >/dev/null; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

may_use_apt() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null
}

# Without a font for Chinese the page is full of empty boxes, and nobody would notice.
has_chinese_font() {
    command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh family)" ]
}

install_from_debian() {
    echo "installing $* (Debian packages)"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >/dev/null && apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

wanted=()
find_browser >/dev/null || wanted+=(chromium)
if [ "$(uname)" = Linux ] && ! has_chinese_font; then wanted+=(fontconfig fonts-noto-cjk); fi
if [ "${#wanted[@]}" -gt 0 ] && may_use_apt; then install_from_debian "${wanted[@]}"; fi
if ! browser="$(find_browser)"; then
    echo "SKIPPED $name: no Chromium or Chrome is installed, and apt-get may not be used"
    exit 0
fi
if [ "$(uname)" = Linux ] && ! has_chinese_font; then
    echo "SKIPPED $name: no font for Chinese is installed (Debian: fonts-noto-cjk)"
    exit 0
fi

rm -rf "$folder"
mkdir -p "$folder"
"$patron" demo "$folder/shop" --customers 1500
"$patron" run "$folder/shop/orders.csv" --out "$folder/out" --currency EUR --quiet
"$patron" clv evaluate "$folder/shop/orders.csv" --rolling 3 --html "$folder/evaluation.html" --quiet >/dev/null
echo "looking with $browser"
cd web
PATRON_CHROMIUM="$browser" npm run look -- "$folder/out/report.html" "$folder/look" "$folder/evaluation.html"
