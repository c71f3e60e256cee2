"""Writes the PDB format (wwPDB 3.30), and refuses what its columns cannot hold."""

from __future__ import annotations

import numpy as np

from foldsight.confidence import Confidence
from foldsight.errors import BadRequest
from foldsight.io.entities import entities_of, full_components, written_label_seq
from foldsight.io.modelcif import b_column
from foldsight.io.quality import B_FACTOR_REMARK
from foldsight.structure import Structure
from foldsight.typing import Floats, Strings

MAX_CHAINS, MAX_ATOMS = 62, 99_999
_CHAIN_IDS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_POLYMERS = ("protein", "nucleic", "other polymer")


def pdb_text(structure: Structure, confidence: Confidence | None = None) -> str:
    """Return a structure as PDB text.

    Parameters
    ----------
    structure : Structure
    confidence : Confidence, optional
        pLDDT or template support goes into the B-factor column, 0-100, and a remark says so.

    Raises
    ------
    BadRequest
        When the format cannot hold the structure: more than 62 chains or 99,999 atoms, a
        long component or atom name, or a number that does not fit its columns.
    """
    b_factor = b_column(structure, confidence)
    chain_ids = _chain_ids(structure)
    _check(structure, b_factor)
    lines = _header(structure, confidence)
    lines += _seqres(structure, chain_ids)
    lines += _atom_lines(structure, chain_ids, b_factor)
    return "\n".join([*(line.ljust(80) for line in lines), "END".ljust(80), ""])


def _refuse(structure: Structure, fault: str) -> BadRequest:
    return BadRequest(
        f"The PDB format cannot hold {structure.name}: {fault}.", hint="Write it as .cif or .bcif."
    )


def _chain_ids(structure: Structure) -> dict[str, str]:
    """Return a one-letter id for each author chain id, its own where it is one letter."""
    auths = structure.auth_chains
    if len(auths) > MAX_CHAINS:
        raise _refuse(structure, f"it has {len(auths)} chains, the format {MAX_CHAINS}")
    if all(len(auth) <= 1 for auth in auths):
        return {auth: auth or " " for auth in auths}
    free = iter([letter for letter in _CHAIN_IDS if letter not in auths])
    return {auth: (auth or " ") if len(auth) <= 1 else next(free) for auth in auths}


def _check(structure: Structure, b_factor: Floats) -> None:
    atoms, table = structure.atoms, structure.residues
    if len(atoms) > MAX_ATOMS:
        raise _refuse(structure, f"it has {len(atoms):,} atoms, the format {MAX_ATOMS:,}")
    for values, most, what in (
        (table.name, 3, "component id"),
        (atoms.name, 4, "atom name"),
        (atoms.altloc, 1, "alternate location"),
        (table.ins_code, 1, "insertion code"),
    ):
        long = values[np.char.str_len(values) > most]
        if len(long) and not (what == "component id" and _four_letters(structure)):
            raise _refuse(structure, f"the {what} {str(long[0])!r} has more than {most} letters")
    if ((table.auth_seq < -999) | (table.auth_seq > 9999)).any():
        raise _refuse(structure, "a residue number has more than 4 digits")
    if atoms.coord.min() <= -999.9995 or atoms.coord.max() >= 9999.9995:
        raise _refuse(structure, "a coordinate does not fit 8 columns")
    if b_factor.min() <= -99.995 or b_factor.max() >= 999.995:
        raise _refuse(structure, "a B-factor does not fit 6 columns")


def _four_letters(structure: Structure) -> bool:
    # Simulation files put the fourth letter into column 21; what was read so may be written so.
    lengths = np.char.str_len(structure.residues.name)
    return bool(lengths.max() <= 4 and structure.origin_block == "" and "" in structure.auth_chains)


def _header(structure: Structure, confidence: Confidence | None) -> list[str]:
    lines = []
    if len(structure.name) == 4 and structure.name[0].isdigit():
        lines.append(f"HEADER{'':56}{structure.name.upper()}")
    lines += _continued("TITLE ", structure.title)
    if structure.method:
        lines += _continued("EXPDTA", structure.method.upper())
    elif confidence is not None and confidence.kind != "b_factor":
        lines.append("EXPDTA    THEORETICAL MODEL")
    if structure.resolution is not None:
        lines += ["REMARK   2", f"REMARK   2 RESOLUTION. {structure.resolution:7.2f} ANGSTROMS."]
    if confidence is not None and confidence.kind != "b_factor":
        lines.append(f"REMARK 250 {B_FACTOR_REMARK[confidence.kind]}")
    return lines


