#!/usr/bin/env bash
# Builds and runs every test of the workspace, the end-to-end tests of the binary among them, and adds up what ran.
set -euo pipefail

log=$(mktemp)
# Brokers that tests started end by themselves when nobody uses them; there is no need to wait for that.
trap 'rm -f "$log"; deploy/kafka.sh down' EXIT

outcome=0
"${CARGO:-cargo}" test --workspace --locked --no-fail-fast 2>&1 | tee "$log" || outcome=$?

awk '
    /^test result:/ { for (i = 1; i < NF; i++) { if ($(i + 1) ~ /^passed/) passed += $i; if ($(i + 1) ~ /^failed/) failed += $i } }
    END { printf "%d passed, %d failed\n", passed, failed; exit passed == 0 }
' "$log" || outcome=1
exit "$outcome"
