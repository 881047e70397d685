#!/usr/bin/env bash
# Compares the package's type hints with what it is at run time.
set -euo pipefail
cd "$(dirname "$0")/.."

# Modules whose package is not installed cannot be imported: that is no error. Where PyTorch is
# installed, its metaclass of autograd functions is one that unknown bases do not have.
allowed=$(mktemp)
trap 'rm -f "$allowed"' EXIT
.venv/bin/python - << 'PYTHON' > "$allowed"
from importlib.util import find_spec
for name, package in (("torch", "torch"), ("jax", "jax"), ("sklearn", "sklearn"), ("skimage", "report")):
    if find_spec(name) is None:
        print(rf"topoloss_swift\.{package}(\..*)?")
    elif name == "torch":
        print(r"topoloss_swift\.torch\._(distance\._Distance|loss\._LossToDiagrams)")
PYTHON
.venv/bin/python -m mypy.stubtest topoloss_swift \
  --mypy-config-file tools/stubtest.ini --allowlist "$allowed"
