"""ThermoMPNN (Dieckhaus et al. 2024): ddG from ProteinMPNN's view of a site.

Our own forward pass in torch; the weights are the user's (``thermoMPNN_default.pt`` of the
authors' repository, MIT), read from a local folder. One pass gives every change of every
site. Tested here with random weights of the right shapes only: no weights were at hand.

A site sees all residue types, its own wild type included; the way back is therefore *not*
minus the way there.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from foldsight.analysis.variants.sites import AMINO_ACIDS, Sites
from foldsight.errors import BadFile, EngineUnavailable
from foldsight.structure import Structure
from foldsight.typing import Bools, Doubles, Ints

if TYPE_CHECKING:
    import torch

    Parameters = dict[str, torch.Tensor]

FILE = "thermoMPNN_default.pt"
NEIGHBOURS = 48
LAYERS = 3
#: Decoder layers whose output the ddG is read from, last first.
FINAL_LAYERS = 2
#: Messages are summed over neighbours and divided by this.
SCALE = 30.0
#: Sequence separations told apart on each side; one more code for another chain.
REACH = 32
#: Atom pairs (site, neighbour) in ProteinMPNN's order; N CA C O CB = 0 1 2 3 4.
PAIRS = (
    *((1, 1), (0, 0), (2, 2), (3, 3), (4, 4), (1, 0), (1, 2), (1, 3), (1, 4), (0, 2), (0, 3), (0, 4), (4, 2)),
    *((4, 3), (3, 2), (0, 1), (2, 1), (3, 1), (4, 1), (2, 0), (3, 0), (4, 0), (2, 4), (3, 4), (2, 3)),
)
#: What every checkpoint must hold; the prefix is taken off first.
_SIGNS = (
    "prot_mpnn.W_e.weight",
    "prot_mpnn.decoder_layers.2.W1.weight",
    "both_out.1.weight",
    "ddg_out.weight",
)


def load(folder: Path) -> Parameters:
    """Read the weights from a folder.

    Raises
    ------
    EngineUnavailable
        When torch or the file is missing.
    BadFile
        When the file is something else.
    """
    path = folder / FILE
    if not path.is_file():
        raise EngineUnavailable(
            f"{folder} holds no {FILE}.", hint="Take it from https://github.com/Kuhlman-Lab/ThermoMPNN."
        )
    try:
        import torch
    except ImportError as fault:
        raise EngineUnavailable("ThermoMPNN needs torch.", hint="pip install 'foldsight[gpu]'") from fault
    try:
        content = torch.load(path, map_location="cpu", weights_only=False, pickle_module=_Inert)
        parameters = {name.removeprefix("model."): value for name, value in content["state_dict"].items()}
    except (pickle.UnpicklingError, RuntimeError, KeyError, TypeError, AttributeError, EOFError) as fault:
        raise BadFile(f"{path} is no ThermoMPNN checkpoint.") from fault
    missing = [name for name in _SIGNS if name not in parameters]
    if missing:
        raise BadFile(f"{path} is no ThermoMPNN checkpoint: it lacks {missing[0]}.")
    return {name: value.float() for name, value in parameters.items()}


class _Stub:
    """Stands for anything in a checkpoint that is no array; it does nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def __setstate__(self, state: Any) -> None: ...


class _Inert:
    """A ``pickle`` that makes arrays and plain containers, and stubs of all else.

    The authors' checkpoint holds settings objects of Lightning and OmegaConf; their code
    need not be installed and is never run.
    """

    _ALLOWED = frozenset(
        (
            ("collections", "OrderedDict"),
            ("torch._utils", "_rebuild_tensor_v2"),
            ("torch._utils", "_rebuild_parameter"),
            ("torch", "FloatStorage"),
            ("torch", "LongStorage"),
            ("torch", "DoubleStorage"),
            ("torch", "HalfStorage"),
        )
    )

    class Unpickler(pickle.Unpickler):
        """Finds allowed names only."""

        def find_class(self, module: str, name: str) -> Any:
            """Return the named thing when it is harmless, else a stub."""
            return super().find_class(module, name) if (module, name) in _Inert._ALLOWED else _Stub

    @staticmethod
    def load(file: Any, **options: Any) -> Any:
        """Read one object, as ``pickle.load`` does."""
        return _Inert.Unpickler(file, **options).load()


def predict(structure: Structure, context: Bools, parameters: Parameters) -> tuple[Ints, Doubles]:
    """Predict every change at every site.

    Parameters
    ----------
    structure : Structure
    context : ndarray, shape=(R,), dtype=bool
        Residues that make the surroundings.
    parameters : dict
        From :func:`load`.

    Returns
    -------
    rows : ndarray, shape=(L,), dtype=int32
        Residue rows of the sites.
    ddg : ndarray, shape=(L, 20), dtype=float64
        kcal/mol, > 0 destabilises, in the order ``ACDEFGHIKLMNPQRSTVWY``.
    """
    import torch

    sites = Sites.of(structure, context)
    chain = structure.residues.chain[sites.rows]
    with torch.inference_mode():
        hidden, letters = _decode(sites, chain, _numbering(structure, sites), parameters)
        x = torch.cat([*hidden[::-1][:FINAL_LAYERS], letters], dim=-1)
        output = _read_out(x, parameters).double().numpy()
    wild = np.minimum(sites.letters, len(AMINO_ACIDS))
    ddg = output[:, : len(AMINO_ACIDS)] - output[np.arange(len(sites)), wild][:, None]
    return sites.rows, ddg


def _numbering(structure: Structure, sites: Sites) -> Ints:
    """Count along each chain, leaving room for residues that the numbering skips."""
    auth = structure.residues.auth_seq[sites.rows]
    step = np.ones(len(sites), dtype=np.int32)
    step[1:] = np.maximum(np.diff(auth), 1)
    found: Ints = np.cumsum(step, dtype=np.int32)
    return found


