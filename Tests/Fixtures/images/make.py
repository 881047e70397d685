"""Writes small images and volumes with tifffile, NumPy and Pillow (folder files/), what is in them
(files.json), and what scipy makes of resampling (resampling.json).

    python3 -m venv venv
    venv/bin/pip install numpy==2.4.6 tifffile==2026.3.3 imagecodecs==2026.3.6 pillow==13.0.0 scipy==1.17.1
    venv/bin/python make.py

For each file: shape, type, sum of the bytes of its values in little-endian row-major order, and sum of
byte times (position + 1) modulo 65521; or the row of the error table.
"""

import itertools
import json
import struct
import zlib
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image
from scipy import ndimage

here = Path(__file__).parent
folder = here / "files"
folder.mkdir(exist_ok=True)
for old in folder.iterdir():
    old.unlink()
record = {}


def note(name, values=None, row=None):
    if row:
        record[name] = {"row": row}
        return
    values = np.ascontiguousarray(values)
    data = np.frombuffer(values.astype(values.dtype.newbyteorder("<")).tobytes(), np.uint8).astype(np.int64)
    record[name] = {
        "shape": list(values.shape),
        "type": values.dtype.name,
        "sums": [int(data.sum()), int((data * (np.arange(data.size) + 1)).sum() % 65521)],
    }


