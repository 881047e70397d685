"""The topological loss and its gradient written out plainly, with NumPy and scipy, in float64."""

import numpy as np
import transport
from scipy import optimize

from topoloss_swift import persistence_diagrams


def interpolation(full, size):
    """The (size, full) matrix of linear interpolation with aligned corners along one axis."""
    matrix = np.zeros((size, full))
    for i in range(size):
        place = i * (full - 1) / (size - 1) if size > 1 else 0.0
        low = min(int(place), max(full - 2, 0))
        matrix[i, low] += 1 - (place - low)
        if full > 1:
            matrix[i, low + 1] += place - low
    return matrix


def along_axes(matrices, values):
    """Each matrix applied along its axis."""
    for axis, matrix in enumerate(matrices):
        values = np.moveaxis(np.tensordot(matrix, values, (1, axis)), 0, axis)
    return values


def matrices_for(shape, resolution):
    if resolution is None or isinstance(resolution, int):
        resolution = [resolution] * len(shape)
    sizes = [full if size is None else min(size, full) for full, size in zip(shape, resolution)]
    return [interpolation(full, size) for full, size in zip(shape, sizes)]


def points_of(diagram, essential_classes, minimum):
    """(finite points, their voxels, births of essential classes, their voxels)."""
    points, voxels = diagram.points.copy(), diagram.voxels.copy()
    endless = voxels[:, 1] == -1
    if essential_classes == "extreme" and endless.any():
        points[endless, 1], voxels[endless, 1] = diagram.last_value, diagram.last_voxel
        endless[:] = False
    births, creators = points[endless, 0], voxels[endless, 0]
    if essential_classes == "ignored":
        births, creators = births[:0], creators[:0]
    persistence = np.abs(points[:, 0] - points[:, 1])
    finite = ~endless & (persistence > 0) & (persistence >= minimum)
    pruned = persistence[~endless & (persistence > 0) & (persistence < minimum)]
    return points[finite], voxels[finite], births, creators, pruned


def slopes_of_move(moves, order):
    """Gradient of max(|x|, |y|) ** order / order with respect to (x, y); ties are halved."""
    size = np.abs(moves)
    largest = size == size.max(1, keepdims=True)
    share = largest / largest.sum(1, keepdims=True)
    return share * size ** (order - 1) * np.sign(moves)


class Term:
    """One dimension of one volume: W ** p, Pers and their gradients at the working voxels."""

    def __init__(self, prediction, target, shape, order, essential_classes, minimum):
        a, self.a_voxels, a_births, a_creators, a_pruned = points_of(prediction, essential_classes, minimum)
        b, self.b_voxels, b_births, b_creators, b_pruned = points_of(target, essential_classes, minimum)
        self.shape, n, m = shape, len(a), len(b)
        matrix = transport.square_matrix(a, b, order)
        rows, columns = optimize.linear_sum_assignment(matrix)
        self.power = matrix[rows, columns].sum()
        self.slopes = [np.zeros_like(a), np.zeros_like(b)]  # of W ** p / p
        both = (rows < n) & (columns < m)
        i, j = rows[both], columns[both]
        self.slopes[0][i] = slopes_of_move(a[i] - b[j], order)
        self.slopes[1][j] = -self.slopes[0][i]
        for points, slopes, alone in (
            (a, self.slopes[0], rows[(rows < n) & (columns >= m)]),
            (b, self.slopes[1], columns[(rows >= n) & (columns < m)]),
        ):
            length = points[alone, 0] - points[alone, 1]
            half = (np.abs(length) / 2) ** (order - 1) * np.sign(length) / 2
            slopes[alone] = np.column_stack([half, -half])
        # Essential classes, matched in the order of their births.
        one, other = np.argsort(a_births), np.argsort(b_births)
        moves = a_births[one] - b_births[other]
        self.power += (np.abs(moves) ** order).sum()
        self.essential = (a_creators[one], b_creators[other], np.abs(moves) ** (order - 1) * np.sign(moves))
        length = a[:, 0] - a[:, 1]
        self.persistence = (np.abs(length) ** order).sum()
        grow = order * np.abs(length) ** (order - 1) * np.sign(length)
        self.persistence_slopes = np.column_stack([grow, -grow])
        self.distance = self.power ** (1 / order)
        self.bound = sum(((pruned / 2) ** order).sum() ** (1 / order) for pruned in (a_pruned, b_pruned))

    def scatter(self, voxels, slopes):
        gradient = np.zeros(self.shape)
        np.add.at(gradient.reshape(-1), voxels.reshape(-1), slopes.reshape(-1))
        return gradient

    def distance_gradient(self, which):
        """Gradient of W ** p / p with respect to the prediction (0) or the target (1)."""
        gradient = self.scatter((self.a_voxels, self.b_voxels)[which], self.slopes[which])
        return gradient + self.scatter(self.essential[which], (1, -1)[which] * self.essential[2])

    def persistence_gradient(self):
        return self.scatter(self.a_voxels, self.persistence_slopes)


def loss(
    prediction, target, *, resolution=16, dimensions=(2,), order=2, total_persistence=True,
    filtration="superlevel", construction="T", essential_classes="extreme", weights=None,
    minimum_persistence=0.0, dimension_reduction="sum",
):  # fmt: skip
    """(value, gradient, gradient of the target, terms) of one volume."""
    matrices = matrices_for(prediction.shape, resolution)
    small = [along_axes(matrices, np.asarray(volume, float)) for volume in (prediction, target)]
    options = {"filtration": filtration, "construction": construction, "dimensions": dimensions}
    one, other = (persistence_diagrams(volume, **options) for volume in small)
    weights = dict(zip(dimensions, weights or [1.0] * len(dimensions)))
    terms = {
        k: Term(one[k], other[k], small[0].shape, order, essential_classes, minimum_persistence)
        for k in sorted(dimensions)
    }
    value, gradients = 0.0, [np.zeros_like(small[0]), np.zeros_like(small[0])]
    root = sum(weights[k] * term.power for k, term in terms.items()) ** (1 / order)
    if dimension_reduction == "root":
        value += root
    for k, term in terms.items():
        share, whole = 1.0, root
        if dimension_reduction == "sum":
            value += weights[k] * term.distance
            whole = term.distance
        else:
            share = 1 / len(terms)
        for which in (0, 1):
            if whole > 0:
                gradients[which] += weights[k] * whole ** (1 - order) * term.distance_gradient(which)
        if total_persistence:
            value += share * weights[k] * term.persistence
            gradients[0] += share * weights[k] * term.persistence_gradient()
    transposed = [matrix.T for matrix in matrices]
    return value, *(along_axes(transposed, gradient) for gradient in gradients), terms
