"""The Python interface: what `Diagrams` and `Diagram` do, options, batches, life without NumPy."""

import array
import pickle

import numpy as np
import pytest

import topoloss_swift
from topoloss_swift import persistence_diagrams

FIELD = np.random.default_rng(11).standard_normal((5, 6, 7))


def test_attributes_of_a_diagram():
    diagrams = persistence_diagrams(FIELD, filtration="sublevel", construction="V")
    diagram = diagrams[1]
    assert diagram.dimension == 1 and diagram.shape == FIELD.shape
    assert (diagram.filtration, diagram.construction) == ("sublevel", "V")
    assert diagram.points.dtype == np.float64 and diagram.voxels.dtype == np.int64
    assert diagram.points.shape == diagram.voxels.shape == (len(diagram), 2)
    assert len(diagram) > 0, "noise has tunnels"
    assert diagram.points is diagram.points, "made once, so writing to it lasts"
    assert diagram.last_value is None and diagram.last_voxel is None
    assert repr(diagram).startswith(f"Diagram(dimension=1, pairs={len(diagram)}, shape=(5, 6, 7)")


@pytest.mark.parametrize("construction", ["T", "V"])
def test_where_the_filtration_ends(construction):
    """In H_0: the extreme value, and of the voxels that have it the one that enters last."""
    tied = np.array([[4.0, 1, 7], [1, 7, 1]])
    for filtration, value, places in (("superlevel", 1.0, (1, 3, 5)), ("sublevel", 7.0, (2, 4))):
        last = places[0] if construction == "T" else places[-1]  # in T, higher indices come first
        diagrams = persistence_diagrams(tied, filtration=filtration, construction=construction)
        assert (diagrams[0].last_value, diagrams[0].last_voxel) == (value, last)
        assert type(diagrams[0].last_value) is float and type(diagrams[0].last_voxel) is int
        assert (diagrams[1].last_value, diagrams[1].last_voxel) == (None, None)
    batch = persistence_diagrams(FIELD, spatial_dims=2, dimensions=(0,))
    assert [plane[0].last_value for plane in batch] == FIELD.min((1, 2)).tolist()
    assert [plane[0].last_voxel for plane in batch] == FIELD.reshape(5, -1).argmin(1).tolist()


def test_known_answer_in_one_dimension():
    """Peaks 3 and 2 with the dip 1 between them; the highest never ends."""
    peaks = persistence_diagrams(array.array("i", [0, 3, 1, 2, 0]))[0]
    assert sorted(peaks.points.tolist()) == [[2, 1], [3, -np.inf]]
    assert sorted(peaks.voxels.tolist()) == [[1, -1], [3, 2]]
    dips = persistence_diagrams(array.array("i", [0, 3, 1, 2, -1]), filtration="sublevel")[0]
    assert sorted(dips.points.tolist()) == [[-1, np.inf], [0, 3], [1, 2]]


def test_known_answer_in_three_dimensions():
    """A hollow cube: one component and one cavity, filled at the value of its middle."""
    cube = np.ones((5, 5, 5))
    cube[2, 2, 2] = 0.25
    diagrams = persistence_diagrams(cube)
    assert diagrams[0].points.tolist() == [[1, -np.inf]]
    assert len(diagrams[1]) == 0
    assert diagrams[2].points.tolist() == [[1, 0.25]]
    assert diagrams[2].voxels[0, 1] == np.ravel_multi_index((2, 2, 2), cube.shape)


def test_indexed_by_homology_dimension():
    everything = persistence_diagrams(FIELD)
    assert [diagram.dimension for diagram in everything] == [0, 1, 2]
    assert everything.dimensions == (0, 1, 2) and len(everything) == 3
    only = persistence_diagrams(FIELD, dimensions=(2,))
    assert only.dimensions == (2,) and len(only) == 1
    assert only[2] == everything[2] and only[np.int64(2)] is only[2]
    assert 2 in only and 0 not in only
    for missing in (0, 1, 3, -1):
        with pytest.raises(KeyError, match=rf"H_{missing} was not computed"):
            only[missing]
    with pytest.raises(TypeError):
        only["2"]
    with pytest.raises(TypeError):
        only[0:1]


@pytest.mark.parametrize("dimensions", [(0,), [1], (0, 2), {1, 2}, range(3), (2, 0, 2)])
def test_subsets_of_dimensions(dimensions):
    everything = persistence_diagrams(FIELD)
    some = persistence_diagrams(FIELD, dimensions=dimensions)
    assert some.dimensions == tuple(sorted(set(dimensions)))
    assert all(diagram == everything[diagram.dimension] for diagram in some)


