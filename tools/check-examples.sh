#!/usr/bin/env bash
# Runs every Python example; the README must show exactly what the first one prints.
set -euo pipefail
cd "$(dirname "$0")/.."

for example in examples/python/*.py; do
  echo "$example"
  output=$(.venv/bin/python "$example")
  [ -n "$output" ] || { echo "check-examples: $example printed nothing" >&2; exit 1; }
done

.venv/bin/python - << 'PYTHON'
import pathlib, re, subprocess, sys
readme = pathlib.Path("README.md").read_text()
source, printed = re.search(r"```python\n(.*?)```\s*```text\n(.*?)```", readme, re.S).groups()
result = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True).stdout
if result.strip() != printed.strip():
    sys.exit(f"check-examples: the README's example prints\n{result}but the README shows\n{printed}")
if source.strip() not in pathlib.Path("examples/python/diagrams.py").read_text():
    sys.exit("check-examples: examples/python/diagrams.py is not the README's example")
PYTHON
echo "check-examples: all ran, and the README's printed output is real"
