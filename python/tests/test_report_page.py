"""The page of a report: what stands in it, whatever the run directory holds."""

import base64
import io
import json
import shutil
from html.parser import HTMLParser

import numpy as np
import pytest
from optional import optional

optional("skimage")

from PIL import Image  # noqa: E402
from small_run import (  # noqa: E402
    MEASURES,
    ball,
    run_command,
    some_rows,
    write_data,
    write_fold,
    write_run,
    write_scores,
)
from topoloss_swift.report import command, numbers, shading, surface, violins  # noqa: E402
from topoloss_swift.report.markup import element  # noqa: E402

HOSTILE = [
    "<script>alert(1)<_script>",
    "\"quotes' & &amp; ampersands",
    "x" * 250,
    "é" * 127 + "x",  # 255 bytes, which with an end is too long for a file
    "\u202ebackwards",
    "comma, and\nline",
    "../../etc/passwd",
    "",
]


class Page(HTMLParser):
    """Elements with their attributes, texts by element, and whether all are closed in order."""

    VOID = {"meta", "img", "br", "hr", "link", "input"}

    def __init__(self, path):
        super().__init__()
        self.path, self.open, self.elements, self.texts = path, [], [], []
        self.source = path.read_bytes().decode("utf-8")
        self.feed(self.source)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        assert len(attributes) == len(dict(attributes)), "an attribute stands twice"
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(self.texts)

    def count(self, tag, kind=None):
        return sum(
            one == tag and kind in (None, attributes.get("class")) for one, attributes in self.elements
        )


def report(*arguments, code=0):
    """Run the command; its standard output and standard error."""
    return run_command(command.main, arguments, code)


def page_of(run, *arguments):
    report(run, *arguments)
    return Page(run / "report.html")


ALLOWED = set(
    "html head meta title style body header nav a main section footer h1 h2 h3 h4 p span b i bdi ul li div "
    "article figure img svg image g path circle line rect text tspan table thead tbody tr th td details "
    "summary code sub small".split()
)


def test_hostile_names_are_only_text(tmp_path):
    rows = [(name, ["<u>", "", '"q"'][k % 3], np.full(12, 0.1 * k)) for k, name in enumerate(HOSTILE)]
    rows[1][2][:] = np.nan
    rows[2][2][0] = np.nan
    run = write_run(tmp_path / "<b>run</b> & 'co'", rows, settings={"<i>odd</i>": "</style><script>"})
    page = page_of(run, "--baseline", run)
    assert {tag for tag, _ in page.elements} <= ALLOWED
    for name in HOSTILE:
        assert name in page.text
    for tag, attributes in page.elements:
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in ("href", "src"):
                assert value.startswith(("#", "data:image/png;base64,")), (tag, value)
    policy = next(attributes["content"] for tag, attributes in page.elements if "http-equiv" in attributes)
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert "http:" not in page.source and "https:" not in page.source
    assert page.count("script") == 0


def test_names_do_not_lead_out_of_their_folders(tmp_path):
    data = tmp_path / "data"
    write_data(data, ["inside", "../leak"])
    run = write_run(tmp_path / "run", [("inside", "", np.zeros(12))], data=data)
    (run / "leak.tif").write_bytes((run / "fold-0" / "predictions" / "inside.tif").read_bytes())
    assert "not found" not in page_of(run).text
    rows = [("../../leak", "", np.zeros(12)), ("../leak", "", np.ones(12))]
    write_scores(run / "fold-0" / "scores.csv", rows)
    page = page_of(run)
    assert page.text.count("The predicted volume was not found.") == 2
    assert page.text.count("The true shape was not found.") == 2


def test_full_page(tmp_path):
    """Everything is there, and the numbers are those of the table."""
    rows = some_rows(30)
    data = tmp_path / "data"
    write_data(data, [name for name, _, _ in rows])
    before = write_run(tmp_path / "before", some_rows(30, shift=0.1), data=data)
    run = write_run(tmp_path / "run", rows, data=data, adversarial=2)
    page = page_of(run, "--baseline", before, "--cells", "7")
    assert page.count("article", "card") == 7
    # truth, baseline and prediction: a rendering and two slices each; and image and mask.
    assert page.count("figure") == 7 * (3 * 3 + 2)
    for key, values in zip(MEASURES, np.transpose([values for _, _, values in rows])):
        digits = 3
        assert numbers.fixed(np.median(values), digits) in page.text, key
    assert page.text.count("adversarial") >= 4
    # Of the epochs that were the best so far, the last one.
    assert "fold 0, validation: best epoch 2, " in page.text
    assert "Trained on 2 cells and validated on 1. 5 epochs;" in page.text
    assert "Scored on 30 cells of 2 classes, none of which was seen in training." in page.text
    assert "missing" not in {attributes.get("class") for _, attributes in page.elements}
    # H2 at the resolution of the loss and at full size, of both runs, for three cells.
    assert page.count("svg", "chart square") == 3 * 2 * 2
    assert len(page.source) < 5_000_000
    again = page.path.read_bytes()
    report(run, "--baseline", before, "--cells", "7")
    assert page.path.read_bytes() == again


