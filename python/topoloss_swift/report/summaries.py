"""Median, mean and standard deviation of a measure, as `shapr` computes them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Summary:
    """The middle and the spread of one measure over cells.

    Attributes
    ----------
    count, excluded : int
        Cells with a value, and cells that are left out because theirs is NaN.
    median, mean, sd : float
        NaN without values. The standard deviation is that of the cells themselves (divided by n).
    """

    count: int
    excluded: int
    median: float
    mean: float
    sd: float


def summary(values: Sequence[float]) -> Summary:
    """The summary of the values that are not NaN."""
    valid = np.asarray([value for value in values if not math.isnan(value)])
    excluded = len(values) - len(valid)
    if not len(valid):
        return Summary(0, excluded, math.nan, math.nan, math.nan)
    return Summary(len(valid), excluded, float(np.median(valid)), float(valid.mean()), float(valid.std()))
