"""Trains on NumPy arrays, predicts, evaluates, and goes on where a training was stopped.

The cells are balls with a hole, seen from above; the network is tiny, so that this takes seconds.
For real cells leave the settings as they are: those of the paper.

    pip install "topoloss-swift[numpy]"
"""

import tempfile
from pathlib import Path

import numpy as np

from topoloss_swift.shapr import Shapr, compare

rng = np.random.default_rng(0)
z, y, x = np.ogrid[:64, :16, :16]
objects = np.zeros((16, 64, 16, 16), bool)  # the shapes: n x 64 x h x w
for cell in objects:
    distance = np.sqrt((z - 32) ** 2 + (y - rng.uniform(7, 9)) ** 2 + (x - rng.uniform(7, 9)) ** 2)
    cell[:] = (distance < rng.uniform(5, 7)) & (distance > 2)
masks = objects.any(axis=1)  # where the cells are: n x h x w
images = (255 * objects.mean(axis=1) / objects.mean(axis=1).max()).astype(np.uint8)

settings = {"base_filters": 2, "epochs": 60, "learning_rate": 0.01, "topological_resolution": 8}
fewer = Shapr(settings, epochs=1).fit(images, masks, objects)
model = Shapr(settings).fit(
    images, masks, objects,
    validation=0.25,
    on_epoch=lambda row: row["epoch"] % 10 or print(f"epoch {row['epoch']}: loss {row['train_loss']:.3f}"),
)  # fmt: skip

volumes = model.predict(images, masks)  # probabilities, float32, n x 64 x h x w
scores = model.score(volumes, objects)  # or model.evaluate(images, masks, objects)
print(f"predicted {volumes.shape}, median Dice {np.median(scores['dice']):.2f}")
rows = compare(fewer.evaluate(images, masks, objects), scores, title="balls", format="rows")
print(f"after 1 epoch and after 60: median 1 - IoU {rows[0]['baseline_median']:.2f}, "
      f"{rows[0]['candidate_median']:.2f}, p = {rows[0]['p']:.1g}")  # fmt: skip

with tempfile.TemporaryDirectory() as folder:
    model.save(Path(folder, "model.safetensors"))
    again = Shapr.load(Path(folder, "model.safetensors"))
    print("the same from the file:", np.array_equal(again.predict(images, masks), volumes))

    # A training that is stopped in the middle, here by an exception, goes on to the same bits.
    def stop(row):
        if row["epoch"] == 9:
            raise KeyboardInterrupt

    state = Path(folder, "state.safetensors")
    try:
        Shapr(settings).fit(images, masks, objects, checkpoint=state, on_epoch=stop)
    except KeyboardInterrupt:
        resumed = Shapr(settings).fit(images, masks, objects, checkpoint=state, resume=True)
        print("the same after a break:", np.array_equal(resumed.predict(images, masks), volumes))
