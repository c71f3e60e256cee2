"""One entry as bytes: what is kept, what is dropped, what is refused."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from foldsight.errors import BadFile
from foldsight.library import Entry, Library
from foldsight.library.store import pack, protein_only, read_entry, unpack
from foldsight.structure import Structure

STARTER = Library(Path("no-such-folder"))


@pytest.fixture(scope="module")
def ubiquitin() -> Structure:
    return STARTER.structure("1ubi")


def with_atom(structure: Structure, **change: object) -> Structure:
    """Add a copy of the first atom, changed, behind the atoms of its residue."""
    atoms = structure.atoms
    row = int(np.flatnonzero(atoms.residue == 0)[-1]) + 1
    columns = {name: np.insert(column, row, column[0], axis=0) for name, column in vars(atoms).items()}
    for name, value in change.items():
        columns[name] = columns[name].astype("U4") if columns[name].dtype.kind == "U" else columns[name]
        columns[name][row] = value
    return replace(structure, atoms=replace(atoms, **columns))


def test_an_entry_comes_back_as_it_went_in(ubiquitin: Structure) -> None:
    data, entry = pack(ubiquitin, Entry(id="1ubi", title="Ubiquitin", licence="CC0-1.0"))
    back = unpack(data)
    np.testing.assert_array_equal(back.atoms.coord, ubiquitin.atoms.coord)
    for column in ("name", "element", "residue"):
        np.testing.assert_array_equal(getattr(back.atoms, column), getattr(ubiquitin.atoms, column))
    for column in ("name", "chain", "auth_seq", "label_seq", "ins_code"):
        np.testing.assert_array_equal(getattr(back.residues, column), getattr(ubiquitin.residues, column))
    assert entry.chains[0].sequence.startswith("MQIFVKTLTGK")
    assert read_entry(data) == replace(entry)


def test_the_same_structure_gives_the_same_bytes(ubiquitin: Structure) -> None:
    entry = Entry(id="1ubi")
    assert pack(ubiquitin, entry) == pack(ubiquitin, entry)


def test_negative_coordinates_and_long_jumps_survive(ubiquitin: Structure) -> None:
    coord = ubiquitin.atoms.coord.copy()
    coord[::2] -= 9000.0
    far = replace(ubiquitin, atoms=replace(ubiquitin.atoms, coord=coord))
    np.testing.assert_allclose(unpack(pack(far, Entry(id="far"))[0]).atoms.coord, coord, atol=5e-4)


def test_hydrogens_are_dropped(ubiquitin: Structure) -> None:
    assert "H" not in protein_only(with_atom(ubiquitin, name="H", element="H")).atoms.element


def test_of_alternate_locations_the_most_occupied_is_kept(ubiquitin: Structure) -> None:
    two = with_atom(ubiquitin, altloc="B", occupancy=2.0, coord=[1.0, 2.0, 3.0])
    kept = protein_only(two).atoms
    assert len(kept) == len(ubiquitin.atoms)
    assert [1.0, 2.0, 3.0] in kept.coord.tolist()


def test_names_of_simulation_packages_become_those_of_the_pdb() -> None:
    frame = STARTER.structure("1u19")
    isoleucines = np.isin(frame.atoms.residue, np.flatnonzero(frame.residues.name == "ILE"))
    assert "CD1" in frame.atoms.name[isoleucines]
    assert "CD" not in frame.atoms.name[isoleucines]


def test_a_structure_without_protein_is_refused(ubiquitin: Structure) -> None:
    no_backbone = ubiquitin.subset(np.zeros(len(ubiquitin.residues), dtype=bool))
    with pytest.raises(BadFile, match="no protein chain"):
        pack(no_backbone, Entry(id="nothing"))


@pytest.mark.parametrize("data", [b"", b"not a zip", b"PK\x03\x04 broken"])
def test_bytes_that_are_no_entry_are_refused(data: bytes) -> None:
    with pytest.raises(BadFile, match="is not a library entry"):
        unpack(data, "x.npz")


def test_pickles_are_never_read() -> None:
    buffer = io.BytesIO()
    np.savez(buffer, meta=np.array([{"format": 1}], dtype=object))
    with pytest.raises(BadFile):
        unpack(buffer.getvalue())


def test_another_format_is_refused() -> None:
    buffer = io.BytesIO()
    np.savez(buffer, meta=np.frombuffer(b'{"format": 99}', dtype=np.uint8))
    with pytest.raises(BadFile, match="another library format"):
        unpack(buffer.getvalue())
