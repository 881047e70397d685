"""The topological loss for JAX: against the NumPy function, under jit, grad and vmap."""

import os

import numpy as np
import pytest
from optional import optional

os.environ.setdefault("JAX_PLATFORMS", "cpu")
jax = optional("jax")
jnp = jax.numpy

import topoloss_swift  # noqa: E402
from topoloss_swift.jax import topological_loss  # noqa: E402

SMALL = {"resolution": 5, "dimensions": (0, 1, 2)}


def arrays(*shape, dtype=np.float32):
    return np.random.default_rng(4).random((2, *shape)).astype(dtype)


def loss(prediction, target, **options):
    return topological_loss(prediction, target, **(SMALL | options))


def expected(prediction, target, **options):
    return topoloss_swift.topological_loss_and_gradient(prediction, target, **(SMALL | options))


def assert_close(found, wanted):
    """Equal but for roundings in float32, which are relative to the largest of the terms that are
    summed in one voxel."""
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6 * np.abs(wanted).max())


@pytest.mark.parametrize("leading", [(), (1,), (2, 3)])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("wrap", [lambda f: f, jax.jit], ids=["eager", "jit"])
def test_is_the_numpy_function(leading, reduction, wrap):
    prediction, target = arrays(*leading, 6, 7, 8)
    function = wrap(jax.value_and_grad(lambda p, t: loss(p, t, reduction=reduction)))
    value, gradient = function(prediction, target)
    wanted_value, wanted_gradient = expected(prediction, target, reduction=reduction)
    assert value.shape == () and gradient.dtype == jnp.float32
    assert_close(value, wanted_value)
    assert_close(gradient, wanted_gradient)
    assert_close(wrap(lambda p: loss(p, target, reduction=reduction))(prediction), wanted_value)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_vmap_is_a_batch(axis):
    prediction, target = arrays(3, 4, 5, 6)
    moved = np.moveaxis(prediction, 0, axis), np.moveaxis(target, 0, axis)
    values = jax.vmap(loss, in_axes=axis)(*moved)
    assert_close(values, expected(prediction, target, reduction="none")[0])
    gradients = jax.jit(jax.vmap(jax.grad(loss), in_axes=axis, out_axes=axis))(*moved)
    assert_close(np.moveaxis(gradients, axis, 0), expected(prediction, target, reduction="none")[1])


def test_vmap_over_the_prediction_alone_and_of_a_vmap():
    prediction, target = arrays(2, 3, 4, 5, 6)
    values = jax.vmap(loss, in_axes=(0, None))(prediction[0], target[0, 0])
    every = np.broadcast_to(target[0, 0], prediction[0].shape)
    assert_close(values, expected(prediction[0], every, reduction="none")[0])
    values = jax.vmap(jax.vmap(loss))(prediction, target)
    assert_close(values, expected(prediction, target, reduction="none")[0])


def test_none_gives_each_volume_its_own_factor():
    prediction, target = arrays(3, 6, 6, 6)
    factors = np.array([1, -2, 0.5], np.float32)
    gradient = jax.grad(lambda p: loss(p, target, reduction="none") @ factors)(prediction)
    _, each = expected(prediction, target, reduction="none")
    assert_close(gradient, each * factors[:, None, None, None])


def test_target_gradient():
    prediction, target = arrays(2, 6, 6, 6)
    gradients = jax.jit(jax.grad(loss, argnums=(0, 1)))(prediction, target)
    _, first, second = expected(prediction, target, target_gradient=True)
    assert_close(gradients[0], first)
    assert_close(gradients[1], second)
    assert_close(jax.grad(loss, argnums=1)(prediction, target), second)


