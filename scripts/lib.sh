# shellcheck shell=bash disable=SC2034 # the names set here are for the verbs
# What every verb shares: messages, names of labs, the env file, processes kept by pid and start time.
# Sourced, never run; the verb has set -euo pipefail already.

REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BRIDGE_CACHE=${BRIDGE_CACHE:-/var/cache/bridge}
BRIDGE_LAB=${BRIDGE_LAB:-/var/tmp/bridge-lab}
ROOTFS=${BRIDGE_SLURM_ROOTFS:-$BRIDGE_CACHE/rootfs-26.05}
APISERVER=$BRIDGE_CACHE/apiserver
VERB=${0##*/}

# The lab's network, the same in every lab because each has a network namespace of its own.
CONTROLLER_IP=10.231.0.1
NETWORK_BITS=16

say() { printf '%s: %s\n' "$VERB" "$*" >&2; }

# die CAUSE [NEXT STEP]
die() {
    printf '%s: %s\n' "$VERB" "$1" >&2
    [ $# -lt 2 ] || printf '%s: next: %s\n' "$VERB" "$2" >&2
    exit 1
}

# usage TEXT: wrong use of a verb ends with 2, as every command of Bridge does.
usage() {
    printf 'usage: %s %s\n' "$VERB" "$1" >&2
    exit 2
}

need_root() { [ "$(id -u)" = 0 ] || die "needs root (namespaces, device nodes)" "sudo scripts/$VERB …"; }

# lab_dir NAME: the lab's directory; an absolute path is taken as it is.
lab_dir() {
    case ${1:?name of the lab} in
        /*) printf '%s\n' "${1%/}" ;;
        *[!a-z0-9-]* | -*) die "'$1' is no name for a lab" "use small letters, digits and hyphens" ;;
        *) printf '%s/%s\n' "$BRIDGE_LAB" "$1" ;;
    esac
}

# open_lab NAME: sets LAB (directory) and LAB_NAME.
open_lab() {
    LAB=$(lab_dir "$1") || exit 1
    LAB_NAME=${LAB##*/}
    # A unix socket's path has room for 107 characters; the longest below the lab is 32.
    [ ${#LAB} -le 72 ] || die "$LAB is too long a path: unix sockets below it would not fit into 107 characters" \
        "choose a shorter BRIDGE_LAB or name"
}

# make_lab NAME: open_lab, and the directory itself.
make_lab() {
    open_lab "$1"
    mkdir -p "$LAB/env.d" "$LAB/run"
    chmod 755 "$LAB"
}

# lock FILE WHAT: hold FILE until this process ends; says so when somebody else holds it.
lock() {
    mkdir -p "$(dirname "$1")"
    exec {LOCK_FD}>"$1"
    flock -n "$LOCK_FD" || {
        say "waiting for another $2 to finish ($1)"
        flock -w 900 "$LOCK_FD" || die "another $2 has held $1 for 15 minutes" "see who: fuser -v $1"
    }
}

# put_env PART KEY=VALUE…: this part's lines of LAB/env; the file is replaced whole, so a reader never sees half of it.
put_env() {
    local part=$1
    shift
    (
        flock 9
        umask 077 # some lines hold passwords
        if [ $# -eq 0 ]; then rm -f "$LAB/env.d/$part"; else printf '%s\n' "$@" >"$LAB/env.d/$part"; fi
        { cat "$LAB"/env.d/* 2>/dev/null || true; } >"$LAB/.env.new"
        chmod 600 "$LAB/.env.new"
        mv "$LAB/.env.new" "$LAB/env"
    ) 9>"$LAB/.env.lock"
}

# read_start PID: sets STARTED, the process's start in clock ticks since boot; a pid alone may have been given to somebody else.
# No fork, so that it can be asked every second.
read_start() {
    local stat
    STARTED=
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    stat=${stat##*) }
    # shellcheck disable=SC2086 # the fields are wanted as words
    set -- $stat
    [ "$1" != Z ] || return 1
    STARTED=${20}
}

start_time() { read_start "$1" && printf '%s\n' "$STARTED"; }

# remember PIDFILE PID
remember() { printf '%s %s\n' "$2" "$(start_time "$2")" >"$1"; }

# pid_of PIDFILE: prints the pid if that very process still runs.
pid_of() {
    local pid start
    { read -r pid start <"$1"; } 2>/dev/null || return 1
    [ -n "${start:-}" ] && [ "$(start_time "$pid")" = "$start" ] && printf '%s\n' "$pid"
}

# wait_until SECONDS WHAT LOG COMMAND…: polls; at the deadline prints the log's tail and ends.
wait_until() {
    local end=$((SECONDS + $1)) what=$2 log=$3
    shift 3
    until "$@"; do
        [ $SECONDS -lt "$end" ] || { show_tail "$log"; die "gave up waiting: $what" "read $log"; }
        sleep 0.05
    done
}

show_tail() {
    [ -s "$1" ] || return 0
    printf -- '--- last lines of %s\n' "$1" >&2
    tail -n 15 "$1" >&2
}

# stop_process PIDFILE SIGNAL SECONDS: signals the process and waits for it; KILL when the time is over.
stop_process() {
    local pid end=$((SECONDS + $3))
    pid=$(pid_of "$1") || { rm -f "$1"; return 0; }
    kill "-$2" "$pid" 2>/dev/null || true
    kill -CONT "$pid" 2>/dev/null || true
    while pid_of "$1" >/dev/null; do
        [ $SECONDS -lt "$end" ] || kill -KILL "$pid" 2>/dev/null || true
        sleep 0.05
    done
    rm -f "$1"
}

# start_process PIDFILE LOG COMMAND…: a daemon of its own session; inherits none of our files but its log.
start_process() {
    local pidfile=$1 log=$2
    shift 2
    setsid "$@" >>"$log" 2>&1 </dev/null {LOCK_FD}>&- &
    remember "$pidfile" $!
}

ACTIONS='stop|kill|start|restart|hang|continue|pid'

# process_verb DAEMON SECONDS ACTION: what can be done to one daemon of a lab; start is the function start_DAEMON.
process_verb() {
    local file=$LAB/run/$1.pid pid=
    case $3 in
        stop) stop_process "$file" TERM "$2" ;;
        kill) stop_process "$file" KILL "$2" ;;
        start) "start_$1" ;;
        restart) stop_process "$file" TERM "$2" && "start_$1" ;;
        hang | continue | pid) pid=$(pid_of "$file") || die "$1 of lab $LAB_NAME does not run" "scripts/$1 $LAB_NAME start" ;;
        *) usage "LAB $ACTIONS" ;;
    esac
    case $3 in
        hang) kill -STOP "$pid" ;;
        continue) kill -CONT "$pid" ;;
        pid) echo "$pid" ;;
    esac
}

# claim_port: a free port of 127.0.0.1 that no other lab here was given, remembered under BRIDGE_LAB/.ports.
claim_port() {
    local port claim owner
    mkdir -p "$BRIDGE_LAB/.ports"
    while :; do
        port=$((20000 + RANDOM % 12000)) # below the ephemeral ports
        claim=$BRIDGE_LAB/.ports/$port
        owner=$(cat "$claim" 2>/dev/null || true)
        [ -z "$owner" ] || [ -d "$owner" ] || rm -f "$claim"
        (set -o noclobber && printf '%s\n' "$LAB" >"$claim") 2>/dev/null || continue
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
        rm -f "$claim"
    done
    printf '%s\n' "$port"
}

# lab_value KEY: a value of LAB/env, nothing if it is not there.
lab_value() { sed -n "s/^$1=//p" "$LAB/env" 2>/dev/null | tail -n 1; }

LOCK_FD=9
