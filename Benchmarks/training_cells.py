"""The real cells in memory, and what `shapr train` does with them: what the contestants of `training.py` share."""

import json
import subprocess
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

import inputs
import network_programs as programs

DATA = inputs.CELLS.parent
SPLIT = DATA / "split.json"
SHAPR = Path(__file__).resolve().parents[1] / ".build-shapr" / "release" / "shapr"
BATCH = 6
EPOCHS = 12  # of which it is written down which cells come when
TRAINED_EPOCHS = 5  # after which predictions are called trained


def cell(name):
    """What the network sees, ``(2, 1, 64, 64)``, and the object, ``(1, 64, 64, 64)``, float32 in 0 ... 1."""
    mask, image, volume = (inputs.read_stack(DATA / kind / name) for kind in ("mask", "image", "obj"))
    return np.stack([mask, image * mask]), volume[np.newaxis]


def train(folder, *settings):
    """The command that trains in a folder; seed 0, which the plan is for."""
    command = [SHAPR, "train", "--data", DATA, "--split", SPLIT, "--output", folder, "--seeds", "0", *settings]
    return list(map(str, command))


def save_weights(run, path):
    """The generator of a run's newest checkpoint, under the published network's names."""
    newest = max((Path(run) / "fold-0" / "checkpoints").glob("ckpt-*.safetensors"))
    with safe_open(newest, "numpy") as file:
        names = [name for name in file.keys() if not name.startswith(("adam.", "best."))]
        save_file({name: file.get_tensor(name) for name in names}, path)


def write(folder):
    """Writes what all start from into a folder.

    ``cells.safetensors``: all cells in the order of their names, ``x`` and ``y``, and the indices to train on.
    ``plan.json``: by epoch, the cells to train on as index, horizontal flip, vertical flip, quarter turn; and
    the indices to validate on. ``start.safetensors`` and ``trained.safetensors``: the generator before and
    after some epochs of `shapr train`. ``batches.safetensors``: full batches to compare single steps on.
    """
    folder = Path(folder)
    names = [path.name for path in inputs.cells_at_hand()]
    split = {part: [names.index(name) for name in listed] for part, listed in json.loads(SPLIT.read_text()).items()}
    x, y = map(np.stack, zip(*map(cell, names), strict=True))
    listed = np.array(split["train"], np.float32).reshape(1, 1, 1, 1, -1)
    save_file({"x": x, "y": y, "train": listed}, folder / "cells.safetensors")

    program = programs.Program(programs.OURS, folder, 1)
    plans = [np.array(program.run("plan").result, int).reshape(-1, 4) for _ in range(EPOCHS)]
    program.close()
    plan = {"train": [plan.tolist() for plan in plans], "validation": split["val"]}
    (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")

    full = plans[0][: len(plans[0]) // BATCH * BATCH, 0]
    save_file({"x": x[full], "y": y[full]}, folder / "batches.safetensors")
    for name, epochs in (("start", 0), ("trained", TRAINED_EPOCHS)):
        command = train(folder / name, "--epochs", str(epochs))
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        save_weights(folder / name, folder / f"{name}.safetensors")
