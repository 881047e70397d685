#!/usr/bin/env bash
# Runs every Python example; what the README shows as printed must be what is printed.
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
examples = [path.read_text() for path in pathlib.Path("examples/python").glob("*.py")]
shown = re.findall(r"```python\n([^`]*)```\s*```text\n([^`]*)```", readme)
if len(shown) < 2:
    sys.exit("check-examples: the README should show two examples with what they print")
for source, printed in shown:
    command = [sys.executable, "-c", source]
    result = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if result.strip() != printed.strip():
        sys.exit(f"check-examples: the README's example prints\n{result}but the README shows\n{printed}")
    if not any(source.strip() in example for example in examples):
        sys.exit(f"check-examples: no file in examples/python has the README's example\n{source}")
PYTHON
echo "check-examples: all ran, and the README's printed output is real"
