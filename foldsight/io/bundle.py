"""A prediction as a set of files: how it travels as a job's result, over HTTP and to disk.

===================  ==========================================================
``structure.cif``    ModelCIF, with ``_ma_qa_metric``
``confidence.json``  kind, values per residue, pTM, ipTM, the scale found
``pae.npy``          predicted aligned error, float16 (absent where there is none)
``manifest.json``    the :class:`~foldsight.provenance.FoldManifest`
===================  ==========================================================

Nothing is ever unpickled, and every size is bounded before it is allocated.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from foldsight.confidence import Confidence
from foldsight.errors import BadFile, FoldSightError
from foldsight.io.content import load
from foldsight.io.modelcif import modelcif_text
from foldsight.io.npy import read_npy
from foldsight.io.reading import open_structure
from foldsight.prediction import Prediction
from foldsight.provenance import FoldManifest
from foldsight.typing import Floats

STRUCTURE, CONFIDENCE, PAE, MANIFEST = "structure.cif", "confidence.json", "pae.npy", "manifest.json"
_REQUIRED = (STRUCTURE, CONFIDENCE, MANIFEST)
#: Largest JSON part.
MAX_JSON_BYTES = 64 << 20


def to_bundle(prediction: Prediction) -> dict[str, bytes]:
    """Return a prediction as files by name."""
    confidence = prediction.confidence
    files = {
        STRUCTURE: modelcif_text(prediction.structure, confidence, prediction.manifest).encode(),
        CONFIDENCE: _json(
            {
                "kind": confidence.kind,
                "values": _nullable(confidence.values),
                "ptm": confidence.ptm,
                "iptm": None if confidence.iptm is None else [_nullable(row) for row in confidence.iptm],
                "scale_found": confidence.scale_found,
            }
        ),
        MANIFEST: _json(prediction.manifest.to_dict()),
    }
    if confidence.pae is not None:
        buffer = io.BytesIO()
        np.save(buffer, confidence.pae.astype(np.float16), allow_pickle=False)
        files[PAE] = buffer.getvalue()
    return files


def from_bundle(files: Mapping[str, bytes]) -> Prediction:
    """Rebuild a prediction from the files of :func:`to_bundle`; other files are ignored.

    Raises
    ------
    BadFile
        Naming the part that is missing or does not fit.
    """
    missing = [name for name in _REQUIRED if name not in files]
    if missing:
        raise BadFile(f"The result lacks {', '.join(missing)}.", hint="Fetch it again.")
    structure = open_structure(load(bytes(files[STRUCTURE]), name=STRUCTURE))
    try:
        manifest = FoldManifest.from_dict(_object(files, MANIFEST))
        confidence = _confidence(_object(files, CONFIDENCE), files.get(PAE))
        return Prediction(structure, confidence, manifest)
    except BadFile:
        raise
    except (FoldSightError, KeyError, TypeError, ValueError, AttributeError) as fault:
        raise BadFile(f"The parts of the result do not fit each other: {fault}.") from fault


def _confidence(data: dict[str, Any], pae: bytes | None) -> Confidence:
    values, iptm = data["values"], data.get("iptm")
    return Confidence(
        kind=data["kind"],
        values=_floats(values),
        pae=None if pae is None else read_npy(pae, PAE).astype(np.float32),
        ptm=data.get("ptm"),
        iptm=None if iptm is None else _floats(iptm),
        scale_found=str(data.get("scale_found", "0-100")),
    )


def _floats(values: Any) -> Floats:
    # None becomes NaN.
    return np.array(values, dtype=np.float64).astype(np.float32)


def _nullable(values: Floats) -> list[float | None]:
    return [round(float(v), 4) if np.isfinite(v) else None for v in values]


def _json(value: Any) -> bytes:
    return json.dumps(value, allow_nan=False).encode()


def _object(files: Mapping[str, bytes], name: str) -> dict[str, Any]:
    data = files[name]
    if len(data) > MAX_JSON_BYTES:
        raise BadFile(f"{name} is larger than {MAX_JSON_BYTES >> 20} MB.")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise BadFile(f"{name} is not JSON.", hint="Fetch the result again.") from None
    if not isinstance(found, dict):
        raise BadFile(f"{name} is not a JSON object.", hint="Fetch the result again.")
    return found
