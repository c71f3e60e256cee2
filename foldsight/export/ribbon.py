"""The cartoon of a structure as a triangle mesh: ribbons, arrows and tubes along the CA trace.

A spline runs through the CA atoms; the flat side of a ribbon follows the local plane of
the trace (Carson & Bugg 1986, J. Mol. Graph. 4:121, with CA atoms only).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from foldsight.analysis.secondary_structure import secondary_structure, three_state
from foldsight.structure import Structure
from foldsight.typing import Doubles, Ints, Strings

#: Neighbouring CA atoms further apart than this, Å, are not joined.
BREAK = 4.6
#: Fewer residues than this in a row are drawn as coil.
SHORTEST = {"H": 4, "E": 3}
#: Half width, half thickness (Å) and squareness of the cross-section.
PROFILE = {"H": (1.35, 0.20, 2.6), "E": (1.10, 0.20, 5.0), "C": (0.27, 0.27, 2.0)}
#: Half width of an arrow at its base, and its length in residues.
ARROW_WIDTH, ARROW_LENGTH = 1.95, 1.5
#: Distance and radius, Å, of the beads that mark residues without coordinates.
BEAD_STEP, BEAD_RADIUS, LONGEST_GAP = 1.5, 0.22, 40.0


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles with smooth normals.

    Attributes
    ----------
    points, normals : ndarray, shape=(V, 3)
    faces : ndarray, shape=(F, 3)
        Corners, counter-clockwise when seen from outside. The first and the last are
        the diagonal that two triangles of one flat patch share.
    residue : ndarray, shape=(F,)
        Row of the residue table that each face stands for, -1 for the beads of a gap.
    """

    points: Doubles
    normals: Doubles
    faces: Ints
    residue: Ints

    @classmethod
    def join(cls, parts: list[Mesh]) -> Mesh:
        """Return all parts as one mesh."""
        starts = np.cumsum([0, *(len(part.points) for part in parts)])
        return cls(
            np.concatenate([part.points for part in parts]),
            np.concatenate([part.normals for part in parts]),
            np.concatenate([part.faces + start for part, start in zip(parts, starts, strict=False)]),
            np.concatenate([part.residue for part in parts]),
        )


@dataclass(frozen=True, eq=False)
class _Trace:
    """An unbroken stretch: rows of the residue table, CA positions, H/E/C."""

    rows: Ints
    ca: Doubles
    states: Strings


def drawn_states(structure: Structure) -> Strings:
    """Return ``H``, ``E`` or ``C`` per residue as it is drawn; shape (R,)."""
    return three_state(secondary_structure(structure))


def cartoon(structure: Structure, *, steps: int = 8, corners: int = 14) -> Mesh | None:
    """Return the cartoon of all protein chains, or None when there is nothing to draw.

    Parameters
    ----------
    structure : Structure
    steps : int, optional
        Cross-sections per residue.
    corners : int, optional
        Corners of each cross-section.
    """
    parts: list[Mesh] = []
    traces = list(_traces(structure))
    for trace in traces:
        parts.append(_tube(trace, steps, corners))
    chain = structure.residues.chain
    for one, two in itertools.pairwise(traces):
        if chain[one.rows[-1]] == chain[two.rows[0]]:
            parts += _beads(one.ca[-1], two.ca[0])
    return Mesh.join(parts) if parts else None


def _traces(structure: Structure) -> Iterator[_Trace]:
    states = drawn_states(structure)
    rows = np.flatnonzero(structure.protein_mask & (structure.ca_index >= 0))
    if not len(rows):
        return
    ca = structure.ca_coord()[rows]
    chain = structure.residues.chain[rows]
    far = np.linalg.norm(np.diff(ca, axis=0), axis=1) > BREAK
    cuts = np.flatnonzero(far | (np.diff(chain) != 0)) + 1
    for part in np.split(np.arange(len(rows)), cuts):
        if len(part) >= 2:
            yield _Trace(rows[part], ca[part], _without_short_runs(states[rows[part]]))


def _without_short_runs(states: Strings) -> Strings:
    found = states.copy()
    for first, last in _runs(states):
        if last - first < SHORTEST.get(str(states[first]), 0):
            found[first:last] = "C"
    return found


