"""Stability of variants: ddG of folding in kcal/mol, > 0 destabilises.

Rooms: :mod:`parse` reads what people write, :mod:`resolve` finds the residues,
:mod:`sites`, :mod:`geometry` and :mod:`surroundings` describe their places,
:mod:`network` and :mod:`energies` turn that into an energy for each residue type,
:mod:`uncertainty` says how far off it may be, :mod:`packing` and :mod:`explain` fill the
columns beside it, :mod:`predict` puts it together into a :mod:`table`.
"""
