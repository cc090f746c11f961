#!/usr/bin/env bash
# Apache Kafka for tests: three brokers on this machine, from Maven Central, without Docker.
#
#   deploy/kafka.sh fetch   puts Kafka's jars into .cache/kafka, unless they are there
#   deploy/kafka.sh up      starts the brokers unless they run, waits until they answer, prints their addresses
#   deploy/kafka.sh down    ends them and removes their data
#
# The brokers belong to a supervisor of their own. It starts a broker again that ended, except while the file
# .cache/kafka/run/N.hold exists (how tests keep one down), and ends everything once nobody has held a lock (shared, of
# .cache/kafka/run/users) for a while: whoever uses the brokers holds it, and a process that is killed lets go of it. Brokers
# die with their supervisor. So nothing is left over, whatever was killed.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=$here/../.cache/kafka
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
libs=$cache/libs
run=$cache/run
template=$cache/formatted

version=4.1.0
# Of the jars' names and contents: what arrives is what was tested.
jars_digest=3383423fe23632c9ad2d5499954348392c4735d5ca093dff2a35563914307305
brokers=3
# The supervisor ends after so many seconds without a user.
idle_seconds=30
start_seconds=120
# Small and quick to start: one broker takes about 350 MB. Serial collection and the first compiler alone cost less here.
java_options=${KAFKA_TEST_JAVA_OPTS:--Xms64m -Xmx320m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto}

fail() {
    echo "$*" >&2
    exit 1
}

fetch() {
    exec 8>"$cache/fetch.lock"
    flock 8
    fetch_jars
    if [ ! -s "$template/bootstrap.checkpoint" ]; then
        format
    fi
    exec 8>&-
}

fetch_jars() {
    cat >"$cache/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>rapport</groupId><artifactId>kafka-for-tests</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$version</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
POM
    "$here/fetch-maven.sh" "$libs" "$cache/pom.xml" "$jars_digest"
}

# A formatted log directory, to be copied: formatting takes a second of a virtual machine's time for each broker otherwise.
format() {
    local work
    work=$(mktemp -d "$cache/format.XXXXXX")
    properties 1 29092 29093 "1@127.0.0.1:29093" "$work" >"$work/broker.properties"
    if ! java -cp "$libs/*" kafka.tools.StorageTool format -t rapporttestsrapport0AA -c "$work/broker.properties" >"$work/log" 2>&1; then
        tail -n 20 "$work/log" >&2
        rm -rf "$work"
        fail "Kafka's log directory could not be formatted"
    fi
    rm -rf "$template"
    mv "$work/data-1" "$template"
    rm -rf "$work"
}

# properties ID PORT CONTROLLER_PORT VOTERS DIR
properties() {
    cat <<CONF
process.roles=broker,controller
node.id=$1
controller.quorum.voters=$4
listeners=PLAINTEXT://127.0.0.1:$2,CONTROLLER://127.0.0.1:$3
controller.listener.names=CONTROLLER
log.dirs=$5/data-$1
auto.create.topics.enable=false
default.replication.factor=3
min.insync.replicas=2
offsets.topic.replication.factor=3
offsets.topic.num.partitions=6
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
transaction.state.log.num.partitions=3
group.initial.rebalance.delay.ms=0
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=8388608
log.index.size.max.bytes=1048576
CONF
}

is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# As many free ports as asked for, from below the range that systems hand out by themselves.
free_ports() {
    local port found=0
    while [ "$found" -lt "$1" ]; do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 10000))
        if ! is_taken "$port"; then
            echo "$port"
            found=$((found + 1))
        fi
    done
}

prepare() {
    local ports voters="" addresses="" id
    rm -rf "$run"
    mkdir -p "$run"
    : >"$run/users"
    mapfile -t ports < <(free_ports $((brokers * 2)))
    for id in $(seq "$brokers"); do
        voters+=",$id@127.0.0.1:${ports[brokers + id - 1]}"
        addresses+=",127.0.0.1:${ports[id - 1]}"
    done
    for id in $(seq "$brokers"); do
        properties "$id" "${ports[id - 1]}" "${ports[brokers + id - 1]}" "${voters#,}" "$run" >"$run/$id.properties"
        cp -a "$template" "$run/data-$id"
        # Every broker and every directory has an id of its own; the rest of a formatted directory is the same for all.
        sed -i -e "s/^node.id=.*/node.id=$id/" -e "s/^directory.id=.*/directory.id=A$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | cut -c2-22)/" \
            "$run/data-$id/meta.properties"
    done
    echo "${addresses#,}" >"$run/addresses"
}

serve() {
    local used=$SECONDS id
    # Not local: the trap at the end reads it.
    pids=()
    trap 'kill -KILL "${pids[@]}" 2>/dev/null || true; wait || true; rm -rf "$run"' EXIT
    trap 'exit 0' TERM INT
    echo $BASHPID >"$run/supervisor"
    exec 7>"$cache/up.lock"
    while [ -d "$run" ]; do
        for id in $(seq "$brokers"); do
            if [ ! -e "$run/$id.hold" ] && ! kill -0 "${pids[id]:-none}" 2>/dev/null; then
                # shellcheck disable=SC2086
                setpriv --pdeathsig KILL java $java_options -Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
                    -cp "$libs/*" kafka.Kafka "$run/$id.properties" >>"$run/$id.log" 2>&1 7>&- 9>&- &
                pids[id]=$!
                echo "${pids[id]}" >"$run/$id.pid"
            fi
        done
        if ! flock -n -x "$run/users" true; then used=$SECONDS; fi
        # Not while somebody is coming: who comes holds this lock.
        if [ $((SECONDS - used)) -ge "$idle_seconds" ] && flock -n 7; then break; fi
        sleep 0.2
    done
}

# The supervisor holds this lock for as long as it lives.
is_served() { ! flock -n 9; }

up() {
    fetch
    exec 7>"$cache/up.lock" 9>"$cache/serve.lock"
    flock 7
    if ! is_served; then
        prepare
        setsid --fork bash "$here/kafka.sh" serve >"$run/supervisor.log" 2>&1 </dev/null 7>&-
    fi
    exec 9>&-
    wait_until_up
    cat "$run/addresses"
}

wait_until_up() {
    local address end=$((SECONDS + start_seconds))
    # A user while it waits, so that what it waits for stays.
    exec 6<"$run/users"
    flock -s 6
    for address in $(tr ',' ' ' <"$run/addresses"); do
        until is_taken "${address##*:}"; do
            if [ "$SECONDS" -ge "$end" ]; then
                tail -n 5 "$run"/*.log >&2
                fail "Kafka did not start within $start_seconds seconds"
            fi
            sleep 0.1
        done
    done
}

down() {
    local pid
    exec 9>"$cache/serve.lock"
    # What an end by -9 left behind names no process of ours any more.
    is_served || return 0
    exec 9>&-
    pid=$(cat "$run/supervisor" 2>/dev/null) || return 0
    kill "$pid" 2>/dev/null || return 0
    while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
}

case "${1:-}" in
fetch) fetch ;;
up) up ;;
serve) serve ;;
down) down ;;
*) fail "usage: deploy/kafka.sh fetch|up|down" ;;
esac
