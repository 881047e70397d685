"""The surface of a volume: Otsu's threshold, and a closed mesh by marching cubes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.filters import threshold_otsu
from skimage.measure import marching_cubes

from .volumes import Floats


@dataclass(frozen=True)
class Mesh:
    """Triangles.

    Attributes
    ----------
    vertices : float32 array of shape (n, 3)
        x, y, z: voxels, or the unit of the spacing.
    faces : int array of shape (m, 3)
        Counter-clockwise seen from outside.
    normals : float32 array of shape (n, 3)
        They point outwards.
    """

    vertices: Floats
    faces: NDArray[np.int32]
    normals: Floats


def threshold(volume: Floats) -> float:
    """Otsu's threshold of a volume; what is above it is object.

    Taken as `shapr` does it for its scores, of the volume divided by its largest value, and then
    moved between its voxels.
    """
    largest = volume.max()
    if not largest > 0 or volume.min() == largest:
        return float(largest)
    return between(volume, float(threshold_otsu(volume / largest) * largest))


def between(volume: Floats, level: float) -> float:
    """The level that parts the same voxels and lies halfway between the values below and above.

    So the surface of a volume of zeros and ones runs halfway between its voxels, whatever the level
    was, and never through the middle of one, where it could touch itself. A level that nothing is above is
    returned as it is.
    """
    is_above = volume > level
    if not is_above.any():
        return level
    below = 0 if is_above.all() else float(volume[~is_above].max())
    return (below + float(volume[is_above].min())) / 2


def surface(volume: Floats, level: float, spacing: tuple[float, float, float] = (1, 1, 1)) -> Mesh | None:
    """The closed surface around what is above `level`; None where nothing is.

    Parameters
    ----------
    volume : array (z, y, x)
        From 0 to 1.
    spacing : tuple
        Distances of voxels along z, y, x. The centre of the first voxel is the origin.

    Notes
    -----
    Around the volume there is nothing, so that the surface closes where an object meets the border.
    """
    level = between(volume, level)
    if not (volume > level).any():
        return None
    padded = np.pad(volume, 1)
    # The original tables with consistent faces: closed in every case, where "lewiner" leaves gaps at times.
    results: Any = marching_cubes(padded, level, spacing=spacing, method="lorensen")
    vertices, faces, normals = results[:3]
    vertices -= np.asarray(spacing, dtype=vertices.dtype)
    # From (z, y, x) to (x, y, z): a mirror image, after which the triangles look outwards.
    order = [2, 1, 0]
    return Mesh(
        np.ascontiguousarray(vertices[:, order], dtype=np.float32),
        np.ascontiguousarray(faces, dtype=np.int32),
        np.ascontiguousarray(normals[:, order], dtype=np.float32),
    )


def enclosed_volume(mesh: Mesh) -> float:
    """What a closed mesh encloses; negative where its triangles look inwards."""
    corners = mesh.vertices[mesh.faces].astype(np.float64)
    return float(np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6)
