#!/usr/bin/env bash
# Installs the Python package into .venv when a file it is built from has changed.
set -euo pipefail
cd "$(dirname "$0")/.."

stamp=.venv/stamp-package
key=$(
  {
    "${SWIFT:-swift}" --version 2> /dev/null
    cat .venv/stamp-base
    find Package.swift setup.py pyproject.toml Sources tools/exports.map tools/build_library.py \
      tools/discardable_runtime.py python/topoloss_swift \
      -name __pycache__ -prune -o -type f ! -name '*.so' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
  } | sha256sum
)
if [ "$(cat "$stamp" 2> /dev/null)" = "$key" ] && .venv/bin/python -c 'import topoloss_swift' 2> /dev/null; then
  exit 0
fi

echo "setup: building the Python package" >&2
rm -rf "$stamp" build  # setuptools would keep files there that the sources no longer have
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# pip shows nothing of a build that works and, with the log, everything of one that does not.
.venv/bin/python -m pip install --disable-pip-version-check --no-build-isolation --no-deps \
  --force-reinstall --verbose . > "$log" 2>&1 < /dev/null || { tail -n 60 "$log" >&2; exit 1; }
echo "$key" > "$stamp"
