"""Meshes as binary STL and binary PLY, which programs for 3-D printing and rendering read."""

import numpy as np

from .surface import Mesh

_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attributes", "<u2")])


def stl(mesh: Mesh) -> bytes:
    """Binary STL: 80 bytes of comment, the number of triangles, then each with its normal.

    The comment must not begin with "solid", by which readers know the other kind.
    """
    corners = mesh.vertices[mesh.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    triangles = np.zeros(len(corners), dtype=_TRIANGLE)
    triangles["normal"] = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
    triangles["corners"] = corners
    comment = b"binary STL by topoloss-mesh".ljust(80)
    return comment + len(corners).to_bytes(4, "little") + triangles.tobytes()


def ply(mesh: Mesh) -> bytes:
    """Binary PLY, little-endian: vertices as 32-bit floats, triangles as indices."""
    header = (
        "ply\nformat binary_little_endian 1.0\ncomment by topoloss-mesh\n"
        f"element vertex {len(mesh.vertices)}\n"
        "property float x\nproperty float y\nproperty float z\n"
        f"element face {len(mesh.faces)}\n"
        "property list uchar int vertex_indices\nend_header\n"
    )
    faces = np.empty(len(mesh.faces), dtype=[("count", "u1"), ("corners", "<i4", 3)])
    faces["count"] = 3
    faces["corners"] = mesh.faces
    return header.encode("ascii") + mesh.vertices.astype("<f4").tobytes() + faces.tobytes()
