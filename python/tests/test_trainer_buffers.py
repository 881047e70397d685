"""B3 for the trainer, and lists that change while they are read."""

import array
import gc
import json
import threading

import numpy as np
import pytest
import test_buffers
from shapr_cells import SETTINGS, cells
from test_buffers import Exporter, claims, counts, honest, lies, lengths

from topoloss_swift import _core
from topoloss_swift.shapr import Shapr

IMAGES, MASKS, OBJECTS = cells(4)
LISTS = [array.array("q", part).tobytes() for part in ([0, 1, 2], [3], [])]


def training(images=IMAGES, masks=MASKS, objects=OBJECTS, names=None):
    return _core.training(json.dumps(SETTINGS), images, masks, objects, names, *LISTS, 1, 0, False)


def entries():
    """Wherever the trainer takes an array, on the inner and on the outer side."""
    model = Shapr(**{**SETTINGS, "epochs": 1}).fit(IMAGES, MASKS, OBJECTS, validation=[3])
    volumes = OBJECTS[:, :4, :4, :4].copy()
    return {
        "images": lambda liar: training(images=liar),
        "masks": lambda liar: training(masks=liar),
        "objects": lambda liar: training(objects=liar),
        "fit": lambda liar: Shapr(**SETTINGS).fit(liar, MASKS, OBJECTS, validation=[3]),
        "fit to objects": lambda liar: Shapr(**SETTINGS).fit(IMAGES, MASKS, liar, validation=[3]),
        "images to predict": lambda liar: model.predict(liar, MASKS),
        "masks to predict": lambda liar: model.predict(IMAGES, liar),
        "predictions": lambda liar: _core.evaluate("{}", liar, volumes, 1, 0, False),
        "truths": lambda liar: _core.evaluate("{}", volumes, liar, 1, 0, False),
        "shape": _core.shape,
    }


def test_lying_exporters(tally):
    counts.update(get=0, release=0)
    calls = entries()
    run = passed = 0
    for fields in lies():
        claims.clear()
        claims.update(fields)
        for name, call in calls.items():
            run += 1
            try:
                call(Exporter())
            except (BufferError, TypeError):
                passed += 1
            except Exception as error:
                print(name, fields, "led to", repr(error))
    gc.collect()
    assert counts["get"] == counts["release"] > 0
    tally("B3[trainer]", run, passed)


def test_honest_exporters_are_held_as_long_as_they_are_read():
    counts.update(get=0, release=0)
    pixels = np.ascontiguousarray(IMAGES)
    claims.clear()
    claims.update(
        honest(buf=pixels.ctypes.data, len=pixels.nbytes, itemsize=1, format=b"B", shape=lengths(*pixels.shape),
               strides=None)
    )  # fmt: skip
    begun = training(images=Exporter())
    assert counts == {"get": 1, "release": 0}, "a training reads its arrays in every epoch"
    begun.fit(None, False)
    del begun
    gc.collect()
    assert counts == {"get": 1, "release": 1}


def test_exporters_that_refuse():
    view = memoryview(bytearray(8))
    view.release()
    for name, call in entries().items():
        with pytest.raises(TypeError, match="released"):
            call(view)
            pytest.fail(name)


# ---------------------------------------------------------------- lists that change


class Meddling(dict):
    """The fields of an exporter of one point, which empties lists when it is asked for them."""

    def __init__(self, *lists):
        super().__init__(honest(ndim=2, len=16, shape=lengths(1, 2), strides=None))
        self.lists = lists

    def items(self):
        for each in self.lists:
            each.clear()
        return super().items()


def test_lists_that_are_emptied_while_they_are_read(monkeypatch):
    """Their items were borrowed, and the two lengths compared before the first was read."""
    first, second = ([(Exporter(), 0.0) for _ in range(5)] for _ in range(2))
    monkeypatch.setattr(test_buffers, "claims", Meddling(first, second))
    distances = _core.distances(0, first, second, 2.0, 0, 1, 1, 1, False)
    assert memoryview(distances).tolist() == [0] * 5 and not first and not second


def test_names_that_are_cleared_during_the_call():
    """Another thread empties the list of names while the library reads them."""
    expected = training(names=[f"cell {i}" for i in range(4)]).log()
    for _ in range(20):
        names = [f"cell {i}" for i in range(4)]
        thread = threading.Thread(target=names.clear)
        thread.start()
        try:
            assert training(names=names).log() == expected
        except ValueError as error:
            assert "names" in str(error)
        thread.join()
