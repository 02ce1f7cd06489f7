#!/usr/bin/env bash
# Measures Baton: scripts/bench.sh [--quick] [--curves] [--json FILE] [WORK...], see Benchmarks/bench.py.
#   BATON_BIN_DIR   where the binaries are; a release build is made where it is not set
set -euo pipefail
. "$(dirname "$0")/common.sh"
"$ROOT/scripts/deps.sh" bench
if [ -z "${BATON_BIN_DIR:-}" ]; then
    step "Building for release"
    for product in baton bench-worker bench-http-ceiling baton-bench; do
        swift build "${RELEASE[@]}" --product "$product"
    done
    # What times the works in process; the tool is the library's.
    for product in in-process BenchmarkTool; do
        with_benchmarks swift build "${RELEASE[@]}" --product "$product"
    done
    BATON_BIN_DIR=$(swift build "${RELEASE[@]}" --show-bin-path)
    export BATON_BIN_DIR
fi
exec python3 "$ROOT/Benchmarks/bench.py" "$@"
