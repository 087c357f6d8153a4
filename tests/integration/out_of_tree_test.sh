#!/usr/bin/env bash
# Installs weir, builds a plugin in C against the installed tree alone, and runs it with the installed weir.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }; }

quietly cmake --install "$WEIR_BUILD_DIR" --prefix "$work/weir"
quietly cmake -S "$here/out_of_tree" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/weir"
quietly cmake --build "$work/build"
plugins=$("$work/weir/bin/weir" plugin ls --plugin-dir "$work/build" --format json)
grep -q '"acme.negate"' <<<"$plugins" || { echo "plugin ls does not show acme.negate: $plugins" >&2; exit 1; }
rows=$("$work/weir/bin/weir" run "$here/out_of_tree/negate.yaml" --plugin-dir "$work/build" --quiet)
[ "$rows" = $'{"n":-1}\n{"n":-2}\n{"n":-3}' ] || { echo "unexpected rows: $rows" >&2; exit 1; }
echo "ok: a plugin built from the installed tree ran"
