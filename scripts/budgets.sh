#!/usr/bin/env bash
# Counts instructions and allocations of the hot paths: scripts/budgets.sh [--update], see Benchmarks/budgets.py.
#   BATON_BIN_DIR   where baton-bench is; a release build is made where it is not set
set -euo pipefail
. "$(dirname "$0")/common.sh"
"$ROOT/scripts/deps.sh" budgets
if [ -z "${BATON_BIN_DIR:-}" ]; then
    step "Building for release"
    swift build "${RELEASE[@]}" --product baton-bench
    BATON_BIN_DIR=$(swift build "${RELEASE[@]}" --show-bin-path)
fi
exec python3 "$ROOT/Benchmarks/budgets.py" "$@" "$BATON_BIN_DIR/baton-bench"