def _runs(states: Strings) -> list[tuple[int, int]]:
    """Return ``(first, past the last)`` of each run of equal states."""
    cuts = [0, *(np.flatnonzero(states[1:] != states[:-1]) + 1).tolist(), len(states)]
    return list(itertools.pairwise(cuts))


def _tube(trace: _Trace, steps: int, corners: int) -> Mesh:
    """Sweep the cross-sections along one stretch."""
    at, widths, thickness, squareness = _profile(trace.states, steps)
    guide = _smooth_strands(trace.ca, trace.states)
    centre, tangent = _spline(guide, at)
    side = _spline(_sides(guide, trace.states), at)[0]
    side = _unit(side - tangent * np.sum(side * tangent, axis=1, keepdims=True))
    up = np.cross(tangent, side)
    angle = 2 * np.pi * np.arange(corners) / corners
    x, y, nx, ny = _superellipse(angle, widths, thickness, squareness)
    points = centre[:, None] + x[..., None] * side[:, None] + y[..., None] * up[:, None]
    normals = _unit(nx[..., None] * side[:, None] + ny[..., None] * up[:, None])
    middle = np.clip(np.round((at[1:] + at[:-1]) / 2), 0, len(trace.rows) - 1).astype(int)
    body = _skin(points, normals, trace.rows[middle])
    first = _cap(points[0], centre[0], -tangent[0], int(trace.rows[0]), turned=True)
    last = _cap(points[-1], centre[-1], tangent[-1], int(trace.rows[-1]), turned=False)
    return Mesh.join([body, first, last])


def _profile(states: Strings, steps: int) -> tuple[Doubles, Doubles, Doubles, Doubles]:
    """Return where the cross-sections lie (in residues), and their sizes."""
    n = len(states)
    at = np.linspace(0, n - 1, (n - 1) * steps + 1)
    ends = [last - 1 for first, last in _runs(states) if states[first] == "E"]
    bases = np.array([max(end - ARROW_LENGTH, 0.0) for end in ends])
    at = np.unique(np.concatenate([at, bases - 1e-3, bases + 1e-3]).clip(0, n - 1))
    sizes = np.array([PROFILE[str(state)] for state in states])
    low = np.minimum(at.astype(int), n - 2) if n > 1 else np.zeros(len(at), dtype=int)
    share = np.clip((at - low - 0.5) * 2.2 + 0.5, 0, 1)[:, None]
    share = share * share * (3 - 2 * share)
    mixed = sizes[low] * (1 - share) + sizes[np.minimum(low + 1, n - 1)] * share
    for end, base in zip(ends, bases, strict=True):
        inside = (at > base) & (at <= end)
        rest = (end - at[inside]) / max(end - base, 1e-6)
        mixed[inside, 0] = PROFILE["C"][0] * 0.9 + (ARROW_WIDTH - PROFILE["C"][0]) * rest
        mixed[inside, 1:] = PROFILE["E"][1:]
    return at, mixed[:, 0], mixed[:, 1], mixed[:, 2]


def _smooth_strands(ca: Doubles, states: Strings) -> Doubles:
    """Take the pleat out of strands; ends and everything else stay."""
    found = ca.copy()
    inner = np.flatnonzero(states[1:-1] == "E") + 1
    for _ in range(2):
        found[inner] = (found[inner - 1] + 2 * found[inner] + found[inner + 1]) / 4
    return found


def _sides(ca: Doubles, states: Strings) -> Doubles:
    """Return the direction of the broad side at each CA, without sudden turns."""
    n = len(ca)
    if n < 3:
        return np.tile(_any_normal(ca[-1] - ca[0]), (n, 1))
    normal = np.cross(ca[1:-1] - ca[:-2], ca[2:] - ca[1:-1])
    side = _unit(np.concatenate([normal[:1], normal, normal[-1:]]))
    for i in range(1, n):
        if side[i] @ side[i - 1] < 0:
            side[i] = -side[i]
    for _ in range(2):
        padded = np.concatenate([side[:1], side, side[-1:]])
        side = _unit(padded[:-2] + 2 * padded[1:-1] + padded[2:])
    return side


