#!/usr/bin/env bash
# The C door, as a stranger meets it: install into an empty prefix, find it with pkg-config,
# compile the examples as C11 and as C++17, run both, and look at what the library exports. The same from Rust.
set -euo pipefail
cd "$(dirname "$0")/.."

prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
make --no-print-directory install PREFIX="$prefix"
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig" LD_LIBRARY_PATH="$prefix/lib"

exported=$(nm -D --defined-only "$prefix/lib/libtopoloss.so" | awk '{ print $NF }' | sed 's/@.*//' | sort -u)
declared=$(grep -oE '\btopoloss_[a-z_]+\(' "$prefix/include/topoloss.h" | tr -d '(' | sort -u)
if [ "$exported" != "$declared" ]; then
  echo "check-c: exported symbols (right) differ from the functions of topoloss.h (left):" >&2
  diff <(echo "$declared") <(echo "$exported") >&2 || true
  exit 1
fi
version=$(sed -n 's/.*VERSION_[MP][AI][A-Z]* \([0-9]*\)$/\1/p' "$prefix/include/topoloss.h" | paste -sd .)
[ "$(pkg-config --modversion topoloss)" = "$version" ] || { echo "check-c: wrong version in topoloss.pc" >&2; exit 1; }

warnings="-Wall -Wextra -Wpedantic -Werror"
read -ra flags <<< "$(pkg-config --cflags --libs topoloss)"
for example in diagrams distance train; do
  gcc -std=c11 $warnings "examples/c/$example.c" -o "$prefix/as-c" "${flags[@]}"
  g++ -std=c++17 $warnings -x c++ "examples/c/$example.c" -x none -o "$prefix/as-c++" "${flags[@]}"
  "$prefix/as-c" | tee "$prefix/as-c.txt"
  "$prefix/as-c++" | diff "$prefix/as-c.txt" - || { echo "check-c: C11 and C++17 differ" >&2; exit 1; }
done
echo "check-c: $(echo "$exported" | wc -l) functions exported, the examples run as C11 and as C++17"
tools/check-rust.sh "$prefix"
