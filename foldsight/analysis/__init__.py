"""What can be computed from a structure, in numpy and scipy alone.

``backbone`` whole residues as arrays; ``hydrogen_bonds`` and ``secondary_structure``
after Kabsch & Sander; ``polar_bonds``, ``contacts``, ``surface_area`` what surrounds each
residue; ``interfaces`` between chains, with ``interface_scores`` from PAE; ``disorder`` and
``domains`` from confidence; ``tracks`` all of it as one table;
``lddt`` the local distance difference test; ``alignment``, ``pockets`` and ``variants``
folders of their own.
"""
