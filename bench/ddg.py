"""Accuracy of the built-in ddG on a folder of tables and structures, and its speed.

    python bench/ddg.py [FOLDER] [--tables test_s669 test_s669_af]

``FOLDER`` holds tables (``pdb,chain,resnum,wt,mut,ddg``, kcal/mol, > 0 destabilises) and
their structures in ``pdb/`` or, for a table whose name ends in ``_af``, in ``pdb_af/``.
Without one the test tables of ``ddg_dev.tar.gz`` are scored. The heads were trained on
the ``train_*`` tables of that set; scoring those again says nothing.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import data
import numpy as np

from foldsight.analysis.variants.batch import predict_csv
from foldsight.analysis.variants.predict import predict_variants
from foldsight.io import read
from foldsight.library import Library

#: Pearson, Spearman and RMSE of others on S669, from their published predictions.
PEERS = {
    "FoldX": (0.214, 0.283, 2.32),
    "DDGun3D": (0.432, 0.427, 1.60),
    "DDMut": (0.440, 0.442, 1.49),
    "ACDC-NN": (0.460, 0.454, 1.49),
    "Stability Oracle (666 rows)": (0.499, 0.506, 1.56),
}
LEVELS = (0.5, 0.8, 0.9)


def metrics(given: np.ndarray, truth: np.ndarray) -> tuple[float, float, float]:
    """Return Pearson, Spearman and RMSE."""
    from scipy.stats import spearmanr

    rmse = float(np.sqrt(((given - truth) ** 2).mean()))
    return float(np.corrcoef(given, truth)[0, 1]), float(spearmanr(given, truth)[0]), rmse


def column(rows: list[dict[str, str]], name: str) -> np.ndarray:
    """Return a column of numbers, NaN where a cell is empty."""
    return np.array([float(row[name] or "nan") for row in rows])


def score(table: Path, structures: Path, out: Path, context: str) -> None:
    """Predict one table and print how well; leave the predictions in ``out``."""
    started = time.process_time()
    inside = []
    for level in LEVELS:
        predict_csv(table, structures, out, read, context=context, level=level)  # type: ignore[arg-type]
        with open(out, newline="") as file:
            rows = list(csv.DictReader(file))
        given, truth = column(rows, "pred"), column(rows, "ddg")
        known = np.isfinite(given)
        low, high = column(rows, "low")[known], column(rows, "high")[known]
        inside.append(((truth[known] >= low) & (truth[known] <= high)).mean())
    seconds = (time.process_time() - started) / len(LEVELS)
    pearson, spearman, rmse = metrics(given[known], truth[known])
    bias = float((given - truth)[known].mean())
    print(f"{table.stem:<30} n {known.sum():6d} missing {(~known).sum():3d}  Pearson {pearson:.3f}  "
          f"Spearman {spearman:.3f}  RMSE {rmse:.3f}  bias {bias:+.2f}  {seconds:.1f} CPU s")  # fmt: skip
    held = "  ".join(f"{level:.0%}: {share:.1%}" for level, share in zip(LEVELS, inside, strict=True))
    print(f"{'':<30} intervals hold {held}")


def speed() -> None:
    """Print the CPU time of a full scan, reading not included."""
    structure = Library.open().structure("3enl")
    predict_variants(structure, "scan A:1-60")  # loads weights and scipy
    started = time.process_time()
    table = predict_variants(structure, "scan")
    seconds = time.process_time() - started
    residues = len(table) // 19
    print(
        f"scan of {residues} residues (3enl): {seconds:.2f} CPU s, "
        f"{seconds / residues * 300:.2f} per 300 residues"
    )


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--tables", nargs="*", help="names without .csv; by default every test table")
    parser.add_argument("--context", choices=("monomer", "complex"), default="monomer")
    parser.add_argument("--out", type=Path, help="folder for the predictions")
    args = parser.parse_args()
    speed()
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder or unpacked(Path(temporary))
        if folder is None:
            print("accuracy: skipped, ddg_dev.tar.gz is not in FOLDSIGHT_BENCH_DATA")
            return 0
        tables = [folder / f"{name}.csv" for name in args.tables or []] or sorted(folder.glob("test_*.csv"))
        for table in tables or sorted(folder.glob("*.csv")):
            models = folder / "pdb_af"
            structures = models if table.stem.endswith("_af") and models.is_dir() else folder / "pdb"
            out = (args.out or Path(temporary)) / f"{table.stem}_pred.csv"
            score(table, structures if structures.is_dir() else folder, out, args.context)
    for name, (pearson, spearman, rmse) in PEERS.items():
        print(f"{'S669 ' + name:<36} Pearson {pearson:.3f}  Spearman {spearman:.3f}  RMSE {rmse:.2f}")
    return 0


def unpacked(folder: Path) -> Path | None:
    """Unpack the set of this project, where it is."""
    archive = data.find("ddg_dev.tar.gz")
    if archive is None:
        return None
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / "dev"


if __name__ == "__main__":
    sys.exit(main())
