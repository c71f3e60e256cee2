"""Every model of a file, where ``read`` gives the first: NMR ensembles, trajectories, recycles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from foldsight.errors import BadFile
from foldsight.io.content import Content, load, sniff
from foldsight.io.reading import read
from foldsight.structure import Structure

#: More are a trajectory for a program of its own.
MOST_MODELS = 500
_SITE = "_atom_site."


def read_models(source: str | Path | bytes, *, name: str | None = None) -> list[Structure]:
    """Read each model of a PDB, mmCIF or BinaryCIF file.

    Parameters
    ----------
    source : str, Path or bytes
    name : str, optional
        What to call bytes in messages.

    Returns
    -------
    list of Structure
        In the order of the file; they need not have the same atoms.

    Raises
    ------
    BadFile
        When a model cannot be read, or there are more than 500.

    Examples
    --------
    >>> view.animate(read_models("1d3z.pdb"))    # doctest: +SKIP
    """
    content = load(source, name=name)
    kind = sniff(content)
    texts = _pdb_models(content.data) if kind == "pdb" else _cif_models(content, binary=kind == "bcif")
    found: list[Structure] = []
    for text in texts:
        if len(found) == MOST_MODELS:
            raise BadFile(f"The file has more than {MOST_MODELS} models.", hint="Take every tenth.")
        one = read(text, name=f"model {len(found) + 1} of {name or _name(source)}", network="off")
        found.append(one if isinstance(one, Structure) else one.structure)
    return found


def _name(source: str | Path | bytes) -> str:
    return "the bytes" if isinstance(source, bytes) else str(source)


def _pdb_models(data: bytes) -> Iterator[bytes]:
    """Yield the file's head with the lines of one model after the other."""
    head: list[bytes] = []
    model: list[bytes] = []
    begun = False
    for line in data.splitlines(keepends=True):
        if line.startswith(b"MODEL "):
            begun, model = True, []
        elif line.startswith(b"ENDMDL"):
            yield b"".join([*head, *model, b"END\n"])
            model = []
        elif begun:
            model.append(line)
        else:
            head.append(line)
    if not begun:
        yield data


def _cif_models(content: Content, *, binary: bool) -> Iterator[bytes]:
    """Yield the first data block with the atoms of one model after the other."""
    from gemmi import cif

    from foldsight.io.bcif_convert import block_of_bytes

    block = block_of_bytes(content.data) if binary else cif.read_string(content.data)[0]
    site = block.get_mmcif_category(_SITE)
    numbers = site.get("pdbx_PDB_model_num") or []
    if len(set(numbers)) < 2:
        yield content.data
        return
    for number in dict.fromkeys(numbers):
        rows = [i for i, found in enumerate(numbers) if found == number]
        block.set_mmcif_category(_SITE, {key: [column[i] for i in rows] for key, column in site.items()})
        yield block.as_string().encode()
