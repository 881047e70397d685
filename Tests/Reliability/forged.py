"""Our own checkpoints with other texts in them, and checksums that are right all the same."""

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
