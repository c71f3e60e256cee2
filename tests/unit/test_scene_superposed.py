"""A superposition as a scene."""

from __future__ import annotations

import numpy as np

from foldsight.analysis.alignment import Trace, align, align_complexes
from foldsight.library import Library
from foldsight.scene.superposed import superposed


def test_both_structures_are_there_and_distances_are_those_of_the_alignment() -> None:
    library = Library.open()
    reference, mobile = library.structure("3o21").chain("A"), library.structure("3hsy").chain("A")
    found = align(Trace.of(mobile), Trace.of(reference))
    scene = superposed(found, mobile, reference)
    first, second = scene.structures
    assert (first.id, second.id) == ("3o21", "3hsy")
    assert scene.style.coloring == "structure"
    colors = [{c for c in item.colorings if c.id == "structure"}.pop() for item in scene.structures]
    assert colors[0].residue_colors()[0] != colors[1].residue_colors()[0]
    distance = next(c for c in second.colorings if c.id == "distance")
    assert distance.values is not None
    known = distance.values[np.isfinite(distance.values)]
    np.testing.assert_allclose(np.sort(known), np.sort(found.distances), atol=1e-4)
    np.testing.assert_allclose(second.structure.atoms.coord, found.apply(mobile).atoms.coord)


def test_a_complex_is_coloured_by_structure() -> None:
    library = Library.open()
    one = library.structure("1hpv")
    scene = superposed(align_complexes(one, one), one, one)
    assert [item.id for item in scene.structures] == ["1hpv", "1hpv #2"]
    assert scene.style.coloring == "structure"
