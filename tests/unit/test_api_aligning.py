"""``align`` as notebooks call it."""

from __future__ import annotations

from pathlib import Path

import pytest

from foldsight.analysis.alignment import Matches
from foldsight.api.aligning import Superposition, align
from foldsight.errors import BadRequest
from foldsight.io import write
from foldsight.library import Library
from foldsight.structure import Structure


@pytest.fixture(scope="module")
def pair() -> tuple[Structure, Structure]:
    library = Library.open()
    return library.structure("3hsy"), library.structure("3o21")


def test_a_pair_has_numbers_a_scene_and_a_display(pair: tuple[Structure, Structure], tmp_path: Path) -> None:
    found = align(*pair)
    assert isinstance(found, Superposition)
    assert found.tm_by_reference == pytest.approx(0.885, abs=0.002)
    assert (found.n_aligned, repr(found)) == (348, str(found.alignment))
    assert found.moved.atoms.coord.shape == found.mobile.atoms.coord.shape
    data, _ = found._repr_mimebundle_()
    assert "RMSD" in data["text/plain"]
    assert found.view(coloring="distance") is not None
    assert found.figure(tmp_path / "both.png", size=(200, 150)).exists()
    assert found.distances().axes


def test_chains_and_complexes(pair: tuple[Structure, Structure]) -> None:
    one = align(*pair, chains=("B", "A"))
    assert isinstance(one, Superposition)
    assert "3hsy:B on 3o21:A" in repr(one)
    both = align(*pair, complex=True)
    assert isinstance(both, Superposition)
    assert both.n_aligned > one.n_aligned
    with pytest.raises(BadRequest, match="one pair of chains"):
        both.distances()


def test_several_others_give_a_table(pair: tuple[Structure, Structure], tmp_path: Path) -> None:
    path = tmp_path / "x.cif"
    write(pair[0], path)
    found = align(pair[1], [path, tmp_path / "gone.cif"], min_tm=0.5)
    assert isinstance(found, Matches)
    assert found.table["status"].tolist() == ["aligned", "refused"]


def test_what_does_not_go_together_is_refused(pair: tuple[Structure, Structure]) -> None:
    with pytest.raises(BadRequest, match="in pairs"):
        align(pair[0], [pair[1]], complex=True)
    with pytest.raises(BadRequest, match="for several"):
        align(*pair, min_tm=0.5)
    with pytest.raises(BadRequest, match="all its chains"):
        align(*pair, complex=True, chains=("A", "A"))
