#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What of the sources that a target is for (the table of README.md says which) its corpus reaches, what it has learned in
# build-fuzz/corpus included: lines, and branches both ways. With --missed, the lines that it does not reach.
# Usage: tests/fuzz/coverage.sh [--missed] [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/../.."
missed=0
[ "${1:-}" != --missed ] || { missed=1; shift; }
folder=$PWD/build-cov
tool() { command -v "$1" || compgen -c "$1-" | sort -V | tail -1; }
COV=$(tool llvm-cov) PROFDATA=$(tool llvm-profdata)

[ -f "$folder/build.ninja" ] || CC=clang CFLAGS="-O1 -fprofile-instr-generate -fcoverage-mapping" cmake -S . -B "$folder" -G Ninja >/dev/null
ninja -C "$folder" fuzz >"$folder/build.log" || { cat "$folder/build.log"; exit 1; }

# The rows of the table as "target pattern": the sources as one expression that ends a path.
rows() {
    sed -n 's/^| `\([a-z_]*\)` |.*| \([^|]*\) |$/\1 \2/p' tests/fuzz/README.md |
        sed 's/`, `/|/g; s/`//g; s/\./\\./g; s/\*/[a-z_]*/g; s/ \(.*\)/ (^|\/)(\1)$/'
}

summary='$1 ~ pattern {lines += $8; unreached += $9; branches += $11; untaken += $12}
    END {printf "%-14s %6d %7.1f%% %9.1f%%\n", target, lines, 100 - 100 * unreached / lines, 100 - 100 * untaken / (branches ? branches : 1)}'
unreached='/^[^ |]*\.[ch]:$/ {file = substr($0, 1, length($0) - 1); wanted = file ~ pattern}
    wanted && $2 ~ /^ *0$/ && $3 !~ /^ *}$/ {sub(/^.*src\//, "", file); print file ":" $1 + 0 ":" $3}'

printf '%-14s %6s %8s %10s\n' target lines reached branches
rows | while read -r target pattern; do
    [ $# -eq 0 ] || [[ " $* " == *" $target "* ]] || continue
    corpora=("tests/fuzz/corpus/$target")
    [ ! -d "build-fuzz/corpus/$target" ] || corpora+=("build-fuzz/corpus/$target")
    LLVM_PROFILE_FILE="$folder/$target.raw" "$folder/fuzz/fuzz-$target" "${corpora[@]}" >"$folder/$target.log" 2>&1
    "$PROFDATA" merge -sparse "$folder/$target.raw" -o "$folder/$target.prof"
    "$COV" report "$folder/fuzz/fuzz-$target" -instr-profile="$folder/$target.prof" | awk -v target="$target" -v pattern="$pattern" "$summary"
    [ $missed -eq 0 ] || "$COV" show "$folder/fuzz/fuzz-$target" -instr-profile="$folder/$target.prof" | awk -F'|' -v pattern="$pattern" "$unreached"
done
