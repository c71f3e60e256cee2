"""The ``esmfold2`` and ``esmfold2-fast`` engines: single sequences and protein complexes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from foldsight.engines.base import Capabilities, FoldRequest
from foldsight.engines.neural.engine import CHUNK_HELP, DEVICE, Folded, NeuralEngine
from foldsight.engines.neural.loading import from_folder
from foldsight.engines.neural.runtime import Meter
from foldsight.engines.options import Option
from foldsight.engines.origins import ORIGINS

if TYPE_CHECKING:
    import torch


class EsmFold2(NeuralEngine):
    """ESMFold2 on this machine's GPU."""

    id = "esmfold2"
    title = "ESMFold2"
    version = "1"
    licence = "MIT"
    citation = "Biohub (2026) ESMFold2, https://github.com/Biohub/esm"
    caps = Capabilities(
        origin="predicted",
        confidence="plddt",
        max_residues=2000,
        multimer=True,
        outputs=frozenset({"pae", "ptm", "iptm"}),
        weights_bytes=ORIGINS["esmfold2"].bytes,
        needs_gpu=True,
        deterministic=False,
    )
    options = (
        DEVICE,
        Option("loops", 3, "trunk loops after the first", low=0, high=40),
        Option("steps", 50, "length of the diffusion schedule", low=1, high=400),
        Option("samples", 1, "structures drawn, the best by pTM is kept", low=1, high=16),
        Option("chunk_size", 0, CHUNK_HELP, choices=(0, 128, 64, 32)),
        Option(
            "language_dtype", "auto", "number format of the network", choices=("auto", "float32", "bfloat16")
        ),
    )
    safe_settings: ClassVar[Mapping[str, Any]] = {"chunk_size": 32, "language_dtype": "float32"}
    #: Chunks cost nothing here, so that even short queries use them, as upstream.
    chunk_when_long: ClassVar[tuple[int, int]] = (0, 64)

    def load(self, folder: Path, device: torch.device, language: torch.dtype) -> Any:
        """Return the network; transformers keeps the parts in float32 that need it."""
        from transformers import EsmFold2Config, EsmFold2Model

        config: Any = EsmFold2Config.from_pretrained(folder, local_files_only=True)
        return from_folder(EsmFold2Model, folder, config, language, ()).to(device)

    def language_dtype(self, net: Any) -> torch.dtype:
        """Return the number format that the language part really has."""
        found: torch.dtype = next(net.esmc.parameters()).dtype
        return found

    def blocks(self, net: Any, chosen: Mapping[str, Any]) -> int:
        """Every block of every loop, and every denoising step."""
        from foldsight.engines.esmfold2.predict import calls

        return calls(net, int(chosen["loops"]), int(chosen["steps"]))

    def run(
        self, net: Any, request: FoldRequest, chosen: Mapping[str, Any], chunk: int, meter: Meter
    ) -> Folded:
        """Fold one query."""
        from foldsight.engines.esmfold2.predict import predict, set_chunk

        set_chunk(net, chunk)
        return predict(
            net,
            request.query.chains,
            seed=request.seed,
            loops=int(chosen["loops"]),
            steps=int(chosen["steps"]),
            samples=int(chosen["samples"]),
            step=meter.step,
        )


class EsmFold2Fast(EsmFold2):
    """ESMFold2-Fast: half the trunk, no alignment input."""

    id = "esmfold2-fast"
    title = "ESMFold2-Fast"
    caps = replace(EsmFold2.caps, weights_bytes=ORIGINS["esmfold2-fast"].bytes)
