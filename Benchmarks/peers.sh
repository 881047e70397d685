#!/usr/bin/env bash
# Fills .venv-peers with what `make bench-loss`, `make bench-network` and `make bench-training` compare with, on top of .venv:
#   .venv-peers/current     PyTorch, POT and safetensors; everything else is .venv's
#   .venv-peers/reference   torch_topological with the last GUDHI that works with it; PyTorch as above
# Wheels come through the cache that tools/setup.sh uses. A stamp lets the second run end at once.
set -euo pipefail
cd "$(dirname "$0")/.."

cache=${TOPOLOSS_CACHE:-${HOME:-$PWD}/.cache/topoloss}/wheels
say() { echo "setup: $*" >&2; }

# Where a Python environment keeps its packages.
packages() { "$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))'; }

# make_environment NAME LOWER...: fills .venv-peers/NAME from Benchmarks/requirements-NAME.txt. The
# packages of the LOWER environments are seen too; of two versions, the environment's own is used.
make_environment() {
  local name=$1 requirements=Benchmarks/requirements-$1.txt environment=.venv-peers/$1 key lower
  shift
  key=$({ pwd; cat .venv/stamp-base tools/requirements-{demo,test}.txt Benchmarks/requirements-*.txt; } | sha256sum)
  [ "$(cat "$environment/stamp" 2> /dev/null)" = "$key" ] && return 0

  say "making $environment; PyTorch is a large download the first time"
  .venv/bin/python -m venv --clear "$environment"
  for lower in "$@"; do packages "$lower"; done > "$(packages "$environment")/lower.pth"
  local pip=("$environment/bin/python" -m pip --disable-pip-version-check)
  local install=("${pip[@]}" install --quiet --no-index --find-links "$cache" -r "$requirements")
  "${install[@]}" 2> /dev/null < /dev/null || {
    mkdir -p "$cache"
    "${pip[@]}" wheel --quiet --find-links "$cache" --wheel-dir "$cache" -r "$requirements" < /dev/null
    "${install[@]}" < /dev/null
  }
  echo "$key" > "$environment/stamp"
}

make_environment current .venv
make_environment reference .venv-peers/current .venv
