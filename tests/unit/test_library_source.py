"""Entries of the library by ``library:ID``, and what ``pdb:ID`` says where the network is off."""

from __future__ import annotations

from pathlib import Path

import pytest

import foldsight as fs
from foldsight.errors import BadRequest, NetworkOff, NotFound
from foldsight.structure import Structure


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FOLDSIGHT_HOME", str(tmp_path))


def test_an_entry_is_read_by_its_id() -> None:
    found = fs.read("library:1HPV", network="off")
    assert isinstance(found, Structure)
    assert len(found.protein_sequences()) == 2
    assert any("protein chains only" in warning for warning in found.warnings)


def test_an_unknown_entry_is_refused() -> None:
    with pytest.raises(NotFound, match="no entry '9zzz'"):
        fs.read("library:9zzz")


def test_without_network_the_hint_names_the_library_where_it_helps() -> None:
    with pytest.raises(NetworkOff, match="library:1hpv"):
        fs.read("pdb:1HPV", network="off")
    with pytest.raises(NetworkOff) as told:
        fs.read("pdb:9ZZZ", network="off")
    assert "library:" not in str(told.value)


def test_words_find_entries_without_network() -> None:
    found = fs.search("RHODOPSIN", "library", network="off")
    assert found.ids == ["library:1u19"]
    assert found.total == 1
    assert found.sent == ()
    assert found.table["residues"].tolist()[0] > 300
    assert len(fs.search("nosuchword", "library")) == 0
    assert fs.search("1hpv", "library").ids == ["library:1hpv"]
    every = fs.search("the", "library", limit=2)
    assert len(every) == 2
    assert every.total is not None
    assert every.total > 2
    with pytest.raises(BadRequest, match="nothing to search"):
        fs.search(" ", "library")
