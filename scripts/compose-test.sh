#!/usr/bin/env bash
# Brings docker-compose.yml up with the mixed fleet and two auth workers, and checks what its containers promise. With a
# Docker engine, or with podman and podman-compose; skipped where there is neither. The programs are those that are built
# already (BATON_CONFIGURATION); with podman the base images are made from Debian's packages, by debootstrap.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=$PWD/.baton/compose
build=.build/${BATON_CONFIGURATION:-debug}
step() { printf '\n\033[1m%s\033[0m\n' "$*"; }
skip() { echo "compose-test is skipped: $*"; exit 0; }
fail() { echo "compose-test: $*" >&2; exit 1; }

if docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1; then
    engine=docker
    compose() { docker compose -p baton-test --profile mixed "$@"; }
elif command -v podman >/dev/null && command -v podman-compose >/dev/null; then
    [ "$(id -u)" = 0 ] || skip "podman makes base images as root alone"
    engine=podman
    version=$(podman-compose --version 2>/dev/null | sed -nE 's/^podman-composer? version:? *([0-9.]+).*/\1/p' | head -n 1)
    # That of Debian 12, 1.0.3, knows no profiles, starts everything, and takes --scale without doing anything.
    modern=
    [ "$(printf '1.6\n%s\n' "$version" | sort -V | head -n 1)" = 1.6 ] && modern=yes
    compose() { podman-compose -p baton-test ${modern:+--profile mixed} "$@"; }
else
    skip "there is neither a Docker engine nor podman with podman-compose"
fi
[ -x "$build/baton" ] || make build
mkdir -p "$work"

