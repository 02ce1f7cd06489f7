#!/usr/bin/env bash
# Builds the fuzz targets and runs each for some minutes: fuzz.sh MINUTES [TARGET…]
# New inputs are kept in .baton/fuzz/TARGET/found; one that crashes, hangs or takes too much memory is left beside it.
set -euo pipefail
. "$(dirname "$0")/common.sh"
minutes=${1:?how many minutes for each target}
shift
targets=("$@")
[ $# -gt 0 ] || targets=(JSONParser JSONPathParser JSONataParser JSONataEvaluator)

# libFuzzer instruments everything it is built with, so these builds are kept apart.
export BATON_FUZZ=1
build=(swift build -c release --scratch-path .build-fuzz --sanitize fuzzer)
for target in "${targets[@]}"; do
    step "Building Fuzz$target"
    "${build[@]}" --product "Fuzz$target"
done
binaries=$("${build[@]}" --show-bin-path)

# Swift's own crash reports take longer than the crash is worth here.
export SWIFT_BACKTRACE=enable=no
failed=()
for target in "${targets[@]}"; do
    seeds=$ROOT/Fuzz/corpus/$target
    [[ $target != JSONata* ]] || seeds=$ROOT/Fuzz/corpus/JSONata
    folder=$STATE/fuzz/$target
    mkdir -p "$folder/found"
    step "Fuzzing $target for $minutes minutes"
    # No input takes longer than ten seconds or two gigabytes; the evaluator checks its own, much smaller budget.
    "$binaries/Fuzz$target" -max_total_time=$((minutes * 60)) -timeout=10 -rss_limit_mb=2048 -max_len=1000 \
        -artifact_prefix="$folder/" -print_final_stats=1 "$folder/found" "$seeds" 2>"$folder/log" ||
        failed+=("$target")
    grep -E '^(stat::number_of_executed_units|SUMMARY|Fatal error|.*: Fatal error)' "$folder/log" || true
    grep -oE 'cov: [0-9]+ ft: [0-9]+ corp: [0-9]+' "$folder/log" | tail -n 1
done

[ ${#failed[@]} = 0 ] || die "inputs that fail are in $STATE/fuzz, with the log: ${failed[*]}"
good "Nothing found."
