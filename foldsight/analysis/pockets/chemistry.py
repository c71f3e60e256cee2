"""What the detector knows of amino acids: an atom class per atom, a scale per residue."""

from __future__ import annotations

from foldsight.residues import ONE_TO_THREE

#: Order of the residue types in every feature; the last is anything else.
AMINO_ACIDS = "ARNDCQEGHILKMFPSTWYVX"

#: Hydropathy (Kyte & Doolittle 1982), kcal/mol-like scale, 0 for anything else.
HYDROPATHY = dict(
    zip(
        AMINO_ACIDS,
        (1.8, -4.5, -3.5, -3.5, 2.5, -3.5, -3.5, -0.4, -3.2, 4.5, 3.8, -3.9, 1.9, 2.8, -1.6, -0.8, -0.7,
         -0.9, -1.3, 4.2, 0.0),
        strict=True,
    )
)  # fmt: skip

#: Atom classes, in the order of the features.
CLASSES = (
    "backbone N", "backbone O", "backbone C", "aliphatic C", "aromatic C", "polar C", "neutral N",
    "charged N", "hydroxyl O", "amide O", "acid O", "S",
)  # fmt: skip
#: Classes that count as hydrophobic in a pocket's lining; every N and O counts as polar.
HYDROPHOBIC = ("aliphatic C", "aromatic C", "S")
POLAR = tuple(name for name in CLASSES if name.endswith((" N", " O")))

#: Van der Waals radii in Å (Bondi 1964).
RADII = {"C": 1.70, "N": 1.55, "O": 1.52, "S": 1.80, "SE": 1.90, "P": 1.80, "F": 1.47, "CL": 1.75}
DEFAULT_RADIUS = 1.70

_RING = {"PHE", "TYR", "TRP", "HIS"}
_POLAR_CARBON = {("ASP", "CG"), ("ASN", "CG"), ("GLU", "CD"), ("GLN", "CD"), ("ARG", "CZ")}
_BACKBONE = {"N": "backbone N", "O": "backbone O", "OXT": "backbone O", "C": "backbone C", "CA": "backbone C"}
_OXYGEN = {"ASP": "acid O", "GLU": "acid O", "ASN": "amide O", "GLN": "amide O"}


def atom_class(letter: str, atom: str, element: str) -> str:
    """Return the class of a heavy atom of a residue.

    Parameters
    ----------
    letter : str
        One-letter code, of the parent amino acid for a modified residue.
    atom, element : str
        As the file names them, upper case.

    Examples
    --------
    >>> atom_class("D", "OD1", "O"), atom_class("W", "CZ2", "C")
    ('acid O', 'aromatic C')
    """
    residue = ONE_TO_THREE.get(letter, "")
    if atom in _BACKBONE:
        return _BACKBONE[atom]
    if element == "N":
        return "charged N" if residue in ("LYS", "ARG") else "neutral N"
    if element == "O":
        return _OXYGEN.get(residue, "hydroxyl O")
    if element in ("S", "SE"):
        # Selenomethionine is methionine with a heavier atom.
        return "S"
    if residue in _RING and atom != "CB":
        return "aromatic C"
    return "polar C" if (residue, atom) in _POLAR_CARBON else "aliphatic C"
