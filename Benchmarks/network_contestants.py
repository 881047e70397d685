"""PyTorch's side of `network.py`: a program that trains and predicts when asked, and keeps its own time.

    network_contestants.py FOLDER THREADS

FOLDER holds what `network_inputs.py` wrote. The protocol is in `network_programs.py`.
"""

import json
import os
import sys
from functools import partial
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch.nn.functional import binary_cross_entropy
from torch.nn.utils.fusion import fuse_conv_bn_eval

import clock
from network_torch import Block, Discriminator, Generator, geometric_loss, reference_loss

DEFAULT, CHANNELS_LAST = torch.contiguous_format, torch.channels_last_3d


class Inputs:
    """The batch and models with the given weights, all in one memory layout."""

    def __init__(self, folder, layout):
        self._folder, self._layout = Path(folder), layout
        batch = load_file(self._folder / "batch.safetensors")
        self.x, self.y = (batch[name].to(memory_format=layout) for name in ("x", "y"))

    def generator(self):
        return self._loaded(Generator(), "generator")

    def discriminator(self):
        return self._loaded(Discriminator(), "discriminator")

    def _loaded(self, model, name):
        model.load_state_dict(load_file(self._folder / f"{name}.safetensors"))
        return model.to(memory_format=self._layout)


def update(optimiser, loss, keeps_graph=False):
    """Backward, to the weights of this optimiser only, and one step of Adam."""
    optimiser.zero_grad(set_to_none=True)
    loss.backward(inputs=optimiser.param_groups[0]["params"], retain_graph=keeps_graph)
    optimiser.step()


def training_step(inputs, bfloat16=False, compiled=False):
    """Forward, (2 Dice + BCE) / 2 from logits, backward, Adam."""
    model = inputs.generator()
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    forward = torch.compile(model.logits) if compiled else model.logits

    def run():
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bfloat16):
            logits = forward(inputs.x)
        loss = geometric_loss(logits.float(), inputs.y)
        update(optimiser, loss)
        return [loss.item()]

    return run


def reference_step(inputs):
    """A training step with the reference's own loss: swapped BCE, and its masks."""
    model = inputs.generator()
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)

    def run():
        loss = reference_loss(model(inputs.x), inputs.y, masks=True)
        update(optimiser, loss)
        return [loss.item()]

    return run


def real(verdict):
    """The loss of a discriminator's verdict that should be "real"."""
    return binary_cross_entropy(verdict, torch.ones_like(verdict))


def fake(verdict):
    return binary_cross_entropy(verdict, torch.zeros_like(verdict))


def adversarial_step(inputs):
    """One generator forward; the discriminator sees probabilities and its gradient reaches the generator.

    Its verdicts on them serve both updates.
    """
    generator, discriminator = inputs.generator(), inputs.discriminator()
    adam = partial(torch.optim.Adam, lr=1e-4, betas=(0.5, 0.999), fused=True)
    for_generator, for_discriminator = adam(generator.parameters()), adam(discriminator.parameters())

    def run():
        logits = generator.logits(inputs.x)
        prediction = logits.sigmoid()
        verdict = discriminator(prediction)
        loss = (10 * geometric_loss(logits, inputs.y) + real(verdict)) / 11
        update(for_generator, loss, keeps_graph=True)
        verdicts = (real(discriminator(inputs.y)) + fake(verdict)) / 2
        update(for_discriminator, verdicts)
        return [loss.item(), verdicts.item()]

    return run


def reference_adversarial_step(inputs):
    """What the reference computes, without its masks: four generator forwards, all in training mode.

    The discriminator sees thresholded volumes, so nothing of it reaches the generator. The third
    forward is the one that the topological loss, left out here, would use. While one of the two
    models learns, the other's weights need no gradient, as the reference's trainer arranges.
    """
    generator, discriminator = inputs.generator(), inputs.discriminator()
    for_generator = torch.optim.Adam(generator.parameters(), lr=1e-3)
    for_discriminator = torch.optim.Adam(discriminator.parameters(), lr=5e-7)

    def thresholded():
        return (generator(inputs.x) > 0.5).float()

    def run():
        generator.requires_grad_(True)
        discriminator.requires_grad_(False)
        supervised = reference_loss(generator(inputs.x), inputs.y, masks=False)
        loss = (10 * supervised + real(discriminator(thresholded()))) / 11
        generator(inputs.x)
        update(for_generator, loss)
        generator.requires_grad_(False)
        discriminator.requires_grad_(True)
        verdicts = (real(discriminator(inputs.y)) + fake(discriminator(thresholded()))) / 2
        update(for_discriminator, verdicts)
        return [loss.item(), verdicts.item()]

    return run


def inference(inputs, batch, folded=False):
    """Predictions of the first `batch` samples with running statistics, folded into weights or not."""
    model = inputs.generator().eval()
    if folded:
        for block in model.modules():
            if isinstance(block, Block):
                one, norm, relu, other, second_norm, _ = block.encoderblock
                pairs = fuse_conv_bn_eval(one, norm), relu, fuse_conv_bn_eval(other, second_norm), relu
                block.encoderblock = torch.nn.Sequential(*pairs)
    x = inputs.x[:batch]

    def run():
        with torch.inference_mode():
            return model(x)

    return run


def values(result):
    """Losses as they are; mean and mean square of a prediction."""
    return result if isinstance(result, list) else [result.mean().item(), result.square().mean().item()]


CASES = {
    "step channels_last": lambda folder: training_step(Inputs(folder, CHANNELS_LAST)),
    "step bfloat16": lambda folder: training_step(Inputs(folder, CHANNELS_LAST), bfloat16=True),
    "step compiled": lambda folder: training_step(Inputs(folder, CHANNELS_LAST), compiled=True),
    "step default": lambda folder: training_step(Inputs(folder, DEFAULT)),
    "step masks": lambda folder: reference_step(Inputs(folder, DEFAULT)),
    "adversarial channels_last": lambda folder: adversarial_step(Inputs(folder, CHANNELS_LAST)),
    "adversarial reference": lambda folder: reference_adversarial_step(Inputs(folder, DEFAULT)),
    "inference6 channels_last": lambda folder: inference(Inputs(folder, CHANNELS_LAST), 6),
    "inference6 folded": lambda folder: inference(Inputs(folder, CHANNELS_LAST), 6, folded=True),
    "inference6 default": lambda folder: inference(Inputs(folder, DEFAULT), 6),
    "inference1 channels_last": lambda folder: inference(Inputs(folder, CHANNELS_LAST), 1),
    "inference1 folded": lambda folder: inference(Inputs(folder, CHANNELS_LAST), 1, folded=True),
    "inference1 default": lambda folder: inference(Inputs(folder, DEFAULT), 1),
}


def serve(cases, folder, threads):
    """Answers orders for these cases, functions of the folder, until there are no more."""
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints goes to standard error
    torch.set_num_threads(int(threads))
    torch.set_flush_denormal(True)
    runs = {}
    print(json.dumps(f"torch {torch.__version__}"), file=replies, flush=True)
    for line in sys.stdin:
        case, count = line.rsplit(maxsplit=1)
        if case not in runs:
            runs[case] = cases[case](folder)
        first, result = clock.timed(runs[case])
        reply = {"seconds": [first], "values": values(result)}
        reply["seconds"] += [clock.timed(runs[case])[0] for _ in range(1, int(count))]
        print(json.dumps(reply), file=replies, flush=True)


if __name__ == "__main__":
    serve(CASES, *sys.argv[1:])
