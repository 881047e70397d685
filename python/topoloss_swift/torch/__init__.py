"""The topological loss for PyTorch, and persistence diagrams with gradients.

    >>> from topoloss_swift.torch import TopologicalLoss
    >>> topology = TopologicalLoss()
    >>> loss = dice(prediction, target) + 0.1 * topology(prediction, target)

`TopologicalLoss` and `topological_loss` are the loss. `CubicalComplex` and `WassersteinDistance`
are called like the classes of these names in torch_topological: change the import, keep the code.
"""

from ._complex import CubicalComplex, PersistenceInformation
from ._distance import WassersteinDistance
from ._loss import topological_loss
from ._module import TopologicalLoss

__all__ = [
    "CubicalComplex",
    "PersistenceInformation",
    "TopologicalLoss",
    "WassersteinDistance",
    "topological_loss",
]