def _any_normal(direction: Doubles) -> Doubles:
    axis = np.eye(3)[int(np.argmin(np.abs(direction)))]
    found: Doubles = _unit(np.cross(direction, axis)[None])[0]
    return found


def _spline(knots: Doubles, at: Doubles) -> tuple[Doubles, Doubles]:
    """Return positions and unit tangents of the Catmull-Rom spline at ``at`` (in knots)."""
    padded = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    low = np.minimum(at.astype(int), len(knots) - 2)
    t = (at - low)[:, None]
    a, b, c, d = (padded[low + k] for k in range(4))
    c1, c2, c3 = c - a, 2 * a - 5 * b + 4 * c - d, 3 * b - a - 3 * c + d
    position = b + 0.5 * (c1 * t + c2 * t**2 + c3 * t**3)
    return position, _unit(0.5 * (c1 + 2 * c2 * t + 3 * c3 * t**2))


def _superellipse(
    angle: Doubles, width: Doubles, thickness: Doubles, squareness: Doubles
) -> tuple[Doubles, Doubles, Doubles, Doubles]:
    """Return x, y and the outward normal of each corner; shape (sections, corners) each."""
    cos, sin = np.cos(angle)[None], np.sin(angle)[None]
    w, h, power = width[:, None], thickness[:, None], 2 / squareness[:, None]
    x, y = w * np.sign(cos) * np.abs(cos) ** power, h * np.sign(sin) * np.abs(sin) ** power
    normal_x = np.sign(cos) * np.abs(cos) ** (2 - power) / w
    normal_y = np.sign(sin) * np.abs(sin) ** (2 - power) / h
    return x, y, normal_x, normal_y


def _skin(points: Doubles, normals: Doubles, residue: Ints) -> Mesh:
    """Return the faces between neighbouring cross-sections."""
    sections, corners = points.shape[:2]
    index = np.arange(sections * corners).reshape(sections, corners)
    here, right = index, np.roll(index, -1, axis=1)
    lower = np.stack([here[:-1], right[:-1], right[1:]], axis=-1)
    upper = np.stack([right[1:], here[1:], here[:-1]], axis=-1)
    faces = np.concatenate([lower.reshape(-1, 3), upper.reshape(-1, 3)])
    per_face = np.repeat(residue, corners)
    return Mesh(points.reshape(-1, 3), normals.reshape(-1, 3), faces, np.concatenate([per_face, per_face]))


def _cap(ring: Doubles, centre: Doubles, normal: Doubles, residue: int, *, turned: bool) -> Mesh:
    """Close an end with a fan of triangles."""
    corners = len(ring)
    index = np.arange(corners)
    after = np.roll(index, -1)
    pair = (after, index) if turned else (index, after)
    faces = np.stack([np.full(corners, corners), *pair], axis=1)
    points = np.concatenate([ring, centre[None]])
    return Mesh(points, np.tile(normal, (corners + 1, 1)), faces, np.full(corners, residue))


def _beads(start: Doubles, end: Doubles) -> list[Mesh]:
    """Mark a gap by a straight row of beads."""
    length = float(np.linalg.norm(end - start))
    if length > LONGEST_GAP or length < 2 * BEAD_STEP:
        return []
    count = int(length / BEAD_STEP)
    shares = (np.arange(1, count) / count)[:, None]
    return [_sphere(start + share * (end - start)) for share in shares]


def _sphere(centre: Doubles, rings: int = 6, corners: int = 10) -> Mesh:
    polar = np.linspace(0, np.pi, rings)[:, None]
    angle = (2 * np.pi * np.arange(corners) / corners)[None]
    unit = np.stack(
        [np.sin(polar) * np.cos(angle), np.sin(polar) * np.sin(angle), -np.cos(polar) + 0 * angle], axis=-1
    )
    return _skin(centre + BEAD_RADIUS * unit, unit, np.full(rings - 1, -1))


def _unit(vectors: Doubles) -> Doubles:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    found: Doubles = vectors / np.maximum(length, 1e-9)
    return found
