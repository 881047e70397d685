"""Turns measured rows into Markdown, and puts them into RESULTS.md."""

import datetime
import os
import platform
import re
import shlex
import sys
from importlib.metadata import version
from pathlib import Path

import topoloss_swift

RESULTS = Path(__file__).with_name("RESULTS.md")
TITLE = "# Results\n\nMade by the programs beside this file; nothing here is written by hand.\n"


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def load_average():
    """Of the last minute, before anything is measured; says so if it is high."""
    load = os.getloadavg()[0]
    if load > 0.5:
        say(f"the machine is busy (load average {load:.1f}): times will be too long")
    return load


def milliseconds(seconds):
    """Three significant digits: 0.0812, 6.73, 13100."""
    value = 1000 * seconds
    decimals = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 4
    return f"{value:.{decimals}f}"


def factor(value):
    """A ratio, cut and not rounded, so that a target missed by little does not look met."""
    shift = 1 if value >= 100 else 10 if value >= 10 else 100
    return f"{int(value * shift) / shift:g}x"


def verdict(checks):
    """"yes" or "no" from a list of True, False, and None for what was not measured."""
    if not checks:
        return ""
    if False in checks:
        return "**no**"
    return "not all run" if None in checks else "yes"


def table(heads, rows):
    """A Markdown table, or nothing without rows."""
    if not rows:
        return ""
    lines = [heads, ["---"] + ["---:"] * (len(heads) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def processor():
    """The name of the processor as Linux gives it."""
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1] if found else platform.machine()


def versions(names):
    """Names of packages with the versions that are installed."""
    return ", ".join(f"{name} {version(name)}" for name in names)


def circumstances(command, load, packages):
    """Machine, versions, command: what a reader needs to judge or repeat the figures."""
    return (
        f"* Machine: {processor()}, {len(os.sched_getaffinity(0))} cores, {platform.system()} {platform.machine()};"
        f" load average at the start {load:.1f}\n"
        f"* Date: {datetime.date.today().isoformat()}\n"
        f"* Versions: {topoloss_swift.build_info()}; Python {platform.python_version()}, {packages}\n"
        f"* Command: `{command}`\n"
    )


def put_section(path, name, body):
    """Replaces the section `name` of the file, or adds it; other sections stay as they are."""
    text = path.read_text(encoding="utf-8") if path.exists() else TITLE
    section = f"## {name}\n\n{body.strip()}\n"
    pattern = re.compile(rf"^## {re.escape(name)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    if pattern.search(text):
        text = pattern.sub(lambda _: section + "\n", text)
    else:
        text = f"{text.rstrip()}\n\n{section}"
    path.write_text(text.rstrip() + "\n", encoding="utf-8")


def conclude(name, section, body, verdicts, packages, load, met=None):
    """Puts what Benchmarks/NAME.py found into RESULTS.md; prints it if only a part was asked for.

    `verdicts` are those of the rows, `met` a sentence in place of their count, `packages` and
    `load` what `circumstances` wants.
    """
    whole = len(sys.argv) == 1
    command = f"make bench-{name}" if whole else shlex.join([f"Benchmarks/{name}.py", *sys.argv[1:]])
    met = met or f"{verdicts.count('yes')} of the {sum(map(bool, verdicts))} rows with a target meet it."
    text = f"{circumstances(command, load, packages)}\n{met}\n\n{body}"
    if whole:
        put_section(RESULTS, section, text)
        say("wrote Benchmarks/RESULTS.md")
    else:
        print(text)
