"""Side chains: complete, L, without severe clashes, and often the native ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from foldsight.analysis.rotamers import ATOMS, chi_angles
from foldsight.engines.template.draft import TemplateChain, template_chain
from foldsight.engines.template.sidechains import contacts, inherited_chi1, place_side_chains
from foldsight.library import Library


@pytest.fixture(scope="module")
def lysozyme_sized() -> TemplateChain:
    return template_chain(Library(Path("no-such-folder")).structure("1ake"), "A")


def stripped(chain: TemplateChain) -> np.ndarray:  # type: ignore[type-arg]
    coord = chain.coord.copy()
    coord[:, 5:] = np.nan
    return coord


def test_native_side_chains_are_found_again(lysozyme_sized: TemplateChain) -> None:
    coord, sequence = stripped(lysozyme_sized), lysozyme_sized.sequence
    place_side_chains(sequence, coord, np.full(len(sequence), np.nan))
    right = []
    for letter, made, native in zip(sequence, coord, lysozyme_sized.coord, strict=True):
        assert np.isfinite(made[: len(ATOMS[letter])]).all()
        assert np.isnan(made[len(ATOMS[letter]) :]).all()
        angles = chi_angles(letter, native)
        if angles.size and letter != "P":
            off = np.angle(np.exp(1j * (chi_angles(letter, made)[0] - angles[0])))
            right.append(abs(off) < np.radians(40))
    assert np.mean(right) > 0.7
    assert len(contacts(sequence, coord, 2.0)[0]) <= 2


def test_complete_side_chains_are_kept(lysozyme_sized: TemplateChain) -> None:
    coord = lysozyme_sized.coord.copy()
    place_side_chains(lysozyme_sized.sequence, coord, np.full(len(coord), np.nan))
    np.testing.assert_array_equal(coord, lysozyme_sized.coord)


def test_residues_without_backbone_are_left_alone(lysozyme_sized: TemplateChain) -> None:
    coord = stripped(lysozyme_sized)[:40]
    coord[10] = np.nan
    place_side_chains(lysozyme_sized.sequence[:40], coord, np.full(40, np.nan))
    assert np.isnan(coord[10]).all()


def test_the_templates_chi_is_favoured(lysozyme_sized: TemplateChain) -> None:
    i = lysozyme_sized.sequence.index("M")
    alone = stripped(lysozyme_sized)[i : i + 1]
    for wanted in (-60.0, 60.0, 180.0):
        coord = alone.copy()
        place_side_chains("M", coord, np.radians([wanted]))
        off = np.angle(np.exp(1j * (chi_angles("M", coord[0])[0] - np.radians(wanted))))
        assert abs(off) < np.radians(40)


def test_chi_is_inherited_only_where_it_means_the_same(lysozyme_sized: TemplateChain) -> None:
    i = lysozyme_sized.sequence.index("L")
    leucine = lysozyme_sized.coord[i]
    assert np.isfinite(inherited_chi1("K", "L", leucine))
    assert np.isfinite(inherited_chi1("L", "L", leucine))
    assert np.isnan(inherited_chi1("V", "L", leucine))
    assert np.isnan(inherited_chi1("K", "X", leucine))
    assert np.isnan(inherited_chi1("K", "A", leucine))
