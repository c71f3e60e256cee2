"""Sequences: the twenty residues, chains, and what identifies a query.

Reading FASTA text is :mod:`foldsight.io.fasta`; this module holds the values and the
rules that a sequence must keep.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from foldsight.errors import BadSequence

#: The standard amino acids, one letter each.
ALPHABET = "ACDEFGHIKLMNPQRSTVWY"
#: Most residues of a query over all its chains: the limit of the folding engines.
MAX_RESIDUES = 2000
#: Fewer residues than this have no fold to predict.
MIN_RESIDUES = 10
#: Joins the chains of a complex in one line of text.
CHAIN_JOIN = ":"

_WHY = {
    "X": "stands for an unknown residue",
    "U": "is selenocysteine",
    "O": "is pyrrolysine",
    "B": "means Asp or Asn",
    "Z": "means Glu or Gln",
    "J": "means Leu or Ile",
    "*": "is a stop",
    "-": "is an alignment gap",
    ".": "is an alignment gap",
}
_REMEDY = {
    "X": "Write the residue that is there, or cut the sequence there.",
    "U": "Write C (cysteine) if that is close enough for you.",
    "O": "Write K (lysine) if that is close enough for you.",
    "B": "Write D or N.",
    "Z": "Write E or Q.",
    "J": "Write L or I.",
    "*": "Translate the one open reading frame you mean; only a stop at the very end is dropped.",
    "-": "Give the sequence without gaps.",
    ".": "Give the sequence without gaps.",
}


@dataclass(frozen=True)
class Query:
    """One thing to fold: a name and the sequences of its chains.

    Build it with :meth:`of`, which checks the rules.

    Attributes
    ----------
    name : str
    chains : tuple of str
        One-letter sequences, upper case, the twenty standard residues only.
    notes : tuple of str
        What was normalised on the way in, one sentence each.
    """

    name: str
    chains: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, sequence: str, name: str = "query", *, limit: int = MAX_RESIDUES) -> Query:
        """Build a query from text such as ``MKT...`` or ``MKT...:GSH...``.

        Lower case, white space and a trailing ``*`` are normalised, with a note where
        something was dropped.

        Raises
        ------
        BadSequence
            Naming the first residue at fault and its position.

        Examples
        --------
        >>> Query.of("mktayiakqr*", "demo").chains
        ('MKTAYIAKQR',)
        """
        notes: list[str] = []
        chains = tuple(
            _clean_chain(text, i, notes, name) for i, text in enumerate(sequence.split(CHAIN_JOIN), start=1)
        )
        check_lengths(chains, name, limit=limit)
        return cls(name, chains, tuple(notes))

    @property
    def sequence(self) -> str:
        """The chains joined by ``:``."""
        return CHAIN_JOIN.join(self.chains)

    @property
    def key(self) -> str:
        """SHA-256 of the canonical sequences; the name does not count."""
        return sequence_key(self.chains)

    def __len__(self) -> int:
        return sum(map(len, self.chains))


def sequence_key(chains: tuple[str, ...]) -> str:
    """Return the SHA-256 (hex) of the chains joined by ``:``, in their order."""
    return hashlib.sha256(CHAIN_JOIN.join(chains).encode("ascii")).hexdigest()


def _clean_chain(text: str, number: int, notes: list[str], name: str) -> str:
    letters = "".join(text.split()).upper()
    if letters.endswith("*"):
        letters = letters.rstrip("*")
        notes.append(f"{name}: dropped the stop (*) at the end of chain {number}.")
    for position, letter in enumerate(letters, start=1):
        if letter not in ALPHABET:
            raise bad_letter(letter, f"chain {number} of {name}", residue=position)
    return letters


def check_lengths(chains: tuple[str, ...], where: str, *, limit: int = MAX_RESIDUES) -> None:
    """Refuse empty, very short and too long queries.

    Raises
    ------
    BadSequence
    """
    for number, chain in enumerate(chains, start=1):
        if not chain:
            raise BadSequence(
                f"{where}: chain {number} has no residues.",
                hint="Give one-letter amino acid codes.",
                chain=number,
            )
        if len(chain) < MIN_RESIDUES:
            raise BadSequence(
                f"{where}: chain {number} has {len(chain)} residues, which is too short to fold.",
                hint=f"Give at least {MIN_RESIDUES} residues.",
                chain=number,
            )
    total = sum(map(len, chains))
    if total > limit:
        raise BadSequence(
            f"{where} has {total:,} residues; the limit is {limit:,}.",
            hint="Fold one domain at a time.",
            residues=total,
        )


def bad_letter(letter: str, where: str, **place: int) -> BadSequence:
    """Return the refusal for a letter that is not one of the twenty residues.

    Parameters
    ----------
    letter : str
    where : str
        For the sentence, such as ``protein.fasta, record 2 (kinase), line 7``.
    **place
        ``record``, ``line``, ``column``, ``residue``: whole numbers from 1.
    """
    spot = ", ".join(f"{key} {value}" for key, value in place.items() if key in ("column", "residue"))
    shown = repr(letter) if letter.isprintable() else f"the character U+{ord(letter):04X}"
    why = _WHY.get(letter, "is a digit" if letter.isdigit() else "is not an amino acid")
    remedy = _REMEDY.get(letter, f"Use the twenty one-letter codes {ALPHABET}.")
    return BadSequence(f"{where}, {spot}: {shown} {why}.", hint=remedy, letter=letter, **place)
