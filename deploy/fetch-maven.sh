#!/usr/bin/env bash
# Puts the jars that a pom.xml names, with what they need, into DIR, unless they are there.
#
#   deploy/fetch-maven.sh DIR POM DIGEST
#
# DIGEST is of the jars' names and contents, pinned by the caller: what arrives is what was tested. The directory appears by a
# rename, complete or not at all; a stamp in it says which jars they are.
set -euo pipefail

dir=$1 pom=$2 digest=$3

mkdir -p "$(dirname "$dir")"
exec 8>"$dir.lock"
flock 8
if [ "$(cat "$dir/.digest" 2>/dev/null)" = "$digest" ]; then exit 0; fi

work=$(mktemp -d "$dir.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp "$pom" "$work/pom.xml"
name=$(sed -n 's:.*<groupId>.*</groupId><artifactId>\(.*\)</artifactId><version>.*:\1:p' "$pom" | head -n 1)
echo "fetching the jars of $name" >&2
if ! (cd "$work" && mvn -q -B dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory=libs) >"$work/log" 2>&1; then
    cat "$work/log" >&2
    echo "Maven could not fetch the jars of $name: check that Maven Central can be reached, then run make again" >&2
    exit 1
fi
got=$(cd "$work/libs" && sha256sum -- *.jar | LC_ALL=C sort | sha256sum | cut -d' ' -f1)
if [ "$got" != "$digest" ]; then
    echo "the jars of $name have checksum $got, expected $digest: they are not what this version was tested with" >&2
    exit 1
fi
echo "$got" >"$work/libs/.digest"
rm -rf "$dir"
mv "$work/libs" "$dir"
