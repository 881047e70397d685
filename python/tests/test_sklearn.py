"""CubicalPersistence: scikit-learn's own checks, and the diagrams that GUDHI gives."""

import pickle

import numpy as np
import pytest
from optional import optional
from volumes import sorted_rows

sklearn = optional("sklearn")

from gudhi.sklearn import cubical_persistence as gudhi  # noqa: E402
from sklearn.base import clone  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import FunctionTransformer  # noqa: E402
from sklearn.utils.estimator_checks import check_estimator  # noqa: E402

from topoloss_swift.sklearn import CubicalPersistence  # noqa: E402


def noise(*shape, seed=0):
    return np.random.default_rng(seed).random(shape).round(2)  # some ties


def test_scikit_learn_accepts_it():
    # Diagrams have different sizes: the result is a list of arrays and not one array.
    reason = "the check wants one array"
    expected = dict.fromkeys(
        (
            "check_pipeline_consistency",
            "check_estimators_pickle",
            "check_transformer_general",
            "check_transformer_preserve_dtypes",
            "check_transformers_unfitted_stateless",
            "check_methods_sample_order_invariance",
            "check_methods_subset_invariance",
        ),
        reason,
    )
    check_estimator(CubicalPersistence(), expected_failed_checks=expected, on_skip=None)


def test_what_those_checks_are_about_holds():
    X = noise(6, 8)
    transformer = CubicalPersistence()
    diagrams = transformer.transform(X)
    others = pickle.loads(pickle.dumps(transformer.fit(X))).transform(X[::-1])[::-1]
    for one, other in zip(diagrams, others, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(transformer.transform(X[2:3])[0], diagrams[2])
    assert {one.dtype for one in transformer.transform(X.astype(np.float32))} == {np.dtype(float)}


@pytest.mark.parametrize("wanted", [0, 1, 2, 3, [0, 1], (2, 0), [1]])
@pytest.mark.parametrize("input_type", ["top_dimensional_cells", "vertices"])
@pytest.mark.parametrize("shape", [(7,), (6, 5), (4, 5, 6)])
@pytest.mark.parametrize("min_persistence", [0.0, 0.3])
def test_is_gudhi(wanted, input_type, shape, min_persistence):
    X = noise(3, *shape)
    options = {"input_type": input_type, "min_persistence": min_persistence}
    found = CubicalPersistence(wanted, **options).fit_transform(X)
    expected = gudhi.CubicalPersistence(wanted, **options).fit_transform(X)
    assert len(found) == len(expected) == 3
    for ours, theirs in zip(found, expected):
        if isinstance(wanted, int):
            ours, theirs = [ours], [theirs]
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs):
            assert one.shape[1] == 2 and one.dtype == np.float64
            np.testing.assert_array_equal(sorted_rows(one), sorted_rows(np.reshape(other, (-1, 2))))


def test_samples_of_different_shapes():
    X = [noise(4, 5), noise(3, 3, 3), noise(9)]
    found = CubicalPersistence([0, 2]).fit_transform(X)
    for one, x in zip(found, X):
        (alone,) = CubicalPersistence([0, 2]).transform(x[np.newaxis])
        for ours, theirs in zip(one, alone, strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("n_jobs", [None, 1, 2, -1])
def test_threads_do_not_matter(n_jobs):
    X = noise(5, 6, 6, 6)
    for one, other in zip(
        CubicalPersistence(1, n_jobs=n_jobs).transform(X), CubicalPersistence(1).transform(X)
    ):
        np.testing.assert_array_equal(one, other)


def test_in_a_pipeline():
    entropy = FunctionTransformer(lambda diagrams: np.array([[len(one)] for one in diagrams]))
    pipeline = clone(make_pipeline(CubicalPersistence(homology_dimensions=1), entropy))
    counts = pipeline.fit_transform(noise(4, 6, 6))
    assert counts.shape == (4, 1) and counts.sum() > 0


@pytest.mark.parametrize("X", [np.ones(3), np.ones((2, 2, 2, 2, 2)), np.full((2, 3), np.nan)])
def test_wrong_samples(X):
    with pytest.raises(ValueError):
        CubicalPersistence().fit(X).transform(X)


@pytest.mark.parametrize("error, parameters", [
    (ValueError, {"input_type": "cells"}),
    (ValueError, {"homology_dimensions": -1}),
    (TypeError, {"homology_dimensions": 1.5}),
    (TypeError, {"homology_dimensions": "01"}),
    (ValueError, {"homology_coeff_field": 1}),
    (TypeError, {"min_persistence": "small"}),
])  # fmt: skip
def test_errors(error, parameters):
    with pytest.raises(error):
        CubicalPersistence(**parameters).transform(noise(2, 3, 3))
