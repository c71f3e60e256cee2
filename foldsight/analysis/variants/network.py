"""The pre-trained residue-from-environment network, forward pass only, in numpy.

Its twin in torch is ``bench/train_ddg_network.py``; names of the arrays are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from foldsight.analysis.variants.geometry import Geometry, edge_features
from foldsight.analysis.variants.sites import Sites
from foldsight.typing import Floats, Ints

#: Sites per pass: keeps the largest array near 30 MB.
CHUNK = 512

Parameters = Mapping[str, "np.ndarray[Any, np.dtype[Any]]"]


@dataclass(frozen=True, eq=False)
class Network:
    """Parameters of the network, float32."""

    parameters: dict[str, Floats]
    rounds: int

    @classmethod
    def of(cls, arrays: Parameters) -> Network:
        """Take the parameters from the arrays of an .npz file."""
        parameters = {name: np.asarray(value, dtype=np.float32) for name, value in arrays.items()}
        return cls(parameters, sum(name.endswith("norm2.weight") for name in parameters))

    def __call__(self, sites: Sites, geo: Geometry, rows: Ints) -> tuple[Floats, Floats]:
        """Return hidden vectors, shape (len(rows), H), and logits, shape (len(rows), 20)."""
        around = geo.node @ self.parameters["neighbour.weight"].T
        around = around + self.parameters["letter.weight"][sites.letters]
        chunks = [self._chunk(sites, geo, rows[k : k + CHUNK], around) for k in range(0, len(rows), CHUNK)]
        hidden = np.concatenate(chunks)
        return hidden, self._linear("logits", hidden)

    def _chunk(self, sites: Sites, geo: Geometry, rows: Ints, around: Floats) -> Floats:
        edges = self._linear("edge1", edge_features(geo, sites.position, rows))
        edges = relu(edges + around[geo.neighbours[rows]])
        edges = relu(self._linear("edge2", edges))
        z = self._norm("norm", self._linear("node", geo.node[rows]))
        for k in range(self.rounds):
            name = f"rounds.{k}."
            message = self._linear(name + "edge", edges) + self._linear(name + "site", z)[:, None]
            z = self._norm(name + "norm1", z + self._linear(name + "out", relu(message).mean(axis=1)))
            step = self._linear(name + "down", relu(self._linear(name + "up", z)))
            z = self._norm(name + "norm2", z + step)
        return z

    def _linear(self, name: str, x: Floats) -> Floats:
        return linear(self.parameters, name, x)

    def _norm(self, name: str, x: Floats) -> Floats:
        centred = x - x.mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + np.float32(1e-5))
        found: Floats = scaled * self.parameters[name + ".weight"] + self.parameters[name + ".bias"]
        return found


def linear(parameters: Mapping[str, Floats], name: str, x: Floats) -> Floats:
    """Return a linear layer's values of ``x``, shape (..., inputs); its bias may be missing."""
    y: Floats = x.reshape(-1, x.shape[-1]) @ parameters[name + ".weight"].T
    bias = parameters.get(name + ".bias")
    if bias is not None:
        y = y + bias
    return y.reshape(*x.shape[:-1], -1)


def relu(x: Floats) -> Floats:
    """Set what is below 0 to 0, in place."""
    found: Floats = np.maximum(x, np.float32(0), out=x)
    return found
