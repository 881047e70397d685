"""The rows of the comparison with the peers: inputs, contestants, and the ratios to reach."""

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as with_default
from functools import partial

import inputs
from contestants import (
    CRIPSER,
    GUDHI,
    OURS,
    Contestant,
    by_cripser,
    by_gudhi,
    by_gudhi_in_2d,
    one_by_one,
    ours,
    ours_in_one_call,
)


@dataclass(frozen=True)
class Case:
    """One row. `targets` are the least ratios peer / ours; a row counts `volumes` volumes."""

    name: str
    make: Callable[[], dict[str, Contestant]]
    targets: dict[str, float]
    slow: tuple[str, ...] = ()  # left out by --quick
    volumes: int = 1
    note: dict[str, str] = with_default(default_factory=dict)


def all_dimensions(get_field, construction):
    field = get_field()
    return {
        OURS: ours(field, construction),
        CRIPSER: by_cripser(field, construction),
        GUDHI: by_gudhi(field, construction),
    }


def one_dimension(get_field, construction, dimension):
    field = get_field()
    return {
        OURS: ours(field, construction, (dimension,)),
        CRIPSER: by_cripser(field, construction, (dimension,)),
    }


def plane(n, construction):
    field = inputs.plane(n)
    return {
        OURS: ours(field, construction),
        CRIPSER: by_cripser(field, construction),
        GUDHI: by_gudhi_in_2d(field),
    }


def small_cells(n, in_one_call):
    cells = inputs.small_cells(n)
    cavities = (2,)
    each = one_by_one([ours(cell, "T", cavities) for cell in cells])
    return {
        OURS: ours_in_one_call(cells, "T", cavities) if in_one_call else each,
        CRIPSER: one_by_one([by_cripser(cell, "T", cavities) for cell in cells]),
    }


def volume_cases(divisor):
    """All dimensions with voxels, 3-D."""
    wanted = {
        "real cell": {CRIPSER: 15, GUDHI: 120},
        "smooth": {CRIPSER: 15, GUDHI: 120},
        "network-like": {CRIPSER: 5, GUDHI: 30},
        "noise": {CRIPSER: 12, GUDHI: 35},
    }
    for kind, targets in wanted.items():
        for n in (64,) if kind == "real cell" else (64 // divisor, 128 // divisor):
            if kind == "real cell" and not inputs.cells_at_hand():
                continue
            get_field = inputs.real_cell if kind == "real cell" else partial(inputs.volume, kind, n)
            slow = (GUDHI,) if n * divisor == 128 and kind != "real cell" else ()
            for construction in "TV":
                make = partial(all_dimensions, get_field, construction)
                yield Case(f"{kind} {n}^3, {construction}", make, targets, slow)


def dimension_cases(divisor):
    """One dimension alone of 3-D noise."""
    for n in (64 // divisor, 128 // divisor):
        for construction, dimension, target in (("T", 2, 10), ("V", 0, 10), ("T", 0, 5), ("V", 2, 5)):
            make = partial(one_dimension, partial(inputs.volume, "noise", n), construction, dimension)
            yield Case(f"noise {n}^3, {construction}-H{dimension} alone", make, {CRIPSER: target})


def plane_cases(divisor):
    """2-D noise, beside GUDHI's fast path, which computes T whatever the row."""
    for n in (512 // divisor, 2048 // divisor):
        for construction in "TV":
            note = {} if construction == "T" else {GUDHI: " of T"}
            make = partial(plane, n, construction)
            yield Case(f"noise {n}^2, {construction}", make, {GUDHI: 2}, note=note)


def small_cell_cases():
    """The training case: cavities alone of small volumes, each different."""
    count = len(inputs.cells_at_hand())
    n = 16
    for in_one_call, how in ((True, "one call"), (False, "a call each")):
        name = f"{count} real cells {n}^3, T-H2 alone, {how}, *microseconds per volume*"
        if count:
            yield Case(name, partial(small_cells, n, in_one_call), {CRIPSER: 15}, volumes=count)


def all_cases(divisor):
    """Every row, in the order of the table."""
    yield from volume_cases(divisor)
    yield from dimension_cases(divisor)
    yield from plane_cases(divisor)
    yield from small_cell_cases()
