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

from pycrdt import MapEvent, get_update

from foldsight_server.rooms import wire
from foldsight_server.rooms.document import ROOTS, YDoc, keys, new_document, root
from foldsight_server.rooms.rules import Change, Owner, Person, Rules, Verify

#: Authors of deleted annotations and comments that are remembered, so that undo can bring them back.
MOST_REMEMBERED = 50_000


class Ahead(Exception):
    """An update builds on others that are not here: the sender should say all it knows."""


class Unread(Exception):
    """The residues of a structure are needed and not read yet."""

    def __init__(self, structure: str) -> None:
        super().__init__(structure)
        self.structure = structure


@dataclass(frozen=True, slots=True)
class Admitted:
    """What was let in: the update that took effect, names of what it touched, and which annotations."""

    update: bytes
    touched: tuple[str, ...]
    annotations: frozenset[str] = frozenset()


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
        self._state = state
        self._authors: dict[Owner, str] = {}
        self._rules = Rules(self._authors, verify)
        self.renew()
        annotations = root(self._trial, "annotations")
        for key in keys(annotations):
            self._remember(key, annotations[key])

    @property
    def trial(self) -> YDoc:
        """The copy."""
        return self._trial

    def follow(self, update: bytes) -> frozenset[str]:
        """Take over an update that another server let in; return which annotations it touched."""
        changes = self._apply(update)[1]
        for change in changes:
            self._learn(change)
        return _annotations(changes)

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
                self._rules.judge(self._trial, changes, person)
        except BaseException:
            self.renew()
            raise
        with self._trial.transaction():
            for change in changes:
                self._learn(change)
        touched = {_name(change, key) for change in changes for key in _keys(change)}
        return Admitted(effect, tuple(sorted(touched)), _annotations(changes))

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
        for owner in list(self._authors):
            if owner[0] not in held or (len(owner) == 2 and owner[1] not in held[owner[0]]["comments"]):
                del self._authors[owner]


def _keys(change: Change) -> Iterable[str]:
    return change.keys or ("",)


def _annotations(changes: Iterable[Change]) -> frozenset[str]:
    found: set[str] = set()
    for change in changes:
        match change.path:
            case ("annotations",):
                found.update(change.keys)
            case ("annotations", annotation, *_):
                found.add(annotation)
    return frozenset(found)


def _name(change: Change, key: str) -> str:
    action = change.keys[key][0] if key else "update"
    return f"{action} {'/'.join((*change.path, key) if key else change.path)}"
