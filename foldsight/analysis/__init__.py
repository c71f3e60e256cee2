"""What can be computed from a structure, in numpy and scipy alone.

``backbone`` whole residues as arrays; ``hydrogen_bonds`` and ``secondary_structure``
after Kabsch & Sander; ``lddt`` the local distance difference test.
"""
