"""Packages that tests may lack: PyTorch, JAX, scikit-learn."""

import importlib
import os

import pytest


def optional(name):
    """The module `name`. Where it is missing the test file is skipped, unless REQUIRE_TORCH=1."""
    try:
        return importlib.import_module(name)
    except ImportError:
        if os.environ.get("REQUIRE_TORCH") == "1":
            raise
    # The same words for all, so that pytest sums them up in one line.
    reason = "PyTorch, JAX or scikit-learn is missing; `WITH_TORCH=1 make test` installs them"
    pytest.skip(reason, allow_module_level=True)
