"""What the loss refuses, and with which words."""

import math
from functools import partial

import numpy as np
import pytest

import topoloss_swift
from topoloss_swift import (
    resample,
    target_diagrams,
    topological_loss,
    topological_loss_and_gradient,
    topological_loss_terms,
)
from topoloss_swift._loss import resample_adjoint

FIELD = np.random.default_rng(0xE).random((2, 4, 5, 6))

FUNCTIONS = {
    "loss": topological_loss,
    "gradient": topological_loss_and_gradient,
    "terms": topological_loss_terms,
}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("resolution", [None, 3])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers(value, resolution, function):
    """Named by their flat index in the array as the caller sees it, in either volume."""
    for dtype in (np.float16, np.float32, np.float64):
        broken = FIELD.astype(dtype)
        broken[1, 2, 3, 4] = broken[1, 3, 4, 5] = value
        index = np.ravel_multi_index((1, 2, 3, 4), broken.shape)
        for layout in (broken, np.asfortranarray(broken), broken.astype(broken.dtype.newbyteorder("S"))):
            for pair in ((layout, FIELD), (FIELD, layout)):
                with pytest.raises(ValueError, match=rf"\b{index}\b") as caught:
                    FUNCTIONS[function](*pair, resolution=resolution)
                assert type(caught.value) is ValueError


def test_shapes_must_agree():
    for other in (FIELD[:1], FIELD[..., :-1], FIELD[0], FIELD[None], FIELD.reshape(2, 5, 4, 6)):
        for function in FUNCTIONS.values():
            with pytest.raises(ValueError, match="shape"):
                function(FIELD, other)
        with pytest.raises(ValueError, match="shape"):
            topological_loss_and_gradient(FIELD, other, target_gradient=True)


WRONG = {
    "0-d": (np.array(1.0), ValueError),
    "two axes": (FIELD[0, 0], ValueError),
    "empty": (np.zeros((2, 0, 4, 4)), ValueError),
    "empty batch": (np.zeros((0, 4, 4, 4)), ValueError),
    "complex": (FIELD.astype(complex), TypeError),
    "object": (FIELD.astype(object), TypeError),
    "text": (FIELD.astype(str), TypeError),
    "datetime": (FIELD.astype("M8[s]"), TypeError),
    "None": (None, TypeError),
    "masked": (np.ma.masked_less(FIELD, 0), TypeError),
    "int64 beyond 2**53": (np.full((4, 4, 4), 2**53 + 1), topoloss_swift.LimitError),
}


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_operands(kind):
    wrong, error = WRONG[kind]
    right = np.zeros((4, 4, 4)) if kind == "int64 beyond 2**53" else FIELD
    calls = [partial(topological_loss, wrong, right), partial(target_diagrams, wrong)]
    calls += [partial(function, right, wrong) for function in FUNCTIONS.values()]
    calls += [partial(resample, wrong), partial(topological_loss_terms, wrong, wrong)]
    for call in calls:
        with pytest.raises(error) as caught:
            call()
        assert type(caught.value) is error, call


def test_a_gradient_needs_floating_point():
    for dtype in (bool, np.uint8, np.int64):
        integers = (FIELD * 9).astype(dtype)
        assert topological_loss(integers, FIELD) > 0
        with pytest.raises(TypeError, match="float16, float32 or float64"):
            topological_loss_and_gradient(integers, FIELD)
        assert len(topological_loss_and_gradient(FIELD, integers)) == 2
        with pytest.raises(TypeError, match="float16, float32 or float64"):
            topological_loss_and_gradient(FIELD, integers, target_gradient=True)
        with pytest.raises(TypeError):
            resample_adjoint(integers, (8, 8, 8))


