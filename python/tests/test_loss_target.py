"""A target that is kept as diagrams: the same bits, its pickle, and what does not fit."""

import pickle

import numpy as np
import pytest
from volumes import KINDS, volume

from topoloss_swift import (
    Diagrams,
    persistence_diagrams,
    resample,
    target_diagrams,
    topological_loss,
    topological_loss_and_gradient,
    topological_loss_terms,
)

RNG = np.random.default_rng(0x7A6)
PREDICTION, TRUTH = RNG.random((2, 3, 6, 7, 8)), RNG.random((2, 3, 6, 7, 8))


def test_the_same_bits_as_the_volume(tally):
    passed = 0
    for number in range(60):
        shape = tuple(int(n) for n in RNG.integers(1, 9, 3))
        dtype = (np.float16, np.float32, np.float64)[number % 3]
        leading = ((), (3,), (2, 2))[number % 3]
        prediction, truth = (
            np.stack([volume(RNG, shape, KINDS[number % 5]) for _ in range(int(np.prod(leading)))])
            .reshape(*leading, *shape).astype(dtype)
            for _ in range(2)
        )  # fmt: skip
        shared = {
            "resolution": (4, None, (3, None, 5))[number % 3],
            "dimensions": ((2,), (0,), (0, 1, 2), (2, 0))[number % 4],
            "filtration": ("superlevel", "sublevel")[number % 2],
            "construction": "TV"[number // 2 % 2],
        }
        kept = target_diagrams(truth, threads=1 + number % 3, **shared)
        if number % 2:
            kept = pickle.loads(pickle.dumps(kept))
        options = {
            "essential_classes": ("extreme", "matched", "ignored")[number // 3 % 3],
            "dimension_reduction": ("sum", "root")[number // 5 % 2],
            "reduction": "none",
            **shared,
        }
        expected = topological_loss_and_gradient(prediction, truth, **options)
        found = topological_loss_and_gradient(prediction, kept, **options)
        same = np.array_equal(found[0], expected[0]) and found[1].tobytes() == expected[1].tobytes()
        terms = ("dimension_reduction", "reduction")
        settings = {key: value for key, value in options.items() if key not in terms}
        one, other = (topological_loss_terms(prediction, target, **settings) for target in (truth, kept))
        passed += same and all(np.array_equal(one[name], other[name]) for name in one)
    tally("cached target", 60, passed)


def test_they_are_the_diagrams_of_the_resampled_volume():
    kept = target_diagrams(TRUTH, dimensions=None, resolution=5)
    small = resample(TRUTH, resolution=5)
    assert [len(one) for one in kept] == [3, 3]
    assert kept == persistence_diagrams(small, spatial_dims=3)
    assert type(target_diagrams(TRUTH[0, 0])) is Diagrams
    assert kept[1][2][0].last_value == small[1, 2].min()
    # Tuples are lists to us, and more dimensions than are wanted do no harm.
    tuples = tuple(tuple(one) for one in kept)
    assert topological_loss(PREDICTION, tuples, resolution=5) == topological_loss(
        PREDICTION, TRUTH, resolution=5
    )


@pytest.mark.parametrize(
    "made_with, used_with, words",
    [
        ({"filtration": "sublevel"}, {}, "filtration='sublevel', the loss 'superlevel'"),
        ({}, {"construction": "V"}, "construction='T', the loss 'V'"),
        ({"resolution": 4}, {}, r"\(4, 4, 4\), but the loss resamples the prediction to \(6, 7, 8\)"),
        ({}, {"resolution": 4}, r"\(6, 7, 8\), but the loss resamples the prediction to \(4, 4, 4\)"),
        ({}, {"dimensions": (1, 2)}, "lack H_1"),
        ({"spatial_dims": 2, "dimensions": (1,)}, {}, "Diagrams of one volume"),
    ],
)
def test_diagrams_of_another_kind(made_with, used_with, words):
    kept = target_diagrams(TRUTH, **made_with)
    with pytest.raises(ValueError, match=words) as caught:
        topological_loss(PREDICTION, kept, **used_with)
    assert type(caught.value) is ValueError and "target_diagrams" in str(caught.value)


def test_wrong_nesting():
    kept = target_diagrams(TRUTH)
    for target, error, words in (
        (kept[0], ValueError, r"target has 3 entries; the prediction has 2"),
        (kept[0][0], ValueError, r"list over the prediction's leading axes \(2, 3\)"),
        ([kept[0], kept[1][:2]], ValueError, r"target\[1\] has 2 entries; the prediction has 3"),
        ([kept, kept], ValueError, r"target\[0\] has 2 entries"),
        ([[kept] * 3] * 2, ValueError, r"target\[0\]\[0\] must be the Diagrams of one volume"),
        ([], ValueError, "0 entries"),
        ([[0.0] * 3] * 2, TypeError, r"target\[0\]\[0\] must be .* not float"),
        ([kept[0], None], TypeError, r"target\[1\] must be a list"),
        ([[diagrams[2] for diagrams in one] for one in kept], TypeError, "not Diagram"),
        (PREDICTION.tolist(), TypeError, r"target\[0\]\[0\] must be .*, not list; numpy.asarray"),
    ):
        with pytest.raises(error, match=words) as caught:
            topological_loss(PREDICTION, target)
        assert type(caught.value) is error
    with pytest.raises(ValueError, match="leading|one volume"):
        topological_loss(PREDICTION[0, 0], kept)
    with pytest.raises(ValueError, match="spatial_dims=3"):
        topological_loss(PREDICTION[0, 0, 0], kept)
    with pytest.raises(ValueError, match="target_gradient"):
        topological_loss_and_gradient(PREDICTION, kept, target_gradient=True)


def test_diagrams_that_were_written_to():
    """What the caller puts into them counts; what cannot be is refused."""
    kept = target_diagrams(TRUTH[0, 0])
    before = topological_loss(PREDICTION[0, 0], kept)
    kept[2].points[0] += [5, 0]
    assert topological_loss(PREDICTION[0, 0], kept) > before
    kept[2].points[0] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        topological_loss(PREDICTION[0, 0], kept)


def test_infinities_and_nan_in_the_truth():
    for value, words in ((np.nan, "NaN"), (np.inf, "[Ii]nf"), (-np.inf, "[Ii]nf")):
        truth = TRUTH[0].copy()
        truth[1, 2, 3, 4] = value
        index = np.ravel_multi_index((1, 2, 3, 4), truth.shape)
        for resolution in (None, 4):
            with pytest.raises(ValueError, match=rf"\b{index}\b") as caught:
                target_diagrams(truth, resolution=resolution)
            assert type(caught.value) is ValueError
