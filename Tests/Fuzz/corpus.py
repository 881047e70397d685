"""Writes a folder of seeds for each target: the fixtures of the tests, and small files of its own.

    corpus.py FOLDER
"""

import json
import pathlib
import random
import shutil
import struct
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
IMAGES = TESTS / "Fixtures/images/files"
LONGEST = 1 << 16

TEXTS = {
    "settings": [
        "{}",
        '{"epochs": 1, "batch_size": 2, "topological_dimensions": [0, 2], "schedule": "step"}',
        '{"preset": "reference", "seeds": [0, 1], "learning_rate": 1e-3, "topological_resolution": null}',
        '{"_comment": "\\u0041\\n\\ud83d\\ude00", "decoder": "volumetric", "augmentation": true}',
    ],
    "split": ['{"train": ["a", "b.tif"], "val": ["c1"], "test": ["d"]}', '{"train": ["\\u0061"], "val": []}'],
    "scores": [
        "name,class,iou_error,volume_error\r\na1,a,0.25,nan\r\n\"b,\"\"1\",b,0.5,1e-3\r\n",
        "name,class,dice,fold,seed\nx,A,0.5,0,0\ny,B,1,1,0\n",
    ],
}


def checkpoints():
    yield from (path.read_bytes() for path in sorted((TESTS / "Fixtures/checkpoint").glob("*.safetensors")))
    for header, data in (
        ({}, 0),
        ({"a": {"dtype": "F16", "shape": [2, 3], "data_offsets": [0, 12]}, "__metadata__": {"b": "c"}}, 12),
        ({"a": {"dtype": "BOOL", "shape": [], "data_offsets": [0, 1]}}, 1),
    ):
        text = json.dumps(header).encode()
        yield struct.pack("<Q", len(text)) + text + bytes(data)


def seeds():
    """Targets and contents."""
    for path in sorted(IMAGES.iterdir()):
        if path.stat().st_size <= LONGEST:
            yield {"tif": "tiff"}.get(path.suffix[1:], path.suffix[1:]), path.read_bytes()
    for content in checkpoints():
        yield "safetensors", content
    for target, texts in TEXTS.items():
        for text in texts:
            yield target, text.encode()
    for target in ("diagrams", "distances", "loss"):
        for step in (1, 7, 11, 29):
            yield target, bytes(place * step % 256 for place in range(400))
    for number in range(200):
        yield "python_layer", random.Random(number).randbytes(1000)


def write(folder):
    """The folders of the targets, made anew."""
    folder = pathlib.Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    for number, (target, content) in enumerate(seeds()):
        (folder / target).mkdir(parents=True, exist_ok=True)
        (folder / target / f"{number:04}").write_bytes(content)


if __name__ == "__main__":
    write(sys.argv[1])
