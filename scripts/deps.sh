#!/usr/bin/env bash
# Installs what is missing, and nothing else: deps.sh build|run|test|bench|budgets|polyglot
#   build  the toolchain is there, and the C libraries that the build links
#   run    also RabbitMQ
#   test   also Python with virtual environments
#   bench  what runs, and what `make bench` makes load with
#   budgets  what `make budgets` counts with
#   polyglot   also the languages of workers/ and their AMQP clients (Debian only)
set -euo pipefail
. "$(dirname "$0")/common.sh"
what=${1:-test}

if ! command -v swift >/dev/null; then
    die "there is no 'swift' on the PATH: install Swift 6.2 or newer from https://www.swift.org/install and try again"
fi
version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9]*\.[0-9][0-9]*\).*/\1/p' | head -n 1)
if [ -n "$version" ] && [ "$(printf '6.2\n%s\n' "$version" | sort -V | head -n 1)" != 6.2 ]; then
    die "Swift $version is too old: install Swift 6.2 or newer from https://www.swift.org/install"
fi

PATH="$PATH:/usr/sbin:/usr/lib/rabbitmq/bin:/opt/homebrew/sbin:/usr/local/sbin"

has_header() { [ -n "$(find /usr/include /usr/local/include /opt/homebrew/include -maxdepth 2 -name "$1" -print -quit 2>/dev/null)" ]; }
has_venv() { python3 -c 'import ensurepip, venv' 2>/dev/null; }

# Lines of: a check · the Debian package · the Homebrew formula.
missing_apt=() missing_brew=()
need() { # need APT BREW CHECK…
    local apt=$1 brew=$2
    shift 2
    if ! "$@" >/dev/null 2>&1; then
        missing_apt+=("$apt")
        [ "$brew" = - ] || missing_brew+=("$brew")
    fi
}

need pkg-config pkg-config command -v pkg-config
need librabbitmq-dev rabbitmq-c has_header amqp.h
need libsqlite3-dev sqlite has_header sqlite3.h
if [ "$what" != build ] && [ "$what" != budgets ]; then
    need rabbitmq-server rabbitmq command -v rabbitmq-server
    need curl curl command -v curl
fi
if [ "$what" = test ] || [ "$what" = polyglot ]; then
    need python3 python command -v python3
    need python3-venv - has_venv
fi
if [ "$what" = bench ]; then
    need python3 python command -v python3
    need wrk wrk command -v wrk
    need gcc - command -v cc
fi
if [ "$what" = budgets ]; then
    need python3 python command -v python3
    need binutils - command -v strip
    need valgrind - command -v valgrind
fi
if [ "$what" = polyglot ]; then
    [ "$(uname)" = Linux ] || note "on this system only the languages that are installed are tested"
    need golang-go - command -v go
    need golang-github-rabbitmq-amqp091-go-dev - test -d /usr/share/gocode/src/github.com/rabbitmq/amqp091-go
    need ruby-bunny - ruby -e "require 'bunny'"
    need default-jdk-headless - command -v javac
    need librabbitmq-client-java - test -f /usr/share/java/amqp-client.jar
    need libslf4j-java - test -f /usr/share/java/slf4j-nop.jar
    need libgoogle-gson-java - test -f /usr/share/java/gson.jar
    need nodejs - command -v node
    need amqp-tools - command -v amqp-consume
    need jq - command -v jq
fi

[ ${#missing_apt[@]} -gt 0 ] || exit 0

if [ "$(uname)" = Darwin ]; then
    [ ${#missing_brew[@]} -gt 0 ] || exit 0
    command -v brew >/dev/null || die "missing: ${missing_brew[*]}; install Homebrew (https://brew.sh) or these yourself"
    step "Installing with brew: ${missing_brew[*]}"
    exec brew install "${missing_brew[@]}"
fi

command -v apt-get >/dev/null \
    || die "missing: ${missing_apt[*]} (names of Debian); there is no apt-get here, so install these yourself"

sudo=()
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || die "missing: ${missing_apt[*]}; run as root: apt-get install ${missing_apt[*]}"
    sudo=(sudo)
    note "sudo may ask for your password: apt installs system packages"
fi
step "Installing with apt: ${missing_apt[*]}"
export DEBIAN_FRONTEND=noninteractive
"${sudo[@]}" apt-get update -qq

# Debian starts what it installs. Baton runs a RabbitMQ of its own and must not leave a second one running.
policy=/usr/sbin/policy-rc.d
guarded=no
if [[ " ${missing_apt[*]} " == *" rabbitmq-server "* ]] && [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | "${sudo[@]}" tee $policy >/dev/null
    "${sudo[@]}" chmod +x $policy
    guarded=yes
fi
unguard() { [ $guarded = no ] || "${sudo[@]}" rm -f $policy; }
trap unguard EXIT
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing_apt[@]}" >/dev/null
good "installed: ${missing_apt[*]}"
