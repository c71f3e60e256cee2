"""Reading structures: CPU time of FoldSight beside biotite, Biopython and gemmi, in one run.

Usage: ``python bench/io.py [FILE...]``. Without files, ones of about 300 residues from the
structure library are written in every format and read again, so that it runs anywhere.
The ratio to the others counts; the milliseconds belong to the machine.
"""

from __future__ import annotations

import gzip
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from foldsight.io import read, write

_REPEATS = 7


def cpu_ms(job: Callable[[], Any]) -> float:
    """Return the least CPU time of some runs, in ms."""
    best = float("inf")
    for _ in range(_REPEATS):
        start = time.process_time()
        job()
        best = min(best, time.process_time() - start)
    return best * 1e3


def biotite_reader(path: Path) -> Callable[[], Any]:
    """Return biotite's way to read a file with B-factors, occupancies and charges."""
    from biotite.structure.io import pdb, pdbx

    fields = ["b_factor", "occupancy", "charge"]
    if path.suffix == ".pdb":
        return lambda: pdb.PDBFile.read(path).get_structure(model=1, altloc="all", extra_fields=fields)
    kind = pdbx.BinaryCIFFile if path.suffix == ".bcif" else pdbx.CIFFile
    return lambda: pdbx.get_structure(kind.read(path), model=1, altloc="all", extra_fields=fields)


def biopython_reader(path: Path) -> Callable[[], Any] | None:
    """Return Biopython's way to read a file, None where it has none or is not installed."""
    try:
        from Bio.PDB import MMCIFParser, PDBParser
        from Bio.PDB.binary_cif import BinaryCIFParser
    except ImportError:
        return None
    if path.suffix == ".bcif":
        return lambda: BinaryCIFParser().get_structure("x", str(path))
    parser = PDBParser if path.suffix == ".pdb" else MMCIFParser
    return lambda: parser(QUIET=True).get_structure("x", str(path))


def gemmi_reader(path: Path) -> Callable[[], Any] | None:
    """Return gemmi's way to read a text file."""
    import gemmi

    return None if path.suffix == ".bcif" else lambda: gemmi.read_structure(str(path))


def attempt(job: Callable[[], Any] | None) -> str:
    """Return the time of a job, or why there is none."""
    if job is None:
        return "-"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return f"{cpu_ms(job):.1f}"
    except Exception as error:
        return type(error).__name__


def samples(folder: Path) -> list[Path]:
    """Write one entry of the library in every format."""
    from foldsight.library.catalog import STARTER
    from foldsight.library.store import unpack

    structure = unpack((STARTER / "1pwc.npz").read_bytes())
    return [write(structure, folder / f"1pwc{suffix}") for suffix in (".pdb", ".cif", ".bcif")]


def unpacked(path: Path, folder: Path) -> Path:
    """Return the path of the plain file: the peers differ in what they unpack."""
    if path.suffix != ".gz":
        return path
    plain = folder / path.stem
    plain.write_bytes(gzip.decompress(path.read_bytes()))
    return plain


def main() -> None:
    """Print a table of CPU milliseconds."""
    print("| file | residues | foldsight | biotite | biopython | gemmi |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = [unpacked(Path(arg), folder) for arg in sys.argv[1:]] or samples(folder)
        for path in paths:
            found = read(path)
            count = len(getattr(found, "structure", found).residues)
            jobs = (lambda p=path: read(p), biotite_reader(path), biopython_reader(path), gemmi_reader(path))
            print(f"| {path.name} | {count} | {' | '.join(attempt(job) for job in jobs)} |")


if __name__ == "__main__":
    main()
