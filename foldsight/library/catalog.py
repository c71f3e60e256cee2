"""The library on disk: the starter that ships with FoldSight and the user's own folder.

A folder holds one ``<id>.npz`` per entry, written whole or not at all. The file is the
truth; ``index.json`` beside it is a cache that anyone may rebuild, so two processes
that add at once lose nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from foldsight import settings
from foldsight.errors import BadFile, BadRequest, NotFound, Refused
from foldsight.io.writing import write_whole
from foldsight.library.search import Hit, digitise, search
from foldsight.library.store import Entry, pack, read_entry, unpack
from foldsight.prediction import Prediction
from foldsight.structure import Structure

STARTER = Path(__file__).parent / "starter"
INDEX = "index.json"
#: File names that ``add`` takes from a folder, each also with ``.gz``.
SUFFIXES = (".pdb", ".ent", ".cif", ".mmcif", ".bcif")

_PREDICTED = "The template is itself a prediction, not an experiment."
#: ``list`` is a method of :class:`Library`, so its annotations need another word.
Entries: TypeAlias = list[Entry]
Rows: TypeAlias = list[tuple[Entry, str, str]]
Hits: TypeAlias = list[Hit]
Faults: TypeAlias = list[tuple[str, str]]


class Library:
    """A set of template structures.

    Parameters
    ----------
    folder : Path
        The user's own entries; it need not exist.
    starter : Path or None, optional
        Read-only entries that come with FoldSight. A user's entry of the same id
        takes the place of the starter's.
    """

    def __init__(self, folder: Path, starter: Path | None = STARTER) -> None:
        self.folder = folder
        self.starter = starter
        self.refused: Faults = []

    @classmethod
    def open(cls) -> Library:
        """Return the library of this user: the starter and ``<home>/library``."""
        return cls(settings.home() / "library")

    def __repr__(self) -> str:
        return f"Library({str(self.folder)!r}, entries={len(self._files)})"

    def list(self) -> Entries:
        """Return all entries, sorted by id."""
        return [entry for _, entry in self._files.values()]

    def get(self, id: str) -> Entry:
        """Return one entry.

        Raises
        ------
        NotFound
        """
        return self._find(id)[1]

    def structure(self, id: str) -> Structure:
        """Return the protein chains of one entry.

        Raises
        ------
        NotFound
        """
        path, _ = self._find(id)
        return unpack(path.read_bytes(), path.name)

    def search(self, sequence: str, *, limit: int = 50) -> Hits:
        """Return the chains that resemble a sequence, best score first.

        Parameters
        ----------
        sequence : str
            One chain, one-letter codes.
        limit : int, optional
            Most hits returned.
        """
        return search(sequence, self._chains, self._block, limit=limit)

    def digest(self) -> str:
        """Return a SHA-256 over the content; it is part of the cache key of results."""
        lines = [f"{entry.id} {entry.digest}" for entry in self.list()]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def add(self, source: str | Path) -> Entries:
        """Add a structure file, every structure file of a folder, or ``pdb:ID``.

        An entry of the same id is replaced. Of a folder, files that cannot be used are
        left out; :attr:`refused` then holds their names and what was wrong with each.

        Returns
        -------
        list of Entry
            The entries added, with their chains.

        Raises
        ------
        NotFound, BadFile
            Naming the file. Nothing is added then.
        """
        self.refused = []
        text = str(source)
        if re.fullmatch(r"pdb:\S+", text, re.IGNORECASE):
            added = [self._add_one(text, text[4:].lower(), licence="CC0-1.0")]
        elif Path(text).is_dir():
            added = self._add_folder(Path(text))
        else:
            added = [self._add_one(text, _stem(Path(text)))]
        self._forget()
        return added

    def remove(self, id: str) -> Entry:
        """Remove one of the user's entries and return it.

        Raises
        ------
        NotFound
        BadRequest
            When the entry belongs to the starter.
        """
        path, entry = self._find(id)
        if path.parent != self.folder:
            raise BadRequest(
                f"{id} belongs to the starter library and stays.",
                hint="Only your own entries can be removed.",
            )
        path.unlink(missing_ok=True)
        self._forget()
        return entry

    def _add_folder(self, folder: Path) -> Entries:
        added = []
        for path in sorted(folder.iterdir()):
            if not path.name.lower().removesuffix(".gz").endswith(SUFFIXES):
                continue
            try:
                added.append(self._add_one(str(path), _stem(path)))
            except Refused as fault:
                self.refused.append((path.name, fault.message))
        if not added:
            reason = self.refused[0][1] if self.refused else f"Its files must end in {', '.join(SUFFIXES)}."
            raise BadFile(f"{folder} holds no structure that can be a template.", hint=reason)
        return added

    def _add_one(self, source: str, id: str, licence: str = "unknown") -> Entry:
        from foldsight.io import read

        found = read(source)
        structure = getattr(found, "structure", found)
        if not isinstance(structure, Structure):
            raise BadFile(f"{source} is not a structure.", hint="Add a structure file or pdb:ID.")
        entry = Entry(
            id=id,
            title=structure.title,
            method=structure.method,
            resolution=structure.resolution,
            licence=licence,
            source=source,
            note=_PREDICTED if _is_predicted(found) else "",
            added=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        data, entry = pack(structure, entry)
        write_whole(self.folder / f"{id}.npz", data)
        return entry

    def _find(self, id: str) -> tuple[Path, Entry]:
        try:
            return self._files[id.lower()]
        except KeyError:
            raise NotFound(
                f"The library has no entry {id!r}.", hint="foldsight library list shows what it has."
            ) from None

    @cached_property
    def _files(self) -> dict[str, tuple[Path, Entry]]:
        found: dict[str, tuple[Path, Entry]] = {}
        if self.starter is not None:
            for entry in _read_index(self.starter).values():
                found[entry.id] = (self.starter / f"{entry.id}.npz", entry)
        for entry in _scan(self.folder).values():
            found[entry.id] = (self.folder / f"{entry.id}.npz", entry)
        return dict(sorted(found.items()))

    @cached_property
    def _chains(self) -> Rows:
        return [(entry, chain.auth, chain.sequence) for entry in self.list() for chain in entry.chains]

    @cached_property
    def _block(self) -> Any:
        return digitise(sequence for _, _, sequence in self._chains)

    def _forget(self) -> None:
        for name in ("_files", "_chains", "_block"):
            self.__dict__.pop(name, None)


def _is_predicted(found: Any) -> bool:
    return isinstance(found, Prediction) and found.confidence.kind != "b_factor"


def _stem(path: Path) -> str:
    name = path.name.lower().removesuffix(".gz")
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    return re.sub(r"[^a-z0-9_.-]+", "-", name).strip("-.") or "structure"


def _read_index(folder: Path) -> dict[str, Entry]:
    """Return entries by file name, with the size and time that each had when read."""
    try:
        rows = json.loads((folder / INDEX).read_text(encoding="utf-8"))["entries"]
        return {f"{row['id']}.npz": Entry.from_dict(row) for row in rows}
    except (OSError, ValueError, KeyError, TypeError):
        return {}  # a cache: the files themselves are read again


def _scan(folder: Path) -> dict[str, Entry]:
    """Return the entries of the user's folder; files already in the index are not opened."""
    if not folder.is_dir():
        return {}
    stamps = {path.name: _stamp(path) for path in sorted(folder.glob("*.npz"))}
    known, old_stamps = _read_index(folder), _read_stamps(folder)
    found, changed = {}, False
    for name, stamp in stamps.items():
        if name in known and old_stamps.get(name) == stamp:
            found[name] = known[name]
            continue
        entry = read_entry((folder / name).read_bytes(), name)
        found[name] = replace(entry, id=name.removesuffix(".npz"))
        changed = True
    if changed or len(known) != len(found):
        write_index(folder, found, stamps)
    return found


def _stamp(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]


def _read_stamps(folder: Path) -> dict[str, list[int]]:
    try:
        stamps: dict[str, list[int]] = json.loads((folder / INDEX).read_text(encoding="utf-8"))["stamps"]
        return stamps
    except (OSError, ValueError, KeyError):
        return {}


def write_index(folder: Path, entries: dict[str, Entry], stamps: dict[str, list[int]]) -> None:
    """Write ``index.json`` for the entries of a folder, by file name."""
    content = {"entries": [entry.to_dict() for entry in entries.values()], "stamps": stamps}
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
    write_whole(folder / INDEX, text.encode())
