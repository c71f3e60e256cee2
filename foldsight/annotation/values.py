"""Annotations, their residues and their comments, as plain immutable values."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from dataclasses import fields as fields_of
from datetime import UTC, datetime
from typing import Any, Protocol

import numpy as np

from foldsight.annotation.check import check
from foldsight.errors import BadRequest, NotAllowed
from foldsight.residues import ResidueRef, resolve
from foldsight.typing import Json, Strings

#: Colours of new annotations by kind; every other kind gets the last (Okabe and Ito 2008, colour-blind safe).
COLOURS = {
    "active site": "#d55e00",
    "binding site": "#0072b2",
    "domain": "#009e73",
    "variant": "#cc79a7",
    "note": "#e69f00",
}
_MENTION = re.compile(r"(?<![\w@])@([\w][\w.\-]{0,198}[\w]|\w)")


class Residued(Protocol):
    """What has residues with names: a structure."""

    @property
    def refs(self) -> tuple[ResidueRef, ...]:
        """One reference per residue."""
        ...

    @property
    def one_letters(self) -> Strings:
        """One letter per residue."""
        ...


def new_id() -> str:
    """Return an id that nobody else will choose."""
    return secrets.token_urlsafe(12)


def now() -> str:
    """Return the time in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def mentions(text: str) -> tuple[str, ...]:
    """Return whom a text mentions, each once, in order.

    >>> mentions("@ada and @bob.b: see @ada, not mail@example.org")
    ('ada', 'bob.b')
    """
    return tuple(dict.fromkeys(_MENTION.findall(text)))[:50]


@dataclass(frozen=True, slots=True)
class Span:
    """Residues of one chain from first to last, both included, with the letters of both ends."""

    first: ResidueRef
    last: ResidueRef
    letters: tuple[str, str] = ("X", "X")

    def __str__(self) -> str:
        return (
            str(self.first) if self.first == self.last else f"{self.first}-{str(self.last).split(':', 1)[1]}"
        )

    def to_dict(self) -> Json:
        """Return the span as JSON values."""
        first, last = self.first.to_dict(), self.last.to_dict()
        return {"first": {**first, "letter": self.letters[0]}, "last": {**last, "letter": self.letters[1]}}

    @classmethod
    def from_dict(cls, data: Json) -> Span:
        """Rebuild a span from :meth:`to_dict`."""
        first, last = data["first"], data["last"]
        return cls(
            ResidueRef.from_dict(first),
            ResidueRef.from_dict(last),
            (str(first["letter"]), str(last["letter"])),
        )


@dataclass(frozen=True, slots=True)
class Comment:
    """One entry of an annotation's thread; see ``schema.json`` for what each field may hold."""

    id: str
    author: str
    author_name: str
    text: str
    created: str
    edited: str | None = None
    history: tuple[Mapping[str, str], ...] = ()
    mentions: tuple[str, ...] = ()

    def to_dict(self) -> Json:
        """Return the comment as JSON values."""
        data = asdict(self)
        data["history"], data["mentions"] = [dict(edit) for edit in self.history], list(self.mentions)
        return data

    @classmethod
    def from_dict(cls, data: Json) -> Comment:
        """Rebuild a comment; raises BadRequest when it breaks the schema."""
        check("Comment", data)
        return cls(**{**data, "history": tuple(data["history"]), "mentions": tuple(data["mentions"])})

    @classmethod
    def new(cls, text: str, author: tuple[str, str], created: str | None = None) -> Comment:
        """Return a new comment by ``(id, name)`` of its author."""
        made = cls(new_id(), *author, text, created or now(), mentions=mentions(text))
        return cls.from_dict(made.to_dict())

    def edit(self, text: str, author: str, when: str | None = None) -> Comment:
        """Return the comment with another text; what it said before is kept.

        Raises
        ------
        NotAllowed
            For anyone but its author.
        """
        if author != self.author:
            raise NotAllowed(f"Only {self.author_name} may edit this comment.", hint="Write a reply instead.")
        if text == self.text:
            return self
        moment = when or now()
        history = (*self.history, {"text": self.text, "until": moment})[-100:]
        changed = replace(self, text=text, edited=moment, history=history, mentions=mentions(text))
        return Comment.from_dict(changed.to_dict())


