#!/usr/bin/env bash
# Sets up what the tests need and runs them: test.sh [all|swift|end-to-end|conformance]…
set -euo pipefail
. "$(dirname "$0")/common.sh"
suites=("${@:-all}")
wants() { [[ " ${suites[*]} " == *" all "* || " ${suites[*]} " == *" $1 "* ]]; }

"$ROOT/scripts/deps.sh" test

step "Building everything, with the tests"
swift build --build-tests
BIN="$ROOT/.build/debug"

failed=()

if wants swift; then
    step "Swift tests"
    swift test --skip-build || failed+=("the Swift tests")
fi

# A virtual environment that holds exactly what a list asks for; made anew when the list changes.
venv() { # venv NAME REQUIREMENTS…
    local folder="$STATE/$1" list
    shift
    list=$(cat "$@" | sha256sum 2>/dev/null || cat "$@" | shasum -a 256)
    if [ ! -x "$folder/bin/python" ] || [ "$(cat "$folder/.baton" 2>/dev/null)" != "$list" ]; then
        step "Python packages for ${folder#"$ROOT"/}"
        rm -rf "$folder"
        python3 -m venv "$folder"
        local arguments=()
        for file in "$@"; do arguments+=(-r "$file"); done
        "$folder/bin/pip" install --quiet --disable-pip-version-check --no-input "${arguments[@]}"
        printf '%s' "$list" >"$folder/.baton"
    fi
}

if wants end-to-end && [ -f Tests/EndToEnd/requirements.txt ]; then
    venv venv Tests/EndToEnd/requirements.txt
    step "End-to-end tests: the built binaries, a RabbitMQ of their own, boto3 and the AWS CLI"
    PATH="$STATE/venv/bin:$PATH" BATON_BIN="$BIN" \
        "$STATE/venv/bin/python" -m pytest Tests/EndToEnd -q -p no:cacheprovider || failed+=("the end-to-end tests")
fi

conformance=${BATON_CONFORMANCE:-$ROOT/../shared/conformance}
if wants conformance; then
    if [ -f "$conformance/aws/run.py" ]; then
        "$ROOT/scripts/conformance.sh" "$conformance" || failed+=("the conformance cases")
    else
        note "Conformance cases are not there ($conformance): skipped"
    fi
fi

echo
if [ ${#failed[@]} -gt 0 ]; then
    for what in "${failed[@]}"; do printf '%sfailed:%s %s\n' "$RED" "$PLAIN" "$what"; done
    exit 1
fi
good "All tests passed."
