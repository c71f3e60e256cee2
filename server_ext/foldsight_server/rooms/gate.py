"""The gate of a room: every update is tried on a copy of the document first.

What an update *does* there decides whether it is let in: which maps it touches, whose they
are, and whether what comes out still follows the schema. Only the part that took effect is
passed on, so that nothing unseen rides along. A refused update leaves no trace: the copy is
made anew from what was let in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pycrdt import Map, MapEvent, get_update

from foldsight.annotation import Annotation, check
from foldsight.errors import BadRequest, NotAllowed
from foldsight_server.rooms import wire
from foldsight_server.rooms.document import MOST_ANNOTATIONS, ROOTS, YDoc, keys, new_document, plain, root

#: Fields that say who made something, when, and under which id: never changed.
_FIXED = frozenset({"id", "author", "created"})
#: Authors of deleted annotations and comments that are remembered, so that undo can bring them back.
MOST_REMEMBERED = 50_000
Owner = tuple[str, ...]
Verify = Callable[[Annotation], None]


class Ahead(Exception):
    """An update builds on others that are not here: the sender should say all it knows."""


class Unread(Exception):
    """The residues of a structure are needed and not read yet."""

    def __init__(self, structure: str) -> None:
        super().__init__(structure)
        self.structure = structure


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


@dataclass(frozen=True, slots=True)
class Admitted:
    """What was let in: the update that took effect, and what it touched, for the audit."""

    update: bytes
    touched: tuple[str, ...]


class Gate:
    """Tries updates on a copy of a document.

    Parameters
    ----------
    state : callable
        Returns all that was let in so far, as one update.
    verify : callable, optional
        Raises BadRequest for an annotation whose residues are not in the structure, or Unread.
    """

    def __init__(self, state: Callable[[], bytes], verify: Verify | None = None) -> None:
        self._state, self._verify = state, verify
        self._authors: dict[Owner, str] = {}
        self.renew()
        annotations = root(self._trial, "annotations")
        for key in keys(annotations):
            self._remember(key, annotations[key])

    @property
    def trial(self) -> YDoc:
        """The copy."""
        return self._trial

    def follow(self, update: bytes) -> None:
        """Take over an update that another server let in."""
        for change in self._apply(update)[1]:
            self._learn(change)

    def admit(self, update: bytes, person: Person) -> Admitted | None:
        """Try an update.

        Returns
        -------
        Admitted or None
            None when it holds nothing new.

        Raises
        ------
        Ahead
            When updates that it builds on are missing.
        Unread
            When ``verify`` must first read a structure; the same update may be tried again then.
        NotAllowed
            When the person may not do what it does.
        BadRequest
            When it is no update, or breaks the schema.
        """
        try:
            effect, changes = self._apply(update)
            if self._is_ahead(update, effect):
                raise Ahead
            if not effect:
                return None
            # One transaction around all reads: each would open one of its own.
            with self._trial.transaction():
                self._judge(changes, person)
        except BaseException:
            self.renew()
            raise
        with self._trial.transaction():
            for change in changes:
                self._learn(change)
        return Admitted(
            effect, tuple(sorted({_name(change, key) for change in changes for key in _keys(change)}))
        )

    def renew(self) -> None:
        """Make the copy anew from what was let in."""
        self._trial = new_document(self._state())
        self._effects: list[bytes] = []
        self._changes: list[Change] = []
        # The maps are held on to: an observer ends with the object that it was set on.
        self._roots = {name: root(self._trial, name) for name in ROOTS}
        for name, held in self._roots.items():
            held.observe_deep(self._observer(name))
        self._trial.observe(lambda event: self._effects.append(event.update))

    def _observer(self, name: str) -> Callable[[list[Any]], None]:
        def note(events: list[Any]) -> None:
            for event in events:
                found: dict[str, Any] = getattr(event, "keys", {}) if isinstance(event, MapEvent) else {}
                seen = {key: (what["action"], what.get("oldValue")) for key, what in found.items()}
                self._changes.append(Change((name, *map(str, event.path)), seen))

        return note

    def _apply(self, update: bytes) -> tuple[bytes, list[Change]]:
        self._effects.clear()
        self._changes.clear()
        try:
            self._trial.apply_update(update)
        except ValueError:
            raise wire.Malformed("The message holds no Yjs update.") from None
        assert len(self._effects) <= 1, "one update is one transaction"
        return b"".join(self._effects), list(self._changes)

    def _is_ahead(self, update: bytes, effect: bytes) -> bool:
        """Whether part of an update waits for others: structs or deletions that took no effect yet."""
        state = self._trial.get_state()
        rest = get_update(update, state)
        if rest[:1] != b"\x00":
            return True
        # The usual case: it deletes nothing, or just what it took effect on.
        if rest == b"\x00\x00" or (effect and rest == get_update(effect, state)):
            return False
        known = wire.state_vector(state)
        return any(end > known.get(client, 0) for client, end in wire.deletions(rest))

    def _judge(self, changes: Iterable[Change], person: Person) -> None:
        if not person.may_comment:
            raise NotAllowed("A viewer may not write in this room.", hint="Ask an owner for another role.")
        if strange := sorted(set(self._trial.keys()) - set(ROOTS)):
            raise BadRequest(
                f"The document has no part {strange[0][:40]!r}.", hint=f"It has {', '.join(ROOTS)}."
            )
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

    def _learn(self, change: Change) -> None:
        """Remember the authors of what is new."""
        held = self._roots["annotations"]
        match change.path:
            case ("annotations",):
                for key in change.keys:
                    if key in held:
                        self._remember(key, held[key])
            case ("annotations", annotation, "comments"):
                if annotation in held:
                    self._remember(annotation, held[annotation])

    def _remember(self, key: str, shared: Any) -> None:
        self._authors[(key,)] = str(shared.get("author"))
        comments = shared["comments"]
        for part in keys(comments):
            self._authors[(key, part)] = str(comments[part].get("author"))
        if len(self._authors) > MOST_REMEMBERED:
            self._forget()

    def _forget(self) -> None:
        """Drop the authors of what is gone."""
        held = self._roots["annotations"]
        self._authors = {
            owner: author
            for owner, author in self._authors.items()
            if owner[0] in held and (len(owner) == 1 or owner[1] in held[owner[0]]["comments"])
        }


def _annotations_of(change: Change) -> Iterable[str]:
    return change.path[1:2] or change.keys


def _keys(change: Change) -> Iterable[str]:
    return change.keys or ("",)


def _name(change: Change, key: str) -> str:
    action = change.keys[key][0] if key else "update"
    return f"{action} {'/'.join((*change.path, key) if key else change.path)}"


def _grew(old: list[Any], now: list[Any]) -> bool:
    """Whether ``now`` is ``old`` and more; of a full hundred the oldest may have gone."""
    if now[: len(old)] == old:
        return True
    return len(now) == 100 and any(now[: len(old) - gone] == old[gone:] for gone in range(1, len(old)))
