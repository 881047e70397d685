"""Two runs on the same cells: what `shapr compare` says, from the same numbers."""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.stats

from .failure import Failure
from .measures import MEASURES, Measure
from .scores import Score
from .summaries import Summary, summary

Pair = tuple[Score, Score]


@dataclass(frozen=True)
class Compared:
    """One measure in both runs, over the cells that have a value in both.

    Attributes
    ----------
    baseline, candidate : Summary
    excluded : int
        Pairs that are left out, because one of the values is NaN.
    median_difference : float
        Of candidate - baseline.
    p : float
        Of the Wilcoxon signed-rank test, paired, two-sided, with scipy's defaults; NaN without pairs.
    rank_biserial : float
        -1 when every cell is lower than in the baseline, 1 when every one is higher.
    cohens_d : float
        Mean of the differences over their standard deviation.
    """

    measure: Measure
    baseline: Summary
    candidate: Summary
    excluded: int
    median_difference: float
    p: float
    rank_biserial: float
    cohens_d: float

    @property
    def change_of_median(self) -> float:
        return _change(self.baseline.median, self.candidate.median)

    @property
    def change_of_mean(self) -> float:
        return _change(self.baseline.mean, self.candidate.mean)


def pairs(baseline: Sequence[Score], candidate: Sequence[Score]) -> list[Pair]:
    """The cells that both runs have, in the order of the baseline.

    Cells of several seeds are paired seed by seed.

    Raises
    ------
    Failure
        65 when a cell stands twice in a run, or the runs have none in common.
    """
    others = _by_name(candidate)
    found = [(score, others[key]) for key, score in _by_name(baseline).items() if key in others]
    if not found:
        raise Failure(65, "FORMAT", "the run and its baseline have no cell in common")
    return found


def compared(cells: Sequence[Pair]) -> list[Compared]:
    """All measures that both runs have, over these pairs of cells."""
    rows = []
    for measure in MEASURES:
        key = measure.key
        values = [(a.values[key], b.values[key]) for a, b in cells if key in a.values and key in b.values]
        if values:
            rows.append(_compared(measure, values))
    return rows


def _compared(measure: Measure, values: list[tuple[float, float]]) -> Compared:
    valid = [pair for pair in values if not math.isnan(pair[0] + pair[1])]
    before, after = [a for a, _ in valid], [b for _, b in valid]
    differences = np.asarray(after) - np.asarray(before)
    return Compared(
        measure,
        summary(before),
        summary(after),
        len(values) - len(valid),
        float(np.median(differences)) if valid else math.nan,
        _p_value(differences),
        _rank_biserial(differences),
        _cohens_d(differences),
    )


def _p_value(differences: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
    if not len(differences):
        return math.nan
    if not differences.any():
        # scipy refuses some of these and warns about others; few pairs alike are no evidence.
        return 1.0 if len(differences) <= 13 else math.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(scipy.stats.wilcoxon(differences).pvalue)


def _rank_biserial(differences: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
    """The share of the ranks that is positive, less that which is negative (Kerby 2014)."""
    changed = differences[differences != 0]
    if not len(changed):
        return math.nan
    ranks = scipy.stats.rankdata(np.abs(changed))
    return float((np.sign(changed) * ranks).sum() / ranks.sum())


def _cohens_d(differences: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
    if len(differences) < 2 or not (deviation := differences.std(ddof=1)) > 0:
        return math.nan
    return float(differences.mean() / deviation)


def _change(before: float, after: float) -> float:
    """-0.27 is 27 % less; NaN or infinite from 0."""
    if before == 0:
        return math.nan if after == 0 or math.isnan(after) else math.inf
    return after / before - 1


def _by_name(scores: Sequence[Score]) -> dict[tuple[str | None, str], Score]:
    found: dict[tuple[str | None, str], Score] = {}
    for score in scores:
        key = (score.seed, score.name)
        if key in found:
            raise Failure(65, "FORMAT", f"the cell {score.name!r} stands twice in one run")
        found[key] = score
    return found
