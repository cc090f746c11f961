#!/usr/bin/env bash
# Measures Rapport on this machine: how many events it takes, for how long, how soon they are in a figure, what it needs for
# that, and how soon it answers after a start on the data of it all.
#
#   deploy/bench.sh RAPPORT [SECONDS]      SECONDS of each part; by default 60, and 300 of the sustained one
set -euo pipefail

rapport=$1 seconds=${2:-60} sustained=${2:-300}
data=$(mktemp -d)
server= url= engine=
# The process group of nobody else: only what this script started is ended.
trap '[ -z "$server" ] || { kill "$server" 2>/dev/null || true; wait "$server" || true; }; rm -rf "$data" "$data.out" "$data.log" "$data.load"' EXIT

start() {
    rm -f "$data/server.json"
    "$rapport" run --data-dir "$data" --listen 127.0.0.1:0 >"$data.out" 2>>"$data.log" &
    server=$!
    until [ -s "$data/server.json" ]; do
        kill -0 "$server" || { cat "$data.log" >&2; exit 1; }
        sleep 0.02
    done
    url=$(sed -n 's/.*"url":"\(http[^"]*\)","warehouse_url.*/\1/p' "$data/server.json")
    engine=$(pgrep -P "$server" | head -n 1)
}

resident() { awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$1/status"; }
# Seconds of CPU time.
spent() { awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) / hz }' "/proc/$1/stat"; }

measure() {
    local name=$1 duration=$2 key before_server before_engine after_server requests
    shift 2
    "$rapport" project create "$name" --data-dir "$data" >/dev/null
    key=$("$rapport" key create --project "$name" --role ingest --data-dir "$data")
    read=$("$rapport" key create --project "$name" --role read --data-dir "$data")
    before_server=$(spent "$server") before_engine=$(spent "$engine")
    echo "== $name: rapport loadgen --duration $duration $*"
    "$rapport" loadgen --url "$url" --key "$key" --read-key "$read" --duration "$duration" "$@" | tee "$data.load"
    after_server=$(spent "$server")
    echo "CPU seconds: server $after_server - $before_server, engine $(spent "$engine") - $before_engine"
    requests=$(sed -n 's|.* requests/s: .*(n = \([0-9]*\))$|\1|p' "$data.load")
    awk -v n="$requests" -v s="$after_server" -v b="$before_server" \
        'BEGIN { printf "requests a second of CPU time of the server: %.0f\n", n / (s - b) }'
    echo "resident: server $(resident "$server") MiB, engine $(resident "$engine") MiB"
}

question() {
    curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $read" \
        "$url/api/v1/query?metric=messages_total&r=7d"
}

echo "$(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $("$rapport" --version)"
start
measure visible "$seconds" --rate 5000 --batch 100 --connections 4 --visible
measure sustained "$sustained" --rate 50000 --batch 1000 --connections 4 --visible
measure flat-out "$seconds" --batch 1000 --connections 4 --visible
measure sdk-items "$seconds" --shape sdk-0.0 --connections 16
measure sdk-spans "$seconds" --shape sdk-0.1 --batch 20 --connections 4

echo "== restart: on the data of all this ($(du -sh "$data" | cut -f 1))"
kill "$server"
wait "$server" || true
began=$(date +%s%N)
start
until [ "$(question)" = 200 ]; do sleep 0.02; done
echo "answers after $((($(date +%s%N) - began) / 1000000)) ms"
sleep 60
echo "idle after a minute: server $(resident "$server") MiB, engine $(resident "$engine") MiB"
