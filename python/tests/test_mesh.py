"""Meshes of volumes: closed, of the right volume, and readable by whoever follows the formats."""

import struct
from collections import Counter

import numpy as np
import pytest
from optional import optional

optional("skimage")

import tifffile  # noqa: E402
from small_run import ball, run_command  # noqa: E402
from topoloss_swift.report import mesh_command, mesh_files, surface  # noqa: E402
from topoloss_swift.report.surface import Mesh  # noqa: E402


def made(*arguments, code=0):
    output, error = run_command(mesh_command.main, arguments, code)
    return error if code else output


def volumes():
    """Volumes with objects at the border, with values at the threshold, with nothing but object."""
    rng = np.random.default_rng(5)
    for _ in range(12):
        yield rng.random((9, 8, 7))
        yield rng.random((9, 8, 7)) > 0.5
        yield rng.integers(0, 5, (7, 8, 9)) / 4
        yield rng.integers(0, 3, (6, 6, 6)) / 2
    yield np.ones((3, 4, 5))
    yield np.ones((1, 1, 1))


@pytest.mark.parametrize("level", [0, 0.25, 0.5])
def test_every_surface_is_closed(level):
    """Each edge of a triangle is that of exactly one other, in the other direction."""
    for volume in volumes():
        mesh = surface.surface(volume.astype(np.float32), level, (2, 1, 0.5))
        edges = np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]])
        forward, backward = Counter(map(tuple, edges.tolist())), Counter(map(tuple, edges[:, ::-1].tolist()))
        assert forward == backward and max(forward.values()) == 1
        assert surface.enclosed_volume(mesh) > 0


@pytest.mark.parametrize("is_binary", [False, True])
@pytest.mark.parametrize("spacing", [(1, 1, 1), (3, 1, 0.5)])
def test_volume_is_that_of_the_voxels(is_binary, spacing):
    volume = ball(12, size=32)
    voxels = np.count_nonzero(volume > 0.5)
    if is_binary:
        volume = (volume > 0.5).astype(np.float32)
    mesh = surface.surface(volume, surface.threshold(volume), spacing)
    # The surface cuts the corners of voxels: of a ball of 7,000 voxels under 2 %.
    assert surface.enclosed_volume(mesh) == pytest.approx(voxels * np.prod(spacing), rel=0.02)
    # Normals point outwards.
    middle = mesh.vertices.mean(0)
    assert np.mean(((mesh.vertices - middle) * mesh.normals).sum(1) > 0) > 0.99


def test_nothing_has_no_surface():
    for value in (0, 0.5):
        volume = np.full((4, 4, 4), value, dtype=np.float32)
        assert surface.surface(volume, surface.threshold(volume)) is None


@pytest.mark.parametrize("high", [0.9, 1.0])
def test_level_of_two_values_lies_between_them(high):
    volume = np.zeros((6, 6, 6), dtype=np.float32)
    volume[2:4, 2:4, 2:4] = high
    assert surface.threshold(volume) == pytest.approx(high / 2, rel=1e-6)


def read_stl(data):
    """From the description of binary STL alone."""
    (count,) = struct.unpack_from("<I", data, 80)
    assert len(data) == 84 + 50 * count and not data.startswith(b"solid")
    triangles = [struct.unpack_from("<12fH", data, 84 + 50 * number) for number in range(count)]
    return [np.array(one[3:12]).reshape(3, 3) for one in triangles], [np.array(one[:3]) for one in triangles]


def read_ply(data):
    """From the description of binary PLY alone, with the properties that stand in the header."""
    header, _, body = data.partition(b"end_header\n")
    lines = header.decode().split("\n")
    assert lines[:2] == ["ply", "format binary_little_endian 1.0"]
    counts = {line.split()[1]: int(line.split()[2]) for line in lines if line.startswith("element")}
    vertices = [struct.unpack_from("<3f", body, 12 * number) for number in range(counts["vertex"])]
    faces = [
        struct.unpack_from("<B3i", body, 12 * len(vertices) + 13 * number) for number in range(counts["face"])
    ]
    assert len(body) == 12 * len(vertices) + 13 * len(faces) and {face[0] for face in faces} == {3}
    return [np.array([vertices[index] for index in face[1:]]) for face in faces]


def enclosed(triangles):
    return sum(np.dot(a, np.cross(b, c)) for a, b, c in triangles) / 6


def test_formats_hold_the_mesh():
    mesh = surface.surface(ball(3), 0.5, (2, 1, 1))
    corners = mesh.vertices[mesh.faces]
    triangles, normals = read_stl(mesh_files.stl(mesh))
    np.testing.assert_array_equal(np.array(triangles, dtype=np.float32), corners)
    for triangle, normal in zip(triangles, normals):
        across = np.cross(triangle[1] - triangle[0], triangle[2] - triangle[0])
        # 32-bit floats.
        np.testing.assert_allclose(normal, across / np.linalg.norm(across), atol=1e-5)
    np.testing.assert_array_equal(np.array(read_ply(mesh_files.ply(mesh)), dtype=np.float32), corners)


