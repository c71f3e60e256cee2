"""Tables that fit the width of a notebook: fewer columns, residues by chain, text to the left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from foldsight.analysis.interfaces import Interfaces
from foldsight.analysis.pockets import Pockets
from foldsight.confidence import KIND_LABELS
from foldsight.residues import ResidueRef

#: Rows shown; ``table`` has all of them.
SHOWN = 12


def pockets_html(pockets: Pockets) -> str:
    """Return the table of pockets."""
    kind = pockets.confidence_kind
    headings = ["rank", "score", "druggability", "drug score", "volume, Å³", "residues"]
    if kind:
        headings.insert(5, KIND_LABELS[kind])
    rows = []
    for pocket in pockets[:SHOWN]:
        row = [
            str(pocket.rank), f"{pocket.score:.2f}", f"{pocket.druggability:.2f}", f"{pocket.drug_score:.2f}",
            f"{pocket.volume:.0f}", by_chain(pocket.residues),
        ]  # fmt: skip
        if kind:
            known = "" if pocket.confidence is None else f"{pocket.confidence:.0f}"
            row.insert(5, known + " (low)" * pocket.low_confidence)
        rows.append(row)
    return _html(f"{pockets.name}: {len(pockets)} pockets ({pockets.method})", headings, rows, len(pockets))


def interfaces_html(interfaces: Interfaces) -> str:
    """Return the table of interfaces."""
    names = {"iptm": "ipTM", "ipsae": "ipSAE", "pdockq2": "pDockQ2"}
    table = interfaces.table
    scores = [name for name in names if name in table.columns]
    headings = ["chains", "buried area, Å²", "contacts", "hydrogen bonds", "salt bridges"]
    headings += [*(names[name] for name in scores), "residues"]
    rows = []
    for item, row in zip(interfaces[:SHOWN], table.to_dict("records"), strict=False):
        rows.append([
            f"{item.first}-{item.second}", f"{item.buried_area:.0f}", str(item.n_contacts),
            str(item.n_hydrogen_bonds), str(item.n_salt_bridges),
            *("" if row[name] != row[name] or row[name] is None else f"{row[name]:.2f}" for name in scores),
            by_chain([*item.residues_first, *item.residues_second]),
        ])  # fmt: skip
    return _html(f"{interfaces.name}: {len(interfaces)} interfaces", headings, rows, len(interfaces))


def by_chain(refs: Iterable[ResidueRef]) -> str:
    """Return residues in short, chain by chain.

    >>> by_chain([ResidueRef("A", 25), ResidueRef("A", 27, "A"), ResidueRef("B", 25)])
    'A: 25 27A; B: 25'
    """
    found: dict[str, list[str]] = {}
    for ref in refs:
        found.setdefault(ref.chain, []).append(f"{ref.auth_seq}{ref.ins_code}")
    return "; ".join(f"{chain}: {' '.join(numbers)}" for chain, numbers in found.items())


def _html(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]], total: int) -> str:
    style = "text-align:left;vertical-align:top;white-space:normal"
    head = "".join(f"<th style='{style}'>{escape(cell)}</th>" for cell in headings)
    body = "".join(
        "<tr>" + "".join(f"<td style='{style}'>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    more = f"<p>{total - len(rows)} more; <code>.table</code> has them all.</p>" if total > len(rows) else ""
    return f"<p>{escape(title)}</p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"