def test_finite_differences_in_float64():
    with jax.enable_x64(True):
        prediction, target = (jnp.asarray(one) for one in arrays(4, 5, 4, dtype=np.float64))
        gradient = jax.grad(loss)(prediction, target)
        assert gradient.dtype == jnp.float64
        direction = np.random.default_rng(5).standard_normal(prediction.shape)
        ahead, behind = (loss(prediction + step * direction, target) for step in (1e-6, -1e-6))
        # Between the two steps no voxel overtakes another: the loss is smooth there, and central
        # differences err by the square of the step and by the rounding of a quotient.
        assert float(ahead - behind) / 2e-6 == pytest.approx(
            float((gradient * direction).sum()), rel=1e-7
        )


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16])
def test_half_precision_is_computed_in_float32(dtype):
    prediction, target = (jnp.asarray(one, dtype) for one in arrays(6, 6, 6))
    value, gradient = jax.value_and_grad(loss)(prediction, target)
    single = prediction.astype(jnp.float32)
    wanted = jax.value_and_grad(loss)(single, target)
    assert value.dtype == jnp.float32 and gradient.dtype == dtype
    assert value == wanted[0] and (gradient == wanted[1].astype(dtype)).all()


@pytest.mark.parametrize("dtype", [bool, np.int32])
def test_targets_of_other_types(dtype):
    prediction, target = arrays(6, 6, 6)
    target = (target > 0.5).astype(dtype)
    value, gradient = jax.value_and_grad(loss)(prediction, target)
    wanted = jax.value_and_grad(loss)(prediction, target.astype(np.float32))
    assert value == wanted[0] and (gradient == wanted[1]).all()


@pytest.mark.parametrize("wrap", [lambda f: f, jax.jit], ids=["eager", "jit"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("operand", [0, 1])
def test_a_bad_volume_spoils_its_own_value_only(wrap, bad, operand):
    clean = arrays(3, 6, 6, 6)
    operands = clean.copy()
    operands[operand, 1, 2, 3, 4] = bad
    values = wrap(lambda p, t: loss(p, t, reduction="none"))(*operands)
    gradient = wrap(jax.grad(lambda p, t: loss(p, t, reduction="sum")))(*operands)
    assert np.isnan(values[1]) and np.isnan(gradient[1]).all()
    others = [0, 2]
    wanted_values, wanted_gradient = expected(*clean[:, others], reduction="none")
    assert_close(values[jnp.array(others)], wanted_values)
    assert_close(gradient[jnp.array(others)], wanted_gradient)


def test_diagrams_instead_of_a_target():
    prediction, target = arrays(2, 6, 6, 6)
    diagrams = topoloss_swift.target_diagrams(target, **SMALL)
    value, gradient = jax.jit(jax.value_and_grad(lambda p: loss(p, diagrams)))(prediction)
    wanted = expected(prediction, target)
    assert_close(value, wanted[0])
    assert_close(gradient, wanted[1])
    first = jax.vmap(jax.grad(lambda p: loss(p, diagrams[0])))(prediction)
    every = np.broadcast_to(target[0], prediction.shape)
    assert_close(first, expected(prediction, every, reduction="none")[1])


@pytest.mark.parametrize("error, change", [
    (TypeError, {"prediction": np.ones((3, 3, 3), np.int32)}),
    (TypeError, {"target": np.ones((3, 3, 3), np.complex64)}),
    (ValueError, {"target": np.ones((3, 3, 4), np.float32)}),
    (ValueError, {"target": []}),
    (ValueError, {"prediction": np.ones((3, 3), np.float32)}),
    (ValueError, {"prediction": np.ones((0, 3, 3), np.float32)}),
    (ValueError, {"dimensions": (2,), "spatial_dims": 2}),
    (ValueError, {"order": 0.5}),
    (ValueError, {"reduction": "average"}),
    (ValueError, {"resolution": 0}),
])  # fmt: skip
def test_errors_come_before_anything_is_computed(error, change):
    ones = np.ones((3, 3, 3), np.float32)
    arguments = {"prediction": ones, "target": ones} | change
    # (An error inside the callback would be one of JAX's own runtime.)
    with pytest.raises(error):
        jax.jit(lambda: topological_loss(**arguments)).lower()
