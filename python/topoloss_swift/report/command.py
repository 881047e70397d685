"""The command `topoloss-report`."""

import sys
from pathlib import Path

from .failure import Failure, Parser, ending


def main() -> int:
    """Make a report; returns the exit code (docs/run-directory.md)."""
    return ending(_make)


def _make() -> None:
    arguments = _parser().parse_args()
    if (arguments.run is None) == (arguments.gallery is None):
        raise Failure(64, "USAGE", "name a run directory, or a folder of volumes by --gallery")
    if arguments.cells < 0:
        raise Failure(64, "USAGE", "--cells must not be negative")
    # Only now: these need packages that `ending` looks for first.
    from .files import write_atomically

    if arguments.gallery is not None:
        if arguments.baseline is not None or arguments.data is not None:
            raise Failure(64, "USAGE", "--baseline and --data belong to a run, not to --gallery")
        from .volume_gallery import volume_gallery

        output = arguments.output or arguments.gallery / "gallery.html"
        content = volume_gallery(arguments.gallery)
    else:
        from .run_folder import read_run
        from .run_report import run_report

        output = arguments.output or arguments.run / "report.html"
        run = read_run(arguments.run)
        baseline = None if arguments.baseline is None else read_run(arguments.baseline)
        content = run_report(run, baseline, arguments.data, arguments.cells)
    write_atomically(output, content)
    print(output)


def _parser() -> Parser:
    parser = Parser(
        prog="topoloss-report",
        description="Shows a run of shapr, or any folder of volumes, as one HTML file.",
    )
    parser.add_argument("run", nargs="?", type=Path, metavar="RUN", help="run directory")
    parser.add_argument(
        "--baseline", type=Path, metavar="OTHER_RUN", help="run directory to compare with, on the same cells"
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="folder with image/, mask/ and obj/ (default: the run's own)",
    )
    parser.add_argument(
        "--cells", type=int, default=12, metavar="N", help="cells in the gallery (default: 12)"
    )
    parser.add_argument(
        "--gallery", type=Path, metavar="FOLDER", help="show the volumes of a folder instead of a run"
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="the page (default: report.html in the run directory)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
