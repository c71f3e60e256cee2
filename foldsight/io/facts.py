"""What a structure file holds, in numbers: the answer of ``foldsight read FILE --json``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from foldsight.confidence import Confidence
from foldsight.io.content import load
from foldsight.io.quality import polymer_b
from foldsight.io.reading import open_file
from foldsight.structure import Structure


def facts(source: str | Path | bytes, *, name: str | None = None) -> dict[str, Any]:
    """Return the facts of a structure file as JSON values.

    Parameters
    ----------
    source : str, Path or bytes
    name : str, optional
        What to call bytes in messages.

    Returns
    -------
    dict
        ``models``; ``chains`` (distinct author chain ids), ``residues`` (distinct author
        chain, number and insertion code) and ``atoms`` (every alternate location counted)
        of the first MODEL of the first data block; ``title``; ``confidence`` with ``kind``,
        ``scale_found`` and ``mean`` (0-100, or Å² for B-factors), null where there is none;
        ``warnings``.

    Raises
    ------
    NotFound, BadFile
    """
    opened = open_file(load(source, name=name))
    return structure_facts(opened.structure, opened.quality.confidence)


def structure_facts(structure: Structure, confidence: Confidence | None) -> dict[str, Any]:
    """Return the facts of a structure as JSON values; see :func:`facts`."""
    table = structure.residues
    auths = [chain.auth for chain in structure.chains]
    chains = [auths[i] for i in table.chain.tolist()]
    return {
        "models": structure.n_models,
        "chains": len(structure.auth_chains),
        "residues": len(set(zip(chains, table.auth_seq.tolist(), table.ins_code.tolist(), strict=True))),
        "atoms": len(structure.atoms),
        "title": structure.title,
        "confidence": _confidence(structure, confidence),
        "warnings": list(structure.warnings),
    }


def _confidence(structure: Structure, confidence: Confidence | None) -> dict[str, Any] | None:
    if confidence is None:
        confidence = b_factors(structure)
    if confidence is None or not np.isfinite(confidence.mean):
        return None
    return {
        "kind": confidence.kind,
        "scale_found": confidence.scale_found,
        "mean": round(confidence.mean, 2),
    }


def b_factors(structure: Structure) -> Confidence | None:
    """Return the B-factors of CA atoms, labelled as what they are; None where all are 0."""
    if not structure.atoms.b_factor.any():
        return None
    return Confidence("b_factor", polymer_b(structure), scale_found="Å²")
