"""Exporters of coordinates (ModelCIF, PDB, BinaryCIF), and of confidence and provenance as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from foldsight.errors import BadRequest
from foldsight.io import write
from foldsight.prediction import Prediction
from foldsight.structure import Structure


def save(item: Prediction | Structure, path: Path) -> None:
    """Write coordinates in the format that the suffix names."""
    write(item, path)


def save_json(item: Prediction | Structure, path: Path) -> None:
    """Write what is known besides coordinates: summary, values per residue, manifest."""
    path.write_text(json.dumps(facts_of(item), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def save_pae(item: Prediction | Structure, path: Path) -> None:
    """Write the predicted aligned error as AlphaFold DB does, which every viewer reads.

    Raises
    ------
    BadRequest
        When there is none.
    """
    pae = item.confidence.pae if isinstance(item, Prediction) else None
    if pae is None:
        raise BadRequest(f"{item.name} has no predicted aligned error.", hint="Save it as .json or .cif.")
    rows = [[round(float(value), 2) for value in row] for row in pae]
    content = [{"predicted_aligned_error": rows, "max_predicted_aligned_error": round(float(pae.max()), 2)}]
    path.write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")


def facts_of(item: Prediction | Structure) -> dict[str, Any]:
    """Return summary, confidence per residue and manifest as JSON values."""
    if isinstance(item, Structure):
        return {"name": item.name, "title": item.title, "residues": len(item.residues)}
    confidence = item.confidence
    values = [None if value != value else round(float(value), 2) for value in confidence.values]
    refs = [str(ref) for ref in item.structure.refs]
    return {
        "summary": item.summary(),
        "confidence": {
            "kind": confidence.kind,
            "label": confidence.label,
            "residues": refs,
            "values": values,
            "ptm": confidence.ptm,
        },
        "manifest": item.manifest.to_dict(),
    }
