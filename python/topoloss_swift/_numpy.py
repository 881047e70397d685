"""NumPy, if it is there: looked for when first needed, never when the package is imported."""

from types import ModuleType

_looked = False
_numpy: ModuleType | None = None


def numpy_or_none() -> ModuleType | None:
    """NumPy, or None where it is not installed or refuses to load (subinterpreters)."""
    global _looked, _numpy
    if not _looked:
        try:
            import numpy

            _numpy = numpy
        except ImportError:  # looked for once only: a refused import costs a good while
            pass
        _looked = True
    return _numpy
