"""AlphaMissense: pathogenicity of every substitution of a human protein, from AlphaFold DB.

Pathogenicity is how likely a change causes disease, 0-1. It is no ddG: a change may ruin
an active site and leave the fold as stable as it was.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from foldsight import settings
from foldsight.errors import BadRequest, NotFound, SourceFailed
from foldsight.provenance import SourceUse
from foldsight.sources import cache
from foldsight.sources.afdb import AlphaFoldDb, Entry
from foldsight.sources.cache import Answer
from foldsight.sources.records import Records, sent_with
from foldsight.sources.uniprot_entries import canonical
from foldsight.structure import Structure
from foldsight.typing import Json

CITATION = "Cheng et al. (2023) Science 381:eadg7492, doi:10.1126/science.adg7492"
#: Its authors' sources name both, so that nobody should rely on the freer one unread.
LICENCE = "CC-BY-4.0 or CC-BY-NC-SA-4.0"
NOTES = (
    "am_pathogenicity is the predicted probability that a change is pathogenic (0-1); it is not a ddG.",
    "Its licence is given as CC BY 4.0 in one place and CC BY-NC-SA 4.0 in another: "
    "check before commercial use.",
)
COLUMNS = {
    "variant": "str",
    "position": "Int64",
    "wild_type": "str",
    "mutant": "str",
    "am_pathogenicity": "float64",
    "am_class": "str",
}
_HEAD = ["protein_variant", "am_pathogenicity", "am_class"]
_VARIANT = re.compile(r"^([A-Z])([1-9][0-9]{0,4})([A-Z])$")
#: The names of the classes in AlphaFold DB's files and in the authors' own.
_CLASSES = {
    "lben": "likely benign",
    "likely_benign": "likely benign",
    "benign": "likely benign",
    "amb": "ambiguous",
    "ambiguous": "ambiguous",
    "lpath": "likely pathogenic",
    "likely_pathogenic": "likely pathogenic",
    "pathogenic": "likely pathogenic",
}


def missense(accession: str, *, network: str | None = None) -> Records:
    """Return the AlphaMissense table of a human protein.

    Parameters
    ----------
    accession : str
        Of a canonical sequence, such as ``P04637``.
    network : {'off', 'hash', 'sequence'}, optional

    Returns
    -------
    Records
        ``variant`` (``R175H``), ``position`` (UniProt), ``wild_type``, ``mutant``,
        ``am_pathogenicity`` (0-1, no ddG), ``am_class`` (``likely benign``, ``ambiguous``,
        ``likely pathogenic``).

    Raises
    ------
    NotFound
        When AlphaFold DB has no such table, as for proteins that are not human.
    BadRequest, NetworkOff, SourceFailed
    """
    name, allowed = canonical(accession), settings.network(network)
    database = AlphaFoldDb()
    listed = database.asked(name, allowed)
    entry = database.entry_in(listed, name)
    if not entry.missense_url:
        raise NotFound(
            f"AlphaFold DB has no AlphaMissense table of {name}.", hint="Only human proteins have."
        )
    answer = database.missense(entry, allowed)
    return Records(
        what=f"AlphaMissense pathogenicity of {name}",
        columns=COLUMNS,
        rows=_rows(answer, entry),
        sources=(SourceUse("AlphaMissense", name, entry.missense_url, answer.date, LICENCE, CITATION),),
        sent=sent_with([listed, answer], f"The accession {name} to alphafold.ebi.ac.uk."),
        notes=NOTES,
    )


def by_residue(table: Records, structure: Structure) -> dict[tuple[str, str], float]:
    """Return pathogenicity by residue of a structure (``A:25``) and mutant letter.

    Residues are found by their UniProt positions; those whose amino acid is not the
    table's wild type are left out.

    Raises
    ------
    BadRequest
        When no residue agrees, so that the table is of another protein.
    """
    places: dict[tuple[int, str], list[str]] = {}
    for ref, letter in zip(structure.refs, structure.one_letters, strict=True):
        if ref.uniprot is not None:
            name = f"{ref.chain}:{ref.auth_seq}{ref.ins_code}"
            places.setdefault((ref.uniprot, str(letter)), []).append(name)
    found = {
        (name, row["mutant"]): row["am_pathogenicity"]
        for row in table.rows
        for name in places.get((row["position"], row["wild_type"]), ())
    }
    if not found:
        raise BadRequest(
            f"No residue of {structure.name} agrees with the {table.what}.",
            hint="The structure needs UniProt positions of that protein.",
        )
    return found


def _rows(answer: Answer, entry: Entry) -> tuple[Json, ...]:
    try:
        return tuple(_parsed(answer.content.decode("utf-8"), entry.sequence))
    except (ValueError, KeyError, csv.Error) as fault:
        cache.forget(answer)
        raise SourceFailed(
            f"AlphaFold DB sent an AlphaMissense table that cannot be read: {fault}.", url=answer.url
        ) from fault


def _parsed(text: str, sequence: str) -> Iterator[Json]:
    lines = csv.reader(text.splitlines())
    if next(lines, None) != _HEAD:
        raise ValueError(f"its first line is not {','.join(_HEAD)}")
    for line in filter(None, lines):
        variant, score, kind = line
        match = _VARIANT.match(variant)
        value = float(score)
        if match is None or not 0.0 <= value <= 1.0:
            raise ValueError(f"{','.join(line)!r} is no row of it")
        wild, position, mutant = match[1], int(match[2]), match[3]
        # Tables were made on an older release, whose numbers may have moved since.
        if sequence and sequence[position - 1 : position] != wild:
            raise ValueError(f"{variant} is not in the sequence of the entry")
        yield {
            "variant": variant,
            "position": position,
            "wild_type": wild,
            "mutant": mutant,
            "am_pathogenicity": value,
            "am_class": _CLASSES[kind.strip().lower()],
        }
