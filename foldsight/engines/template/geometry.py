"""Vectors: placing an atom from three others, torsions, superposition."""

from __future__ import annotations

from foldsight.analysis.vectors import angle, place, superpose, torsion

#: Backbone geometry, Å and degrees (Engh & Huber 1991).
N_CA, CA_C, C_N, C_O = 1.458, 1.525, 1.329, 1.231
N_CA_C, CA_C_N, C_N_CA, CA_C_O = 111.0, 117.2, 121.7, 120.1

__all__ = ["CA_C", "CA_C_N", "CA_C_O", "C_N", "C_N_CA", "C_O", "N_CA", "N_CA_C", "angle", "place", "superpose", "torsion"]
