"""One room: a document, its members, and the way of an update through it.

An update goes through the gate, into the log, and only then into the document, to the others
and, as an acknowledgement, back to its sender. What the log does not take is forgotten and its
members are sent away to come again: their documents still hold what they wrote.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import psycopg
from psycopg_pool import PoolTimeout

from foldsight.annotation import Annotation
from foldsight.annotation.values import Residued
from foldsight.errors import FoldSightError, QuotaExceeded, ServiceUnavailable
from foldsight_server.ending import end
from foldsight_server.rooms import wire
from foldsight_server.rooms.document import YDoc, merge, new_document
from foldsight_server.rooms.gate import Admitted, Ahead, Gate, Unread
from foldsight_server.rooms.limits import (
    AGAIN,
    LEAVING,
    MOST_MEMBERS,
    MOST_MESSAGE,
    MOST_ROOM,
    TooLarge,
    close_code,
)
from foldsight_server.rooms.log import Record, State
from foldsight_server.rooms.member import Member
from foldsight_server.rooms.presence import EVERY, Presence
from foldsight_server.rooms.rules import Person

_log = logging.getLogger(__name__)
#: Updates that are put into the log in one transaction.
MOST_AT_ONCE = 200
#: Structures that one update may make the room read.
MOST_UNREAD = 20
#: What reading a whole document costs of the allowance of updates.
_COST_OF_SYNC = 20.0
#: What a room meets when the database is away.
AWAY = (psycopg.Error, PoolTimeout, OSError)


class Residues(Protocol):
    """Which residues there are to annotate."""

    def verify(self, annotation: Annotation) -> None:
        """Raise BadRequest for a residue that is not there, Unread for a structure to be read first."""
        ...

    async def read(self, structure: str) -> Residued:
        """Read the residues of a structure; raises NotFound when there is none."""
        ...


class RoomLog(Protocol):
    """Where a room's updates are kept."""

    async def since(self, room: str, seq: int) -> State | None:
        """Return what came after an update."""
        ...

    async def append(self, room: str, records: list[Record]) -> int:
        """Append and return the number of the last."""
        ...


@dataclass(slots=True)
class _Waiting:
    """An update that was let in and waits for the log; ``news`` is None for one without any."""

    author: str
    news: Admitted | None
    member: Member | None = None
    done: asyncio.Future[None] | None = None
    count: int = 1


