"""Makes the files of this folder: checkpoints by the Python package, and what our writer must write.

    python3 -m venv venv && venv/bin/pip install safetensors==0.8.0 torch==2.15.0 numpy
    venv/bin/python make.py

Made with safetensors 0.8.0, torch 2.15.0, numpy 2.4.6, Python 3.11.

types.safetensors   every element type that is read, and two that are not, by safetensors.torch
values.json         the same values as numbers, tensor by tensor
own.safetensors     byte for byte what CheckpointWriter writes for the tensors in CheckpointWriterTests,
                    put together here without it, and read back with the Python package
"""

import hashlib
import json
import struct
from pathlib import Path

import numpy as np
import safetensors.numpy
import torch
from safetensors import safe_open
from safetensors.torch import save_file

HERE = Path(__file__).parent

# ------------------------------------------------------------------------------- types.safetensors

HALVES = [0.0, -0.0, 1.0, -2.5, 65504.0, 2.0**-24, -(2.0**-14), 1 / 3, float("inf"), 0.1]
tensors = {
    "f64": torch.tensor([0.0, -1.5, 1 / 3, 1e300, 1e-320], dtype=torch.float64),
    "f32": torch.tensor([[0.1, -0.0, 3.4e38], [1e-45, 2.0, -7.25]], dtype=torch.float32),
    "f16": torch.tensor(HALVES, dtype=torch.float16),
    "bf16": torch.tensor(HALVES, dtype=torch.bfloat16),
    "i64": torch.tensor([-(2**63), 2**63 - 1, 0], dtype=torch.int64),
    "i32": torch.tensor([-(2**31), 2**31 - 1, -1], dtype=torch.int32),
    "i16": torch.tensor([-(2**15), 2**15 - 1, -1], dtype=torch.int16),
    "i8": torch.tensor([-128, 127, -1], dtype=torch.int8),
    "u64": torch.tensor([0, 2**63 - 1], dtype=torch.uint64),
    "u32": torch.tensor([0, 2**32 - 1], dtype=torch.uint32),
    "u16": torch.tensor([0, 2**16 - 1], dtype=torch.uint16),
    "u8": torch.tensor([[0], [255]], dtype=torch.uint8),
    "bool": torch.tensor([True, False, True]),
    "scalar": torch.tensor(42, dtype=torch.int64),
    "empty": torch.zeros((3, 0, 2), dtype=torch.float32),
    "größe \"5\" µm\\": torch.tensor([1.0]),
    "u64 too large": torch.tensor([2**63], dtype=torch.uint64),
    "f8": torch.tensor([1.0, 2.0]).to(torch.float8_e4m3fn),
    "c64": torch.tensor([1 + 2j], dtype=torch.complex64),
}
save_file(tensors, HERE / "types.safetensors", metadata={"format": "pt", "übung": "\"\\\n\t😀"})


def number(value):
    """JSON has no infinities: they are recorded as texts."""
    value = value.item()
    return repr(value) if isinstance(value, float) and not np.isfinite(value) else value


unread = {"u64 too large", "f8", "c64"}
values = {
    name: {
        "shape": list(tensor.shape),
        # Floating point as float32, which is what is read; float64 rounds to it.
        "values": [
            number(v) for v in (tensor.float() if tensor.is_floating_point() else tensor).flatten()
        ],
    }
    for name, tensor in tensors.items()
    if name not in unread
}
(HERE / "values.json").write_text(json.dumps(values, indent=1) + "\n")

# --------------------------------------------------------------------------------- own.safetensors


def crc32c(data):
    """Bit by bit (RFC 3720, appendix B.4)."""
    remainder = 0xFFFFFFFF
    for byte in data:
        remainder ^= byte
        for _ in range(8):
            remainder = remainder >> 1 ^ (0x82F63B78 if remainder & 1 else 0)
    return remainder ^ 0xFFFFFFFF


own = {
    "odd": np.arange(5, dtype="<f4").reshape(1, 5, 1) * np.float32(0.5) - 1,
    "steps": np.array(123456789, dtype="<i8"),
    "größe \"5\" µm\\": np.array([np.pi, -0.0], dtype="<f4"),
    "extremes": np.array([[-(2**63)], [2**63 - 1]], dtype="<i8"),
    "nothing": np.zeros((0, 7), dtype="<f4"),
    "a/b.weight": np.array(1e-45, dtype="<f4"),
}
begins, data = {}, b""
for kind in "if":  # integers first: 8 bytes each, so that all elements are aligned
    for name, array in own.items():
        if array.dtype.kind == kind:
            begins[name] = len(data)
            data += array.tobytes()
texts = {"format": "pt", "note": "tab\tline\nquote\" \u0001 end"}
texts |= {f"topoloss.crc32c.{name}": f"{crc32c(array.tobytes()):08x}" for name, array in own.items()}
texts = dict(sorted(texts.items(), key=lambda item: item[0].encode()))
header = {"__metadata__": {"topoloss.sha256": "0" * 64} | texts}
for name, array in own.items():
    header[name] = {
        "dtype": {"f": "F32", "i": "I64"}[array.dtype.kind],
        "shape": list(array.shape),
        "data_offsets": [begins[name], begins[name] + array.nbytes],
    }
text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
text += b" " * (-len(text) % 8)
content = struct.pack("<Q", len(text)) + text + data
digest = hashlib.sha256(content).hexdigest().encode()
content = content.replace(b'"topoloss.sha256":"' + b"0" * 64, b'"topoloss.sha256":"' + digest, 1)
(HERE / "own.safetensors").write_bytes(content)

back = safetensors.numpy.load_file(HERE / "own.safetensors")
assert back.keys() == own.keys()
for name, array in own.items():
    assert back[name].shape == array.shape and back[name].tobytes() == array.tobytes(), name
with safe_open(HERE / "own.safetensors", "np") as file:
    assert file.metadata()["note"] == texts["note"]
print("made", [path.name for path in sorted(HERE.iterdir())])
