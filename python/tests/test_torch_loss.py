"""The topological loss of tensors: against the NumPy function, by finite differences, in half
precision, and with MONAI's arguments."""

import pickle
import warnings

import numpy as np
import pytest
from optional import optional

torch = optional("torch")

import topoloss_swift  # noqa: E402
from topoloss_swift.torch import TopologicalLoss, topological_loss  # noqa: E402

SMALL = {"resolution": 5, "dimensions": (0, 1, 2)}


def tensors(*shape, seed=0, dtype=torch.float32, requires_grad=True):
    """A prediction and a target of this shape, noise."""
    generator = torch.Generator().manual_seed(seed)
    pair = torch.rand(2, *shape, generator=generator, dtype=torch.float64).to(dtype)
    return pair[0].clone().requires_grad_(requires_grad), pair[1].clone()


def assert_same_gradient(found, expected):
    """Equal but for rounding: here once more, at the working resolution, before the terms of a
    voxel are summed, so that it is measured by the largest of them."""
    rounding = 8 * torch.finfo(found.dtype).eps
    np.testing.assert_allclose(
        found.numpy(), expected, rtol=0, atol=rounding * np.abs(expected).max()
    )


# ---------------------------------------------------------------- value and gradient


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("leading", [(), (1,), (3,), (2, 2)])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_is_the_numpy_function(dtype, leading, reduction):
    prediction, target = tensors(*leading, 6, 7, 8, dtype=dtype)
    loss = topological_loss(prediction, target, reduction=reduction, **SMALL)
    loss.backward()
    value, gradient = topoloss_swift.topological_loss_and_gradient(
        prediction.detach().numpy(), target.numpy(), reduction=reduction, **SMALL
    )
    assert loss.shape == () and loss.dtype == prediction.grad.dtype == dtype
    # The mean is taken of values rounded to the type here, and before rounding there.
    np.testing.assert_allclose(loss.item(), value, rtol=8 * torch.finfo(dtype).eps, atol=0)
    assert_same_gradient(prediction.grad, gradient)


def test_none_gives_each_volume_its_own_factor():
    prediction, target = tensors(2, 3, 6, 6, 6, dtype=torch.float64)
    values = topological_loss(prediction, target, reduction="none", **SMALL)
    assert values.shape == (2, 3)
    factors = torch.arange(6.0, dtype=torch.float64).reshape(2, 3)
    (gradient,) = torch.autograd.grad(values, prediction, factors)
    expected, each = topoloss_swift.topological_loss_and_gradient(
        prediction.detach().numpy(), target.numpy(), reduction="none", **SMALL
    )
    np.testing.assert_array_equal(values.detach().numpy(), expected)
    assert_same_gradient(gradient, each * factors.numpy()[..., None, None, None])


@pytest.mark.parametrize("options", [
    {"resolution": None, "dimensions": (0, 1, 2)},
    {"resolution": 3, "dimensions": (0, 1, 2)},
    {"resolution": (2, None, 3), "dimensions": (1, 2), "weights": (0.5, 2.0)},
    {"resolution": None, "dimensions": (0, 2), "dimension_reduction": "root", "order": 3},
    {"resolution": None, "dimensions": (0, 1), "filtration": "sublevel", "construction": "V",
     "total_persistence": False},
    {"resolution": 4, "dimensions": (0, 1), "spatial_dims": 2, "order": 1},
])  # fmt: skip
def test_gradcheck(options):
    shape = (4, 5, 4) if options.get("spatial_dims", 3) == 3 else (3, 6, 5)
    prediction, target = tensors(*shape, seed=5, dtype=torch.float64)
    target.requires_grad_()
    # Noise has no ties: voxels differ by far more than the step of 1e-6, so pairs stay the same.
    assert torch.autograd.gradcheck(
        lambda p, t: topological_loss(p, t, **options), (prediction, target)
    )


def test_a_target_that_needs_no_gradient_gets_none():
    prediction, target = tensors(6, 6, 6)
    topological_loss(prediction, target).backward()
    assert target.grad is None
    target.requires_grad_()
    topological_loss(prediction.detach(), target, dimensions=(0,)).backward()
    assert target.grad.abs().sum() > 0


def test_identical_volumes_have_loss_0_and_gradient_0():
    prediction, _ = tensors(2, 6, 6, 6)
    loss = topological_loss(
        prediction, prediction.detach(), total_persistence=False, dimensions=(0, 1, 2)
    )
    loss.backward()
    assert loss.item() == 0 and torch.equal(prediction.grad, torch.zeros_like(prediction))


