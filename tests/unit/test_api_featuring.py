"""Features of UniProt and InterPro beside the tracks; the answers are made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foldsight import sources
from foldsight.errors import BadRequest, NetworkOff, NotFound
from foldsight.library import Library
from foldsight.sequence import Query
from foldsight.sources import Records
from foldsight.sources.uniprot import UniProt
from foldsight.structure import Structure

#: Twenty residues before and five behind the protease, as in a polyprotein.
BEFORE, AFTER = "MGARASVLSGGELDRWEKIR", "MKWEY"


@pytest.fixture(scope="module")
def protease() -> Structure:
    return Library.open().structure("1hpv")


@pytest.fixture
def _answers(protease: Structure, monkeypatch: pytest.MonkeyPatch) -> None:
    sequence = f"{BEFORE}{protease.protein_sequences()['A']}{AFTER}"
    listed = [
        ("Active site", 45, 45, "For protease activity"),
        ("Chain", 21, 119, "Protease"),
        ("Disulfide bond", 30, 40, ""),
        ("Site", None, 50, "unknown start"),
    ]
    rows = tuple(
        {"type": kind, "start": a, "end": b, "description": words, "ligand": ""}
        for kind, a, b, words in listed
    )
    entries = (
        {"entry": "IPR001995", "name": "Peptidase A2A", "type": "domain", "fragments": "25-30,100-101"},
    )

    def given(records: Records) -> Any:
        return lambda accession, network=None: records

    monkeypatch.setattr(UniProt, "fetch", lambda self, name, network=None: Query.of(sequence, name))
    monkeypatch.setattr(sources, "features", given(Records("features", {}, rows, notes=("a note",))))
    monkeypatch.setattr(sources, "domains", given(Records("entries", {}, entries)))


@pytest.mark.usefixtures("_answers")
def test_features_lie_on_the_residues_of_both_chains(protease: Structure) -> None:
    table = protease.features("P03367").set_index(["chain", "auth_seq"])
    for chain in "AB":
        assert table.loc[(chain, 25), "uniprot"] == 45
        assert table.loc[(chain, 25), "features"] == "Active site: For protease activity"
        assert table.loc[(chain, 5), "interpro"] == "IPR001995 Peptidase A2A (domain)"
        assert table.loc[(chain, 11), "interpro"] == ""
    bonded = table.index[table["features"] == "Disulfide bond"].tolist()
    assert bonded == [("A", 10), ("A", 20), ("B", 10), ("B", 20)]
    assert table.attrs["notes"] == ["a note"]
    assert not table["features"].str.contains("Chain|Site", regex=True).any()


@pytest.mark.usefixtures("_answers")
def test_another_protein_is_refused_with_the_identities() -> None:
    with pytest.raises(BadRequest, match="No chain of 1ubi is P03367") as fault:
        Library.open().structure("1ubi").features("P03367")
    assert "A " in fault.value.hint


def test_nothing_is_asked_when_the_network_is_off(protease: Structure) -> None:
    with pytest.raises(NetworkOff):
        protease.features("P03367", network="off")


def alignment_of(sequence: str) -> str:
    """Sixty made-up relatives: position 25 always the same, everything else at random."""
    random = np.random.default_rng(1)
    rows = ["".join(random.choice(list("ACDEFGHIKLMNPQRSTVWY"), len(sequence))) for _ in range(60)]
    rows = [f"{row[:24]}{sequence[24]}{row[25:]}" for row in rows]
    return "".join(f">{i}\n{row}\n" for i, row in enumerate([sequence, *rows]))


def test_conservation_by_column(protease: Structure, tmp_path: Path) -> None:
    path = tmp_path / "family.a3m"
    path.write_text(alignment_of(protease.protein_sequences()["A"]))
    table = protease.conservation(path).set_index(["chain", "auth_seq"])["conservation"]
    assert table["A", 25] == table["B", 25] > 0.8
    assert table.drop([("A", 25), ("B", 25)]).max() < 0.3
    assert table.equals(protease.conservation(path.read_text()).set_index(table.index)["conservation"])


def test_conservation_of_something_else_is_refused(protease: Structure, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="first sequence of the alignment"):
        protease.conservation(alignment_of("MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDG"))
    with pytest.raises(NotFound):
        protease.conservation(tmp_path / "gone.a3m")
