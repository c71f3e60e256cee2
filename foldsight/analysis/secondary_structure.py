"""Secondary structure from hydrogen bonds (DSSP: Kabsch & Sander 1983), in numpy alone.

Codes: ``H`` α-helix, ``G`` 3-10 helix, ``I`` π-helix, ``E`` strand in a ladder, ``B``
isolated bridge, ``T`` turn, ``S`` bend, ``-`` none of them. Residues without a whole
backbone get ``-``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from foldsight.analysis.backbone import Backbone
from foldsight.analysis.hydrogen_bonds import BackboneBonds, backbone_bonds
from foldsight.structure import Structure
from foldsight.typing import Bools, Doubles, Ints, Strings

#: Three states: helix, strand, coil.
THREE_STATE = {"H": "H", "G": "H", "I": "H", "E": "E", "B": "E"}
#: A bend turns the chain by more than this many degrees over five residues.
BEND = 70.0


def secondary_structure(structure: Structure) -> Strings:
    """Assign a DSSP code to every residue.

    Returns
    -------
    ndarray, shape=(R,), dtype='<U1'
        One code per row of the residue table.
    """
    codes = np.full(len(structure.residues), "-", dtype="U1")
    backbone = Backbone.of(structure)
    codes[backbone.rows] = assign(backbone, backbone_bonds(backbone))
    return codes


def three_state(codes: Strings) -> Strings:
    """Reduce DSSP codes to ``H``, ``E`` and ``C``."""
    found: Strings = np.array([THREE_STATE.get(str(code), "C") for code in codes], dtype="U1")
    return found


def assign(backbone: Backbone, bonds: BackboneBonds) -> Strings:
    """Assign codes to the residues of a backbone; shape (B,)."""
    codes = np.full(len(backbone), "-", dtype="U1")
    if len(backbone) < 5:
        return codes
    bonded = _BondSet(bonds, len(backbone))
    _strands(codes, backbone, bonded)
    starts = {stride: _turn_starts(backbone, bonded, stride) for stride in (3, 4, 5)}
    _helix(codes, starts[4], 4, "H", over="-EBGIH")
    _helix(codes, starts[3], 3, "G", over="-G")
    _helix(codes, starts[5], 5, "I", over="-IH")
    _turns_and_bends(codes, backbone, starts)
    return codes


class _BondSet:
    """Asks whether the amide of ``a`` is bonded to the carbonyl of ``b``."""

    def __init__(self, bonds: BackboneBonds, size: int) -> None:
        self._size = size
        self.keys = np.unique(bonds.donor.astype(np.int64) * size + bonds.acceptor)

    def __call__(self, donor: Ints, acceptor: Ints) -> Bools:
        inside = (donor >= 0) & (acceptor >= 0) & (donor < self._size) & (acceptor < self._size)
        found: Bools = inside & np.isin(donor.astype(np.int64) * self._size + acceptor, self.keys)
        return found

    def pairs(self) -> tuple[Ints, Ints]:
        """Return donors and acceptors."""
        return self.keys // self._size, self.keys % self._size


@dataclass
class _Ladder:
    """A run of bridges: residues ``i`` first to last against ``j`` first to last."""

    parallel: bool
    i: list[int]
    j: list[int]


def _strands(codes: Strings, backbone: Backbone, bonded: _BondSet) -> None:
    ladders = _merge_bulges(list(_ladders(*_bridges(backbone, bonded))), backbone.segments())
    for ladder in ladders:
        code = "E" if len(ladder.i) > 1 else "B"
        for side in (ladder.i, ladder.j):
            run = codes[min(side) : max(side) + 1]
            run[run != "E"] = code


def _bridges(backbone: Backbone, bonded: _BondSet) -> tuple[Ints, Ints, Bools]:
    """Return bridge partners i < j and whether each is parallel, sorted by i, j."""
    i, j = _candidates(bonded)
    whole = np.zeros(len(backbone), dtype=bool)
    whole[1:-1] = backbone.joined[1:-1] & backbone.joined[2:]
    keep = (j - i >= 3) & whole[i] & whole[j]
    i, j = i[keep], j[keep]
    parallel = (bonded(i + 1, j) & bonded(j, i - 1)) | (bonded(j + 1, i) & bonded(i, j - 1))
    anti = (bonded(i + 1, j - 1) & bonded(j + 1, i - 1)) | (bonded(j, i) & bonded(i, j))
    keep = parallel | anti
    return i[keep], j[keep], parallel[keep]


def _candidates(bonded: _BondSet) -> tuple[Ints, Ints]:
    """Return pairs near a hydrogen bond, the only ones that can be a bridge; sorted."""
    donor, acceptor = bonded.pairs()
    shifts = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1)]
    first = np.concatenate([donor + a for a, _ in shifts])
    second = np.concatenate([acceptor + b for _, b in shifts])
    pairs = np.unique(np.stack([np.minimum(first, second), np.maximum(first, second)], axis=1), axis=0)
    # The ends of the backbone have no neighbour on one side, so they are in no bridge.
    inside = (pairs[:, 0] >= 1) & (pairs[:, 1] <= bonded._size - 2)
    return pairs[inside, 0], pairs[inside, 1]


def _ladders(i: Ints, j: Ints, parallel: Bools) -> Iterator[_Ladder]:
    open_ladders: list[_Ladder] = []
    for a, b, same in zip(i.tolist(), j.tolist(), parallel.tolist(), strict=True):
        for ladder in open_ladders:
            step = 1 if same else -1
            if ladder.parallel == same and ladder.i[-1] + 1 == a and ladder.j[-1] + step == b:
                ladder.i.append(a)
                ladder.j.append(b)
                break
        else:
            open_ladders.append(_Ladder(same, [a], [b]))
    yield from open_ladders


def _merge_bulges(ladders: list[_Ladder], segment: Ints) -> list[_Ladder]:
    """Join ladders of one kind that a bulge separates."""
    ladders.sort(key=lambda ladder: ladder.i[0])
    n = 0
    while n < len(ladders):
        m = n + 1
        while m < len(ladders):
            if _bulge(ladders[n], ladders[m], segment):
                ladders[n].i += ladders[m].i
                ladders[n].j += ladders[m].j
                del ladders[m]
            else:
                m += 1
        n += 1
    return ladders


def _bulge(one: _Ladder, two: _Ladder, segment: Ints) -> bool:
    i_gap = two.i[0] - one.i[-1]
    j_gap = two.j[0] - one.j[-1] if one.parallel else one.j[-1] - two.j[0]
    if one.parallel != two.parallel or not 0 < i_gap < 6 or j_gap <= 0:
        return False
    if segment[one.i[0]] != segment[two.i[-1]] or segment[one.j[0]] != segment[two.j[-1]]:
        return False
    return (j_gap < 6 and i_gap < 3) or j_gap < 3


def _turn_starts(backbone: Backbone, bonded: _BondSet, stride: int) -> Bools:
    """Residues whose carbonyl is bonded to the amide ``stride`` further on; shape (B,)."""
    n = len(backbone)
    starts = np.zeros(n, dtype=bool)
    if n <= stride:
        return starts
    here = np.arange(n - stride)
    segment = backbone.segments()
    starts[:-stride] = bonded(here + stride, here) & (segment[:-stride] == segment[stride:])
    return starts


def _helix(codes: Strings, starts: Bools, stride: int, code: str, *, over: str) -> None:
    """Two turns in a row make a helix, where nothing stands that outranks it."""
    for i in np.flatnonzero(starts[1:] & starts[:-1]) + 1:
        run = codes[i : i + stride]
        if all(found in over for found in run):
            run[:] = code


def _turns_and_bends(codes: Strings, backbone: Backbone, starts: dict[int, Bools]) -> None:
    turn = np.zeros(len(backbone), dtype=bool)
    for stride, begin in starts.items():
        for offset in range(1, stride):
            turn[offset:] |= begin[:-offset]
    free = codes == "-"
    codes[free & turn] = "T"
    codes[free & ~turn & (_bend_angles(backbone) > BEND)] = "S"


def _bend_angles(backbone: Backbone) -> Doubles:
    """Angle in degrees between CA(i-2)→CA(i) and CA(i)→CA(i+2); 0 near breaks."""
    angle = np.zeros(len(backbone))
    before, after = backbone.ca[2:-2] - backbone.ca[:-4], backbone.ca[4:] - backbone.ca[2:-2]
    norms = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    cosine = np.einsum("ij,ij->i", before, after) / norms
    segment = backbone.segments()
    unbroken = segment[4:] == segment[:-4]
    angle[2:-2] = np.where(unbroken, np.degrees(np.arccos(np.clip(cosine, -1, 1))), 0.0)
    return angle
