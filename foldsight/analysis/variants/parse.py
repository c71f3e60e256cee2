"""Reading variants as people write them.

One residue change::

    R175H   r175h   R52AH (insertion code A)    one-letter
    p.Arg175His  p.(Arg175His)  p.R175H         HGVS, with or without brackets
    Arg175His  ARG175HIS                        three-letter
    NP_000537.3:p.Arg175His   P04637:R175H      with the reference whose numbers are meant
    P04637 R175H
    A:R175H                                     with the author chain
    RA175H   RA175H;                            FoldX: wild type, chain, number, mutant
    p.Arg175=                                   no change

Several changes in one molecule: ``V82A+I84V``, ``V82A/I84V``, ``p.[Val82Ala;Ile84Val]``, and
FoldX's ``VA82A,IA84V;``. Several variants: white space, commas, semicolons, new lines, or a
list. ``scan`` asks for every change at every site, ``scan A:25-30`` at these sites.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from foldsight.errors import BadRequest
from foldsight.residues import ONE_TO_THREE, THREE_TO_ONE

_THREE = "|".join(THREE_TO_ONE)
_ONE = re.compile(r"^([A-Z])(-?\d+)([A-Z]?)([A-Z=*])$", re.I)
_LONG = re.compile(rf"^({_THREE})(-?\d+)([A-Z]?)({_THREE}|TER|XAA|SEC|[=*])$", re.I)
_FOLDX = re.compile(r"^([A-Z])([A-Za-z0-9])(-?\d+)([A-Za-z]?)([A-Z])$")
_REFSEQ = re.compile(r"^(?:[NXY]P_\d+|ENSP\d+)(?:\.\d+)?$")
_UNIPROT = re.compile(
    r"^(?:[OPQ]\d[A-Z\d]{3}\d|[A-NR-Z]\d(?:[A-Z][A-Z\d]{2}\d){1,2})(?:-\d+)?$"
)  # https://www.uniprot.org/help/accession_numbers
_NUMBER = re.compile(r"^(-?\d+)([A-Za-z]?)$")
_SCAN = re.compile(r"^scan\b\s*(.*)$", re.I | re.S)
_ALLELE = re.compile(r"([^\s,;\[\]]*:)?p\.\[([^\]]*)\]")
_PIECE = re.compile(rf"{_ALLELE.pattern}|[^\s,;]+")
_SHAPE = "Write a change as R175H, p.Arg175His, A:R175H or RA175H."

#: Kinds of change that are no residue replacement: a sign of each, and why it is refused.
_NOT_A_POINT = (
    (re.compile(r"[cgmnr]\.\S*", re.I), "is a change of DNA or RNA", "Give the change of the protein (p.)."),
    (re.compile(r".*fs.*", re.I), "is a frameshift; the rest of the chain is another one", ""),
    (re.compile(r".*(delins|del|ins|dup).*", re.I), "inserts or removes residues", ""),
    (re.compile(r".*ext.*", re.I), "extends the chain", ""),
    (re.compile(r"(p\.\(?)?(M|Met)1(\?|=\?)\)?$", re.I), "loses the start codon", ""),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mutation:
    """One residue replaced by another.

    Attributes
    ----------
    wild, mutant : str
        One-letter codes.
    number : int
        As written; author number, or that of ``reference``.
    ins_code : str
    chain : str or None
        Author chain id, ``None`` when the text named none.
    reference : str or None
        Accession whose numbering the text uses.
    """

    wild: str
    number: int
    mutant: str
    ins_code: str = ""
    chain: str | None = None
    reference: str | None = None

    @classmethod
    def checked(
        cls,
        wild: str,
        number: int,
        mutant: str,
        ins_code: str = "",
        chain: str | None = None,
        reference: str | None = None,
    ) -> Mutation:
        """Make a mutation of two of the twenty residue types.

        Raises
        ------
        BadRequest
        """
        found = cls(wild, number, mutant, ins_code, chain, reference)
        for letter in (wild, mutant):
            if letter not in ONE_TO_THREE:
                raise BadRequest(
                    f"{letter or 'Nothing'} in {found} is none of the twenty residue types.",
                    hint=f"For all changes at this site write: scan {chain or 'A'}:{number}{ins_code}.",
                    variant=str(found),
                )
        return found

    def __str__(self) -> str:
        head = f"{self.chain}:" if self.chain else ""
        return f"{head}{self.wild}{self.number}{self.ins_code}{self.mutant}"


@dataclass(frozen=True, slots=True)
class Variant:
    """One or more residue changes in the same molecule."""

    mutations: tuple[Mutation, ...]

    def __str__(self) -> str:
        return "+".join(str(mutation) for mutation in self.mutations)


@dataclass(frozen=True, slots=True)
class Scan:
    """Every change at the residues of a selection (``""``: at all of them)."""

    selection: str = ""


def parse_request(request: str | Iterable[str]) -> list[Variant] | Scan:
    """Read variants, or the word ``scan``.

    Parameters
    ----------
    request : str or iterable of str
        Each item of an iterable is one variant or a text of several.

    Raises
    ------
    BadRequest
        Naming the piece that is no residue replacement, and why.

    Examples
    --------
    >>> [str(v) for v in parse_request("V82A, p.(Ile84Val)")]
    ['V82A', 'I84V']
    >>> parse_request("scan A:25-30")
    Scan(selection='A:25-30')
    """
    if isinstance(request, str):
        scan = _SCAN.match(request.strip())
        if scan:
            return Scan(scan[1].strip())
        request = [request]
    return parse_variants(request)


def parse_variants(texts: Iterable[str]) -> list[Variant]:
    """Read variants from texts of one or more each.

    >>> [str(v) for v in parse_variants(["A:V82A+I84V", "L90M"])]
    ['A:V82A+A:I84V', 'L90M']
    """
    found = [variant for text in texts for variant in _parse_text(text)]
    if not found:
        raise BadRequest("No variant was given.", hint=f"{_SHAPE} `scan` asks for all of them.")
    return found


def parse_mutation(text: str, *, chain: str | None = None, reference: str | None = None) -> Mutation:
    """Read one residue change.

    >>> parse_mutation("NP_000537.3:p.(Arg175His)").reference
    'NP_000537.3'
    """
    body, chain, reference = _strip_prefix(text.strip(), chain, reference)
    _refuse_other_kinds(text, body)
    body = re.sub(r"^p\.", "", body).strip("()")
    match = _LONG.match(body)
    if match:
        wild, number, code, mutant = match.groups()
        return _mutation(text, THREE_TO_ONE[wild.upper()], number, code, mutant.upper(), chain, reference)
    match = _ONE.match(body)
    if match:
        wild, number, code, mutant = match.groups()
        return _mutation(text, wild.upper(), number, code, mutant.upper(), chain, reference)
    match = _FOLDX.match(body)
    if match and chain is None:
        wild, chain, number, code, mutant = match.groups()
        return _mutation(text, wild, number, code, mutant, chain, reference)
    raise BadRequest(f"{text!r} is not a residue change.", hint=_SHAPE, variant=text)


def parse_number(text: str) -> tuple[int, str]:
    """Read a residue number with its insertion code.

    >>> parse_number("-3"), parse_number("52A")
    ((-3, ''), (52, 'A'))
    """
    match = _NUMBER.match(text.strip())
    if not match:
        raise BadRequest(
            f"{text!r} is not a residue number.", hint="Write digits, then an insertion code if any."
        )
    return int(match[1]), match[2]


def _parse_text(text: str) -> list[Variant]:
    return [variant for line in text.splitlines() for variant in _parse_line(line.strip())]


def _parse_line(line: str) -> list[Variant]:
    found: list[Variant] = []
    reference: str | None = None
    # FoldX ends each mutant with a semicolon and joins its changes with commas.
    foldx = line.endswith(";") and all(_FOLDX.match(p.strip()) for p in re.split("[,;]", line) if p.strip())
    for piece in line.split(";") if foldx else (match[0] for match in _PIECE.finditer(line)):
        allele = _ALLELE.fullmatch(piece)
        if not piece.strip():
            continue
        if allele:
            found.append(_join(f"{allele[1] or ''}{allele[2]}".split(";"), reference))
        elif _UNIPROT.match(piece) or _REFSEQ.match(piece):
            reference = piece
        else:
            found.append(_join(re.split("[,]" if foldx else r"[+/]", piece), reference))
    if reference and not found:
        raise BadRequest(f"{reference} stands without a variant.", hint=f"Write {reference} R175H.")
    return found


def _join(pieces: Iterable[str], reference: str | None) -> Variant:
    mutations: list[Mutation] = []
    for piece in pieces:
        # In `A:V82A+I84V` and `NP_1:p.V82A+I84V` the prefix holds for what follows.
        chain = mutations[-1].chain if mutations else None
        known = mutations[-1].reference if mutations else reference
        prefixed = ":" in piece or _is_foldx(piece)
        mutations.append(parse_mutation(piece, chain=None if prefixed else chain, reference=known))
    sites = [(m.chain, m.number, m.ins_code) for m in mutations]
    if len(set(sites)) < len(sites):
        raise BadRequest(
            f"{'+'.join(map(str, mutations))} changes one residue twice.", hint="Name each residue once."
        )
    return Variant(tuple(mutations))


def _is_foldx(piece: str) -> bool:
    return bool(_FOLDX.match(piece)) and not _ONE.match(piece) and not _LONG.match(piece)


def _strip_prefix(body: str, chain: str | None, reference: str | None) -> tuple[str, str | None, str | None]:
    head, colon, rest = body.rpartition(":")
    if not colon:
        return body, chain, reference
    if _REFSEQ.match(head) or _UNIPROT.match(head):
        return rest, chain, head
    return rest, head, reference


def _refuse_other_kinds(text: str, body: str) -> None:
    if _LONG.match(body):
        return
    for sign, reason, remedy in _NOT_A_POINT:
        if sign.fullmatch(body):
            hint = remedy or "A ddG is defined here for one residue type replacing another."
            raise BadRequest(f"{text!r} {reason}, not a residue replacement.", hint=hint, variant=text)


def _mutation(
    text: str, wild: str, number: str, code: str, mutant: str, chain: str | None, reference: str | None
) -> Mutation:
    if mutant in ("*", "TER"):
        raise BadRequest(
            f"{text!r} is a stop: the chain ends there, so there is no folded mutant to compare.",
            hint="A ddG is defined here for one residue type replacing another.",
            variant=text,
        )
    mutant = wild if mutant == "=" else THREE_TO_ONE.get(mutant, mutant)
    return Mutation.checked(wild, int(number), mutant, code.upper(), chain, reference)
