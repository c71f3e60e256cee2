"""From drafts to a :class:`~foldsight.structure.Structure`."""

from __future__ import annotations

import numpy as np

from foldsight.analysis.rotamers import ATOMS
from foldsight.engines.template.draft import Draft
from foldsight.residues import ONE_TO_THREE
from foldsight.structure import Atoms, Chain, Residues, Structure
from foldsight.typing import Doubles, Floats


def chain_name(i: int) -> str:
    """Return A, B, ... Z, AA, AB, ... for i from 0."""
    name = ""
    i += 1
    while i:
        i, rest = divmod(i - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def assemble(name: str, drafts: list[Draft], support: list[Floats]) -> Structure:
    """Join drafts into one structure; residues that were left out are not in it.

    Parameters
    ----------
    name : str
    drafts : list of Draft
        One per chain of the query, in its order.
    support : list of ndarray, shape=(L,), dtype=float32
        Goes into the B-factor column, as is usual for estimated confidence.
    """
    rows = [(c, i) for c, draft in enumerate(drafts) for i in np.flatnonzero(draft.built)]
    atoms = [
        (row, atom, drafts[c].coord[i, slot], support[c][i])
        for row, (c, i) in enumerate(rows)
        for slot, atom in enumerate(ATOMS[drafts[c].sequence[i]])
        if np.isfinite(drafts[c].coord[i, slot, 0])
    ]
    return Structure(
        name=name,
        atoms=_atoms(atoms),
        residues=_residues(rows, drafts),
        chains=tuple(
            Chain(chain_name(c), chain_name(c), "protein", draft.sequence) for c, draft in enumerate(drafts)
        ),
        title=name,
    )


def _atoms(rows: list[tuple[int, str, Doubles, np.float32]]) -> Atoms:
    n = len(rows)
    names = [name for _, name, _, _ in rows]
    return Atoms(
        coord=np.array([position for _, _, position, _ in rows], dtype=np.float64).round(3).reshape(n, 3),
        name=np.array(names, dtype="U4"),
        element=np.array([name[0] for name in names], dtype="U2"),
        altloc=np.full(n, "", dtype="U1"),
        occupancy=np.ones(n, dtype=np.float32),
        b_factor=np.array([value for *_, value in rows], dtype=np.float32),
        residue=np.array([row for row, *_ in rows], dtype=np.int32),
        charge=np.zeros(n, dtype=np.int32),
    )


def _residues(rows: list[tuple[int, np.int64]], drafts: list[Draft]) -> Residues:
    n = len(rows)
    number = np.array([i + 1 for _, i in rows], dtype=np.int32)
    return Residues(
        chain=np.array([c for c, _ in rows], dtype=np.int32),
        label_seq=number,
        auth_seq=number.copy(),
        ins_code=np.full(n, "", dtype="U1"),
        name=np.array([ONE_TO_THREE[drafts[c].sequence[i]] for c, i in rows], dtype="U5"),
        het=np.zeros(n, dtype=bool),
        uniprot=np.full(n, -1, dtype=np.int32),
    )


def spread(drafts: list[Draft], assemblies: list[int], *, distance: float = 15.0) -> None:
    """Move assemblies apart along x: nothing is known of how they lie to each other."""
    edge: float | None = None
    for number in sorted(set(assemblies)):
        members = [draft for draft, own in zip(drafts, assemblies, strict=True) if own == number]
        x = np.concatenate([draft.coord[..., 0].ravel() for draft in members])
        if edge is not None:
            shift = edge + distance - np.nanmin(x)
            for draft in members:
                draft.coord[..., 0] += shift
            x = x + shift
        edge = float(np.nanmax(x))
