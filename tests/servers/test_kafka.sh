#!/usr/bin/env bash
# The server scripts themselves: a broker starts, keeps its records through a crash, stops, and leaves nothing
# running, not even when the test that started it dies.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib.sh
. "$here/lib.sh"
kafka=$here/kafka
work=$(mktemp -d)
one=$work/one orphan=$work/orphan

finish() {
    local dir
    for dir in "$one" "$orphan"; do
        if [ -d "$dir" ]; then "$kafka/stop" "$dir" --kill; fi
    done
    rm -rf "$work"
}
trap finish EXIT

fail() { echo "FAILED: $*" >&2; exit 1; }
expect() { [ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"; }
running() { # the processes that a cluster left behind: what runs with its folder in its command line
    local file count=0
    for file in /proc/[0-9]*/cmdline; do
        if { tr '\0' ' ' <"$file" | grep -qE "(java|watch) .*$1[ /]"; } 2>/dev/null; then count=$((count + 1)); fi
    done
    echo "$count"
}
eventually() { # eventually WHAT COMMAND...: within 20 s
    local what=$1 end=$((SECONDS + 20))
    shift
    until "$@"; do
        ((SECONDS < end)) || fail "$what"
        sleep 0.1
    done
}
nothing_runs() { [ "$(running "$1")" = 0 ]; }

# Ports: as many as asked for, consecutive, and not given to the next who asks.
mapfile -t first < <("$here/free_ports" 20 --owner $$)
mapfile -t second < <("$here/free_ports" 20 --owner $$)
expect "number of ports" 20 ${#first[@]}
expect "consecutive ports" $((first[0] + 19)) "${first[19]}"
expect "ports given twice" "" "$(printf '%s\n' "${first[@]}" "${second[@]}" | sort | uniq -d)"

# Start, write, read.
address=$("$kafka/start" "$one" --owner $$ --set broker.session.timeout.ms=2000 \
    --set broker.heartbeat.interval.ms=500)
expect "the address file" "$address" "$(cat "$one/address")"
printf '%s\n' one two three | kcat -q -P -b "$address" -t numbers -p 0
read_all() { kcat -q -C -b "$address" -t numbers -p 0 -o beginning -e | paste -sd' '; }
expect "records" "one two three" "$(read_all)"
expect "processes of a running cluster" 2 "$(running "$one")"

# A crash: the broker is gone at once; started again, it has the same address and the same records.
"$kafka/stop" "$one" --kill
expect "processes after a crash" 0 "$(running "$one")"
expect "the address after a crash" "$address" "$("$kafka/start" "$one")"
expect "records after a crash" "one two three" "$(read_all)"
expect "a start of what runs" "$address" "$("$kafka/start" "$one")"

# A stop, twice.
"$kafka/stop" "$one"
"$kafka/stop" "$one"
expect "processes after a stop" 0 "$(running "$one")"

# Whoever started it dies without a word: the broker goes too.
(env bash -c "\"$kafka/start\" \"$orphan\" --owner \$\$ >/dev/null; kill -KILL \$\$" || true) 2>/dev/null
[ -s "$orphan/address" ] || fail "the orphan was never started"
eventually "a broker outlives its owner" nothing_runs "$orphan"

# A start that cannot succeed says why and leaves nothing.
mkdir "$work/bad"
if message=$("$kafka/start" "$work/bad" --set process.roles=nonsense 2>&1); then fail "nonsense was accepted"; fi
case $message in *nonsense*) ;; *) fail "the reason is not told: $message" ;; esac
expect "processes after a failed start" 0 "$(running "$work/bad")"
echo "all as expected"
