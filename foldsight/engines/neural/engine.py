"""The frame of a neural engine: availability, device, memory ladder, manifest."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from foldsight.confidence import Confidence
from foldsight.engines import weights
from foldsight.engines.base import Availability, Capabilities, Context, FoldRequest
from foldsight.engines.build import build
from foldsight.engines.neural import loading, runtime
from foldsight.engines.neural.aligned_error import PairConfidence
from foldsight.engines.options import Option, resolve
from foldsight.engines.origins import ORIGINS
from foldsight.errors import EngineFailed, Refused
from foldsight.prediction import Prediction
from foldsight.provenance import FoldManifest, SourceUse
from foldsight.typing import Doubles, Floats, Ints

if TYPE_CHECKING:
    import torch

DEVICE = Option("device", "auto", "where to compute", choices=("auto", "cpu", "cuda"))
CHUNK_HELP = "rows of the pair track at once, less is leaner and slower; 0 decides by length"


@dataclass(frozen=True, eq=False)
class Folded:
    """What a network gives for one query, linkers and padding taken out.

    Attributes
    ----------
    atom_names : tuple of str, length N
    atom_residues : ndarray, shape=(N,), dtype=int32
    coord : ndarray, shape=(N, 3), dtype=float64
        In Å.
    plddt : ndarray, shape=(R,), dtype=float32
        0-100, of the CA.
    pair : PairConfidence
    facts : dict
        What the manifest's ``facts`` should say, such as the passes that ran.
    """

    atom_names: tuple[str, ...]
    atom_residues: Ints
    coord: Doubles
    plddt: Floats
    pair: PairConfidence
    facts: dict[str, Any]


class NeuralEngine:
    """Base of the engines that run a network on this machine.

    A subclass gives the class attributes, :meth:`load` and :meth:`run`.
    """

    id: str
    title: str
    version: str
    licence: str
    citation: str
    caps: Capabilities
    options: tuple[Option, ...]
    safe_settings: ClassVar[Mapping[str, Any]]
    #: Memory (bytes) that a CPU run needs for the weights in float32.
    cpu_memory: ClassVar[int] = 0
    #: Most residues that the default chain folds without a GPU: some twenty minutes on one
    #: core; the time grows with the third power.
    cpu_residues: ClassVar[int] = 256
    #: Chunk size that ``chunk_size=0`` means for a query of at least this many residues.
    chunk_when_long: ClassVar[tuple[int, int]] = (256, 128)

    def available(self) -> Availability:
        """Say whether the libraries, the weights and the hardware are there."""
        found = runtime.installed()
        if not found.ready:
            return found
        try:
            state = weights.status(self.id).state
        except Refused as fault:
            return Availability("missing_weights", fault.message, fault.hint)
        if state in ("missing", "incomplete"):
            size = f"{self.caps.weights_bytes / 1e9:.1f} GB"
            return Availability(
                "missing_weights", f"its weights ({size}) are {state}", f"foldsight engines pull {self.id}"
            )
        if not gpu_present():
            if self.caps.needs_gpu:
                return Availability("no_gpu", "it needs an NVIDIA GPU", "use esmfold, or a machine with one")
            if total_memory() < self.cpu_memory:
                need = f"{self.cpu_memory / 1e9:.0f} GB"
                return Availability("no_gpu", f"without a GPU it needs {need} of memory", "use more memory")
        return Availability("ready")

    def reluctant(self, request: FoldRequest) -> str:
        """Say why the default chain should pass on: the fold would take hours here."""
        residues = len(request.query)
        if gpu_present() or residues <= self.cpu_residues:
            return ""
        return f"{self.title} would need hours for {residues:,} residues without a GPU."

    def fingerprint(self, request: FoldRequest) -> str:
        """Return the digest of the weights and the versions of the libraries."""
        libraries = ",".join(f"{name}={number}" for name, number in sorted(runtime.versions().items()))
        return f"{weights.fingerprint(self.id)};{libraries}"

    def fold(self, request: FoldRequest, context: Context) -> Prediction:
        """Fold; see :meth:`foldsight.engines.base.Engine.fold`."""
        chosen = resolve(self, request.settings)
        runtime.set_threads()
        device = runtime.pick_device(chosen["device"])
        language = runtime.pick_language_dtype(chosen["language_dtype"], device)
        with loading.alone(context.check):
            return self._fold(request, context, chosen, device, language)

    def _fold(
        self,
        request: FoldRequest,
        context: Context,
        chosen: dict[str, Any],
        device: torch.device,
        language: torch.dtype,
    ) -> Prediction:
        began = time.perf_counter()
        context.report(0.0, f"loading {self.title}")
        net = loading.warm(self.id, self, device, language)
        loaded = time.perf_counter()
        meter = runtime.Meter(context.report, self.blocks(net, chosen))

        def attempt(chunk: int) -> Folded:
            meter.restart()
            return self.run(net, request, chosen, chunk, meter)

        folded, chunk = runtime.down_the_ladder(
            self._first_chunk(chosen, len(request.query)), attempt, lambda text: context.report(0.0, text)
        )
        seconds = {"load": loaded - began, "fold": time.perf_counter() - loaded}
        chosen["chunk_size"] = chunk
        return self._prediction(request, folded, chosen, device, self.language_dtype(net), seconds)

    def load(self, folder: Path, device: torch.device, language: torch.dtype) -> Any:
        """Return the network from a folder, on its device."""
        raise NotImplementedError

    def language_dtype(self, net: Any) -> torch.dtype:
        """Return the number format that the language part really has."""
        raise NotImplementedError

    def blocks(self, net: Any, chosen: Mapping[str, Any]) -> int:
        """Return how many times :meth:`run` will call the meter."""
        raise NotImplementedError

    def run(
        self, net: Any, request: FoldRequest, chosen: Mapping[str, Any], chunk: int, meter: runtime.Meter
    ) -> Folded:
        """Fold one query with one chunk size."""
        raise NotImplementedError

    def _first_chunk(self, chosen: Mapping[str, Any], residues: int) -> int:
        long, size = self.chunk_when_long
        return int(chosen["chunk_size"]) or (size if residues >= long else 0)

    def _prediction(
        self,
        request: FoldRequest,
        folded: Folded,
        chosen: dict[str, Any],
        device: torch.device,
        language: torch.dtype,
        seconds: dict[str, float],
    ) -> Prediction:
        query = request.query
        plddt = np.clip(folded.plddt, 0.0, 100.0)
        if not np.isfinite(plddt).all():
            raise EngineFailed(f"{self.title} gave a confidence that is not a number.", engine=self.id)
        structure = build(
            query.name, query.chains, folded.atom_names, folded.atom_residues, folded.coord, plddt
        )
        state = weights.status(self.id)
        origin = ORIGINS.get(self.id)
        source = SourceUse(
            self.title,
            f"{origin.repo}@{state.revision or origin.revision}" if origin else self.id,
            f"https://huggingface.co/{origin.repo}" if origin else "",
            licence=self.licence,
            citation=self.citation,
        )
        manifest = FoldManifest(
            engine=self.id,
            engine_version=self.version,
            origin="predicted",
            sequence_key=query.key,
            name=query.name,
            weights_digest=state.digest or weights.fingerprint(self.id),
            settings=chosen,
            seeds=() if self.caps.deterministic else (request.seed,),
            sources=(source,),
            device=str(device),
            dtype=f"language {str(language).removeprefix('torch.')}, folding float32",
            seconds={stage: round(value, 3) for stage, value in seconds.items()},
            network=request.network,
            facts={**folded.facts, "libraries": runtime.versions()},
        )
        confidence = Confidence(
            "plddt",
            plddt.astype(np.float32),
            pae=folded.pair.pae,
            ptm=folded.pair.ptm,
            iptm=folded.pair.iptm,
            scale_found="0-1",
        )
        return Prediction(structure, confidence, manifest)


def gpu_present() -> bool:
    """Say whether this machine has an NVIDIA GPU, without asking torch."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "unset") in ("", "-1")
    return not hidden and (Path("/dev/nvidiactl").exists() or shutil.which("nvidia-smi") is not None)


def total_memory() -> int:
    """Return the memory of this machine in bytes; a large number where it cannot be told."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 1 << 62
