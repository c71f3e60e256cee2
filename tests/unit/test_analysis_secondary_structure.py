"""DSSP on ideal backbones built from torsion angles, where the answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from foldsight.analysis.backbone import Backbone
from foldsight.analysis.hydrogen_bonds import backbone_bonds
from foldsight.analysis.secondary_structure import assign, secondary_structure, three_state
from foldsight.structure import Atoms, Chain, Residues, Structure
from foldsight.typing import Doubles


def place(a: Doubles, b: Doubles, c: Doubles, length: float, angle: float, torsion: float) -> Doubles:
    """Return the atom bonded to ``c`` with the given length, angle (b-c-x) and torsion (a-b-c-x)."""
    angle, torsion = np.radians([angle, torsion])
    bc = (c - b) / np.linalg.norm(c - b)
    normal = np.cross(b - a, bc)
    normal /= np.linalg.norm(normal)
    frame = np.stack([bc, np.cross(normal, bc), normal], axis=1)
    local = length * np.array(
        [-np.cos(angle), np.sin(angle) * np.cos(torsion), np.sin(angle) * np.sin(torsion)]
    )
    return np.asarray(c + frame @ local)


def ideal(length: int, phi: float, psi: float) -> Structure:
    """Return a poly-alanine backbone with the same torsions everywhere (Engh & Huber geometry)."""
    n, ca, c = np.array([0.0, 0, 0]), np.array([1.458, 0, 0]), np.array([2.009, 1.42, 0])
    atoms = []
    for _ in range(length):
        following = place(n, ca, c, 1.329, 116.2, psi)
        atoms.append([n, ca, c, place(n, ca, c, 1.231, 120.5, psi + 180)])
        n, ca = following, place(ca, c, following, 1.458, 121.7, 180)
        c = place(atoms[-1][2], n, ca, 1.525, 111.2, phi)
    coord = np.concatenate(atoms)
    return structure_of(coord, length)


def structure_of(coord: Doubles, length: int) -> Structure:
    count = 4 * length
    return Structure(
        "ideal",
        Atoms(
            coord=coord,
            name=np.tile(["N", "CA", "C", "O"], length),
            element=np.tile(["N", "C", "C", "O"], length),
            altloc=np.full(count, "", dtype="U1"),
            occupancy=np.ones(count, dtype=np.float32),
            b_factor=np.zeros(count, dtype=np.float32),
            residue=np.repeat(np.arange(length, dtype=np.int32), 4),
            charge=np.zeros(count, dtype=np.int32),
        ),
        Residues(
            chain=np.zeros(length, dtype=np.int32),
            label_seq=np.arange(1, length + 1, dtype=np.int32),
            auth_seq=np.arange(1, length + 1, dtype=np.int32),
            ins_code=np.full(length, "", dtype="U1"),
            name=np.full(length, "ALA"),
            het=np.zeros(length, dtype=bool),
            uniprot=np.full(length, -1, dtype=np.int32),
        ),
        (Chain("A", "A"),),
    )


@pytest.mark.parametrize(
    ("phi", "psi", "code"),
    [(-57.8, -47.0, "H"), (-49.0, -26.0, "G"), (-139.0, 135.0, "-"), (-75.0, 150.0, "-")],
)
def test_ideal_torsions_give_their_code(phi: float, psi: float, code: str) -> None:
    codes = secondary_structure(ideal(20, phi, psi))
    assert set(codes[3:-4]) == {code}


def test_helix_bonds_run_from_amide_to_the_fourth_carbonyl_before() -> None:
    bonds = backbone_bonds(Backbone.of(ideal(12, -57.8, -47.0)))
    assert set(bonds.donor - bonds.acceptor) == {4}
    assert (bonds.energy < -0.5).all()


def test_a_break_ends_the_helix() -> None:
    whole = ideal(20, -57.8, -47.0)
    coord = whole.atoms.coord.copy()
    coord[40:] += 50.0
    backbone = Backbone.of(structure_of(coord, 20))
    assert backbone.segments()[[9, 10]].tolist() == [1, 2]
    codes = assign(backbone, backbone_bonds(backbone))
    assert codes[9] != "H"
    assert "".join(codes[2:7]) == "HHHHH"


def test_residues_without_a_backbone_have_no_code() -> None:
    whole = ideal(20, -57.8, -47.0)
    keep = np.ones(80, dtype=bool)
    keep[[41, 42]] = False
    atoms = Atoms(**{name: column[keep] for name, column in vars(whole.atoms).items()})
    codes = secondary_structure(Structure("cut", atoms, whole.residues, whole.chains))
    assert codes[10] == "-"
    assert len(codes) == 20


def test_two_strands_make_a_sheet() -> None:
    """An antiparallel pair: a strand and its image by the twofold axis that bonds it."""
    strand = ideal(9, -139.0, 135.0).atoms.coord
    codes = best_pairing(strand)
    assert {"E"} <= set(codes)


def best_pairing(strand: Doubles) -> set[str]:
    """Turn a copy of the strand by 180 degrees about axes 4.5-5.5 Å away until bonds form."""
    direction = strand[33] - strand[1]
    direction /= np.linalg.norm(direction)
    carbonyl = strand[19] - strand[18]
    side = carbonyl - direction * (carbonyl @ direction)
    side /= np.linalg.norm(side)
    axis = np.cross(direction, side)
    found: set[str] = set()
    for gap in np.arange(4.4, 5.6, 0.2):
        for slide in np.arange(-3.5, 3.6, 0.5):
            centre = strand[17] + side * gap / 2 + direction * slide
            turned = 2 * centre + 2 * np.outer((strand - centre) @ axis, axis) - strand
            pair = structure_of(np.concatenate([strand, turned]), 18)
            found |= set(secondary_structure(pair))
    return found


def test_three_states() -> None:
    assert "".join(three_state(np.array(list("HGIEBTS-")))) == "HHHEECCC"


def test_tiny_structures_have_no_codes() -> None:
    assert set(secondary_structure(ideal(3, -57.8, -47.0))) == {"-"}
