"""Packages that tests may lack: PyTorch, JAX, scikit-learn, scikit-image."""

import importlib
import os

import pytest

# The same words for all of a kind, so that pytest sums them up in one line.
_LARGE = "PyTorch, JAX or scikit-learn is missing; `WITH_TORCH=1 make test` installs them"
_REASONS = {"skimage": "scikit-image is missing; `make test` installs it"}


def optional(name):
    """The module `name`. Where it is missing the test file is skipped, unless REQUIRE_TORCH=1."""
    try:
        return importlib.import_module(name)
    except ImportError:
        if os.environ.get("REQUIRE_TORCH") == "1":
            raise
    pytest.skip(_REASONS.get(name, _LARGE), allow_module_level=True)
