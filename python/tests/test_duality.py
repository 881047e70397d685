"""A5: Alexander duality ties every diagram to one of the other construction.

What is a hole of V(f) is a piece of what is left out, and that is T(-f) with a border that
enters first: H_k of V(f) and H_(d-1-k) of the padded T(-f) have the same finite points, up
to (birth, death) -> (-death, -birth). The border is the sphere around everything; the class it
makes in H_(d-1) is no feature. V and T can change places. (Bleile, Garin, Heiss, Maggs, Robins,
"The persistent homology of dual digital image constructions", 2021.)
"""

import numpy as np
import pytest
import sizes
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from volumes import KINDS, Cases, finite, random_shape, sorted_rows, volume

import topoloss_swift

SEED = sizes.seed(0xA5)
N_VOLUMES = sizes.cases(500, 10_000)
OTHER = {"V": "T", "T": "V"}


def points(field, filtration, construction):
    diagrams = topoloss_swift.persistence_diagrams(field, filtration=filtration, construction=construction)
    return [np.asarray(diagram.points) for diagram in diagrams]


def dual_points(field, filtration, construction):
    """The finite points of every dimension, computed in the other construction."""
    # Below or above every value; exact, for the pad is a number of the same format.
    border = np.nextafter((-field).min(), -np.inf) if filtration == "sublevel" else np.nextafter((-field).max(), np.inf)
    padded = np.pad(-field, 1, constant_values=border)
    rows = [finite(p) for p in points(padded, filtration, OTHER[construction])]
    rows[-1] = rows[-1][rows[-1][:, 0] != border]
    return [sorted_rows(-p[:, ::-1]) for p in rows[::-1]]


def holds(field, filtration, construction):
    found = [finite(p) for p in points(field, filtration, construction)]
    expected = dual_points(field, filtration, construction)
    return all(np.array_equal(f, e) for f, e in zip(found, expected, strict=True))


@pytest.mark.parametrize("construction", ["V", "T"])
def test_alexander_duality(construction, tally):
    rng = np.random.default_rng(SEED)
    cases = Cases()
    for number in range(N_VOLUMES // 2):
        kind = KINDS[number % len(KINDS)]
        field = volume(rng, random_shape(rng, 32 if number % 5 == 0 else 12, ranks=(2, 3)), kind)
        filtration = ("sublevel", "superlevel")[number % 2]
        cases.check(holds(field, filtration, construction), kind, field.shape, filtration, construction)
    tally("A5", cases.run, cases.passed, seed=SEED)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(
    field=hnp.arrays(
        np.float32,
        hnp.array_shapes(min_dims=2, max_dims=3, max_side=5),
        elements=st.floats(-4, 4, width=32) | st.sampled_from([0.0, -0.0, 1.0, 2.0]),
    ),
    filtration=st.sampled_from(["sublevel", "superlevel"]),
    construction=st.sampled_from(["V", "T"]),
)
def test_alexander_duality_of_awkward_values(field, filtration, construction):
    """The same, with values that hypothesis finds awkward and with its shrinking."""
    assert holds(field, filtration, construction)
