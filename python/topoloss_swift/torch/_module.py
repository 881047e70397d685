"""The topological loss as a module."""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn

from .._loss import target_diagrams
from .._loss_options import loss_options
from .._loss_target import is_diagrams
from ._arrays import arrays_of
from ._loss import check_reduction, loss_of_volumes, readable, reduced


class TopologicalLoss(nn.Module):
    """The topological loss as a module, with the arguments of MONAI's losses.

    Parameters
    ----------
    spatial_dims, resolution, dimensions, order, total_persistence, filtration, construction,\
 essential_classes, weights, minimum_persistence, dimension_reduction, threads
        As for `topoloss_swift.topological_loss`.
    include_background : bool
        Whether channel 0 counts.
    to_onehot_y : bool
        The target holds class numbers in one channel: make one channel per class of it.
    sigmoid, softmax : bool
        Apply this to the input first.
    other_act : callable, optional
        Apply this to the input first. At most one of the three may be asked for.
    reduction : {"mean", "sum", "none"}
        Over all volumes, that is, over batch and channels.

    Notes
    -----
    With one channel `softmax`, `to_onehot_y` and `include_background=False` have no effect but a
    warning, as in MONAI. With any of them the input has the axes (batch, channel, *spatial).

    Examples
    --------
    >>> topology = TopologicalLoss(sigmoid=True)
    >>> logits = torch.randn(1, 1, 20, 20, 20, requires_grad=True)
    >>> topology(logits, torch.ones(1, 1, 20, 20, 20)).backward()
    >>> logits.grad.shape
    torch.Size([1, 1, 20, 20, 20])
    """

    def __init__(
        self,
        *,
        spatial_dims: int = 3,
        resolution: int | Sequence[int | None] | None = 16,
        dimensions: Iterable[int] | None = (2,),
        order: float = 2,
        total_persistence: bool = True,
        filtration: Literal["superlevel", "sublevel"] = "superlevel",
        construction: Literal["T", "V"] = "T",
        essential_classes: Literal["extreme", "matched", "ignored"] = "extreme",
        weights: Sequence[float] | Mapping[int, float] | None = None,
        minimum_persistence: float = 0.0,
        dimension_reduction: Literal["sum", "root"] = "sum",
        threads: int | None = None,
        include_background: bool = True,
        to_onehot_y: bool = False,
        sigmoid: bool = False,
        softmax: bool = False,
        other_act: Callable[[Tensor], Tensor] | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
    ) -> None:
        super().__init__()
        if dimensions is not None:
            dimensions = tuple(dimensions)
        self._options = loss_options(
            spatial_dims=spatial_dims,
            resolution=resolution,
            dimensions=dimensions,
            order=order,
            total_persistence=total_persistence,
            filtration=filtration,
            construction=construction,
            essential_classes=essential_classes,
            weights=weights,
            minimum_persistence=minimum_persistence,
            dimension_reduction=dimension_reduction,
            threads=threads,
        )
        # What target_diagrams must be called with.
        self._target_options: dict[str, Any] = {
            "spatial_dims": spatial_dims,
            "resolution": resolution,
            "dimensions": dimensions,
            "filtration": filtration,
            "construction": construction,
            "threads": threads,
        }
        check_reduction(reduction)
        if other_act is not None and not callable(other_act):
            raise TypeError(f"other_act must be None or callable, not {type(other_act).__name__}")
        if sigmoid + softmax + (other_act is not None) > 1:
            raise ValueError("at most one of sigmoid, softmax and other_act may be asked for")
        self.spatial_dims = spatial_dims
        self.include_background = include_background
        self.to_onehot_y = to_onehot_y
        self.sigmoid = sigmoid
        self.softmax = softmax
        self.other_act = other_act
        self.reduction = reduction

    def forward(self, input: Tensor, target: Any) -> Tensor:
        """Compute the loss.

        Parameters
        ----------
        input : tensor of shape (batch, channel, *spatial)
            The prediction, before the activation that was asked for. Other leading axes are
            possible where no option speaks of channels.
        target : tensor of the same shape, or diagrams
            With `to_onehot_y` one channel of class numbers. Diagrams are those of
            `target_diagrams`.

        Returns
        -------
        tensor
            As `topological_loss` returns it; with ``reduction="none"`` of shape (batch, channel).
        """
        channels = self._channels(input)
        if self.sigmoid:
            input = torch.sigmoid(input)
        elif self.softmax and channels > 1:
            input = torch.softmax(input, 1)
        elif self.other_act is not None:
            input = self.other_act(input)
        if not is_diagrams(target):
            target = self._truth(target, channels)
        if not self.include_background and channels > 1:
            input = input[:, 1:]
        return reduced(
            loss_of_volumes(input, target, self.spatial_dims, self._options), self.reduction
        )

    def target_diagrams(self, target: Tensor, channels: int | None = None) -> Any:
        """Compute the diagrams of a truth that this loss will meet many times.

        Parameters
        ----------
        target : tensor
            As for `forward`.
        channels : int, optional
            The number of channels of the input, if it is not the target's (with `to_onehot_y`).

        Returns
        -------
        nested lists of Diagrams
            To be passed instead of `target`; they can be pickled.
        """
        truth = self._truth(target, channels or self._channels(target))
        return target_diagrams(arrays_of(readable(truth))[0], **self._target_options)

    def _channels(self, input: Tensor) -> int:
        """The number of channels, with a warning where it makes an option void."""
        options = {
            "softmax=True": self.softmax,
            "to_onehot_y=True": self.to_onehot_y,
            "include_background=False": not self.include_background,
        }
        asked = [name for name, is_asked in options.items() if is_asked]
        if not asked:
            return 1  # no option needs to know
        if input.ndim != self.spatial_dims + 2:
            raise ValueError(
                f"{asked[0]} needs an input of shape (batch, channel, {self.spatial_dims} spatial "
                f"axes), not {tuple(input.shape)}"
            )
        if input.shape[1] == 1:
            for name in asked:
                warnings.warn(f"one channel only: {name} is ignored", stacklevel=3)
        return input.shape[1]

    def _truth(self, target: Tensor, channels: int) -> Tensor:
        """The channels of the target that count."""
        if self.to_onehot_y and channels > 1:
            if target.ndim != self.spatial_dims + 2 or target.shape[1] != 1:
                raise ValueError(
                    "to_onehot_y=True needs a target with one channel of class numbers, not shape "
                    f"{tuple(target.shape)}"
                )
            classes = torch.arange(channels, device=target.device)
            target = target == classes.reshape(1, -1, *[1] * self.spatial_dims)
        return target if self.include_background or channels == 1 else target[:, 1:]

    def extra_repr(self) -> str:
        return f"spatial_dims={self.spatial_dims}, reduction={self.reduction!r}"