def volume(dtype, shape=(3, 5, 7)):
    count = int(np.prod(shape))
    numbers = np.arange(count) * 37 + 11
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return ((numbers % 101) / 100).astype(dtype).reshape(shape)
    if dtype.kind == "b":
        return (numbers % 3 == 0).reshape(shape)
    info = np.iinfo(dtype)
    span = int(info.max) - int(info.min)
    return np.array([int(info.min) + int(n) * 7919 * span // 10**6 % span for n in numbers], dtype).reshape(shape)


def tiff(name, values, **options):
    tifffile.imwrite(folder / f"{name}.tif", values, photometric=options.pop("photometric", "minisblack"), **options)
    note(f"{name}.tif", values)


types = ["u1", "u2", "u4", "i1", "i2", "i4", "f4", "f8"]
packings = [None, "zlib", "lzw", "packbits"]
for index, (dtype, packing) in enumerate(itertools.product(types, packings)):
    # Both byte orders with every type and every packing, each pair once.
    order = "<>"[(index + index // 4) % 2]
    tiff(f"{dtype}-{packing}-{'le' if order == '<' else 'be'}", volume(dtype), compression=packing, byteorder=order)
for order in "<>":
    tag = "le" if order == "<" else "be"
    tiff(f"big-{tag}", volume("u2"), bigtiff=True, byteorder=order)
    tiff(f"big-zlib-tiles-{tag}", volume("u2", (2, 20, 35)), bigtiff=True, byteorder=order, tile=(16, 16), compression="zlib")
    tiff(f"imagej-{tag}", volume("u2"), imagej=True, byteorder=order, metadata={"axes": "ZYX", "spacing": 0.5})
    tiff(f"predictor-u2-{tag}", volume("u2"), compression="zlib", predictor=True, byteorder=order)
    tiff(f"predictor-u4-{tag}", volume("u4"), compression="lzw", predictor=True, byteorder=order)
    tiff(f"predictor-f4-{tag}", volume("f4"), compression="zlib", predictor=True, byteorder=order)
    tiff(f"predictor-f8-{tag}", volume("f8"), compression="lzw", predictor=True, byteorder=order)
tiff("strips", volume("u2", (2, 9, 7)), rowsperstrip=2)
tiff("strips-lzw", volume("u1", (2, 9, 7)), rowsperstrip=4, compression="lzw")
tiff("tiles", volume("u1", (20, 35)), tile=(16, 32))
tiff("tiles-lzw-predictor", volume("i2", (2, 20, 35)), tile=(32, 16), compression="lzw", predictor=True)
tiff("tiles-packbits", volume("f4", (20, 35)), tile=(16, 16), compression="packbits")
tiff("image", volume("u1", (5, 7)))
tiff("one-pixel", volume("u1", (1, 1)))
tiff("imagej-frames", volume("u1"), imagej=True, metadata={"axes": "TYX"})

# ImageJ's form for large stacks: one directory, all planes behind each other.
values = volume("u2")
tifffile.imwrite(folder / "imagej-one.tif", values, imagej=True, metadata={"axes": "ZYX"})
data = bytearray((folder / "imagej-one.tif").read_bytes())
first = struct.unpack_from("<I", data, 4)[0]
fields = struct.unpack_from("<H", data, first)[0]
struct.pack_into("<I", data, first + 2 + 12 * fields, 0)
(folder / "imagej-one.tif").write_bytes(data)
note("imagej-one.tif", values)


def refused(name, values, **options):
    tifffile.imwrite(folder / f"{name}.tif", values, **options)
    note(f"{name}.tif", row="unsupported")


refused("colour", volume("u1", (5, 7, 3)), photometric="rgb")
refused("colour-planar", volume("u1", (3, 5, 7)), photometric="rgb", planarconfig="separate")
refused("alpha", volume("u1", (5, 7, 2)), photometric="minisblack", extrasamples=["unassalpha"])
refused("white", volume("u1", (5, 7)), photometric="miniswhite")
refused("palette", volume("u1", (5, 7)), photometric="palette", colormap=np.zeros((3, 256), "u2"))
refused("half", volume("f2"), photometric="minisblack")
refused("long", volume("u8"), photometric="minisblack")
refused("bits", volume("?"), photometric="minisblack")
refused("lzma", volume("u1"), photometric="minisblack", compression="lzma")
refused("truncated-shape", volume("u1"), photometric="minisblack", truncate=True)
refused("volumetric", volume("u1"), photometric="minisblack", volumetric=True, tile=(16, 16, 16))
refused("hyperstack", volume("u1", (2, 3, 5, 7)), imagej=True, metadata={"axes": "TZYX"})
data = bytearray((folder / "hyperstack.tif").read_bytes())
first = struct.unpack_from("<I", data, 4)[0]
struct.pack_into("<I", data, first + 2 + 12 * struct.unpack_from("<H", data, first)[0], 0)
(folder / "hyperstack.tif").write_bytes(data)

for dtype in ["?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"]:
    name = np.dtype(dtype).name
    np.save(folder / f"{name}.npy", volume(dtype))
    note(f"{name}.npy", volume(dtype))
    if np.dtype(dtype).itemsize > 1:
        np.save(folder / f"{name}-be-fortran.npy", np.asfortranarray(volume(dtype)).astype(np.dtype(dtype).newbyteorder(">"), order="F"))
        note(f"{name}-be-fortran.npy", volume(dtype))
np.save(folder / "image.npy", np.asfortranarray(volume("u1", (5, 7))))
note("image.npy", volume("u1", (5, 7)))
with open(folder / "version2.npy", "wb") as file:
    np.lib.format.write_array(file, volume("u1"), version=(2, 0))
note("version2.npy", volume("u1"))
with open(folder / "version3.npy", "wb") as file:
    np.lib.format.write_array(file, volume("u1"), version=(3, 0))
note("version3.npy", volume("u1"))

grey = volume("u1", (9, 11))
deep = volume("u2", (9, 11))
Image.fromarray(grey).save(folder / "grey8.png")
note("grey8.png", grey)
Image.fromarray(deep).save(folder / "grey16.png")
note("grey16.png", deep)
Image.fromarray(volume("?", (9, 11))).save(folder / "grey1.png")
note("grey1.png", volume("?", (9, 11)).astype("u1") * 255)
Image.fromarray(np.stack([grey] * 3, -1)).save(folder / "grey-as-colour.png")
note("grey-as-colour.png", grey)
palette = Image.fromarray(grey // 16).convert("P")
palette.putpalette([v for i in range(16) for v in (i * 17,) * 3])
palette.save(folder / "grey-palette.png")
note("grey-palette.png", grey // 16 * 17)


def with_chunk(name, kind, content, source):
    data = (folder / source).read_bytes()
    chunk = struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    (folder / name).write_bytes(data[:33] + chunk + data[33:])


# Other programs write a gamma, which must not change a measurement.
with_chunk("gamma8.png", b"gAMA", struct.pack(">I", 100000), "grey8.png")
note("gamma8.png", grey)
with_chunk("gamma16.png", b"gAMA", struct.pack(">I", 45455), "grey16.png")
note("gamma16.png", deep)
with_chunk("transparent.png", b"tRNS", b"\0\3", "grey8.png")
note("transparent.png", row="unsupported")
Image.fromarray(np.stack([grey, grey, grey // 2], -1)).save(folder / "colour.png")
note("colour.png", row="unsupported")
Image.fromarray(np.stack([grey] * 4, -1)).save(folder / "alpha.png")
note("alpha.png", row="unsupported")
Image.fromarray(np.stack([grey] * 2, -1), mode="LA").save(folder / "grey-alpha.png")
note("grey-alpha.png", row="unsupported")

lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(row)}" for name, row in sorted(record.items()))
(here / "files.json").write_text("{\n" + lines + "\n}\n")

cases = []
generator = np.random.default_rng(5)
for start, end in [((1, 5, 7), (1, 4, 3)), ((3, 4, 5), (6, 4, 2)), ((4, 4, 4), (7, 5, 9)), ((2, 1, 6), (5, 3, 6))]:
    values = generator.random(start)
    zoom = [e / s for s, e in zip(start, end)]
    result = ndimage.zoom(values, zoom, order=1, mode="nearest", grid_mode=True)
    assert result.shape == end
    cases.append({"from": start, "to": end, "input": values.ravel().round(6).tolist()})
    values = np.array(cases[-1]["input"]).reshape(start)
    result = ndimage.zoom(values, zoom, order=1, mode="nearest", grid_mode=True)
    cases[-1]["output"] = result.ravel().tolist()
(here / "resampling.json").write_text(json.dumps(cases) + "\n")
