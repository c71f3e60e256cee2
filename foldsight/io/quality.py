"""Confidence in a structure file: ``_ma_qa_metric`` of ModelCIF, or pLDDT in the B-factor column.

pLDDT in B-factors is told by the tool that wrote the file, or by its habit of writing one
value for all atoms of a residue. Values in 0-1 (stock ESMFold) become 0-100; a column that
is 0 everywhere is no confidence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from foldsight.confidence import Confidence
from foldsight.io.assemble import Header
from foldsight.io.cif_header import Block, table
from foldsight.io.content import Content
from foldsight.io.pdb_header import PARENT_RECORD
from foldsight.structure import Structure
from foldsight.typing import ConfidenceKind, Floats

#: Name of our own metric, so that a file of ours is read back as what it is.
SUPPORT_METRIC = "template support"
#: What our PDB files say of their B-factor column.
B_FACTOR_REMARK: dict[ConfidenceKind, str] = {
    "plddt": "B-FACTOR COLUMN: PLDDT, 0-100",
    "template_support": "B-FACTOR COLUMN: TEMPLATE SUPPORT (ESTIMATED LDDT), 0-100",
}

#: Tools by what their files say of themselves, the specific before the general.
_TOOLS: tuple[tuple[str, str], ...] = (
    ("foldsight", r"\bfoldsight\b"),
    ("colabfold", r"colabfold"),
    ("alphafold3", r"alphafold[ -]?(?:3|beta|server|v3)"),
    ("esmfold2", r"esm-?fold ?v?2"),
    ("esmfold", r"esm-?fold"),
    ("alphafold2", r"alphafold"),
    ("openfold", r"openfold"),
    ("boltz", r"\bboltz"),
    ("chai", r"\bchai-?[0-9]"),
    ("protenix", r"\bprotenix"),
    ("omegafold", r"omegafold"),
    ("rosettafold", r"rosettafold"),
)
#: File names that only folding programs give.
_NAMES = re.compile(
    r"^AF-\w+-F\d+|^ranked_\d|unrelaxed|_relaxed_|relaxed_model|_rank_?\d+_|^fold_.*_model_\d|esmfold|colabfold",
    re.IGNORECASE,
)
#: Experimental methods are named in the file; these words name none.
_COMPUTED = re.compile(r"theoretical|model|comput|predict", re.IGNORECASE)


@dataclass
class Quality:
    """What a file says of how sure it is.

    Attributes
    ----------
    confidence : Confidence or None
    engine, version : str
        The tool that wrote the file, empty where unknown.
    warnings : list of str
    """

    confidence: Confidence | None = None
    engine: str = ""
    version: str = ""
    warnings: list[str] = field(default_factory=list)


def find_quality(content: Content, structure: Structure, header: Header, block: Block | None) -> Quality:
    """Return the confidence that a file gives for its structure."""
    said = " ".join([header.title, header.software, structure.name if block else "", content.stem]).lower()
    engine = next((tool for tool, words in _TOOLS if re.search(words, said)), "")
    found = Quality(engine=engine, version=header.software_version)
    if block is not None and block.has("_ma_qa_metric"):
        found.confidence = _from_metrics(structure, block)
        if found.confidence is not None:
            return found
    stated = next((kind for kind, words in B_FACTOR_REMARK.items() if words in header.software), None)
    if stated is not None:
        found.confidence = _stated(structure, stated)
        return found
    if structure.method and not _COMPUTED.search(structure.method):
        return found
    known = bool(
        engine
        or _NAMES.search(content.stem)
        or PARENT_RECORD in header.software
        or (block is not None and block.has("_ma_qa_metric"))
    )
    _from_b_factors(content, structure, found, known)
    return found


def _from_metrics(structure: Structure, block: Block) -> Confidence | None:
    kinds = {}
    for identity, mode, name, type_ in table(block, "_ma_qa_metric", ("id", "mode", "name", "type")):
        kind = _metric_kind(name, type_)
        if kind and mode == "local":
            kinds[identity] = (kind, "[0,1]" in type_)
    rows = table(block, "_ma_qa_metric_local",
                 ("metric_id", "model_id", "label_asym_id", "label_seq_id", "metric_value"))  # fmt: skip
    first = next(((row[0], row[1]) for row in rows if row[0] in kinds), None)
    if first is None:
        return None
    values = {(row[2], row[3]): row[4] for row in rows if row[:2] == first}
    kind, is_unit = kinds[first[0]]
    scores = _per_residue(structure, values)
    if not np.isfinite(scores).any():
        return None
    return _scaled(kind, scores, ptm=_ptm(block), is_unit=is_unit)


def _metric_kind(name: str, type_: str) -> ConfidenceKind | None:
    if type_.lower().startswith("plddt") or name.lower() == "plddt":
        return "plddt"
    return "template_support" if name.lower().startswith(SUPPORT_METRIC) else None


def _per_residue(structure: Structure, values: dict[tuple[str, str], str]) -> Floats:
    labels = [chain.label for chain in structure.chains]
    table_ = structure.residues
    scores = np.full(len(table_), np.nan, dtype=np.float32)
    for i, (chain, seq) in enumerate(zip(table_.chain.tolist(), table_.label_seq.tolist(), strict=True)):
        value = values.get((labels[chain], str(seq)))
        if value:
            scores[i] = float(value)
    return scores


def _ptm(block: Block) -> float | None:
    types = {row[0]: row[1].lower() for row in table(block, "_ma_qa_metric", ("id", "type"))}
    for identity, value in table(block, "_ma_qa_metric_global", ("metric_id", "metric_value")):
        if types.get(identity) == "ptm" and 0 <= float(value) <= 1:
            return float(value)
    return None


def _scaled(
    kind: ConfidenceKind, values: Floats, *, ptm: float | None = None, is_unit: bool = False
) -> Confidence | None:
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if low < 0 or high > 100 or high == 0:
        return None
    if is_unit or high <= 1.0:
        return Confidence(kind, values * np.float32(100), ptm=ptm, scale_found="0-1")
    return Confidence(kind, values, ptm=ptm)


def _stated(structure: Structure, kind: ConfidenceKind) -> Confidence | None:
    values = polymer_b(structure)
    fits = np.isfinite(values).any() and np.nanmin(values) >= 0 and np.nanmax(values) <= 100
    return Confidence(kind, values) if fits else None


def _from_b_factors(content: Content, structure: Structure, found: Quality, known: bool) -> None:
    values = polymer_b(structure)
    finite = values[np.isfinite(values)]
    if not finite.size:
        return
    if not structure.atoms.b_factor.any():
        found.warnings.append(
            f"{content.where} gives a B-factor of 0 for every atom, so it holds no confidence."
        )
        return
    if finite.min() < 0 or finite.max() > 100:
        return
    if known and not _from_refinement(structure):
        found.confidence = _scaled("plddt", values)
        return
    habit = _habit(structure)
    if habit and np.ptp(finite) > 0:
        found.confidence = _scaled("plddt", values)
        found.warnings.append(
            f"{content.where} names no experimental method and has {habit}, as predicted structures do; "
            "the B-factors are read as pLDDT."
        )


def _habit(structure: Structure) -> str:
    """Return what in the B-factors speaks of a folding program, empty where nothing does."""
    if _from_refinement(structure):
        return ""
    if _one_value_per_residue(structure):
        return "one B-factor per residue"
    b = structure.atoms.b_factor
    # Å² of a whole protein never stay within 1; stock ESMFold's pLDDT per atom does.
    if b.min() > 0 and b.max() <= 1 and len(np.unique(b)) > 10:
        return "B-factors between 0 and 1"
    return ""


def _from_refinement(structure: Structure) -> bool:
    """Whether waters, alternates or partial occupancies speak of an experiment."""
    atoms = structure.atoms
    return bool(
        any(chain.kind == "water" for chain in structure.chains)
        or (atoms.altloc != "").any()
        or (atoms.occupancy != 1).any()
    )


def _one_value_per_residue(structure: Structure) -> bool:
    atoms, starts = structure.atoms, structure.atom_starts
    if len(atoms) < 4 * len(starts) or len(starts) < 3:
        return False
    return bool((atoms.b_factor == atoms.b_factor[starts][atoms.residue]).all())


def polymer_b(structure: Structure) -> Floats:
    """Return the B-factor of each polymer residue's CA (or C1'), NaN elsewhere; shape (R,)."""
    values = np.full(len(structure.residues), np.nan, dtype=np.float32)
    for name in ("C1'", "CA"):
        index = structure.atom_index(name)
        hit = (index >= 0) & (structure.residues.label_seq > 0)
        values[hit] = structure.atoms.b_factor[index[hit]]
    return values
