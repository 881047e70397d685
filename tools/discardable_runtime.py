"""Copies a static Swift runtime so that the linker may leave out the functions nobody calls.

Swift marks every public function SHF_GNU_RETAIN, and the linker then keeps it, called or not. The copy
has that mark on metadata only (the sections swift5_*, which the runtime walks through): whatever these or our
code can reach stays, and what nothing reaches is left out. Names are hidden (tools/exports.map), so
nothing can be looked up by name either. It makes libtopoloss.so a tenth smaller, and drops what calls newer
functions of glibc than we do.

Sections as in the System V ABI (gabi, chapter 4), archives as in ar(5).
"""

import struct
from pathlib import Path

RETAIN = 0x200000  # SHF_GNU_RETAIN
FUNCTIONS = b".text"
ARCHIVE, ELF = b"!<arch>\n", b"\x7fELF\x02\x01"  # 64 bits, little-endian
MEMBER_HEADER = 60


def members(archive):
    """(start, end) of each member's content."""
    at = len(ARCHIVE)
    while at + MEMBER_HEADER <= len(archive):
        size = int(archive[at + 48 : at + 58])
        yield at + MEMBER_HEADER, at + MEMBER_HEADER + size
        at += MEMBER_HEADER + size + size % 2


def section_headers(content, start):
    """(offset, name) of each section header of the object file at `start`."""
    (table,) = struct.unpack_from("<Q", content, start + 40)
    size, count, names = struct.unpack_from("<HHH", content, start + 58)
    table += start
    if count == 0:  # more than 65279 sections: the first header has the numbers
        (count,) = struct.unpack_from("<Q", content, table + 32)
    if names == 0xFFFF:
        (names,) = struct.unpack_from("<I", content, table + 40)
    (strings,) = struct.unpack_from("<Q", content, table + names * size + 24)
    for header in range(table, table + count * size, size):
        (name,) = struct.unpack_from("<I", content, header)
        begin = start + strings + name
        yield header, content[begin : content.index(0, begin)]


def discardable(archive):
    """The archive with functions that may be left out."""
    content = bytearray(archive)
    for start, _ in members(archive):
        if not archive.startswith(ELF, start):
            continue  # the archive's own tables
        for header, name in section_headers(archive, start):
            if name == FUNCTIONS or name.startswith(FUNCTIONS + b"."):
                (flags,) = struct.unpack_from("<Q", archive, header + 8)
                struct.pack_into("<Q", content, header + 8, flags & ~RETAIN)
    return bytes(content)


def discardable_copy(source: Path, folder: Path):
    """Writes the copy of `source` into `folder` unless it is there; returns its path.

    An archive of another kind is returned as it is: the library then is larger, and as right.
    """
    archive = source.read_bytes()
    if not archive.startswith(ARCHIVE) or ELF not in archive:
        return source
    copy, content = folder / source.name, discardable(archive)
    if not copy.is_file() or copy.read_bytes() != content:
        copy.write_bytes(content)
    return copy
