#!/usr/bin/env bash
# Starts a worker of the demonstration, in the background: worker.sh auth-worker [OPTION…]; --help lists the options.
set -euo pipefail
. "$(dirname "$0")/common.sh"
name=${1:?which worker? auth-worker, billing-worker, analytics-worker or email-worker}
shift
[ -x "$BIN/$name" ] || die "there is no $BIN/$name: 'make build' builds it"
if alive "$name"; then die "$name is running already (pid $(cat "$PIDS/$name.pid")): 'kill' it first"; fi
export BATON_AMQP_URL=${BATON_AMQP_URL:-amqp://guest:guest@127.0.0.1:$BROKER_PORT/}
spawn "$name" "$BIN/$name" --data "$STATE/demo/${name%-worker}" "$@"
note "$(printf '%-17s' "$name") pid $(cat "$PIDS/$name.pid")"
