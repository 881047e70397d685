"""What is measured of a predicted cell: the columns of scores.csv, in their order, for readers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """One column of scores.csv.

    Attributes
    ----------
    key : str
        Name of the column.
    title : str
        As `shapr compare` calls it, with a true minus sign and subscript.
    meaning : str
        In a biologist's words.
    higher_is_better : bool
    """

    key: str
    title: str
    meaning: str
    higher_is_better: bool = False

    @property
    def direction(self) -> str:
        return "higher is better" if self.higher_is_better else "lower is better"


MEASURES = (
    Measure("iou_error", "1 − IoU", "share of the space taken by either shape that they do not share"),
    Measure("volume_error", "volume", "how far the volume is off, relative to the true volume"),
    Measure("surface_error", "surface area", "how far the surface area is off, relative to the true one"),
    Measure(
        "roughness_error",
        "surface roughness",
        "how far the roughness is off: the voxels that change when the shape is smoothed",
    ),
    Measure(
        "roughness_error_paper",
        "surface roughness (paper)",
        "how far the surface lost by smoothing is off, relative to the true loss",
    ),
    Measure("dice", "Dice", "overlap of both shapes: 1 is the same shape, 0 no overlap", True),
    Measure("betti0_error", "Betti number, components", "how many separate pieces too many or too few"),
    Measure("betti1_error", "Betti number, loops", "how many tunnels through the cell too many or too few"),
    Measure("betti2_error", "Betti number, cavities", "how many closed hollows too many or too few"),
    Measure("wasserstein0", "W₂, components", "distance of the persistence diagrams of the pieces"),
    Measure("wasserstein1", "W₂, loops", "distance of the persistence diagrams of the tunnels"),
    Measure("wasserstein2", "W₂, cavities", "distance of the persistence diagrams of the hollows"),
)

BY_KEY = {measure.key: measure for measure in MEASURES}

# Those of the headline.
MAIN = ("iou_error", "volume_error", "surface_error", "roughness_error", "dice")

# Of homology dimensions 0, 1, 2.
DIMENSIONS = ("components", "tunnels", "cavities")