class Room:
    """A document that several people edit.

    Parameters
    ----------
    id : str
    state : State
        As the log has it.
    log : RoomLog
    residues : Residues, optional
        Knows which residues there are to annotate.
    on_change : callable, optional
        Called with the room after each change.
    """

    def __init__(
        self,
        id: str,
        state: State,
        log: RoomLog,
        residues: Residues | None = None,
        on_change: Callable[[Room], None] | None = None,
    ) -> None:
        self.id, self.seq = id, state.head
        self.doc: YDoc = new_document()
        merge(self.doc, (state.snapshot, *state.updates))
        self.members: set[Member] = set()
        self.presence = Presence()
        self.since_squash = state.head - state.squashed
        self.gone = False
        self._changed: set[str] | None = None
        self._log, self.residues, self._on_change = log, residues, on_change
        self._bytes = len(self.doc.get_update())
        self._line: list[_Waiting] = []
        self._arrived, self._turn = asyncio.Event(), asyncio.Lock()
        self._gate = Gate(self._admitted_state, None if residues is None else residues.verify)
        self._writer = asyncio.create_task(self._write())
        self._flush: asyncio.TimerHandle | None = None

    # ---- members

    def join(self, member: Member) -> None:
        """Let a member in and begin to synchronise.

        Raises
        ------
        QuotaExceeded
            When the room is full.
        """
        if len(self.members) >= MOST_MEMBERS:
            raise QuotaExceeded(f"The room is full with {MOST_MEMBERS} connections.", hint="Try again later.")
        self.members.add(member)
        member.send(wire.sync(wire.STEP1, self.doc.get_state()))
        if here := self.presence.everybody():
            member.send(wire.awareness(here))

    def leave(self, member: Member) -> None:
        """Let a member go."""
        self.members.discard(member)
        if self.presence.leave(member):
            self._presence_soon()

    async def receive(self, member: Member, message: bytes) -> None:
        """Take one message of a member; one that breaks the rules ends their connection."""
        if member.closed is not None or self.gone:
            return
        try:
            await self._dispatch(member, message)
        except FoldSightError as error:
            _log.info("room %s: %s is sent away: %s", self.id, member.person.id, error.message)
            member.close(close_code(error), error.message)

    async def _dispatch(self, member: Member, message: bytes) -> None:
        if len(message) > MOST_MESSAGE:
            raise TooLarge(f"A message is larger than {MOST_MESSAGE >> 20} MiB.")
        reader = wire.Reader(message)
        match reader.number():
            case wire.SYNC:
                await self._sync(member, reader.number(), reader.chunk())
            case wire.AWARENESS:
                # Beyond the rate a cursor is passed over: the next one will do.
                if member.cursors.take() and self.presence.receive(member, reader.chunk(), member.stamp):
                    self._presence_soon()
            case wire.QUERY_AWARENESS:
                if member.cursors.take():
                    member.send(wire.awareness(self.presence.everybody()), may_be_lost=True)
            case other:
                raise wire.Malformed(f"There is no message of kind {other}.")

    async def _sync(self, member: Member, kind: int, data: bytes) -> None:
        if not member.updates.take(_COST_OF_SYNC if kind == wire.STEP1 else 1.0):
            raise QuotaExceeded("Too many updates at once.", hint="Send fewer, larger ones.")
        if kind == wire.STEP1:
            wire.state_vector(data)
            try:
                missing = self.doc.get_update(data)
            except ValueError:
                raise wire.Malformed("The message holds no state vector.") from None
            member.send(wire.sync(wire.STEP2, missing))
        elif kind in (wire.STEP2, wire.UPDATE):
            await self._offer(member, data)
        else:
            raise wire.Malformed(f"There is no sync message of kind {kind}.")

    async def _offer(self, member: Member, update: bytes) -> None:
        try:
            news = await self._admit(update, member.person)
        except Ahead:
            member.ahead += 1
            member.send(wire.sync(wire.STEP1, self.doc.get_state()))
            return
        count, member.ahead = 1 + member.ahead, 0
        self._enqueue(_Waiting(member.person.id, news, member, count=count))

    # ---- the way of an update

    async def edit(self, update: bytes, person: Person) -> None:
        """Take an update that came by another way than a socket; returns once the log has it.

        Raises
        ------
        FoldSightError
            As :meth:`Gate.admit`, or when the log is away.
        """
        news = await self._admit(update, person)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._enqueue(_Waiting(person.id, news, done=done))
        await done

    async def _admit(self, update: bytes, person: Person) -> Admitted | None:
        if self._bytes + len(update) > MOST_ROOM:
            raise TooLarge(f"The room would be larger than {MOST_ROOM >> 20} MiB.", hint="Delete something.")
        for _ in range(MOST_UNREAD):
            try:
                return self._gate.admit(update, person)
            except Unread as unread:
                assert self.residues is not None, "only residues ask for a structure"
                await self.residues.read(unread.structure)
        raise TooLarge("One update names too many structures.", hint="Send several.")

    def _enqueue(self, waiting: _Waiting) -> None:
        if self.gone:
            raise _again()
        self._line.append(waiting)
        self._arrived.set()

    def _admitted_state(self) -> bytes:
        """All that was let in: the document, and what still waits for the log."""
        waiting = [item.news.update for item in self._line if item.news is not None]
        if not waiting:
            return self.doc.get_update()
        copy = new_document()
        merge(copy, (self.doc.get_update(), *waiting))
        return copy.get_update()

    async def _write(self) -> None:
        """Put updates into the log as they come, and pass on what it has."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._line:
                try:
                    await self._write_some(self._line[:MOST_AT_ONCE])
                except AWAY as fault:
                    _log.warning("room %s cannot be written: %s", self.id, fault)
                    self.end(AGAIN, "the database is away for a moment")
                    return

    async def _write_some(self, batch: list[_Waiting]) -> None:
        records = [Record(item.author, item.news.update, item.news.touched) for item in batch if item.news]
        async with self._turn:
            if records:
                head = await self._log.append(self.id, records)
                if head - len(records) > self.seq:
                    await self._take_over(own=range(head - len(records) + 1, head + 1))
                self.seq = head
                self.since_squash += len(records)
            for item in batch:
                self._pass_on(item)
            # Only now: the gate starts again from the document and what is in line.
            del self._line[: len(batch)]
        if records and self._on_change is not None:
            self._on_change(self)

    def _pass_on(self, item: _Waiting) -> None:
        if item.news is not None:
            self.doc.apply_update(item.news.update)
            self._bytes += len(item.news.update)
            self._note_changed(item.news.annotations)
            self._broadcast(wire.sync(wire.UPDATE, item.news.update), item.member)
        if item.member is not None:
            item.member.saved += item.count
            item.member.send(wire.saved(item.member.saved))
        if item.done is not None and not item.done.done():
            item.done.set_result(None)

    def _broadcast(self, message: bytes, but: Member | None = None) -> None:
        for member in self.members:
            if member is not but:
                member.send(message)

    async def catch_up(self, head: int) -> None:
        """Take over what other servers wrote, up to update number ``head`` at least."""
        async with self._turn:
            if head > self.seq and not self.gone:
                await self._take_over(own=range(0))
        if self._on_change is not None:
            self._on_change(self)

    async def _take_over(self, own: range) -> None:
        state = await self._log.since(self.id, self.seq)
        if state is None:
            raise OSError("the room is not in the log any more")
        first = state.head - len(state.updates) + 1
        news = [u for seq, u in enumerate(state.updates, first) if seq not in own]
        for update in (state.snapshot, *news):
            if update:
                self.doc.apply_update(update)
                self._note_changed(self._gate.follow(update))
                self._bytes += len(update)
                self._broadcast(wire.sync(wire.UPDATE, update))
        self.since_squash = state.head - state.squashed
        self.seq = max(self.seq, state.head)

    def take_changed(self) -> set[str] | None:
        """Return which annotations changed since the last call; None for all, as when the room is new."""
        found, self._changed = self._changed, set()
        return found

    def put_back_changed(self, changed: set[str] | None) -> None:
        """Undo :meth:`take_changed`, for who could not do what they wanted with it."""
        if changed is None:
            self._changed = None
        else:
            self._note_changed(changed)

    def _note_changed(self, annotations: Iterable[str]) -> None:
        if self._changed is not None:
            self._changed.update(annotations)

    # ---- presence

    def _presence_soon(self) -> None:
        if self._flush is None and not self.gone:
            self._flush = asyncio.get_running_loop().call_later(EVERY, self._send_presence)

    def _send_presence(self) -> None:
        self._flush = None
        news = self.presence.news()
        everything = wire.awareness([entry for _, entry in news])
        owners = {owner for owner, _ in news}
        for member in self.members:
            # Nobody is told of themselves.
            mine = member in owners
            entries = [entry for owner, entry in news if owner is not member] if mine else None
            if entries is None:
                member.send(everything, may_be_lost=True)
            elif entries:
                member.send(wire.awareness(entries), may_be_lost=True)

    # ---- the end

    def squashed(self, head: int | None) -> None:
        """Take note that the log was squashed up to update ``head``; None when it was not."""
        self.since_squash = 0 if head is None else self.seq - head
        # What was deleted is collected as it goes; the count of bytes is not.
        self._bytes = len(self.doc.get_update())

    def copy(self) -> YDoc:
        """Return a copy of the document with all that was let in."""
        return new_document(self._admitted_state())

    def end(self, code: int = LEAVING, reason: str = "the room is closed") -> None:
        """Send everybody away; what waits for the log is not acknowledged."""
        self.gone = True
        for member in list(self.members):
            member.close(code, reason)
        for item in self._line:
            if item.done is not None and not item.done.done():
                item.done.set_exception(_again())
        self._line.clear()
        if self._flush is not None:
            self._flush.cancel()

    async def close(self) -> None:
        """Finish what is in line if the log takes it, and end."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                while self._line and not self.gone:
                    await asyncio.sleep(0.01)
        self.end()
        await end((self._writer,))


def _again() -> ServiceUnavailable:
    return ServiceUnavailable("The room is away for a moment.", hint="Try again.")
