#!/usr/bin/env bash
# Measures how Baton recovers: scripts/bench-recovery.sh [CASE...] [--minutes 60] [--scale 0.1], see Tests/Recovery.
#   BATON_BIN_DIR   where the binaries are; a release build is made where it is not set
set -euo pipefail
. "$(dirname "$0")/common.sh"
venv=${BATON_E2E_VENV:-$STATE/venv}
requirements=$ROOT/Tests/EndToEnd/requirements.txt
if ! cmp -s "$requirements" "$venv/installed.txt"; then
    step "Installing the Python packages that it needs into $venv"
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements"
    cp "$requirements" "$venv/installed.txt"
fi
if [ -z "${BATON_BIN_DIR:-}" ]; then
    step "Building baton for release"
    swift build "${RELEASE[@]}" --product baton
    export BATON_BIN_DIR=$ROOT/.build/release
fi
exec "$venv/bin/python" "$ROOT/Tests/Recovery/bench.py" "$@"