if [ $engine = podman ]; then
    step "podman's settings and base images"
    # Of our own: the machine's stay as they are. runc, because crun does not work where cgroups are hybrid; limits that
    # need no right to raise them.
    cat >"$work/containers.conf" <<'CONF'
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
CONF
    printf '[storage]\ndriver = "overlay"\ngraphroot = "%s/storage"\nrunroot = "%s/run"\n' "$work" "$work" \
        >"$work/storage.conf"
    export CONTAINERS_CONF=$work/containers.conf CONTAINERS_STORAGE_CONF=$work/storage.conf
    if ! podman image exists localhost/baton-debian; then
        command -v debootstrap >/dev/null || skip "debootstrap is not installed, and makes the base image"
        rm -rf "$work/root"
        debootstrap --variant=minbase --include=ca-certificates bookworm "$work/root" >"$work/debootstrap.log" ||
            skip "debootstrap cannot reach Debian's packages, see $work/debootstrap.log"
        # Whatever this machine trusts besides: it may reach the package indexes through a proxy with a CA of its own.
        if ls /usr/local/share/ca-certificates/*.crt >/dev/null 2>&1; then
            cp /usr/local/share/ca-certificates/*.crt "$work/root/usr/local/share/ca-certificates/"
            chroot "$work/root" update-ca-certificates >/dev/null 2>&1
        fi
        rm -rf "$work"/root/var/cache/apt/archives/*.deb "$work"/root/var/lib/apt/lists/*
        tar -C "$work/root" -c . | podman import - localhost/baton-debian >/dev/null
        rm -rf "$work/root"
    fi
    podman build -q -t localhost/baton-rabbitmq - <<'FILE' >/dev/null
FROM localhost/baton-debian
RUN apt-get update && apt-get install -y --no-install-recommends rabbitmq-server && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
    && mkdir -p /etc/rabbitmq/conf.d && echo 'loopback_users.guest = false' >/etc/rabbitmq/conf.d/10-container.conf
USER rabbitmq
CMD ["/usr/lib/rabbitmq/bin/rabbitmq-server"]
FILE
    podman build -q -t localhost/baton-mail - <<'FILE' >/dev/null
FROM localhost/baton-debian
RUN apt-get update && apt-get install -y --no-install-recommends python3 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
CMD ["python3", "-u", "-W", "ignore", "-m", "smtpd", "-n", "-c", "DebuggingServer", "0.0.0.0:1025"]
FILE
    export BATON_RUN_IMAGE=localhost/baton-debian BATON_RABBITMQ_IMAGE=localhost/baton-rabbitmq
    export BATON_MAIL_IMAGE=localhost/baton-mail
fi

step "Programs from $build"
rm -rf .binaries && mkdir -p .binaries/lib
trap 'rm -rf .binaries' EXIT
for program in baton auth-worker billing-worker analytics-worker email-worker; do
    strip -o ".binaries/$program" "$build/$program"
    # Swift's own libraries, where they are not in the program.
    ldd "$build/$program" | awk '/\/swift\// { print $3 }' | xargs -r cp -Lu -t .binaries/lib
done
touch .binaries/lib/.keep
export BATON_PROGRAMS=prebuilt AUTH_WORKERS=2

step "Images"
{ compose build >"$work/build.log" 2>&1 && ! grep -q '^exit code: [1-9]' "$work/build.log"; } || { tail -30 "$work/build.log"; fail "an image cannot be built"; }
base=$($engine image inspect --format '{{.Size}}' "${BATON_RUN_IMAGE:-debian:bookworm-slim}")
for image in orchestrator auth-worker billing-worker analytics-worker email-worker billing-python analytics-go \
    email-ruby; do
    size=$($engine image inspect --format '{{.Size}}' "baton/$image")
    printf '  %-18s %4d MB, %4d MB on top of its base\n' "$image" $((size / 1000000)) $(((size - base) / 1000000))
done

down() {
    if [ $engine = podman ]; then
        podman ps -aq --filter name=baton-test | xargs -r podman rm -f -t 1 >/dev/null 2>&1 || true
        podman volume ls -q --filter name=baton-test | xargs -r podman volume rm -f >/dev/null 2>&1 || true
    else
        compose down -v -t 1 >/dev/null 2>&1 || true
    fi
    rm -rf .binaries
}
down
trap down EXIT
mkdir -p .binaries/lib

step "Up"
compose up -d >"$work/up.log" 2>&1 || { tail -30 "$work/up.log"; fail "compose up failed"; }
names=$($engine ps --filter name=baton-test --format '{{.Names}}' | sort)
echo "$names" | sed 's/^/  /'
of() { grep -E "[-_]$1[-_]" <<<"$names"; }
orchestrator=$(of orchestrator)
baton() { $engine exec "$orchestrator" baton "$@"; }
within() { # within SECONDS WHAT COMMAND…
    local deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $deadline ] || { echo "--- $orchestrator" >&2; $engine logs "$orchestrator" 2>&1 | tail -5 >&2
            fail "not in time: $what"; }
        sleep 1
    done
    echo "  $what"
}
ready() { baton doctor 2>/dev/null | grep -q "^ok.*server's broker"; }
consumers() { # consumers ACTIVITY COUNT
    baton queues | grep -E "^baton\.activity\.$1 " | awk -v n="$2" '$3 != n { exit 1 } END { if (!NR) exit 1 }'
}
within 120 "the orchestrator is connected" ready
$engine cp examples/onboarding/onboarding.asl.json "$orchestrator:/data/onboarding.asl.json"
baton deploy onboarding.asl.json >/dev/null
within 60 "two auth workers share an activity" consumers auth-create-user 2
within 60 "Swift and Python share billing" consumers billing-create-customer 2
within 60 "Swift and Go share analytics" consumers analytics-init-tracking 2
within 60 "Swift and Ruby share e-mail" consumers email-send-welcome 2

step "Scale"
if [ $engine = docker ] || [ -n "$modern" ]; then
    compose up -d --no-recreate --scale auth-worker=3 auth-worker >"$work/scale.log" 2>&1 ||
        { tail -20 "$work/scale.log"; fail "compose up --scale failed"; }
    within 60 "a third auth worker shares the activity" consumers auth-create-user 3
    names=$($engine ps --filter name=baton-test --format '{{.Names}}' | sort)
else
    echo "  not tried: podman-compose $version takes --scale and does nothing; AUTH_WORKERS=2 did"
fi

step "Work"
for number in $(seq 8); do
    sed -e "s/\"userId\": *\"[^\"]*\"/\"userId\": \"u-$number\"/" -e "s/\"ada@/\"ada-$number@/" \
        examples/onboarding/input.json >"$work/input.json"
    baton start onboarding --input "$(cat "$work/input.json")" --name "run-$number" --wait >/dev/null ||
        fail "run-$number did not succeed: $(baton history "run-$number" | tail -5)"
done
workers=$(for number in $(seq 8); do baton history "onboarding:run-$number" --output json; done |
    grep -oE '"workerName": *"[^"]*"' | sort | uniq -c)
echo "$workers"

step "What they promise"
for name in $(grep -vE "rabbitmq|[-_]mail[-_]" <<<"$names"); do
    [ "$($engine exec "$name" id -u)" = 10001 ] || fail "$name runs as root"
    if $engine exec "$name" sh -c 'echo x >/usr/local/x' 2>/dev/null; then fail "$name can write to its own files"; fi
    $engine exec "$name" sh -c 'echo x >/tmp/x && echo x >/data/x' || fail "$name cannot write where it has to"
    if [ $engine = podman ]; then
        # Without systemd nobody looks by himself.
        podman healthcheck run "$name" >/dev/null || fail "$name is not healthy"
    else
        within 60 "$name is healthy" sh -c "docker inspect --format '{{.State.Health.Status}}' $name | grep -qx healthy"
    fi
done
echo "  no root, own files read-only, healthy"
for name in $(grep -vE "rabbitmq|[-_]mail[-_]" <<<"$names" | grep -v orchestrator) "$orchestrator"; do
    before=$SECONDS
    # podman without systemd complains of each health check that has no timer.
    $engine stop -t 30 "$name" >/dev/null 2>"$work/stop.log" || { cat "$work/stop.log" >&2; fail "$name cannot be stopped"; }
    status=$($engine inspect --format '{{.State.ExitCode}}' "$name")
    [ "$status" = 0 ] || fail "$name ended with status $status"
    [ $((SECONDS - before)) -lt 28 ] || fail "$name did not end within its grace period"
done
echo "  all end by SIGTERM, with status 0"
step "compose-test: everything is as it should be"
