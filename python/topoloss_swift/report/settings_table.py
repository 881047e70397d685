"""The settings of a run; those that differ from the defaults stand out."""

import json
from typing import Any

from .markup import Markup, element
from .tables import row, table

# Name, default, meaning: those of `shapr train --help`. (docs/decisions/0013-settings.md)
SETTINGS: tuple[tuple[str, Any, str], ...] = (
    ("data", None, "folder with image/, mask/ and obj/"),
    ("output", None, "run directory"),
    ("split", None, "file with the lists train, val and test; no folds then"),
    ("folds", 5, "parts of the cross-validation"),
    ("fold", None, "the one fold that is run; all without it"),
    ("seeds", [0], "one run each: weights, order and augmentation follow from it"),
    ("threads", 0, "0: as many as there are processors"),
    ("epochs", 100, "passes through the training cells, at most"),
    ("batch_size", 6, "cells per step"),
    ("learning_rate", 1e-3, "rate of Adam"),
    ("schedule", "constant", "how the rate changes"),
    ("early_stopping_patience", 15, "epochs without a better validation loss that end the training"),
    ("largest_gradient_norm", None, "longer gradients are cut to this length"),
    ("weight_decay", 0.0, "added to each gradient, times the weight"),
    ("augmentation", "paper", "paper: flips and a quarter turn, each with probability 0.33"),
    ("checkpoint_steps", None, "a checkpoint after so many steps, too"),
    ("cross_entropy", "ordinary", "swapped_arguments: as the published code has it"),
    ("dice", "batch", "over the whole batch, or the mean of the cells' own"),
    ("topological_weight", 0.1, "lambda; 0 trains without the topological loss"),
    ("topological_resolution", 16, "voxels per axis that volumes are resampled to for L_T"),
    ("topological_dimensions", [2], "which of 0 (components), 1 (tunnels), 2 (cavities) count"),
    ("filtration", "superlevel", "from bright to dark, or from dark to bright"),
    ("construction", "T", "T: voxels touch through corners; V: through faces"),
    ("total_persistence", True, "whether that of the prediction is added"),
    ("order", 2.0, "p of the Wasserstein distance"),
    ("essential_classes", "extreme", "what becomes of features that never end"),
    ("dimension_reduction", "sum", "root: as the published code combines dimensions"),
    ("adversarial_epochs", 0, "epochs with a discriminator after the supervised ones, at most"),
    ("adversarial_learning_rate", 1e-4, "rate of both Adams there"),
    ("decoder", "slice", "slice: kernels (1,3,3); volumetric: kernels (3,3,3)"),
    ("base_filters", 10, "channels of the first layer"),
)
# What says where a run is and not what it does has no default to differ from.
PLACES = frozenset({"data", "output"})


def settings_table(settings: dict[str, Any], baseline: dict[str, Any] | None) -> Markup:
    """All settings, with the baseline's where there is one."""
    defaults = {name: (default, meaning) for name, default, meaning in SETTINGS}
    names = [name for name in defaults if name in settings]
    names += [name for name in settings if name not in defaults]
    rows = []
    for name in names:
        default, meaning = defaults.get(name, (settings[name], ""))
        changed = name not in PLACES and settings[name] != default
        others = []
        if baseline is not None:
            differs = name not in PLACES and baseline.get(name, default) != settings[name]
            others = [element("span", _text(baseline.get(name)), class_="differs" if differs else None)]
        usual = "" if name in PLACES else _text(default)
        cells = [_text(settings[name]), *others, usual, element("span", meaning, class_="meaning")]
        rows.append(row(element("code", name), *cells, kind="changed" if changed else None))
    header = ["setting", "this run", *(["baseline"] if baseline is not None else []), "default", ""]
    return table(header, rows, kind="settings")


def _text(value: Any) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)[:300]
