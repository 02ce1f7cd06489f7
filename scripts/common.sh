# shellcheck shell=bash
# What the scripts of this folder share. Sourced, never run.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT" || exit 1

STATE="$ROOT/.baton"
PIDS="$STATE/run"
BROKER_DIR="$STATE/broker"
BROKER_PORT=${BATON_BROKER_PORT:-5673}
CONFIGURATION=${BATON_CONFIGURATION:-debug}
# shellcheck disable=SC2034  # for the scripts that source this
BIN="$ROOT/.build/$CONFIGURATION"
# shellcheck disable=SC2034
RELEASE=(-c release --static-swift-stdlib)

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    BOLD=$'\e[1m' DIM=$'\e[2m' RED=$'\e[31m' GREEN=$'\e[32m' PLAIN=$'\e[0m'
else
    BOLD='' DIM='' RED='' GREEN='' PLAIN=''
fi

step() { printf '%s==> %s%s\n' "$BOLD" "$*" "$PLAIN"; }
note() { printf '%s    %s%s\n' "$DIM" "$*" "$PLAIN"; }
good() { printf '%s%s%s\n' "$GREEN" "$*" "$PLAIN"; }
die() {
    printf '%serror:%s %s\n' "$RED" "$PLAIN" "$*" >&2
    exit 1
}

# with_benchmarks COMMAND…: with the library for benchmarks in Package.swift. Package.resolved is put back afterwards, since
# other builds fetch all that it names; what it said meanwhile is kept for the next time.
with_benchmarks() {
    local now="$ROOT/Package.resolved" before="$STATE/without-benchmarks.resolved" with="$STATE/with-benchmarks.resolved"
    local status=0
    mkdir -p "$STATE"
    rm -f "$before"
    [ ! -f "$now" ] || mv "$now" "$before"
    [ ! -f "$with" ] || cp "$with" "$now"
    BATON_BENCHMARKS=1 "$@" || status=$?
    [ ! -f "$now" ] || mv "$now" "$with"
    [ ! -f "$before" ] || mv "$before" "$now"
    return $status
}

# Starts a program in the background in its own session, so that the terminal's Ctrl-C does not reach it.
# spawn NAME COMMAND…  → .baton/run/NAME.pid, .baton/run/NAME.log
spawn() {
    local name=$1
    shift
    mkdir -p "$PIDS"
    if command -v setsid >/dev/null; then
        setsid "$@" >"$PIDS/$name.log" 2>&1 </dev/null &
    else
        nohup "$@" >"$PIDS/$name.log" 2>&1 </dev/null &
    fi
    echo $! >"$PIDS/$name.pid"
}

# alive NAME: the process of that pid file lives.
alive() { [ -f "$PIDS/$1.pid" ] && kill -0 "$(cat "$PIDS/$1.pid")" 2>/dev/null; }

# halt NAME: asks the process to end, and insists after ten seconds.
halt() {
    local file="$PIDS/$1.pid" pid
    [ -f "$file" ] || return 0
    pid=$(cat "$file")
    if kill -0 "$pid" 2>/dev/null; then
        kill -TERM "$pid" 2>/dev/null || true
        for _ in $(seq 100); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
        kill -KILL "$pid" 2>/dev/null || true
        note "stopped $1"
    fi
    rm -f "$file"
}

# wait_for SECONDS WHAT COMMAND…: until the command succeeds.
wait_for() {
    local seconds=$1 what=$2
    shift 2
    for _ in $(seq $((seconds * 10))); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.1
    done
    die "$what did not happen within $seconds seconds"
}
