#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every test: unit tests under AddressSanitizer and UBSan, the threaded ones under ThreadSanitizer too, fuzz corpora
# replayed, structure rules, and the host against real peers. Quiet where all is well; what failed is shown whole.
# The last line counts: N passed, N failed[, N skipped].
set -uo pipefail
cd "$(dirname "$0")/.."
: "${NODE:=$PWD/tests/node_modules/node/bin/node}"
export TENON_SHARED="${TENON_SHARED:-$PWD/../shared}"
export LSAN_OPTIONS="suppressions=$PWD/tests/lsan.supp:print_suppressions=0"
export ASAN_OPTIONS="detect_leaks=1:abort_on_error=0" UBSAN_OPTIONS="print_stacktrace=1"
export TSAN_OPTIONS="suppressions=$PWD/tests/tsan.supp:halt_on_error=1:second_deadlock_stack=1"
# Folders whose code runs in several threads.
THREADED="app-round event- base-loop base-map base-secret throttle- store- audit-audit http- upstream- definition-catalogue-catalogue connection- seal-keyring call-call call-journal api-documents metrics-"
passed=0 failed=0 skipped=0
logs=$(mktemp -d) log=$logs/log
trap 'rm -r "$logs"' EXIT

say() { printf '\n== %s\n' "$*"; }

# Most tests wait for disks and peers rather than compute: one more than there are cores keeps them busy.
AT_ONCE=$(($(nproc) + 1))

# run_unit TEST: into $logs, named as the test: what it printed, and its exit code in NAME.code.
run_unit() {
    timeout 300 "$1" >"$logs/${1##*/}" 2>&1
    echo $? >"$logs/${1##*/}.code"
}

# Cmocka prints "N test(s) run." and lines "[       OK ]", "[  SKIPPED ]", "[  FAILED  ]".
count_unit() {
    local log=$logs/${1##*/} code ok skip bad
    code=$(cat "$log.code")
    ok=$(grep -c '^\[       OK \]' "$log")
    skip=$(grep -c '^\[  SKIPPED \]' "$log")
    passed=$((passed + ok)) skipped=$((skipped + skip))
    if [ "$code" -ne 0 ]; then
        bad=$(grep -c '^\[  FAILED  \] [a-z_0-9]*$' "$log")
        failed=$((failed + (bad > 0 ? bad : 1)))
        printf 'FAILED %s (exit %d)\n' "$1" "$code"
        cat "$log"
    elif [ "$ok" = 0 ] && [ "$skip" = 0 ]; then
        failed=$((failed + 1))
        printf 'FAILED %s: it ran no test\n' "$1"
    fi
}

run_units() {
    export logs
    export -f run_unit
    printf '%s\n' "$@" | xargs -P "$AT_ONCE" -I{} bash -c 'run_unit {}'
    local test
    for test in "$@"; do count_unit "$test"; done
    printf '%d passed, %d failed so far\n' $passed $failed
}

build() {
    local folder=$1
    shift
    say "build $folder"
    [ -f "$folder/build.ninja" ] || cmake -S . -B "$folder" -G Ninja "$@" >/dev/null
    if ! ninja -C "$folder" --quiet >"$log" 2>&1; then
        cat "$log"
        printf '%d passed, %d failed\n' $passed $((failed + 1))
        exit 1
    fi
}

build build-asan -DTENON_SANITIZE=address -DTENON_TESTS=ON
say "unit tests under AddressSanitizer and UBSan"
run_units build-asan/unit/unit-*

# One test a target. A target without seeds fails.
say "fuzz targets over their corpora"
for target in build-asan/fuzz/fuzz-*; do
    name=${target##*/fuzz-}
    if timeout 120 "$target" "tests/fuzz/corpus/$name" >"$log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED %s\n' "$target"
        tail -60 "$log"
    fi
done
printf '%d passed, %d failed so far\n' $passed $failed

build build-tsan -DTENON_SANITIZE=thread -DTENON_TESTS=ON
say "threaded unit tests under ThreadSanitizer"
threaded=()
for part in $THREADED; do threaded+=(build-tsan/unit/unit-"$part"*); done
run_units "${threaded[@]}"

# Node's runner ends with lines "# pass N", "# fail N", "# skipped N". start_node NAME ARGUMENT... begins a run beside
# whatever follows; end_node NAME TITLE waits for it and counts.
start_node() {
    local name=$1
    shift
    { timeout 1800 "$NODE" --test --test-reporter=tap "$@" >"$logs/$name" 2>&1; echo $? >"$logs/$name.code"; } &
    eval "job_$name=\$!"
}

end_node() {
    local name=$1 title=$2 job=job_$1 code ok bad skip
    wait "${!job}"
    say "$title"
    code=$(cat "$logs/$name.code")
    ok=$(sed -n 's/^# pass //p' "$logs/$name" | tail -1)
    bad=$(sed -n 's/^# fail //p' "$logs/$name" | tail -1)
    skip=$(sed -n 's/^# skipped //p' "$logs/$name" | tail -1)
    passed=$((passed + ${ok:-0})) failed=$((failed + ${bad:-0})) skipped=$((skipped + ${skip:-0}))
    if [ "$code" -ne 0 ] || [ -z "$ok" ] || [ "$ok" = 0 ]; then
        [ "${bad:-0}" = 0 ] && failed=$((failed + 1))
        cat "$logs/$name"
    fi
    printf '%s passed, %s failed\n' "${ok:-0}" "${bad:-?}"
}

run_node() {
    local title=$1
    shift
    start_node now "$@"
    end_node now "$title"
}

# run_peers FOLDER FILE...: against the host of a build.
run_peers() {
    local folder=$1
    shift
    TENON_BIN="$PWD/$folder/tenon" run_node "against real peers: $folder/tenon" --test-concurrency=2 "$@"
}

export TENON_BIN="$PWD/build/tenon"
run_node "structure of the source" tests/structure/*.test.mjs
# These wait more than they compute; so they run beside the others.
start_node hostile tests/hostile/*.test.mjs
run_node "loader and schema" tests/peers/schema/*.test.mjs
run_peers build tests/peers/*.test.mjs
start_node console --test-concurrency=1 tests/console/*.test.mjs
run_peers build-asan tests/peers/{token,ukg,request,api,definition,reload,egress,openapi-clients,metrics,proxy,trace,log,front,tls,limits,drain,own-api,faults,assertions,session,steps,policies,triggers,device,discovery,dpop,mutual-tls,events,webhooks,console-session}.test.mjs
run_peers build-tsan tests/peers/{token,request,api,reload,openapi-clients,metrics,proxy,tls,drain,faults,session,device,dpop,events,webhooks,console-session}.test.mjs
end_node console "the console in a browser"
run_node "promises about tokens, in short" tests/reliability/*.test.mjs
end_node hostile "hostile inputs"
run_node "what is shipped beside the source" tests/deploy/*.test.mjs

echo
printf '%d passed, %d failed' $passed $failed
[ $skipped -gt 0 ] && printf ', %d skipped' $skipped
printf '\n'
[ $failed -eq 0 ]
