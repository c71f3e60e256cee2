"""``read``: any structure file, any bytes, any entry of a known database."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from foldsight.confidence import Confidence
from foldsight.errors import BadFile, BadRequest, NetworkOff, Refused
from foldsight.io.assemble import Header, assemble
from foldsight.io.beside import pae_beside
from foldsight.io.cif_header import Block
from foldsight.io.cif_reader import read_bcif, read_cif
from foldsight.io.content import Content, load, sniff
from foldsight.io.pae import fit_pae, read_pae
from foldsight.io.pdb_reader import read_pdb
from foldsight.io.quality import Quality, find_quality
from foldsight.io.rows import AtomRows
from foldsight.prediction import Prediction
from foldsight.provenance import FoldManifest
from foldsight.sequence import sequence_key
from foldsight.structure import Structure

_SCHEME = re.compile(r"^(?P<source>[A-Za-z][A-Za-z0-9_-]+):(?P<id>[^/\\].*)$", re.DOTALL)
_LONG_PDB_ID = re.compile(r"^pdb_[0-9a-z]{8}$", re.IGNORECASE)
#: Names a data block gets when nobody cared, so that the file's own name says more.
_NO_NAME = re.compile(r"^(?:|model|pred|prediction|structure|unknown|xxxx|none|_+)(?:_?\d+)?$", re.IGNORECASE)


@dataclass(frozen=True)
class Opened:
    """A structure file, read.

    Attributes
    ----------
    structure : Structure
    quality : Quality
    manifest : FoldManifest or None
        The one that FoldSight wrote into a file of its own.
    """

    structure: Structure
    quality: Quality
    manifest: FoldManifest | None = None


def read(
    source: str | Path | bytes | Structure | Prediction,
    *,
    name: str | None = None,
    network: str | None = None,
) -> Any:
    """Read a structure from a file, from bytes or from a database.

    Parameters
    ----------
    source : str, Path, bytes, Structure or Prediction
        A path to PDB, mmCIF, BinaryCIF or ``.foldsight`` (gzipped or not, any suffix); the bytes of such
        a file; or an entry: ``pdb:1ABC``, ``pdb_00001abc``, ``afdb:P04637``,
        ``uniprot:P04637``. What has been read already is given back.
    name : str, optional
        What to call bytes in messages.
    network : {'off', 'hash', 'sequence'}, optional
        For entries: what may leave the machine; by default the setting in force.

    Returns
    -------
    Prediction, Structure or Query
        A :class:`~foldsight.prediction.Prediction` when the file gives confidence, else a
        :class:`~foldsight.structure.Structure`; a sequence for ``uniprot:``.

    Raises
    ------
    NotFound
        When the path or entry does not exist.
    BadFile
        Naming the file and its fault.
    """
    if isinstance(source, Structure | Prediction):
        return source
    if isinstance(source, str):
        entry = _entry(source)
        if entry is not None:
            return _fetch(*entry, network)
    content = load(source, name=name)
    if content.data.startswith(b"PK\x03\x04"):
        # Here, because it reads the parts of a ZIP file through this module.
        from foldsight.io.foldsight_file import unpack

        return unpack(content)
    return _with_pae(opened_to_value(open_file(content)), content)


def _with_pae(found: Prediction | Structure, content: Content) -> Prediction | Structure:
    """Add the error matrix that lies beside the file; one that does not fit is named, not used."""
    if isinstance(found, Structure) or content.path is None or found.confidence.kind != "plddt":
        return found
    beside = pae_beside(content.path)
    if beside is None:
        return found
    try:
        errors = read_pae(beside)
        pae = fit_pae(errors, found.structure)
    except BadFile as fault:
        return _warned(found, fault.message)
    if len(errors) != len(pae):
        found = _warned(found, f"{errors.where} gives errors of {len(errors)} tokens; they were fitted to "
                               f"{len(pae)} residues, averaging the tokens of one ligand.")  # fmt: skip
    ptm = errors.ptm if found.confidence.ptm is None else found.confidence.ptm
    return replace(found, confidence=replace(found.confidence, pae=pae, ptm=ptm))


def _warned(found: Prediction, warning: str) -> Prediction:
    warnings = (*found.structure.warnings, warning)
    return replace(found, structure=replace(found.structure, warnings=warnings))


def _entry(source: str) -> tuple[str, str] | None:
    if _LONG_PDB_ID.match(source.strip()):
        return "pdb", source.strip()
    match = _SCHEME.match(source.strip())
    if match is None or len(match["source"]) < 2 or Path(source).exists():
        return None
    return match["source"].lower(), match["id"].strip()


def _fetch(source: str, identifier: str, network: str | None) -> Any:
    # By entry point: databases live a floor below, and others may add theirs.
    found = {point.name: point for point in entry_points(group="foldsight.sources")}
    if source not in found:
        known = ", ".join(f"{name}:" for name in sorted(found)) or "none"
        raise BadRequest(f"There is no database {source!r}.", hint=f"Known are {known}.", source=source)
    try:
        return found[source].load()().fetch(identifier, network=network)
    except NetworkOff as fault:
        local = found.get("library")
        if source != "pdb" or local is None or not local.load()().holds(identifier):
            raise
        raise NetworkOff(
            fault.message, hint=f"{fault.hint} Its protein chains are here: library:{identifier.lower()}."
        ) from None


def open_file(content: Content) -> Opened:
    """Return the structure and the confidence of a file's bytes.

    Raises
    ------
    BadFile
    """
    structure, block, header = _structure(content)
    quality = find_quality(content, structure, header, block)
    structure = replace(structure, warnings=(*structure.warnings, *quality.warnings))
    return Opened(structure, quality, _own_manifest(block))


def open_structure(content: Content) -> Structure:
    """Return the structure of a file's bytes, whatever confidence they give.

    Raises
    ------
    BadFile
    """
    return _structure(content)[0]


def _structure(content: Content) -> tuple[Structure, Block | None, Header]:
    block, rows, header = _parse(content)
    return assemble(content, _name(content, block, header), rows, header), block, header


def _parse(content: Content) -> tuple[Block | None, AtomRows, Header]:
    kind = sniff(content)
    if kind == "cif":
        return read_cif(content)
    if kind == "bcif":
        return read_bcif(content)
    rows, header = read_pdb(content)
    return None, rows, header


def _name(content: Content, block: Block | None, header: Header) -> str:
    named = header.name if block is None else block.name
    return content.stem if _NO_NAME.match(named) and content.path is not None else named or content.stem


def _own_manifest(block: Block | None) -> FoldManifest | None:
    text = None if block is None else block.texts("_foldsight_manifest", "json")
    if text is None or not len(text):
        return None
    try:
        return FoldManifest.from_dict(json.loads(str(text[0])))
    except (ValueError, TypeError, AttributeError):
        return None  # damaged by hand: the structure is still good


def opened_to_value(opened: Opened) -> Prediction | Structure:
    """Return a prediction where there is confidence, else the structure."""
    confidence = opened.quality.confidence
    if confidence is None:
        return opened.structure
    manifest = opened.manifest or file_manifest(opened.structure, confidence, opened.quality)
    return Prediction(opened.structure, confidence, manifest)


def file_manifest(structure: Structure, confidence: Confidence, quality: Quality) -> FoldManifest:
    """Return what can be said of a prediction that came as a file."""
    sequences = tuple(structure.protein_sequences().values())
    try:
        key = sequence_key(sequences)
    except Refused:  # residues without a letter have no canonical sequence
        key = ""
    return FoldManifest(
        engine=quality.engine or "unknown",
        engine_version=quality.version,
        origin="homology" if confidence.kind == "template_support" else "predicted",
        sequence_key=key,
        name=structure.name,
        warnings=structure.warnings,
    )