def _decode(
    sites: Sites, chain: Ints, number: Ints, p: Parameters
) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Run ProteinMPNN; return what each decoder layer says and the embedded sequence."""
    import torch

    edges, index = _features(sites, chain, number, p)
    edges = _linear(p, "prot_mpnn.W_e", edges)
    nodes = torch.zeros(len(sites), edges.shape[-1])
    for k in range(LAYERS):
        nodes, edges = _encoder_layer(p, f"prot_mpnn.encoder_layers.{k}.", nodes, edges, index)
    letters = p["prot_mpnn.W_s.weight"][torch.from_numpy(sites.letters.astype(np.int64))]
    hidden = []
    for k in range(LAYERS):
        # The authors let every site see the whole sequence, its own residue type included.
        around = torch.cat([edges, letters[index], nodes[index]], dim=-1)
        nodes = _decoder_layer(p, f"prot_mpnn.decoder_layers.{k}.", nodes, around)
        hidden.append(nodes)
    return hidden, letters


def _features(sites: Sites, chain: Ints, number: Ints, p: Parameters) -> tuple[torch.Tensor, torch.Tensor]:
    import torch

    n, ca, c, o = torch.from_numpy(sites.backbone.astype(np.float32)).unbind(1)
    b, d = ca - n, c - ca
    cb = -0.58273431 * torch.linalg.cross(b, d) + 0.56802827 * b - 0.54067466 * d + ca
    atoms = torch.stack([n, ca, c, o, cb], dim=1)
    apart = ((ca[:, None] - ca[None]) ** 2).sum(-1).add(1e-6).sqrt()
    index = torch.topk(apart, min(NEIGHBOURS, len(sites)), largest=False).indices
    first, second = (list(side) for side in zip(*PAIRS, strict=True))
    distance = ((atoms[:, None, first] - atoms[index][:, :, second]) ** 2).sum(-1).add(1e-6).sqrt()
    centres = torch.linspace(2.0, 22.0, 16)
    spread = torch.exp(-(((distance[..., None] - centres) / 1.25) ** 2)).flatten(2)
    place, of_chain = torch.from_numpy(number.astype(np.int64)), torch.from_numpy(chain.astype(np.int64))
    offset = (place[:, None] - place[index] + REACH).clamp(0, 2 * REACH)
    offset = torch.where(of_chain[:, None] == of_chain[index], offset, 2 * REACH + 1)
    code = torch.nn.functional.one_hot(offset, 2 * REACH + 2).float()
    position = _linear(p, "prot_mpnn.features.embeddings.linear", code)
    edges = _linear(p, "prot_mpnn.features.edge_embedding", torch.cat([position, spread], dim=-1))
    return _norm(p, "prot_mpnn.features.norm_edges", edges), index


def _encoder_layer(
    p: Parameters, name: str, nodes: torch.Tensor, edges: torch.Tensor, index: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    import torch

    def joined() -> torch.Tensor:
        return torch.cat([nodes[:, None].expand(-1, index.shape[1], -1), edges, nodes[index]], dim=-1)

    message = _three(p, name, ("W1", "W2", "W3"), joined())
    nodes = _settle(p, name, nodes, message)
    edges = _norm(p, name + "norm3", edges + _three(p, name, ("W11", "W12", "W13"), joined()))
    return nodes, edges


def _decoder_layer(p: Parameters, name: str, nodes: torch.Tensor, around: torch.Tensor) -> torch.Tensor:
    import torch

    joined = torch.cat([nodes[:, None].expand(-1, around.shape[1], -1), around], dim=-1)
    return _settle(p, name, nodes, _three(p, name, ("W1", "W2", "W3"), joined))


def _settle(p: Parameters, name: str, nodes: torch.Tensor, message: torch.Tensor) -> torch.Tensor:
    import torch

    nodes = _norm(p, name + "norm1", nodes + message.sum(1) / SCALE)
    step = torch.nn.functional.gelu(_linear(p, name + "dense.W_in", nodes))
    return _norm(p, name + "norm2", nodes + _linear(p, name + "dense.W_out", step))


def _three(p: Parameters, name: str, layers: tuple[str, str, str], x: torch.Tensor) -> torch.Tensor:
    import torch

    for layer in layers[:2]:
        x = torch.nn.functional.gelu(_linear(p, name + layer, x))
    return _linear(p, name + layers[2], x)


def _read_out(x: torch.Tensor, p: Parameters) -> torch.Tensor:
    """From site vectors to one value per residue type.

    The "light attention" runs over a sequence of one, so only the middle tap of its
    convolution touches the input and its softmax is 1.
    """
    import torch

    kernel = p.get("light_attention.feature_convolution.weight")
    if kernel is not None:
        x = x @ kernel[:, :, kernel.shape[2] // 2].T + p["light_attention.feature_convolution.bias"]
    layers = sorted(
        int(name.split(".")[1]) for name in p if name.startswith("both_out.") and "weight" in name
    )
    for k in layers:
        x = _linear(p, f"both_out.{k}", torch.relu(x))
    return x * p["ddg_out.weight"].flatten() + p["ddg_out.bias"]


def _linear(p: Parameters, name: str, x: torch.Tensor) -> torch.Tensor:
    import torch

    return torch.nn.functional.linear(x, p[name + ".weight"], p.get(name + ".bias"))


def _norm(p: Parameters, name: str, x: torch.Tensor) -> torch.Tensor:
    import torch

    return torch.nn.functional.layer_norm(x, x.shape[-1:], p[name + ".weight"], p[name + ".bias"])