def _continued(record: str, text: str) -> list[str]:
    lines: list[str] = []
    rest = text.encode("ascii", "replace").decode()
    while rest:
        number = f"{len(lines) + 1:2d}" if lines else "  "
        # From the second line on, column 11 is blank.
        width = 70 if not lines else 69
        cut = rest.rfind(" ", 1, width + 1) if len(rest) > width else width
        cut = cut if cut > 0 else width
        lines.append(f"{record}  {number}{'' if len(lines) == 0 else ' '}{rest[:cut]}")
        rest = rest[cut:].lstrip()
    return lines[:99]


def _seqres(structure: Structure, chain_ids: dict[str, str]) -> list[str]:
    """Return SEQRES for chains whose full sequence is known."""
    if not any(chain.sequence for chain in structure.chains):
        return []
    lines = []
    _, of_chain = entities_of(structure, written_label_seq(structure))
    done: set[str] = set()
    for chain, entity in zip(structure.chains, of_chain, strict=True):
        if entity.type != "polymer" or not chain.sequence or chain.auth in done:
            continue
        done.add(chain.auth)
        names = full_components(entity)
        for i in range(0, len(names), 13):
            row = " ".join(f"{name:>3}" for name in names[i : i + 13])
            lines.append(f"SEQRES {i // 13 + 1:3d} {chain_ids[chain.auth]} {len(names):4d}  {row}")
    return lines


def _atom_lines(structure: Structure, chain_ids: dict[str, str], b_factor: Floats) -> list[str]:
    atoms, table = structure.atoms, structure.residues
    heads = _residue_fields(structure, chain_ids)
    names = padded_names(atoms.name, atoms.element)
    anisou = (
        structure.anisou if structure.anisou is not None and len(structure.anisou) == len(atoms) else None
    )
    # Seven columns of 1e-4 Å²; NaN stands for atoms without.
    fits = np.zeros(len(atoms), bool) if anisou is None else np.all(np.abs(anisou) < 99.0, axis=1)
    het = np.where(table.het, "HETATM", "ATOM  ")[atoms.residue].tolist()
    residue = atoms.residue.tolist()
    ends = _chain_ends(structure)
    charges = [f"{abs(c)}{'+' if c > 0 else '-'}" if c else "  " for c in atoms.charge.tolist()]
    columns = zip(het, names, atoms.altloc.tolist(), residue, atoms.coord.tolist(), atoms.occupancy.tolist(),
                  b_factor.tolist(), atoms.element.tolist(), charges, strict=True)  # fmt: skip
    lines: list[str] = []
    serial = 0
    for i, (record, name, alt, r, (x, y, z), occupancy, b, element, charge) in enumerate(columns):
        serial = serial % 99999 + 1  # TER takes numbers too
        comp, place = heads[r]
        body = f"{serial:5d} {name}{alt or ' '}{comp}{place}"
        tail = f"          {element:>2}{charge}"
        lines.append(f"{record}{body}   {x:8.3f}{y:8.3f}{z:8.3f}{occupancy:6.2f}{b:6.2f}{tail}")
        if anisou is not None and fits[i]:
            lines.append(
                f"ANISOU{body} {''.join(f'{round(u * 1e4):7d}' for u in anisou[i].tolist())}{tail[4:]}"
            )
        if i in ends:
            serial = serial % 99999 + 1
            lines.append(f"TER   {serial:5d}      {comp}{place}")
    return lines


def _residue_fields(structure: Structure, chain_ids: dict[str, str]) -> list[tuple[str, str]]:
    """Return columns 18-20 and 21-27 of each residue."""
    table = structure.residues
    chains = [chain_ids[chain.auth] for chain in structure.chains]
    rows = zip(table.name.tolist(), table.chain.tolist(), table.auth_seq.tolist(), table.ins_code.tolist(),
               strict=True)  # fmt: skip
    return [
        (f"{name:>3}"[:3], f"{name[3:4] or ' '}{chains[c]}{seq:4d}{ins or ' '}") for name, c, seq, ins in rows
    ]


def _chain_ends(structure: Structure) -> set[int]:
    """Return the last atom of each polymer chain."""
    polymer = np.array([chain.kind in _POLYMERS for chain in structure.chains], dtype=bool)
    of_atom = structure.residues.chain[structure.atoms.residue]
    chains, last = np.unique(of_atom[::-1], return_index=True)
    return {len(of_atom) - 1 - int(i) for c, i in zip(chains, last, strict=True) if polymer[c]}


def padded_names(names: Strings, elements: Strings) -> list[str]:
    """Return columns 13-16: names start in column 14 unless the element or the name is long."""
    return [
        name.ljust(4) if len(name) == 4 or len(element) == 2 else f" {name:<3}"
        for name, element in zip(names.tolist(), elements.tolist(), strict=True)
    ]
