"""PyTorch's side of `training.py`: whole epochs, and steps with and without the topological loss.

    training_torch.py FOLDER THREADS

runs in the environment of torch_topological. FOLDER holds what `training_cells.py` wrote; the protocol is in
`network_programs.py`. All cells are in memory before the first epoch.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

import clock
from network_contestants import CHANNELS_LAST, serve, update
from network_torch import Generator, geometric_loss
from reference import loss as topological_loss

BATCH, RATE = 6, 1e-3
WEIGHT, RESOLUTION, DIMENSIONS = 0.1, 16, [2]


def generator(folder, weights, rate):
    """The model and its Adam. The layer that nothing uses keeps weights of its own."""
    model = Generator()
    found = model.load_state_dict(load_file(Path(folder) / f"{weights}.safetensors"), strict=False)
    if found.unexpected_keys or not all(name.startswith("conv10.") for name in found.missing_keys):
        raise SystemExit(f"other weights than the model's: {found}")
    model = model.to(memory_format=CHANNELS_LAST)
    return model, torch.optim.Adam(model.parameters(), lr=rate, fused=True)


def loss(model, x, y, with_topology):
    """The geometric and the weighted topological loss of a batch."""
    logits = model.logits(x)
    prediction = logits.sigmoid()
    topological = torch.zeros(())
    if with_topology:
        topological = WEIGHT * topological_loss(prediction, y, RESOLUTION, DIMENSIONS)
    return geometric_loss(logits, y, prediction), topological


def changed(cell, horizontal, vertical, turn):
    """The paper's augmentation, of an image or a volume: flips, then a quarter turn counter-clockwise."""
    axes = [-1] * horizontal + [-2] * vertical
    cell = cell.flip(axes) if axes else cell
    return cell.rot90(1, (-2, -1)) if turn else cell


class Means:
    """The mean losses over cells; those of a batch are means themselves."""

    def __init__(self):
        self._sums, self._cells = [0.0, 0.0], 0

    def add(self, losses, cells):
        self._sums = [total + cells * loss.item() for total, loss in zip(self._sums, losses, strict=True)]
        self._cells += cells

    def values(self):
        return [total / self._cells for total in self._sums]


def epochs(folder, with_topology, rate=RATE):
    """A function whose every call is the next epoch: training with augmentation, then validation.

    It returns geometric and topological loss in training, then the same in validation.
    """
    cells = load_file(Path(folder) / "cells.safetensors")
    plan = json.loads((Path(folder) / "plan.json").read_text(encoding="utf-8"))
    model, optimiser = generator(folder, "start", rate)
    coming = iter(plan["train"])

    def batches(rows):
        for start in range(0, len(rows), BATCH):
            found = rows[start : start + BATCH]
            x = torch.stack([changed(cells["x"][cell], *changes) for cell, *changes in found])
            y = torch.stack([changed(cells["y"][cell], *changes) for cell, *changes in found])
            yield x.to(memory_format=CHANNELS_LAST), y.to(memory_format=CHANNELS_LAST)

    def run():
        train, validation = Means(), Means()
        model.train()
        for x, y in batches(next(coming)):
            losses = loss(model, x, y, with_topology)
            update(optimiser, sum(losses))
            train.add(losses, len(x))
        model.eval()
        with torch.no_grad():
            for x, y in batches([(cell, 0, 0, 0) for cell in plan["validation"]]):
                validation.add(loss(model, x, y, with_topology), len(x))
        return train.values() + validation.values()

    return run


def shares(folder, weights):
    """Steps without and with the topological loss in turns; the learning rate is 0.

    A call returns three numbers per batch: seconds without, seconds with, and 0, as the loss itself cannot be
    told from the backward pass through it.
    """
    batches = load_file(Path(folder) / "batches.safetensors")
    model, optimiser = generator(folder, weights, 0.0)
    model.train()

    def step(start, with_topology):
        x, y = (batches[name][start : start + BATCH].to(memory_format=CHANNELS_LAST) for name in ("x", "y"))
        return clock.timed(lambda: update(optimiser, sum(loss(model, x, y, with_topology))))[0]

    def run():
        # Half of the batches: a step takes long here, and little noise beside the topological loss.
        starts = range(0, len(batches["x"]), 2 * BATCH)
        return [value for start in starts for value in (step(start, False), step(start, True), 0)]

    return run


CASES = {
    "epoch": lambda folder: epochs(folder, True),
    "epoch without": lambda folder: epochs(folder, False),
    "epoch at rate 0": lambda folder: epochs(folder, True, 0.0),
    "share16-start": lambda folder: shares(folder, "start"),
    "share16-trained": lambda folder: shares(folder, "trained"),
}

if __name__ == "__main__":
    serve(CASES, *sys.argv[1:])
