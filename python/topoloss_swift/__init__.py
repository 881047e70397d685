"""Exact persistence diagrams of volumes, distances between them, and the topological loss.

    >>> import topoloss_swift
    >>> diagrams = topoloss_swift.persistence_diagrams(field)
    >>> diagrams[2].points      # births and deaths of the cavities, shape (n, 2)
    >>> topoloss_swift.wasserstein(diagrams[2], others[2])
    >>> loss, gradient = topoloss_swift.topological_loss_and_gradient(prediction, target)

Arrays are row-major, the last axis fastest: a volume is ``(z, y, x)``. NumPy is optional.
"""

from ._core import (
    ConfigError,
    CorruptError,
    FormatError,
    LimitError,
    UnsupportedError,
    build_info,
    version as _version,
)
from ._diagrams import Diagram, Diagrams
from ._distances import (
    WassersteinCertificate,
    bottleneck,
    persistent_entropy,
    sliced_wasserstein,
    total_persistence,
    wasserstein,
    wasserstein_batch,
    wasserstein_certificate,
)
from ._loss import (
    target_diagrams,
    topological_loss,
    topological_loss_and_gradient,
    topological_loss_terms,
)
from ._persistence import persistence_diagrams
from ._resample import resample

__all__ = [
    "ConfigError",
    "CorruptError",
    "Diagram",
    "Diagrams",
    "FormatError",
    "LimitError",
    "UnsupportedError",
    "WassersteinCertificate",
    "bottleneck",
    "build_info",
    "persistence_diagrams",
    "persistent_entropy",
    "resample",
    "sliced_wasserstein",
    "target_diagrams",
    "topological_loss",
    "topological_loss_and_gradient",
    "topological_loss_terms",
    "total_persistence",
    "wasserstein",
    "wasserstein_batch",
    "wasserstein_certificate",
]

__version__: str = _version()
