"""A training that TensorBoard, Weights & Biases or MLflow follow: every epoch is a flat dict of numbers.

    pip install "topoloss-swift[numpy]" tensorboardX
    python log_training.py board && tensorboard --logdir board

Without a folder, or without tensorboardX and PyTorch's own writer, the losses are printed only.
"""

import sys

import numpy as np

from topoloss_swift.shapr import Shapr


def writer(folder):
    """A TensorBoard writer, or None."""
    try:
        from tensorboardX import SummaryWriter
    except ImportError:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            return None
    return SummaryWriter(folder)


rng = np.random.default_rng(0)
images = rng.integers(0, 256, (8, 16, 16), np.uint8)
masks = np.zeros((8, 16, 16), bool)
masks[:, 4:12, 4:12] = True
objects = np.zeros((8, 64, 16, 16), bool)
objects[:, 24:40, 4:12, 4:12] = True

board = writer(sys.argv[1]) if len(sys.argv) > 1 else None


def follow(row):
    losses = {name: value for name, value in row.items() if name.endswith("_loss") and value is not None}
    if board is not None:  # TensorBoard
        for name, value in losses.items():
            board.add_scalar(name, value, row["epoch"])
    # wandb.log(row)                                   # Weights & Biases, after wandb.init()
    # mlflow.log_metrics(losses, step=row["epoch"])    # MLflow
    print(f"epoch {row['epoch']}:", ", ".join(f"{name} {value:.4f}" for name, value in losses.items()))


Shapr(base_filters=2, epochs=4, topological_resolution=8).fit(images, masks, objects, on_epoch=follow)
if board is not None:
    board.close()
print("followed by", "TensorBoard" if board is not None else "print")
