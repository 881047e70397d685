#!/usr/bin/env bash
# `make demo`: the whole way from images to a report, on cells that are made up here. Interrupted, it goes on
# where it stopped; demo-output holds everything.
set -euo pipefail
cd "$(dirname "$0")/.."

# Shows a command as one would type it, and runs it.
run() {
  echo "\$ $*"
  "$@"
  echo
}

out=demo-output
mkdir -p "$out"
PATH=$PWD/.build-shapr/release:$PWD/.venv/bin:$PATH

echo "Cells of ten kinds, made up: an image, a mask and the true volume of each."
[ -e "$out/cells/README.md" ] || run shapr synthesize --output "$out/cells" --count 200
echo "The simplest guess of a volume is the mask, extruded. It is scored on the test cells."
run shapr baseline --data "$out/cells" --split "$out/cells/split.json" --output "$out/extruded"
echo "A network learns from 120 cells, with the topological loss; two to four minutes on two cores."
run shapr train --data "$out/cells" --split "$out/cells/split.json" --output "$out/run" --epochs 30 --resume
echo "Both on the same 40 test cells:"
echo "\$ shapr compare $out/extruded $out/run --title 'made-up cells' --heading guess --names extruded,network"
shapr compare "$out/extruded" "$out/run" --title "made-up cells" --heading guess --names extruded,network \
  > "$out/table.txt"
sed '/^Paired differences/,$d' "$out/table.txt"  # effect sizes and classes are in the file, and in the report
run topoloss-report "$out/run" --baseline "$out/extruded"

.venv/bin/python - "$out" << 'PYTHON'
import json
import pathlib
import sys

out = pathlib.Path(sys.argv[1])
extruded, network = (
    json.loads((out / name / "summary.json").read_text())["all"]["iou_error"]["median"]
    for name in ("extruded", "run")
)
print(f"1 - IoU, median of the test cells: {extruded:.3f} extruding the mask, {network:.3f} the network")
print(f"Report, for a browser: {out / 'run' / 'report.html'}")
sys.exit(network >= extruded)
PYTHON
