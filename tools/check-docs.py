"""Runs what the documentation shows, and looks for what it quotes.

    .venv/bin/python tools/check-docs.py [PAGE ...]

* `python` blocks of a page run in order as one program; a `text` block right behind one is what it printed.
* `c` blocks that are whole programs are compiled against the library of .build-python, run, and compared.
* `sh` blocks run in order in an empty folder, with `shapr` in PATH; a `text` block behind one is compared where it has no "...".
* `<!-- not run ... -->` before a block leaves it out.
* Every heading of troubleshooting.md with a message in backticks has to be found in the sources.
* commands.md has to be what the program says of itself.
* Every figure in the tables of speed (README.md, index.md) has to be one of Benchmarks/RESULTS.md, rounded at most.

What needs a program or package that is not there is left out, and said so.
"""

import contextlib
import io
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
sys.path.insert(0, str(ROOT / "tools"))
import command_reference  # noqa: E402

PROGRAM = pathlib.Path(os.environ.get("SHAPR", ROOT / ".build-shapr" / "release" / "shapr"))
LIBRARY = pathlib.Path(os.environ.get("TOPOLOSS_LIBRARY_DIR", ROOT / ".build-python" / "release"))
# Pages of which every block runs; the others show fragments, or have checks of their own (tools/check-*.sh).
PAGES = ["quickstart/pytorch.md", "quickstart/images.md", "quickstart/numpy.md", "quickstart/c.md",
         "large-volumes.md", "clusters.md", "reproducing.md"]
BLOCK = re.compile(r"(<!--[^\n]*-->\n)?```(python|c|sh|text)\n(.*?)```", re.S)
left_out = []


def stop(message):
    sys.exit(f"check-docs: {message}")


def blocks(page):
    """(language, source, what it printed or None, the remark before it) of the blocks of a page."""
    found = [match.groups() for match in BLOCK.finditer((DOCS / page).read_text())]
    ends = [match.span() for match in BLOCK.finditer((DOCS / page).read_text())]
    text = (DOCS / page).read_text()
    for i, (remark, language, source) in enumerate(found):
        follows = i + 1 < len(found) and found[i + 1][1] == "text" and not text[ends[i][1]:ends[i + 1][0]].strip()
        if language != "text" and "not run" not in (remark or ""):
            yield language, source, found[i + 1][2] if follows else None, remark or ""


def compare(page, source, printed, shown):
    if shown is None or any(line.strip() == "..." for line in shown.splitlines()):
        return
    if printed.strip() != shown.strip():
        stop(f"{page} shows\n{shown}\nbut the block\n{source}\nprints\n{printed}")


def run_python(page, parts):
    names = {"__name__": "__main__"}
    for _, source, shown, remark in parts:
        try:
            if "torchrun" in remark:
                printed = run_torchrun(source)
            else:
                with contextlib.redirect_stdout(io.StringIO()) as caught:
                    exec(compile(source, page, "exec"), names)
                printed = caught.getvalue()
        except ModuleNotFoundError as error:
            if os.environ.get("WITH_TORCH") == "1":
                raise
            left_out.append(f"{page} (no {error.name})")
            return
        compare(page, source, printed, shown)


def run_torchrun(source):
    import torch.distributed.run  # noqa: F401

    with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
        file.write(source)
        file.flush()
        command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", file.name]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        result = subprocess.run(command, capture_output=True, text=True, env=environment)
        if result.returncode:
            stop(f"torchrun of\n{source}\n{result.stderr}")
        return result.stdout


def run_c(page, source, shown):
    if not (LIBRARY / "libtopoloss.so").exists():
        left_out.append(f"{page} (no libtopoloss.so)")
        return
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "program.c")
        file.write_text(source)
        flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{ROOT / 'Sources/CTopoLoss/include'}"]
        link = [f"-L{LIBRARY}", "-ltopoloss", f"-Wl,-rpath,{LIBRARY}"]
        subprocess.run(["cc", *flags, file, *link, "-o", file.with_suffix("")], check=True)
        result = subprocess.run([file.with_suffix("")], capture_output=True, text=True, check=True)
        compare(page, source, result.stdout, shown)