def test_first_axis_of_the_mesh_is_the_last_of_the_volume():
    volume = np.zeros((6, 8, 10), dtype=np.float32)
    volume[1:3, 2:6, 3:9] = 1
    mesh = surface.surface(volume, 0.5)
    np.testing.assert_allclose(mesh.vertices.min(0), [2.5, 1.5, 0.5], atol=1e-6)
    np.testing.assert_allclose(mesh.vertices.max(0), [8.5, 5.5, 2.5], atol=1e-6)


@pytest.mark.parametrize("end, read", [("stl", lambda data: read_stl(data)[0]), ("ply", read_ply)])
def test_command(tmp_path, end, read):
    volume = ball(6)
    np.save(tmp_path / "one.npy", volume)
    # As shapr predict writes it with --spacing 2,0.5,0.5: 2 pixels per micrometre.
    tifffile.imwrite(
        tmp_path / "two.tif", volume, imagej=True, resolution=(2, 2), metadata={"spacing": 2.0, "unit": "um"}
    )
    files = [tmp_path / "one.npy", tmp_path / "two.tif"]
    made(*files, "--output", tmp_path / "meshes", "--format", end)
    one, two = (
        enclosed(read((tmp_path / "meshes" / f"{name}.{end}").read_bytes())) for name in ("one", "two")
    )
    # 2 x 0.5 x 0.5 instead of 1.
    assert two == pytest.approx(one / 2, rel=1e-4)
    made(*files, "--output", tmp_path / "other", "--format", end, "--spacing", "3,1,1", "--threshold", "0.5")
    # In a ball this small the corners of voxels count for more.
    for name in ("one", "two"):
        found = enclosed(read((tmp_path / "other" / f"{name}.{end}").read_bytes()))
        assert found == pytest.approx(3 * np.count_nonzero(volume > 0.5), rel=0.05)


@pytest.mark.parametrize(
    "arguments, code, words",
    [
        (["none.tif"], 66, "IO"),
        (["text.tif"], 65, "FORMAT"),
        (["text.txt"], 65, "UNSUPPORTED"),
        (["zero.npy"], 65, "no voxel is above"),
        (["flat.npy"], 65, "SHAPE"),
        (["nan.npy"], 65, "NAN"),
        (["large.npy"], 65, "RANGE"),
        (["words.npy"], 65, "DTYPE"),
        (["huge.npy"], 65, "FORMAT"),
        (["ball.npy", "sub/ball.npy"], 65, "PATH"),
        (["ball.npy", "--threshold", "2"], 64, "USAGE"),
        (["ball.npy", "--spacing", "1,0,1"], 64, "USAGE"),
        (["ball.npy", "--format", "obj"], 64, "USAGE"),
        ([], 64, "USAGE"),
    ],
)
def test_errors_are_one_line(tmp_path, arguments, code, words):
    (tmp_path / "text.tif").write_text("no picture")
    (tmp_path / "text.txt").write_text("no picture")
    (tmp_path / "sub").mkdir()
    arrays = {
        "zero": np.zeros((3, 3, 3)),
        "flat": np.zeros((3, 3)),
        "nan": np.full((3, 3, 3), np.nan),
        "large": np.full((3, 3, 3), 7.0),
        "words": np.full((3, 3, 3), 7),
        "ball": ball(3),
        "sub/ball": ball(3),
    }
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    # A header that promises far more than the file has.
    data = (tmp_path / "zero.npy").read_bytes()
    (tmp_path / "huge.npy").write_bytes(data.replace(b"(3, 3, 3), }", b"(9999, 9999, 9999), }", 1))
    files = [tmp_path / one if "." in one and not one[0].isdigit() else one for one in arguments]
    error = made(*files, "--output", tmp_path / "meshes", code=code)
    assert error.startswith("topoloss: error[") and error.count("\n") == 1 and words in error
    assert not list((tmp_path / "meshes").glob("*")) if (tmp_path / "meshes").exists() else True


def test_degenerate_triangles_have_a_normal_that_is_a_number():
    """32-bit floats can bring the corners of a small triangle together."""
    mesh = Mesh(
        np.zeros((3, 3), dtype=np.float32),
        np.array([[0, 1, 2]], dtype=np.int32),
        np.zeros((3, 3), dtype=np.float32),
    )
    (normal,) = read_stl(mesh_files.stl(mesh))[1]
    assert normal.tolist() == [0, 0, 0]
