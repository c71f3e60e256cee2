"""Stability of variants: ddG of folding in kcal/mol, > 0 destabilises.

Rooms: :mod:`parse` reads what people write, :mod:`resolve` finds the residues,
:mod:`sites`, :mod:`geometry` and :mod:`surroundings` describe their places,
:mod:`network` and :mod:`energies` turn that into an energy for each residue type,
:mod:`uncertainty` says how far off it may be, :mod:`packing` and :mod:`explain` fill the
columns beside it, :mod:`predict` puts it together into a :mod:`table`, drawn by
:mod:`heatmap`. :mod:`columns` and :mod:`others` add evidence and other methods' numbers,
:mod:`batch` takes many structures.
"""

from __future__ import annotations

from foldsight.analysis.variants.columns import add_alphamissense, add_conservation
from foldsight.analysis.variants.others import add_esm2, add_foldx, add_thermompnn
from foldsight.analysis.variants.predict import predict_variants
from foldsight.analysis.variants.table import VariantRow, VariantTable

__all__ = [
    "VariantRow",
    "VariantTable",
    "add_alphamissense",
    "add_conservation",
    "add_esm2",
    "add_foldx",
    "add_thermompnn",
    "predict_variants",
]
