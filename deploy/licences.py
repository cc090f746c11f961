#!/usr/bin/env python3
"""Checks that every crate in Cargo.lock may be part of a program under Apache-2.0: reads `cargo metadata` from standard input.

    cargo metadata --format-version 1 --locked --filter-platform x86_64-unknown-linux-gnu | deploy/licences.py

A licence is an SPDX expression; one that is not known here, or none at all, is a failure that names the crate.
"""

import json
import re
import sys

ALLOWED = {
    "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "CDLA-Permissive-2.0",
    "ISC", "MIT", "MIT-0", "Unicode-3.0", "Unlicense", "Zlib",
}


def allowed(expression):
    """Whether an expression can be met: one side of each OR, both of each AND. Old manifests write OR as a slash."""
    expression = expression.replace("/", " OR ").strip()
    # What stands in brackets is judged first.
    while inner := re.search(r"\(([^()]*)\)", expression):
        verdict = "MIT" if allowed(inner.group(1)) else "none"
        expression = expression[: inner.start()] + verdict + expression[inner.end() :]
    alternatives = re.split(r"\s+OR\s+", expression)
    return any(all(part.strip() in ALLOWED for part in re.split(r"\s+AND\s+", each)) for each in alternatives)


def main():
    packages = json.load(sys.stdin)["packages"]
    wrong = [package for package in packages if not allowed(package["license"] or "")]
    for package in wrong:
        print(f"{package['name']} {package['version']}: licence {package['license'] or 'not said'} is not among those allowed", file=sys.stderr)
    if wrong:
        sys.exit("allow the licence in deploy/licences.py if Apache-2.0 can be combined with it, or do without the crate")
    print(f"{len(packages)} crates, every licence is allowed")


if __name__ == "__main__":
    main()
