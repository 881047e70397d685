"""The numbers of a report: those of shapr, of scipy, and of sums written out."""

import csv
import io
import itertools
import json
import math

import numpy as np
import pytest
from optional import optional

optional("skimage")

from shapr_program import needs_shapr, shapr  # noqa: E402
from small_run import MEASURES, some_rows, write_run, write_scores  # noqa: E402
from topoloss_swift.report import cells, choice, comparison, matching, numbers, run_folder  # noqa: E402
from topoloss_swift.report.failure import Failure  # noqa: E402
from topoloss_swift.report.settings_table import PLACES, SETTINGS  # noqa: E402
from topoloss_swift.report.summaries import summary  # noqa: E402
from topoloss_swift.report.volumes import read_volume  # noqa: E402


def near(one, other):
    """Equal up to rounding of sums in another order."""
    both = float(one), float(other)
    return all(map(math.isnan, both)) or math.isclose(*both, rel_tol=1e-9, abs_tol=1e-12)


def troubled_rows(count, seed):
    """Scores with ties, with cells without a value, with pairs that do not differ."""
    rng = np.random.default_rng(seed)
    kinds = ["plain", "a<b", "c,d"][: 1 + seed % 3]
    rows = []
    for number in range(count):
        values = rng.integers(0, 6, len(MEASURES)) / 4 if seed % 2 else rng.random(len(MEASURES))
        values[rng.random(len(MEASURES)) < 0.1] = np.nan
        rows.append((f"cell{number}", kinds[number % len(kinds)], values))
    return rows


@needs_shapr
@pytest.mark.parametrize("count", [1, 13, 14, 51])
@pytest.mark.parametrize("seed", range(2))
def test_comparison_is_that_of_shapr(tmp_path, count, seed):
    before, after = troubled_rows(count, seed), troubled_rows(count, seed + 100)
    after = [(name, kind, values) for (name, _, values), (_, kind, _) in zip(after, before)]
    after.append(("only here", "x", before[0][2]))
    for name, rows in (("before", before), ("after", after)):
        (tmp_path / name).mkdir()
        write_scores(tmp_path / name / "scores.csv", rows)
    theirs = shapr("compare", "before", "after", "--format", "csv", cwd=tmp_path)
    rows = {(row["class"], row["error"]): row for row in csv.DictReader(io.StringIO(theirs))}
    pairs = comparison.pairs(*(read(tmp_path / name) for name in ("before", "after")))
    for ours in comparison.compared(pairs):
        row = rows["", ours.measure.key]
        expected = {
            "pairs": ours.baseline.count,
            "excluded": ours.excluded,
            "baseline_median": ours.baseline.median,
            "baseline_mean": ours.baseline.mean,
            "baseline_sd": ours.baseline.sd,
            "candidate_median": ours.candidate.median,
            "candidate_mean": ours.candidate.mean,
            "candidate_sd": ours.candidate.sd,
            "change_of_median": ours.change_of_median,
            "change_of_mean": ours.change_of_mean,
            "median_difference": ours.median_difference,
            "p": ours.p,
            "rank_biserial": ours.rank_biserial,
            "cohens_d_z": ours.cohens_d,
        }
        for column, value in expected.items():
            assert near(row[column], value), (ours.measure.key, column, row[column], value)
    for kind in {pair[0].class_name for pair in pairs}:
        for ours in comparison.compared([pair for pair in pairs if pair[0].class_name == kind]):
            row = rows[kind, ours.measure.key]
            for column, value in (
                ("baseline_median", ours.baseline.median),
                ("candidate_mean", ours.candidate.mean),
                ("change_of_median", ours.change_of_median),
                ("change_of_mean", ours.change_of_mean),
            ):
                assert near(row[column], value), (kind, ours.measure.key, column)


def read(folder):
    """The scores of a folder that is no fold."""
    from topoloss_swift.report.scores import read_scores

    return read_scores(folder, None)


@needs_shapr
def test_statistics_are_those_of_shapr(tmp_path):
    run = write_run(tmp_path / "run", troubled_rows(23, 2), predictions=False)
    (run / "scores.csv").unlink()
    shapr("merge", run)
    theirs = json.loads((run / "summary.json").read_text())
    scores = run_folder.read_run(run).scores
    for kind, expected in [(None, theirs["all"]), *theirs["classes"].items()]:
        for key, numbers_of in expected.items():
            found = summary([one.values[key] for one in scores if kind in (None, one.class_name)])
            assert (found.count, found.excluded) == (numbers_of["cells"], numbers_of["excluded"])
            for name in ("median", "mean", "sd"):
                other = numbers_of[name]
                assert near(getattr(found, name), math.nan if other is None else other), (kind, key, name)


@pytest.mark.parametrize("differences", [[1, -2, 3, 4, 5], [0.5, 0.25, -0.125, 1, 2, 4, 8, -3]])
def test_p_value_counts_the_signs(differences):
    """Of all signs of the differences, the share whose rank sum is as far from the middle."""
    ranks = np.argsort(np.argsort(np.abs(differences))) + 1
    middle = ranks.sum() / 2
    far = abs(ranks[np.array(differences) > 0].sum() - middle)
    sums = [np.dot(signs, ranks) for signs in itertools.product([0, 1], repeat=len(ranks))]
    expected = np.mean([abs(one - middle) >= far for one in sums])
    assert comparison._p_value(np.array(differences, dtype=float)) == pytest.approx(expected, abs=1e-12)


