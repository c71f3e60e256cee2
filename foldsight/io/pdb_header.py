"""What a PDB file says before its atoms: title, method, resolution, sequences, references."""

from __future__ import annotations

import re

from foldsight.io.assemble import Header
from foldsight.io.rows import AtomRows

#: Stands in the software text for a record that only folding programs write.
PARENT_RECORD = "PARENT-RECORD"
_RECORD = re.compile(rb"^(ATOM  |HETATM|ANISOU|MODEL |MODEL$|ENDMDL|TER|END *$)", re.MULTILINE)


def parse_header(data: bytes, header: Header) -> None:
    """Fill a header from the lines before the first coordinate."""
    end = _RECORD.search(data)
    text = data[: end.start() if end else len(data)].decode("latin-1")
    lines: dict[str, list[str]] = {}
    for line in text.split("\n"):
        lines.setdefault(line[:6].rstrip(), []).append(line)
    header.name = "".join(line[62:66] for line in lines.get("HEADER", [])[:1]).strip()
    header.title = _joined(lines.get("TITLE", []))
    header.method = _joined(lines.get("EXPDTA", [])).lower()
    remarks = [*lines.get("REMARK", []), *lines.get("AUTHOR", []), *lines.get("COMPND", [])]
    header.software = " ".join(line[6:] for line in remarks)[:65536]
    if "PARENT" in lines:  # a CASP record that OpenFold and stock ESMFold write
        header.software += f" {PARENT_RECORD}"
    header.resolution = _resolution(lines.get("REMARK", []))
    header.references = lines.get("DBREF", [])
    header.sequences = _seqres(lines.get("SEQRES", []))


def _joined(lines: list[str]) -> str:
    return " ".join(" ".join(line[10:].split()) for line in lines).strip()


def _resolution(remarks: list[str]) -> float | None:
    for line in remarks:
        match = re.match(r"REMARK   2 RESOLUTION\.\s+(\d+\.\d+)\s+ANGSTROM", line)
        if match:
            return float(match[1])
    return None


def _seqres(lines: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in lines:
        found.setdefault(line[11:12].strip(), []).extend(line[19:70].split())
    return found


def map_uniprot(rows: AtomRows, references: list[str]) -> None:
    """Fill UniProt positions from DBREF: an offset from the author numbers of a chain."""
    for line in references:
        match = re.fullmatch(r"DBREF  .{4} (.) +(-?\d+). +(-?\d+). UNP .{22} +(-?\d+). .*", line.ljust(68))
        if match:
            first, last, start = map(int, match.group(2, 3, 4))
            inside = (
                (rows.auth_chain == match[1].strip()) & (rows.auth_seq >= first) & (rows.auth_seq <= last)
            )
            rows.uniprot[inside & ~rows.het] = rows.auth_seq[inside & ~rows.het] - first + start