def test_equality():
    one, same = persistence_diagrams(FIELD), persistence_diagrams(FIELD.copy())
    assert one == same and one[0] == same[0]
    assert one != persistence_diagrams(FIELD, construction="V")
    assert one[0] != one[1] and one != "other" and one[0] != "other"
    same[0].points[0, 0] += 1
    assert one != same
    same[0].points[0, 0] = one[0].points[0, 0]
    assert one == same
    same[0].last_voxel += 1
    assert one != same
    for unhashable in (one, one[0]):
        with pytest.raises(TypeError):
            hash(unhashable)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickling(protocol):
    diagrams = persistence_diagrams(FIELD)
    again = pickle.loads(pickle.dumps(diagrams, protocol))
    assert again == diagrams and again is not diagrams
    assert (again[0].last_value, again[0].last_voxel) == (FIELD.min(), FIELD.argmin())
    assert again[2].points.flags.writeable
    empty = persistence_diagrams(np.zeros((3, 3, 3)))[2]
    assert pickle.loads(pickle.dumps(empty, protocol)).points.shape == (0, 2)


def test_results_outlive_everything_else():
    points = persistence_diagrams(FIELD.copy())[0].points
    expected = persistence_diagrams(FIELD)[0].points.tobytes()
    for _ in range(50):
        persistence_diagrams(FIELD + 1)
    assert points.tobytes() == expected


@pytest.mark.parametrize("leading", [(1,), (4,), (2, 3), (2, 1, 2)])
def test_batches_become_nested_lists(leading):
    batch = np.random.default_rng(5).standard_normal(leading + (3, 4, 5))
    nested = persistence_diagrams(batch, spatial_dims=3)

    def check(result, values):
        if values.ndim == 3:
            assert result == persistence_diagrams(values)
            return
        assert type(result) is list and len(result) == len(values)
        for one, part in zip(result, values):
            check(one, part)

    check(nested, batch)


def test_spatial_dims():
    planes = persistence_diagrams(FIELD, spatial_dims=2)
    assert [plane.shape for plane in planes] == [(6, 7)] * 5
    assert planes[3] == persistence_diagrams(FIELD[3])
    lines = persistence_diagrams(FIELD, spatial_dims=1)
    assert lines[4][5] == persistence_diagrams(FIELD[4, 5])
    assert persistence_diagrams(FIELD, spatial_dims=3) == persistence_diagrams(FIELD)
    with pytest.raises(ValueError, match="spatial_dims"):
        persistence_diagrams(np.zeros((2, 2, 2, 2)))
    with pytest.raises(ValueError, match="spatial_dims"):
        persistence_diagrams(np.zeros(4), spatial_dims=2)
    with pytest.raises(ValueError):  # an empty batch is an empty axis
        persistence_diagrams(np.zeros((0, 2, 2)), spatial_dims=2)


@pytest.mark.parametrize(
    "options, error, words",
    [
        ({"filtration": "up"}, ValueError, "'superlevel' or 'sublevel'"),
        ({"filtration": None}, TypeError, "'superlevel' or 'sublevel'"),
        ({"construction": "t"}, ValueError, "'T' or 'V'"),
        ({"construction": 0}, TypeError, "'T' or 'V'"),
        ({"dimensions": (3,)}, ValueError, "dimensions"),
        ({"dimensions": (-1,)}, ValueError, "dimensions"),
        ({"dimensions": (2**70,)}, ValueError, "dimensions"),
        ({"dimensions": ()}, ValueError, "dimensions"),
        ({"dimensions": 2}, TypeError, "dimensions"),
        ({"dimensions": "2"}, TypeError, "dimensions"),
        ({"dimensions": (1.0,)}, TypeError, "dimensions"),
        ({"dimensions": (True,)}, TypeError, "dimensions"),
        ({"spatial_dims": 0}, ValueError, "spatial_dims"),
        ({"spatial_dims": 4}, ValueError, "spatial_dims"),
        ({"spatial_dims": 2.0}, TypeError, "spatial_dims"),
        ({"threads": 0}, ValueError, "threads"),
        ({"threads": -1}, ValueError, "threads"),
        ({"threads": 2**31}, ValueError, "threads"),
        ({"threads": "2"}, TypeError, "threads"),
        ({"colour": 1}, TypeError, "colour"),
        ({"dimensions": (2,), "spatial_dims": 2}, ValueError, "dimensions"),
    ],
)
def test_wrong_options(options, error, words):
    with pytest.raises(error, match=words) as caught:
        persistence_diagrams(FIELD, **options)
    assert type(caught.value) is error


def test_options_are_keywords_only():
    with pytest.raises(TypeError):
        persistence_diagrams(FIELD, "sublevel")


