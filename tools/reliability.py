"""Runs the tests of docs/reliability.md and sums them up: a line per row, and `N passed, N failed`.

    .venv/bin/python tools/reliability.py [--id K1] [--cases N] [--seed S] [--tier R] [--write]

With --write the figures replace those at the end of the page.

`make reliability` builds what is needed and calls this. A row passes when a test with its identifier left a
line in results/reliability.jsonl, no case in any of these lines failed, and the test runner did not fail.

Environment: SWIFT_TEST, the command that runs the Swift tests.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "results" / "reliability.jsonl"
# A row of the page's tables begins with its identifier; tests name theirs when they report.
ROW = re.compile(r"^\| ([A-Z]\d+) ", re.M)
REPORTED = re.compile(r"""(?:[tT]ally\(\s*f?|identifier\()["']([A-Z]\d+)""")


def rows_of_page():
    """The identifiers that have a test of their own: not findings (F) and promises (P), and S6 is this program."""
    found = dict.fromkeys(ROW.findall((ROOT / "docs/reliability.md").read_text()))
    return [row for row in found if row[0] not in "FP" and row != "S6"]


def tests():
    """The test files by identifier: {"A1": [path, ...]}."""
    found = collections.defaultdict(list)
    for path in sorted([*ROOT.glob("Tests/*/*.swift"), *ROOT.glob("python/tests/*.py"), *ROOT.glob("Tests/Reliability/*.py")]):
        for identifier in sorted(set(REPORTED.findall(path.read_text()))):
            found[identifier].append(path)
    return found


def commands(found, identifier):
    """(name, command, directory) of the runners that these tests need."""
    wanted = {path for each, paths in found.items() if identifier in (None, each) for path in paths}
    suites = [f"{path.parent.name}.{path.stem}" for path in wanted if path.suffix == ".swift"]
    if suites:
        yield "Swift", [*shlex.split(os.environ["SWIFT_TEST"]), "--filter", f"^({'|'.join(sorted(suites))})/"]
    pytest = [sys.executable, "-m", "pytest", "-q"]
    doors = [path for path in wanted if path.parent.name == "tests"]
    if doors:
        yield "Python", [*pytest, *sorted(map(str, doors))]
    if any(path.parent.name == "Reliability" for path in wanted):
        yield "programs", [*pytest, "Tests/Reliability", *(["--id", identifier] if identifier else ["--release"])]


def lines_since(place):
    if not RESULTS.exists():
        return []
    with RESULTS.open() as file:
        file.seek(place)
        return [json.loads(line) for line in file]


class Row(NamedTuple):
    name: str
    run: int
    good: int
    worst: str


def worst_of(texts):
    """Of figures that differ in their number alone, the largest."""
    largest = {}
    for text in texts:
        number, unit = re.match(r"([\d.]+(?:e[+-]?\d+)?)?(.*)", text).groups()
        if number is None or unit not in largest or float(number) > float(largest[unit]):
            largest[unit] = number or ""
    # Digits that say nothing: the errors are of the size of rounding.
    return "; ".join((f"{float(number):.2g}" if len(number) > 8 else number) + unit for unit, number in largest.items())


def sums(lines, expected):
    """What the lines say of each row."""
    by_row = collections.defaultdict(list)
    for line in lines:
        if found := re.match(r"[A-Z]\d+", line["id"]):
            by_row[found[0]].append(line)
    for name in expected:
        here = by_row[name]
        worst = worst_of(str(line["worst"]) for line in here if line["worst"] != "-")
        yield Row(name, sum(line["n_run"] for line in here), sum(line["n_pass"] for line in here), worst)


def show(rows):
    print(f"\n{'row':4} {'run':>9} {'passed':>9}  worst")
    for row in rows:
        print(f"{row.name:4} {row.run:9} {row.good:9}  {row.worst if row.run else 'left out: see above'}")


def write(rows, tier, minutes):
    """Puts the figures into the page, between two remarks."""
    page = ROOT / "docs/reliability.md"
    text = page.read_text()
    begin, end = (text.index(remark) for remark in ("<!-- figures -->\n", "<!-- end of figures -->"))
    date = time.strftime("%Y-%m-%d", time.gmtime())
    table = f"Column {tier}, {date}, {os.cpu_count()} processors, {minutes:.0f} minutes:\n\n| row | run | passed | worst |\n|---|---:|---:|---|\n"
    table += "".join(f"| {row.name} | {row.run:,} | {row.good:,} | {row.worst} |\n" for row in rows if row.run)
    left_out = [row.name for row in rows if not row.run]
    table += f"\nLeft out: {', '.join(left_out)}.\n" if left_out else ""
    page.write_text(f"{text[:begin]}<!-- figures -->\n{table}{text[end:]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--id", type=str.upper)
    parser.add_argument("--cases", type=int)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--tier", choices=("C", "R"), default="C")
    parser.add_argument("--write", action="store_true")
    wanted = parser.parse_args()
    found = tests()
    if wanted.id and wanted.id not in found:
        sys.exit(f"reliability: no test reports {wanted.id}; there are {', '.join(sorted(found))}")
    variables = {"TIER": wanted.tier, "CASES": wanted.cases, "SEED": wanted.seed}
    environment = {**os.environ, **{f"TOPOLOSS_{k}": str(v) for k, v in variables.items() if v is not None}}

    place = RESULTS.stat().st_size if RESULTS.exists() else 0
    started, broken = time.monotonic(), []
    for name, command in commands(found, wanted.id):
        print(f"reliability: {name}", flush=True)
        if subprocess.run(command, cwd=ROOT, env=environment).returncode:
            broken.append(name)
    expected = [wanted.id] if wanted.id else [row for row in rows_of_page() if row in found]
    rows = list(sums(lines_since(place), expected))
    minutes = (time.monotonic() - started) / 60
    show(rows)
    if wanted.write:
        write(rows, wanted.tier, minutes)
    passed, failed, skipped = (sum(kind) for kind in zip(*((0 < r.run == r.good, r.run != r.good, not r.run) for r in rows)))
    if broken and not failed:  # a test failed beside those that count cases
        failed = len(broken)
    print(f"reliability: {minutes:.0f} min" + "".join(f"; the {name} tests failed" for name in broken))
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
