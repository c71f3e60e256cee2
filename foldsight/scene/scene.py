""":class:`Scene`: the structures of a view, how they may be coloured, and how they look now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from foldsight.confidence import Confidence
from foldsight.errors import BadRequest
from foldsight.prediction import Prediction
from foldsight.residues import ResidueRef, resolve
from foldsight.scene.coloring import Coloring, by_chain, by_confidence, by_secondary
from foldsight.scene.frames import checked_frames
from foldsight.scene.hydrophobicity import by_hydrophobicity
from foldsight.scene.marks import Mark
from foldsight.structure import Structure
from foldsight.typing import Floats, Ints

_Key: TypeAlias = tuple[str, str, int, str]
Representation: TypeAlias = Literal["cartoon", "tube", "putty", "ball-and-stick", "surface"]
Layout: TypeAlias = Literal["structure", "grid", "sequence", "pae", "workbench"]


@dataclass(frozen=True)
class Style:
    """How a view looks.

    Attributes
    ----------
    representation : {'cartoon', 'tube', 'putty', 'ball-and-stick', 'surface'}
        A putty is a tube that is thick where the confidence is low.
    coloring : str
        Id of a colouring of the scene.
    palette : str
        Name of a palette of that colouring; another name means its default.
    height : int
        Height of the view in CSS pixels.
    strip : bool
        Whether the sequence strip is shown.
    layout : {'structure', 'grid', 'sequence', 'pae', 'workbench'}
        Which panels there are: one picture of all structures, one of each with a common camera,
        a single panel, or all of them.
    clip : int
        How far a plane cuts into the picture from the front: 0 not at all, 99 nearly to its middle.
    """

    representation: Representation = "cartoon"
    coloring: str = "confidence"
    palette: str = ""
    height: int = 520
    strip: bool = True
    layout: Layout = "structure"
    clip: int = 0

    def __post_init__(self) -> None:
        _one_of("representation", self.representation, get_args(Representation))
        _one_of("layout", self.layout, get_args(Layout))
        if not 160 <= self.height <= 4000:
            raise BadRequest(f"A view cannot be {self.height} pixels high.", hint="Use 160 to 4000.")
        if not 0 <= self.clip <= 99:
            raise BadRequest(f"A view cannot be clipped by {self.clip} percent.", hint="Use 0 to 99.")


def _one_of(what: str, word: str, words: tuple[str, ...]) -> None:
    if word not in words:
        raise BadRequest(f"There is no {what} {word!r}.", hint=f"Use {', '.join(words)}.")


@dataclass(frozen=True, slots=True, order=True)
class PlacedResidue(ResidueRef):
    """A residue of a structure other than the scene's first one.

    Attributes
    ----------
    structure : str
        Id of the structure within the scene.
    """

    structure: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the reference as JSON values."""
        return {**ResidueRef.to_dict(self), "structure": self.structure}


@dataclass(frozen=True, eq=False)
class SceneStructure:
    """One structure within a scene.

    Parameters
    ----------
    id : str
        Unique within the scene.
    structure : Structure
    confidence : Confidence, optional
    colorings : tuple of Coloring
        The first is what a view shows unless told otherwise.
    pae : ndarray, shape=(T, T), optional
        Predicted aligned error in Å.
    frames : ndarray, shape=(F, N, 3), optional
        Coordinates to show in turn, Å; without them the structure's own.
    """

    id: str
    structure: Structure
    confidence: Confidence | None = None
    colorings: tuple[Coloring, ...] = ()
    pae: Floats | None = None
    frames: Floats | None = None

    @cached_property
    def rows(self) -> Ints:
        """Rows of the residue table that the sequence strip shows: all polymer residues."""
        kinds = [chain.kind in ("protein", "nucleic", "other polymer") for chain in self.structure.chains]
        table = self.structure.residues
        polymer = np.array(kinds, dtype=bool)[table.chain] & (table.label_seq > 0)
        rows: Ints = np.flatnonzero(polymer).astype(np.int32)
        return rows


