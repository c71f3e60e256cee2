"""Solvent-accessible areas against freesasa, structure by structure and residue by residue.

    python bench/surface_area.py [SET_DIR] [--count 200]

``SET_DIR`` is a folder of structure files; without one those of ``pockets_dev.tar.gz`` (PDB
entries) are taken, the first by name. Both programs get the same heavy atoms of the protein
chains and a probe of 1.4 Å. freesasa computes by its default, the slices of Lee & Richards
(here 100 per atom, at which it no longer changes), with its own radii after Tsai et al. 1999;
ours are points after Shrake & Rupley. Nothing here was fitted to these structures. The bar is a
total area within 0.5 % for every structure.
"""

from __future__ import annotations

import argparse
import gzip
import sys
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import data
import numpy as np

import foldsight as fs
from foldsight.analysis.surface_area import PROBE, atom_area, heavy_atoms, standard_names
from foldsight.structure import Structure

ARCHIVE = "pockets_dev.tar.gz"
#: Share of the total area.
BAR = 0.005
SLICES = 100
#: Å (Bondi 1964), for atoms that are in no standard residue.
ELEMENTS = {"C": 1.7, "N": 1.55, "O": 1.52, "S": 1.8, "P": 1.8, "SE": 1.9, "F": 1.47, "CL": 1.75}
SUFFIXES = (".pdb", ".cif", ".bcif", ".ent", ".pdb.gz", ".cif.gz")


@dataclass(frozen=True)
class Row:
    """One structure: both totals in Å², differences per residue, CPU seconds of both."""

    name: str
    ours: float
    theirs: float
    residues: np.ndarray[Any, np.dtype[np.float64]]
    seconds: tuple[float, float]

    @property
    def off(self) -> float:
        """Difference of the totals as a share of freesasa's."""
        return self.ours / self.theirs - 1


def sources(folder: Path | None, count: int) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of structure files."""
    if folder is not None:
        files = sorted(path for path in folder.iterdir() if path.name.lower().endswith(SUFFIXES))
        for path in files[:count]:
            yield path.name, path.read_bytes()
        return
    archive = data.find(ARCHIVE)
    assert archive is not None
    with tarfile.open(archive) as tar:
        members = sorted((m for m in tar.getmembers() if m.name.endswith(".pdb.gz")), key=lambda m: m.name)
        for member in members[:count]:
            stream = tar.extractfile(member)
            assert stream is not None
            yield Path(member.name).name, gzip.decompress(stream.read())


def compare(name: str, structure: Structure) -> Row | None:
    """Compute both; None for a file without protein."""
    keep = heavy_atoms(structure)
    if not keep.any():
        return None
    start = time.process_time()
    ours = atom_area(structure, keep)
    middle = time.process_time()
    theirs = freesasa_areas(structure, keep)
    end = time.process_time()
    rows = np.unique(structure.atoms.residue[keep], return_inverse=True)[1]
    apart = np.bincount(rows, ours) - np.bincount(rows, theirs)
    return Row(name, float(ours.sum()), float(theirs.sum()), apart, (middle - start, end - middle))


def freesasa_areas(structure: Structure, keep: np.ndarray[Any, np.dtype[np.bool_]]) -> Any:
    """Area of each atom by freesasa in Å², its radii, its algorithm."""
    import freesasa

    atoms = structure.atoms
    residues = standard_names(structure.residues.name)[atoms.residue[keep]]
    coord = atoms.coord[keep]
    radius = own_radii(residues, atoms.name[keep], atoms.element[keep])
    options = {"algorithm": freesasa.LeeRichards, "probe-radius": PROBE, "n-slices": SLICES, "n-threads": 1}
    result = freesasa.calcCoord(coord.ravel().tolist(), radius, freesasa.Parameters(options))
    return np.array([result.atomArea(i) for i in range(len(radius))])


def own_radii(residues: Any, names: Any, elements: Any) -> list[float]:
    """Radius of each atom by freesasa's classifier, by element where that has none, in Å."""
    import freesasa

    known = freesasa.Classifier()
    found = []
    for residue, name, element in zip(residues, names, elements, strict=True):
        radius = known.radius(str(residue), f"{name!s:^4}")
        found.append(radius if radius > 0 else ELEMENTS.get(str(element), 1.8))
    return found


def report(rows: list[Row]) -> None:
    """Print the table."""
    off = np.array([row.off for row in rows])
    worst = rows[int(np.abs(off).argmax())]
    apart = np.abs(np.concatenate([row.residues for row in rows]))
    ours, theirs = (sum(row.seconds[side] for row in rows) for side in (0, 1))
    print(f"{len(rows)} structures, {len(apart):,} residues; bar: total area within {BAR:.1%}\n")
    print("| | |\n|---|---|")
    print(f"| structures within the bar | {np.mean(np.abs(off) <= BAR):.1%} |")
    print(f"| total area, mean difference | {off.mean():+.3%} |")
    print(f"| total area, mean of absolute differences | {np.abs(off).mean():.3%} |")
    print(f"| total area, worst structure | {worst.off:+.3%} ({worst.name}) |")
    print(f"| residue, mean of absolute differences | {apart.mean():.3f} Å² |")
    print(f"| residue, 99th percentile | {np.percentile(apart, 99):.2f} Å² |")
    print(f"| CPU seconds, ours / freesasa at {SLICES} slices | {ours:.1f} / {theirs:.1f} |")


def main() -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--count", type=int, default=200)
    args = parser.parse_args()
    try:
        import freesasa

        freesasa.setVerbosity(freesasa.silent)
    except ImportError:
        print("skipped: needs freesasa (pip install freesasa)")
        return 0
    if args.folder is None and data.find(ARCHIVE) is None:
        print(f"skipped: needs {ARCHIVE} or a folder")
        return 0
    rows = []
    for name, content in sources(args.folder, args.count):
        item = fs.read(content, name=name)
        row = compare(name, getattr(item, "structure", item))
        rows += [row] if row is not None else []
    report(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
