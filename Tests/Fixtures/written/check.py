"""Reads the files of this folder, which the writers made, with other programs.

    python3 -m venv venv && venv/bin/pip install numpy==2.4.6 tifffile==2026.3.3 imagecodecs==2026.3.6
    venv/bin/python check.py [folder]

Passed with these versions. The tests compare what the writers make with these files, byte by byte.
"""

import gzip
import sys
from pathlib import Path

import numpy as np
import tifffile

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
values = (((np.arange(60) * 37 + 11) % 101).astype(np.float32) / np.float32(100)).reshape(3, 4, 5)
expected = {"float32": values, "uint8": np.floor(values * np.float32(255) + np.float32(0.5)).astype(np.uint8)}

for path in sorted(folder.glob("*.tif")):
    want = expected[path.stem.split("-")[0]]
    with tifffile.TiffFile(path) as file:
        assert file.is_imagej and len(file.pages) == 3, path
        series = file.series[0]
        assert series.axes == "ZYX" and series.dtype == want.dtype, path
        assert np.array_equal(series.asarray(), want), path
        assert all(np.array_equal(page.asarray(), plane) for page, plane in zip(file.pages, want)), path
        data = file.imagej_metadata
        assert (data["images"], data["slices"], data["spacing"], data["unit"]) == (3, 3, 0.5, "um"), data
        x, y = (file.pages[0].tags[f"{axis}Resolution"].value for axis in "XY")
        assert x[0] / x[1] == 8 and y[0] / y[1] == 4, (x, y)
    # The planes lie one after the other: what ImageJ needs of a large stack.
    if "deflate" not in path.name:
        offsets = [page.dataoffsets[0] for page in tifffile.TiffFile(path).pages]
        assert np.all(np.diff(offsets) == want[0].nbytes), path
for path in sorted(folder.glob("*.npy")):
    array = np.load(path)
    want = expected[path.stem]
    assert array.dtype == want.dtype and np.array_equal(array, want) and array.flags.c_contiguous, path
for path in sorted(folder.glob("*.nrrd")):
    want = expected[path.stem.split("-")[0]]
    header, data = path.read_bytes().split(b"\n\n", 1)
    lines = header.decode().split("\n")
    fields = dict(line.split(": ") for line in lines[1:])
    assert lines[0] == "NRRD0004" and fields["sizes"] == "5 4 3" and fields["dimension"] == "3", path
    assert fields["spacings"] == "0.125 0.25 0.5" and fields["type"] == {"float32": "float", "uint8": "uint8"}[want.dtype.name]
    data = gzip.decompress(data) if fields["encoding"] == "gzip" else data
    assert np.array_equal(np.frombuffer(data, want.dtype).reshape(want.shape), want), path
print(len(list(folder.iterdir())), "entries checked")
