#!/usr/bin/env bash
# A worker in shell, on amqp-tools and the command line: worker.sh ACTIVITY COMMAND
# COMMAND reads the input and prints the output; to fail, it prints "ERROR: cause" to stderr, with a status other than 0.
set -u
: "${BATON_AMQP_URL:=amqp://guest:guest@localhost:5672/}" "${BATON_PREFIX:=baton}" "${BATON:=baton}"

# amqp-consume hands on a message's body and nothing else. So the state's Parameters put the execution's ARN and the
# state's name into it, and the task is answered over the API.
task() {
    local body execution state token job beats status
    body=$(cat)
    execution=$(jq -er .execution <<<"$body") && state=$(jq -er .state <<<"$body") || return 0
    token=$("$BATON" task list --execution "$execution" --state "$state" --tokens --output json | jq -er '.[0].taskToken') \
        || return 0 # nobody waits for it any more
    output=$(mktemp) && trap 'rm -f "$output" "$output.err"' EXIT
    jq -c .input <<<"$body" | "$1" >"$output" 2>"$output.err" &
    job=$!
    while sleep "${HEARTBEAT:-5}" && kill -0 $job 2>/dev/null; do
        "$BATON" task heartbeat "$token" || kill $job # it was stopped, or has timed out
    done &
    beats=$!
    wait $job
    status=$?
    kill $beats 2>/dev/null
    if [ $status = 0 ]; then
        "$BATON" task succeed "$token" --result "@$output"
    else
        "$BATON" task fail "$token" --error "$(sed 's/:.*//;q' "$output.err")" --cause "$(sed '1s/^[^:]*: *//' "$output.err")"
    fi || [ $? != 3 ] # no server: the task stays on the queue
}

if [ "${1:-}" = --task ]; then
    task "$2"
    exit
fi

activity=${1:?activity} command=${2:?command} stopping=
here=$(cd "$(dirname "$0")" && pwd)
# One that is working ends with its task; one that waits has nothing to lose.
trap 'stopping=1; pgrep -P "$consumer" >/dev/null || kill "$consumer" 2>/dev/null' TERM INT
while [ -z "$stopping" ]; do
    amqp-consume -u "${BATON_AMQP_URL%/}" -q "$BATON_PREFIX.activity.$activity" -p 1 -c 1 \
        -- "$here/worker.sh" --task "$command" &
    consumer=$!
    wait $consumer || [ -n "$stopping" ] || sleep 1 # connect again
    wait $consumer 2>/dev/null
done
exit 0
