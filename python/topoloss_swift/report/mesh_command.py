"""The command `topoloss-mesh`."""

import argparse
import math
import sys
from pathlib import Path

from .failure import Failure, Parser, ending


def main() -> int:
    """Write the surfaces of volumes; returns the exit code (docs/run-directory.md)."""
    return ending(_make)


def _make() -> None:
    arguments = _parser().parse_args()
    # Only now: these need packages that `ending` looks for first.
    from .files import make_folder, write_atomically
    from .mesh_files import ply, stl
    from .surface import enclosed_volume, surface, threshold
    from .volumes import read_volume, volume_spacing

    write = {"stl": stl, "ply": ply}[arguments.format]
    outputs = _outputs(arguments.volumes, arguments.output, arguments.format)
    make_folder(arguments.output)
    for path, output in outputs.items():
        volume = read_volume(path)
        level = threshold(volume) if arguments.threshold is None else arguments.threshold
        mesh = surface(volume, level, arguments.spacing or volume_spacing(path))
        if mesh is None:
            raise Failure(65, "RANGE", f"{path}: no voxel is above {level:g}, so there is no surface")
        write_atomically(output, write(mesh))
        print(f"{output}: {len(mesh.faces)} triangles, volume {enclosed_volume(mesh):.6g}")


def _outputs(volumes: list[Path], folder: Path, end: str) -> dict[Path, Path]:
    """Which file each volume becomes; no two may become the same."""
    outputs: dict[Path, Path] = {}
    for path in dict.fromkeys(volumes):
        output = folder / f"{path.stem}.{end}"
        if output in outputs.values():
            raise Failure(65, "PATH", f"{path}: another volume has the name {path.stem}, too")
        outputs[path] = output
    return outputs


def _parser() -> Parser:
    parser = Parser(
        prog="topoloss-mesh",
        description="Writes the closed surfaces of predicted volumes as meshes.",
    )
    parser.add_argument(
        "volumes", nargs="+", type=Path, metavar="VOLUME", help="TIFF or NumPy file, slices along z"
    )
    parser.add_argument(
        "--output", type=Path, required=True, metavar="FOLDER", help="folder to write the meshes to"
    )
    parser.add_argument("--format", choices=("stl", "ply"), default="stl", help="default: stl")
    parser.add_argument(
        "--threshold",
        type=_threshold,
        default=None,
        metavar="otsu|0.5",
        help="what is above it is object (default: otsu, the threshold that parts the volume's values best)",
    )
    parser.add_argument(
        "--spacing",
        type=_spacing,
        default=None,
        metavar="z,y,x",
        help="distances of voxels (default: those in a TIFF for ImageJ, else 1)",
    )
    return parser


def _threshold(text: str) -> float | None:
    if text == "otsu":
        return None
    value = _number(text)
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"otsu or a number from 0 to 1 is needed, not {text!r}")
    return value


def _spacing(text: str) -> tuple[float, float, float]:
    numbers = [_number(part) for part in text.split(",")]
    if len(numbers) != 3 or not all(0 < number < 1e9 for number in numbers):
        raise argparse.ArgumentTypeError(f"three positive numbers z,y,x are needed, not {text!r}")
    z, y, x = numbers
    return z, y, x


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


if __name__ == "__main__":
    sys.exit(main())
