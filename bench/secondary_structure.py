"""Three-state secondary structure against mkdssp, residue by residue.

Data: the structures of ``pockets_dev.tar.gz`` (PDB entries), the first 120 by name.
Peer: ``mkdssp`` (Debian package ``dssp``). Nothing here was fitted to them.
"""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import data

import foldsight as fs
from foldsight.analysis.secondary_structure import THREE_STATE, secondary_structure, three_state

COUNT = 120
HEADER = "HEADER    PROTEIN                                 01-JAN-00   1ABC\n"
CRYST1 = "CRYST1    1.000    1.000    1.000  90.00  90.00  90.00 P 1           1\n"


def structures(archive: Path) -> Iterator[tuple[str, str]]:
    """Yield name and PDB text."""
    with tarfile.open(archive) as tar:
        members = sorted((m for m in tar.getmembers() if m.name.endswith(".pdb.gz")), key=lambda m: m.name)
        for member in members[:COUNT]:
            stream = tar.extractfile(member)
            assert stream is not None
            yield Path(member.name).name, gzip.decompress(stream.read()).decode("ascii", "replace")


def reference(text: str, folder: Path) -> dict[tuple[str, str], str]:
    """Return mkdssp's code by chain and author number (with insertion code)."""
    text = text if "HEADER" in text[:80] else HEADER + text
    if "CRYST1" not in text:
        head, _, rest = text.partition("\n")
        text = f"{head}\n{CRYST1}{rest}"
    source, target = folder / "x.pdb", folder / "x.dssp"
    source.write_text(text)
    subprocess.run(["mkdssp", "--output-format", "dssp", source, target], check=True, capture_output=True)
    lines = target.read_text().splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("  #  RESIDUE"))
    rows = (line for line in lines[first + 1 :] if line[13] != "!")
    return {(row[11], row[5:11].strip()): row[16] for row in rows}


def main() -> int:
    """Print the agreement."""
    archive = data.find("pockets_dev.tar.gz")
    if archive is None or shutil.which("mkdssp") is None:
        print("skipped: needs pockets_dev.tar.gz and mkdssp (Debian package dssp)")
        return 0
    same = total = 0
    worst = (1.0, "")
    with tempfile.TemporaryDirectory() as folder:
        for name, text in structures(archive):
            wanted = reference(text, Path(folder))
            structure = fs.read(text.encode())
            structure = getattr(structure, "structure", structure)
            ours = three_state(secondary_structure(structure))
            pairs = [
                (THREE_STATE.get(wanted[key], "C"), code)
                for ref, code in zip(structure.refs, ours, strict=True)
                if (key := (ref.chain, f"{ref.auth_seq}{ref.ins_code}")) in wanted
            ]
            hits = sum(a == b for a, b in pairs)
            same, total = same + hits, total + len(pairs)
            worst = min(worst, (hits / max(len(pairs), 1), name))
    print(
        f"three-state agreement with mkdssp: {same / total:.4%} of {total:,} residues in {COUNT} structures"
    )
    print(f"worst structure: {worst[1]} {worst[0]:.2%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
