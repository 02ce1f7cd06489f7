#!/usr/bin/env bash
# The demonstration: three users onboarded through four worker processes over RabbitMQ. Leaves everything running.
set -euo pipefail
. "$(dirname "$0")/common.sh"

PORT=${BATON_DEMO_PORT:-8083}
DEMO="$STATE/demo"
BATON="$BIN/baton"
export BATON_AMQP_URL="amqp://guest:guest@127.0.0.1:$BROKER_PORT/"
export BATON_ENDPOINT="http://127.0.0.1:$PORT"
workers=(auth-worker billing-worker analytics-worker email-worker)

"$ROOT/scripts/deps.sh" run

step "Building ($CONFIGURATION; the first time takes some minutes)"
swift build -c "$CONFIGURATION"

# A demonstration that is running ends here; this one begins with empty records.
"$ROOT/scripts/stop.sh"
rm -rf "$DEMO"
mkdir -p "$DEMO"

step "Starting a private RabbitMQ node below .baton/broker"
# What an earlier demonstration left in the queues belongs to executions that are gone.
[ ! -d "$BROKER_DIR" ] || "$ROOT/scripts/broker.sh" wipe --dir "$BROKER_DIR" --port "$BROKER_PORT" >/dev/null
"$ROOT/scripts/broker.sh" start --dir "$BROKER_DIR" --port "$BROKER_PORT" >/dev/null
note "RabbitMQ          $BATON_AMQP_URL"

step "Starting the orchestrator and four workers, each a process of its own"
if curl -s -o /dev/null --max-time 2 "$BATON_ENDPOINT/health/live"; then
    die "another program listens at 127.0.0.1:$PORT: stop it, or choose a port as in 'BATON_DEMO_PORT=8090 make demo'"
fi
spawn orchestrator "$BATON" server --database "$DEMO/baton.db" --listen "127.0.0.1:$PORT"
ready() { curl -sf --max-time 2 "$BATON_ENDPOINT/health/ready" || ! alive orchestrator; }
wait_for 30 "the orchestrator's start (see .baton/run/orchestrator.log)" ready
alive orchestrator || die "the orchestrator ended: $(tail -n 1 "$PIDS/orchestrator.log")"
note "orchestrator      pid $(cat "$PIDS/orchestrator.pid")  $BATON_ENDPOINT"
for worker in "${workers[@]}"; do
    "$ROOT/scripts/worker.sh" "$worker"
done

step "Deploying examples/onboarding"
"$BATON" deploy examples/onboarding/onboarding.asl.json

onboard() { # onboard TITLE NAME INPUT EXPECTED-STATUS
    echo
    step "$1"
    local status=0
    "$BATON" start onboarding --wait --name "$2" --input "@$3" || status=$?
    [ "$status" = "$4" ] || die "that should have ended with status $4, not $status: see .baton/run/*.log"
}
onboard "Ada signs up" ada examples/onboarding/input.json 0
onboard "Grace signs up; billing fails twice, and is tried again" grace examples/onboarding/input-flaky.json 0
onboard "Charles signs up; his card is declined, and what was done is undone" charles examples/onboarding/input-declined.json 1

echo
step "What each worker has on record now"
for worker in "${workers[@]}"; do
    printf '%s%s%s\n' "$BOLD" "$worker" "$PLAIN"
    "$BIN/$worker" --list --data "$DEMO/${worker%-worker}" | sed 's/^/    /'
done

echo
step "All executions"
"$BATON" list --endpoint "$BATON_ENDPOINT"

[ "$PORT" = 8083 ] || point="export BATON_ENDPOINT=$BATON_ENDPOINT"
baton="${BATON#"$ROOT"/}"
cat <<EOF

${GREEN}Everything is still running.${PLAIN} Try:
${point:+  $point
}  $baton history onboarding
      what happened to Charles, event by event
  $baton start onboarding --wait --input '{"user": {"userId": "you", "email": "you@example.com", "name": "You", "plan": "pro"}}'
      onboard yourself
  kill -9 \$(cat .baton/run/billing-worker.pid); $baton start onboarding --input '{"user": {"userId": "joan", "email": "joan@example.com", "name": "Joan", "plan": "free"}}'
      the work waits: $baton queues shows it
  scripts/worker.sh billing-worker
      the worker is back, and the work goes on
  make stop
      ends all of it
EOF
