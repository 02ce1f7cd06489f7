#!/usr/bin/env bash
# A private RabbitMQ node: own name, ports, cookie, data and logs below one folder; listens on 127.0.0.1 only; needs no
# root; never touches the node of the system.
set -euo pipefail

usage() {
    cat <<'USAGE'
usage: scripts/broker.sh COMMAND [--dir DIR] [--port PORT] [--management PORT] [...]

  start     starts the node and waits until it accepts connections; does nothing if it runs
  stop      ends all its processes; --kill without giving it time to close (to test what survives)
  status    says whether it runs; exit code 3 if it does not
  wipe      throws its data away; it runs afterwards if it ran before
  ctl ...   runs rabbitmqctl on it with all remaining arguments

  --dir DIR            where it keeps everything (default: .baton/broker in the checkout)
  --port PORT          AMQP port (default: the one it was started with before, else 5673)
  --management PORT    also start the management interface there
  --tls PORT           also listen with TLS there, for clients with a certificate
  --certificates DIR   for --tls: ca.pem, server.pem and server-key.pem
  --definitions FILE   users, permissions and policies (default: deploy/rabbitmq/definitions.json)
USAGE
}

fail() {
    echo "broker.sh: $*" >&2
    exit 1
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dir=$root/.baton/broker
port=
management=
tls=
certificates=
definitions=
kill_it=false

[ $# -gt 0 ] || { usage >&2; exit 2; }
command=$1
shift
while [ $# -gt 0 ]; do
    case $1 in
        --dir | --port | --management | --tls | --certificates | --definitions)
            [ $# -gt 1 ] || fail "$1 needs a value"
            case $1 in
                --dir) dir=$2 ;;
                --port) port=$2 ;;
                --management) management=$2 ;;
                --tls) tls=$2 ;;
                --certificates) certificates=$(cd "$2" && pwd) ;;
                --definitions) definitions=$(cd "$(dirname "$2")" && pwd)/$(basename "$2") ;;
            esac
            shift 2
            ;;
        --kill) kill_it=true; shift ;;
        -h | --help) usage; exit 0 ;;
        *) [ "$command" = ctl ] && break; fail "unknown argument $1 (see --help)" ;;
    esac
done
for number in "$port" "$management" "$tls"; do
    case $number in *[!0-9]*) fail "a port is a number, not $number" ;; esac
done

if [ "$command" = start ]; then mkdir -p "$dir"; fi
if [ -d "$dir" ]; then dir=$(cd "$dir" && pwd -P); fi
case $dir in
    # Erlang takes its options split at blanks.
    *[[:space:]]*) fail "the folder $dir must not have a blank in its name; choose another with --dir" ;;
esac

# What the node was started with: port, epmd_port, dist_port, management, tls, certificates, definitions.
settings=$dir/node.env
if [ -f "$settings" ]; then
    requested=$port
    requested_management=$management requested_tls=$tls
    requested_certificates=$certificates requested_definitions=$definitions
    # shellcheck disable=SC1090
    . "$settings"
    running_port=$port
    port=${requested:-$port}
    management=${requested_management:-$management}
    tls=${requested_tls:-$tls}
    certificates=${requested_certificates:-$certificates}
    definitions=${requested_definitions:-$definitions}
else
    running_port=
    port=${port:-5673}
fi

is_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

free_port() {
    local candidate=$1
    while is_open "$candidate"; do
        candidate=$((candidate + 1))
        if [ "$candidate" -gt 65000 ]; then candidate=20000; fi
    done
    echo "$candidate"
}

# The process in a pid file, if it is still the one that wrote it: numbers are used again.
alive() {
    local pid
    pid=$(cat "$dir/$1" 2>/dev/null) || return 1
    [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null || return 1
    case $(ps -o stat= -o command= -p "$pid" 2>/dev/null) in
        # Dead, and only not yet collected by its parent.
        Z*) return 1 ;;
        *"$2"*) echo "$pid" ;;
        *) return 1 ;;
    esac
}
node_pid() { alive node.pid beam; }
server_pid() { alive server.pid rabbitmq-server; }
epmd_pid() { alive epmd.pid epmd; }

