"""From atom rows to a :class:`Structure`: residues, chains, their kinds and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from foldsight.io.chains import ChainTable, chains_from_labels, chains_from_names
from foldsight.io.content import Content
from foldsight.io.kinds import named_kind
from foldsight.io.rows import LARGEST, AtomRows, changes
from foldsight.structure import Atoms, Residues, Structure
from foldsight.typing import Ints

#: Most atoms of a file; the largest entry of the PDB has about 2.4 million.
MAX_ATOMS = 10_000_000


@dataclass
class Header:
    """What a file says besides its atoms.

    Attributes
    ----------
    name : str
        PDB id, where a PDB file gives one.
    title, method : str
    resolution : float or None
        In Å.
    n_models : int
    sequences : dict of str to list of str
        Component names of each polymer, by author chain id (SEQRES) in PDB files.
    references : list of str
        DBREF lines of PDB files.
    polymers : dict of str to (kind, list of str)
        Kind and component names by ``label_asym_id`` in mmCIF files.
    software, software_version : str
        What the file says of the programs that made it.
    warnings : list of str
    origin_block : str or bytes
    """

    name: str = ""
    title: str = ""
    method: str = ""
    resolution: float | None = None
    n_models: int = 1
    sequences: Mapping[str, list[str]] = field(default_factory=dict)
    references: list[str] = field(default_factory=list)
    polymers: Mapping[str, tuple[str, list[str]]] = field(default_factory=dict)
    software: str = ""
    software_version: str = ""
    warnings: list[str] = field(default_factory=list)
    origin_block: str | bytes = ""


def assemble(content: Content, name: str, rows: AtomRows, header: Header) -> Structure:
    """Return the structure of atom rows.

    Raises
    ------
    BadFile
        When there is no atom, a coordinate is not a number, or there is no protein.
    """
    _check(content, rows)
    rows, starts = _residues(rows)
    residue = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(rows)))).astype(np.int32)
    _check_protein(content, rows, starts)
    table = (
        chains_from_labels(rows, starts, header.polymers)
        if rows.label_chain[0]
        else chains_from_names(rows, starts, header.sequences)
    )
    return Structure(
        name=name,
        atoms=_atoms(rows, residue),
        residues=_residue_table(rows, starts, table),
        chains=table.chains,
        title=header.title,
        n_models=header.n_models,
        method=header.method,
        resolution=header.resolution,
        warnings=tuple(header.warnings),
        origin_block=header.origin_block,
        anisou=rows.anisou,
    )


def _check(content: Content, rows: AtomRows) -> None:
    if not len(rows):
        raise content.bad("holds no atoms", "Give a file with the coordinates of a protein.")
    if len(rows) > MAX_ATOMS:
        raise content.bad(f"holds more than {MAX_ATOMS:,} atoms")
    bad = ~(np.abs(rows.coord) < LARGEST).all(axis=1)
    if bad.any():
        i = int(np.argmax(bad))
        where = f"{rows.comp[i]} {rows.auth_chain[i]}:{rows.auth_seq[i]}{rows.ins_code[i]}"
        what = "is not a number" if np.isnan(rows.coord[i]).any() else "is beyond all measure"
        raise content.bad(
            f"gives a coordinate that {what} for atom {rows.name[i]} of {where}",
            "Repair or remove that atom.",
        )


def _check_protein(content: Content, rows: AtomRows, starts: Ints) -> None:
    """Refuse a file of which every component is known and none is an amino acid."""
    names = {str(name) for name in np.unique(rows.comp[starts])}
    kinds = {name: named_kind(name) for name in names}
    if "protein" in kinds.values() or "" in names:
        return
    backbone = np.isin(rows.name, ("N", "CA", "C"))
    if len(set(rows.name[backbone].tolist())) == 3 and any(kind is None for kind in kinds.values()):
        return
    found = ", ".join(sorted(names)[:5]) + (", ..." if len(names) > 5 else "")
    raise content.bad(f"holds no protein, only {found}", "FoldSight works on proteins.")


def _residues(rows: AtomRows) -> tuple[AtomRows, Ints]:
    """Return rows with the atoms of each residue together, and the first row of each residue."""
    new = changes(
        rows.auth_seq, rows.ins_code, rows.comp, rows.auth_chain, rows.label_chain, rows.label_seq, rows.part
    )
    starts: Ints = np.flatnonzero(new)
    keys = list(
        zip(
            rows.label_chain[starts].tolist(),
            rows.auth_chain[starts].tolist(),
            rows.auth_seq[starts].tolist(),
            rows.ins_code[starts].tolist(),
            rows.comp[starts].tolist(),
            rows.part[starts].tolist(),
            strict=True,
        )
    )
    if len(set(keys)) == len(keys):
        return rows, starts
    return _join_runs(rows, starts, keys)


def _join_runs(rows: AtomRows, starts: Ints, keys: list[tuple[object, ...]]) -> tuple[AtomRows, Ints]:
    """Join the runs of a residue that the file tears apart (interleaved alternates, late hydrogens).

    A run that repeats an atom is another residue under the same number, and stays one.
    """
    ends = np.append(starts[1:], len(rows))
    names, altlocs = rows.name.tolist(), rows.altloc.tolist()
    homes: dict[tuple[object, ...], tuple[int, set[tuple[str, str]]]] = {}
    home_of_run = np.empty(len(starts), dtype=np.int64)
    for run, (key, start, end) in enumerate(zip(keys, starts.tolist(), ends.tolist(), strict=True)):
        atoms = set(zip(names[start:end], altlocs[start:end], strict=True))
        home = homes.get(key)
        if home is None or home[1] & atoms:
            homes[key] = (run, atoms)
            home_of_run[run] = run
        else:
            home[1].update(atoms)
            home_of_run[run] = home[0]
    home_of_row = np.repeat(home_of_run, ends - starts)
    order = np.argsort(home_of_row, kind="stable")
    return rows.take(order), np.flatnonzero(changes(home_of_row[order]))


def _atoms(rows: AtomRows, residue: Ints) -> Atoms:
    return Atoms(
        coord=rows.coord,
        name=rows.name,
        element=rows.element,
        altloc=rows.altloc,
        occupancy=rows.occupancy,
        b_factor=rows.b_factor,
        residue=residue,
        charge=rows.charge,
    )


def _residue_table(rows: AtomRows, starts: Ints, table: ChainTable) -> Residues:
    return Residues(
        chain=table.chain_of_residue,
        label_seq=table.label_seq,
        auth_seq=rows.auth_seq[starts],
        ins_code=rows.ins_code[starts],
        name=rows.comp[starts],
        het=rows.het[starts],
        uniprot=rows.uniprot[starts],
    )
