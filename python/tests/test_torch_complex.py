"""CubicalComplex and WassersteinDistance: what code written for torch_topological meets."""

import math

import numpy as np
import pytest
from optional import optional

torch = optional("torch")

import topoloss_swift  # noqa: E402
from topoloss_swift.torch import (  # noqa: E402
    CubicalComplex,
    PersistenceInformation,
    WassersteinDistance,
    topological_loss,
)


def noise(*shape, seed=0, dtype=torch.float64):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


# ---------------------------------------------------------------- CubicalComplex


@pytest.mark.parametrize("superlevel", [False, True])
@pytest.mark.parametrize("shape", [(7,), (5, 6), (4, 5, 6), (1, 1, 1)])
def test_diagrams_are_those_of_the_library(shape, superlevel):
    x = noise(*shape)
    found = CubicalComplex(superlevel=superlevel, dim=len(shape))(x)
    expected = topoloss_swift.persistence_diagrams(
        (-x if superlevel else x).numpy(), filtration="sublevel"
    )
    assert [one.dimension for one in found] == list(range(len(shape)))
    for one, diagram in zip(found, expected, strict=True):
        points = diagram.points.copy()
        points[np.isinf(points)] = (-x if superlevel else x).max()  # the voxel that enters last
        assert sorted(one.diagram.tolist()) == sorted(points.tolist())
        rank = len(shape)
        assert one.pairing.dtype == torch.int64 and one.pairing.shape == (len(points), 2 * rank)
        voxels = [x[tuple(one.pairing[:, i : i + rank].T)] for i in (0, rank)]
        sign = -1 if superlevel else 1
        assert torch.equal(sign * torch.stack(voxels, 1), one.diagram)


@pytest.mark.parametrize("dim, shape, nesting", [
    (None, (5, 6), ()), (None, (3, 5, 6), (3,)), (None, (2, 3, 5, 6), (2, 3)),
    (3, (4, 5, 6), ()), (3, (2, 4, 5, 6), (2,)), (3, (2, 1, 4, 5, 6), (2, 1)), (2, (1, 5, 6), (1,)),
])  # fmt: skip
def test_nesting(dim, shape, nesting):
    x = noise(*shape)
    rank = dim or 2
    found = CubicalComplex(dim=dim)(x)
    for index in np.ndindex(*nesting):
        item = found
        for i in index:
            item = item[i]
        assert all(isinstance(one, PersistenceInformation) for one in item) and len(item) == rank
        for one, alone in zip(item, CubicalComplex(dim=rank)(x[index]), strict=True):
            assert torch.equal(one.diagram, alone.diagram)
            assert torch.equal(one.pairing, alone.pairing)
    lengths, item = [], found
    while isinstance(item[0], list):
        lengths.append(len(item))
        item = item[0]
    assert tuple(lengths) == nesting


@pytest.mark.parametrize(
    "dim, shape", [(None, (5,)), (None, (1, 1, 1, 5, 5)), (3, (5, 5)), (1, (2, 2, 2, 2))]
)
def test_wrong_numbers_of_axes(dim, shape):
    with pytest.raises(ValueError, match="axes"):
        CubicalComplex(dim=dim)(noise(*shape))
    with pytest.raises(ValueError, match="dim must be"):
        CubicalComplex(dim=4)


def test_gradients_reach_the_voxels():
    x = noise(2, 4, 4, 4).requires_grad_()
    found = CubicalComplex(superlevel=True, dim=3)(x)
    sum(one.diagram[:, 0].sum() for volume in found for one in volume).backward()
    births = torch.zeros_like(x)
    for v, volume in enumerate(found):
        for one in volume:
            for i, j, k in one.pairing[:, :3].tolist():
                births[v, i, j, k] -= 1  # diagrams of -x
    assert torch.equal(x.grad, births)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_types(dtype):
    x = noise(4, 5, 5).to(dtype).requires_grad_()
    found = CubicalComplex(dim=3)(x)
    assert {one.diagram.dtype for one in found} == {dtype}
    found[0].diagram.sum().backward()
    assert x.grad.dtype == dtype


# ---------------------------------------------------------------- WassersteinDistance


def information(*points):
    return PersistenceInformation(None, torch.tensor(points, dtype=torch.float64).reshape(-1, 2))