@dataclass(frozen=True, slots=True)
class Annotation:
    """Residues, what is said of them, and the thread below it; see ``schema.json`` for the limits."""

    id: str
    ranges: tuple[Span, ...]
    author: str
    author_name: str
    created: str
    text: str = ""
    label: str = ""
    kind: str = "note"
    layer: str = "default"
    colour: str = COLOURS["note"]
    structure: str = ""
    resolved: bool = False
    comments: Mapping[str, Comment] = field(default_factory=dict)

    @property
    def residues(self) -> str:
        """The residues as a selection: ``A:25-27,B:50``."""
        return ",".join(map(str, self.ranges))

    def to_dict(self) -> Json:
        """Return the annotation as JSON values, as ``schema.json`` says."""
        names = ("id", "structure", "layer", "kind", "colour", "label", "text")
        data: Json = {name: getattr(self, name) for name in names}
        data.update(author=self.author, author_name=self.author_name, created=self.created)
        data.update(resolved=self.resolved, ranges=[span.to_dict() for span in self.ranges])
        data["comments"] = {key: comment.to_dict() for key, comment in self.comments.items()}
        return data

    @classmethod
    def from_dict(cls, data: Json) -> Annotation:
        """Rebuild an annotation.

        Raises
        ------
        BadRequest
            When it breaks the schema or a span crosses chains; the field is named.
        """
        check("Annotation", data)
        spans = tuple(map(Span.from_dict, data["ranges"]))
        if crossing := [span for span in spans if span.first.chain != span.last.chain]:
            raise BadRequest(
                f"The range {crossing[0]} crosses chains.", hint="Give one range for each chain."
            )
        comments = {str(key): Comment.from_dict(part) for key, part in data["comments"].items()}
        return cls(**{**data, "ranges": spans, "comments": comments})

    @classmethod
    def new(
        cls,
        ranges: Sequence[Span],
        text: str,
        author: tuple[str, str],
        *,
        kind: str = "note",
        colour: str | None = None,
        **fields: Any,
    ) -> Annotation:
        """Return a new annotation by ``(id, name)`` of its author."""
        unknown = sorted(set(fields) - {each.name for each in fields_of(cls)})
        if unknown:
            raise BadRequest(
                f"An annotation has no {', '.join(unknown)}.",
                hint="It has label, layer, kind, colour, structure.",
            )
        hue = (colour or COLOURS.get(kind, COLOURS["note"])).lower()
        made = {
            "id": new_id(), "created": now(), "text": text, "kind": kind, "colour": hue, **fields,
        }  # fmt: skip
        whole = cls(ranges=tuple(ranges), author=author[0], author_name=author[1], **made)
        return cls.from_dict(whole.to_dict())


def anchor(selection: str, structure: Residued) -> tuple[Span, ...]:
    """Return the spans that a selection names, one for each run of residues in file order.

    Raises
    ------
    BadRequest
        When a part of it names no residue of the structure.

    Notes
    -----
    Water and ligands of a chain carry no sequence position; a range of author numbers over
    a polymer leaves them out unless nothing else has these numbers.
    """
    chosen = set(resolve(selection, structure.refs))
    if any(ref.label_seq is not None for ref in chosen):
        chosen = {ref for ref in chosen if ref.label_seq is not None}
    index = [i for i, ref in enumerate(structure.refs) if ref in chosen]
    return tuple(spans_of(index, structure))


def spans_of(index: Iterable[int], structure: Residued) -> list[Span]:
    """Return rows of the residue table as runs that lie in one chain each."""
    runs: list[list[int]] = []
    refs = structure.refs
    for i in index:
        if runs and i == runs[-1][1] + 1 and refs[i].chain == refs[runs[-1][0]].chain:
            runs[-1][1] = i
        else:
            runs.append([i, i])
    letters = structure.one_letters
    return [Span(refs[a], refs[b], (str(letters[a]), str(letters[b]))) for a, b in runs]


def rows_of(span: Span, structure: Residued) -> range:
    """Return the rows of the residue table that a span covers.

    Raises
    ------
    BadRequest
        When an end of it is not there, or is another amino acid.
    """
    ends = [_row(ref, structure) for ref in (span.first, span.last)]
    for row, letter, ref in zip(ends, span.letters, (span.first, span.last), strict=True):
        found = str(structure.one_letters[row])
        if found != letter:
            raise BadRequest(
                f"{ref} is {found} in this structure, not {letter}.", hint="Remap the annotation first."
            )
    if ends[1] < ends[0]:
        raise BadRequest(f"The range {span} ends before it begins.", hint="Write the smaller number first.")
    return range(ends[0], ends[1] + 1)


def _row(ref: ResidueRef, structure: Residued) -> int:
    same = [
        i for i, other in enumerate(structure.refs)
        if (other.chain, other.auth_seq, other.ins_code) == (ref.chain, ref.auth_seq, ref.ins_code)
    ]  # fmt: skip
    # Water may repeat a number of the polymer: the sequence position decides.
    exact = [i for i in same if structure.refs[i].label_seq == ref.label_seq] or same
    if exact:
        return exact[0]
    chains = ", ".join(dict.fromkeys(other.chain for other in structure.refs)) or "none"
    raise BadRequest(
        f"Residue {ref} is not in the structure.", hint=f"The chains are {chains}.", residue=str(ref)
    )


def covered(annotation: Annotation, structure: Residued) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which residues an annotation covers; shape (R,).

    Raises
    ------
    BadRequest
        When a residue of it is not in the structure.
    """
    mask = np.zeros(len(structure.refs), dtype=bool)
    for span in annotation.ranges:
        rows = rows_of(span, structure)
        mask[rows.start : rows.stop] = True
    return mask