@pytest.mark.parametrize("count", [1, 2, 500])
def test_any_number_of_cells(tmp_path, count):
    run = write_run(tmp_path / "run", some_rows(count))
    page = page_of(run, "--cells", "3")
    assert page.count("article", "card") == min(3, count)
    assert f"Scored on {count} cell" in page.text
    assert len(page.source) < 5_000_000


def test_measures_that_are_not_there(tmp_path):
    rows = [(f"c{k}", "", [0.1 * k, np.nan]) for k in range(4)]
    run = write_run(tmp_path / "run", rows)
    for path in (run / "scores.csv", run / "fold-0" / "scores.csv"):
        write_scores(path, rows, ["iou_error", "dice"])
    page = page_of(run)
    assert "1 − IoU" in page.text and "surface area" not in page.text


def test_several_seeds_and_folds(tmp_path):
    run = tmp_path / "run"
    for seed in (0, 11):
        for fold in (0, 1, 2):
            rows = some_rows(6, seed=seed)[2 * fold : 2 * fold + 2]
            write_fold(run / f"seed-{seed}" / f"fold-{fold}", rows)
    (run / "settings.json").write_text(json.dumps({"seeds": [0, 11, 12], "folds": 3}))
    page = page_of(run)
    assert "6 cells (12 predictions)" in page.text
    assert "Seed 12 has not begun." in page.text
    assert "seed 11, fold 2" in page.text
    page = page_of(run, "--baseline", run)
    assert "12 cells that both runs have" in page.text


def test_unfinished_run_says_what_is_missing(tmp_path):
    run = write_run(tmp_path / "run", some_rows(4))
    for place in ("scores.csv", "fold-0/scores.csv"):
        (run / place).unlink()
    shutil.rmtree(run / "fold-0" / "predictions")
    split = json.loads((run / "split.json").read_text())
    (run / "split.json").write_text(json.dumps({**split, "fold-1": split["fold-0"], "fold-10": {}}))
    (run / "fold-10").mkdir()
    page = page_of(run)
    for sentence in (
        "Fold 0: 3 epochs trained, no cell is scored yet.",
        "Fold-1: the training has not begun.",
        "Fold 10: no epoch is finished yet.",
    ):
        assert sentence in page.text
    assert page.count("article") == 0 and "total loss" in page.text


def test_baseline_that_was_never_trained(tmp_path):
    """Such as shapr baseline writes it: scores and predictions, no logs, no settings."""
    run = write_run(tmp_path / "run", some_rows(4))
    before = write_run(tmp_path / "before", some_rows(4, shift=0.1))
    (before / "settings.json").unlink()
    (before / "fold-0" / "log.csv").unlink()
    text = page_of(run, "--baseline", before).text
    assert "Baseline:" not in text and "settings.json is missing" not in text
    assert page_of(run).text.count("default") == page_of(run, "--baseline", before).text.count("default")
    (run / "settings.json").unlink()
    assert "settings.json is missing." in page_of(run).text
    assert "settings.json" not in page_of(before).text


def test_run_that_only_has_settings(tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "settings.json").write_text('{"epochs": 5}')
    page = page_of(run)
    assert "No training has begun." in page.text


def test_missing_and_damaged_files_of_cells(tmp_path):
    rows = some_rows(3)
    names = [name for name, _, _ in rows]
    data = tmp_path / "data"
    write_data(data, names)
    run = write_run(tmp_path / "run", rows, data=tmp_path / "gone")
    predictions = run / "fold-0" / "predictions"
    (predictions / f"{names[0]}.tif").write_bytes(b"II*\0 no picture")
    (data / "obj" / f"{names[1]}.tif").unlink()
    page = page_of(run)
    assert "The data folder was not found" in page.text
    page = page_of(run, "--data", data)
    assert "The data folder was not found" not in page.text
    assert "The true shape was not found." in page.text
    assert f"{names[0]}.tif" in page.text and "The predicted volume was not found." in page.text


