#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs every fuzz target for so many seconds under libFuzzer with AddressSanitizer and UBSan (clang). What it learns stays in
# build-fuzz/corpus, to go on from next time; an input that breaks a target is kept in build-fuzz/found and named.
# Usage: tests/fuzz/run.sh SECONDS [TARGET...]
set -uo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
shift || true
folder=$PWD/build-fuzz
export LSAN_OPTIONS="suppressions=$PWD/tests/lsan.supp:print_suppressions=0" UBSAN_OPTIONS="print_stacktrace=1"

[ -f "$folder/build.ninja" ] || CC=clang cmake -S . -B "$folder" -G Ninja -DTENON_SANITIZE=fuzzer >/dev/null || exit 1
if ! ninja -C "$folder" fuzz >"$folder/build.log"; then
    cat "$folder/build.log"
    exit 1
fi

targets=("$@")
[ ${#targets[@]} -gt 0 ] || for program in "$folder"/fuzz/fuzz-*; do targets+=("${program##*/fuzz-}"); done

failed=0
for target in "${targets[@]}"; do
    learned=$folder/corpus/$target found=$folder/found/$target log=$folder/$target.log
    mkdir -p "$learned" "$found"
    options=(-max_total_time="$seconds" -timeout=25 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$found/")
    [ ! -f "tests/fuzz/dictionary/$target.dict" ] || options+=(-dict="tests/fuzz/dictionary/$target.dict")
    "$folder/fuzz/fuzz-$target" "${options[@]}" "$learned" "tests/fuzz/corpus/$target" >"$log" 2>&1
    code=$?
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    if [ $code -eq 0 ]; then
        printf '%-14s %10s runs, nothing found\n' "$target" "$runs"
    else
        failed=$((failed + 1))
        printf '%-14s %10s runs, FAILED: %s\n' "$target" "${runs:-?}" "$(sed -n 's/^artifact_prefix.*Test unit written to //p' "$log")"
        grep -v '^#[0-9]' "$log" | head -60
    fi
done
[ $failed -eq 0 ]
