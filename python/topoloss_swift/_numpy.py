"""NumPy, if it is there: looked for when first needed, never when the package is imported."""

from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Buffer

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


def as_array(block: "Buffer") -> Any:
    """The block as a NumPy array or, without NumPy, as a memoryview; nothing is copied."""
    numpy = numpy_or_none()
    if numpy is None:
        return memoryview(block)
    array = numpy.asarray(block)
    # The view turns C's "long long" into the dtype that users compare with: int64.
    return array.view(array.dtype.str)
