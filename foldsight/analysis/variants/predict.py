"""ddG of the variants of a structure: from a request in words to a table.

kcal/mol, > 0 destabilises.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from foldsight.analysis.backbone import Backbone
from foldsight.analysis.variants.energies import SiteEnergies, site_energies, weights
from foldsight.analysis.variants.explain import Explainer
from foldsight.analysis.variants.parse import Scan, Variant, parse_request
from foldsight.analysis.variants.resolve import Change, Found, chain_mask, resolve_all, rows_of
from foldsight.analysis.variants.sites import AMINO_ACIDS
from foldsight.analysis.variants.table import VariantRow, VariantTable, effect
from foldsight.analysis.variants.uncertainty import check_level, half_width, spread_facts
from foldsight.confidence import Confidence
from foldsight.errors import BadRequest
from foldsight.prediction import Prediction
from foldsight.structure import Structure
from foldsight.typing import Bools, Doubles

Context = Literal["monomer", "complex"]
#: CB of two changed residues nearer than this, Å: their effects may not add up.
COUPLED = 8.0
Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """How variants are computed.

    Attributes
    ----------
    chain : str or None
        Author chain for variants that name none.
    context : {'monomer', 'complex'}
        Surroundings: the residue's own chain, or every protein chain of the structure.
    level : float
        Coverage of the interval, 0.5-0.95.
    explain : bool
        Compute clashes, contacts and hydrogen bonds lost.
    keep_faults : bool
        Make a row with a problem of what cannot be computed, instead of refusing.
    """

    chain: str | None = None
    context: Context = "monomer"
    level: float = 0.8
    explain: bool = True
    keep_faults: bool = False

    def __post_init__(self) -> None:
        check_level(self.level)


def predict_variants(
    subject: Structure | Prediction,
    request: str | Iterable[str],
    *,
    chain: str | None = None,
    context: Context = "monomer",
    level: float = 0.8,
    explain: bool | None = None,
    keep_faults: bool = False,
    progress: Progress | None = None,
) -> VariantTable:
    """Predict the ddG of folding of variants.

    Parameters
    ----------
    subject : Structure or Prediction
    request : str or iterable of str
        Variants in any of the notations of :mod:`foldsight.analysis.variants.parse`, or
        ``scan`` for every change at every site.
    chain : str, optional
        Author chain for variants that name none, and for a scan.
    context : {'monomer', 'complex'}
        Whether other chains count as surroundings.
    level : float
        Coverage of the interval, 0.5-0.95.
    explain : bool, optional
        Clashes, contacts and hydrogen bonds lost; by default for all but scans.
    keep_faults : bool
        Keep a variant that does not fit the structure as a row with a ``problem``
        instead of refusing the request.
    progress : callable, optional
        Called with a share (0-1) and a sentence.

    Raises
    ------
    BadRequest
        Saying which residue is there and where the wild type is found instead.

    Returns
    -------
    VariantTable
        kcal/mol, > 0 destabilises.
    """
    wanted = parse_request(request)
    if isinstance(wanted, Scan):
        structure, confidence = split(subject)
        options = Options(chain, context, level, bool(explain))
        return _run(structure, confidence, _scan(structure, wanted, chain), options, progress)
    return predict_parsed(
        subject,
        wanted,
        chain=chain,
        context=context,
        level=level,
        explain=explain is not False,
        keep_faults=keep_faults,
        progress=progress,
    )


def predict_parsed(
    subject: Structure | Prediction,
    variants: Sequence[Variant],
    *,
    chain: str | None = None,
    context: Context = "monomer",
    level: float = 0.8,
    explain: bool = True,
    keep_faults: bool = False,
    progress: Progress | None = None,
) -> VariantTable:
    """Do what :func:`predict_variants` does, for variants already read."""
    structure, confidence = split(subject)
    found = resolve_all(structure, variants, chain)
    if not keep_faults:
        _refuse_faults(found)
    options = Options(chain, context, level, explain, keep_faults)
    return _run(structure, confidence, found, options, progress)


def _run(
    structure: Structure,
    confidence: Confidence | None,
    found: Sequence[Found],
    options: Options,
    progress: Progress | None,
) -> VariantTable:
    work = _Work(structure, confidence, options)
    rows = []
    for k, each in enumerate(found):
        if progress and k % 200 == 0:
            progress(k / len(found), f"ddG of {k} of {len(found)} variants")
        rows.append(work.row(each))
    return _table(structure, rows, options.level)


def _table(structure: Structure, rows: Sequence[VariantRow], level: float) -> VariantTable:
    given = weights()
    return VariantTable(tuple(rows), structure.name, given.info, given.typical_error, level)


def split(subject: Structure | Prediction) -> tuple[Structure, Confidence | None]:
    """Return the structure, and the confidence where there is one."""
    if isinstance(subject, Prediction):
        return subject.structure, subject.confidence
    if not isinstance(subject, Structure):  # read() gives a sequence for uniprot:
        raise BadRequest(
            f"{getattr(subject, 'name', subject)} is no structure, and ddG needs one.",
            hint="Fold the sequence first, or take afdb:ACCESSION.",
        )
    return subject, None


def _refuse_faults(found: Sequence[Found]) -> None:
    faults = [each.fault for each in found if each.fault is not None]
    if not faults:
        return
    first = faults[0]
    if len(faults) == 1:
        raise first
    more = f"Of the variants given, {len(faults)} do not fit the structure."
    raise BadRequest(first.message, hint=f"{first.hint} {more}".strip(), **first.details)


def _scan(structure: Structure, scan: Scan, chain: str | None) -> list[Found]:
    """List every change at every site of the selection that has a whole backbone."""
    found = []
    rows = rows_of(structure, scan.selection, chain)
    whole = rows[np.isin(rows, Backbone.of(structure).rows)]
    if not len(whole):
        raise BadRequest(
            f"No residue of {scan.selection or structure.name} has N, CA, C and O.",
            hint="Give a structure with all backbone atoms; a CA trace is not enough.",
        )
    for row in whole.tolist():
        wild = str(structure.one_letters[row])
        if wild in AMINO_ACIDS:
            changes = [Change(row, wild, mutant) for mutant in AMINO_ACIDS if mutant != wild]
            found += [Found(Variant(()), (change,)) for change in changes]
    return found


@dataclass(frozen=True, eq=False)
class _ChainNumbers:
    """What is known of one chain.

    Attributes
    ----------
    energies : SiteEnergies
    place : dict
        Position in the arrays below of each residue row.
    context : ndarray, shape=(R,), dtype=bool
    ddg, half : ndarray, shape=(n, 20), dtype=float64
        From the residue type at each site to each of the twenty, kcal/mol.
    """

    energies: SiteEnergies
    place: dict[int, int]
    context: Bools
    ddg: Doubles
    half: Doubles


class _Work:
    """Computes rows, keeping what belongs to a chain for the next variant."""

    def __init__(self, structure: Structure, confidence: Confidence | None, options: Options) -> None:
        self.structure = structure
        self.options = options
        self.explainer = Explainer(structure, confidence)
        self._chains: dict[str, _ChainNumbers] = {}

    def numbers(self, chain: str) -> _ChainNumbers:
        """Return the numbers of a chain; all its sites at once, so that a scan and a
        single variant are the same to the last digit."""
        if chain not in self._chains:
            own = chain_mask(self.structure, [chain])
            context = own if self.options.context == "monomer" else self.structure.protein_mask
            energies = site_energies(self.structure, context, own)
            rows = energies.sites.rows[energies.rows].tolist()
            place = {row: i for i, row in enumerate(rows)}
            self._chains[chain] = _ChainNumbers(
                energies, place, context, *_numbers(energies, self.options.level)
            )
        return self._chains[chain]

    def row(self, found: Found) -> VariantRow:
        """Compute one row; a fault becomes a row with a problem."""
        if found.fault is not None:
            return VariantRow(str(found.variant), problem=str(found.fault))
        try:
            singles = [self._single(change) for change in found.changes]
        except BadRequest as fault:
            if not self.options.keep_faults:
                raise
            return VariantRow(self._name(found), problem=str(fault))
        return singles[0] if len(singles) == 1 else self._sum(singles, found)

    def _name(self, found: Found) -> str:
        return "+".join(_change_name(self.structure, change) for change in found.changes)

    def _single(self, change: Change) -> VariantRow:
        ref = self.structure.refs[change.row]
        known = self.numbers(ref.chain)
        if change.row not in known.place:
            raise BadRequest(f"Residue {ref} lacks N, CA, C or O, so its surroundings are not known.")
        site = known.place[change.row]
        mutant = AMINO_ACIDS.index(change.mutant)
        ddg, half = float(known.ddg[site, mutant]), float(known.half[site, mutant])
        row = VariantRow(
            _change_name(self.structure, change),
            ddg,
            effect(ddg),
            ddg - half,
            ddg + half,
            chain=ref.chain,
            auth_seq=ref.auth_seq,
            ins_code=ref.ins_code,
            label_seq=ref.label_seq,
            uniprot=ref.uniprot,
            wild=change.wild,
            mutant=change.mutant,
            context=self.options.context,
            burial=round(1 - float(known.energies.free[site]), 3),
            notes="; ".join(change.notes),
        )
        full = self.options.explain
        return self.explainer.fill(row, change, known.energies, site, known.context, full=full)

    def _sum(self, singles: list[VariantRow], found: Found) -> VariantRow:
        ddg = sum(row.ddg_kcal_mol for row in singles)
        half = math.sqrt(sum((row.high_kcal_mol - row.ddg_kcal_mol) ** 2 for row in singles))
        warnings = [*(row.warnings for row in singles), *self._near_pairs(found)]
        return VariantRow(
            self._name(found),
            ddg,
            effect(ddg),
            ddg - half,
            ddg + half,
            additive=True,
            chain=singles[0].chain if len({row.chain for row in singles}) == 1 else "",
            context=self.options.context,
            flags=_joined(row.flags for row in singles),
            warnings=_joined(warnings),
            notes=_joined(
                ["A multiple variant is the sum of its single changes.", *(row.notes for row in singles)]
            ),
        )

    def _near_pairs(self, found: Found) -> list[str]:
        cb = [(self._cb(change), change) for change in found.changes]
        return [
            f"{self.structure.refs[a.row]} and {self.structure.refs[b.row]} are {apart:.1f} Å apart: "
            "their effects may not add up"
            for i, (p, a) in enumerate(cb)
            for q, b in cb[i + 1 :]
            if (apart := float(np.linalg.norm(p - q))) < COUPLED
        ]

    def _cb(self, change: Change) -> Doubles:
        known = self.numbers(self.structure.refs[change.row].chain)
        geo = known.energies.geo
        found: Doubles = geo.atoms[known.energies.rows[known.place[change.row]], 4] + geo.origin
        return found


def _numbers(energies: SiteEnergies, level: float) -> tuple[Doubles, Doubles]:
    """Return ddG and the half-width of its interval of every change; shapes (n, 20)."""
    count = len(energies.rows)
    site = np.repeat(np.arange(count, dtype=np.int32), len(AMINO_ACIDS))
    mutant = np.tile(np.arange(len(AMINO_ACIDS), dtype=np.int32), count)
    letters = energies.sites.letters[energies.rows]
    known = np.repeat(letters < len(AMINO_ACIDS), len(AMINO_ACIDS))
    wild = np.where(known, letters[site], mutant)  # nothing is asked of an unknown type
    ddg = energies.ddg(site, wild, mutant)
    facts = spread_facts(ddg, energies.disagreement(site, wild, mutant), energies.free[site], wild, mutant)
    half = np.where(wild == mutant, 0.0, half_width(facts, weights().spread, level))
    return ddg.reshape(count, -1), half.reshape(count, -1)


def _change_name(structure: Structure, change: Change) -> str:
    ref = structure.refs[change.row]
    return f"{ref.chain}:{change.wild}{ref.auth_seq}{ref.ins_code}{change.mutant}"


def _joined(texts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(text for text in texts if text))
