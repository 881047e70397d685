"""The operators behind the loss: what torch.compile, torch.func and meta tensors ask of them."""

import pytest
from optional import optional

torch = optional("torch")

from topoloss_swift.torch import TopologicalLoss, topological_loss  # noqa: E402

OPTIONS = {"resolution": 4, "dimensions": (0, 1, 2)}


def pair(*shape, dtype=torch.float32):
    generator = torch.Generator().manual_seed(3)
    prediction, target = torch.rand(2, *shape, generator=generator, dtype=dtype)
    return prediction.clone(), target.clone()


def operators():
    return torch.ops.topoloss_swift


def loss_arguments(prediction, target, gradients, resolution=(4, 4, 4)):
    """Superlevel, T, all dimensions, extreme, with total persistence, sum, one thread; order 2."""
    options = (0, 0, 7, 2, 1, 0, 1), (2.0, 0.0, 1.0, 1.0, 1.0)
    return (prediction, target, 3, resolution, *options, gradients)


@pytest.mark.parametrize("gradients", [0, 1, 2])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("leading", [(), (2, 1)])
def test_opcheck_of_the_loss(gradients, dtype, leading):
    prediction, target = pair(*leading, 5, 6, 3, dtype=dtype)
    prediction.requires_grad_(gradients > 0)
    target.requires_grad_(gradients > 1)
    torch.library.opcheck(
        operators().topological_loss.default, loss_arguments(prediction, target, gradients)
    )


def test_opcheck_of_the_adjoint():
    gradient, _ = pair(2, 1, 4, 4, 3)
    arguments = gradient, torch.tensor([[2.0], [3.0]]), (5, 6, 3)
    torch.library.opcheck(operators().resample_adjoint.default, arguments)


@pytest.mark.parametrize("backend", ["aot_eager", "inductor"])
def test_compiles_without_a_graph_break(backend):
    module = TopologicalLoss(sigmoid=True, include_background=False, **OPTIONS)
    torch._dynamo.reset()

    @torch.compile(fullgraph=True, backend=backend)
    def step(logits, target):
        return module(logits, target) + topological_loss(logits.sin(), target, weights=(2,))

    logits, target = pair(2, 2, 6, 6, 6)
    gradients = []
    for function in (step, step._torchdynamo_orig_callable):
        leaf = logits.clone().requires_grad_()
        value = function(leaf, target)
        value.backward()
        gradients.append((value.detach(), leaf.grad))
    # The compiler may fuse, and so round, the activation in another way.
    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-5, atol=1e-6)


def test_compiles_for_sizes_that_change():
    torch._dynamo.reset()
    compiled = torch.compile(topological_loss, fullgraph=True, backend="aot_eager", dynamic=True)
    for n in (3, 5, 7, 9):
        prediction, target = pair(n, 6, n + 1, 4)
        leaf, plain = prediction.clone().requires_grad_(), prediction.clone().requires_grad_()
        compiled(leaf, target, **OPTIONS).backward()
        topological_loss(plain, target, **OPTIONS).backward()
        assert torch.equal(leaf.grad, plain.grad)


def test_meta_tensors_have_the_right_shapes():
    prediction, target = (tensor.to("meta") for tensor in pair(2, 3, 6, 5, 20))
    values, gradient, other = operators().topological_loss(
        *loss_arguments(prediction, target, 1, resolution=(0, 4, 16))
    )
    assert values.shape == (2, 3) and gradient.shape == (2, 3, 6, 4, 16) and other.shape == (0,)
    assert {tensor.device.type for tensor in (values, gradient, other)} == {"meta"}
    prediction.requires_grad_()
    topological_loss(prediction, target).backward()
    assert prediction.grad.shape == prediction.shape


def test_checkpointing_computes_the_same_gradient():
    prediction, target = pair(2, 6, 6, 6)
    leaf, plain = prediction.clone().requires_grad_(), prediction.clone().requires_grad_()
    torch.utils.checkpoint.checkpoint(
        lambda p: topological_loss(p, target, **OPTIONS), leaf, use_reentrant=False
    ).backward()
    topological_loss(plain, target, **OPTIONS).backward()
    assert torch.equal(leaf.grad, plain.grad)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_tensors():
    prediction, target = pair(2, 20, 20, 20)
    on_gpu = prediction.cuda().requires_grad_()
    loss = topological_loss(on_gpu, target.cuda())
    loss.backward()
    plain = prediction.clone().requires_grad_()
    topological_loss(plain, target).backward()
    assert loss.is_cuda and on_gpu.grad.is_cuda
    assert torch.equal(on_gpu.grad.cpu(), plain.grad)
