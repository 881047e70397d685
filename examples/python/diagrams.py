"""The README's example: a hollow ring has one component, two tunnels and one cavity."""

import numpy as np, topoloss_swift
z, y, x = np.mgrid[-1:1:32j, -1:1:32j, -1:1:32j]
tube = np.hypot(np.hypot(x, y) - 0.6, z)  # distance to a circle; below, a bright skin around it
volume = np.round((4 + 1.3 * x) * np.exp(-40 * (tube - 0.3) ** 2))
for d in topoloss_swift.persistence_diagrams(volume): print(d.dimension, d.points.tolist(), d.voxels.tolist())
