"""One library entry as bytes: a protein structure without its waters, ligands and hydrogens.

An entry is a ``.npz`` (no pickles) of about 6 bytes per atom: coordinates are whole
thousandths of an Å, written as differences split into byte planes, which deflate packs
well. Reading needs numpy only, so that folding loads no file parser.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from foldsight.errors import BadFile
from foldsight.residues import one_letter
from foldsight.structure import Atoms, Chain, Residues, Structure
from foldsight.typing import Strings

FORMAT = 1
#: Atom names of simulation packages, by the names of the PDB: (residue or "", name).
_ALIASES = {("ILE", "CD"): "CD1", ("", "OC1"): "O", ("", "OT1"): "O", ("", "OC2"): "OXT", ("", "OT2"): "OXT"}


@dataclass(frozen=True)
class ChainRecord:
    """One protein chain of an entry.

    Attributes
    ----------
    auth : str
        Author chain id.
    sequence : str
        One letter per *observed* residue, ``X`` for those without a parent amino acid.
    """

    auth: str
    sequence: str


@dataclass(frozen=True)
class Entry:
    """What the library knows of a structure without opening it.

    Attributes
    ----------
    id : str
        PDB id in lower case, or the stem of the file that was added.
    title, method : str
    resolution : float or None
        In Å.
    licence : str
        SPDX id, or ``unknown`` for a user's own file.
    source : str
        Where the coordinates were taken from.
    note : str
        What a user must know besides, such as "a simulation frame".
    origin : {'starter', 'user'}
    added : str
        ISO 8601 UTC, empty for the starter.
    digest : str
        SHA-256 of the entry's bytes.
    chains : tuple of ChainRecord
    """

    id: str
    title: str = ""
    method: str = ""
    resolution: float | None = None
    licence: str = "unknown"
    source: str = ""
    note: str = ""
    origin: str = "user"
    added: str = ""
    digest: str = ""
    chains: tuple[ChainRecord, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the entry as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Entry:
        """Rebuild an entry from :meth:`to_dict`."""
        chains = tuple(ChainRecord(**chain) for chain in data.get("chains", ()))
        return cls(**{**data, "chains": chains})


def pack(structure: Structure, entry: Entry) -> tuple[bytes, Entry]:
    """Return the bytes of an entry, and the entry with its chains and digest filled in.

    Raises
    ------
    BadFile
        When the structure holds no protein residue with a backbone.
    """
    kept = protein_only(structure)
    if not len(kept.residues):
        raise BadFile(
            f"{structure.name} has no protein chain with a backbone.",
            hint="The library holds protein structures.",
        )
    chains = tuple(ChainRecord(auth, sequence) for auth, sequence in kept.protein_sequences().items())
    entry = replace(entry, chains=chains, digest="")
    data = _write(kept, entry)
    return data, replace(entry, digest=hashlib.sha256(data).hexdigest())


def protein_only(structure: Structure) -> Structure:
    """Return protein residues with N, CA and C; one location per atom, no hydrogens."""
    has_backbone = np.all([structure.atom_index(name) >= 0 for name in ("N", "CA", "C")], axis=0)
    kept = _named(structure.subset(structure.protein_mask & has_backbone))
    atoms = kept.atoms
    heavy = ~np.isin(atoms.element, ["H", "D"])
    order = np.lexsort((np.arange(len(atoms)), -atoms.occupancy, atoms.residue))
    best = np.zeros(len(atoms), dtype=bool)
    seen: set[tuple[int, str]] = set()
    for i in order[heavy[order]]:
        key = (int(atoms.residue[i]), str(atoms.name[i]))
        best[i] = key not in seen
        seen.add(key)
    columns = {name: column[best] for name, column in vars(atoms).items()}
    columns["altloc"] = np.full(int(best.sum()), "", dtype="U1")
    columns["name"] = _pdb_names(columns["name"], kept.residues.name[columns["residue"]])
    return replace(kept, atoms=Atoms(**columns))


def _named(structure: Structure) -> Structure:
    """Give chains without a name the letter A, as PDB software does."""
    chains = tuple(replace(chain, auth=chain.auth.strip() or "A") for chain in structure.chains)
    return replace(structure, chains=chains)


def _pdb_names(names: Strings, residues: Strings) -> Strings:
    renamed = names.copy()
    for (residue, name), right in _ALIASES.items():
        renamed[(names == name) & ((residues == residue) | (residue == ""))] = right
    return renamed


def _write(structure: Structure, entry: Entry) -> bytes:
    atoms, residues = structure.atoms, structure.residues
    coord = np.round(atoms.coord * 1000).astype(np.int32)
    delta = np.diff(coord, axis=0, prepend=np.zeros((1, 3), np.int32)).T
    planes = np.ascontiguousarray(delta).astype("<i4").view(np.uint8).reshape(-1, 4).T
    meta = {
        "format": FORMAT,
        "entry": entry.to_dict(),
        "labels": [(chain.label, chain.auth, chain.sequence) for chain in structure.chains],
    }
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        meta=np.frombuffer(json.dumps(meta, sort_keys=True).encode(), dtype=np.uint8),
        coord=planes,
        b_factor=np.clip(np.round(atoms.b_factor * 100), 0, 65535).astype("<u2"),
        atom_name=atoms.name.astype("S4"),
        element=atoms.element.astype("S2"),
        counts=np.bincount(atoms.residue, minlength=len(residues)).astype("<u2"),
        res_name=residues.name.astype("S5"),
        chain=residues.chain.astype("<u2"),
        label_seq=residues.label_seq.astype("<i4"),
        auth_seq=residues.auth_seq.astype("<i4"),
        ins_code=residues.ins_code.astype("S1"),
    )
    return buffer.getvalue()


def read_entry(data: bytes, where: str = "the entry") -> Entry:
    """Return the metadata of packed bytes.

    Raises
    ------
    BadFile
    """
    entry = Entry.from_dict(_load(data, where)["meta"]["entry"])
    return replace(entry, digest=hashlib.sha256(data).hexdigest())


def unpack(data: bytes, where: str = "the entry") -> Structure:
    """Return the structure of packed bytes.

    Raises
    ------
    BadFile
        When the bytes are not an entry of this format.
    """
    content = _load(data, where)
    meta = content["meta"]
    entry = Entry.from_dict(meta["entry"])
    return Structure(
        name=entry.id,
        atoms=_atoms(content),
        residues=_residues(content),
        chains=tuple(Chain(label, auth, "protein", sequence) for label, auth, sequence in meta["labels"]),
        title=entry.title,
        method=entry.method,
        resolution=entry.resolution,
    )


def _load(data: bytes, where: str) -> dict[str, Any]:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            content: dict[str, Any] = dict(archive)
        content["meta"] = json.loads(content["meta"].tobytes())
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise BadFile(f"{where} is not a library entry.", hint="Add the structure again.") from error
    if content["meta"].get("format") != FORMAT:
        raise BadFile(f"{where} has another library format.", hint="Add the structure again.")
    return content


def _atoms(content: dict[str, Any]) -> Atoms:
    planes = np.ascontiguousarray(content["coord"].T)
    coord = np.cumsum(planes.view("<i4").reshape(3, -1), axis=1, dtype=np.int32).T
    n = len(coord)
    counts = content["counts"].astype(np.int64)
    return Atoms(
        coord=coord / 1000.0,
        name=content["atom_name"].astype("U4"),
        element=content["element"].astype("U2"),
        altloc=np.full(n, "", dtype="U1"),
        occupancy=np.ones(n, dtype=np.float32),
        b_factor=content["b_factor"].astype(np.float32) / 100,
        residue=np.repeat(np.arange(len(counts), dtype=np.int32), counts),
        charge=np.zeros(n, dtype=np.int32),
    )


def _residues(content: dict[str, Any]) -> Residues:
    n = len(content["auth_seq"])
    name = content["res_name"].astype("U5")
    known = np.array([one_letter(str(item)) != "X" for item in name], dtype=bool)
    return Residues(
        chain=content["chain"].astype(np.int32),
        label_seq=content["label_seq"].astype(np.int32),
        auth_seq=content["auth_seq"].astype(np.int32),
        ins_code=content["ins_code"].astype("U1"),
        name=name,
        het=~known,
        uniprot=np.full(n, -1, dtype=np.int32),
    )
