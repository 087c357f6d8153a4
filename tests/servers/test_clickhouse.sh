#!/usr/bin/env bash
# The ClickHouse server scripts themselves: the current engine, the oldest one and the front that breaks INSERTs start, keep
# their rows through a crash, stop, and leave nothing running, not even when the test that started them dies.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib.sh
. "$here/lib.sh"
work=$(mktemp -d)

finish() {
    local dir
    for dir in "$work"/*/; do
        if [ -e "$dir/to" ]; then "$here/clickhouse-front/stop" "$dir"; else "$here/clickhouse/stop" "$dir" --kill; fi
    done
    rm -rf "$work"
}
trap finish EXIT

fail() { echo "FAILED: $*" >&2; exit 1; }
expect() { [ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"; }
eventually() { # eventually WHAT COMMAND...: within 20 s
    local what=$1 end=$((SECONDS + 20))
    shift
    until "$@"; do
        ((SECONDS < end)) || fail "$what"
        sleep 0.1
    done
}
gone() { ! alive "$1" "$2"; }
# ask ADDRESS SQL [CURL OPTION...]; what curl and the server say, and nothing but that
ask() { local address=$1 sql=$2; shift 2; curl -sS "$address" --data-binary "$sql" "$@" 2>&1; }

# Starts, keeps rows through a crash and a stop, stops twice: FOLDER VERSION
lives() {
    local kind=$1 version=$2 dir=$work/$1 address
    address=$("$here/$kind/start" "$dir" --owner $$)
    expect "$kind: the address file" "$address" "$(cat "$dir/address")"
    case $(ask "$address" "SELECT version()") in "$version".*) ;; *) fail "$kind: not version $version" ;; esac
    ask "$address" "CREATE DATABASE d"
    ask "$address" "CREATE TABLE d.t (n Int32) ENGINE = MergeTree ORDER BY n"
    ask "$address" "INSERT INTO d.t VALUES (1), (2)"
    "$here/$kind/stop" "$dir" --kill
    gone "$dir" clickhouse || fail "$kind: runs after a crash"
    expect "$kind: a start after a crash" "$address" "$("$here/$kind/start" "$dir")"
    expect "$kind: rows after a crash" 2 "$(ask "$address" "SELECT count() FROM d.t")"
    "$here/$kind/stop" "$dir"
    "$here/$kind/stop" "$dir"
    gone "$dir" clickhouse || fail "$kind: runs after a stop"
    expect "$kind: a start after a stop" "$address" "$("$here/$kind/start" "$dir")"
    expect "$kind: rows after a stop" 2 "$(ask "$address" "SELECT count() FROM d.t")"
}
lives clickhouse 26
lives clickhouse-debian 18.16

# A password, settings, defaults of tables.
address=$("$here/clickhouse/start" "$work/closed" --owner $$ --password secret --set max_threads=3 \
    --merge-tree non_replicated_deduplication_window=7)
expect "the user" app "$(ask "$address" "SELECT user()" -u app:secret)"
expect "a setting" 3 "$(ask "$address" "SELECT getSetting('max_threads')" -u app:secret)"
expect "a default of tables" 7 "$(ask "$address" "SELECT value FROM system.merge_tree_settings
    WHERE name = 'non_replicated_deduplication_window'" -u app:secret)"
case $(ask "$address" "SELECT user()" -u app:wrong) in "Code: 516."*) ;; *) fail "a wrong password is taken" ;; esac
case $(ask "$address" "CREATE DATABASE d") in "Code: 497."*) ;; *) fail "default may do something beside a password" ;; esac

# The front: what reaches the server, and what the client sees.
server=$(cat "$work/clickhouse/address")
front=$("$here/clickhouse-front/start" "$work/front" --to "$server" --owner $$)
rows() { ask "$server" "SELECT count() FROM d.t"; }
has_rows() { [ "$(rows)" = "$1" ]; }
# broken KIND ROWS ANSWER: an INSERT of one row that meets the fault adds ROWS, and ends as ANSWER says
broken() {
    local before answer
    before=$(rows)
    ask "$front/fault?kind=$1" "" >/dev/null
    answer=$(ask "$front" "INSERT INTO d.t VALUES (3)" -w '|%{http_code}' --max-time 1) || true
    # shellcheck disable=SC2254  # a pattern
    case $answer in $3) ;; *) fail "$1: the client sees '$answer'" ;; esac
    eventually "$1: not $2 rows more than $before" has_rows $((before + $2))
}
broken before 0 '*curl: (*'
broken after 1 '*curl: (*'
broken cut_body 0 '*curl: (*'
broken cut_answer 1 '*curl: (*'
broken 503 0 'asked to fail*|503'
broken code 0 'Code: 243.*|500'
broken late_before 0 'Code: 241.*|200'
broken late_after 1 'Code: 241.*|200'
broken slow_after 1 '*curl: (28)*'
expect "an INSERT behind the faults" '|200' "$(ask "$front" "INSERT INTO d.t VALUES (4)" -w '|%{http_code}')"
case $(ask "$front/fault?kind=nonsense" "") in "no such fault: nonsense"*) ;; *) fail "nonsense is taken for a fault" ;; esac

# Whoever started it dies without a word: the server goes too.
(env bash -c "\"$here/clickhouse/start\" \"$work/orphan\" --owner \$\$ >/dev/null; kill -KILL \$\$" || true) 2>/dev/null
[ -s "$work/orphan/address" ] || fail "the orphan was never started"
eventually "a server outlives its owner" gone "$work/orphan" clickhouse

# The same where its folder has gone before.
env sleep 1000 &
owner=$!
"$here/clickhouse-front/start" "$work/lost" --to "$server" --owner $owner >/dev/null
read -r lost lost_born <"$work/lost/front.pid"
rm -rf "$work/lost"
kill -KILL $owner
wait $owner 2>/dev/null || true
lost_is_gone() { ! runs "$lost" "$lost_born"; }
eventually "a server outlives its owner and its folder" lost_is_gone

# A start that cannot succeed says why and leaves nothing.
if message=$("$here/clickhouse/start" "$work/bad" --owner $$ --set nonsense=1 2>&1); then fail "nonsense was accepted"; fi
case $message in *nonsense*) ;; *) fail "the reason is not told: $message" ;; esac
gone "$work/bad" clickhouse || fail "runs after a failed start"
echo "all as expected"
