"""ddG by FoldX (Schymkowitz et al. 2005): the user's own binary, which has its own licence.

FoldX's ddG already is kcal/mol with > 0 destabilising. Written for FoldX 5: BuildModel
with an ``individual_list.txt``, answer in ``Dif_<pdb>.fxout``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from foldsight.analysis.variants.parse import Variant
from foldsight.errors import BadRequest, EngineFailed, EngineUnavailable

VARIABLE = "FOLDX_BINARY"
#: Seconds for one run, per variant and to begin with.
TIMEOUT_EACH, TIMEOUT_START = 300, 120


@dataclass(frozen=True, slots=True)
class FoldX:
    """FoldX where it is installed."""

    binary: Path

    @classmethod
    def find(cls) -> FoldX:
        """Find the binary: ``FOLDX_BINARY``, else ``foldx`` or ``foldx5`` on the path.

        Raises
        ------
        EngineUnavailable
        """
        named = os.environ.get(VARIABLE)
        found = [named] if named else [shutil.which(name) for name in ("foldx", "foldx5", "FoldX")]
        binary = next((path for path in found if path and os.access(path, os.X_OK)), None)
        if binary is None:
            raise EngineUnavailable(
                "FoldX is not installed here.",
                hint=f"Get it from its makers and set {VARIABLE} to the binary.",
            )
        return cls(Path(binary).resolve())

    def predict(self, pdb: bytes, variants: Sequence[Variant]) -> list[float]:
        """Return the ddG (kcal/mol, > 0 destabilises) of each variant.

        Parameters
        ----------
        pdb : bytes
            The structure as a PDB file.
        variants : sequence of Variant
            Every change must name its chain.

        Raises
        ------
        BadRequest
            For a change that FoldX's list cannot hold.
        EngineFailed
            When FoldX stops, takes too long or leaves no answer; it may exit 0 all the same.
        """
        lines = [individual_line(variant) for variant in variants]
        with tempfile.TemporaryDirectory(prefix="foldsight-foldx-") as folder:
            (Path(folder) / "input.pdb").write_bytes(pdb)
            (Path(folder) / "individual_list.txt").write_text("\n".join(lines) + "\n")
            self._run(Path(folder), len(lines))
            return read_differences(Path(folder) / "Dif_input.fxout", len(lines))

    def _run(self, folder: Path, count: int) -> None:
        command = [
            str(self.binary),
            "--command=BuildModel",
            "--pdb=input.pdb",
            "--mutant-file=individual_list.txt",
            "--numberOfRuns=1",
        ]
        limit = TIMEOUT_START + TIMEOUT_EACH * count
        try:
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, timeout=limit, check=False
            )
        except subprocess.TimeoutExpired as fault:
            raise EngineFailed(f"FoldX did not end within {limit} s.") from fault
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            last = said[-1] if said else "nothing"
            raise EngineFailed(f"FoldX ended with status {done.returncode}: {last}")


def individual_line(variant: Variant) -> str:
    """Write a variant as a line of ``individual_list.txt``.

    >>> from foldsight.analysis.variants.parse import parse_mutation
    >>> individual_line(Variant((parse_mutation("A:R175H"),)))
    'RA175H;'
    """
    words = []
    for mutation in variant.mutations:
        if mutation.chain is None or len(mutation.chain) != 1 or mutation.ins_code:
            raise BadRequest(
                f"FoldX cannot name {mutation}.",
                hint="It needs a chain of one letter and a residue number without insertion code.",
            )
        words.append(f"{mutation.wild}{mutation.chain}{mutation.number}{mutation.mutant}")
    return ",".join(words) + ";"


def read_differences(path: Path, count: int) -> list[float]:
    """Read total energies from ``Dif_*.fxout``: a table behind a line that starts with ``Pdb``."""
    if not path.is_file():
        raise EngineFailed("FoldX left no Dif_*.fxout, so no variant was built.")
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    start = next((i for i, line in enumerate(lines) if line.startswith("Pdb\t")), None)
    if start is None:
        raise EngineFailed("FoldX's Dif_*.fxout has no table.")
    place = lines[start].split("\t").index("total energy")
    found = [float(line.split("\t")[place]) for line in lines[start + 1 :] if line.strip()]
    if len(found) != count:
        raise EngineFailed(f"FoldX answered {len(found)} of {count} variants.")
    return found
