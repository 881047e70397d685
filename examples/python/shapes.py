"""The README's example: made-up cells on arrays, from training to a file; about ten seconds on two cores."""

import numpy as np
from topoloss_swift.shapr import Shapr

rng = np.random.default_rng(0)
z, y, x = np.ogrid[-1:1:64j, -1:1:32j, -1:1:32j]

def made_up_cell():                                              # a disc with a dimple, like a red blood cell
    radius = np.hypot(y - rng.uniform(-0.1, 0.1), x - rng.uniform(-0.1, 0.1)) / rng.uniform(0.5, 0.8)
    dimple = 1 - rng.uniform(0.3, 0.9) * np.exp(-6 * radius**2)
    return np.abs(z) < rng.uniform(0.15, 0.7) * dimple * np.sqrt(np.clip(1 - radius**2, 0, 1))

objects = np.stack([made_up_cell() for _ in range(32)])          # the shapes: bool, (n, 64, h, w)
masks = objects.any(axis=1)                                      # where the cells are: bool, (n, h, w)
images = objects.mean(axis=1) + rng.normal(0, 0.02, masks.shape) # thick is bright
images = np.clip(images, 0, 1).astype(np.float32)                # 0 black, 1 white; or uint8, uint16
known, new = slice(0, 24), slice(24, 32)

model = Shapr(epochs=50).fit(                                    # a quarter of the cells chooses the best weights
    images[known], masks[known], objects[known],
    on_epoch=lambda row: row["epoch"] % 16 or print(f"epoch {row['epoch']}: loss {row['train_loss']:.2f}"))

volumes = model.predict(images[new], masks[new])                 # probabilities, float32, (n, 64, h, w)
thickness = objects[known].sum() / masks[known].sum()            # to beat: every mask extruded, equally thick
extruded = masks[new][:, None] & (np.abs(z) < thickness / 64)
for name, guess in ("extruded masks", extruded), ("the network", volumes):
    print(f"{name}: median 1 - IoU {np.median(model.score(guess, objects[new])['iou_error']):.2f}")

model.save("model.safetensors")
again = Shapr.load("model.safetensors").predict(images[new], masks[new])
print(volumes.shape, volumes.dtype, "the same from the file:", np.array_equal(again, volumes))
