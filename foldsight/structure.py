"""An immutable structure in thin columns: atoms, residues and chains as arrays.

The first model of the first data block is held; :attr:`Structure.n_models` says how
many the file had. Every alternate location is kept, as the file gives them. Reading
and writing live in :mod:`foldsight.io`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from foldsight.analyses import Analyses
from foldsight.annotation.annotated import Annotated
from foldsight.errors import BadRequest
from foldsight.outlets import Outlets
from foldsight.residues import ResidueRef, one_letter, resolve
from foldsight.typing import Bools, Floats, Ints, Strings

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Atoms:
    """Columns over N atoms, in file order.

    Attributes
    ----------
    coord : ndarray, shape=(N, 3), dtype=float64
        Positions in Å. float64, so that what is read is written back to the digit.
    name, element, altloc : ndarray, shape=(N,), dtype=str
        ``altloc`` is empty for an atom with one location.
    occupancy, b_factor : ndarray, shape=(N,), dtype=float32
    residue : ndarray, shape=(N,), dtype=int32
        Index into the residue table.
    charge : ndarray, shape=(N,), dtype=int32
        Formal charge.
    """

    coord: np.ndarray[Any, np.dtype[np.float64]]
    name: Strings
    element: Strings
    altloc: Strings
    occupancy: Floats
    b_factor: Floats
    residue: Ints
    charge: Ints

    def __len__(self) -> int:
        return len(self.coord)


@dataclass(frozen=True, eq=False)
class Residues:
    """Columns over R residues, in file order.

    Attributes
    ----------
    chain : ndarray, shape=(R,), dtype=int32
        Index into the chain table.
    label_seq : ndarray, shape=(R,), dtype=int32
        Position in the polymer from 1, or -1 outside polymers.
    auth_seq : ndarray, shape=(R,), dtype=int32
    ins_code, name : ndarray, shape=(R,), dtype=str
        ``name`` is the chemical component (``ALA``, ``HEM``).
    het : ndarray, shape=(R,), dtype=bool
        Written as HETATM.
    uniprot : ndarray, shape=(R,), dtype=int32
        UniProt position, or -1 where none is known.
    """

    chain: Ints
    label_seq: Ints
    auth_seq: Ints
    ins_code: Strings
    name: Strings
    het: Bools
    uniprot: Ints

    def __len__(self) -> int:
        return len(self.auth_seq)


@dataclass(frozen=True)
class Chain:
    """One chain instance.

    Attributes
    ----------
    label : str
        ``label_asym_id``, unique within the structure.
    auth : str
        ``auth_asym_id``, what a reader sees; several label chains may share it.
    kind : str
        ``protein``, ``nucleic``, ``other polymer``, ``ligand`` or ``water``.
    sequence : str
        One-letter entity sequence (SEQRES) where the file gives one, else ``""``.
    """

    label: str
    auth: str
    kind: str = "protein"
    sequence: str = ""


@dataclass(frozen=True, eq=False)
class Structure(Analyses, Annotated, Outlets):
    """Coordinates with their names.

    Parameters
    ----------
    name : str
        Short name: a PDB id or the file's stem.
    atoms : Atoms
    residues : Residues
    chains : tuple of Chain
    title : str, optional
    n_models : int, optional
        Models in the file; only the first is held.
    method : str, optional
        Experimental method as the file words it, lower case.
    resolution : float, optional
        In Å.
    warnings : tuple of str, optional
        What the reader noticed, one sentence each.
    origin_block : str or bytes, optional
        The mmCIF (text) or BinaryCIF (bytes) this was read from, so that categories which
        FoldSight does not model (``_ma_*`` and others) survive being written again.
    anisou : ndarray, shape=(N, 6), dtype=float32, optional
        U11 U22 U33 U12 U13 U23 of each atom in Å², NaN for atoms without.
    """

    name: str
    atoms: Atoms
    residues: Residues
    chains: tuple[Chain, ...]
    title: str = ""
    n_models: int = 1
    method: str = ""
    resolution: float | None = None
    warnings: tuple[str, ...] = ()
    origin_block: str | bytes = field(default="", repr=False)
    anisou: Floats | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        return (
            f"Structure({self.name!r}, chains={len(self.auth_chains)}, "
            f"residues={len(self.residues)}, atoms={len(self.atoms)})"
        )

    @cached_property
    def auth_chains(self) -> tuple[str, ...]:
        """Distinct author chain ids in file order."""
        return tuple(dict.fromkeys(chain.auth for chain in self.chains))

    @cached_property
    def refs(self) -> tuple[ResidueRef, ...]:
        """One :class:`ResidueRef` per row of the residue table."""
        return tuple(self._ref(i) for i in range(len(self.residues)))

    def _ref(self, i: int) -> ResidueRef:
        table = self.residues
        label, uniprot = int(table.label_seq[i]), int(table.uniprot[i])
        return ResidueRef(
            self.chains[int(table.chain[i])].auth,
            int(table.auth_seq[i]),
            str(table.ins_code[i]),
            label if label > 0 else None,
            uniprot if uniprot > 0 else None,
        )

    @cached_property
    def protein_mask(self) -> Bools:
        """Which residues belong to protein chains; shape (R,)."""
        protein = np.array([chain.kind == "protein" for chain in self.chains], dtype=bool)
        mask: Bools = protein[self.residues.chain] & (self.residues.label_seq > 0)
        return mask

    @cached_property
    def one_letters(self) -> Strings:
        """One-letter code of each residue, ``X`` where there is none; shape (R,)."""
        return np.array([one_letter(str(name)) for name in self.residues.name], dtype="U1")

    @cached_property
    def atom_starts(self) -> Ints:
        """First atom of each residue (atoms of a residue are contiguous); shape (R,)."""
        found: Ints = np.searchsorted(self.atoms.residue, np.arange(len(self.residues))).astype(np.int32)
        return found

    @cached_property
    def ca_index(self) -> Ints:
        """Atom index of each residue's CA, -1 where it has none; shape (R,).

        Of alternate locations the one with the highest occupancy, first on a tie.
        """
        return self.atom_index("CA")

    def atom_index(self, name: str) -> Ints:
        """Atom index of the named atom in each residue, -1 where missing; shape (R,)."""
        found = np.full(len(self.residues), -1, dtype=np.int32)
        hits = np.flatnonzero(self.atoms.name == name)
        if name == "CA":
            hits = hits[self.atoms.element[hits] == "C"]
        order = np.lexsort((-hits, self.atoms.occupancy[hits]))
        found[self.atoms.residue[hits[order]]] = hits[order]
        return found

    def ca_coord(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """CA positions in Å, NaN where missing; shape (R, 3)."""
        index = self.ca_index
        coord = self.atoms.coord[index].copy()
        coord[index < 0] = np.nan
        return coord

    def protein_sequences(self) -> dict[str, str]:
        """Observed one-letter sequence of each protein chain, by author chain id."""
        found: dict[str, str] = {}
        for i, chain in enumerate(self.chains):
            rows = (self.residues.chain == i) & self.protein_mask
            if chain.kind == "protein" and rows.any():
                found[chain.auth] = found.get(chain.auth, "") + "".join(self.one_letters[rows])
        return found

    def select(self, selection: str) -> list[ResidueRef]:
        """Return the residues that a selection such as ``A:25-27`` names."""
        return resolve(selection, self.refs)

    def subset(self, keep: Bools) -> Structure:
        """Return the structure with only the residues where ``keep`` (shape (R,)) is true.

        The original mmCIF block is dropped: it would no longer describe the content.
        """
        if keep.shape != (len(self.residues),):
            raise BadRequest(f"The mask has shape {keep.shape}, not ({len(self.residues)},).")
        atom_keep = keep[self.atoms.residue]
        new_residue = np.cumsum(keep, dtype=np.int32) - 1
        used = np.unique(self.residues.chain[keep])
        new_chain = np.full(len(self.chains), -1, dtype=np.int32)
        new_chain[used] = np.arange(len(used), dtype=np.int32)
        atoms = _pick(self.atoms, atom_keep)
        residues = _pick(self.residues, keep)
        return replace(
            self,
            atoms=replace(atoms, residue=new_residue[atoms.residue]),
            residues=replace(residues, chain=new_chain[residues.chain]),
            chains=tuple(self.chains[int(i)] for i in used),
            origin_block="",
            anisou=None if self.anisou is None else self.anisou[atom_keep],
        )

    def chain(self, auth: str) -> Structure:
        """Return one chain (by author id) as a structure of its own."""
        wanted = np.array([chain.auth == auth for chain in self.chains], dtype=bool)
        if not wanted.any():
            raise BadRequest(
                f"{self.name} has no chain {auth!r}.", hint=f"Its chains are {', '.join(self.auth_chains)}."
            )
        return self.subset(wanted[self.residues.chain])

    def iter_chains(self) -> Iterator[tuple[str, Structure]]:
        """Yield ``(author id, structure)`` for each chain."""
        for auth in self.auth_chains:
            yield auth, self.chain(auth)

    def residue_table(self) -> pd.DataFrame:
        """Return the residues as a DataFrame with chain, numbers, name and letter."""
        import pandas as pd

        table = self.residues
        return pd.DataFrame(
            {
                "chain": [ref.chain for ref in self.refs],
                "label_chain": [self.chains[int(i)].label for i in table.chain],
                "auth_seq": table.auth_seq,
                "ins_code": table.ins_code,
                "label_seq": _nullable(table.label_seq),
                "uniprot": _nullable(table.uniprot),
                "residue": table.name,
                "aa": self.one_letters,
            }
        )


_Table = TypeVar("_Table", Atoms, Residues)


def _nullable(values: Ints) -> pd.Series[Any]:
    import pandas as pd

    return pd.Series(values, dtype="Int32").where(pd.Series(values > 0))


def _pick(table: _Table, keep: Bools) -> _Table:
    columns = {name: column[keep] for name, column in vars(table).items()}
    return replace(table, **columns)
