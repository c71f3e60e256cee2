"""Chains of a structure, from the labels of mmCIF or from names and TER records of PDB files."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from foldsight.io.kinds import ComponentKind, component_kind
from foldsight.io.rows import AtomRows
from foldsight.residues import one_letter
from foldsight.structure import Chain
from foldsight.typing import Floats, Ints

#: Share of residues that must agree before a declared sequence is taken for a chain's own.
_LEAST_AGREEMENT = 0.9
#: A longer alignment costs seconds; such chains are numbered in file order.
_LONGEST_ALIGNED = 5_000


@dataclass(frozen=True, eq=False)
class ChainTable:
    """Chains, and for each residue its chain and its position in the polymer."""

    chains: tuple[Chain, ...]
    chain_of_residue: Ints
    label_seq: Ints


def chains_from_labels(
    rows: AtomRows, starts: Ints, polymers: Mapping[str, tuple[str, list[str]]]
) -> ChainTable:
    """Return chains by ``label_asym_id``; ``polymers`` gives kind and components by label."""
    labels, auths = rows.label_chain[starts].tolist(), rows.auth_chain[starts].tolist()
    index: dict[tuple[str, str], int] = {}
    owner = np.array([index.setdefault(key, len(index)) for key in zip(labels, auths, strict=True)], np.int32)
    label_seq = rows.label_seq[starts].copy()
    kinds = component_kinds(rows, starts)
    comps = rows.comp[starts].tolist()
    first: dict[int, int] = {}
    for i, chain in enumerate(owner.tolist()):
        first.setdefault(chain, i)
    chains = []
    for (label, auth), number in index.items():
        kind, sequence = polymers.get(label, ("", []))
        if not kind:
            kind = _guess(kinds[comps[first[number]]])
        members = np.flatnonzero(owner == number) if kind in ("protein", "nucleic") else None
        if members is not None and (label_seq[members] < 0).all():
            label_seq[members] = _count_on(rows, starts[members])
        chains.append(Chain(label, auth, kind, letters(sequence)))
    _drop_minor(label_seq, owner, _weights(rows, starts))
    return ChainTable(tuple(chains), owner, label_seq)


def _guess(kind: ComponentKind) -> str:
    return "ligand" if kind == "other" else kind


def letters(components: Sequence[str]) -> str:
    """Return the one-letter sequence of component names, ``X`` where there is no letter."""
    return "".join(one_letter(name) for name in components)


def component_kinds(rows: AtomRows, starts: Ints) -> dict[str, ComponentKind]:
    """Return the kind of each component that occurs, judged by its first residue."""
    names, first = np.unique(rows.comp[starts], return_index=True)
    ends = np.append(starts[1:], len(rows))
    return {
        str(name): component_kind(str(name), rows.name[starts[i] : ends[i]].tolist())
        for name, i in zip(names, first, strict=True)
    }


def _weights(rows: AtomRows, starts: Ints) -> Floats:
    weights: Floats = rows.occupancy[starts]
    return weights


def _drop_minor(label_seq: Ints, owner: Ints, weights: Floats) -> None:
    """Give -1 to all but the most occupied residue at one position (microheterogeneity)."""
    same = (label_seq[1:] > 0) & (label_seq[1:] == label_seq[:-1]) & (owner[1:] == owner[:-1])
    if not same.any():
        return
    begins = np.flatnonzero(np.concatenate(([True], ~same)))
    for begin, end in zip(begins, np.append(begins[1:], len(label_seq)), strict=True):
        if end - begin > 1:
            best = begin + int(np.argmax(weights[begin:end]))
            label_seq[begin:best] = label_seq[best + 1 : end] = -1


def _count_on(rows: AtomRows, members: Ints) -> Ints:
    """Number residues from 1; alternates under the same author number share a position."""
    seq, ins = rows.auth_seq[members], rows.ins_code[members]
    comp = rows.comp[members]
    step = np.ones(len(members), dtype=np.int32)
    # The same number with another name is another form of one residue, if it is an alternate.
    alternate = rows.altloc[members] != ""
    step[1:] = ~((seq[1:] == seq[:-1]) & (ins[1:] == ins[:-1]) & (comp[1:] != comp[:-1]) & alternate[1:])
    counted: Ints = np.cumsum(step, dtype=np.int32)
    return counted


def chains_from_names(rows: AtomRows, starts: Ints, sequences: Mapping[str, list[str]]) -> ChainTable:
    """Return chains of a PDB file: one per polymer, per ligand and per chain's waters."""
    groups = _group(rows, starts)
    labels = _labels(list(groups))
    owner = np.full(len(starts), -1, dtype=np.int32)
    label_seq = np.full(len(starts), -1, dtype=np.int32)
    chains = []
    for number, (((auth, kind, _), found), label) in enumerate(zip(groups.items(), labels, strict=True)):
        members = np.array(found, dtype=np.int64)
        owner[members] = number
        sequence: list[str] = []
        if kind in ("protein", "nucleic"):
            label_seq[members], sequence = _positions(rows, starts[members], sequences.get(auth, []))
        chains.append(Chain(label, auth, kind, letters(sequence)))
    _drop_minor(label_seq, owner, _weights(rows, starts))
    return ChainTable(tuple(chains), owner, label_seq)