find_tools() {
    bin=
    local found candidate
    found=$(command -v rabbitmq-server || true)
    # Debian's /usr/sbin/rabbitmq-server changes to another user and folder; the script below /usr/lib does not.
    for candidate in "${RABBITMQ_BIN:-}" /usr/lib/rabbitmq/bin /opt/homebrew/opt/rabbitmq/sbin \
        /usr/local/opt/rabbitmq/sbin "${found:+$(dirname "$found")}" /opt/homebrew/sbin /usr/local/sbin /usr/sbin; do
        if [ -n "$candidate" ] && [ -x "$candidate/rabbitmq-server" ]; then
            bin=$candidate
            break
        fi
    done
    [ -n "$bin" ] || fail "rabbitmq-server is not installed (make deps installs it)"
    for candidate in /opt/homebrew/bin /usr/local/bin /usr/lib/erlang/bin; do
        case :$PATH: in *:"$candidate":*) ;; *) PATH=$PATH:$candidate ;; esac
    done
    epmd=$(command -v epmd || true)
    if [ -z "$epmd" ]; then
        for candidate in /usr/lib/erlang/erts-*/bin/epmd /opt/homebrew/lib/erlang/erts-*/bin/epmd; do
            if [ -x "$candidate" ]; then epmd=$candidate; fi
        done
    fi
    [ -n "$epmd" ] || fail "epmd, a part of Erlang, is not installed"
}

environment() {
    # Nothing of the system's configuration, nor of the caller's.
    local name
    for name in $(env | sed -n 's/^\(RABBITMQ_[A-Z_]*\)=.*/\1/p'); do unset "$name"; done
    unset ERL_FLAGS ERL_AFLAGS ERL_ZFLAGS ERL_LIBS
    export PATH HOME=$dir/home
    export ERL_EPMD_PORT=$epmd_port ERL_EPMD_ADDRESS=127.0.0.1
    # Where "localhost" is answered by this file, a machine without it in /etc/hosts does as well.
    export ERL_INETRC=$dir/inetrc
    export RABBITMQ_NODENAME=baton-${running_port:-$port}@localhost
    export RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT=$port RABBITMQ_DIST_PORT=$dist_port
    export RABBITMQ_BASE=$dir RABBITMQ_MNESIA_BASE=$dir/data RABBITMQ_LOG_BASE=$dir/log
    export RABBITMQ_GENERATED_CONFIG_DIR=$dir/config RABBITMQ_SCHEMA_DIR=$dir/schema
    export RABBITMQ_CONFIG_FILE=$dir/rabbitmq.conf RABBITMQ_CONFIG_FILES=$dir/conf.d
    export RABBITMQ_ADVANCED_CONFIG_FILE=$dir/advanced.config
    export RABBITMQ_CONF_ENV_FILE=$dir/rabbitmq-env.conf
    export RABBITMQ_ENABLED_PLUGINS_FILE=$dir/enabled_plugins RABBITMQ_PID_FILE=$dir/node.pid
    export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}"
}

configure() {
    mkdir -p "$dir"/{home,data,log,config,schema,conf.d}
    chmod 700 "$dir/home"
    if [ ! -s "$dir/home/.erlang.cookie" ]; then
        head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$dir/home/.erlang.cookie"
    fi
    chmod 400 "$dir/home/.erlang.cookie"
    echo '{host, {127,0,0,1}, ["localhost"]}. {lookup, [file, native]}.' >"$dir/inetrc"
    echo '[].' >"$dir/advanced.config"
    : >"$dir/rabbitmq-env.conf"
    {
        sed "s|^load_definitions *=.*|load_definitions = ${definitions:-$root/deploy/rabbitmq/definitions.json}|" \
            "$root/deploy/rabbitmq/rabbitmq.conf"
        echo "listeners.tcp.default = 127.0.0.1:$port"
        echo "log.file = $dir/log/rabbitmq.log"
        if [ -n "$tls" ]; then
            sed -e "/^listeners.tcp/d" -e "s|^\(listeners.ssl.default\) *=.*|\1 = 127.0.0.1:$tls|" \
                -e "s|/etc/rabbitmq/tls|$certificates|" "$root/deploy/rabbitmq/tls.conf"
        fi
        if [ -n "$management" ]; then
            echo "management.tcp.ip = 127.0.0.1"
            echo "management.tcp.port = $management"
        fi
    } >"$dir/rabbitmq.conf"
    if [ -n "$management" ]; then echo '[rabbitmq_management].'; else echo '[].'; fi >"$dir/enabled_plugins"
    printf '%s=%q\n' port "$port" epmd_port "$epmd_port" dist_port "$dist_port" management "$management" \
        tls "$tls" certificates "$certificates" definitions "$definitions" >"$settings"
}

