"""Records sums of the real sample's arrays as tifffile reads them: sample.json.

    python3 -m venv venv && venv/bin/pip install numpy==2.4.6 tifffile==2026.3.3
    venv/bin/python make_sample.py ../../../../shared/data/shapr-sample

For each file: sum of the values, and sum of value times (position + 1) modulo 65521.
"""

import json
import sys
from pathlib import Path

import numpy as np
import tifffile

folder = Path(sys.argv[1])
rows = {}
for path in sorted((folder / "image").iterdir()):
    row = []
    for part in ("image", "mask", "obj"):
        values = tifffile.imread(folder / part / path.name).astype(np.int64).ravel()
        row += [int(values.sum()), int((values * (np.arange(values.size) + 1)).sum() % 65521)]
    rows[path.stem] = row
text = ",\n".join(f"{json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items())
Path(__file__).with_name("sample.json").write_text("{\n" + text + "\n}\n")
