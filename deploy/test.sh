#!/usr/bin/env bash
# Builds and runs every test of the workspace, the end-to-end tests of the binary among them, and adds up what ran. Each test
# program is started as soon as it is built, one after the other, while the rest is still being compiled.
set -euo pipefail

work=$(mktemp -d)
export work
# Brokers that tests started end by themselves when nobody uses them; there is no need to wait for that.
trap 'rm -rf "$work"; deploy/kafka.sh down' EXIT
: >"$work/log"
# Tests of programs wait for them half of the time.
export RUST_TEST_THREADS=${RUST_TEST_THREADS:-$((2 * $(nproc)))}

# The compiler's own messages go to standard error; what is read here says which programs there are, a line each. Tests come
# first: some of them wait for answers with patience, but not for ever.
build() {
    nice -n 5 "${CARGO:-cargo}" test --workspace --locked --tests --no-run \
        --message-format json-render-diagnostics || touch "$work/not_built"
}

# Unbuffered, so that a program is named when it is there.
programs() {
    sed -u -n '/"reason":"compiler-artifact"/{/"test":true},"features"/{s/.*"manifest_path":"\([^"]*\)\/Cargo.toml".*"executable":"\([^"]*\)".*/\1 \2/p}}'
}

# Tests of a crate that has programs start them, and those may be linked last: they wait for the end of the build.
in_turn() {
    local package program held=()
    while read -r package program; do
        if [ -d "$package/src/bin" ] || [ -e "$package/src/main.rs" ]; then
            held+=("$package $program")
        else
            echo "$package $program"
        fi
    done
    [ ${#held[@]} -eq 0 ] || printf '%s\n' "${held[@]}"
}

# Where cargo would run it: in the folder of its crate. What it says comes in one piece.
run() {
    local package=$1 program=$2 said
    said=$(mktemp "$work/said.XXXXXX")
    (cd "$package" && CARGO_MANIFEST_DIR=$package "$program") >"$said" 2>&1 </dev/null || echo "failed: $program" | tee -a "$work/failed" >>"$said"
    {
        flock 8
        echo
        echo "     Ran ${program##*/} of ${package##*/}"
        tee -a "$work/log" <"$said"
    } 8>"$work/turn"
}
export -f run

build | programs | in_turn | xargs -r -L 1 bash -c 'run "$0" "$1"'

awk '
    /^test result:/ { for (i = 1; i < NF; i++) { if ($(i + 1) ~ /^passed/) passed += $i; if ($(i + 1) ~ /^failed/) failed += $i } }
    END { printf "%d passed, %d failed\n", passed, failed; exit passed == 0 }
' "$work/log" || touch "$work/failed"
[ ! -e "$work/not_built" ] && [ ! -e "$work/failed" ]
