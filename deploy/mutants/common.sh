# What the scripts beside this one share: a rule is broken in a copy of the sources, and a test must notice. Each says in `judge`
# which function runs that test; it prints what it found and returns 0 if nothing, 1 if something is wrong, 2 if it cannot tell.
#
# Works on a copy of the sources beside the build, never on the tree. A mutant is a text that stands in a file exactly once,
# and what stands there instead.
set -euo pipefail
shopt -u patsub_replacement 2>/dev/null || true

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# With a target of its own: cargo would take what is built from the copy for what is built from the tree.
mutants=${CARGO_TARGET_DIR:-$root/target}/mutants
copy=$mutants/tree
log=$mutants/log
only=${1:-}
expected=wrong
noticed=0 survived=0 free=0 broken=0
export CARGO_TARGET_DIR=$mutants/target RUST_BACKTRACE=0

mkdir -p "$copy"
rm -rf "${copy:?}"/*
# With new times, so that nothing built from a mutant of an earlier run passes for what is here.
cp -r "$root"/{Cargo.toml,Cargo.lock,rust-toolchain.toml,crates,schemas} "$copy"
cd "$copy"

# Builds the programs of tests that the arguments name; what is wrong with it otherwise.
build() {
    "${CARGO:-cargo}" test --quiet --locked --no-run "$@" > "$log" 2>&1 && return 0
    grep -m 1 '^error' "$log" || tail -n 1 "$log"
    return 1
}

# Puts NEW in the place of OLD in FILE, where OLD must stand exactly once; the same for each further pair.
plant() {
    local file=crates/$1 old new source rest
    shift
    while (($#)); do
        old=$1 new=$2
        shift 2
        source=$(cat "$file"; printf x)
        rest=${source#*"$old"}
        [[ $rest != "$source" && $rest != *"$old"* ]] || return 1
        source=${source/"$old"/"$new"}
        printf %s "${source%x}" > "$file"
    done
}

# mutant NAME FILE OLD NEW [OLD NEW]…
mutant() {
    [[ $1 == "$only"* ]] || return 0
    local name=$1 outcome=0 said
    if plant "${@:2}"; then
        said=$("$judge") || outcome=$?
    else
        outcome=2 said="its text does not stand in $2 exactly once"
    fi
    # With a new time, so that the next build takes the file again.
    cat "$root/crates/$2" > "crates/$2"
    case $expected$outcome in
        wrong0) survived=$((survived + 1)); echo "SURVIVED  $name" ;;
        wrong1) noticed=$((noticed + 1)); echo "noticed   $name ($said)" ;;
        right0) free=$((free + 1)); echo "economy   $name" ;;
        *) broken=$((broken + 1)); echo "BROKEN    $name: $said" ;;
    esac
}

# The end of a script: exit code 0 only if every mutant is noticed and no economy is.
report() {
    echo "$noticed noticed, $survived survived, $free economies, $broken broken"
    [[ $survived == 0 && $broken == 0 && $noticed$free != 00 ]]
}
