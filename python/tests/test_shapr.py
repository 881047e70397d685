"""The trainer from Python: arrays, records, checkpoints, errors; every wrong input is one typed error,
and the next call is right."""

import gc
import json
import pickle
import sys
import weakref

import numpy as np
import pytest
from shapr_cells import SETTINGS, cells

import topoloss_swift
from topoloss_swift.shapr import Shapr, compare, cross_validate

IMAGES, MASKS, OBJECTS = CELLS = cells()


@pytest.fixture(scope="module")
def fitted():
    return Shapr(SETTINGS, adversarial_epochs=1).fit(*CELLS)


def same(first, second):
    """Whether two trainings ended with the same bits."""
    return first.history == second.history and np.array_equal(
        first.predict(IMAGES, MASKS), second.predict(IMAGES, MASKS)
    )


def test_what_a_training_leaves_behind(fitted):
    assert [(row["stage"], row["epoch"]) for row in fitted.history] == [
        ("supervised", 0), ("supervised", 1), ("adversarial", 0),
    ]  # fmt: skip
    for row in fitted.history:
        geometric = row["train_dice"] + row["train_cross_entropy"] / 2
        assert row["train_loss"] == geometric + row["train_topological"]
        assert (row["train_discriminator"] > 0) == (row["stage"] == "adversarial")
    volumes = fitted.predict(IMAGES, MASKS)
    assert volumes.shape == OBJECTS.shape and volumes.dtype == np.float32
    assert 0 < volumes.min() < volumes.max() < 1
    assert "3 epochs" in repr(fitted)


def test_training_lowers_the_loss():
    model = Shapr(SETTINGS, epochs=20, learning_rate=0.01).fit(*CELLS)
    assert model.history[-1]["train_loss"] < 0.9 * model.history[0]["train_loss"]


def test_callbacks_get_the_lines_of_the_history():
    epochs, steps = [], []
    model = Shapr(SETTINGS).fit(*CELLS, on_epoch=epochs.append, on_step=steps.append)
    assert epochs == model.history
    assert [(row["epoch"], row["step"], row["steps"]) for row in steps] == [
        (epoch, step, 3) for epoch in range(2) for step in (1, 2, 3)
    ]
    # A record is what a tracker takes: text, flags and numbers, no nesting.
    assert all(isinstance(value, (str, bool, int, float)) for value in epochs[0].values())


def test_predicting_inside_a_callback_uses_the_best_weights_so_far():
    found = []
    model = Shapr(SETTINGS)
    model.fit(*CELLS, on_epoch=lambda row: found.append((row["is_best"], model.predict(IMAGES, MASKS))))
    best = [volumes for is_best, volumes in found if is_best][-1]
    assert np.array_equal(best, model.predict(IMAGES, MASKS))


def test_threads_do_not_change_a_bit():
    models = [Shapr(SETTINGS, threads=threads, adversarial_epochs=1).fit(*CELLS) for threads in (1, 2, 3)]
    assert same(models[0], models[1]) and same(models[0], models[2])


def test_layout_and_type_do_not_change_a_bit():
    plain = Shapr(SETTINGS).fit(*CELLS)
    reversed_slices = OBJECTS[:, ::-1].copy()[:, ::-1]
    strided = (IMAGES.repeat(2, axis=2)[:, :, ::2], np.asfortranarray(MASKS), reversed_slices)
    assert same(plain, Shapr(SETTINGS).fit(*strided))
    swapped = (IMAGES / np.float32(255)).astype(">f4"), MASKS, OBJECTS / np.float32(255)
    assert same(plain, Shapr(SETTINGS).fit(*swapped))


def test_nothing_is_copied_and_nothing_is_kept():
    images, masks, objects = cells(seed=1)
    before = [sys.getrefcount(array) for array in (images, masks, objects)]
    model = Shapr(SETTINGS, epochs=1)
    during = []
    model.fit(images, masks, objects, on_epoch=lambda row: during.append(sys.getrefcount(objects)))
    assert during[0] > before[2]
    assert [sys.getrefcount(array) for array in (images, masks, objects)] == before
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