@pytest.mark.parametrize("field", [[[1, 2], [3, 4]], (1.0, 2.0), 3.0, None, "text", {1: 2}, object])
def test_what_is_no_array_is_told_what_to_do(field):
    with pytest.raises(TypeError, match="numpy.asarray"):
        persistence_diagrams(field)


def test_masked_arrays_are_refused():
    with pytest.raises(TypeError, match="filled"):
        persistence_diagrams(np.ma.masked_less(FIELD, 0))


class OnlyArrayMethod:
    """Like a tensor that wants its gradient: it must be detached before it can be read."""

    def __init__(self, values, requires_grad=False):
        self.values, self.requires_grad = values, requires_grad

    def detach(self):
        return OnlyArrayMethod(self.values)

    def __array__(self, dtype=None, copy=None):
        if self.requires_grad:
            raise RuntimeError("call detach() first")
        return self.values


class OnlyDLPack:
    def __init__(self, values):
        self.values = values

    def __dlpack__(self, **options):
        return self.values.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.values.__dlpack_device__()


class OnlyInterface:
    def __init__(self, values):
        self.values = values
        self.__array_interface__ = values.__array_interface__


@pytest.mark.parametrize(
    "wrap",
    [
        memoryview,
        OnlyArrayMethod,
        OnlyInterface,
        OnlyDLPack,
        lambda values: OnlyArrayMethod(values, requires_grad=True),
    ],
)
def test_objects_that_lead_to_an_array(wrap):
    assert persistence_diagrams(wrap(FIELD)) == persistence_diagrams(FIELD)


def test_object_whose_array_fails_is_a_type_error():
    stubborn = OnlyArrayMethod(FIELD, requires_grad=True)
    stubborn.detach = lambda: stubborn
    with pytest.raises(TypeError, match="detach"):
        persistence_diagrams(stubborn)


def test_exceptions_are_what_the_table_says():
    errors = topoloss_swift
    assert issubclass(errors.LimitError, ValueError) and issubclass(errors.LimitError, OverflowError)
    assert issubclass(errors.FormatError, ValueError) and issubclass(errors.ConfigError, ValueError)
    assert issubclass(errors.UnsupportedError, errors.FormatError)
    assert issubclass(errors.CorruptError, errors.FormatError)
    for name in ("LimitError", "FormatError", "UnsupportedError", "CorruptError", "ConfigError"):
        error = getattr(errors, name)
        assert f"{error.__module__}.{error.__qualname__}" == f"topoloss_swift.{name}"
        assert type(pickle.loads(pickle.dumps(error("text")))) is error


def test_version():
    assert topoloss_swift.__version__ in topoloss_swift.build_info()
    numbers = [int(part) for part in topoloss_swift.__version__.split(".")]
    assert len(numbers) == 3 and "\n" not in topoloss_swift.build_info()


def test_without_numpy(child):
    """The same numbers in memoryviews of the same layout, when `import numpy` fails."""
    expected = [
        [diagram.points.tolist(), diagram.voxels.tolist()] for diagram in persistence_diagrams(FIELD)
    ]
    found = child(
        """
        import sys
        sys.modules["numpy"] = None  # the import statement then raises ImportError
        import topoloss_swift
        import array
        flat = array.array("d", [float.fromhex(word) for word in sys.argv[1].split()])
        field = memoryview(flat).cast("B").cast("d", [5, 6, 7])
        diagrams = topoloss_swift.persistence_diagrams(field)
        for diagram in diagrams:
            assert type(diagram.points) is type(diagram.voxels) is memoryview
            assert (diagram.points.format, diagram.voxels.format) == ("d", "q")
            assert diagram.points.shape == diagram.voxels.shape == (len(diagram), 2)
            assert diagram.points.c_contiguous and diagram.points.nbytes == 16 * len(diagram)
        flat = topoloss_swift.persistence_diagrams(memoryview(bytes(8)).cast("B", [2, 2, 2]))[2]
        assert flat.points.shape == (0, 2) and flat.points.tolist() == []
        try:
            topoloss_swift.persistence_diagrams(type("Array", (), {"__array__": None})())
        except TypeError as error:
            assert "NumPy" in str(error)
        loss, gradient = topoloss_swift.topological_loss_and_gradient(field, field, spatial_dims=2,
                                                                      dimensions=(1,), reduction="none")
        assert type(loss) is type(gradient) is memoryview and gradient.shape == (5, 6, 7)
        assert topoloss_swift.wasserstein(diagrams[1], diagrams[1]) == 0.0
        assert topoloss_swift.wasserstein_batch([diagrams[1]], [diagrams[2]]).format == "d"
        print([[d.points.tolist(), d.voxels.tolist()] for d in diagrams])
        """,
        " ".join(float(value).hex() for value in FIELD.flat),
    )
    assert eval(found, {"inf": float("inf")}) == expected
