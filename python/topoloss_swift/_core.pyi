import sys
from collections.abc import Callable
from typing import Any, final

from typing_extensions import Buffer

class LimitError(ValueError, OverflowError): ...
class FormatError(ValueError): ...
class UnsupportedError(FormatError): ...
class CorruptError(FormatError): ...
class ConfigError(ValueError): ...

@final
class Block:
    if sys.version_info >= (3, 12):
        def __buffer__(self, flags: int, /) -> memoryview: ...

@final
class Model:
    def save(self, path: bytes, /) -> None: ...
    def settings(self) -> str: ...
    def predict(self, images: Buffer, masks: Buffer, watch_signals: bool, /) -> Buffer: ...

@final
class Training:
    def fit(
        self, progress: Callable[[tuple[Any, ...]], object] | None, watch_signals: bool, /
    ) -> None: ...
    def save(self, path: bytes, /) -> None: ...
    def load(self, path: bytes, /) -> None: ...
    def log(self) -> str: ...
    def model(self) -> Model: ...

# Results are Blocks; Python 3.11 cannot say that these are Buffers.

# (dimension, points, voxels, (last_value, last_voxel)); the last two only in dimension 0.
_Diagram = tuple[int, Buffer, Buffer, tuple[float, int] | tuple[None, None]]
# (points, last value)
_Operand = tuple[Buffer, float]
_Numbers = tuple[int, int, int]

def persistence_diagrams(
    field: Buffer,
    filtration: int,
    construction: int,
    dimensions: int,
    spatial_dims: int,
    threads: int,
    watch_signals: bool,
    /,
) -> tuple[tuple[int, ...], int, list[tuple[_Diagram, ...]]]: ...
def distances(
    kind: int,
    first: list[_Operand],
    second: list[_Operand],
    order: float,
    ground_norm: int,
    essential_classes: int,
    directions: int,
    threads: int,
    watch_signals: bool,
    /,
) -> Buffer: ...
def matching(
    first: _Operand,
    second: _Operand,
    order: float,
    ground_norm: int,
    essential_classes: int,
    watch_signals: bool,
    /,
) -> tuple[float, Buffer, Buffer, Buffer]: ...
def total_persistence(diagram: Buffer, order: float, /) -> float: ...
def persistent_entropy(diagram: Buffer, /) -> float: ...
def topological_loss(
    prediction: Buffer,
    target: Buffer | list[tuple[Any, ...]],
    spatial_dims: int,
    options: tuple[Any, ...],
    gradients: int,
    watch_signals: bool,
    /,
) -> tuple[Buffer, tuple[Buffer, Buffer, Buffer], Buffer | None, Buffer | None]: ...
def resample(array: Buffer, spatial_dims: int, resolution: _Numbers, /) -> Buffer: ...
def resample_adjoint(
    gradient: Buffer, spatial_dims: int, extents: _Numbers, factors: bytes | None, /
) -> Buffer: ...
def training(
    settings: str,
    images: Buffer,
    masks: Buffer,
    objects: Buffer,
    names: list[str] | None,
    train: bytes,
    validation: bytes,
    test: bytes,
    threads: int,
    max_memory: int,
    watch_signals: bool,
    /,
) -> Training: ...
def model_load(path: bytes, threads: int, max_memory: int, /) -> Model: ...
def settings(text: str, /) -> str: ...
def measure_names() -> list[str]: ...
def evaluate(
    settings: str,
    predictions: Buffer,
    truths: Buffer,
    threads: int,
    max_memory: int,
    watch_signals: bool,
    /,
) -> Buffer: ...
def folds(names: list[str], folds: int, seed: int, /) -> list[int]: ...
def compare(baseline: str, candidate: str, title: str, format: int, /) -> str: ...
def shape(array: Buffer, /) -> tuple[int, ...]: ...
def block(data: Buffer, format: str, /) -> Buffer: ...
def has_buffer(object: object, /) -> bool: ...
def version() -> str: ...
def build_info() -> str: ...
