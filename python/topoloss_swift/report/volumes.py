"""Images and volumes from files, as values from 0 to 1, and the spacing of their voxels."""

import logging
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from .._files import open_regular
from .failure import Failure, unreadable

Floats: TypeAlias = NDArray[np.float32]

# What is wrong with a file is said once, by the error; the reader's own remarks go nowhere.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

ENDS = (".tif", ".tiff", ".npy", ".png")
# Voxels of one file, at most: 2 GiB as 32-bit floats.
MOST_VOXELS = 1 << 29


def read_array(path: Path) -> Floats:
    """The values of a TIFF, NumPy or PNG file: divided by the largest of an integer type.

    Raises
    ------
    Failure
        66 when it cannot be read, 65 when it is no such file or holds no numbers from 0 to 1.
    """
    return _fractions(_read(path), path)


def read_plane(path: Path) -> Floats:
    """An image, (height, width)."""
    return _of_rank(read_array(path), 2, path)


def read_volume(path: Path) -> Floats:
    """A volume, (z, y, x)."""
    return _of_rank(read_array(path), 3, path)


def volume_spacing(path: Path) -> tuple[float, float, float]:
    """The distances of voxels along z, y, x, as a TIFF says them for ImageJ; 1 where it does not."""
    if path.suffix.lower() not in (".tif", ".tiff"):
        return 1, 1, 1
    try:
        with tifffile.TiffFile(path) as file:
            description: dict[str, Any] = file.imagej_metadata or {}
            tags = file.pages[0].tags
            y, x = (_distance(tags.get(name)) for name in ("YResolution", "XResolution"))
        return _positive(description.get("spacing", 1)), y, x
    except Exception:  # the file is read by others, too, who say what is wrong with it
        return 1, 1, 1


def find(folder: Path, name: str) -> Path | None:
    """The file of a cell in a folder, whatever its end; None for none."""
    if not name or "/" in name or "\\" in name or "\0" in name:
        return None
    for end in ENDS:
        try:
            if (path := folder / f"{name}{end}").is_file():
                return path
        except OSError:  # a name longer than a file system takes
            return None
    return None


def resampled(array: Floats, shape: tuple[int, ...]) -> Floats:
    """The array in another size, linearly, both grids covering the same box, as `shapr train` does it."""
    for axis, count in enumerate(shape):
        have = array.shape[axis]
        if have == count:
            continue
        place = np.clip((np.arange(count) + 0.5) * have / count - 0.5, 0, have - 1)
        lower = place.astype(np.intp)
        part = (place - lower).astype(np.float32).reshape([-1 if k == axis else 1 for k in range(array.ndim)])
        first = array.take(lower, axis)
        array = first + (array.take(np.minimum(lower + 1, have - 1), axis) - first) * part
    return array


def _read(path: Path) -> NDArray[Any]:
    end = path.suffix.lower()
    try:
        open_regular(path).close()  # nothing waits for the other end of a pipe
        if end == ".npy":
            # Mapped, so that a header cannot ask for more memory than the file has bytes.
            return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
        if end in (".tif", ".tiff"):
            return _read_tiff(path)
        if end == ".png":
            return np.asarray(Image.open(path))
    except Failure:
        raise
    except OSError as error:
        # Readers raise it without a number for files that are damaged.
        if error.errno is not None:
            raise unreadable(path, error) from None
        raise _defect(path, error) from None
    except MemoryError:
        raise
    except Exception as error:  # the readers' own, which have no class in common
        raise _defect(path, error) from None
    raise Failure(65, "UNSUPPORTED", f"{path}: is none of {', '.join(ENDS)}")


def _read_tiff(path: Path) -> NDArray[Any]:
    with tifffile.TiffFile(path) as file:
        series = file.series[0]
        _check_size(series.size, path)
        return np.asarray(series.asarray())


def _check_size(count: int, path: Path) -> None:
    if not 1 <= count <= MOST_VOXELS:
        raise Failure(65, "LIMIT", f"{path}: has {count} values, at least 1 and at most {MOST_VOXELS}")


def _defect(path: Path, error: Exception) -> Failure:
    reason = next(iter(str(error).splitlines()), "") or type(error).__name__
    return Failure(65, "FORMAT", f"{path}: {reason[:200]}")


def _fractions(array: NDArray[Any], path: Path) -> Floats:
    _check_size(array.size, path)
    if array.dtype == bool:
        return array.astype(np.float32)
    if array.dtype in (np.uint8, np.uint16):
        return array.astype(np.float32) / np.float32(np.iinfo(array.dtype).max)
    if array.dtype.kind != "f":
        message = f"has elements of type {array.dtype}; uint8, uint16 or floats are needed"
        raise Failure(65, "DTYPE", f"{path}: {message}")
    values = array.astype(np.float32)
    if not np.isfinite(values).all():
        raise Failure(65, "NAN", f"{path}: a value is not a finite number")
    if values.min() < 0 or values.max() > 1:
        raise Failure(65, "RANGE", f"{path}: floating-point values are from 0 to 1")
    return values


def _of_rank(array: Floats, rank: int, path: Path) -> Floats:
    if array.ndim != rank:
        needed = "an image" if rank == 2 else "a volume (z, y, x)"
        raise Failure(65, "SHAPE", f"{path}: is {' x '.join(map(str, array.shape))}; {needed} is needed")
    return array


def _distance(tag: Any) -> float:
    """From pixels per unit to units per pixel."""
    if tag is None:
        return 1
    above, below = tag.value
    return _positive(below / above)


def _positive(value: Any) -> float:
    number = float(value)
    return number if 0 < number < 1e9 else 1
