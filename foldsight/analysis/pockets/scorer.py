"""The trained scorers, as plain arrays: small networks, averaged, in numpy alone.

A point's network sees its neighbours: each hidden layer's values are followed by their
mean over the points around (message passing: Gilmer et al. 2017). A site's sees the site alone.

``data/pockets.npz`` is written by ``bench/train_pockets.py``. For each scorer it holds
``<name>/mean`` and ``<name>/scale`` of the inputs, and ``<name>/<net>/<layer>/weight``
and ``bias``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from foldsight.typing import Floats

#: Standardised inputs are clipped to this, so that odd structures stay on known ground.
CLIP = 5.0

Layers = tuple[tuple[Floats, Floats], ...]


@dataclass(frozen=True, eq=False)
class Scorer:
    """Small fully connected networks over the same inputs; their logits are averaged.

    Attributes
    ----------
    mean, scale : ndarray, shape=(inputs,), dtype=float32
    networks : tuple of layers
        Each layer is (weight (in, out), bias (out,)); ReLU stands between layers, and
        with neighbours the next layer's ``in`` is twice this one's ``out``.
    """

    mean: Floats
    scale: Floats
    networks: tuple[Layers, ...]

    def logit(self, inputs: Floats, around: csr_array | None = None) -> Floats:
        """Return the mean logit of each row; shape (n,).

        Parameters
        ----------
        inputs : ndarray, shape=(n, inputs), dtype=float32
        around : csr_array, shape=(n, n), optional
            Weights by which rows see each other, each row's adding up to 1; for networks
            that were trained with neighbours.
        """
        standard = np.clip((inputs - self.mean) / self.scale, -CLIP, CLIP)
        total = sum(_forward(layers, standard, around) for layers in self.networks)
        found: Floats = np.asarray(total / len(self.networks), dtype=np.float32)
        return found

    def to_arrays(self, name: str) -> dict[str, Floats]:
        """Return the arrays to store, by key."""
        arrays = {f"{name}/mean": self.mean, f"{name}/scale": self.scale}
        for n, layers in enumerate(self.networks):
            for k, (weight, bias) in enumerate(layers):
                arrays[f"{name}/{n}/{k}/weight"] = weight
                arrays[f"{name}/{n}/{k}/bias"] = bias
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Floats], name: str) -> Scorer:
        """Rebuild a scorer from :meth:`to_arrays`."""
        networks: list[Layers] = []
        while f"{name}/{len(networks)}/0/weight" in arrays:
            layers: list[tuple[Floats, Floats]] = []
            while f"{name}/{len(networks)}/{len(layers)}/weight" in arrays:
                key = f"{name}/{len(networks)}/{len(layers)}"
                layers.append((arrays[f"{key}/weight"], arrays[f"{key}/bias"]))
            networks.append(tuple(layers))
        return cls(arrays[f"{name}/mean"], arrays[f"{name}/scale"], tuple(networks))


@dataclass(frozen=True, eq=False)
class Scorers:
    """The scorers of the detector.

    Attributes
    ----------
    point : Scorer
        That a ligand atom lies near a surface point.
    site : Scorer
        That a site binds a ligand; calibrated.
    drug : Scorer
        That a site binds a drug-like ligand rather than nothing.
    """

    point: Scorer
    site: Scorer
    drug: Scorer


def sigmoid(logit: Any) -> Floats:
    """Return 1 / (1 + exp(-x)), without overflow."""
    found: Floats = np.asarray(0.5 * (1 + np.tanh(0.5 * np.asarray(logit, dtype=np.float32))))
    return found


def _forward(layers: Layers, inputs: Floats, around: csr_array | None) -> Floats:
    values = inputs
    for weight, bias in layers[:-1]:
        values = np.maximum(values @ weight + bias, 0)
        if around is not None:
            values = np.concatenate([values, around @ values], axis=1)
    weight, bias = layers[-1]
    found: Floats = (values @ weight + bias)[:, 0]
    return found


@cache
def scorers() -> Scorers:
    """Load the scorers that ship with FoldSight."""
    content = files("foldsight.analysis.pockets").joinpath("data", "pockets.npz").read_bytes()
    with np.load(BytesIO(content), allow_pickle=False) as stored:
        arrays = {key: stored[key] for key in stored.files}
    return Scorers(*(Scorer.from_arrays(arrays, name) for name in ("point", "site", "drug")))
