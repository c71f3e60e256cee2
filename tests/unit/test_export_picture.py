"""Pictures: what is drawn, with which colours, and what is refused."""

from __future__ import annotations

import struct
from xml.etree import ElementTree

import numpy as np
import pytest

from foldsight.confidence import Confidence
from foldsight.errors import BadRequest
from foldsight.export.camera import Camera, principal_axes
from foldsight.export.picture import render_png, render_svg
from foldsight.export.raster import rasterise
from foldsight.export.ribbon import cartoon, drawn_states
from foldsight.export.shade import blur
from foldsight.library import Library
from foldsight.library.catalog import STARTER
from foldsight.prediction import Prediction
from foldsight.provenance import FoldManifest
from foldsight.scene import Scene
from foldsight.structure import Structure

TWO_BANDS = (95.0, 40.0)


@pytest.fixture(scope="module")
def ubiquitin(tmp_path_factory: pytest.TempPathFactory) -> Structure:
    return Library(tmp_path_factory.mktemp("library"), STARTER).structure("1ubi")


@pytest.fixture(scope="module")
def prediction(ubiquitin: Structure) -> Prediction:
    values = np.where(np.arange(len(ubiquitin.residues)) < 38, *TWO_BANDS).astype(np.float32)
    manifest = FoldManifest("template", "1", "homology", "key", name='ubiquitin <&> "co"')
    return Prediction(ubiquitin, Confidence("template_support", values), manifest)


def pixels(png: bytes) -> np.ndarray:
    import io

    from matplotlib.image import imread

    return (np.asarray(imread(io.BytesIO(png), format="png")) * 255).round().astype(int)


def test_a_png_has_the_size_asked_for(prediction: Prediction) -> None:
    data = render_png(prediction, (400, 300))
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", data[16:24]) == (400, 300)


def test_the_same_structure_gives_the_same_bytes(prediction: Prediction) -> None:
    assert render_png(prediction, (200, 150)) == render_png(prediction, (200, 150))


def test_both_bands_are_on_the_picture(prediction: Prediction) -> None:
    image = pixels(render_png(prediction, (400, 300), words=False))
    red, green, blue = (image[..., k] for k in range(3))
    assert int(((green > red + 20) & (green > blue + 20)).sum()) > 1000
    assert int(((blue > green + 30) & (red > green + 10)).sum()) > 1000


def test_the_structure_fills_the_picture_and_leaves_a_margin(prediction: Prediction) -> None:
    image = pixels(render_png(prediction, (400, 300), words=False))
    shown = (image[..., :3] < 250).any(axis=-1)
    assert not shown[:4].any()
    assert not shown[-4:].any()
    assert not shown[:, :4].any()
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    filled = max((rows[-1] - rows[0]) / 300, (columns[-1] - columns[0]) / 400)
    assert filled > 0.85


def test_backgrounds(prediction: Prediction) -> None:
    corners = {name: pixels(render_png(prediction, (120, 90), name))[0, 0] for name in ("light", "dark")}
    assert corners["light"][:3].min() == 255
    assert corners["dark"][:3].max() < 40
    assert pixels(render_png(prediction, (120, 90), "transparent"))[0, 0, 3] == 0


def test_svg_is_vectors_and_text(prediction: Prediction) -> None:
    root = ElementTree.fromstring(render_svg(prediction, (400, 300)))
    tags = {element.tag.split("}")[1] for element in root.iter()}
    assert "path" in tags
    assert "image" not in tags
    words = " ".join(element.text or "" for element in root.iter())
    assert 'ubiquitin <&> "co"' in words
    assert "not pLDDT" in words
    assert "76 residues, mean template support (estimated lDDT) 67.5" in words


def test_secondary_structure_and_chain_colours_are_drawn(ubiquitin: Structure) -> None:
    scene = Scene.of(ubiquitin).styled(coloring="secondary")
    words = render_svg(scene, (200, 150)).decode()
    assert ">Helix<" in words
    assert ">Strand<" in words


def test_ubiquitin_has_its_helix_and_five_strands(ubiquitin: Structure) -> None:
    states = "".join(drawn_states(ubiquitin))
    assert states[22:34].count("H") >= 11
    assert sum(len(run) >= 3 for run in states.replace("H", "C").split("C")) >= 4


def test_a_gap_is_marked_by_beads(ubiquitin: Structure) -> None:
    keep = np.ones(len(ubiquitin.residues), dtype=bool)
    keep[45:50] = False
    mesh = cartoon(ubiquitin.subset(keep))
    assert mesh is not None
    assert (mesh.residue == -1).any()


def test_normals_look_outwards(ubiquitin: Structure) -> None:
    mesh = cartoon(ubiquitin)
    assert mesh is not None
    a, b, c = (mesh.points[mesh.faces[:, k]] for k in range(3))
    flat = np.cross(b - a, c - a)
    agree = np.sum(flat * mesh.normals[mesh.faces].mean(axis=1), axis=1) >= 0
    big = np.linalg.norm(flat, axis=1) > 1e-3
    assert agree[big].mean() > 0.97


def test_axes_are_right_handed_and_stable() -> None:
    points = np.random.default_rng(1).normal(size=(50, 3)) * (9, 4, 1)
    axes = principal_axes(points)
    assert np.allclose(axes @ axes.T, np.eye(3))
    assert np.linalg.det(axes) == pytest.approx(1)
    assert np.abs(axes[0, 0]) > 0.95


def test_camera_fits_the_box() -> None:
    points = np.random.default_rng(1).normal(size=(50, 3)) * (2, 9, 1)
    seen = Camera.fit(points, (10, 20, 300, 200)).project(points)
    assert seen[:, 0].min() >= 10 - 1e-6
    assert seen[:, 0].max() <= 310 + 1e-6
    assert seen[:, 1].min() >= 20 - 1e-6
    assert seen[:, 1].max() <= 220 + 1e-6


def test_the_nearer_triangle_hides_the_other() -> None:
    corners = np.array([[0, 0, 0], [0, 30, 0], [30, 0, 0], [0, 0, 5], [0, 12, 5], [12, 0, 5]], dtype=float)
    normals = np.tile([0.0, 0.0, 1.0], (6, 1))
    seen = rasterise(corners, normals, np.array([[0, 1, 2], [3, 4, 5]]), (32, 32))
    assert seen.face[2, 2] == 1
    assert seen.face[2, 20] == 0
    assert seen.face[30, 30] == -1
    assert int((seen.face >= 0).sum()) == pytest.approx(450, abs=16)


def test_blur_keeps_the_mean() -> None:
    image = np.zeros((40, 40), dtype=np.float32)
    image[20, 20] = 1
    blurred = blur(image, 2)
    assert float(blurred.sum()) == pytest.approx(1, rel=1e-4)
    assert float(blurred.max()) < 0.1


@pytest.mark.parametrize(
    ("size", "background", "word"), [((10, 400), "light", "10 x 400"), ((400, 300), "pink", "pink")]
)
def test_bad_requests(prediction: Prediction, size: tuple[int, int], background: str, word: str) -> None:
    with pytest.raises(BadRequest, match=word):
        render_png(prediction, size, background)


def test_a_structure_without_protein_is_refused(ubiquitin: Structure) -> None:
    empty = ubiquitin.subset(np.zeros(len(ubiquitin.residues), dtype=bool))
    with pytest.raises(BadRequest, match="no protein chain"):
        render_png(empty)