@pytest.mark.parametrize("view", [
    lambda t: t.permute(2, 0, 1), lambda t: t[::2, 1:, ::3], lambda t: t.flip(0),
    lambda t: t[:1].expand(6, -1, -1),
], ids=["permuted", "sliced", "flipped", "expanded"])  # fmt: skip
def test_strides(view):
    base, target = tensors(6, 7, 8)
    loss = topological_loss(view(base), view(target), **SMALL)
    loss.backward()
    (in_order,) = torch.autograd.grad(
        view(base), base, topological_gradient(view(base), view(target))
    )
    copied = topological_loss(view(base).contiguous(), view(target).contiguous(), **SMALL)
    assert torch.equal(loss, copied) and torch.equal(base.grad, in_order)


def topological_gradient(prediction, target):
    copy = prediction.detach().clone().requires_grad_()
    topological_loss(copy, target, **SMALL).backward()
    return copy.grad


def test_without_gradients_the_same_value():
    prediction, target = tensors(2, 6, 6, 6)
    with torch.no_grad():
        plain = topological_loss(prediction, target, **SMALL)
    loss = topological_loss(prediction, target, **SMALL)
    assert torch.equal(plain, loss) and loss.requires_grad and not plain.requires_grad


def test_second_derivatives_are_refused():
    prediction, target = tensors(6, 6, 6)
    diagrams = topoloss_swift.target_diagrams(target.numpy(), **SMALL)
    for truth in (target, diagrams):
        loss = topological_loss(prediction, truth, **SMALL)
        with pytest.raises(RuntimeError, match="first derivatives only"):
            torch.autograd.grad(loss, prediction, create_graph=True)


# ---------------------------------------------------------------- types


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_computed_in_float32(dtype):
    prediction, target = tensors(2, 6, 6, 6, dtype=dtype)
    loss = topological_loss(prediction, target, **SMALL)
    loss.backward()
    single = prediction.detach().float().requires_grad_()
    expected = topological_loss(single, target.float(), **SMALL)
    expected.backward()
    assert loss.dtype == torch.float32 and torch.equal(loss, expected)
    assert torch.equal(prediction.grad, single.grad.to(dtype))


