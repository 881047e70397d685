"""Random diagrams of several kinds, and the definitions of the distances written out plainly."""

import numpy as np
from scipy import optimize

KINDS = ("noise", "ties", "copies", "superlevel", "near the diagonal", "far away", "on the diagonal")


def diagram(rng, count, kind="noise"):
    """`count` points as births and deaths, shape (count, 2)."""
    births = rng.random(count)
    deaths = births + rng.random(count)
    if kind == "ties":  # few coordinates, so many points are equally far from one another
        births, deaths = rng.integers(0, 4, count), rng.integers(4, 8, count)
    elif kind == "copies" and count > 0:
        chosen = rng.integers(0, max(1, count // 5), count)
        births, deaths = births[chosen], deaths[chosen]
    elif kind == "superlevel":
        births, deaths = deaths, births
    elif kind == "near the diagonal":
        deaths = births + rng.exponential(0.01, count)
    elif kind == "far away":
        births, deaths = births + 1e6, deaths + 1e6
    elif kind == "on the diagonal":
        deaths = np.where(rng.random(count) < 0.3, births, deaths)
    return np.column_stack([births, deaths]).astype(float)


def costs(a, b, order, ground_norm="maximum"):
    """(cost of every pair, cost of the diagonal for each of a, the same of b), all norm ** order."""
    moves = np.abs(a[:, None, :] - b[None, :, :])
    if ground_norm == "maximum":
        pairs, scale = moves.max(2), 2
    else:
        pairs, scale = np.sqrt((moves**2).sum(2)), np.sqrt(2)
    to_diagonal = [np.abs(points[:, 1] - points[:, 0]) / scale for points in (a, b)]
    return pairs**order, to_diagonal[0] ** order, to_diagonal[1] ** order


def square_matrix(a, b, order, ground_norm="maximum"):
    """The (n + m) x (n + m) assignment: every point has a place of its own on the diagonal."""
    pairs, of_a, of_b = costs(a, b, order, ground_norm)
    n, m = len(a), len(b)
    matrix = np.zeros((n + m, n + m))
    matrix[:n, :m] = pairs
    matrix[:n, m:] = of_a[:, None]
    matrix[n:, :m] = of_b[None, :]
    return matrix


def wasserstein(a, b, order=2, ground_norm="maximum"):
    """The distance as scipy's assignment of the whole matrix gives it; finite points only."""
    matrix = square_matrix(a, b, order, ground_norm)
    return matrix[optimize.linear_sum_assignment(matrix)].sum() ** (1 / order)


def bottleneck(a, b, ground_norm="maximum"):
    """The lowest of all costs at which the points up to that cost can be matched perfectly."""
    matrix = square_matrix(a, b, 1, ground_norm)
    levels = np.unique(np.append(matrix, 0))
    low, high = 0, len(levels) - 1
    while low < high:
        middle = (low + high) // 2
        too_long = (matrix > levels[middle]).astype(float)
        if too_long[optimize.linear_sum_assignment(too_long)].sum() == 0:
            high = middle
        else:
            low = middle + 1
    return levels[low]


def check_matching(certificate, a, b, order, ground_norm="maximum"):
    """Whether the matching is one, and costs what the distance says; finite points only."""
    rows = certificate.matching
    pairs, of_a, of_b = costs(a, b, order, ground_norm)
    here, there = rows[rows[:, 0] >= 0], rows[rows[:, 0] < 0]
    both = here[here[:, 1] >= 0]
    counting_a = np.flatnonzero(a[:, 0] != a[:, 1])
    counting_b = np.flatnonzero(b[:, 0] != b[:, 1])
    total = pairs[both[:, 0], both[:, 1]].sum()
    total += of_a[here[here[:, 1] < 0, 0]].sum() + of_b[there[:, 1]].sum()
    return (
        np.array_equal(here[:, 0], counting_a)  # each point of a once, in order
        and np.array_equal(np.sort(np.append(both[:, 1], there[:, 1])), counting_b)
        and np.array_equal(there[:, 1], np.sort(there[:, 1]))
        and np.all(there[:, 0] == -1)
        and abs(total - certificate.distance**order) <= 1e-9 * max(1, total)
    )


def check_certificate(certificate, a, b, order, ground_norm="maximum"):
    """(whether the potentials prove the distance optimal, gap / max(1, cost)), rows in blocks."""
    u, v = certificate.potentials_a, certificate.potentials_b
    cost = certificate.distance**order
    feasible = True
    # Sums of doubles of the size of the costs: what rounding may take away from feasibility.
    for start in range(0, max(len(a), 1), 512):
        part = slice(start, start + 512)
        pairs, of_a, of_b = costs(a[part], b, order, ground_norm)
        slack = 1e-12 * max(1, of_a.max(initial=0), of_b.max(initial=0))
        feasible &= bool(np.all(u[part] <= of_a + slack) and np.all(v <= of_b + slack))
        feasible &= bool(np.all(u[part, None] + v[None, :] <= pairs + slack))
    gap = abs(u.sum() + v.sum() - cost) / max(1, cost)
    return feasible and gap <= 1e-9, gap
