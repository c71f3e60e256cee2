"""fpocket 4 (Le Guilloux et al. 2009), when its binary is installed.

It is handed heavy protein atoms only, because a ligand left in the file raises its score,
and B = 0, because it reads that column, where predictions keep their confidence.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from foldsight.analysis.pockets.chemistry import AMINO_ACIDS
from foldsight.analysis.pockets.detect import shares_of
from foldsight.analysis.pockets.druggability import druggability
from foldsight.analysis.pockets.result import Pocket, Pockets
from foldsight.analysis.pockets.walls import Walls
from foldsight.errors import EngineFailed, EngineUnavailable
from foldsight.prediction import Prediction
from foldsight.residues import ONE_TO_THREE
from foldsight.structure import Structure
from foldsight.typing import Doubles, Ints

METHOD = "fpocket"
#: Residue numbers per chain letter in the file for fpocket, and letters there are.
_PER_CHAIN = 9000
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_FACT = re.compile(r"^\s*(?P<name>[^:]+?)\s*:\s*(?P<value>-?[\d.]+(?:e[-+]?\d+)?)\s*$", re.IGNORECASE)
_HEAD = re.compile(r"^Pocket\s+(?P<number>\d+)\s*:")


def available() -> str | None:
    """Return the path of the fpocket binary (``FOLDSIGHT_FPOCKET``, else on the path), or None."""
    return shutil.which(os.environ.get("FOLDSIGHT_FPOCKET") or "fpocket")


def run_fpocket(structure: Structure | Prediction, *, seconds: float = 120.0) -> Pockets:
    """Find pockets with fpocket, in its own order.

    ``score`` and ``drug_score`` are fpocket's score and druggability score; ``volume``
    and ``enclosure`` come from its alpha spheres. Its "flexibility" is not read: it is
    made from B-factors.

    Parameters
    ----------
    structure : Structure or Prediction
    seconds : float, optional
        After which it is stopped.

    Raises
    ------
    EngineUnavailable
        When fpocket is not installed.
    EngineFailed
        When it stops with an error, takes too long or writes no result.
    """
    binary = available()
    if binary is None:
        raise EngineUnavailable(
            "fpocket is not installed.", hint="Install it (conda-forge: fpocket) or set FOLDSIGHT_FPOCKET."
        )
    subject = structure.structure if isinstance(structure, Prediction) else structure
    walls = Walls.of(subject)
    with tempfile.TemporaryDirectory(prefix="foldsight-fpocket-") as folder:
        source = Path(folder) / "input.pdb"
        source.write_text(_pdb_text(subject, walls), encoding="ascii")
        _call(binary, source, seconds)
        found = _read_output(Path(folder) / "input_out")
    pockets = tuple(_pocket(rank, raw, subject, walls) for rank, raw in enumerate(found, start=1))
    return Pockets(subject.name, pockets, METHOD)


def _call(binary: str, source: Path, seconds: float) -> None:
    try:
        subprocess.run(
            [binary, "-f", source.name], cwd=source.parent, check=True, capture_output=True, timeout=seconds
        )
    except subprocess.TimeoutExpired as fault:
        raise EngineFailed(f"fpocket was stopped after {seconds:g} s.") from fault
    except (subprocess.CalledProcessError, OSError) as fault:
        raise EngineFailed(f"fpocket stopped with an error: {fault}.") from fault


def _pdb_text(structure: Structure, walls: Walls) -> str:
    """Write the walls with numbers of our own, so that any chain name and number fits."""
    rows = np.unique(walls.residue)
    if len(rows) > _PER_CHAIN * len(_LETTERS):
        raise EngineFailed(f"{structure.name} is too large for the PDB format that fpocket reads.")
    place = np.searchsorted(rows, walls.residue)
    coord = walls.to_file_frame(walls.coord)
    lines: list[str] = []
    for i in np.lexsort((np.arange(len(walls)), place)):
        letter, number = _LETTERS[place[i] // _PER_CHAIN], place[i] % _PER_CHAIN + 1
        residue = ONE_TO_THREE.get(AMINO_ACIDS[walls.amino_acid[i]], "UNK")
        x, y, z = coord[i]
        name, element = (
            str(structure.atoms.name[walls.atom[i]])[:4],
            str(structure.atoms.element[walls.atom[i]]),
        )
        name = name if len(name) == 4 or len(element) == 2 else f" {name}"
        lines.append(
            f"ATOM  {(len(lines) + 1) % 100000:5d} {name:<4s} {residue} {letter}{number:4d}    "
            f"{x:8.3f}{y:8.3f}{z:8.3f}  1.00  0.00          {element:>2s}\n"
        )
    return "".join(lines) + "END\n"


@dataclass(frozen=True, eq=False)
class _Raw:
    """One pocket as fpocket wrote it."""

    facts: dict[str, float]
    residues: Ints
    centre: Doubles
    points: Doubles


def _read_output(folder: Path) -> list[_Raw]:
    info = folder / "input_info.txt"
    if not info.is_file():
        raise EngineFailed("fpocket ended without an error but wrote no result.")
    found = []
    for number, facts in _facts(info.read_text(encoding="utf-8", errors="replace")).items():
        atoms = _columns(folder / "pockets" / f"pocket{number}_atm.pdb", "ATOM")
        spheres = _columns(folder / "pockets" / f"pocket{number}_vert.pqr", "ATOM")
        if not atoms or not spheres:
            raise EngineFailed(f"fpocket wrote no atoms for its pocket {number}.")
        rows = [_LETTERS.index(line[21]) * _PER_CHAIN + int(line[22:26]) - 1 for line in atoms]
        points = np.array([[float(line[30 + 8 * k : 38 + 8 * k]) for k in range(3)] for line in spheres])
        found.append(_Raw(facts, np.unique(rows), points.mean(axis=0), points))
    return found


def _columns(path: Path, record: str) -> list[str]:
    if not path.is_file():
        return []
    return [
        line
        for line in path.read_text(encoding="ascii", errors="replace").splitlines()
        if line.startswith(record)
    ]


def _facts(text: str) -> dict[int, dict[str, float]]:
    """Read ``input_info.txt``: a heading per pocket, then ``name : value`` lines."""
    found: dict[int, dict[str, float]] = {}
    number = 0
    for line in text.splitlines():
        head = _HEAD.match(line)
        fact = _FACT.match(line)
        if head:
            number = int(head["number"])
            found[number] = {}
        elif fact and number:
            found[number][fact["name"].lower()] = float(fact["value"])
    return found


def _pocket(rank: int, raw: _Raw, structure: Structure, walls: Walls) -> Pocket:
    rows = np.unique(walls.residue)[raw.residues]
    near = np.flatnonzero(np.isin(walls.residue, rows))
    hydrophobicity, polarity = shares_of(walls, near)
    x, y, z = raw.centre.tolist()
    try:
        score, drug, volume = (raw.facts[key] for key in ("score", "druggability score", "volume"))
        open_share = raw.facts["mean alp. sph. solvent access"]
    except KeyError as fault:
        raise EngineFailed(f"fpocket's result lacks {fault.args[0]!r}.") from fault
    shares = {
        "volume": volume,
        "hydrophobicity": hydrophobicity,
        "polarity": polarity,
        "enclosure": min(max(1 - open_share, 0.0), 1.0),
    }
    return Pocket(
        rank=rank,
        score=score,
        centre=(x, y, z),
        residues=tuple(structure.refs[int(row)] for row in rows),
        druggability=druggability(**shares),
        drug_score=drug,
        confidence=None,
        points=raw.points,
        **shares,
    )
