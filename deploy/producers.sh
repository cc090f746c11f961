#!/usr/bin/env bash
# What tests need from others: the clients of examples/producers and kcat, AgentSight's SDKs, a store of files. Needs no root.
#
#   .cache/java/libs     jars of examples/producers/java/pom.xml, from Maven Central, checked against a digest
#   .cache/python        an environment with examples/producers/python/requirements.txt, from PyPI, checked against its hashes
#   .cache/agentsight-N  environments with examples/agentsight/requirements-N.txt, likewise: AgentSight's SDK in both generations, and the
#                        clients of language models that the second one looks into
#   .cache/s3            an environment with deploy/s3-requirements.txt, likewise: a service that speaks Amazon S3's protocol
#   .cache/kcat/kcat     Debian's package with the libraries that this machine lacks, checked by apt against Debian's signatures
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=$here/../.cache
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
examples=$here/../examples/producers

jars_digest=fddc0f5d77adec568ce3071172574c683a0a09021d9c6ff9dc67d1a1f6997630

fail() {
    echo "$*" >&2
    exit 1
}

# An environment in a directory, with what a file of requirements says; the rest says what that is.
python() {
    local dir=$1 requirements=$2 work stamp
    shift 2
    stamp="$dir $(python3 --version) $(sha256sum <"$requirements")"
    if [ "$(cat "$dir/.stamp" 2>/dev/null)" = "$stamp" ]; then return; fi
    echo "fetching $*" >&2
    work=$(mktemp "$cache/python.XXXXXX")
    rm -rf "$dir"
    # An environment holds its own path, so it is made in its place; the stamp comes last.
    if ! { python3 -m venv "$dir" && "$dir/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
        --only-binary :all: -r "$requirements"; } >"$work" 2>&1; then
        cat "$work" >&2
        rm -f "$work"
        fail "$* could not be fetched: check that PyPI can be reached and that python3 (3.11 or later) has venv, then run make again"
    fi
    rm -f "$work"
    echo "$stamp" >"$dir/.stamp"
}

kcat() {
    local dir=$cache/kcat deb
    if [ -x "$dir/kcat" ]; then return; fi
    echo "fetching kcat" >&2
    mkdir -p "$dir"
    work=$(mktemp -d "$dir/fetch.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    mkdir -p "$work/cache/archives/partial" "$work/lists/partial" "$work/root"
    apt=(apt-get -qq -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=)
    if ! debs >"$work/log" 2>&1; then
        # With lists of our own, where the machine has none or old ones: those of the system are root's.
        apt+=(-o "Dir::State::Lists=$work/lists")
        if ! { "${apt[@]}" update && debs; } >"$work/log" 2>&1; then fail_with_log; fi
    fi
    for deb in "$work"/debs/*.deb; do dpkg-deb --extract "$deb" "$work/root"; done
    cat >"$work/root/kcat" <<'RUN'
#!/bin/sh
# Debian's kcat, with the libraries that came with it.
usr=$(dirname "$0")/usr
LD_LIBRARY_PATH=$(echo "$usr"/lib/*-linux-gnu) exec "$usr/bin/kcat" "$@"
RUN
    chmod +x "$work/root/kcat"
    if ! "$work/root/kcat" -V >"$work/log" 2>&1; then fail_with_log; fi
    rm -rf "$dir/usr"
    mv "$work/root/usr" "$dir/usr"
    mv "$work/root/kcat" "$dir/kcat"
    rm -rf "$work"
    trap - EXIT
}

# Downloads the package, and what it needs that is not installed.
debs() {
    local packages
    rm -rf "$work/debs"
    mkdir "$work/debs"
    packages=$("${apt[@]}" --simulate --no-install-recommends --reinstall install kcat | awk '/^Inst / { print $2 }')
    [ -n "$packages" ] || return 1
    # shellcheck disable=SC2086
    (cd "$work/debs" && "${apt[@]}" download $packages)
}

fail_with_log() {
    cat "$work/log" >&2
    fail "kcat could not be fetched: check that Debian's packages can be reached, then run make again"
}

exec 9>"$cache/producers.lock"
flock 9
python "$cache/python" "$examples/python/requirements.txt" the Python clients of Kafka and Avro
for version in 0.0.44 0.1.4; do
    python "$cache/agentsight-$version" "$here/../examples/agentsight/requirements-$version.txt" "AgentSight's SDK $version"
done
python "$cache/s3" "$here/s3-requirements.txt" "a service that speaks Amazon S3's protocol"
kcat
"$here/fetch-maven.sh" "$cache/java/libs" "$examples/java/pom.xml" "$jars_digest"
