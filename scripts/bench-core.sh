#!/usr/bin/env bash
# Times what needs no broker, with percentiles: scripts/bench-core.sh [ARGUMENT...], those of `swift package benchmark`.
set -euo pipefail
. "$(dirname "$0")/common.sh"
"$ROOT/scripts/deps.sh" build
# In a folder of its own, since it is built with other flags than all else.
with_benchmarks swift package --scratch-path .build-benchmarks --allow-writing-to-package-directory benchmark "$@"
