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
failures=

# swift_tests NAME OPTION…: failures are told again at the very end, where people look.
swift_tests() {
    local log="$STATE/test-$1.log"
    shift
    swift test --skip-build "$@" 2>&1 | tee "$log" && return
    failed+=("the Swift tests")
    failures+=$(grep -E '^✘|^Fatal|^error:' "$log" | tail -n 40 || tail -n 40 "$log")$'\n'
}

if wants swift; then
    mkdir -p "$STATE"
    # Those that talk to a real broker have deadlines to keep, and are spared the company of those that compute.
    against_broker='^(AMQPTests|AMQPBrokerTests|WorkerSDKTests)\.'
    step "Swift tests"
    swift_tests swift --skip "$against_broker"
    step "Swift tests against RabbitMQ"
    swift_tests swift-broker --filter "$against_broker"
fi

if wants end-to-end; then
    step "End-to-end tests: the built binaries, a RabbitMQ of their own, boto3 and the AWS CLI"
    BATON_BIN_DIR="$BIN" BATON_E2E_VENV="$STATE/venv" Tests/EndToEnd/run -q || failed+=("the end-to-end tests")
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
    printf '%s' "$failures"
    exit 1
fi
good "All tests passed."
