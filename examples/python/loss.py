import numpy as np, topoloss_swift
z, y, x = np.mgrid[-1:1:24j, -1:1:24j, -1:1:24j]
truth = np.exp(-20 * (np.sqrt(x**2 + y**2 + z**2) - 0.6) ** 2)  # a hollow cell: one cavity
prediction = truth + np.random.default_rng(0).normal(0, 0.1, truth.shape)
for step in range(201):
    loss, gradient = topoloss_swift.topological_loss_and_gradient(
        prediction, truth, resolution=None, total_persistence=False)
    if step % 100 == 0:
        cavities = topoloss_swift.persistence_diagrams(prediction, dimensions=(2,))[2].points
        strong = np.sum(cavities[:, 0] - cavities[:, 1] > 0.05)
        print(f"step {step}: loss {loss:.3f}, {strong} cavities, {np.count_nonzero(gradient)} voxels move")
    prediction -= 0.1 * gradient