@pytest.mark.parametrize(
    "options, error, words",
    [
        ({"spatial_dims": 0}, ValueError, "spatial_dims"),
        ({"spatial_dims": 4}, ValueError, "spatial_dims"),
        ({"spatial_dims": None}, TypeError, "spatial_dims"),
        ({"spatial_dims": 2}, ValueError, "dimensions"),
        ({"resolution": 0}, ValueError, "resolution"),
        ({"resolution": -3}, ValueError, "resolution"),
        ({"resolution": 2.0}, TypeError, "resolution"),
        ({"resolution": (4, 4)}, ValueError, "2 entries for 3"),
        ({"resolution": (4, 0, 4)}, ValueError, "resolution"),
        ({"resolution": "16"}, TypeError, "resolution"),
        ({"dimensions": ()}, ValueError, "dimensions"),
        ({"dimensions": (3,)}, ValueError, "dimensions"),
        ({"dimensions": 2}, TypeError, "dimensions"),
        ({"order": 0.9}, ValueError, "order"),
        ({"order": math.inf}, ValueError, "order"),
        ({"order": math.nan}, ValueError, "order"),
        ({"order": "2"}, TypeError, "order"),
        ({"total_persistence": 1}, TypeError, "total_persistence"),
        ({"filtration": "up"}, ValueError, "'superlevel' or 'sublevel'"),
        ({"construction": "t"}, ValueError, "'T' or 'V'"),
        ({"essential_classes": "infinite"}, ValueError, "'matched', 'ignored' or 'extreme'"),
        ({"weights": (1, 2)}, ValueError, "2 weights"),
        ({"weights": 2.0}, TypeError, "weights"),
        ({"weights": (-1,)}, ValueError, "weights"),
        ({"weights": (math.nan,)}, ValueError, "weights"),
        ({"weights": ("1",)}, TypeError, "weights"),
        ({"weights": {0: 1.0}}, ValueError, "H_0"),
        ({"weights": {"2": 1.0}}, TypeError, "weights"),
        ({"weights": (1, 2), "dimensions": (2, 2)}, ValueError, "2 weights"),
        ({"minimum_persistence": -1}, ValueError, "minimum_persistence"),
        ({"minimum_persistence": math.inf}, ValueError, "minimum_persistence"),
        ({"dimension_reduction": "mean"}, ValueError, "'sum' or 'root'"),
        ({"reduction": "average"}, ValueError, "'mean', 'sum' or 'none'"),
        ({"reduction": None}, TypeError, "'mean', 'sum' or 'none'"),
        ({"threads": 0}, ValueError, "threads"),
        ({"colour": 1}, TypeError, "colour"),
    ],
)
def test_wrong_options(options, error, words):
    for function in (topological_loss, topological_loss_and_gradient):
        with pytest.raises(error, match=words) as caught:
            function(FIELD, FIELD, **options)
        assert type(caught.value) is error
    for function in (topological_loss_terms, target_diagrams, resample):
        if options.keys() <= function.__kwdefaults__.keys() and "spatial_dims" not in options:
            with pytest.raises(error, match=words) as caught:
                function(*[FIELD] * (2 if function is topological_loss_terms else 1), **options)
            assert type(caught.value) is error


def test_options_are_keywords_only_and_target_gradient_is_a_flag():
    with pytest.raises(TypeError):
        topological_loss(FIELD, FIELD, 3)
    with pytest.raises(TypeError, match="target_gradient"):
        topological_loss_and_gradient(FIELD, FIELD, target_gradient=1)


def test_shapes_that_no_memory_holds():
    """Arrays of stride 0 can be of any size; none of them may be allocated for."""
    for shape in ((2**22, 4, 4), (2**21, 2**21, 2**15), (2**40, 1, 1, 1)):
        endless = np.broadcast_to(np.float32(1), shape)
        for call in (
            lambda: topological_loss(endless, endless, resolution=None),
            lambda: topological_loss_and_gradient(endless, endless, resolution=None),
            lambda: target_diagrams(endless, resolution=None),
        ):
            with pytest.raises((topoloss_swift.LimitError, MemoryError)):
                call()
