#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What is slow: the other compiler, static analysis, and every unit test under ThreadSanitizer. Ends with 1 where anything
# was found.
set -uo pipefail
cd "$(dirname "$0")/.."
export TENON_SHARED="${TENON_SHARED:-$PWD/../shared}"
export TSAN_OPTIONS="halt_on_error=1:suppressions=$PWD/tests/tsan.supp"
found=0
say() { printf '\n== %s\n' "$*"; }

say "clang, with the same warnings as errors"
[ -f build-clang/build.ninja ] ||
    cmake -S . -B build-clang -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_EXPORT_COMPILE_COMMANDS=ON >/dev/null
ninja -C build-clang --quiet || found=1

say "clang-tidy (.clang-tidy says which checks, and why not the others)"
find src -name '*.c' -print0 |
    xargs -0 -P "$(nproc)" -n 4 clang-tidy --quiet --warnings-as-errors='*' -p build-clang 2>/dev/null || found=1

say "cppcheck"
cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 -D__cppcheck__=1 -I src --enable=warning \
    --suppress=missingIncludeSystem --suppress=unknownMacro -j "$(nproc)" src || found=1

say "every unit test under ThreadSanitizer"
[ -f build-tsan/build.ninja ] || cmake -S . -B build-tsan -G Ninja -DTENON_SANITIZE=thread >/dev/null
ninja -C build-tsan --quiet || found=1
for test in build-tsan/unit/unit-*; do
    timeout 600 "$test" >build-tsan/last.log 2>&1 || { found=1; printf 'FAILED %s\n' "$test"; tail -50 build-tsan/last.log; }
done

[ $found -eq 0 ] && printf '\nnothing found\n'
exit $found
