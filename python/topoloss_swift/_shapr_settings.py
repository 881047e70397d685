"""Settings of the trainer: a mapping or a JSON file becomes the complete dict."""

import json
import os
from collections.abc import Mapping
from typing import Any

from . import _core
from ._files import read_text


def complete_settings(
    settings: "Mapping[str, Any] | str | os.PathLike[str] | None", overrides: dict[str, Any]
) -> dict[str, Any]:
    """Every setting; ConfigError for what is unknown or out of range."""
    given: Mapping[str, Any] = {}
    if isinstance(settings, Mapping):
        given = settings
    elif settings is not None:
        text = read_text(settings, _core.ConfigError)
        _core.settings(text)  # its errors tell lines of the file
        given = json.loads(text)
    merged = {**given, **overrides}
    complete: dict[str, Any] = json.loads(_core.settings(json.dumps(merged, default=_plain)))
    return complete


def _plain(value: Any) -> Any:
    """NumPy's numbers and arrays, tuples' kin and paths as what JSON has."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a setting cannot be of type {type(value).__name__}")
