"""``features`` and ``conservation``: what is known of each residue from elsewhere, beside the tracks.

``features`` asks UniProt and InterPro over the network, and only when it is called.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from foldsight.analysis.tracks import residue_tracks
from foldsight.api.viewing import Source, subject_of
from foldsight.errors import BadFile, BadRequest, NotFound
from foldsight.prediction import Prediction
from foldsight.structure import Structure
from foldsight.typing import Ints, Json

if TYPE_CHECKING:
    import pandas as pd

#: A chain is the protein asked for when so many of its residues are, 0-1, ...
IDENTITY = 0.9
#: ... and when so many of its residues can be aligned at all.
COVERAGE = 0.7
#: Types of UniProt features that tell nothing of a residue, or what the tracks tell from the
#: coordinates at hand.
LEFT_OUT = {"Chain", "Helix", "Beta strand", "Turn"}
#: Features whose two ends are partners, with nothing in between.
PARTNERS = {"Disulfide bond", "Cross-link"}


def features(
    item: Source, accession: str, *, interpro: bool = True, network: str | None = None
) -> pd.DataFrame:
    """Return the residue table with UniProt numbers, features and InterPro entries.

    Chains are found by aligning their sequence to UniProt's, so numbering in the file plays no
    part; at least 90 % of a chain's residues must be the same.

    Parameters
    ----------
    item : Structure, Prediction, Fold, Path or str
    accession : str
        UniProt accession of a canonical sequence, such as ``P04637``.
    interpro : bool, optional
        Whether InterPro is asked as well.
    network : {'off', 'hash', 'sequence'}, optional

    Returns
    -------
    DataFrame
        The columns of ``residues`` with ``uniprot`` filled, and ``features``, ``interpro``;
        several of one residue are joined by ``"; "``. ``attrs`` holds ``sources``, ``sent``
        and ``notes``.

    Raises
    ------
    BadRequest
        When no chain is that protein.
    NotFound, NetworkOff, SourceFailed
    """
    from foldsight import sources
    from foldsight.sources.uniprot import UniProt
    from foldsight.sources.uniprot_entries import canonical

    name, item = canonical(accession), subject_of(item, network)
    structure = item.structure if isinstance(item, Prediction) else item
    places = positions(structure, UniProt().fetch(name, network).chains[0], name)
    found = [sources.features(name, network=network)]
    if interpro:
        found.append(sources.domains(name, network=network))
    table = residue_tracks(item) if isinstance(item, Structure) else item.residues
    table["uniprot"] = _numbers(places)
    table["features"] = _words(places, _features(found[0].rows))
    if interpro:
        table["interpro"] = _words(places, _entries(found[1].rows))
    for key in ("sources", "sent", "notes"):
        table.attrs[key] = [value for records in found for value in getattr(records, key)]
    return table


def conservation(item: Source, alignment: str | Path, *, network: str | None = None) -> pd.DataFrame:
    """Return the residue table with how conserved each residue is in an alignment.

    ``conservation`` is the information of the column, 1 - H / ln 20 with H the entropy of its
    weighted frequencies (Shannon; as in Schneider & Stephens 1990, Nucleic Acids Res. 18:6097):
    0 for anything goes, 1 for always the same; missing where fewer than five different
    sequences have a residue.

    Parameters
    ----------
    item : Structure, Prediction, Fold, Path or str
    alignment : str or Path
        A file or its text: A3M or aligned FASTA, whose first sequence is the protein.
    network : {'off', 'hash', 'sequence'}, optional
        For an item that is an entry.

    Raises
    ------
    BadRequest
        When there is no alignment in it, or no chain is its first sequence.
    """
    from foldsight.analysis.variants.columns import log_odds

    item = subject_of(item, network)
    sequence, logarithm = log_odds(_alignment_text(alignment))
    entropy = -(np.exp(logarithm) * logarithm).sum(axis=1)
    structure = item.structure if isinstance(item, Prediction) else item
    places = positions(structure, sequence, "the first sequence of the alignment")
    known = np.concatenate([[np.nan], 1.0 - entropy / np.log(logarithm.shape[1])])
    table = residue_tracks(item) if isinstance(item, Structure) else item.residues
    table["conservation"] = known[places].astype(np.float32)
    return table


def _alignment_text(alignment: str | Path) -> str:
    if isinstance(alignment, str) and alignment.lstrip().startswith(">"):
        return alignment
    path = Path(alignment)
    if not path.is_file():
        raise NotFound(f"There is no file {path}.", hint="Give A3M or aligned FASTA.")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise BadFile(f"{path} is no text.", hint="Give A3M or aligned FASTA.") from None


def positions(structure: Structure, sequence: str, name: str) -> Ints:
    """Return the position of each residue in a UniProt sequence, 0 where it has none; shape (R,).

    Raises
    ------
    BadRequest
        When no chain is that protein.
    """
    from foldsight.library.align import align

    places = np.zeros(len(structure.residues), dtype=np.int32)
    told = []
    for chain, own in structure.protein_sequences().items():
        rows = np.flatnonzero(_rows_of(structure, chain))
        found = align(own, sequence)
        told.append(f"{chain} {found.identity:.0%} over {found.coverage:.0%}")
        if found.identity >= IDENTITY and found.coverage >= COVERAGE:
            places[rows[found.query]] = found.template + 1
    if not places.any():
        raise BadRequest(
            f"No chain of {structure.name} is {name}.",
            hint=f"Identity by chain: {', '.join(told) or 'no protein'}; {IDENTITY:.0%} is needed.",
        )
    return places


def _rows_of(structure: Structure, chain: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    own = np.array([item.auth == chain and item.kind == "protein" for item in structure.chains], dtype=bool)
    found: np.ndarray[tuple[int], np.dtype[np.bool_]] = own[structure.residues.chain] & structure.protein_mask
    return found


def _numbers(places: Ints) -> pd.Series[int]:
    import pandas as pd

    return pd.Series(places, dtype="Int32").where(pd.Series(places > 0))


def _words(places: Ints, spans: Iterable[tuple[int, int, str]]) -> list[str]:
    found: list[dict[str, None]] = [{} for _ in places]
    for first, last, words in spans:
        for row in np.flatnonzero((places >= first) & (places <= last)):
            found[row][words] = None
    return ["; ".join(words) for words in found]


def _features(rows: Iterable[Json]) -> Iterator[tuple[int, int, str]]:
    for row in rows:
        first, last = row["start"], row["end"]
        if row["type"] in LEFT_OUT or first is None or last is None:
            continue
        detail = ", ".join(text for text in (row["description"], row["ligand"]) if text)
        words = f"{row['type']}: {detail}" if detail else str(row["type"])
        if row["type"] in PARTNERS:
            yield first, first, words
            yield last, last, words
        else:
            yield first, last, words


def _entries(rows: Iterable[Json]) -> Iterator[tuple[int, int, str]]:
    for row in rows:
        for piece in row["fragments"].split(","):
            first, last = piece.split("-")
            yield int(first), int(last), f"{row['entry']} {row['name']} ({row['type']})"
