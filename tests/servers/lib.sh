# Shared by the server scripts; source it, do not run it.
# shellcheck shell=bash
#
# Every server lives in a folder DIR: its data, logs and pid files are there and nowhere else.
#
# Environment:
#   SERVERS_CACHE   where downloads are kept between runs (default: weir/servers in the user's cache folder)
#   START_TIMEOUT   seconds a server may take to become ready (default 120)

SERVERS_CACHE=${SERVERS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/weir/servers}
START_TIMEOUT=${START_TIMEOUT:-120}

die() { echo "${0##*/}: $*" >&2; exit 1; }

need() {
    local command
    for command in "$@"; do
        command -v "$command" >/dev/null || die "needs '$command', which is not installed. Run: scripts/setup test"
    done
}

absdir() { mkdir -p "$1" && (cd "$1" && pwd -P); }

# born PID: when the kernel started it. With the pid this names one process for good, so that a pid file left
# over from an earlier boot or crash never makes us signal a stranger.
born() {
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    # shellcheck disable=SC2086  # the fields behind the command's name, which may hold blanks itself
    set -- ${stat##*) }
    echo "${20}"
}

# runs PID BORN: true while that process runs. A zombie counts as gone, but only with its last thread: the
# sockets of a killed JVM stay open until then.
runs() {
    [ "$(born "$1")" = "$2" ] || return 1
    ! grep -qs '^State:[[:space:]]*Z' "/proc/$1/status" || [ "$(ls "/proc/$1/task" 2>/dev/null | wc -l)" -gt 1 ]
}

# alive DIR NAME: true while the process recorded in DIR/NAME.pid runs.
alive() {
    local pid born
    { read -r pid born <"$1/$2.pid"; } 2>/dev/null && runs "$pid" "$born"
}

pid_of() { cut -d' ' -f1 "$1/$2.pid"; }

# spawn DIR NAME COMMAND...: run in a session of its own, output to DIR/NAME.log.
spawn() {
    local dir=$1 name=$2 pid
    shift 2
    if alive "$dir" "$name"; then die "$name already runs (pid $(pid_of "$dir" "$name")) in $dir"; fi
    setsid "$@" >"$dir/$name.log" 2>&1 </dev/null &
    pid=$!
    echo "$pid $(born $pid)" >"$dir/$name.pid"
}

# wait_ready DIR NAME COMMAND...: poll COMMAND until it succeeds; give up when the process has died or
# START_TIMEOUT has passed, and show the end of its log.
wait_ready() {
    local dir=$1 name=$2 end=$((SECONDS + START_TIMEOUT)) why=
    shift 2
    until "$@" >/dev/null 2>&1; do
        if ! alive "$dir" "$name"; then why="died while starting"; fi
        if ((SECONDS >= end)); then why="is not ready after ${START_TIMEOUT} s"; fi
        if [ -n "$why" ]; then
            tail -n 20 "$dir/$name.log" >&2
            die "$name $why; its log: $dir/$name.log"
        fi
        sleep 0.1
    done
}

# stop_one DIR NAME [SIGNAL [SECONDS]]: signal it, wait until it is gone, KILL if it will not go.
stop_one() {
    local dir=$1 name=$2 signal=${3:-TERM} end=$((SECONDS + ${4:-30})) pid
    if alive "$dir" "$name"; then
        pid=$(pid_of "$dir" "$name")
        kill "-$signal" "$pid" 2>/dev/null || true
        while alive "$dir" "$name"; do
            if ((SECONDS >= end)); then
                echo "$name (pid $pid) ignored SIG$signal, killing it" >&2
                kill -KILL "$pid" || true
                end=$((SECONDS + 10))
            fi
            sleep 0.05
        done
    fi
    rm -f "$dir/$name.pid"
}

# once FOLDER COMMAND...: fill SERVERS_CACHE/FOLDER by COMMAND, which runs inside a scratch folder that becomes
# FOLDER only on success. Nothing to do when it is there. Safe for parallel callers.
once() {
    local out=$SERVERS_CACHE/$1
    shift
    if [ -d "$out" ]; then return; fi
    mkdir -p "$(dirname "$out")"
    (
        flock 9
        if [ -d "$out" ]; then exit 0; fi
        rm -rf "$out.part" && mkdir "$out.part" && cd "$out.part"
        "$@" || { status=$?; rm -rf "$out.part"; exit "$status"; }
        mv "$out.part" "$out"
    ) 9>"$out.lock"
}

# jars POM: the POM's runtime dependencies into the current folder. Quiet unless it fails.
jars() {
    if mvn -B -l maven.log -f "$1" dependency:copy-dependencies -DincludeScope=runtime \
        -DoutputDirectory="$PWD" >/dev/null; then return; fi
    grep -E '^\[ERROR\]' maven.log | head -n 10 >&2
    die "Maven could not fetch the jars of $1; is its repository reachable (network, ~/.m2/settings.xml)?"
}