@pytest.mark.parametrize("p, q, expected", [
    # (0, 4) to (1, 4): 1; (0, 1) to the diagonal: 1/2 or 1/sqrt 2
    (math.inf, 1, 1.5), (math.inf, 2, math.sqrt(1.25)),
    (2, 1, 1 + math.sqrt(0.5)), (2, 2, math.sqrt(1.5)),
])  # fmt: skip
def test_by_hand(p, q, expected):
    first, second = information((0, 4), (0, 1)), information((1, 4))
    assert WassersteinDistance(p=p, q=q)(first, second).item() == pytest.approx(expected, rel=1e-15)
    assert WassersteinDistance(p=p, q=q)([second], [first]).item() == pytest.approx(
        expected, rel=1e-15
    )


@pytest.mark.parametrize("p", [math.inf, 2])
@pytest.mark.parametrize("q", [1, 1.5, 2, 3])
def test_gradcheck_of_the_distance(p, q):
    distance = WassersteinDistance(p=p, q=q)

    def of(*points):
        first, second = (
            [PersistenceInformation(None, one) for one in half] for half in (points[:2], points[2:])
        )
        return distance(first, second)

    points = tuple(noise(n, 2, seed=n).requires_grad_() for n in (6, 0, 4, 3))
    assert torch.autograd.gradcheck(of, points)


def test_gradient_of_a_tie_is_shared_and_0_at_distance_0():
    first = torch.tensor([[0.0, 4.0]], dtype=torch.float64, requires_grad=True)
    tie = information((1, 5))
    WassersteinDistance(q=2)(PersistenceInformation(None, first), tie).backward()
    assert first.grad.tolist() == [[-0.5, -0.5]]
    first.grad = None
    WassersteinDistance(q=2)(PersistenceInformation(None, first), information((0, 4))).backward()
    assert first.grad.tolist() == [[0, 0]]


def test_arguments_of_the_distance():
    for arguments in ({"p": 3}, {"q": 0.5}, {"q": math.inf}):
        with pytest.raises(ValueError):
            WassersteinDistance(**arguments)
    distance = WassersteinDistance()
    with pytest.raises(ValueError, match="compared"):
        distance([information((0, 1))], [])
    with pytest.raises(ValueError, match="finite"):
        distance(information((0, math.inf)), information((0, 1)))


# ---------------------------------------------------------------- the loss of SHAPR, three ways


def shapr_loss(complex_class, distance_class, prediction, target, size, dimension, superlevel):
    """As code that uses torch_topological computes it: the loss of every volume of a batch."""
    cubical = complex_class(superlevel=superlevel, dim=3)
    distance = distance_class(q=2)
    small = [
        torch.nn.functional.interpolate(x, (size,) * 3, mode="trilinear", align_corners=True)
        for x in (prediction, target)
    ]
    losses = []
    for of_prediction, of_target in zip(*(cubical(x) for x in small)):
        first, second = (
            [one for one in features[0] if one.dimension == dimension]
            for features in (of_prediction, of_target)
        )
        persistence = sum((one.diagram[:, 1] - one.diagram[:, 0]).square().sum() for one in first)
        losses.append(distance(first, second) + persistence)
    return torch.stack(losses)


@pytest.mark.parametrize("superlevel", [False, True])
@pytest.mark.parametrize("dimension", [0, 1, 2])
def test_swapping_the_import_gives_the_loss(superlevel, dimension):
    prediction = noise(2, 1, 20, 18, 22, dtype=torch.float32).requires_grad_()
    target = noise(2, 1, 20, 18, 22, seed=1, dtype=torch.float32)
    arguments = prediction, target, 16, dimension, superlevel
    values = shapr_loss(CubicalComplex, WassersteinDistance, *arguments)
    direct = topological_loss(
        prediction,
        target,
        dimensions=(dimension,),
        filtration="superlevel" if superlevel else "sublevel",
        reduction="none",
    )[:, 0]
    # Resampled voxels are rounded in another order: 1e-5 is some roundings of float32.
    torch.testing.assert_close(values, direct, rtol=1e-5, atol=1e-5)
    (gradient,) = torch.autograd.grad(values.mean(), prediction)
    (expected,) = torch.autograd.grad(direct.mean(), prediction)
    torch.testing.assert_close(gradient, expected, rtol=1e-4, atol=1e-5)
    try:
        from torch_topological import nn as peer
    except ImportError:
        return
    theirs = shapr_loss(peer.CubicalComplex, peer.WassersteinDistance, *arguments)
    torch.testing.assert_close(values, theirs, rtol=1e-5, atol=1e-5)
