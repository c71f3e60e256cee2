"""``.foldsight``: a prediction or structure with what people said of it, in one ZIP file.

It holds the files of :mod:`foldsight.io.bundle`, and ``annotations.json`` as
``foldsight/annotation/schema.json`` describes it. It is an export: opening it makes a local
document and never writes into a shared room.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

from foldsight.annotation.annotated import local_author
from foldsight.annotation.book import Book
from foldsight.annotation.check import SCHEMA_VERSION
from foldsight.errors import BadFile, BadRequest
from foldsight.io.bundle import CONFIDENCE, MANIFEST, MAX_JSON_BYTES, PAE, STRUCTURE, from_bundle, to_bundle
from foldsight.io.content import Content, load
from foldsight.io.reading import open_file, opened_to_value
from foldsight.io.writing import encode
from foldsight.prediction import Prediction
from foldsight.structure import Structure

ANNOTATIONS = "annotations.json"
_NAMES = (STRUCTURE, CONFIDENCE, PAE, MANIFEST, ANNOTATIONS)
#: Bytes of all parts together, unpacked.
_MOST = 1 << 30
#: ZIP knows no earlier time; the same content gives the same file.
_TIME = (1980, 1, 1, 0, 0, 0)


def save(item: Prediction | Structure, path: Path) -> None:
    """Write a ``.foldsight`` file; annotations of a joined room are written as they are now."""
    path.write_bytes(pack(item))


def pack(item: Prediction | Structure) -> bytes:
    """Return the bytes of a ``.foldsight`` file."""
    files = to_bundle(item) if isinstance(item, Prediction) else {STRUCTURE: encode(item, "cif")}
    annotations = {note.id: note.to_dict() for note in item.notes.all()}
    if annotations:
        meta = {"schema_version": SCHEMA_VERSION}
        document = {"annotations": annotations, "layers": {}, "scenes": {}, "meta": meta}
        files[ANNOTATIONS] = json.dumps(document, ensure_ascii=False).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, _TIME), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def unpack(content: Content) -> Prediction | Structure:
    """Read a ``.foldsight`` file.

    Raises
    ------
    BadFile
        For another ZIP file, a broken one, or one that would swell beyond all measure.
    """
    files = _files(content)
    if STRUCTURE not in files:
        raise content.bad("is a ZIP archive without structure.cif", "Unpack it and give the structure file.")
    found: Any
    if CONFIDENCE in files:
        found = from_bundle(files)
    else:
        found = opened_to_value(open_file(load(files[STRUCTURE], name=STRUCTURE)))
    if ANNOTATIONS in files:
        found.__dict__["_notes"] = _book(files[ANNOTATIONS], content)
    return found  # type: ignore[no-any-return]


def _book(data: bytes, content: Content) -> Book:
    if len(data) > MAX_JSON_BYTES:
        raise content.bad(f"holds annotations of more than {MAX_JSON_BYTES >> 20} MB")
    try:
        return Book.from_dict(json.loads(data), local_author())
    except (ValueError, RecursionError):
        raise content.bad("holds annotations that are not JSON") from None
    except BadRequest as fault:
        raise BadFile(f"{content.where}: {fault.message}", hint=fault.hint) from None


def _files(content: Content) -> dict[str, bytes]:
    """Return the parts that we know; their sizes are counted while they are read, not believed."""
    files: dict[str, bytes] = {}
    left = _MOST
    try:
        with zipfile.ZipFile(io.BytesIO(content.data)) as archive:
            for name in {*archive.namelist()}.intersection(_NAMES):
                with archive.open(name) as part:
                    files[name] = part.read(left + 1)
                left -= len(files[name])
                if left < 0:
                    raise content.bad(f"unpacks to more than {_MOST >> 20} MB")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, zlib.error) as fault:
        raise content.bad(f"is a ZIP archive that cannot be read ({fault})", "Save it again.") from None
    return files
