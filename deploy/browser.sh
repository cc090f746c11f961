#!/usr/bin/env bash
# What tests need to look at pages, and a check that the script in the binary is what its sources give.
#
#   crates/dashboard/web/node_modules   npm's packages of package-lock.json, by their checksums
#   chromium                            Debian's, where the machine has none: installed if this is root
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../crates/dashboard/web"

fail() {
    echo "$*" >&2
    exit 1
}

lock=$(sha256sum <package-lock.json)
if [ "$(cat node_modules/.stamp 2>/dev/null)" != "$lock" ]; then
    echo "fetching what the dashboard's script is built with" >&2
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2 || fail "npm could not fetch it: check that the npm registry can be reached, then run make again"
    echo "$lock" >node_modules/.stamp
fi

built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT
npx tsc --noEmit
npx vite build --logLevel error --outDir "$built" --emptyOutDir
cmp "$built/dashboard.js" dist/dashboard.js || fail "crates/dashboard/web/dist is not what crates/dashboard/web/src gives: run npm run build there and commit it"

if ! command -v chromium >/dev/null; then
    [ "$(id -u)" = 0 ] || fail "tests look at pages in Chromium: install Debian's package chromium, then run make again"
    echo "installing chromium" >&2
    { apt-get -qq update && apt-get -qq install --no-install-recommends -y chromium; } >"$built/log" 2>&1 || { cat "$built/log" >&2; fail "chromium could not be installed"; }
fi
