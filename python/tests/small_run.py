"""Small run directories as docs/run-directory.md describes them, written by the tests themselves."""

import contextlib
import csv
import io
import json
import sys
from unittest import mock

import numpy as np
import tifffile

MEASURES = (
    "iou_error volume_error surface_error roughness_error roughness_error_paper dice betti0_error "
    "betti1_error betti2_error wasserstein0 wasserstein1 wasserstein2"
).split()
LOSSES = "loss dice cross_entropy topological".split()


def ball(radius, size=16):
    """A soft ball: 1 inside, 0 outside, the surface in between."""
    z, y, x = np.mgrid[0:size, 0:size, 0:size] - (size - 1) / 2
    return np.clip(radius - np.sqrt(z**2 + y**2 + x**2) + 0.5, 0, 1).astype(np.float32)


def write_scores(path, rows, measures=MEASURES):
    """rows: (name, class, values)."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["name", "class", *measures])
        for name, kind, values in rows:
            table.writerow(
                [name, kind, *["nan" if value != value else repr(float(value)) for value in values]]
            )


def write_log(path, epochs=3, adversarial=0):
    columns = [f"{part}_{loss}" for part in ("train", "val") for loss in LOSSES]
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(
            ["stage", "epoch", "rate", *columns, "train_adversarial", "train_discriminator", "is_best"]
        )
        for number in range(epochs + adversarial):
            late = number >= epochs
            losses = [1 / (number + 1 + place) for place in range(len(columns))]
            stage = ["adversarial", number - epochs] if late else ["supervised", number]
            best = "true" if number in (0, 1) else "false"
            table.writerow([*stage, 0.001, *losses, 0.7 * late, 0.6 * late, best])


def write_fold(folder, rows, *, epochs=3, adversarial=0, predictions=True):
    """A finished fold. Names that no file can have get no prediction."""
    (folder / "predictions").mkdir(parents=True)
    write_log(folder / "log.csv", epochs, adversarial)
    write_scores(folder / "scores.csv", rows)
    for place, (name, _, _) in enumerate(rows):
        if predictions and name and "/" not in name and len(name.encode()) < 250:
            volume = ball(4 + place % 3)
            tifffile.imwrite(folder / "predictions" / f"{name}.tif", volume, photometric="minisblack")


def write_data(folder, names):
    """The true shapes with images and masks."""
    for part in ("image", "mask", "obj"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for name in names:
        volume = (ball(5) * 255).astype(np.uint8)
        for part, array in (
            ("image", volume[8]),
            ("mask", (volume[8] > 127) * np.uint8(255)),
            ("obj", volume),
        ):
            tifffile.imwrite(folder / part / f"{name}.tif", array, photometric="minisblack")


def write_run(path, rows, *, settings=None, data=None, **options):
    """A finished run of one fold."""
    write_fold(path / "fold-0", rows, **options)
    (path / "scores.csv").write_bytes((path / "fold-0" / "scores.csv").read_bytes())
    names = [name for name, _, _ in rows]
    split = {"fold-0": {"train": ["t1", "t2"], "val": ["v"], "test": names}}
    (path / "split.json").write_text(json.dumps(split))
    chosen = {"epochs": 3, "topological_dimensions": [2], "topological_resolution": 8, **(settings or {})}
    if data is not None:
        chosen["data"] = str(data)
    (path / "settings.json").write_text(json.dumps(chosen))
    return path


def some_rows(count, seed=0, classes=("round", "flat"), shift=0.0):
    """Made-up scores between 0 and 1; cells of class round are better."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        kind = classes[number % len(classes)]
        values = rng.random(len(MEASURES)) * (0.5 if kind == "round" else 1) + shift
        rows.append((f"{kind}{number:06}", kind, values))
    return rows


def run_command(main, arguments, code):
    """Run a command in this process and check its exit code; its standard output and standard error."""
    output, error = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", ["command", *map(str, arguments)]),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(error),
    ):
        found = main()
    assert found == code, error.getvalue()
    return output.getvalue(), error.getvalue()