#: What sets one chain instance apart: author chain id, kind, and a number.
_Key = tuple[str, str, int]


def _group(rows: AtomRows, starts: Ints) -> dict[_Key, list[int]]:
    kinds = component_kinds(rows, starts)
    auths, parts = rows.auth_chain[starts].tolist(), rows.part[starts].tolist()
    found = [kinds[name] for name in rows.comp[starts].tolist()]
    hets = rows.het[starts].tolist()
    polymer: dict[str, tuple[str, int]] = {}
    # ATOM before HETATM: the first polymer residue says what the chain is and where it ends.
    for want_het in (False, True):
        for auth, part, kind, het in zip(auths, parts, found, hets, strict=True):
            if het == want_het and kind in ("protein", "nucleic"):
                polymer.setdefault(auth, (kind, part))
    groups: dict[_Key, list[int]] = {}
    for i, (auth, part, kind, het) in enumerate(zip(auths, parts, found, hets, strict=True)):
        if kind == "water":
            key: _Key = (auth, "water", 0)
        elif kind == "other" or (het and polymer[auth] != (kind, part)):
            key = (auth, "ligand", i)
        else:
            key = (auth, kind, part)
        groups.setdefault(key, []).append(i)
    return groups


def _labels(keys: Sequence[_Key]) -> list[str]:
    """Return a label per chain: the author id for polymers where it is free, else a new one."""
    taken = {auth for auth, _, _ in keys}
    fresh = (label for label in chain_ids() if label not in taken)
    used: set[str] = set()
    labels = []
    for auth, kind, _ in keys:
        own = kind in ("protein", "nucleic") and auth not in used and re.fullmatch(r"[A-Za-z0-9]+", auth)
        label = auth if own else next(fresh)
        used.add(label)
        labels.append(label)
    return labels


def chain_ids() -> Iterator[str]:
    """Yield A..Z, AA, AB... without end."""
    heads = [""]
    while True:
        heads = [head + letter for head in heads for letter in string.ascii_uppercase]
        yield from heads


def _positions(rows: AtomRows, members: Ints, sequence: list[str]) -> tuple[Ints, list[str]]:
    """Return positions from 1 in the declared sequence, and that sequence if it fits."""
    counted = _count_on(rows, members)
    if not sequence:
        return counted, []
    first = np.concatenate(([True], counted[1:] != counted[:-1]))
    names = rows.comp[members][first].tolist()
    if names == sequence:
        return counted, sequence
    spots = _by_numbers(names, rows.auth_seq[members][first].tolist(), sequence)
    if spots is None:
        spots = _by_alignment(names, sequence)
    if spots is None:
        return counted, []
    return np.array(spots, dtype=np.int32)[counted - 1], sequence


def _by_numbers(names: list[str], numbers: list[int], sequence: list[str]) -> list[int] | None:
    """Place residues by their author numbers less one offset, where every name then agrees."""
    if any(b <= a for a, b in pairwise(numbers)):
        return None
    for spot, name in enumerate(sequence, start=1):
        if name != names[0]:
            continue
        spots = [number - numbers[0] + spot for number in numbers]
        if spots[-1] > len(sequence):
            return None
        if all(sequence[at - 1] == other for at, other in zip(spots, names, strict=True)):
            return spots
    return None


def _by_alignment(names: list[str], sequence: list[str]) -> list[int] | None:
    if max(len(names), len(sequence)) > _LONGEST_ALIGNED or len(names) > len(sequence):
        return None
    import gemmi

    found = gemmi.align_string_sequences(sequence, names, [])
    if found.match_count < _LEAST_AGREEMENT * len(names):
        return None
    spots: list[int] = []
    at = 0
    for count, step in re.findall(r"(\d+)([MID])", found.cigar_str()):
        if step == "D":  # a residue that the sequence lacks has no position
            return None
        if step == "M":
            spots.extend(range(at + 1, at + int(count) + 1))
        at += int(count)
    return spots
