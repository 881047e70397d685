"""C9: what NumPy, tifffile, Pillow and safetensors write is read here, and what is written here they read: the
same bytes, in all element types, byte orders and packings."""

import itertools
import subprocess

import numpy
import pytest
import tifffile
from other_programs import as_grey, npys, pngs, read_nrrd, read_safetensors, tiffs

from topoloss_swift.shapr import Shapr

READERS = {"npy": numpy.load, "tiff": tifffile.imread, "nrrd": read_nrrd}
ENDS = {"npy": "npy", "tiff": "tif", "nrrd": "nrrd"}


def is_same(found, expected):
    return (found.dtype, found.shape) == (expected.dtype, expected.shape) and (
        found.tobytes() == expected.tobytes()
    )


@pytest.mark.identifier("C9")
def test_images(new_toy, scratch, tally, seed):
    """Every file is converted to each format, and read there by its own program."""
    folder = scratch / "images"
    folder.mkdir()
    program, random = new_toy().program, numpy.random.default_rng(seed)
    arrays = {}
    for name, content, array in itertools.chain(tiffs(random), npys(random), pngs(random)):
        (folder / name).write_bytes(content)
        arrays[name] = array
    run, good = 0, 0
    for format, read in READERS.items():
        output = folder / format
        flags = ["--output", output, "--format", format]
        subprocess.run([program, "convert", *flags, *arrays], cwd=folder, check=True, capture_output=True)
        for name, array in arrays.items():
            run += 1
            path = (output / name).with_suffix("." + ENDS[format])
            if is_same(read(path), as_grey(array)):
                good += 1
            else:
                print(f"{path}: not the values of {name}, {array.dtype} {array.shape}")
    assert run >= 500
    tally("C9-images", run, good, seed=seed)


@pytest.fixture
def model():
    """A network after a step, so that no tensor is empty of meaning."""
    images = numpy.random.default_rng(0).integers(0, 255, (3, 8, 8), numpy.uint8)
    objects = numpy.broadcast_to(images[:, None], (3, 64, 8, 8))
    settings = {"base_filters": 1, "epochs": 1, "topological_weight": 0, "threads": 1}
    return lambda **options: Shapr(settings).fit(images, images > 127, objects, **options)


@pytest.mark.identifier("C9")
def test_safetensors(model, tmp_path, tally):
    """Its own library reads our files, and we what it makes of them."""
    safetensors = pytest.importorskip("safetensors.numpy", reason="C9: safetensors is not installed")
    state, ours = tmp_path / "state", tmp_path / "ours"
    model(checkpoint=state).save(ours)
    good = []
    for path in (state, ours):
        tensors, _ = read_safetensors(path)
        found = safetensors.load_file(path)
        assert found.keys() == tensors.keys()
        types = {"F32": numpy.float32, "I64": numpy.int64}
        for name, (dtype, shape, data) in tensors.items():
            good.append(is_same(found[name], numpy.frombuffer(data, types[dtype]).reshape(shape)))
    # Weights that every floating-point type holds.
    weights = {
        name: value.astype(numpy.float16).astype(numpy.float32) if value.dtype == numpy.float32 else value
        for name, value in safetensors.load_file(ours).items()
    }
    for dtype in (numpy.float16, numpy.float32, numpy.float64):
        theirs, again = tmp_path / "theirs", tmp_path / "again"
        is_float = {name: value.dtype.kind == "f" for name, value in weights.items()}
        stored = {name: value.astype(dtype) if is_float[name] else value for name, value in weights.items()}
        safetensors.save_file(stored, theirs)
        Shapr.load(theirs).save(again)
        found = safetensors.load_file(again)
        assert found.keys() == weights.keys()
        # conv10 is in the published network, too, which never uses it: it is not kept, but drawn anew.
        kept = [name for name in weights if not name.startswith("conv10.")]
        good += [is_same(found[name], weights[name]) for name in kept]
    tally("C9-safetensors", len(good), sum(good))
