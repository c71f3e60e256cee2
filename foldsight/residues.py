"""Residues by name: :class:`ResidueRef`, ranges, and the ``A:42-50`` grammar.

Grammar of a selection (white space is free)::

    selection = part ("," part)*
    part      = [chain ":"] [range]
    range     = number ["-" number]
    number    = [-]digits[insertion letter]

``A`` followed by a colon and nothing else is the whole chain. A part without a
chain takes the chain of the part before it, or the only chain there is. Numbers are
author numbers (what papers print) unless the caller says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from foldsight.errors import BadRequest

THREE_TO_ONE = {
    "ALA": "A", "ARG": "R", "ASN": "N", "ASP": "D", "CYS": "C", "GLN": "Q", "GLU": "E", "GLY": "G",
    "HIS": "H", "ILE": "I", "LEU": "L", "LYS": "K", "MET": "M", "PHE": "F", "PRO": "P", "SER": "S",
    "THR": "T", "TRP": "W", "TYR": "Y", "VAL": "V",
}  # fmt: skip
ONE_TO_THREE = {one: three for three, one in THREE_TO_ONE.items()}

#: Modified residues by their parent amino acid (PDB Chemical Component Dictionary,
#: the ones that occur most often in the archive).
MODIFIED_PARENT = {
    "MSE": "M", "SEP": "S", "TPO": "T", "PTR": "Y", "CSO": "C", "CME": "C", "OCS": "C", "CSD": "C",
    "KCX": "K", "MLY": "K", "M3L": "K", "ALY": "K", "PCA": "Q", "HYP": "P", "LLP": "K", "SEC": "C",
    "PYL": "K", "CAS": "C", "SCY": "C", "CSX": "C", "MEN": "N", "HIC": "H", "TYS": "Y", "FME": "M",
    "HID": "H", "HIE": "H", "HIP": "H", "HSD": "H", "HSE": "H", "HSP": "H", "CYX": "C", "CYM": "C",
    "ASH": "D", "GLH": "E", "LYN": "K",
}  # fmt: skip


def one_letter(component: str) -> str:
    """Return the one-letter code of a chemical component, ``X`` when it has none."""
    return THREE_TO_ONE.get(component) or MODIFIED_PARENT.get(component, "X")


@dataclass(frozen=True, slots=True, order=True)
class ResidueRef:
    """One residue, in every numbering at once.

    Attributes
    ----------
    chain : str
        Author chain id (``auth_asym_id``), what a reader sees.
    auth_seq : int
        Author residue number.
    ins_code : str
        Insertion code, empty when there is none.
    label_seq : int or None
        Position in the entity's sequence, from 1 (``label_seq_id``).
    uniprot : int or None
        Position in the UniProt sequence, where a mapping is known.
    """

    chain: str
    auth_seq: int
    ins_code: str = ""
    label_seq: int | None = None
    uniprot: int | None = None

    def __str__(self) -> str:
        return f"{self.chain}:{self.auth_seq}{self.ins_code}"

    def to_dict(self) -> dict[str, Any]:
        """Return the reference as JSON values."""
        return {
            "chain": self.chain,
            "auth_seq": self.auth_seq,
            "ins_code": self.ins_code,
            "label_seq": self.label_seq,
            "uniprot": self.uniprot,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> ResidueRef:
        """Rebuild a reference from :meth:`to_dict`."""
        return cls(
            str(data["chain"]),
            int(data["auth_seq"]),
            str(data.get("ins_code") or ""),
            None if data.get("label_seq") is None else int(data["label_seq"]),
            None if data.get("uniprot") is None else int(data["uniprot"]),
        )


@dataclass(frozen=True, slots=True)
class ResidueRange:
    """A range of author numbers within one chain; open ends mean the whole chain.

    ``chain`` is ``None`` when the text named none.
    """

    chain: str | None
    first: tuple[int, str] | None = None
    last: tuple[int, str] | None = None

    def __str__(self) -> str:
        chain = "" if self.chain is None else f"{self.chain}:"
        if self.first is None or self.last is None:
            return chain
        first, last = (f"{number}{code}" for number, code in (self.first, self.last))
        return chain + (first if first == last else f"{first}-{last}")


_NUMBER = r"(-?\d+)([A-Za-z]?)"
_PART = re.compile(rf"^(?:(?P<chain>[^\s:,]+):)?\s*(?:{_NUMBER}(?:\s*-\s*{_NUMBER})?)?$")


def parse_selection(text: str) -> list[ResidueRange]:
    """Parse a selection such as ``A:25-27, B:50``.

    Raises
    ------
    BadRequest
        Naming the part that does not follow the grammar.

    Examples
    --------
    >>> [str(part) for part in parse_selection("A:25-27, 50, B:")]
    ['A:25-27', 'A:50', 'B:']
    """
    ranges: list[ResidueRange] = []
    chain: str | None = None
    for part in (piece.strip() for piece in text.split(",")):
        match = _PART.match(part)
        if not part or match is None:
            raise _bad_part(text, part)
        chain = match["chain"] or chain
        ranges.append(_range(chain, match))
    return ranges


def _range(chain: str | None, match: re.Match[str]) -> ResidueRange:
    number, code, last_number, last_code = match.group(2, 3, 4, 5)
    if number is None:
        return ResidueRange(chain)
    first = (int(number), code)
    last = first if last_number is None else (int(last_number), last_code)
    if last < first:
        raise BadRequest(
            f"The range {match.group(0)!r} ends before it begins.", hint="Write the smaller number first."
        )
    return ResidueRange(chain, first, last)


def _bad_part(text: str, part: str) -> BadRequest:
    return BadRequest(
        f"{part or text!r} is not a residue selection.",
        hint="Write chain:number or chain:first-last, for example A:25-27, B:50.",
        selection=text,
    )


def resolve(selection: str | Sequence[ResidueRange], residues: Iterable[ResidueRef]) -> list[ResidueRef]:
    """Return the residues of ``residues`` that a selection names, in their own order.

    Raises
    ------
    BadRequest
        When a part names no residue at all, or leaves the chain open among several.
    """
    known = list(residues)
    chains = list(dict.fromkeys(ref.chain for ref in known))
    parts = parse_selection(selection) if isinstance(selection, str) else list(selection)
    chosen: set[ResidueRef] = set()
    for part in parts:
        chain = _only_chain(part, chains)
        found = [ref for ref in known if ref.chain == chain and _inside(ref, part)]
        if not found:
            raise BadRequest(
                f"No residue matches {part}.", hint=f"The chains are {', '.join(chains) or 'none'}."
            )
        chosen.update(found)
    return [ref for ref in known if ref in chosen]


def _only_chain(part: ResidueRange, chains: list[str]) -> str:
    if part.chain is not None:
        return part.chain
    if len(chains) == 1:
        return chains[0]
    raise BadRequest(
        f"{part} does not say which chain.", hint=f"Put one of {', '.join(chains)} and a colon before it."
    )


def _inside(ref: ResidueRef, part: ResidueRange) -> bool:
    if part.first is None or part.last is None:
        return True
    return part.first <= (ref.auth_seq, ref.ins_code) <= part.last
