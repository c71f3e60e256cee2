"""What a viewer is given and hardly expects: nothing at all, and far too much."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import foldsight as fs
from foldsight.errors import BadFile
from foldsight.scene import Scene
from tests.browser.lab import View

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

COLUMNS = (
    "group_PDB", "id", "type_symbol", "label_atom_id", "label_alt_id", "label_comp_id", "label_asym_id",
    "label_entity_id", "label_seq_id", "Cartn_x", "Cartn_y", "Cartn_z", "occupancy", "B_iso_or_equiv",
    "auth_seq_id", "auth_asym_id", "pdbx_PDB_model_num",
)  # fmt: skip


def many_residues(path: Path, chains: int, length: int) -> Path:
    """Write a trace of straight chains beside each other, mmCIF because PDB ends at 99,999 atoms."""
    lines = ["data_many", "loop_", *(f"_atom_site.{name}" for name in COLUMNS)]
    for chain in range(chains):
        x, y = 30.0 * (chain % 10), 30.0 * (chain // 10)
        for k in range(1, length + 1):
            number = chain * length + k
            place = f"{x + 2 * (k % 2):.1f} {y:.1f} {3.3 * k / 8:.2f}"
            lines.append(f"ATOM {number} C CA . ALA C{chain} 1 {k} {place} 1 20 {k} C{chain} 1")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_file_without_atoms_never_becomes_a_view(tmp_path: Path) -> None:
    path = tmp_path / "empty.pdb"
    path.write_text("HEADER    NOTHING\nEND\n", encoding="utf-8")
    with pytest.raises(BadFile, match="holds no atoms"):
        fs.view(path)


def test_a_hundred_thousand_residues_are_shown(page_view: Callable[..., View], tmp_path: Path) -> None:
    structure = fs.read(many_residues(tmp_path / "many.cif", chains=50, length=2000))
    view = page_view(Scene.of(structure))
    state = view.state()
    assert state["stage"] == "ready"
    assert state["mol"]["residues"] == 100_000
    view.ask("view.store.take([99999], null)")
    assert view.state()["selection"] == "C49:2000"
