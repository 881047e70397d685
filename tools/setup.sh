#!/usr/bin/env bash
# tools/setup.sh demo|test|torch|docs: prepares what `make demo`, `make test` or, on top of the latter,
# `WITH_TORCH=1 make test` needs, or what `make docs` needs, and nothing else.
#
# Checks the Swift toolchain, gets missing Debian packages where it may, and fills .venv from
# tools/requirements-<set>.txt. A stamp keyed by content lets the second run end at once.
#   PYTHON          the interpreter .venv is made with (default /usr/bin/python3)
#   TOPOLOSS_CACHE  where downloaded wheels are kept (default ~/.cache/topoloss)
set -euo pipefail
cd "$(dirname "$0")/.."

set_name=${1:?usage: tools/setup.sh demo|test|torch|docs}
swift=${SWIFT:-swift}
python=${PYTHON:-/usr/bin/python3}
cache=${TOPOLOSS_CACHE:-${HOME:-$PWD}/.cache/topoloss}

say() { echo "setup: $*" >&2; }
stop() { say "$*"; exit 1; }

require_swift() {
  command -v "$swift" > /dev/null ||
    stop "no Swift toolchain found: install Swift 6.3 or newer and put 'swift' into PATH (or set SWIFT)."
  local version
  version=$("$swift" --version 2> /dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
  [ "$(printf '6.3\n%s\n' "${version:-0}" | sort -V | head -n 1)" = 6.3 ] ||
    stop "Swift 6.3 or newer is needed, '$swift' is version ${version:-unknown}."
}

has_venv() { "$python" -c 'import ensurepip, venv' 2> /dev/null; }
has_headers() {
  "$python" -c 'import os, sysconfig, sys
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' 2> /dev/null
}

# has_library NAME VERSION: whether that library can be compiled against.
has_library() { pkg-config --atleast-version="$2" "$1" 2> /dev/null; }

# Whether some rustc answers: a launcher of rustup may have no toolchain behind it.
has_rust() {
  "${RUSTC:-rustc}" --version > /dev/null 2>&1 || /usr/bin/rustc --version > /dev/null 2>&1
}

# Prints the Debian packages that are missing, judged by what they would provide.
missing_packages() {
  if [ "$set_name" = docs ]; then  # nothing is compiled
    [ "$python" != /usr/bin/python3 ] || has_venv || echo python3-venv
    return
  fi
  command -v gcc > /dev/null || echo gcc
  [ -e /usr/include/stdio.h ] || echo libc6-dev
  if [ "$python" = /usr/bin/python3 ]; then
    has_venv || echo python3-venv
    has_headers || echo python3-dev
  fi
  command -v pkg-config > /dev/null || echo pkg-config
  has_library libtiff-4 4.5 || echo libtiff-dev
  has_library libpng 1.6 || echo libpng-dev  # which brings zlib along
  if [ "$set_name" != demo ]; then
    command -v g++ > /dev/null || echo g++
    command -v nm > /dev/null || echo binutils
    command -v strace > /dev/null || echo strace
    has_rust || echo rustc
  fi
}

get_packages() {
  local packages apt=()
  packages=$(missing_packages | tr '\n' ' ')
  [ -n "$packages" ] || return 0
  if command -v apt-get > /dev/null; then
    if [ "$(id -u)" = 0 ]; then apt=(env)
    elif sudo -n true 2> /dev/null; then apt=(sudo -n)
    fi
  fi
  [ ${#apt[@]} -gt 0 ] || stop "please install: ${packages}(on Debian: apt-get install ${packages% })"
  say "installing ${packages}with apt-get"
  # shellcheck disable=SC2086  # the package names are meant to be split
  { "${apt[@]}" apt-get update -qq &&
    "${apt[@]}" DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages
  } > /dev/null < /dev/null || stop "apt-get failed; please install by hand: $packages"
  packages=$(missing_packages | tr '\n' ' ')
  [ -z "$packages" ] || stop "still missing after apt-get: $packages"
}

require_python() {
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null ||
    stop "Python 3.11 or newer is needed, '$python' is not; set PYTHON to one."
  has_venv || stop "'$python' has no venv and ensurepip modules."
  [ "$set_name" = docs ] || has_headers || stop "'$python' has no C headers (Python.h); install its development package."
}

pip=(.venv/bin/python -m pip --disable-pip-version-check)
wheels=$cache/wheels
install_from_cache() {
  "${pip[@]}" install --quiet --no-index --find-links "$wheels" -r "tools/requirements-$set_name.txt" < /dev/null
}

# Prints "torch==VERSION" of the newest build of PyTorch without CUDA that pip can see, if there is
# one: such builds end in +cpu. The plain wheel for Linux is newer at times, but brings
# gigabytes of CUDA libraries. Where only that one is seen (no CUDA-free wheels in pip's
# configuration), it is taken: it works without a GPU, too.
smallest_torch() {
  "${pip[@]}" index versions torch 2> /dev/null | grep -o '[0-9][0-9.]*+cpu' | head -n 1 |
    sed 's/^/torch==/'
}

fill_venv() {
  local key stamp=.venv/stamp-$set_name
  key=$(
    { "$python" -c 'import sys; print(sys.version, sys.executable)'; pwd; cat tools/requirements-*.txt; } |
      sha256sum
  )
  [ "$(cat "$stamp" 2> /dev/null)" = "$key" ] && .venv/bin/python -c '' && return 0

  local base
  base=$("$python" -c 'import os, sys; print(os.path.realpath(sys.executable), sys.version)' | sha256sum; pwd)
  if [ "$(cat .venv/stamp-base 2> /dev/null)" != "$base" ]; then
    say "making .venv with $python"
    "$python" -m venv --clear .venv || stop "could not make .venv with $python"
    echo "$base" > .venv/stamp-base
  fi
  say "installing tools/requirements-$set_name.txt into .venv"
  mkdir -p "$wheels"
  # From the cache alone if it has everything; else through it, so that the next clone finds it.
  install_from_cache 2> /dev/null || {
    local pins=()
    if [ "$set_name" = torch ]; then mapfile -t pins < <(smallest_torch); fi
    "${pip[@]}" wheel --quiet --find-links "$wheels" --wheel-dir "$wheels" \
      -r "tools/requirements-$set_name.txt" "${pins[@]}" < /dev/null && install_from_cache
  } || stop "pip could not install tools/requirements-$set_name.txt (is there a network?)"
  echo "$key" > "$stamp"
}

[ "$set_name" = docs ] || require_swift
get_packages
require_python
fill_venv
