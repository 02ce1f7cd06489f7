#!/usr/bin/env bash
# Measures JSONata: Baton beside jsonatapy, in turns, and both against the reference: bench-jsonata.sh FOLDER [TURNS]
# FOLDER has a cases.json and data/. BATON names another binary than that of a release build.
set -euo pipefail
. "$(dirname "$0")/common.sh"
folder=${1:?the folder of the benchmark, with its cases.json}
turns=${2:-3}
if [ -z "${BATON:-}" ]; then
    step "Building baton for release"
    swift build "${RELEASE[@]}" --product baton
    BATON=$ROOT/.build/release/baton
fi
exec python3 "$ROOT/scripts/bench-jsonata.py" "$BATON" "$folder" "$turns"