@dataclass(frozen=True, eq=False)
class Scene:
    """Structures with their colourings and a style. Immutable; methods return a new scene.

    Examples
    --------
    >>> scene = Scene.of(prediction)                          # doctest: +SKIP
    >>> scene.styled(representation="surface", coloring="chain")   # doctest: +SKIP
    """

    structures: tuple[SceneStructure, ...]
    style: Style = field(default_factory=Style)
    title: str = ""
    marks: tuple[Mark, ...] = ()

    @classmethod
    def of(cls, *items: Prediction | Structure, title: str | None = None, **style: Any) -> Scene:
        """Build a scene of one or several predictions or structures.

        Each may be coloured by its confidence (where it has one), chain and secondary
        structure. Several structures are first coloured by chain, unless all have a
        confidence of the same kind.
        """
        if not items:
            raise BadRequest("A scene needs at least one structure.")
        shown = tuple(_shown(item, id) for item, id in zip(items, _ids(items), strict=True))
        scene = cls(shown, title=title if title is not None else ", ".join(_name(item) for item in items))
        kinds = {item.confidence.kind if item.confidence else None for item in shown}
        first = "chain" if len(kinds) > 1 or None in kinds else "confidence"
        return scene.styled(**{"coloring": first, **style})

    def styled(self, **changes: Any) -> Scene:
        """Return the scene with other fields of :class:`Style`."""
        unknown = set(changes) - set(Style.__dataclass_fields__)
        if unknown:
            raise BadRequest(
                f"A view has no style {sorted(unknown)[0]!r}.",
                hint=f"Use {', '.join(Style.__dataclass_fields__)}.",
            )
        style = replace(self.style, **changes)
        known = list(dict.fromkeys(c.id for item in self.structures for c in item.colorings))
        if style.coloring not in known:
            raise BadRequest(
                f"The scene has no colouring {style.coloring!r}.", hint=f"Use {', '.join(known)}."
            )
        return replace(self, style=style)

    def colored_by(self, coloring: Coloring, *, structure: str | None = None) -> Scene:
        """Return the scene with one more colouring, shown at once.

        ``structure`` is the id of the structure that it belongs to, the first by default.
        """
        target = self.structure(structure)
        count = len(target.structure.residues)
        if coloring.classes is not None and len(coloring.classes) != count:
            raise BadRequest(
                f"The colouring has {len(coloring.classes)} values for {count} residues of {target.id}."
            )
        kept = tuple(c for c in target.colorings if c.id != coloring.id)
        changed = replace(target, colorings=(*kept, coloring))
        structures = tuple(changed if item is target else item for item in self.structures)
        style = replace(self.style, coloring=coloring.id, palette="")
        return replace(self, structures=structures, style=style)

    def animated(self, frames: Any, *, structure: str | None = None) -> Scene:
        """Return the scene with frames of one structure; see :mod:`foldsight.scene.frames`."""
        target = self.structure(structure)
        changed = replace(target, frames=checked_frames(target.structure, frames))
        return replace(
            self, structures=tuple(changed if item is target else item for item in self.structures)
        )

    @property
    def frame_count(self) -> int:
        """How many frames there are to show in turn; 1 where nothing moves."""
        return max((1 if item.frames is None else len(item.frames) for item in self.structures), default=1)

    def marked(self, *marks: Mark) -> Scene:
        """Return the scene with more labels and distances."""
        for mark in marks:
            self.known(mark.residues)
        return replace(self, marks=(*self.marks, *marks))

    def structure(self, id: str | None = None) -> SceneStructure:
        """Return a structure of the scene by id, the first when none is given."""
        found = [item for item in self.structures if id is None or item.id == id]
        if not found:
            known = ", ".join(item.id for item in self.structures)
            raise BadRequest(f"The scene has no structure {id!r}.", hint=f"It has {known}.")
        return found[0]

    def refs(self, item: SceneStructure) -> list[ResidueRef]:
        """Return the residues of one structure, named so that the scene tells them apart."""
        refs = [item.structure.refs[int(row)] for row in item.rows]
        return refs if item is self.structures[0] else [_placed(ref, item.id) for ref in refs]

    def select(self, selection: str) -> list[ResidueRef]:
        """Return the residues that a selection names, in every structure that has them.

        Raises
        ------
        BadRequest
            When no structure has a residue that the selection names.
        """
        found: list[ResidueRef] = []
        fault: BadRequest | None = None
        for item in self.structures:
            try:
                found += resolve(selection, self.refs(item))
            except BadRequest as error:
                fault = fault or error
        if not found and fault is not None:
            raise fault
        return found

    def known(self, refs: Iterable[ResidueRef]) -> list[ResidueRef]:
        """Return the scene's own references for ``refs``; a residue that it does not show is refused."""
        asked = list(refs)
        unknown = [ref for ref in asked if _key(ref) not in self._index]
        if unknown:
            raise BadRequest(f"The view shows no residue {unknown[0]}.")
        return [self._index[_key(ref)] for ref in asked]

    def still_shown(self, refs: Iterable[ResidueRef]) -> list[ResidueRef]:
        """Return the scene's own references for those of ``refs`` that it shows."""
        return [self._index[_key(ref)] for ref in refs if _key(ref) in self._index]

    def ordered(self, refs: Iterable[ResidueRef]) -> list[ResidueRef]:
        """Return residues of the scene once each and in its order."""
        wanted = {_key(ref) for ref in refs}
        return [ref for key, ref in self._index.items() if key in wanted]

    @cached_property
    def _index(self) -> dict[_Key, ResidueRef]:
        return {_key(ref): ref for item in self.structures for ref in self.refs(item)}


def ref_from_dict(data: Mapping[str, Any]) -> ResidueRef:
    """Rebuild a reference as it travels to and from the widget."""
    ref = ResidueRef.from_dict(dict(data))
    return _placed(ref, str(data["structure"])) if data.get("structure") else ref


def _key(ref: ResidueRef) -> _Key:
    return (getattr(ref, "structure", ""), ref.chain, ref.auth_seq, ref.ins_code)


def _placed(ref: ResidueRef, structure: str) -> PlacedResidue:
    return PlacedResidue(ref.chain, ref.auth_seq, ref.ins_code, ref.label_seq, ref.uniprot, structure)


def _name(item: Prediction | Structure) -> str:
    return item.name


def _ids(items: Iterable[Prediction | Structure]) -> list[str]:
    """Names of the items, made unique by a number."""
    ids: list[str] = []
    for item in items:
        name = _name(item) or "structure"
        again = sum(other == name or other.startswith(f"{name} #") for other in ids)
        ids.append(f"{name} #{again + 1}" if again else name)
    return ids


def _shown(item: Prediction | Structure, id: str) -> SceneStructure:
    if isinstance(item, Prediction):
        structure, confidence = item.structure, item.confidence
        colorings = by_confidence(confidence), *_always(structure)
        return SceneStructure(id, structure, confidence, colorings, confidence.pae)
    return SceneStructure(id, item, None, _always(item))


def _always(structure: Structure) -> tuple[Coloring, ...]:
    return (by_chain(structure), by_secondary(), by_hydrophobicity(structure))
