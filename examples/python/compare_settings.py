"""Two settings, cross-validated on the same folds and compared as the paper compares: cell by cell.

The cells are small made-up balls and the network is tiny, so that this takes seconds. With your arrays and without
`small` these are the paper's experiments: the same network without and with the topological loss.
"""

import numpy as np

from topoloss_swift.shapr import Shapr, compare, cross_validate

rng = np.random.default_rng(0)
z, y, x = np.ogrid[:64, :16, :16]
objects = np.zeros((15, 64, 16, 16), bool)
for cell in objects:
    distance = np.sqrt((z - 32) ** 2 + (y - rng.uniform(7, 9)) ** 2 + (x - rng.uniform(7, 9)) ** 2)
    cell[:] = (distance < rng.uniform(5, 7)) & (distance > 2)  # hollow
masks = objects.any(axis=1)
images = (255 * objects.mean(axis=1) / objects.mean(axis=1).max()).astype(np.uint8)

small = {"base_filters": 2, "epochs": 60, "learning_rate": 0.01, "topological_resolution": 8, "folds": 3}
models: list[Shapr] = []
without = cross_validate(images, masks, objects, settings=small, topological_weight=0)
with_it = cross_validate(images, masks, objects, settings=small, topological_weight=0.1,
                         on_fold=lambda fold, model: models.append(model))  # fmt: skip

print("every cell is tested on once, in fold", with_it["fold"].tolist())
table = compare(without, with_it, title="hollow balls")
print(table.split("\n\n")[0])  # the paper's table; intervals, effect sizes and classes come after it
rows = compare(without, with_it, format="rows")  # the same for programs; "csv" and "markdown" for papers
print(f"{len(models)} networks; {rows[0]['error']}: median {rows[0]['baseline_median']:.2f} without, "
      f"{rows[0]['candidate_median']:.2f} with, p = {rows[0]['p']:.2g}")  # fmt: skip
