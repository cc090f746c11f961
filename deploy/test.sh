#!/usr/bin/env bash
# Builds and runs every test of the workspace, the end-to-end tests of the binary among them, and adds up what ran. Each test
# program is started as soon as it is built, one after the other, while the rest is still being compiled.
set -euo pipefail

work=$(mktemp -d)
# Brokers that tests started end by themselves when nobody uses them; there is no need to wait for that.
trap 'rm -rf "$work"; deploy/kafka.sh down' EXIT
log=$work/log
: >"$log"

# The compiler's own messages go to standard error; what is read here says which programs there are, a line each. Tests come
# first: some of them wait for answers with patience, but not for ever.
build() {
    nice -n 5 "${CARGO:-cargo}" test --workspace --locked --tests --no-run \
        --message-format json-render-diagnostics || touch "$work/not_built"
}

programs() {
    sed -n '/"reason":"compiler-artifact"/{/"test":true},"features"/{s/.*"manifest_path":"\([^"]*\)\/Cargo.toml".*"executable":"\([^"]*\)".*/\1 \2/p}}'
}

# Many tests wait for processes and brokers most of the time.
export RUST_TEST_THREADS=${RUST_TEST_THREADS:-$(($(nproc) + 1))}

# Where cargo would run it: in the folder of its crate.
run() {
    local package=$1 program=$2
    echo
    echo "     Running ${program##*/} of ${package##*/}"
    (cd "$package" && CARGO_MANIFEST_DIR=$package "$program") || { echo "failed: $program" | tee -a "$work/failed"; }
}

build | programs | while read -r package program; do
    run "$package" "$program" </dev/null 2>&1 | tee -a "$log"
done

awk '
    /^test result:/ { for (i = 1; i < NF; i++) { if ($(i + 1) ~ /^passed/) passed += $i; if ($(i + 1) ~ /^failed/) failed += $i } }
    END { printf "%d passed, %d failed\n", passed, failed; exit passed == 0 }
' "$log" || touch "$work/failed"
[ ! -e "$work/not_built" ] && [ ! -e "$work/failed" ]
