"""Persistence diagrams as a step of a scikit-learn pipeline."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import BaseEstimator, TransformerMixin

from ._options import integer, real
from ._persistence import persistence_diagrams

if TYPE_CHECKING:
    from typing import Self

_CONSTRUCTIONS: dict[str, Literal["T", "V"]] = {"top_dimensional_cells": "T", "vertices": "V"}


class CubicalPersistence(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Persistence diagrams of images and volumes, sublevel filtration.

    Arguments and results are those of ``gudhi.sklearn.CubicalPersistence``; only the order of the
    points within a diagram is another.

    Parameters
    ----------
    homology_dimensions : int or iterable of int
        The dimensions of the diagrams. A dimension that the data cannot have gives
        empty diagrams.
    input_type : {"top_dimensional_cells", "vertices"}
        What voxels are: the T or the V construction.
    homology_coeff_field : int
        Accepted so that calls need no change. Diagrams of images and volumes are the same
        over every field.
    min_persistence : float
        Only points with ``death - birth`` above this; points with birth = death are left
        out even where it is negative.
    n_jobs : int, optional
        Number of threads: 1 by default, -1 for one per processor, -2 for one less.
    """

    def __init__(
        self,
        homology_dimensions: int | Iterable[int] = 0,
        input_type: Literal["top_dimensional_cells", "vertices"] = "top_dimensional_cells",
        homology_coeff_field: int = 11,
        min_persistence: float = 0.0,
        n_jobs: int | None = None,
    ) -> None:
        self.homology_dimensions = homology_dimensions
        self.input_type = input_type
        self.homology_coeff_field = homology_coeff_field
        self.min_persistence = min_persistence
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any = None) -> "Self":
        """Learn nothing; only the number of axes of `X` is checked.

        Parameters
        ----------
        X
            As for `transform`.
        y
            Not looked at.

        Returns
        -------
        CubicalPersistence
            Itself.
        """
        _batches(X)
        return self

    def transform(self, X: Any, y: Any = None) -> list[Any]:
        """Compute the diagrams of every image.

        Parameters
        ----------
        X : array with samples along the first axis, or list of arrays of 1 to 3 axes
            The arrays of a list may differ in shape.
        y
            Not looked at.

        Returns
        -------
        list
            Of every sample its diagram, a float64 array of shape (n, 2), or with an iterable
            `homology_dimensions` a list of them. The component that never ends has death
            infinity.
        """
        if self.input_type not in _CONSTRUCTIONS:
            raise ValueError(
                f"input_type must be 'top_dimensional_cells' or 'vertices', not {self.input_type!r}"
            )
        single = not isinstance(self.homology_dimensions, Iterable)
        wanted = [self.homology_dimensions] if single else list(self.homology_dimensions)  # type: ignore[arg-type]
        wanted = [integer("each of homology_dimensions", dimension) for dimension in wanted]
        if any(dimension < 0 for dimension in wanted):
            raise ValueError(f"homology_dimensions must not be negative, got {wanted}")
        if integer("homology_coeff_field", self.homology_coeff_field) < 2:
            raise ValueError("homology_coeff_field must be a prime number")
        lowest = max(real("min_persistence", self.min_persistence), 0.0)
        results = []
        for array in _batches(X):
            rank = array.ndim - 1
            possible = {dimension for dimension in wanted if dimension < rank}
            found: Any = persistence_diagrams(
                array,
                filtration="sublevel",
                construction=_CONSTRUCTIONS[self.input_type],
                dimensions=possible or {0},
                spatial_dims=rank,
                threads=effective_n_jobs(self.n_jobs),
            )
            for diagrams in found:
                of_sample = [_points(diagrams, dimension, lowest) for dimension in wanted]
                results.append(of_sample[0] if single else of_sample)
        return results

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.no_validation = True  # of values; shapes and types are checked by the library
        tags.input_tags.three_d_array = True
        return tags


def _batches(X: Any) -> list[Any]:
    """The samples with a batch axis: all at once if they are one array, else one by one."""
    if isinstance(X, (list, tuple)):
        return [np.asarray(sample)[np.newaxis] for sample in X]
    array = np.asarray(X)
    if not 2 <= array.ndim <= 4:
        raise ValueError(
            "expected samples along the first of 2 to 4 axes of an array (sparse matrices are not "
            f"supported), got shape {array.shape}. Reshape your data: array[np.newaxis] is one sample"
        )
    return [array] if len(array) else []


def _points(diagrams: Any, dimension: int, lowest: float) -> Any:
    if dimension not in diagrams.dimensions:
        return np.empty((0, 2))
    points = diagrams[dimension].points
    return points[points[:, 1] - points[:, 0] > lowest]
