#!/usr/bin/env bash
# Installs the one wheel for this platform; nothing is compiled.
set -euo pipefail
case $(uname) in
  Darwin) kind=macosx ;;
  *) kind=manylinux ;;
esac
shopt -s nullglob
wheels=("$SRC_DIR"/wheelhouse/topoloss_swift-"$PKG_VERSION"-cp311-abi3-"$kind"*"$(uname -m)".whl)
[ ${#wheels[@]} = 1 ] || { echo "build.sh: one wheel is needed in wheelhouse/, there are ${#wheels[@]}" >&2; exit 1; }
"$PYTHON" -m pip install --no-deps --no-index --no-build-isolation -vv "${wheels[0]}"
