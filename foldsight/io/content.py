"""The bytes of a file and what they are, judged by content and never by suffix."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from foldsight.errors import BadFile, NotFound

#: Largest structure file that is read, after decompression.
MAX_BYTES = 1 << 30
#: Most a gzip file may swell: deflate cannot pass about 1,032, real structures reach 20.
MAX_SWELL = 200
#: Below this size swelling is no danger.
SMALL = 16 << 20

Format = Literal["pdb", "cif", "bcif"]

_GZIP = b"\x1f\x8b"
_STRUCTURE_HINT = "Give a PDB, mmCIF or BinaryCIF file."
_ATOM = re.compile(rb"^(?:ATOM  |HETATM)", re.MULTILINE)
_PDB_RECORD = re.compile(
    rb"^(?:HEADER|TITLE |COMPND|SOURCE|REMARK|CRYST1|MODEL |SEQRES|EXPDTA|AUTHOR|TER\b|END\b|ANISOU|"
    rb"HELIX |SHEET |CONECT|MASTER|ENDMDL|DBREF |PARENT|OBSLTE|SCALE1|ORIGX1)",
    re.MULTILINE,
)
_CIF_BLOCK = re.compile(rb"^\s*data_", re.MULTILINE | re.IGNORECASE)
_CIF_ITEM = re.compile(rb"^\s*(?:_[\w\[\].-]+\s|loop_\s)", re.MULTILINE | re.IGNORECASE)
#: Beginnings of files that people do hand in, and what they are.
_KNOWN: tuple[tuple[bytes, str], ...] = (
    (b"\x89HDF", "an HDF5 file"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x80\x03", "a Python pickle, which is never read because it can run code"),
    (b"\x80\x04", "a Python pickle, which is never read because it can run code"),
    (b"\x80\x05", "a Python pickle, which is never read because it can run code"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ", "an xz file"),
    (b"(\xb5/\xfd", "a zstd file"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
)
#: Control characters that no text file has.
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1f]")


@dataclass(frozen=True)
class Content:
    """Bytes with a name for messages.

    Attributes
    ----------
    data : bytes
        Decompressed.
    where : str
        File name, or what else to call the source in messages.
    path : Path or None
        Where the bytes come from, if from a file.
    """

    data: bytes
    where: str
    path: Path | None = None

    @property
    def stem(self) -> str:
        """The name without folder and suffixes."""
        name = re.sub(r"\.gz$", "", self.where, flags=re.IGNORECASE)
        return re.sub(r"\.[A-Za-z]+\d?$", "", name) or name

    def bad(self, fault: str, hint: str = "") -> BadFile:
        """Return the refusal ``<file> <fault>.``"""
        return BadFile(f"{self.where} {fault}.", hint=hint, file=str(self.path or self.where))


def load(source: str | Path | bytes, *, name: str | None = None, limit: int = MAX_BYTES) -> Content:
    """Return the decompressed bytes of a path, or of bytes that may be gzipped.

    Parameters
    ----------
    source : str, Path or bytes
    name : str, optional
        What to call the source in messages; by default the file name.
    limit : int, optional
        Most bytes, before and after decompression.

    Raises
    ------
    NotFound
        When the path does not exist.
    BadFile
        When it is a folder, unreadable, empty, too large, or a damaged gzip file.
    """
    if isinstance(source, bytes):
        found = Content(source, name or "the data")
    else:
        path = Path(source).expanduser()
        found = Content(_read(path, limit), name or path.name, path)
    if len(found.data) > limit:
        raise found.bad(f"is larger than {_size(limit)}")
    if found.data[:2] == _GZIP:
        found = Content(_gunzip(found, limit), found.where, found.path)
    if not found.data.strip():
        raise found.bad("is empty", _STRUCTURE_HINT)
    return found


def _read(path: Path, limit: int) -> bytes:
    try:
        if path.is_dir():
            raise BadFile(f"{path} is a folder, not a file.", hint="Name one file in it.", file=str(path))
        with path.open("rb") as stream:
            return stream.read(limit + 1)
    except FileNotFoundError:
        hint = "Check the path; entries of the PDB are written pdb:1HPV, of AlphaFold DB afdb:P04637."
        raise NotFound(f"There is no file {path}.", hint=hint, file=str(path)) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise BadFile(f"{path} cannot be read: {why}.", file=str(path)) from None


def _gunzip(found: Content, limit: int) -> bytes:
    most = min(limit, max(SMALL, MAX_SWELL * len(found.data)))
    parts: list[bytes] = []
    rest, size = found.data, 0
    while rest[:2] == _GZIP:  # a gzip file may hold several members
        inflater = zlib.decompressobj(wbits=31)
        try:
            part = inflater.decompress(rest, most - size + 1)
        except zlib.error:
            raise found.bad("is a damaged gzip file", "Copy or compress it again.") from None
        size += len(part)
        if size > most:
            raise found.bad(f"is {_size(len(found.data))} of gzip that unpacks to more than {_size(most)}",
                            "Give the file itself, unpacked.")  # fmt: skip
        if not inflater.eof:
            raise found.bad("is a gzip file that ends too early", "Copy it again.")
        parts.append(part)
        rest = inflater.unused_data
    return b"".join(parts)


def _size(count: int) -> str:
    for unit, scale in (("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10)):
        if count >= scale:
            return f"{count // scale} {unit}"
    return f"{count} bytes"


def sniff(found: Content) -> Format:
    """Return what structure format the bytes are.

    Raises
    ------
    BadFile
        Saying what the file is instead.
    """
    head = found.data[:65536]
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if _is_bcif(head):
        return "bcif"
    for magic, kind in _KNOWN:
        if head.startswith(magic):
            raise found.bad(f"is {kind}, not a structure", _STRUCTURE_HINT)
    if start[:1] == b"<":
        kind = "a web page" if re.match(rb"<(?:!doctype )?html", start, re.IGNORECASE) else "XML"
        raise found.bad(f"is {kind}, not a structure", "Download the structure file itself.")
    if _CONTROL.search(head):
        raise found.bad("is binary data, not a structure", _STRUCTURE_HINT)
    return _text_format(found, head, start)


def _is_bcif(head: bytes) -> bool:
    # A MessagePack map whose first keys are BinaryCIF's, in any order.
    is_map = bool(head) and (0x80 <= head[0] <= 0x8F or head[0] in (0xDE, 0xDF))
    return is_map and any(key in head[:128] for key in (b"encoder", b"dataBlocks", b"version"))


def _text_format(found: Content, head: bytes, start: bytes) -> Format:
    if start[:1] in (b"{", b"["):
        hint = "Error matrices are read with foldsight.io.pae.read_pae."
        raise found.bad("is JSON, not a structure", hint)
    # Rows of mmCIF begin with ATOM too, so mmCIF is asked first; a stray "data_" line is not enough.
    maybe = b"data_" in found.data or b"data_" in head.lower()
    has_block = maybe and _CIF_BLOCK.search(found.data) is not None
    if has_block and (_CIF_ITEM.search(found.data) or not _ATOM.search(found.data)):
        return "cif"
    if _ATOM.search(found.data) or _PDB_RECORD.search(head):
        return "pdb"
    if start[:1] == b">":
        raise found.bad("is FASTA, not a structure", "Fold it: foldsight fold FILE.")
    raise found.bad("is neither PDB, mmCIF nor BinaryCIF", _STRUCTURE_HINT)
