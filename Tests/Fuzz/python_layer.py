"""C5: what Python code does with texts, paths and buffers, under atheris. An input becomes one call; any exception
but those of docs/reliability.md ends the fuzzer."""

import sys
import tempfile

import atheris

with atheris.instrument_imports(include=["topoloss_swift"]):
    import topoloss_swift
    from topoloss_swift import _files, _shapr_data, _shapr_settings
    from topoloss_swift.shapr import Shapr, compare, read_folder

import numpy  # noqa: E402

# OSError is of paths; BufferError, MemoryError and KeyboardInterrupt do not come from these calls.
EXPECTED = (ValueError, TypeError, OSError)
FORMATS = ("?", "b", "B", "h", "H", "i", "I", "q", "Q", "e", "f", "d", "Zd", "O", "c", "<f", ">d")
FILE = tempfile.NamedTemporaryFile(suffix=".json")


def written(data):
    """The path of a file with these bytes."""
    FILE.seek(0)
    FILE.truncate()
    FILE.write(data)
    FILE.flush()
    return FILE.name


def settings(data):
    Shapr(written(data.ConsumeBytes(2000)))


def overrides(data):
    name = data.PickValueInList(list(Shapr().settings)) if data.ConsumeBool() else data.ConsumeUnicode(20)
    Shapr(**{name: value(data)})


def value(data, depth=0):
    """Anything that a caller may hand over."""
    kind = data.ConsumeIntInRange(0, 8 if depth < 3 else 6)
    if kind == 0:
        return None
    if kind == 1:
        return data.ConsumeBool()
    if kind == 2:
        return data.ConsumeInt(9)
    if kind == 3:
        return data.ConsumeFloat()
    if kind == 4:
        return data.ConsumeUnicode(30)
    if kind == 5:
        return data.ConsumeBytes(30)
    if kind == 6:
        return data.PickValueInList(["superlevel", "V", "matched", "extreme", "sum", "euclidean"])
    many = [value(data, depth + 1) for _ in range(data.ConsumeIntInRange(0, 4))]
    return many if kind == 7 else {str(place): one for place, one in enumerate(many)}


def split(data):
    _shapr_data.read_split(written(data.ConsumeBytes(2000)), ["a", "b", "c"])


def table(data):
    text = data.ConsumeBytes(2000)
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        file.write(b"name,class,iou_error\r\n" * data.ConsumeBool() + text)
        file.flush()
        compare(file.name, {"iou_error": [0.5], "name": ["a"]}, title=data.ConsumeUnicode(20))


def path(data):
    name = data.ConsumeUnicode(300)
    for call in (read_folder, Shapr.load, Shapr, _files.read_text):
        try:
            call(name or "x")
        except EXPECTED:
            pass


def field(data):
    """A buffer, or something like one."""
    if data.ConsumeIntInRange(0, 9) == 0:
        return value(data)
    shape = tuple(data.ConsumeIntInRange(0, 4) for _ in range(data.ConsumeIntInRange(0, 5)))
    format = data.PickValueInList(list(FORMATS))
    if format in ("Zd", "O", "c"):
        return numpy.zeros(shape, {"Zd": complex, "O": object, "c": "S1"}[format])
    dtype = numpy.dtype(format)
    count = int(numpy.prod(shape))
    bytes = data.ConsumeBytes(count * dtype.itemsize).ljust(count * dtype.itemsize, b"\0")
    array = numpy.frombuffer(bytes, dtype).reshape(shape)
    return array[..., ::-1] if array.ndim and data.ConsumeBool() else array


def options(data, names):
    return {name: value(data) for name in names if data.ConsumeIntInRange(0, 3) == 0}


def diagrams(data):
    topoloss_swift.persistence_diagrams(
        field(data), **options(data, ["filtration", "construction", "dimensions", "spatial_dims", "threads"])
    )


def distance(data):
    name = data.PickValueInList(["wasserstein", "bottleneck", "sliced_wasserstein", "wasserstein_certificate"])
    first, second = field(data), field(data)
    getattr(topoloss_swift, name)(first, second, **options(data, ["order", "ground_norm", "essential_classes"]))


def loss(data):
    names = ["resolution", "dimensions", "order", "weights", "spatial_dims", "minimum_persistence", "reduction"]
    topoloss_swift.topological_loss_and_gradient(field(data), field(data), **options(data, names))


CALLS = [settings, overrides, split, table, path, diagrams, distance, loss]


def one_input(bytes):
    data = atheris.FuzzedDataProvider(bytes)
    try:
        data.PickValueInList(CALLS)(data)
    except EXPECTED as error:
        # Python's own errors of unicode and JSON have no line breaks, either.
        assert "\n" not in str(error), repr(error)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
