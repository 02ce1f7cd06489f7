#!/usr/bin/env bash
# Definitions for RabbitMQ with a user for each role, to standard output.
set -euo pipefail

usage() {
    cat <<'USAGE'
usage: deploy/rabbitmq/definitions.sh [--prefix P] [--vhost V] --orchestrator USER
           [--worker USER KIND:NAME...]...

  deploy/rabbitmq/definitions.sh --orchestrator baton \
      --worker billing activity:billing-create-customer activity:billing-delete-customer \
      --worker mailer function:send-mail >definitions.json

  --orchestrator USER   the server: everything below the prefix
  --worker USER ...     reads the queues of these activities and functions (activity:NAME, function:NAME) and the
                        cancellations, and publishes to the default exchange: nothing else
  --admin USER          may do everything, and use the management interface
  --prefix P            of every name on the broker (default: baton)
  --vhost V             the virtual host (default: /)

Passwords are those in the environment, BATON_PASSWORD_ and the user's name in capitals (BATON_PASSWORD_BILLING); where
there is none, one is made and told on standard error. The definitions hold hashes of them. Needs openssl.
USAGE
}

fail() {
    echo "definitions.sh: $*" >&2
    exit 2
}

prefix=baton
vhost=/
users=()
permissions=()

# For use in a regular expression that stands in JSON.
escaped() { sed 's/[][\.*^$+?(){}|/-]/\\\\&/g' <<<"$1"; }

plain() { case $1 in *[\"\\]* | '') fail "'$1' cannot be a name here" ;; esac }

# RabbitMQ's rabbit_password_hashing_sha256: the Base64 of a salt of four bytes and SHA-256 of salt and password.
hash_of() {
    local salt
    salt=$(openssl rand -hex 4)
    { bytes "$salt"; { bytes "$salt"; printf %s "$1"; } | openssl dgst -sha256 -binary; } | openssl base64 -A
}

bytes() {
    local hex=$1
    while [ -n "$hex" ]; do
        printf "\\x${hex:0:2}"
        hex=${hex:2}
    done
}

# user, tags, configure, write, read
add() {
    plain "$1"
    local variable password
    variable=BATON_PASSWORD_$(printf %s "$1" | tr '[:lower:]-' '[:upper:]_' | tr -c 'A-Z0-9_' '_')
    password=${!variable:-}
    if [ -z "$password" ]; then
        password=$(openssl rand -hex 16)
        echo "$variable=$password" >&2
    fi
    users+=("$(printf '{"name": "%s", "password_hash": "%s", "hashing_algorithm": "rabbit_password_hashing_sha256", "tags": "%s", "limits": {}}' \
        "$1" "$(hash_of "$password")" "$2")")
    permissions+=("$(printf '{"user": "%s", "vhost": "%s", "configure": "%s", "write": "%s", "read": "%s"}' \
        "$1" "$vhost" "$3" "$4" "$5")")
}

worker() {
    local user=$1 own='' item control
    shift
    for item in "$@"; do
        plain "$item"
        case $item in
            activity:?* | function:?*) own+="|$(escaped "$prefix")\\\\.${item%%:*}\\\\.$(escaped "${item#*:}")" ;;
            *) fail "'$item' is neither activity:NAME nor function:NAME" ;;
        esac
    done
    [ -n "$own" ] || fail "$user has nothing to work on: name its activities"
    control="$(escaped "$prefix")\\\\.control"
    # Binding a queue takes the right to read the exchange, and who may read baton.tasks may bind other people's tasks to
    # a queue of his own; so the orchestrator binds, when an activity is created or a function first called.
    add "$user" "" "^(${own#|}|$control\\\\..*)$" "^(amq\\\\.default|$control\\\\..*)$" "^(${own#|}|$control(\\\\..*)?)$"
}

while [ $# -gt 0 ]; do
    case $1 in
        --prefix | --vhost | --orchestrator | --worker | --admin) [ $# -gt 1 ] || fail "$1 needs a value" ;;
    esac
    case $1 in
        --prefix) prefix=$2; plain "$2"; shift 2 ;;
        --vhost) vhost=$2; plain "$2"; shift 2 ;;
        --orchestrator)
            all="$(escaped "$prefix")\\\\..*"
            add "$2" "" "^$all$" "^(amq\\\\.default|$all)$" "^$all$"
            shift 2
            ;;
        --admin) add "$2" administrator '.*' '.*' '.*'; shift 2 ;;
        --worker)
            user=$2
            shift 2
            items=()
            while [ $# -gt 0 ]; do
                case $1 in --*) break ;; esac
                items+=("$1")
                shift
            done
            worker "$user" ${items[@]+"${items[@]}"}
            ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; fail "unknown argument $1" ;;
    esac
done
[ ${#users[@]} -gt 0 ] || { usage >&2; exit 2; }

joined() {
    local first=true item
    for item in "$@"; do
        $first || printf ',\n'
        first=false
        printf '    %s' "$item"
    done
    printf '\n'
}

# name, pattern, definition
policy() {
    printf '{"vhost": "%s", "name": "baton-%s", "pattern": "^%s\\\\.%s", "apply-to": "queues", "priority": 1, "definition": %s}' \
        "$vhost" "$1" "$(escaped "$prefix")" "$2" "$3"
}

# queue, limit of redeliveries
letters() { printf '{"dead-letter-exchange": "", "dead-letter-routing-key": "%s.%s", "delivery-limit": %s}' "$prefix" "$1" "$2"; }

echo '{'
printf '  "vhosts": [{"name": "%s"}],\n' "$vhost"
printf '  "users": [\n'; joined "${users[@]}"; printf '  ],\n'
printf '  "permissions": [\n'; joined "${permissions[@]}"; printf '  ],\n'
printf '  "policies": [\n'
# The same as in definitions.json: tasks that are given up go to the server, which fails them.
joined "$(policy tasks '(activity|function)\\.' "$(letters start 20)")" \
    "$(policy results '(results\\.|start$)' "$(letters dead 1000000000)")" \
    "$(policy dead 'dead$' '{"message-ttl": 1209600000}')"
printf '  ]\n}\n'
