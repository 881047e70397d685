"""Exact persistence diagrams of volumes (cubical complexes).

    >>> import topoloss_swift
    >>> diagrams = topoloss_swift.persistence_diagrams(field)
    >>> diagrams[2].points      # births and deaths of the cavities, shape (n, 2)

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
from ._persistence import persistence_diagrams

__all__ = [
    "ConfigError",
    "CorruptError",
    "Diagram",
    "Diagrams",
    "FormatError",
    "LimitError",
    "UnsupportedError",
    "build_info",
    "persistence_diagrams",
]

__version__: str = _version()
