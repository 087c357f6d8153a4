#!/usr/bin/env bash
# Installs weir, builds plugins against the installed tree alone, and runs them with the installed weir: one in C, and
# the one that README.md shows, as it stands there, which the installed harness tests, too.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }; }
# block LANGUAGE: the first block of README.md in that language behind the heading on plugins
block() { awk -v fence='```' -v language="$1" '/^## A plugin in 30 lines/ {here = 1} here && $0 == fence language {inside = 1; next}
    inside && $0 == fence {exit} inside' "$here/../../README.md"; }
expect() { [ "$1" = "$2" ] || { echo "unexpected rows: $1" >&2; exit 1; }; }

# build SOURCES BUILD
build() {
    quietly cmake -S "$1" -B "$2" -DCMAKE_PREFIX_PATH="$work/weir"
    quietly cmake --build "$2"
}
# rows TOPOLOGY PLUGINS
rows() { "$work/weir/bin/weir" run "$1" --plugin-dir "$2" --quiet; }

quietly cmake --install "$WEIR_BUILD_DIR" --prefix "$work/weir"
build "$here/out_of_tree" "$work/c"
plugins=$("$work/weir/bin/weir" plugin ls --plugin-dir "$work/c" --format json)
grep -q '"acme.negate"' <<<"$plugins" || { echo "plugin ls does not show acme.negate: $plugins" >&2; exit 1; }
expect "$(rows "$here/out_of_tree/negate.yaml" "$work/c")" $'{"n":-1}\n{"n":-2}\n{"n":-3}'

mkdir "$work/readme"
block cmake >"$work/readme/CMakeLists.txt"
block cpp >"$work/readme/acme.cpp"
build "$work/readme" "$work/cpp"
sed 's/acme.negate: {}/acme.multiply: 2/' "$here/out_of_tree/negate.yaml" >"$work/double.yaml"
expect "$(rows "$work/double.yaml" "$work/cpp")" $'{"n":2}\n{"n":4}\n{"n":6}'
build "$here/out_of_tree/check" "$work/check"
quietly "$work/check/harness_check" "$work/cpp/acme.so"
echo "ok: plugins built from the installed tree ran"
