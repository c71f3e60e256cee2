"""The library on disk: the starter, what users add and remove, and broken files."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path

import pytest

from foldsight import io as structure_files
from foldsight.errors import BadFile, BadRequest, NotFound
from foldsight.library import Library
from foldsight.library.catalog import INDEX, STARTER
from foldsight.library.store import read_entry

PDB = """\
ATOM      1  N   ALA A   1      11.104   6.134  -6.504  1.00  0.00           N
ATOM      2  CA  ALA A   1      11.639   6.071  -5.147  1.00  0.00           C
ATOM      3  C   ALA A   1      12.500   4.800  -5.000  1.00  0.00           C
ATOM      4  O   ALA A   1      12.300   3.800  -5.700  1.00  0.00           O
ATOM      5  N   GLY A   2      13.500   4.900  -4.100  1.00  0.00           N
ATOM      6  CA  GLY A   2      14.400   3.800  -3.800  1.00  0.00           C
ATOM      7  C   GLY A   2      15.800   4.300  -3.500  1.00  0.00           C
ATOM      8  O   GLY A   2      16.100   5.500  -3.600  1.00  0.00           O
END
"""


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "My Protein.pdb"
    path.write_text(PDB, encoding="ascii")
    return path


def test_the_starter_is_whole_and_says_where_it_is_from() -> None:
    entries = Library(Path("no-such-folder")).list()
    assert len(entries) >= 20
    for entry in entries:
        data = (STARTER / f"{entry.id}.npz").read_bytes()
        assert hashlib.sha256(data).hexdigest() == entry.digest
        assert read_entry(data, entry.id).chains == entry.chains
        assert entry.licence == "CC0-1.0"
        assert entry.title
        assert entry.method
        assert entry.id.upper() in entry.source
        assert entry.origin == "starter"
    assert sum(path.stat().st_size for path in STARTER.iterdir()) < 3_000_000


def test_the_simulation_frame_is_named_as_such() -> None:
    notes = {entry.id: entry.note for entry in Library(Path("no-such-folder")).list()}
    assert "simulation" in notes["1u19"]


def test_a_file_is_added_found_and_removed(library: Library, small: Path) -> None:
    before = library.digest()
    (entry,) = library.add(small)
    assert (entry.id, entry.licence, entry.origin) == ("my-protein", "unknown", "user")
    assert entry.chains[0].sequence == "AG"
    assert library.get("MY-PROTEIN") == entry
    assert library.structure("my-protein").protein_sequences() == {"A": "AG"}
    assert library.digest() != before
    assert library.remove("my-protein") == entry
    assert library.digest() == before
    with pytest.raises(NotFound, match="no entry 'my-protein'"):
        library.get("my-protein")


def test_another_process_sees_what_was_added(library: Library, small: Path) -> None:
    library.add(small)
    assert "my-protein" in {entry.id for entry in Library(library.folder).list()}


def test_a_folder_is_added_without_its_broken_files(library: Library, small: Path) -> None:
    (small.parent / "broken.cif").write_text("data_x\nloop_\n_atom_site.id\n", encoding="ascii")
    (small.parent / "readme.txt").write_text("no structure", encoding="ascii")
    added = library.add(small.parent)
    assert [entry.id for entry in added] == ["my-protein"]
    assert [name for name, _ in library.refused] == ["broken.cif"]


def test_a_folder_without_structures_is_refused(library: Library, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(BadFile, match="holds no structure"):
        library.add(empty)


@pytest.mark.parametrize(
    "content", ["", "garbage\n", "HETATM    1  O   HOH A   1       1.0     1.0     1.0\n"]
)
def test_a_bad_file_adds_nothing(library: Library, tmp_path: Path, content: str) -> None:
    bad = tmp_path / "bad.pdb"
    bad.write_text(content, encoding="ascii")
    with pytest.raises(BadFile):
        library.add(bad)
    assert not library.folder.exists() or not list(library.folder.iterdir())


def test_a_missing_file_is_refused(library: Library, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        library.add(tmp_path / "nowhere.pdb")


def test_pdb_entries_come_through_the_sources(
    library: Library, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    structure = structure_files.read(small)
    asked = []

    def fetched(source: str) -> object:
        asked.append(source)
        return structure

    monkeypatch.setattr(structure_files, "read", fetched, raising=False)
    (entry,) = library.add("pdb:9XYZ")
    assert asked == ["pdb:9XYZ"]
    assert (entry.id, entry.licence) == ("9xyz", "CC0-1.0")


def test_a_users_entry_takes_the_place_of_the_starters(library: Library, small: Path) -> None:
    path = small.with_name("1ubi.pdb")
    small.rename(path)
    count = len(library.list())
    library.add(path)
    assert library.get("1ubi").origin == "user"
    assert len(library.list()) == count
    library.remove("1ubi")
    assert library.get("1ubi").origin == "starter"


def test_starter_entries_stay(library: Library) -> None:
    with pytest.raises(BadRequest, match="belongs to the starter"):
        library.remove("1ubi")


def test_a_lost_or_broken_index_is_made_again(library: Library, small: Path) -> None:
    library.add(small)
    library.list()
    index = library.folder / INDEX
    assert json.loads(index.read_text(encoding="utf-8"))["entries"][0]["id"] == "my-protein"
    for content in ("", "{}", '{"entries": [{}]}'):
        index.write_text(content, encoding="utf-8")
        assert Library(library.folder).get("my-protein").chains[0].sequence == "AG"


def test_a_damaged_entry_is_named(library: Library, small: Path) -> None:
    library.add(small)
    (library.folder / "my-protein.npz").write_bytes(b"damaged")
    with pytest.raises(BadFile, match=r"my-protein\.npz"):
        Library(library.folder).list()


def test_adding_at_once_loses_nothing(library: Library, small: Path) -> None:
    paths = []
    for i in range(6):
        paths.append(small.with_name(f"copy{i}.pdb"))
        paths[-1].write_text(PDB, encoding="ascii")
    threads = [threading.Thread(target=Library(library.folder).add, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {f"copy{i}" for i in range(6)} <= {entry.id for entry in Library(library.folder).list()}
