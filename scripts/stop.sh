#!/usr/bin/env bash
# Ends what was started below .baton/: the workers, the orchestrator, the broker.
set -euo pipefail
. "$(dirname "$0")/common.sh"

for name in auth-worker billing-worker analytics-worker email-worker orchestrator; do
    halt "$name"
done
if [ -d "$BROKER_DIR" ]; then
    "$ROOT/scripts/broker.sh" stop --dir "$BROKER_DIR" --port "$BROKER_PORT"
fi
