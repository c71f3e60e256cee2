"""What each role may do to a room's document, told by what an update touched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pycrdt import Map

from foldsight.annotation import Annotation, check
from foldsight.errors import BadRequest, NotAllowed
from foldsight_server.rooms.document import MOST_ANNOTATIONS, ROOTS, YDoc, YMap, plain, root

#: Fields that say who made something, when, and under which id: never changed.
_FIXED = frozenset({"id", "author", "created"})
#: An annotation's id, and for a comment its own.
Owner = tuple[str, ...]
Verify = Callable[[Annotation], None]


@dataclass(frozen=True, slots=True)
class Person:
    """Who writes, and what their role lets them do."""

    id: str
    name: str
    may_comment: bool = True
    may_edit: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """One shared type that an update touched: its path from the root, and its changed keys.

    ``keys`` maps a key to ``(action, old value)``; it is empty for text.
    """

    path: tuple[str, ...]
    keys: dict[str, tuple[str, Any]]


class Rules:
    """Judges changes.

    Parameters
    ----------
    authors : mapping
        Who wrote each annotation and comment; kept up to date by the gate.
    verify : callable, optional
        Raises BadRequest for an annotation whose residues are not in the structure, or Unread.
    """

    def __init__(self, authors: Mapping[Owner, str], verify: Verify | None = None) -> None:
        self._authors, self._verify = authors, verify
        self._roots: dict[str, YMap] = {}

    def judge(self, doc: YDoc, changes: Iterable[Change], person: Person) -> None:
        """Raise unless a person may make these changes, and what comes of them follows the schema.

        Parameters
        ----------
        doc : pycrdt.Doc
            With the changes made.
        changes : iterable of Change
        person : Person

        Raises
        ------
        NotAllowed, BadRequest, Unread
        """
        if not person.may_comment:
            raise NotAllowed("A viewer may not write in this room.", hint="Ask an owner for another role.")
        if strange := sorted(set(doc.keys()) - set(ROOTS)):
            raise BadRequest(
                f"The document has no part {strange[0][:40]!r}.", hint=f"It has {', '.join(ROOTS)}."
            )
        self._roots = {name: root(doc, name) for name in ROOTS}
        annotations: set[str] = set()
        for change in changes:
            if change.path[0] == "annotations":
                annotations.update(_annotations_of(change))
                self._judge_annotation(change, person)
            elif not person.may_edit:
                raise NotAllowed(
                    "A commenter may only write comments.", hint="Ask an owner for another role."
                )
            else:
                self._judge_part(change)
        self._check_annotations(annotations)

    def _judge_annotation(self, change: Change, person: Person) -> None:
        """Whether a person may make one change below ``annotations``."""
        match change.path[1:]:
            case (annotation, "comments"):
                for key, (action, _) in change.keys.items():
                    self._judge_comment((annotation, key), action, person)
            case (annotation, "comments", comment, *_):
                self._judge_comment_edit((annotation, comment), change, person)
            case _ if not person.may_edit:
                raise NotAllowed(
                    "A commenter may only write comments.", hint="Ask an owner for another role."
                )
            case ():
                for key, (action, _) in change.keys.items():
                    self._judge_new(key, action, person)
            case _:
                self._keep_fixed(change.keys, {*_FIXED, "author_name", "comments"})

    def _judge_new(self, key: str, action: str, person: Person) -> None:
        if action == "update":
            raise NotAllowed("An annotation is changed field by field, not replaced.")
        if action == "add":
            made = plain(self._roots["annotations"][key])
            self._own((key,), made.get("author"), person)
            for comment, part in made["comments"].items():
                self._own((key, comment), part.get("author"), person)

    def _judge_comment(self, owner: Owner, action: str, person: Person) -> None:
        annotation, key = owner
        if action == "update":
            raise NotAllowed("A comment is changed field by field, not replaced.")
        if action == "delete":
            if not person.may_edit and self._authors.get(owner) != person.id:
                raise NotAllowed("A commenter may delete only comments of their own.")
            return
        comment = self._roots["annotations"][annotation]["comments"][key]
        self._own(owner, comment.get("author") if isinstance(comment, Map) else None, person)

    def _judge_comment_edit(self, owner: Owner, change: Change, person: Person) -> None:
        if self._authors.get(owner) != person.id:
            raise NotAllowed("Only its author may edit a comment.", hint="Write a reply instead.")
        self._keep_fixed(change.keys, {*_FIXED, "author_name"})
        if "text" in change.keys and "history" not in change.keys:
            raise BadRequest("An edited comment must keep what it said in its history.")
        if "history" in change.keys:
            old = change.keys["history"][1]
            now = self._roots["annotations"][owner[0]]["comments"][owner[1]].get("history")
            if not isinstance(now, list) or not _grew(list(old or ()), now):
                raise BadRequest("The history of a comment only grows.")

    def _own(self, owner: Owner, author: object, person: Person) -> None:
        """What is new carries its writer's own id, unless undo brings back what was there."""
        if author != person.id and self._authors.get(owner) != author:
            raise NotAllowed("Nobody may write in another's name.", hint=f"Your id here is {person.id}.")

    def _keep_fixed(self, keys: Iterable[str], fixed: set[str]) -> None:
        if changed := sorted(fixed.intersection(keys)):
            raise NotAllowed(f"{', '.join(changed)} cannot be changed.")

    def _judge_part(self, change: Change) -> None:
        """Check layers, scenes and meta against the schema."""
        name, *rest = change.path
        held = self._roots[name]
        if name == "meta":
            check("Meta", held.to_py())
            return
        kind = {"layers": "Layer", "scenes": "SavedScene"}[name]
        for key in rest[:1] or change.keys:
            if key in held:
                part = held[key]
                data = part.to_py() if isinstance(part, Map) else None
                check(kind, data)
                assert data is not None
                if data["id"] != key:
                    raise BadRequest(f"{name}.{key} has another id than its key.")
        if len(held) > 200:
            raise BadRequest(f"A room holds at most 200 {name}.")

    def _check_annotations(self, keys: Iterable[str]) -> None:
        held = self._roots["annotations"]
        if len(held) > MOST_ANNOTATIONS:
            raise BadRequest(f"A room holds at most {MOST_ANNOTATIONS} annotations.")
        for key in keys:
            if key not in held:
                continue
            found = Annotation.from_dict(plain(held[key]))
            if found.id != key or any(comment.id != part for part, comment in found.comments.items()):
                raise BadRequest(f"Annotation {key!r} has another id than its key.")
            if self._verify is not None:
                self._verify(found)


def _annotations_of(change: Change) -> Iterable[str]:
    return change.path[1:2] or change.keys


def _grew(old: list[Any], now: list[Any]) -> bool:
    """Whether ``now`` is ``old`` and more; of a full hundred the oldest may have gone."""
    if now[: len(old)] == old:
        return True
    return len(now) == 100 and any(now[: len(old) - gone] == old[gone:] for gone in range(1, len(old)))
