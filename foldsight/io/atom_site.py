"""The ``_atom_site`` loop of a structure, in place of the one its block came with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from foldsight.structure import Structure
from foldsight.typing import Doubles, Floats, Ints, Strings

if TYPE_CHECKING:
    from gemmi import cif

_PREFIX = "_atom_site."
_ANISOTROP = "_atom_site_anisotrop."
#: Columns whose words are the file's own where it holds the same atoms.
_OWN_WORDS = ("id", "auth_comp_id", "auth_atom_id", "pdbx_PDB_model_num")
#: Numeric columns, and by how much our rounding may differ from the file's digits.
_NUMERIC = {
    "Cartn_x": 1e-6,
    "Cartn_y": 1e-6,
    "Cartn_z": 1e-6,
    "occupancy": 0.00501,
    "B_iso_or_equiv": 0.00501,
}


def put_atom_site(
    block: cif.Block, structure: Structure, label_seq: Ints, entity_ids: list[str], b_factor: Floats
) -> None:
    """Replace the atoms of a block.

    Columns that FoldSight does not model (such as ``Cartn_x_esd``) are kept where the block
    holds the same atoms in the same order.
    """
    columns = _columns(structure, label_seq, entity_ids, b_factor)
    kept = _kept(block, structure)
    for item, words in kept.items():
        if item not in columns or item in _OWN_WORDS or _same_numbers(item, words, columns[item]):
            columns[item] = words
    if not kept:
        _put_anisou(block, structure)
    block.find_mmcif_category(_PREFIX).erase()
    loop = block.init_mmcif_loop(_PREFIX, list(columns))
    loop.set_all_values(list(columns.values()))


def _same_numbers(item: str, words: list[str], others: list[str]) -> bool:
    """Whether a numeric column says the same with other digits; the file's own are then kept."""
    if item not in _NUMERIC:
        return False
    try:
        theirs, ours = np.array(list(map(float, words))), np.array(list(map(float, others)))
    except ValueError:
        return False
    return bool(np.abs(theirs - ours).max(initial=0.0) <= _NUMERIC[item])


def _put_anisou(block: cif.Block, structure: Structure) -> None:
    """Write U of each atom under the atoms' new ids, in place of any that the block has."""
    block.find_mmcif_category(_ANISOTROP).erase()
    u = structure.anisou
    if u is None or len(u) != len(structure.atoms):
        return
    rows = np.flatnonzero(np.isfinite(u).all(axis=1))
    elements = quoted(structure.atoms.element[rows]).tolist()
    columns = {"id": [str(i + 1) for i in rows.tolist()], "type_symbol": elements}
    for j, place in enumerate(("1][1", "2][2", "3][3", "1][2", "1][3", "2][3")):
        columns[f"U[{place}]"] = [f"{value:.4f}" for value in u[rows, j].tolist()]
    if len(rows):
        block.init_mmcif_loop(_ANISOTROP, list(columns)).set_all_values(list(columns.values()))


def _columns(
    structure: Structure, label_seq: Ints, entity_ids: list[str], b_factor: Floats
) -> dict[str, list[str]]:
    atoms, table = structure.atoms, structure.residues
    n = len(atoms)
    labels = np.array([chain.label for chain in structure.chains])
    auths = np.array([chain.auth or chain.label for chain in structure.chains])
    entities = np.array(entity_ids)
    of_residue = {
        "label_comp_id": quoted(table.name),
        "label_asym_id": quoted(labels[table.chain]),
        "label_entity_id": quoted(entities[table.chain]),
        "label_seq_id": np.where(label_seq > 0, label_seq.astype(np.str_), "."),
        "pdbx_PDB_ins_code": quoted(table.ins_code, null="?"),
        "auth_seq_id": table.auth_seq.astype(np.str_),
        "auth_asym_id": quoted(auths[table.chain]),
        "group_PDB": np.where(table.het, "HETATM", "ATOM"),
    }
    spread = {item: values[atoms.residue].tolist() for item, values in of_residue.items()}
    name = quoted(atoms.name).tolist()
    columns = {
        "group_PDB": spread["group_PDB"],
        "id": [str(i) for i in range(1, n + 1)],
        "type_symbol": quoted(atoms.element).tolist(),
        "label_atom_id": name,
        "label_alt_id": quoted(atoms.altloc, null=".").tolist(),
        "label_comp_id": spread["label_comp_id"],
        "label_asym_id": spread["label_asym_id"],
        "label_entity_id": spread["label_entity_id"],
        "label_seq_id": spread["label_seq_id"],
        "pdbx_PDB_ins_code": spread["pdbx_PDB_ins_code"],
        "Cartn_x": decimals(atoms.coord[:, 0]),
        "Cartn_y": decimals(atoms.coord[:, 1]),
        "Cartn_z": decimals(atoms.coord[:, 2]),
        "occupancy": [f"{v:.2f}" for v in atoms.occupancy.tolist()],
        "B_iso_or_equiv": [f"{v:.2f}" for v in b_factor.tolist()],
        "pdbx_formal_charge": [str(v) if v else "?" for v in atoms.charge.tolist()],
        "auth_seq_id": spread["auth_seq_id"],
        "auth_comp_id": spread["label_comp_id"],
        "auth_asym_id": spread["auth_asym_id"],
        "auth_atom_id": name,
        "pdbx_PDB_model_num": ["1"] * n,
    }
    if (table.uniprot > 0).any():
        known = table.uniprot > 0
        columns["pdbx_sifts_xref_db_name"] = np.where(known, "UNP", "?")[atoms.residue].tolist()
        numbers = np.where(known, table.uniprot.astype(np.str_), "?")
        columns["pdbx_sifts_xref_db_num"] = numbers[atoms.residue].tolist()
    return columns


def _kept(block: cif.Block, structure: Structure) -> dict[str, list[str]]:
    """Return the block's columns (first MODEL), if it holds these atoms in this order, else none."""
    from gemmi import cif

    own = block.find_mmcif_category(_PREFIX)
    found = {tag.removeprefix(_PREFIX): list(own.column(i)) for i, tag in enumerate(own.tags)}
    models = found.get("pdbx_PDB_model_num", [])
    if any(number != models[0] for number in models):
        keep = [i for i, number in enumerate(models) if number == models[0]]
        found = {item: [values[i] for i in keep] for item, values in found.items()}
    names = [cif.as_string(word) for word in found.get("label_atom_id", [])]
    comps = [cif.as_string(word) for word in found.get("label_comp_id", [])]
    atoms, table = structure.atoms, structure.residues
    same = names == atoms.name.tolist() and comps == table.name[atoms.residue].tolist()
    return found if same else {}


def decimals(values: Doubles) -> list[str]:
    """Return coordinates with three decimals, more only where the values have them."""
    if np.abs(np.round(values, 3) - values).max(initial=0.0) < 1e-7:
        return [f"{v:.3f}" for v in values.tolist()]
    return [f"{v:.6f}".rstrip("0").ljust(5, "0") for v in values.tolist()]


def quoted(values: Strings, null: str = "?") -> Strings:
    """Return CIF words: nulls for empty strings, quotes where they are needed."""
    from gemmi import cif

    listed = values.tolist()
    words = {word: cif.quote(word) if word else null for word in set(listed)}
    return np.array([words[word] for word in listed], dtype=np.str_)
