#!/usr/bin/env bash
# Measures a running Rapport on this machine: how many events are taken, and how soon they are in a figure.
#
#   deploy/bench.sh RAPPORT [SECONDS]
set -euo pipefail

rapport=$1 seconds=${2:-60}
data=$(mktemp -d)
server=
# The process group of nobody else: only what this script started is ended.
trap '[ -z "$server" ] || { kill "$server" 2>/dev/null || true; wait "$server" || true; }; rm -rf "$data" "$data.out" "$data.log"' EXIT

"$rapport" run --data-dir "$data" --listen 127.0.0.1:0 >"$data.out" 2>"$data.log" &
server=$!
until [ -s "$data/server.json" ]; do
    kill -0 "$server" || { cat "$data.log" >&2; exit 1; }
    sleep 0.1
done
url=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' "$data/server.json")

measure() {
    local name=$1
    shift
    "$rapport" project create "$name" --data-dir "$data" >/dev/null
    local key read
    key=$("$rapport" key create --project "$name" --role ingest --data-dir "$data")
    read=$("$rapport" key create --project "$name" --role read --data-dir "$data")
    echo "== $name: rapport loadgen $*"
    "$rapport" loadgen --url "$url" --key "$key" --read-key "$read" --duration "$seconds" "$@"
    echo "resident: server $(resident "$server") MiB, engine $(resident "$(pgrep -P "$server" | head -n 1)") MiB"
}

resident() { awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$1/status"; }

echo "$(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $("$rapport" --version)"
measure visible --rate 5000 --batch 100 --connections 4 --visible
measure flat-out --batch 1000 --connections 4 --visible
