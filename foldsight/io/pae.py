"""Predicted aligned error: the files of AlphaFold DB, AlphaFold 2 and 3, ColabFold and Boltz.

Every one comes out the same way: Å, float32, row = aligned on, column = scored.

====================  ==================================================================
AlphaFold DB v1       ``[{"residue1": [..], "residue2": [..], "distance": [..]}]``
AlphaFold DB, AF2     ``[{"predicted_aligned_error": [[..]], ..}]`` (also without the list)
ColabFold             ``{"pae": [[..]], "plddt": [..], "ptm": ..}``
AlphaFold 3           ``{"pae": [[..]], "token_chain_ids": [..], "token_res_ids": [..]}``
Boltz                 ``.npz`` or ``.json`` with ``pae``
FoldSight             ``.npy``
====================  ==================================================================
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from foldsight.errors import BadFile
from foldsight.io.content import Content, load
from foldsight.io.npy import MAX_TOKENS, read_npy, read_npz
from foldsight.structure import Structure
from foldsight.typing import Doubles, Floats, Ints

#: Largest file; 5,000 tokens of AlphaFold 3 take about 400 MB.
MAX_BYTES = 1 << 30
#: No tool bins errors beyond 32 Å; more than this is another quantity.
_LARGEST = 1000.0


@dataclass(frozen=True, eq=False)
class PaeFile:
    """An error matrix and what its file says besides.

    Attributes
    ----------
    pae : ndarray, shape=(T, T), dtype=float32
        In Å; row = aligned on, column = scored.
    where : str
        File name, for messages.
    token_chains : tuple of str
        Chain of each token; empty where the file does not say (all but AlphaFold 3).
    token_residues : tuple of int
        Residue number of each token within its chain.
    ptm : float or None
    """

    pae: Floats
    where: str = "the PAE"
    token_chains: tuple[str, ...] = ()
    token_residues: tuple[int, ...] = ()
    ptm: float | None = None

    def __len__(self) -> int:
        return len(self.pae)


def read_pae(source: str | Path | bytes, *, name: str | None = None) -> PaeFile:
    """Read an error matrix from a path or from bytes, gzipped or not.

    Raises
    ------
    NotFound
        When the path does not exist.
    BadFile
        When it holds no square matrix of errors, and for HDF5 and pickles.
    """
    content = load(source, name=name, limit=MAX_BYTES)
    data = content.data
    if data[:6] == b"\x93NUMPY":
        return _checked(content, read_npy(data, content.where))
    if data[:4] == b"PK\x03\x04":
        arrays = read_npz(data, content.where)
        if "pae" not in arrays:
            raise content.bad(f"has no array 'pae', only {', '.join(arrays) or 'none'}")
        return _checked(content, arrays["pae"])
    return _from_json(content, _parse(content))


def _parse(content: Content) -> dict[str, Any]:
    start = content.data[:64].lstrip()
    if start[:1] not in (b"{", b"["):
        raise content.bad(
            f"is {_kind(content.data)}, not a PAE file", "Give the JSON or .npz of the folding tool."
        )
    found = _decode(content)
    if isinstance(found, list) and len(found) == 1 and isinstance(found[0], dict):
        found = found[0]
    if isinstance(found, list):
        found = {"pae": found}
    if not isinstance(found, dict):
        raise content.bad("is JSON without an error matrix")
    return found


def _kind(data: bytes) -> str:
    if data.startswith(b"\x89HDF"):
        return "an HDF5 file"
    if data[:1] == b"\x80":
        return "a Python pickle, which is never read because it can run code"
    return "not JSON"


def _decode(content: Content) -> Any:
    import msgspec

    try:
        return msgspec.json.decode(content.data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:  # Python's writer puts NaN, which JSON has not
            return json.loads(content.data)
        except (ValueError, RecursionError):
            raise content.bad("is JSON that ends too early or is damaged", "Copy it again.") from None


def _from_json(content: Content, found: dict[str, Any]) -> PaeFile:
    ptm = found.get("ptm")
    if "distance" in found:
        return _checked(content, _from_pairs(content, found))
    matrix = next(
        (found[key] for key in ("predicted_aligned_error", "pae") if found.get(key) is not None), None
    )
    if matrix is None:
        keys = ", ".join(list(found)[:6]) or "nothing"
        raise content.bad(
            f"holds no error matrix, only {keys}", "AlphaFold 3 keeps it in the full data file."
        )
    chains, residues = found.get("token_chain_ids") or (), found.get("token_res_ids") or ()
    known = isinstance(ptm, (int, float)) and 0 <= ptm <= 1
    try:
        values = np.array(matrix, dtype=np.float64)
        tokens = tuple(map(str, chains)), tuple(map(int, residues))
    except (ValueError, TypeError, OverflowError):
        raise content.bad("holds an error matrix that is ragged or not numeric") from None
    return _checked(content, values, *tokens, ptm=float(ptm) if known and ptm is not None else None)


def _from_pairs(content: Content, found: dict[str, Any]) -> Doubles:
    try:
        rows, columns = (np.array(found[key], dtype=np.int64) - 1 for key in ("residue1", "residue2"))
        values = np.array(found["distance"], dtype=np.float64)
        count = int(rows.max()) + 1
        if count > MAX_TOKENS or len(values) != count * count or rows.min() < 0:
            raise ValueError
        matrix = np.full((count, count), np.nan)
        matrix[rows, columns] = values
    except (ValueError, KeyError, TypeError, IndexError, OverflowError):
        raise content.bad("lists residue pairs that do not fill a square matrix") from None
    return matrix


def _checked(
    content: Content,
    matrix: np.ndarray[Any, np.dtype[Any]],
    chains: tuple[str, ...] = (),
    residues: tuple[int, ...] = (),
    ptm: float | None = None,
) -> PaeFile:
    if matrix.ndim == 3 and len(matrix) == 1:  # a batch of one
        matrix = matrix[0]
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not len(matrix):
        raise content.bad(f"holds an array of shape {matrix.shape}, not a square error matrix")
    if len(matrix) > MAX_TOKENS:
        raise content.bad(f"holds errors of {len(matrix):,} tokens, more than {MAX_TOKENS:,}")
    # Before float32, which such values may not fit.
    if not np.isfinite(matrix).all() or matrix.min() < 0 or matrix.max() > _LARGEST:
        raise content.bad("holds errors that are negative, not finite or beyond 1,000 Å")
    pae: Floats = matrix.astype(np.float32)
    fits = len(chains) == len(residues) == len(pae)
    return PaeFile(pae, content.where, chains if fits else (), residues if fits else (), ptm)


def fit_pae(found: PaeFile, structure: Structure) -> Floats:
    """Return the matrix for the residues of a structure; shape (R, R).

    A matrix over the polymer residues alone is widened by NaN for ligands and waters. Where a
    file says to which residue each token belongs (AlphaFold 3), the tokens of one ligand or
    modified residue are averaged.

    Raises
    ------
    BadFile
        Naming both sizes when they do not fit.
    """
    residues = len(structure.residues)
    if len(found) == residues:
        return found.pae
    polymer: Ints = np.flatnonzero(structure.residues.label_seq > 0)
    if len(found) == len(polymer):
        wide = np.full((residues, residues), np.nan, dtype=np.float32)
        wide[np.ix_(polymer, polymer)] = found.pae
        return wide
    joined = _by_residue(found, structure)
    if joined is not None:
        return joined
    raise BadFile(
        f"{found.where} gives errors of {len(found)} tokens, but {structure.name} has {len(polymer)} polymer "
        f"residues ({residues} with ligands).",
        hint="Give the PAE file of this very structure.",
        tokens=len(found),
        residues=len(polymer),
    )


def _by_residue(found: PaeFile, structure: Structure) -> Floats | None:
    if not found.token_chains:
        return None
    tokens = list(zip(found.token_chains, found.token_residues, strict=True))
    starts = [i for i, token in enumerate(tokens) if i == 0 or token != tokens[i - 1]]
    table = structure.residues
    chains = [chain.auth for chain in structure.chains]
    own = [(chains[c], seq) for c, seq in zip(table.chain.tolist(), table.auth_seq.tolist(), strict=True)]
    if [tokens[i] for i in starts] != own:
        return None
    counts = np.diff([*starts, len(tokens)]).astype(np.float32)
    sums = np.add.reduceat(np.add.reduceat(found.pae, starts, axis=0), starts, axis=1)
    joined: Floats = (sums / np.outer(counts, counts)).astype(np.float32)
    return joined
