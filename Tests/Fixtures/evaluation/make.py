"""Records what scikit-image and SciPy say of volumes and of paired samples: shapes.json, wilcoxon.json; and of
the real cells, when they are there: cells.json.

    python3 -m venv venv && venv/bin/pip install numpy==2.4.6 scipy==1.17.1 scikit-image==0.26.0
    venv/bin/python make.py [folder of the real cells' objects, with tifffile==2026.3.3 installed]

Made with Python 3.11. Volumes and samples are not stored: both sides make them from a seed, with additions,
multiplications and divisions of doubles in the same order, so that they have the same bits.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import scipy
import skimage
from scipy import ndimage, stats
from skimage.filters import threshold_otsu

warnings.simplefilter("ignore")
HERE = Path(__file__).parent
VERSIONS = {"numpy": np.__version__, "scipy": scipy.__version__, "scikit-image": skimage.__version__}
MASK = (1 << 64) - 1


class Generator:
    """SplitMix64, as SeededGenerator of the tests."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def unit(self):
        return (self.next() >> 40) / (1 << 24)


def blobs(generator, shape, noise):
    """Three balls of random places and radii, brightest in their middles, and noise."""
    z, y, x = np.meshgrid(*(np.arange(n, dtype=float) for n in shape), indexing="ij")
    volume = np.zeros(shape)
    for _ in range(3):
        cz, cy, cx = (generator.unit() * n for n in shape)
        radius = (0.2 + 0.3 * generator.unit()) * min(n for n in shape if n > 1)
        square = (z - cz) * (z - cz) + (y - cy) * (y - cy) + (x - cx) * (x - cx)
        volume = volume + np.maximum(0.0, 1.0 - square / (radius * radius))
    grain = np.array([generator.unit() for _ in range(volume.size)]).reshape(shape)
    return np.minimum(1.0, 0.9 * volume + noise * grain).astype(np.float32)


def measures(object_):
    """Voxels, surface, roughness, and the surface of the smoothed object."""
    smoothed = ndimage.gaussian_filter(object_.astype(np.float64), 2) > 0.5

    def surface(o):
        # The border of the volume is no background: beyond it, the filter repeats the last voxels.
        return int((o & (ndimage.minimum_filter(o.astype(np.uint8), 3, mode="nearest") == 0)).sum())

    return [int(object_.sum()), surface(object_), int((smoothed != object_).sum()), surface(smoothed)]


def errors(prediction, truth):
    def relative(found, expected):
        return abs(found - expected) / abs(expected) if expected else None

    found, expected = measures(prediction), measures(truth)
    union, overlap = int((prediction | truth).sum()), int((prediction & truth).sum())
    return [
        1 - overlap / union if union else None,
        relative(found[0], expected[0]),
        relative(found[1], expected[1]),
        relative(found[2], expected[2]),
        relative(found[1] - found[3], expected[1] - expected[3]),
        2 * overlap / (found[0] + expected[0]) if union else None,
    ]


def otsu(volume):
    """The threshold of a float32 image, and the objects above it."""
    threshold = threshold_otsu(volume)
    return float(threshold), volume > threshold


def scored(prediction, truth):
    """The evaluation of one cell: Otsu on prediction / maximum and on the truth."""
    highest = prediction.max()
    one, found = otsu(prediction / highest if highest > 0 else prediction)
    other, expected = otsu(truth)
    return {
        "thresholds": [one, other],
        "prediction": measures(found),
        "truth": measures(expected),
        "errors": errors(found, expected),
        "errors_at_half": errors(prediction > 0.5, truth > 0.5),
    }


def quantised(volume):
    return np.floor(volume * np.float32(255)) / np.float32(255)


def shapes():
    sizes = [(16, 16, 16), (9, 20, 13), (24, 24, 24), (5, 6, 7), (1, 18, 18), (3, 1, 30)]
    cases = []
    for seed in range(60):
        shape = sizes[seed % len(sizes)] if seed else (64, 64, 64)
        generator = Generator(seed)
        noise = generator.unit() * 0.4
        prediction, truth = blobs(generator, shape, noise), quantised(blobs(generator, shape, noise / 2))
        row = {"seed": seed, "shape": shape} | scored(prediction, truth)
        row["quantised"] = scored(quantised(prediction), truth)["errors"]
        cases.append(row)
    # Some smoothed values, to tell a wrong border or weight from rounding.
    generator = Generator(1000)
    object_ = blobs(generator, (7, 12, 20), 0.2) > 0.5
    smoothed = ndimage.gaussian_filter(object_.astype(np.float64), 2)
    return {"versions": VERSIONS, "cases": cases, "smoothed": smoothed.ravel().tolist()}


def samples(seed):
    """Differences of 1 to 200 pairs: with and without ties and zeros."""
    generator = Generator(seed)
    count = 1 + seed % 200 if seed < 400 else 2 + seed % 13
    levels = [3, 8, 30, 1 << 20][seed // 2 % 4]
    shift = generator.unit() * 0.5
    values = [float(int((generator.unit() - shift) * levels)) for _ in range(count)]
    if seed % 2 == 0:
        # No zeros: a half more, away from 0.
        values = [v + 0.5 if v >= 0 else v - 0.5 for v in values]
    return values


def wilcoxon():
    cases = []
    for seed in range(460):
        values = samples(seed)
        if values == [0.0]:
            continue  # refused
        result = stats.wilcoxon(values)
        p = float(result.pvalue)
        cases.append([seed, float(result.statistic), None if np.isnan(p) else p])
    return {"versions": VERSIONS, "cases": cases}


def cells(folder):
    """Each real object, mixed with the next one as a prediction of it."""
    import tifffile

    files = sorted(Path(folder).glob("*.tif"))
    volumes = [tifffile.imread(f).astype(np.float32) / np.float32(255) for f in files]
    rows = {}
    for index, file in enumerate(files):
        truth, other = volumes[index], volumes[(index + 1) % len(files)]
        prediction = truth * np.float32(0.5) + other * np.float32(0.375)
        rows[file.name] = scored(prediction, truth)
    return {"versions": VERSIONS | {"tifffile": tifffile.__version__}, "cells": rows}


def write(name, record):
    text = json.dumps(record, separators=(",", ":")).replace("},{", "},\n{").replace("],[", "],\n[")
    (HERE / name).write_text(text + "\n")


write("shapes.json", shapes())
write("wilcoxon.json", wilcoxon())
if len(sys.argv) > 1:
    write("cells.json", cells(sys.argv[1]))
