"""The ``esmfold`` engine: single-sequence prediction, complexes by linkers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from foldsight.engines.base import Capabilities, FoldRequest
from foldsight.engines.esmfold.layout import lay_out
from foldsight.engines.neural.engine import CHUNK_HELP, DEVICE, Folded, NeuralEngine
from foldsight.engines.neural.loading import from_folder
from foldsight.engines.neural.runtime import LADDER, Meter
from foldsight.engines.options import Option
from foldsight.engines.origins import ORIGINS

if TYPE_CHECKING:
    import torch


class EsmFold(NeuralEngine):
    """ESMFold v1 on this machine, GPU or CPU."""

    id = "esmfold"
    title = "ESMFold v1"
    version = "1"
    licence = "MIT"
    citation = "Lin et al. (2023) Science 379:1123, doi:10.1126/science.ade2574"
    caps = Capabilities(
        origin="predicted",
        confidence="plddt",
        max_residues=2000,
        multimer=True,
        outputs=frozenset({"pae", "ptm", "iptm"}),
        weights_bytes=ORIGINS["esmfold"].bytes,
        deterministic=True,
    )
    options = (
        DEVICE,
        Option("passes", 4, "trunk passes with recycling, the first included", low=1, high=12),
        Option("stop_below", 0.0, "stop when CA distances change less than this, Å; 0 never", low=0, high=10),
        Option("chunk_size", 0, CHUNK_HELP, choices=LADDER),
        Option(
            "language_dtype",
            "auto",
            "number format of the language part",
            choices=("auto", "float32", "bfloat16", "float16"),
        ),
    )
    safe_settings: ClassVar[Mapping[str, Any]] = {"chunk_size": 32, "language_dtype": "float32"}
    cpu_memory: ClassVar[int] = 15_000_000_000

    def load(self, folder: Path, device: torch.device, language: torch.dtype) -> Any:
        """Return the network: the folding part in float32, the language part as asked."""
        import torch
        from transformers import EsmConfig, EsmForProteinFolding

        config: Any = EsmConfig.from_pretrained(folder, local_files_only=True)
        # Upstream's default halves the language part at once, which fails on a CPU.
        config.esmfold_config.fp16_esm = False
        # ESM-2's contact head is no part of folding, and the weights do not hold it.
        net = from_folder(EsmForProteinFolding, folder, config, torch.float32, ("esm.contact_head.",))
        net.esm.to(language)
        return net.to(device)

    def language_dtype(self, net: Any) -> torch.dtype:
        """Return the number format that the language part really has."""
        found: torch.dtype = next(net.esm.parameters()).dtype
        return found

    def blocks(self, net: Any, chosen: Mapping[str, Any]) -> int:
        """Language layers, and trunk blocks in every pass."""
        return len(net.esm.encoder.layer) + int(chosen["passes"]) * len(net.trunk.blocks)

    def run(
        self, net: Any, request: FoldRequest, chosen: Mapping[str, Any], chunk: int, meter: Meter
    ) -> Folded:
        """Fold one query."""
        from foldsight.engines.esmfold.predict import predict

        layout = lay_out(request.query.chains)
        return predict(
            net,
            [layout],
            passes=int(chosen["passes"]),
            chunk=chunk,
            stop_below=float(chosen["stop_below"]),
            step=meter.step,
        )[0]
