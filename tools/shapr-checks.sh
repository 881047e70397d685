# What the checks of the program shapr share; sourced by tools/check-shapr*.sh, which set `name` first.
# Afterwards $shapr is the program, $project the project's folder, and the current folder is an empty one that
# goes away at the end.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

"${SWIFT:-swift}" build -c release --product shapr --static-swift-stdlib --scratch-path .build-shapr > /dev/null
shapr=${SHAPR:-$PWD/.build-shapr/release/shapr}
project=$PWD
work=$(mktemp -d)
# `wait` makes sure that nobody writes there any more.
trap 'kill $(jobs -p) 2> /dev/null || true; wait; rm -rf "$work"' EXIT
cd "$work"

stop() { echo "$name: $*" >&2; exit 1; }
# Runs a command that must fail with an exit code and one line on standard error.
fails() {
  local expected=$1 code=0
  shift
  "$@" > output.txt 2> errors || code=$?
  [ "$code" = "$expected" ] || stop "exit code $code instead of $expected: $* ($(cat errors))"
  [ "$(wc -l < errors)" = 1 ] && grep -q '^topoloss: error\[' errors || stop "not one line: $(cat errors)"
}
