"""The report's errors: one line, the right exit code, and nothing left behind."""

import re
import subprocess
import sys

import numpy as np
import pytest
from optional import optional

optional("skimage")

from small_run import run_command, some_rows, write_data, write_run  # noqa: E402
from topoloss_swift.report import command  # noqa: E402


def report(*arguments, code):
    """Run the command; its standard output and standard error."""
    return run_command(command.main, arguments, code)


def wrong(tmp_path, name):
    """A run with one defect, and what comes of it."""
    run = write_run(tmp_path / "run", some_rows(2))
    scores = run / "fold-0" / "scores.csv"
    lines = scores.read_text().splitlines(keepends=True)
    arguments, code, words = [run], 65, ""
    if name == "no run":
        arguments, code, words = [tmp_path / "none"], 66, "IO"
    elif name == "an empty folder":
        (tmp_path / "empty").mkdir()
        arguments, code, words = [tmp_path / "empty"], 66, "holds no run"
    elif name == "no argument":
        arguments, code, words = [], 64, "USAGE"
    elif name == "an unknown option":
        arguments, code, words = [run, "--cell", "3", "--sels"], 64, "USAGE"
    elif name == "settings that are no JSON":
        (run / "settings.json").write_text('{\n  "epochs": }')
        code, words = 78, "2:13"
    elif name == "settings that are too deep":
        (run / "settings.json").write_text("[" * 100_000)
        code, words = 78, "CONFIG"
    elif name == "an unknown filtration":
        (run / "settings.json").write_text('{"filtration": "sideways"}')
        write_data(tmp_path / "data", [some_rows(1)[0][0]])
        arguments, code, words = [run, "--data", tmp_path / "data"], 78, "filtration"
    elif name == "a number that is none":
        scores.write_text("".join([lines[0], lines[1].replace("0.", "zero", 1)]))
        words = "line 2"
    elif name == "an infinite number":
        scores.write_text("name,class,dice\na,b,inf\n")
        words = "finite"
    elif name == "too few fields":
        scores.write_text(lines[0] + "a,b\n")
        words = "14 fields, got 2"
    elif name == "no header":
        scores.write_text("")
        words = "line 1"
    elif name == "bytes that are no text":
        scores.write_bytes(b"name,class\n\xff\xfe,b\n")
        words = "UTF-8"
    elif name == "a damaged log":
        (run / "fold-0" / "log.csv").write_text("stage,epoch,train_loss\nsupervised,0,much\n")
        words = "log.csv, line 2"
    elif name == "a split that is none":
        (run / "split.json").write_text('{"fold-0": {"train": "all"}}')
        words = "split.json"
    elif name == "a data folder that is none":
        arguments, code, words = [run, "--data", tmp_path / "none"], 66, "not a folder"
    elif name == "another baseline":
        write_run(tmp_path / "other", [("other", "", np.zeros(12))])
        arguments, words = [run, "--baseline", tmp_path / "other"], "in common"
    elif name == "no place for the page":
        arguments, code, words = [run, "--output", tmp_path / "none" / "page.html"], 73, "IO"
    elif name == "a folder where the page should be":
        arguments, code, words = [run, "--output", run], 74, "IO"
    return arguments, code, words


@pytest.mark.parametrize(
    "name",
    [
        "no run",
        "an empty folder",
        "no argument",
        "an unknown option",
        "settings that are no JSON",
        "settings that are too deep",
        "an unknown filtration",
        "a number that is none",
        "an infinite number",
        "too few fields",
        "no header",
        "bytes that are no text",
        "a damaged log",
        "a split that is none",
        "a data folder that is none",
        "another baseline",
        "no place for the page",
        "a folder where the page should be",
    ],
)
def test_errors_are_one_line(tmp_path, name):
    arguments, code, words = wrong(tmp_path, name)
    before = sorted(tmp_path.rglob("*"))
    _, error = report(*arguments, code=code)
    assert re.fullmatch(r"topoloss: error\[[A-Z]+\]: [^\n]+\n", error), error
    assert words in error
    assert sorted(tmp_path.rglob("*")) == before, "something was left behind"


def test_names_in_errors_stay_on_their_line(tmp_path):
    _, error = report(tmp_path / "two\nlines\x1b[31m", code=66)
    assert error.count("\n") == 1 and "\x1b" not in error


def test_missing_packages_are_named():
    code = """
        import sys
        sys.modules["skimage"] = None
        from topoloss_swift.report import command, mesh_command
        sys.argv = ["topoloss-report", "run"]
        raise SystemExit(command.main())
    """
    program = "\n".join(line.strip() for line in code.splitlines())
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 69
    assert done.stderr.count("\n") == 1 and "pip install 'topoloss-swift[report]'" in done.stderr


def test_package_does_not_import_the_report(child):
    code = """
        import sys, topoloss_swift
        heavy = {"numpy", "scipy", "skimage", "PIL", "tifffile", "topoloss_swift.report"}
        print(sorted(heavy & set(sys.modules)))
    """
    assert child(code).strip() == "[]"