def test_gallery_of_a_folder(tmp_path):
    folder = tmp_path / "volumes"
    folder.mkdir()
    np.save(folder / "ball.npy", ball(5))
    np.save(folder / "nothing.npy", np.zeros((4, 5, 6), dtype=np.float32))
    np.save(folder / "flat <i>.npy", np.zeros((4, 5), dtype=np.float32))
    (folder / "notes.txt").write_text("not a volume")
    report("--gallery", folder)
    page = Page(folder / "gallery.html")
    assert page.count("article") == 3 and page.count("i") == 0
    assert "no surface" in page.text and "a volume (z, y, x) is needed" in page.text
    inside = np.count_nonzero(ball(5) > surface.threshold(ball(5)))
    assert f"volume {inside} voxels" in page.text
    (tmp_path / "empty").mkdir()
    report("--gallery", tmp_path / "empty", code=66)
    report("--gallery", folder, "--baseline", folder, code=64)


def test_pictures_are_pictures(tmp_path):
    run = write_run(tmp_path / "run", some_rows(2))
    page = page_of(run)
    addresses = [attributes["src"] for tag, attributes in page.elements if tag == "img"]
    assert len(addresses) == 2
    for address in addresses:
        image = Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2])))
        image.load()
        assert image.convert("RGBA").getchannel("A").getextrema() == (0, 255)


def test_rendering_of_a_ball_is_a_disc():
    """Its opaque area is that of a disc, and it is centred."""
    radius, pixels = 10.0, 200
    mesh = surface.surface(ball(radius, size=32), 0.5)
    where = shading.frame([mesh])
    picture = shading.shaded(mesh, where, pixels, (200, 100, 50))
    opacity = picture[..., 3] / 255
    scale = pixels / where[2]
    # A mesh lies up to a tenth of a voxel beside the ball it was sampled from.
    assert opacity.sum() == pytest.approx(np.pi * (radius * scale) ** 2, rel=0.02)
    rows, columns = np.indices(opacity.shape)
    for places in (rows, columns):
        assert (places * opacity).sum() / opacity.sum() == pytest.approx((pixels - 1) / 2, abs=1)
    middle = picture[pixels // 2, pixels // 2].astype(int)
    assert middle[0] > middle[1] > middle[2], "it has the colour it was given"
    _, normals = shading._buffers(mesh, where, pixels)
    # What is seen in the middle of a ball faces the camera.
    assert normals[pixels // 2, pixels // 2, 2] > 0.99


def test_what_is_nearer_hides_what_is_behind():
    """Of two balls in the line of sight, the depths seen are those of the nearer one."""
    towards = shading._camera()[2]
    mesh = surface.surface(ball(4), 0.5)
    far = surface.Mesh(mesh.vertices - 20 * towards, mesh.faces, mesh.normals)
    both = surface.Mesh(
        np.concatenate([far.vertices, mesh.vertices]),
        np.concatenate([far.faces, mesh.faces + len(far.vertices)]),
        np.concatenate([far.normals, mesh.normals]),
    )
    where = shading.frame([mesh])
    alone, hidden = (shading._buffers(one, where, 100)[0] for one in (mesh, both))
    # Edges of both balls fall on the same pixels up to rounding.
    assert np.mean(alone == hidden) > 0.995


def test_dots_stay_within_their_violin():
    heights = np.random.default_rng(0).normal(100, 20, 300)
    shifts = violins.swarm(heights.tolist(), reach=12)
    assert max(map(abs, shifts)) <= 12.001
    few = violins.swarm([10.0, 10.1, 10.2], reach=12)
    assert sorted(few) == [-3.4, 0, 3.4]


def test_markup_escapes_all_that_is_not_markup():
    made = element("p", "a<b", [element("b", '"&'), None], title='x" onclick="y')
    assert made == '<p title="x&quot; onclick=&quot;y">a&lt;b<b>&quot;&amp;</b></p>'
    assert (
        element("i", "\ud800\x00\x1b")
        == "<i>\N{REPLACEMENT CHARACTER}" + "\N{REPLACEMENT CHARACTER}" * 2 + "</i>"
    )
