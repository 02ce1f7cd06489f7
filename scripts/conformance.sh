#!/usr/bin/env bash
# Plays recorded AWS cases against a throw-away server: conformance.sh FOLDER [--record | --all] [PATTERN…]
#   without options  the cases of Tests/Conformance/aws.tsv have to reach the level that stands there
#   --all            every case, or those that match; prints what differs
#   --record         every case; writes down what passes as what has to pass from now on
set -euo pipefail
. "$(dirname "$0")/common.sh"
folder=$(cd "$1" && pwd)
shift
list="$ROOT/Tests/Conformance/aws.tsv"
mode=check
case ${1:-} in --record | --all) mode=${1#--}; shift ;; esac
[ "$mode" != check ] || [ -f "$list" ] || { note "no case has to pass yet: $list is not there"; exit 0; }

work="$STATE/conformance"
python="$STATE/conformance-venv/bin/python"
wanted=$(cat "$folder/aws/requirements.txt" Tests/Conformance/requirements.txt)
if [ "$(cat "$STATE/conformance-venv/.baton" 2>/dev/null)" != "$wanted" ]; then
    step "Python packages for the conformance cases"
    rm -rf "$STATE/conformance-venv"
    python3 -m venv "$STATE/conformance-venv"
    "$STATE/conformance-venv/bin/pip" install --quiet --disable-pip-version-check --no-input \
        -r "$folder/aws/requirements.txt" -r Tests/Conformance/requirements.txt
    printf '%s' "$wanted" >"$STATE/conformance-venv/.baton"
fi

free_port() { "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
server=''
finish() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
    "$ROOT/scripts/broker.sh" stop --dir "$work/broker" >/dev/null 2>&1 || true
}
trap finish EXIT

step "Conformance: cases recorded from AWS Step Functions"
# Nothing of an earlier run: the cases that list everything see what is there.
"$ROOT/scripts/broker.sh" stop --dir "$work/broker" >/dev/null 2>&1 || true
rm -rf "$work"
mkdir -p "$work"
amqp_port=$(free_port)
"$ROOT/scripts/broker.sh" start --dir "$work/broker" --port "$amqp_port" >/dev/null
amqp="amqp://guest:guest@127.0.0.1:$amqp_port/%2f"
port=$(free_port)
moto_port=$(free_port)
# The runner's stand-in for S3, which it starts at this address.
export AWS_ENDPOINT_URL_S3="http://127.0.0.1:$moto_port" AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
"$ROOT/.build/$CONFIGURATION/baton" server --database "$work/baton.db" --amqp-url "$amqp" --listen "127.0.0.1:$port" \
    >"$work/server.log" 2>&1 </dev/null &
server=$!
wait_for 30 "the server's start (see $work/server.log)" curl -sf "http://127.0.0.1:$port/health/ready"

arguments=(--endpoint-url "http://127.0.0.1:$port" --amqp-url "$amqp" --aws-endpoint "http://127.0.0.1:$moto_port"
    --json "$work/results.json" -j "${BATON_CONFORMANCE_JOBS:-4}" --timeout "${BATON_CONFORMANCE_TIMEOUT:-30}")
export PATH="$STATE/conformance-venv/bin:$PATH" AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test \
    AWS_DEFAULT_REGION=us-east-1 AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
if [ $mode = check ]; then
    while IFS=$'\t' read -r _ id; do
        # Square brackets would be patterns.
        arguments+=(--filter "$(sed 's/[[*?]/[&]/g' <<<"$id")")
    done <"$list"
    arguments+=(--quiet)
else
    for pattern in "$@"; do arguments+=(--filter "$pattern"); done
fi
"$python" "$folder/aws/run.py" "${arguments[@]}" >"$work/run.log" 2>&1 || true
[ -f "$work/results.json" ] || { tail -n 20 "$work/run.log"; die "the cases could not be run"; }
[ $mode = check ] || cat "$work/run.log"
"$python" "$ROOT/scripts/conformance.py" "$mode" "$work/results.json" "$list"