def test_validation_can_be_a_share_indices_or_arrays():
    def check(validation, arrays=CELLS):
        return Shapr(SETTINGS, epochs=1).fit(*arrays, validation=validation)

    by_index = check([6, 7])
    assert same(by_index, check(np.array([6, 7])))
    assert same(by_index, check(tuple(a[6:] for a in CELLS), tuple(a[:6] for a in CELLS)))
    assert same(check(0.25), check(0.25))
    for wrong in (0, 1.0, -0.5, [8], [1, 1], [-1], list(range(8)), []):
        with pytest.raises(ValueError):
            check(wrong)
    for wrong in ("all", None, [1.5]):
        with pytest.raises(TypeError):
            check(wrong)


def test_a_model_comes_back_from_its_file(fitted, tmp_path):
    fitted.save(tmp_path / "model.safetensors")
    loaded = Shapr.load(tmp_path / "model.safetensors")
    assert np.array_equal(loaded.predict(IMAGES, MASKS), fitted.predict(IMAGES, MASKS))
    assert {**loaded.settings, "threads": 2} == fitted.settings
    loaded.save(tmp_path / "again.safetensors")
    files = [(tmp_path / name).read_bytes() for name in ("model.safetensors", "again.safetensors")]
    assert files[0] == files[1]


@pytest.mark.parametrize("stage", ["supervised", "adversarial"])
def test_a_training_goes_on_to_the_same_bits(tmp_path, stage):
    whole = Shapr(SETTINGS, adversarial_epochs=2).fit(*CELLS)
    path = tmp_path / "state.safetensors"

    class Enough(Exception):
        pass

    def stop(row):
        if row["stage"] == stage and row["epoch"] == 0:
            raise Enough(row)

    broken = Shapr(SETTINGS, adversarial_epochs=2)
    with pytest.raises(Enough):
        broken.fit(*CELLS, on_epoch=stop, checkpoint=path)
    assert len(broken.history) < len(whole.history)
    broken.predict(IMAGES, MASKS)
    with pytest.raises(FileExistsError):
        broken.fit(*CELLS, checkpoint=path)
    rest = []
    resumed = Shapr(SETTINGS, adversarial_epochs=2, threads=1)
    resumed.fit(*CELLS, checkpoint=path, resume=True, on_epoch=rest.append)
    assert same(whole, resumed)
    assert rest == whole.history[len(broken.history) :]


def test_an_exception_in_a_step_comes_out():
    def fail(row):
        raise KeyError(row["step"])

    model = Shapr(SETTINGS)
    with pytest.raises(KeyError, match="1"):
        model.fit(*CELLS, on_step=fail)
    assert same(model.fit(*CELLS), Shapr(SETTINGS).fit(*CELLS))


def test_checkpoints_that_do_not_fit_are_refused(tmp_path):
    path = tmp_path / "state"
    Shapr(SETTINGS).fit(*CELLS, checkpoint=path)
    with pytest.raises(topoloss_swift.FormatError, match="other settings"):
        Shapr(SETTINGS, epochs=3).fit(*CELLS, checkpoint=path, resume=True)
    with pytest.raises(topoloss_swift.FormatError, match="another split"):
        Shapr(SETTINGS).fit(*CELLS, checkpoint=path, resume=True, validation=[0])
    damaged = bytearray(path.read_bytes())
    damaged[-1] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(topoloss_swift.CorruptError):
        Shapr(SETTINGS).fit(*CELLS, checkpoint=path, resume=True)
    with pytest.raises(ValueError, match="say which"):
        Shapr(SETTINGS).fit(*CELLS, resume=True)


