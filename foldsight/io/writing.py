"""``write``: a structure or prediction to PDB, mmCIF or BinaryCIF, whole or not at all."""

from __future__ import annotations

import gzip
import os
import tempfile
from pathlib import Path

from foldsight.errors import BadFile, BadRequest
from foldsight.prediction import Prediction
from foldsight.structure import Structure

_SUFFIXES = {".pdb": "pdb", ".ent": "pdb", ".cif": "cif", ".mmcif": "cif", ".bcif": "bcif"}


def write(item: Structure | Prediction, path: str | Path) -> Path:
    """Write a structure or prediction in the format that the suffix names.

    The file appears when it is complete; if writing fails, what was there before stays.

    Parameters
    ----------
    item : Structure or Prediction
    path : str or Path
        Ends in ``.pdb``, ``.ent``, ``.cif``, ``.mmcif`` or ``.bcif``, and ``.gz`` if it is to
        be compressed.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    BadRequest
        For another suffix, or a structure that the PDB format cannot hold.
    BadFile
        When the file cannot be written.
    """
    target = Path(path).expanduser()
    name = target.name.lower()
    packed = name.endswith(".gz")
    kind = _SUFFIXES.get(Path(name.removesuffix(".gz")).suffix)
    if kind is None:
        raise BadRequest(
            f"{target.name} does not say in which format to write.",
            hint=f"End it in {', '.join(_SUFFIXES)} or one of these and .gz.",
        )
    data = encode(item, kind)
    write_whole(target, gzip.compress(data, mtime=0) if packed else data)
    return target


def encode(item: Structure | Prediction, kind: str) -> bytes:
    """Return the bytes of a structure or prediction as ``pdb``, ``cif`` or ``bcif``."""
    if isinstance(item, Prediction):
        structure, confidence, manifest = item.structure, item.confidence, item.manifest
    else:
        structure, confidence, manifest = item, None, None
    if kind == "pdb":
        from foldsight.io.pdb_writer import pdb_text

        return pdb_text(structure, confidence).encode("ascii", "replace")
    from foldsight.io.modelcif import modelcif_block

    block = modelcif_block(structure, confidence, manifest)
    if kind == "cif":
        text: str = block.as_string()
        return text.encode()
    from foldsight.io.bcif_convert import bytes_of_block

    return bytes_of_block(block)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file beside its place and move it there.

    Raises
    ------
    BadFile
    """
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as stream:
            temporary = stream.name
            stream.write(data)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise BadFile(f"{path} cannot be written: {error.strerror or error}.", file=str(path)) from None


def _umask() -> int:
    # The umask can only be read by setting it.
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