# A process that outlives this script must not hold what its caller waits for the end of.
close_inherited() {
    local fd
    for fd in /dev/fd/*; do
        fd=${fd##*/}
        # bash reads this script from 255.
        case $fd in 0 | 1 | 2 | 255 | *[!0-9]*) ;; *) eval "exec $fd>&-" 2>/dev/null || true ;; esac
    done
}

announce() {
    echo "RabbitMQ $1 at amqp://guest:guest@127.0.0.1:$port/ (pid $(node_pid), $dir)"
}

start() {
    local pid
    if pid=$(node_pid) && is_open "$running_port"; then
        if [ "$running_port" != "$port" ]; then fail "it runs on port $running_port already; stop it first"; fi
        announce running
        return
    fi
    find_tools
    # Whatever is left of a start that failed, or of a node that was killed.
    end_processes
    if is_open "$port"; then fail "port $port is in use by another program; choose one with --port"; fi
    # Below the ports that systems hand out for outgoing connections, or one of those may be in the way after a restart.
    epmd_port=$(free_port $((10000 + port % 4500 * 2)))
    dist_port=$(free_port $((epmd_port + 1)))
    running_port=$port
    configure
    environment

    # Ignored signals stay ignored in children: a Ctrl-C in the terminal is not for the node.
    trap '' INT HUP
    (close_inherited && exec nohup "$epmd" -port "$epmd_port" -address 127.0.0.1 >"$dir/log/epmd.log" 2>&1 </dev/null) &
    echo $! >"$dir/epmd.pid"
    rm -f "$dir/node.pid"
    (close_inherited && cd "$dir" && exec nohup "$bin/rabbitmq-server" >"$dir/log/start.log" 2>&1 </dev/null) &
    echo $! >"$dir/server.pid"
    trap - INT HUP
    disown -a

    local waited=0
    while ! { is_open "$port" && node_pid >/dev/null; }; do
        sleep 0.1
        waited=$((waited + 1))
        if [ $waited -gt 20 ] && ! server_pid >/dev/null || [ $waited -gt 1200 ]; then
            tail -n 20 "$dir/log/start.log" >&2
            end_processes
            fail "RabbitMQ did not start; see $dir/log"
        fi
    done
    announce started
}

end_process() {
    local find=$1 signal=$2 patience=$3 pid waited=0
    pid=$($find) || return 0
    kill "-$signal" "$pid" 2>/dev/null || return 0
    while $find >/dev/null; do
        sleep 0.1
        waited=$((waited + 1))
        # A caller that blocks the signal has handed that on to the node.
        if [ $waited -eq 20 ] && [ "$find" = node_pid ] && [ "$signal" = TERM ]; then
            (find_tools && environment && "$bin/rabbitmqctl" --node "$RABBITMQ_NODENAME" stop) >/dev/null 2>&1 || true
        fi
        if [ $waited -gt "$patience" ]; then
            kill -KILL "$pid" 2>/dev/null || true
            waited=0
        fi
    done
}

# The node first: its supervising shell and the name server only make sense while it lives.
end_processes() {
    local signal=TERM
    if $kill_it; then signal=KILL; fi
    end_process node_pid $signal 300
    end_process server_pid $signal 50
    end_process epmd_pid KILL 50
    rm -f "$dir/node.pid" "$dir/server.pid" "$dir/epmd.pid"
}

case $command in
    start) start ;;
    stop)
        end_processes
        echo "RabbitMQ stopped ($dir)"
        ;;
    status)
        if node_pid >/dev/null && is_open "$running_port"; then
            announce running
        else
            echo "RabbitMQ does not run ($dir)"
            exit 3
        fi
        ;;
    wipe)
        was_running=false
        if node_pid >/dev/null; then was_running=true; fi
        end_processes
        rm -rf "$dir/data" "$dir/log"
        if $was_running; then start; else echo "RabbitMQ wiped ($dir)"; fi
        ;;
    ctl)
        node_pid >/dev/null || fail "it does not run"
        find_tools
        environment
        exec "$bin/rabbitmqctl" --node "$RABBITMQ_NODENAME" "$@"
        ;;
    -h | --help | help) usage ;;
    *) usage >&2; exit 2 ;;
esac
