"""Python and the program `shapr` compute the same bits: weights, logs, predictions, scores, folds, tables;
and each goes on from the other's checkpoints.

The program is looked for in .build-shapr/release (`make shapr`), or where SHAPR says."""

import csv
import filecmp
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import topoloss_swift
from topoloss_swift.shapr import Shapr, compare, cross_validate, read_folder, train

PROGRAM = os.environ.get("SHAPR", str(Path(__file__).parents[2] / ".build-shapr/release/shapr"))
tifffile = pytest.importorskip("tifffile", reason="tifffile is not installed: SKIPPED")
if not os.access(PROGRAM, os.X_OK):
    pytest.skip(f"there is no program {PROGRAM}: `make shapr` builds it", allow_module_level=True)

SETTINGS = {
    "base_filters": 2, "epochs": 2, "adversarial_epochs": 1, "batch_size": 3, "topological_resolution": 8,
    "folds": 3, "threads": 2,
}  # fmt: skip


def shapr(*arguments):
    flags = [str(argument) for argument in arguments]
    return subprocess.run([PROGRAM, *flags], check=True, capture_output=True, text=True, timeout=600).stdout


def flags(settings):
    return [text for name, value in settings.items() for text in (f"--{name.replace('_', '-')}", str(value))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Made-up cells, and a run of the program on their split."""
    folder = tmp_path_factory.mktemp("program")
    shapr("synthesize", "--output", folder / "cells", "--count", 12)
    names = sorted(path.stem for path in (folder / "cells/image").iterdir())
    split = {"train": names[:7], "val": names[7:9], "test": names[9:]}
    (folder / "cells/split.json").write_text(json.dumps(split))
    data = ("--data", folder / "cells", "--split", folder / "cells/split.json")
    shapr("train", *data, "--output", folder / "run", *flags(SETTINGS))
    return folder


def test_weights_log_predictions_and_scores(folder, tmp_path):
    model = train(folder / "cells", SETTINGS)
    run = folder / "run/fold-0"
    model.save(tmp_path / "model.safetensors")
    assert filecmp.cmp(tmp_path / "model.safetensors", run / "best.safetensors", shallow=False)
    log = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert model.history == log

    cells = read_folder(folder / "cells")
    test = slice(9, None)
    volumes = model.predict(cells.images[test], cells.masks[test])
    for name, volume in zip(cells.names[test], volumes):
        np.testing.assert_array_equal(volume, tifffile.imread(run / f"predictions/{name}.tif"))
    with open(run / "scores.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    scores = model.evaluate(cells.images[test], cells.masks[test], cells.objects[test])
    assert [row["name"] for row in rows] == cells.names[test]
    for name, values in scores.items():
        np.testing.assert_array_equal(values, [float(row[name]) for row in rows])
    loaded = Shapr.load(run / "best.safetensors")
    np.testing.assert_array_equal(loaded.predict(cells.images[test], cells.masks[test]), volumes)


def test_each_goes_on_from_the_others_checkpoint(folder, tmp_path):
    checkpoints = sorted((folder / "run/fold-0/checkpoints").iterdir())
    whole = (folder / "run/fold-0/log.jsonl").read_text()
    # The program's last but one is before the end of the adversarial epoch.
    shutil.copy(checkpoints[0], tmp_path / "state")
    resumed = train(folder / "cells", SETTINGS, checkpoint=tmp_path / "state", resume=True)
    assert resumed.history == [json.loads(line) for line in whole.splitlines()]

    class Enough(Exception):
        pass

    def stop(row):
        raise Enough

    with pytest.raises(Enough):
        train(folder / "cells", SETTINGS, checkpoint=tmp_path / "first", on_epoch=stop)
    (tmp_path / "run/fold-0/checkpoints").mkdir(parents=True)
    shutil.copy(tmp_path / "first", tmp_path / "run/fold-0/checkpoints/ckpt-000000003.safetensors")
    data = ("--data", folder / "cells", "--split", folder / "cells/split.json")
    shapr("train", *data, "--output", tmp_path / "run", "--resume", *flags(SETTINGS))
    assert (tmp_path / "run/fold-0/log.jsonl").read_text() == whole
    best = "fold-0/best.safetensors"
    assert filecmp.cmp(tmp_path / "run" / best, folder / "run" / best, shallow=False)


def test_folds_scores_and_the_table(folder, tmp_path):
    settings = {**SETTINGS, "epochs": 1, "adversarial_epochs": 0}
    shapr("train", "--data", folder / "cells", "--output", tmp_path / "cv", *flags(settings))
    scores = cross_validate(*read_folder(folder / "cells"), settings=settings)
    splits = json.loads((tmp_path / "cv/split.json").read_text())
    for fold in range(3):
        names = [name for name, part in zip(scores["name"], scores["fold"]) if part == fold]
        assert splits[f"fold-{fold}"]["test"] == names
    with open(tmp_path / "cv/scores.csv", newline="") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    for place, name in enumerate(scores["name"]):
        assert rows[name]["class"] == scores["class"][place]
        for measure in ("iou_error", "volume_error", "wasserstein2"):
            assert float(rows[name][measure]) == scores[measure][place]
    settings["topological_weight"] = 0
    shapr("train", "--data", folder / "cells", "--output", tmp_path / "without", *flags(settings))
    for form in ("text", "csv", "markdown"):
        table = shapr("compare", tmp_path / "without", tmp_path / "cv", "--format", form)
        found = compare(tmp_path / "without", scores, format=form)
        assert found.replace("\r\n", "\n") == table


def test_folders_that_are_not_right(folder, tmp_path):
    with pytest.raises(FileNotFoundError):
        read_folder(tmp_path)
    shutil.copytree(folder / "cells", tmp_path / "cells")
    (first, second) = sorted((tmp_path / "cells/mask").iterdir())[:2]
    content = tifffile.imread(first)
    np.save(first.with_suffix(".npy"), content)
    with pytest.raises(topoloss_swift.FormatError, match="two files"):
        read_folder(tmp_path / "cells")
    first.unlink()
    assert np.array_equal(read_folder(tmp_path / "cells").masks[0], content)
    np.save(first.with_suffix(".npy"), content.astype(np.uint16))
    with pytest.raises(topoloss_swift.FormatError, match="uint16"):
        read_folder(tmp_path / "cells")
    first.with_suffix(".npy").unlink()
    with pytest.raises(topoloss_swift.FormatError, match=first.stem):
        read_folder(tmp_path / "cells")
    split = tmp_path / "split.json"
    split.write_text(json.dumps({"train": ["nobody"], "val": [second.stem]}))
    with pytest.raises(topoloss_swift.FormatError, match="nobody"):
        train(folder / "cells", SETTINGS, split=split)