def run_shell(page, parts):
    """Blocks that call `shapr`, in a folder where cells/ has made-up cells."""
    if not PROGRAM.exists():
        left_out.append(f"{page} (no shapr)")
        return
    environment = {**os.environ, "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}"}
    with tempfile.TemporaryDirectory() as folder:
        if "shapr synthesize" not in "".join(source for _, source, _, _ in parts):
            subprocess.run(["shapr", "synthesize", "--output", "cells", "--count", "60"], cwd=folder, env=environment,
                           check=True, stdout=subprocess.DEVNULL)
        for _, source, shown, _ in parts:
            result = subprocess.run(["bash", "-ec", source], cwd=folder, env=environment, capture_output=True, text=True)
            if result.returncode:
                stop(f"{page}: exit code {result.returncode} of\n{source}\n{result.stderr}")
            compare(page, source, result.stdout, shown)


def check_messages():
    """Every message that heads a paragraph of troubleshooting.md is one that the sources have."""
    sources = [p for folder in ("Sources", "python/topoloss_swift", "tools") for p in (ROOT / folder).rglob("*")
               if p.suffix in (".swift", ".py", ".c", ".h", ".sh")]
    # Long literals are written in pieces: "..." + "...", or one below the other in Python and C.
    text = re.sub(r'"\s*\+?\s*f?"', "", "\n".join(path.read_text() for path in sources))
    elsewhere = ("No module named", "No such file or directory", "Unknown option", "Did you mean", "? (", "scores.csv",
                 "is not a supported wheel", "pkg-config search path", "error while loading shared libraries")
    for heading in re.findall(r"^### (.*)$", (DOCS / "troubleshooting.md").read_text(), re.M):
        for message in re.findall(r"`([^`]+)`", heading):
            for piece in message.split("..."):
                piece = piece.strip(' "\',')
                if len(piece) > 3 and piece not in text and not any(word in piece for word in elsewhere):
                    stop(f"troubleshooting.md quotes {message!r}, but no source has {piece!r}")


def check_commands():
    if not PROGRAM.exists():
        left_out.append("commands.md (no shapr)")
    elif command_reference.page(PROGRAM) != (DOCS / "commands.md").read_text():
        stop("docs/commands.md is stale: python3 tools/command_reference.py .build-shapr/release/shapr > docs/commands.md")


def check_figures():
    """A figure may be rounded to fewer digits, not changed."""
    results = (ROOT / "Benchmarks" / "RESULTS.md").read_text()
    measured = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", results)]
    for name, begins, ends in (("README.md", "## How fast", "## What is there"), ("docs/index.md", "| on two cores", "*The first")):
        text = (ROOT / name).read_text()
        table = text[text.index(begins):text.index(ends)]
        # Cells behind the first, which says what was measured; versions are no figures.
        cells = [cell for row in re.findall(r"^\|(.*)\|$", table, re.M) for cell in row.split("|")[1:]]
        figures = re.findall(r"(?<![\d.])(\d+(?:\.\d+)?)(?:x| times| ms| s|\b)", " | ".join(cells))
        for figure in figures:
            digits = len(figure.partition(".")[2])
            if not any(abs(number - float(figure)) <= 0.5 * 10.0**-digits for number in measured):
                stop(f"{name} has the figure {figure}, which no line of Benchmarks/RESULTS.md has")
        if len(figures) < 8:
            stop(f"{name} has no table of figures")


pages = [page for page in PAGES if not sys.argv[1:] or page in sys.argv[1:]]
for page in pages:
    print(f"docs/{page}", flush=True)
    parts = list(blocks(page))
    for language, runner in ("python", run_python), ("sh", run_shell):
        # Of the commands, those of the program: the others install, or start what is run in another way here.
        if chosen := [part for part in parts if part[0] == language and (language != "sh" or "shapr " in part[1])]:
            runner(page, chosen)
    for language, source, shown, _ in parts:
        if language == "c" and "main(" in source:
            run_c(page, source, shown)
check_messages()
check_commands()
check_figures()
print(f"check-docs: {len(pages)} pages show what happens")
if left_out:
    print(f"check-docs: left out: {', '.join(left_out)}")
