"""Every loss term and gradient that was recorded with the reference implementation.

The fixtures lie beside the project, in ../shared/fixtures; without them these tests are skipped.
The reference resamples to 16^3 and ends essential classes at the extreme; "d-1" is all dimensions
with the root of the sum, "reg" adds the total persistence. Its superlevel diagrams are negated.
"""

import json
import math
import os
import struct
from pathlib import Path

import loss_twin
import numpy as np
import pytest
from volumes import sorted_rows

from topoloss_swift import (
    persistence_diagrams,
    resample,
    topological_loss_and_gradient,
    topological_loss_terms,
)
from topoloss_swift._loss import resample_adjoint

FIXTURES = Path(os.environ.get("TOPOLOSS_FIXTURES", Path.cwd().parent / "shared" / "fixtures"))

# Absolute. The reference places the 16 voxels of an axis in float32: its resampled values are up to
# 4e-6 off, ours 3e-8 (both against float64).
RESAMPLED = 1e-5
POINTS = 1e-6  # absolute: diagrams of the very same volumes
LOSS = 1e-5  # relative
# dL/dprediction, relative to its largest value: float32, added up in another order. Where both come
# together, what the reference's resampling moves comes on top of it.
GRADIENT, GRADIENT_WITH_RESAMPLING = 1e-5, 2e-5


def safetensors(path):
    """{name: array}: a header length, a header in JSON, then the numbers."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    header.pop("__metadata__", None)
    arrays = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        dtype = {"F32": "<f4", "F64": "<f8", "I32": "<i4", "I64": "<i8"}[entry["dtype"]]
        numbers = np.frombuffer(content[8 + length + start : 8 + length + end], dtype)
        arrays[name] = numbers.reshape(entry["shape"])
    return arrays


@pytest.fixture(scope="module")
def recorded():
    """(topology tensors, prediction and truth at 64^3, scalars)."""
    if not (FIXTURES / "topology.safetensors").is_file():
        pytest.skip(f"LOUD SKIP: no fixtures in {FIXTURES}; set TOPOLOSS_FIXTURES to their folder")
    batch = safetensors(FIXTURES / "batch_and_outputs.safetensors")
    scalars = json.loads((FIXTURES / "fixtures.json").read_text())["scalars"]
    return safetensors(FIXTURES / "topology.safetensors"), batch["pred_train"], batch["y"], scalars


FILTRATIONS = {"super": "superlevel", "sub": "sublevel"}


def options(filtration, dimension):
    """The reference's setting in our words."""
    reduction = {"dimension_reduction": "root"} if dimension == -1 else {}
    dimensions = (0, 1, 2) if dimension == -1 else (dimension,)
    return {"filtration": FILTRATIONS[filtration], "dimensions": dimensions, **reduction}


def test_resampling(recorded):
    tensors, prediction, truth, _ = recorded
    for volumes, name in ((prediction, "pred_interp16"), (truth, "true_interp16")):
        assert np.abs(resample(volumes) - tensors[name]).max() <= RESAMPLED


@pytest.mark.parametrize("filtration", FILTRATIONS)
@pytest.mark.parametrize("dimension", [0, 1, 2])
def test_diagrams(filtration, dimension, recorded):
    """As multisets; the essential class ends at the extreme. And the voxels carry their values."""
    tensors = recorded[0]
    for volume in (0, 1):
        for ours, theirs in (("pred_interp16", "pred"), ("true_interp16", "true")):
            field = tensors[ours][volume, 0]
            diagram = persistence_diagrams(field, filtration=FILTRATIONS[filtration])[dimension]
            points = diagram.points.copy()
            points[diagram.voxels[:, 1] == -1, 1] = diagram.last_value if dimension == 0 else 0
            sign = -1 if filtration == "super" else 1
            expected = sign * tensors[f"diagram.{filtration}.{theirs}.b{volume}.d{dimension}"]
            assert points.shape == expected.shape
            assert np.abs(sorted_rows(points) - sorted_rows(expected)).max(initial=0) <= POINTS


@pytest.mark.parametrize("filtration", FILTRATIONS)
@pytest.mark.parametrize("dimension", [0, 1, 2])
def test_terms(filtration, dimension, recorded):
    _, prediction, truth, scalars = recorded
    terms = topological_loss_terms(prediction, truth, **options(filtration, dimension))
    for name, expected in (("wasserstein", "W2"), ("total_persistence", "totalpers_p2_pred")):
        expected = np.array(scalars[f"{expected}.{filtration}.d{dimension}"])
        assert np.allclose(terms[name].reshape(-1), expected, LOSS, 0), name


@pytest.mark.parametrize("filtration", FILTRATIONS)
@pytest.mark.parametrize("dimension", [0, 1, 2, -1])
@pytest.mark.parametrize("regularised", [True, False])
def test_loss_and_gradient(filtration, dimension, regularised, recorded):
    tensors, prediction, truth, scalars = recorded
    name = f"{filtration}.d{dimension}.{'reg' if regularised else 'noreg'}"
    settings = {"total_persistence": regularised, **options(filtration, dimension)}
    value, gradient = topological_loss_and_gradient(prediction, truth, **settings)
    assert math.isclose(value, scalars[f"LT(lambda=1).{name}"], rel_tol=LOSS)
    expected = np.zeros_like(prediction)
    expected.flat[tensors[f"grad_pred_idx.{name}"]] = tensors[f"grad_pred_val.{name}"]
    largest = np.abs(expected).max()
    assert gradient.dtype == np.float32
    assert np.abs(gradient - expected).max() <= GRADIENT_WITH_RESAMPLING * largest
    # On the volumes as the reference resampled them, and from there back to full size.
    small = [tensors[f"{which}_interp16"] for which in ("pred", "true")]
    value, at_16 = topological_loss_and_gradient(*small, resolution=None, **settings)
    assert math.isclose(value, scalars[f"LT(lambda=1).{name}"], rel_tol=LOSS)
    expected_at_16 = tensors[f"grad_interp16.{name}"].reshape(at_16.shape)
    assert np.abs(at_16 - expected_at_16).max() <= GRADIENT * np.abs(expected_at_16).max()
    assert np.abs(resample_adjoint(at_16, (64, 64, 64)) - expected).max() <= GRADIENT * largest


@pytest.mark.parametrize("filtration", FILTRATIONS)
@pytest.mark.parametrize("dimension", [0, 1, 2, -1])
def test_gradient_in_double_precision(filtration, dimension, recorded):
    """Against the twin in float64, resampling included, ours keeps the tolerance."""
    _, prediction, truth, _ = recorded
    settings = options(filtration, dimension)
    found = topological_loss_and_gradient(prediction[1], truth[1], **settings)
    fields = prediction[1, 0].astype(float), truth[1, 0].astype(float)
    value, gradient, _, _ = loss_twin.loss(*fields, **settings)
    assert math.isclose(found[0], value, rel_tol=LOSS)
    assert np.abs(found[1][0] - gradient).max() <= GRADIENT * np.abs(gradient).max()
