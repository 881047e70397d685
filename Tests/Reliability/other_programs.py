"""Files of other programs, in every element type, byte order, packing and layout that our readers take."""

import io
import itertools
import struct

import numpy
import tifffile
from PIL import Image

TIFF_TYPES = ("u1", "u2", "u4", "i1", "i2", "i4", "f4", "f8")
NPY_TYPES = ("?", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8")
TIFF_LAYOUTS = {
    "plain": {},
    "strips": {"rowsperstrip": 2},
    "deflate": {"compression": "zlib"},
    "deflated-strips": {"compression": "zlib", "rowsperstrip": 3},
    "tiles": {"tile": (16, 16)},
    "deflated-tiles": {"tile": (16, 32), "compression": "zlib"},
    "big": {"bigtiff": True},
    "difference": {"compression": "zlib", "predictor": True},
}
# Pillow's modes; it packs by libtiff.
PILLOW_MODES = {"u1": "L", "u2": "I;16", "i4": "I", "f4": "F"}
PILLOW_PACKINGS = ("raw", "tiff_lzw", "packbits", "tiff_adobe_deflate")


def values(random, dtype, axes):
    """An array of random size with the type's whole range in it, but no infinity."""
    shape = tuple(int(random.integers(2, 40 if axes == 2 else 9)) for _ in range(axes))
    dtype = numpy.dtype(dtype)
    if dtype.kind == "f":
        # Of float16's range, so that every type holds them; the finer ones have finer values.
        return (random.standard_normal(shape) * 1000).astype(dtype)
    return numpy.frombuffer(random.bytes(int(numpy.prod(shape)) * dtype.itemsize), dtype).reshape(shape) & (
        dtype.type(1) if dtype.kind == "b" else dtype.type(-1 if dtype.kind == "i" else numpy.iinfo(dtype).max)
    )


def as_grey(array):
    """What docs/tools.md says `shapr convert` makes of it: 8 bits stay, 16 bits become fractions, others
    32-bit floats."""
    if array.dtype == bool:
        return array.astype(numpy.uint8) * 255
    if array.dtype == numpy.uint8:
        return array
    if array.dtype == numpy.uint16:
        return array.astype(numpy.float32) / numpy.float32(65535)
    return array.astype(numpy.float32)


def tiffs(random):
    """Names, contents and values."""
    for dtype, order, layout, axes in itertools.product(TIFF_TYPES, "<>", TIFF_LAYOUTS, (2, 3)):
        if layout == "difference" and dtype[0] == "f":
            continue  # which tifffile cannot write by itself
        array, file = values(random, dtype, axes), io.BytesIO()
        tifffile.imwrite(
            file, array, byteorder=order, photometric="minisblack", metadata=None, **TIFF_LAYOUTS[layout]
        )
        side = "little" if order == "<" else "big"
        yield f"{dtype}-{side}-{layout}-{axes}.tif", file.getvalue(), array
    for (dtype, mode), packing in itertools.product(PILLOW_MODES.items(), PILLOW_PACKINGS):
        array, file = values(random, dtype, 2), io.BytesIO()
        image = Image.frombytes(mode, array.shape[::-1], array.tobytes())
        image.save(file, "TIFF", compression=packing)
        yield f"pillow-{dtype}-{packing}.tif", file.getvalue(), array


def npys(random):
    for dtype, order, layout, axes, version in itertools.product(
        NPY_TYPES, "<>", "CF", (2, 3), ((1, 0), (2, 0), (3, 0))
    ):
        array, file = values(random, dtype, axes), io.BytesIO()
        stored = numpy.asarray(array, numpy.dtype(dtype).newbyteorder(order), order=layout)
        numpy.lib.format.write_array(file, stored, version)
        side = "little" if order == "<" else "big"
        yield f"{dtype.replace('?', 'b1')}-{side}-{layout}-{axes}-v{version[0]}.npy", file.getvalue(), array


def pngs(random):
    for dtype, level in itertools.product(("u1", "u2"), (0, 1, 9)):
        array, file = values(random, dtype, 2), io.BytesIO()
        image = Image.frombytes(PILLOW_MODES[dtype], array.shape[::-1], array.tobytes())
        image.save(file, "PNG", compress_level=level)
        yield f"{dtype}-level{level}.png", file.getvalue(), array


def read_nrrd(path):
    """An array of an NRRD file as it is written here: raw, in one file (teem.sourceforge.net/nrrd)."""
    header, data = path.read_bytes().split(b"\n\n", 1)
    first, *lines = header.decode("ascii").split("\n")
    assert first == "NRRD0004", first
    fields = dict(line.split(": ", 1) for line in lines)
    assert fields["encoding"] == "raw"
    order = {"little": "<", "big": ">"}[fields.get("endian", "little")]
    dtype = numpy.dtype({"float": f"{order}f4", "uint8": "u1"}[fields["type"]])
    shape = [int(size) for size in fields["sizes"].split()][::-1]
    assert int(fields["dimension"]) == len(shape)
    return numpy.frombuffer(data, dtype).reshape(shape)


def read_safetensors(path):
    """Type, shape and bytes of every tensor (huggingface.co/docs/safetensors), and the texts."""
    import json

    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    texts = header.pop("__metadata__", {})
    data = content[8 + length :]
    tensors = {
        name: (entry["dtype"], tuple(entry["shape"]), data[slice(*entry["data_offsets"])])
        for name, entry in header.items()
    }
    return tensors, texts
