#!/usr/bin/env bash
# Starts the four services of the onboarding, each in a language of its own, until Ctrl-C: start.sh [FOLDER]
#   BILLING=2 start.sh    two processes of billing share its load; AUTH, ANALYTICS, EMAIL likewise
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
folder=${1:-$root/.baton/mixed-fleet}
mkdir -p "$folder"
export BATON_AMQP_URL=${BATON_AMQP_URL:-amqp://guest:guest@127.0.0.1:5673/}
export PYTHONPATH=$root/workers/python/src BILLING_DATABASE=$folder/billing.db MAIL_FOLDER=$folder/mail

(cd "$root/workers/go" && GO111MODULE=off GOPATH=/usr/share/gocode go build -o "$folder/analytics" .)
auth=("$root/.build/${BATON_CONFIGURATION:-debug}/auth-worker" --data "$folder/auth")
billing=("${PYTHON:-python3}" "$root/examples/mixed-fleet/billing.py")
analytics=("$folder/analytics" analytics-init-tracking analytics-delete-tracking)
email=(ruby "$root/examples/mixed-fleet/email.rb")

pids=()
start() { # start COUNT COMMAND…
    local count=$1
    shift
    for _ in $(seq "$count"); do
        "$@" &
        pids+=($!)
    done
}
# Each of them finishes what it has begun.
trap 'trap - INT TERM; kill -TERM "${pids[@]}" 2>/dev/null || true; wait; exit 0' INT TERM
start "${AUTH:-1}" "${auth[@]}"
start "${BILLING:-1}" "${billing[@]}"
start "${ANALYTICS:-1}" "${analytics[@]}"
start "${EMAIL:-1}" "${email[@]}"
wait
