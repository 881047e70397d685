"""What `persistence_diagrams` returns: `Diagrams`, a collection of `Diagram` objects."""

import operator
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from . import _core
from ._numpy import as_array

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from typing_extensions import Buffer


class Diagram:
    """The persistence pairs of one homology dimension of one volume.

    Not made by hand: `persistence_diagrams` returns these. Two diagrams are equal when
    all their attributes are, `points` and `voxels` bit for bit.

    Attributes
    ----------
    dimension : int
        0: components, 1: tunnels, 2: cavities.
    shape : tuple of int
        Extents of the volume; ``numpy.unravel_index(voxel, diagram.shape)`` gives the
        place of a voxel.
    filtration : {"superlevel", "sublevel"}
    construction : {"T", "V"}
    last_value : float or None
        Of dimension 0: the value at which the filtration ends (superlevel: the volume's
        lowest). ``essential_classes="extreme"`` ends the essential class there.
    last_voxel : int or None
        Of dimension 0: the voxel that enters last, which has that value.
    """

    __slots__ = (
        "dimension",
        "shape",
        "filtration",
        "construction",
        "last_value",
        "last_voxel",
        "_points_block",
        "_voxels_block",
        "_points",
        "_voxels",
    )
    __hash__ = None  # type: ignore[assignment]  # its arrays can be written to

    dimension: int
    shape: tuple[int, ...]
    filtration: str
    construction: str
    last_value: float | None
    last_voxel: int | None

    def __init__(
        self,
        dimension: int,
        points: "Buffer",
        voxels: "Buffer",
        shape: tuple[int, ...],
        filtration: str,
        construction: str,
        last_value: float | None = None,
        last_voxel: int | None = None,
    ) -> None:
        self.dimension = dimension
        self.shape = shape
        self.filtration = filtration
        self.construction = construction
        self.last_value = last_value
        self.last_voxel = last_voxel
        self._points_block = points
        self._voxels_block = voxels
        self._points: Any = None
        self._voxels: Any = None

    @property
    def points(self) -> "NDArray[np.float64]":
        """Birth and death of every pair: float64, shape ``(n, 2)``.

        An essential class, which never ends, has death -inf (superlevel) or +inf
        (sublevel). Without NumPy: a memoryview of the same layout, format ``'d'``.
        """
        if self._points is None:
            self._points = as_array(self._points_block)
        return self._points  # type: ignore[no-any-return]

    @property
    def voxels(self) -> "NDArray[np.int64]":
        """Voxels that create and that destroy each feature: int64, shape ``(n, 2)``.

        Flat indices in C order within the volume; the destroyer of an essential class is
        -1. Without NumPy: a memoryview of the same layout, format ``'q'``.
        """
        if self._voxels is None:
            self._voxels = as_array(self._voxels_block)
        return self._voxels  # type: ignore[no-any-return]

    def __len__(self) -> int:
        return len(memoryview(self._points_block))

    def __repr__(self) -> str:
        return (
            f"Diagram(dimension={self.dimension}, pairs={len(self)}, shape={self.shape}, "
            f"filtration={self.filtration!r}, construction={self.construction!r})"
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Diagram):
            return NotImplemented
        return self._content() == other._content()

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, self._content()

    def _content(self) -> tuple[Any, ...]:
        return (
            self.dimension,
            bytes(self._points_block),
            bytes(self._voxels_block),
            self.shape,
            self.filtration,
            self.construction,
            self.last_value,
            self.last_voxel,
        )


class Diagrams:
    """The persistence diagrams of one volume, one per computed homology dimension.

    Iterating gives the `Diagram` objects in rising dimension and ``len(diagrams)`` is their
    number. ``diagrams[k]`` is the diagram of homology dimension ``k``, whichever dimensions
    were computed, and ``k in diagrams`` tells whether it was; a dimension that was not
    computed is a KeyError.

    Attributes
    ----------
    dimensions : tuple of int
        The computed homology dimensions.
    shape : tuple of int
        Extents of the volume.
    filtration : {"superlevel", "sublevel"}
    construction : {"T", "V"}
    """

    __slots__ = ("_by_dimension", "shape", "filtration", "construction")
    __hash__ = None  # type: ignore[assignment]

    shape: tuple[int, ...]
    filtration: str
    construction: str

    def __init__(
        self,
        diagrams: Sequence[Diagram],
        shape: tuple[int, ...],
        filtration: str,
        construction: str,
    ) -> None:
        self._by_dimension = {diagram.dimension: diagram for diagram in diagrams}
        self.shape = shape
        self.filtration = filtration
        self.construction = construction

    @property
    def dimensions(self) -> tuple[int, ...]:
        """The computed homology dimensions, rising."""
        return tuple(self._by_dimension)

    def __getitem__(self, dimension: int) -> Diagram:
        key = operator.index(dimension)
        if key not in self._by_dimension:
            raise KeyError(f"H_{key} was not computed; dimensions={self.dimensions}")
        return self._by_dimension[key]

    def __contains__(self, dimension: object) -> bool:
        return dimension in self._by_dimension

    def __iter__(self) -> Iterator[Diagram]:
        return iter(self._by_dimension.values())

    def __len__(self) -> int:
        return len(self._by_dimension)

    def __repr__(self) -> str:
        counts = ", ".join(f"H_{diagram.dimension}: {len(diagram)}" for diagram in self)
        return (
            f"Diagrams({counts}; shape={self.shape}, "
            f"filtration={self.filtration!r}, construction={self.construction!r})"
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Diagrams):
            return NotImplemented
        return self._content() == other._content()

    def __reduce__(self) -> tuple[Any, ...]:
        return Diagrams, self._content()

    def _content(self) -> tuple[list[Diagram], tuple[int, ...], str, str]:
        return list(self), self.shape, self.filtration, self.construction


def _restore(dimension: int, points: bytes, voxels: bytes, *others: Any) -> Diagram:
    """The inverse of pickling."""
    return Diagram(dimension, _core.block(points, "d"), _core.block(voxels, "q"), *others)