def test_runs_that_cannot_be_compared(tmp_path):
    one = read_rows(tmp_path / "one", [("a", "", np.zeros(12))])
    other = read_rows(tmp_path / "other", [("b", "", np.zeros(12))])
    twice = read_rows(tmp_path / "twice", [("a", "", np.zeros(12)), ("a", "", np.ones(12))])
    for before, after, words in ((one, other, "no cell in common"), (one, twice, "stands twice")):
        with pytest.raises(Failure, match=words) as caught:
            comparison.pairs(before, after)
        assert caught.value.code == 65


def read_rows(folder, rows):
    folder.mkdir()
    write_scores(folder / "scores.csv", rows)
    return read(folder)


def test_best_median_and_worst_are_shown(tmp_path):
    rows = some_rows(41)
    scores = read_rows(tmp_path / "run", rows)
    for count in (0, 1, 2, 3, 9, 40, 41, 100):
        shown = choice.chosen(scores, count)
        assert len(shown) == min(count, 41)
        assert len({score.name for score, _ in shown}) == len(shown)
        errors = [score.values["iou_error"] for score, _ in shown]
        assert errors == sorted(errors)
        if count >= 3:
            assert errors[0] == min(values[0] for _, _, values in rows)
            assert errors[-1] == max(values[0] for _, _, values in rows)
            (middle,) = [score.values["iou_error"] for score, reason in shown if reason == "median"]
            assert middle == np.median([values[0] for _, _, values in rows])
        if count >= 9:
            assert {score.class_name for score, _ in shown} == {"round", "flat"}


def test_cells_without_a_value_come_last(tmp_path):
    values = np.full((4, 12), [0.5] * 12)
    values[1, 0], values[2, 0] = np.nan, 0.1
    scores = read_rows(tmp_path / "run", [(f"c{k}", "", row) for k, row in enumerate(values)])
    assert [score.name for score in choice.ranked(scores)] == ["c2", "c0", "c3", "c1"]


@pytest.mark.parametrize(
    "value, text",
    [
        (0.53, "0.53"),
        (9.14e-4, "9.1e−4"),
        (9.96e-4, "1.0e−3"),
        (1.2e-47, "1.2e−47"),
        (0.0, "0"),
        (1.0, "1.00"),
    ],
)
def test_probabilities_as_the_paper_has_them(value, text):
    assert numbers.probability(value) == text


def test_signs_and_dashes():
    assert numbers.fixed(-0.00001) == "0.000" and numbers.fixed(-0.5) == "−0.500"
    assert numbers.fixed(math.nan) == "–" and numbers.change(math.inf) == "–"
    assert [numbers.change(one) for one in (-0.27, 0.031, 0.004)] == ["−27 %", "+3 %", "0 %"]


@pytest.fixture(scope="module")
def real_run(tmp_path_factory):
    """A run of the program itself: one epoch of a small network on made-up cells."""
    folder = tmp_path_factory.mktemp("real")
    shapr("synthesize", "--output", "cells", "--count", "20", cwd=folder)
    options = ["--epochs", "1", "--base-filters", "1", "--fold", "0"]
    shapr("train", "--data", "cells", "--output", "run", *options, cwd=folder)
    return folder / "run"


@needs_shapr
def test_defaults_are_those_of_the_program(real_run):
    settings = json.loads((real_run / "settings.json").read_text())
    given = {"epochs": 1, "base_filters": 1, "fold": 0}
    assert {name: settings[name] for name in given} == given
    defaults = {name: default for name, default, _ in SETTINGS}
    assert list(settings) == [name for name in settings if name in defaults] and len(settings) == len(
        defaults
    )
    assert {name: settings[name] for name in settings if name not in given and name not in PLACES} == {
        name: default for name, default in defaults.items() if name not in given and name not in PLACES
    }


@needs_shapr
@pytest.mark.parametrize("essential_classes", ["extreme", "ignored"])
def test_matching_has_the_distance_of_the_scores(real_run, essential_classes):
    """What is drawn is what was scored: W_2 at the resolution of the loss, in each dimension."""
    run = run_folder.read_run(real_run)
    settings = {**run.settings, "topological_dimensions": [0, 1, 2], "essential_classes": essential_classes}
    options = matching.LossOptions.of(settings)
    data = cells.data_folder(run, None)
    assert data is not None and len(run.scores) >= 3
    for score in run.scores:
        cell = cells.read_cell(score, data, None)
        one, other = (matching.at_resolution(cell.shape(kind), options) for kind in ("prediction", "truth"))
        for found in matching.matched(one, other, options):
            if essential_classes == "extreme":
                # The scores are computed from 32-bit floats, too, but in batches of sums of their own.
                expected = score.values[f"wasserstein{found.dimension}"]
                assert found.distance == pytest.approx(expected, rel=1e-6, abs=1e-9)
            assert cost(found) == pytest.approx(found.distance**2, rel=1e-9, abs=1e-12)


def cost(pair):
    """What the lines of a drawing cost: the larger coordinate's way, squared; to the diagonal half a life."""
    total = 0.0
    for one, other in pair.rows.tolist():
        if one >= 0 and other >= 0:
            total += np.abs(pair.prediction[one] - pair.truth[other]).max() ** 2
        else:
            birth, death = pair.prediction[one] if one >= 0 else pair.truth[other]
            total += ((birth - death) / 2) ** 2
    return total


@needs_shapr
def test_volumes_are_read_as_the_program_wrote_them(real_run):
    score = run_folder.read_run(real_run).scores[0]
    volume = read_volume(score.prediction)
    assert volume.shape == (64, 64, 64) and volume.dtype == np.float32
    assert 0 <= volume.min() < volume.max() <= 1