def test_files_that_cannot_be_read_or_written(fitted, tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        Shapr.load(tmp_path / "nothing")
    assert caught.value.errno == 2
    (tmp_path / "noise").write_bytes(b"12345678 no safetensors")
    with pytest.raises(topoloss_swift.FormatError):
        Shapr.load(tmp_path / "noise")
    with pytest.raises(OSError, match="nowhere"):
        fitted.save(tmp_path / "nowhere" / "model")


def test_settings_are_checked_and_complete(tmp_path):
    with pytest.raises(topoloss_swift.ConfigError, match=r"^1:\d+: .*did you mean epochs\?"):
        Shapr(epoch=3)
    with pytest.raises(topoloss_swift.ConfigError, match="whole number"):
        Shapr({"batch_size": 0})
    file = tmp_path / "settings.json"
    file.write_text('{\n  "epochs": 3,\n  "order": "two"\n}')
    with pytest.raises(topoloss_swift.ConfigError, match="^3:12"):
        Shapr(file)
    file.write_text('{"_comment": "quick", "epochs": 3, "preset": "reference"}')
    chosen = Shapr(file, batch_size=np.int64(4)).settings
    assert (chosen["epochs"], chosen["batch_size"], chosen["filtration"]) == (3, 4, "sublevel")
    assert Shapr(chosen).settings == chosen
    assert json.loads(json.dumps(chosen)) == chosen


WRONG_CELLS = [
    (ValueError, "masks: no value is above 1", lambda i, m, o: (i, m.astype(np.uint8), o)),
    (ValueError, "flat index 260", lambda i, m, o: (with_value(i / 255, 260, 1.5), m, o)),
    (ValueError, "objects: .* flat index 7 is nan", lambda i, m, o: (i, m, with_value(o / 255, 7, np.nan))),
    (ValueError, "inf", lambda i, m, o: (with_value(i / 255, 0, np.inf), m, o)),
    (ValueError, "multiples of 4", lambda i, m, o: (i[:, :15], m[:, :15], o[:, :, :15])),
    (ValueError, "64, 16, 16", lambda i, m, o: (i, m, o[:, :32])),
    (ValueError, "of 7 cells", lambda i, m, o: (i, m[:7], o)),
    (ValueError, "axes", lambda i, m, o: (i[0], m, o)),
    (ValueError, "axes", lambda i, m, o: (i, m, o[:, None])),
    (ValueError, "size 0", lambda i, m, o: (i[:0], m[:0], o[:0])),
    (TypeError, "which value", lambda i, m, o: (i.astype(np.int32), m, o)),
    (TypeError, "complex|format", lambda i, m, o: (i.astype(complex), m, o)),
    (TypeError, "buffer protocol", lambda i, m, o: (i.tolist(), m, o)),
]


def with_value(array, place, value):
    array.flat[place] = value
    return array


@pytest.mark.parametrize("error, message, change", WRONG_CELLS)
def test_wrong_cells_are_refused(fitted, error, message, change):
    with pytest.raises(error, match=message):
        Shapr(SETTINGS).fit(*change(*CELLS), validation=[1])
    assert fitted.predict(IMAGES, MASKS).shape == OBJECTS.shape


def test_other_wrong_calls(fitted):
    with pytest.raises(MemoryError, match="bytes"):
        Shapr(SETTINGS).fit(*CELLS, max_memory=1 << 20)
    with pytest.raises(ValueError, match="max_memory"):
        Shapr(SETTINGS).fit(*CELLS, max_memory=-1)
    with pytest.raises(ValueError, match="fold 7"):
        cross_validate(*CELLS, settings=SETTINGS, fold=7)
    with pytest.raises(ValueError, match="names"):
        Shapr(SETTINGS).fit(*CELLS, names=["one"])
    with pytest.raises(ValueError, match="multiples of 16"):
        Shapr(SETTINGS, adversarial_epochs=1).fit(IMAGES[:, :8], MASKS[:, :8], OBJECTS[:, :, :8])
    with pytest.raises(RuntimeError, match="fit"):
        Shapr(SETTINGS).predict(IMAGES, MASKS)
    with pytest.raises(RuntimeError, match="fit"):
        Shapr(SETTINGS).save("nothing")
    with pytest.raises(ValueError, match="same shape"):
        fitted.score(OBJECTS[:, :32], OBJECTS)
    with pytest.raises(TypeError):
        pickle.dumps(fitted)


def test_arrays_that_are_spoilt_meanwhile_end_the_training():
    objects = OBJECTS / np.float32(255)

    def spoil(row):
        objects[:] = np.nan

    with pytest.raises(ValueError, match="objects: .* is nan"):
        Shapr(SETTINGS).fit(IMAGES, MASKS, objects, on_epoch=spoil)


def test_evaluation_is_exact_where_it_is_known(fitted):
    truth = OBJECTS > 127
    perfect = fitted.score(truth.astype(np.float32), truth)
    for name, values in perfect.items():
        assert values.shape == (8,)
        assert np.all(values == (1 if name == "dice" else 0)), name
    # Half of a block: intersection over union 1/2, half of the volume.
    block = np.zeros((1, 64, 16, 16), np.float32)
    block[:, 24:40, 4:12, 4:12] = 1
    half = block.copy()
    half[:, 32:] = 0
    scores = fitted.score(half, block)
    assert scores["iou_error"][0] == 0.5 and scores["volume_error"][0] == 0.5
    assert scores["dice"][0] == pytest.approx(2 / 3, rel=1e-15)


def test_cross_validation_tests_every_cell_once():
    folds = []
    names = [f"{kind}{i}" for kind in "ab" for i in range(4)]
    scores = cross_validate(
        *CELLS, names, settings=SETTINGS, folds=4, epochs=1, on_fold=lambda k, model: folds.append((k, model))
    )
    assert [k for k, _ in folds] == [0, 1, 2, 3]
    assert scores["class"] == ["a"] * 4 + ["b"] * 4
    # Classes are spread evenly, and each score is that of its fold's model.
    for k, model in folds:
        cells_of_fold = np.flatnonzero(scores["fold"] == k)
        assert sorted(scores["class"][i] for i in cells_of_fold) == ["a", "b"]
        found = model.evaluate(*(array[cells_of_fold] for array in CELLS))
        for name, values in found.items():
            np.testing.assert_array_equal(values, scores[name][cells_of_fold])
    with pytest.raises(ValueError, match="folds"):
        cross_validate(*CELLS, settings=SETTINGS, folds=9)


def test_comparison(tmp_path):
    rng = np.random.default_rng(5)
    first = {"name": [f"c{i}" for i in range(20)], "iou_error": rng.random(20)}
    second = {"name": first["name"][::-1], "iou_error": first["iou_error"][::-1] - rng.uniform(0.1, 0.2, 20)}
    (row, of_class) = compare(first, second, format="rows")
    assert (row["error"], row["pairs"], row["class"], of_class["class"]) == ("iou_error", 20, "", "c")
    differences = second["iou_error"][::-1] - first["iou_error"]
    assert row["median_difference"] == pytest.approx(np.median(differences), rel=1e-12)
    # All 20 differences have one sign: 2 / 2^20 of the sign vectors are as extreme.
    assert row["p"] == pytest.approx(2**-19, rel=1e-12)
    assert "| 1 - IoU" in compare(first, second, format="markdown", title="mine")
    with pytest.raises(topoloss_swift.FormatError, match="in common"):
        compare(first, {**second, "name": [f"d{i}" for i in range(20)]})
    with pytest.raises(ValueError, match="none of the measures"):
        compare({"loss": [1.0]}, second)
    (tmp_path / "scores.csv").write_text("name;class\n")
    with pytest.raises(topoloss_swift.FormatError):
        compare(tmp_path, second)
