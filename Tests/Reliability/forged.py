"""Our own checkpoints with other texts or values in them, and checksums that are right all the same."""

import hashlib
import json
import struct

DIGEST = "topoloss.sha256"


def with_metadata(content, **changed):
    """A checkpoint (safetensors: length of the header, header, tensors) with other texts."""
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    header["__metadata__"] |= {**changed, DIGEST: "0" * 64}
    # The digest is of the file with zeros in its place.
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    forged = struct.pack("<Q", len(text)) + text + content[8 + length :]
    return forged.replace(b'"' + b"0" * 64, b'"' + hashlib.sha256(forged).hexdigest().encode(), 1)


def metadata(content):
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + length])["__metadata__"]


def with_values(content, tensor, value):
    """A checkpoint in which every element of a tensor of float32 is `value`."""
    (length,) = struct.unpack("<Q", content[:8])
    begin, end = json.loads(content[8 : 8 + length])[tensor]["data_offsets"]
    values = struct.pack("<f", value) * ((end - begin) // 4)
    data = 8 + length
    changed = content[: data + begin] + values + content[data + end :]
    return with_metadata(changed, **{f"topoloss.crc32c.{tensor}": f"{crc32c(values):08x}"})


def crc32c(data):
    """CRC-32C (Castagnoli), bit by bit, lowest first."""
    remainder = 0xFFFFFFFF
    for byte in data:
        remainder ^= byte
        for _ in range(8):
            remainder = remainder >> 1 ^ (0x82F63B78 if remainder & 1 else 0)
    return remainder ^ 0xFFFFFFFF