def test_autocast_changes_nothing_inside():
    prediction, target = tensors(1, 1, 6, 6, 6)
    layer = torch.nn.Conv3d(1, 1, 3, padding=1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = layer(prediction)
        loss = topological_loss(output, target, **SMALL)
        single = topological_loss(prediction, target, **SMALL)
    loss.backward()
    assert output.dtype == torch.bfloat16 and loss.dtype == torch.float32
    assert torch.equal(loss, topological_loss(output.float(), target, **SMALL))
    assert torch.equal(single, topological_loss(prediction, target, **SMALL))
    assert torch.isfinite(layer.weight.grad).all() and layer.weight.grad.abs().sum() > 0


@pytest.mark.parametrize(
    "dtype", [torch.bool, torch.uint8, torch.int64, torch.float64, torch.bfloat16]
)
def test_targets_of_other_types(dtype):
    prediction, target = tensors(6, 6, 6)
    target = (target > 0.5).to(dtype)
    loss = topological_loss(prediction, target, **SMALL)
    assert torch.equal(loss, topological_loss(prediction, target.float(), **SMALL))


@pytest.mark.parametrize("error, change", [
    (TypeError, {"prediction": torch.ones(3, 3, 3, dtype=torch.int32)}),
    (TypeError, {"prediction": np.ones((3, 3, 3))}),
    (TypeError, {"prediction": torch.ones(3, 3, 3, dtype=torch.complex64)}),
    (TypeError, {"target": torch.ones(3, 3, 3, dtype=torch.complex64)}),
    (TypeError, {"target": np.ones((3, 3, 3))}),
    (ValueError, {"target": torch.ones(3, 3, 4)}),
    (ValueError, {"prediction": torch.ones(3, 3), "target": torch.ones(3, 3)}),
    (ValueError, {"prediction": torch.ones(0, 3, 3), "target": torch.ones(0, 3, 3)}),
    (ValueError, {"prediction": torch.full((3, 3, 3), float("nan"))}),
    (ValueError, {"target": torch.full((3, 3, 3), float("inf"))}),
    (ValueError, {"dimensions": (2,), "spatial_dims": 2}),
    (ValueError, {"dimensions": ()}),
    (ValueError, {"order": 0.5}),
    (ValueError, {"reduction": "average"}),
    (ValueError, {"resolution": 0}),
    (TypeError, {"resolution": 3.0}),
    (ValueError, {"filtration": "sublevels"}),
])  # fmt: skip
def test_errors(error, change):
    arguments = {"prediction": torch.ones(3, 3, 3), "target": torch.ones(3, 3, 3)} | change
    with pytest.raises(error):
        topological_loss(**arguments)


# ---------------------------------------------------------------- targets as diagrams


def test_diagrams_instead_of_a_target():
    prediction, target = tensors(2, 3, 8, 7, 6)
    diagrams = topoloss_swift.target_diagrams(target.numpy(), **SMALL)
    diagrams = pickle.loads(pickle.dumps(diagrams))
    loss = topological_loss(prediction, diagrams, **SMALL)
    loss.backward()
    from_diagrams = prediction.grad.clone()
    prediction.grad = None
    topological_loss(prediction, target, **SMALL).backward()
    assert torch.equal(loss, topological_loss(prediction, target, **SMALL))
    assert torch.equal(from_diagrams, prediction.grad)
    with torch.no_grad():
        assert torch.equal(loss, topological_loss(prediction, diagrams, **SMALL))


def test_diagrams_and_half_precision():
    prediction, target = tensors(6, 6, 6, dtype=torch.bfloat16)
    topological_loss(
        prediction, topoloss_swift.target_diagrams(target.float().numpy(), **SMALL), **SMALL
    ).backward()
    from_diagrams = prediction.grad.clone()
    prediction.grad = None
    topological_loss(prediction, target, **SMALL).backward()
    assert torch.equal(from_diagrams, prediction.grad)


def test_diagrams_of_another_number_of_volumes():
    prediction, target = tensors(2, 6, 6, 6)
    diagrams = topoloss_swift.target_diagrams(target.numpy(), **SMALL)
    with pytest.raises(ValueError):
        topological_loss(prediction[0], diagrams, **SMALL)


# ---------------------------------------------------------------- the module


def logits_and_classes(channels=3):
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(2, channels, 6, 6, 6, generator=generator)
    return logits, torch.randint(0, channels, (2, 1, 6, 6, 6), generator=generator)


@pytest.mark.parametrize("option, activation", [
    ({"sigmoid": True}, torch.sigmoid),
    ({"softmax": True}, lambda x: torch.softmax(x, 1)),
    ({"other_act": torch.tanh}, torch.tanh),
    ({}, lambda x: x),
])  # fmt: skip
@pytest.mark.parametrize("background", [True, False])
def test_activation_and_channels(option, activation, background):
    logits, classes = logits_and_classes()
    logits.requires_grad_()
    module = TopologicalLoss(
        to_onehot_y=True, include_background=background, reduction="none", **SMALL, **option
    )
    values = module(logits, classes)
    one_hot = torch.nn.functional.one_hot(classes[:, 0], 3).movedim(-1, 1)
    first = 0 if background else 1
    expected = topological_loss(
        activation(logits)[:, first:], one_hot[:, first:], reduction="none", **SMALL
    )
    assert torch.equal(values, expected)
    if not background and not option.get("softmax"):  # softmax mixes the channels
        values.sum().backward()
        assert torch.equal(logits.grad[:, 0], torch.zeros_like(logits[:, 0]))


def test_one_channel_voids_options_with_a_warning():
    logits, _ = logits_and_classes(channels=1)
    target = (logits > 0.3).float()
    module = TopologicalLoss(softmax=True, to_onehot_y=True, include_background=False, **SMALL)
    with pytest.warns(UserWarning) as caught:
        value = module(logits, target)
    assert {str(one.message) for one in caught} == {
        f"one channel only: {name} is ignored"
        for name in ("softmax=True", "to_onehot_y=True", "include_background=False")
    }
    assert torch.equal(value, topological_loss(logits, target, **SMALL))


def test_diagrams_of_the_module_are_those_of_its_channels():
    logits, classes = logits_and_classes()
    module = TopologicalLoss(softmax=True, to_onehot_y=True, include_background=False, **SMALL)
    diagrams = module.target_diagrams(classes, channels=3)
    assert [len(sample) for sample in diagrams] == [2, 2]
    with warnings.catch_warnings(action="error"):
        assert torch.equal(module(logits, diagrams), module(logits, classes))


def test_the_module_checks_its_arguments():
    for error, arguments in (
        (ValueError, {"sigmoid": True, "softmax": True}),
        (ValueError, {"sigmoid": True, "other_act": torch.tanh}),
        (TypeError, {"other_act": "tanh"}),
        (ValueError, {"reduction": "batch"}),
        (ValueError, {"dimensions": (3,)}),
        (TypeError, {"total_persistence": 1}),
    ):
        with pytest.raises(error):
            TopologicalLoss(**arguments)
    logits, classes = logits_and_classes()
    with pytest.raises(ValueError, match="same shape"):
        TopologicalLoss()(logits, classes)
    with pytest.raises(ValueError, match="class numbers"):
        TopologicalLoss(to_onehot_y=True)(logits, logits)
    with pytest.raises(ValueError, match="batch, channel"):
        TopologicalLoss(softmax=True)(logits[0], logits[0])


def test_the_module_can_be_copied_and_has_no_state():
    module = pickle.loads(pickle.dumps(TopologicalLoss(dimensions=(0, 2), resolution=4)))
    prediction, target = tensors(6, 6, 6)
    assert torch.equal(
        module(prediction, target),
        topological_loss(prediction, target, dimensions=(0, 2), resolution=4),
    )
    assert not module.state_dict()
