"""A target that is given as diagrams: do they belong to this prediction and these options?"""

from typing import TYPE_CHECKING, Any

from ._diagrams import Diagrams
from ._loss_options import LossOptions, extents_at, wanted_dimensions
from ._options import CONSTRUCTIONS, FILTRATIONS

if TYPE_CHECKING:
    from typing import TypeAlias

    from ._options import _Array

    # `list[Any]`: lists of Diagrams, nested over the leading axes.
    _LossTarget: TypeAlias = _Array | Diagrams | list[Any] | tuple[Any, ...]


def is_diagrams(target: object) -> bool:
    """Whether the target is meant as diagrams and not as an array."""
    return isinstance(target, (Diagrams, list, tuple))


def diagrams_by_volume(
    target: Any, shape: tuple[int, ...], spatial_dims: int, options: LossOptions
) -> list[tuple[Any, ...]]:
    """The target as _core.topological_loss reads it: of every volume (last value, points, ...)."""
    if len(shape) < spatial_dims:
        raise ValueError(f"spatial_dims={spatial_dims}, but the prediction has shape {shape}")
    leading, extents = shape[:-spatial_dims], shape[-spatial_dims:]
    working = extents_at(options.resolution, extents)
    volumes = []
    for diagrams in _flat(target, leading, "target"):
        _check(diagrams, working, options)
        wanted = [diagrams[dimension] for dimension in wanted_dimensions(options)]
        last = wanted[0].last_value  # None unless H_0 counts, which then comes first
        points = [diagram._points_block for diagram in wanted]
        volumes.append((0.0 if last is None else last, *points))
    return volumes


def _flat(target: Any, leading: tuple[int, ...], place: str) -> list[Diagrams]:
    """The Diagrams in nested lists over the leading axes, in C order."""
    if not leading:
        if isinstance(target, Diagrams):
            return [target]
        raise _wrong(target, f"{place} must be the Diagrams of one volume")
    if isinstance(target, Diagrams) or not isinstance(target, (list, tuple)):
        raise _wrong(target, f"{place} must be a list over the prediction's leading axes {leading}")
    if len(target) != leading[0]:
        raise ValueError(
            f"{place} has {len(target)} entries; the prediction has {leading[0]} along that axis"
        )
    flat = []
    for index, entry in enumerate(target):
        flat += _flat(entry, leading[1:], f"{place}[{index}]")
    return flat


def _wrong(found: object, expected: str) -> Exception:
    """ValueError for diagrams that are nested in another way, TypeError for what holds none."""
    kind, inside = type(found).__name__, found
    while isinstance(inside, (list, tuple)) and inside:
        inside = inside[0]
    if is_diagrams(inside):
        return ValueError(f"{expected}, as target_diagrams returns them, not {kind}")
    return TypeError(f"{expected}, not {kind}; numpy.asarray(...) makes an array of nested lists")


def _check(diagrams: Diagrams, working: tuple[int, ...], options: LossOptions) -> None:
    hint = "call target_diagrams with the options of the loss"
    if diagrams.shape != working:
        raise ValueError(
            f"the target's diagrams are those of a volume of shape {diagrams.shape}, but the loss "
            f"resamples the prediction to {working}: {hint}"
        )
    for name, numbers, number in (
        ("filtration", FILTRATIONS, options.filtration),
        ("construction", CONSTRUCTIONS, options.construction),
    ):
        found = getattr(diagrams, name)
        if numbers[found] != number:
            wanted = next(key for key in numbers if numbers[key] == number)
            raise ValueError(
                f"the target's diagrams have {name}={found!r}, the loss {wanted!r}: {hint}"
            )
    for dimension in wanted_dimensions(options):
        if dimension not in diagrams:
            raise ValueError(
                f"the target's diagrams lack H_{dimension}, they have "
                f"dimensions={diagrams.dimensions}: {hint}"
            )
