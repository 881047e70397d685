"""NumPy, if it is there: looked for when first needed, never when the package is imported."""

import functools
from types import ModuleType
from typing import Optional


@functools.lru_cache(maxsize=None)
def numpy_or_none() -> Optional[ModuleType]:
    """NumPy, or None where it is not installed or refuses to load (subinterpreters)."""
    try:
        import numpy
    except ImportError:
        return None
    return numpy
