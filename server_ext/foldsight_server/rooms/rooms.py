"""All rooms of one server: opened when first joined, kept in step with other servers, squashed, let go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from foldsight.errors import FoldSightError, ServiceUnavailable
from foldsight_server.ending import end
from foldsight_server.identity import Identity
from foldsight_server.policy import Role, allows
from foldsight_server.rooms.limits import close_code
from foldsight_server.rooms.log import CHANNEL, Log
from foldsight_server.rooms.member import Member
from foldsight_server.rooms.room import AWAY, Residues, Room
from foldsight_server.rooms.rules import Person
from foldsight_server.store.database import Database

_log = logging.getLogger(__name__)
#: Updates after which a log is squashed.
KEEP = 500
#: Seconds between two rounds: what was missed is caught up, roles are looked at again, the idle let go.
ROUND = 5.0
#: Seconds that a room without members stays in memory.
IDLE = 60.0


@dataclass(frozen=True, slots=True)
class Door:
    """What a caller finds at a room's door.

    Attributes
    ----------
    room : str
        The room behind it: a structure's door leads to the room of its project.
    role : str
    structure : str
        The structure that was asked for, empty for a whole project.
    """

    room: str
    role: Role
    structure: str = ""


@dataclass(frozen=True, slots=True)
class Entered:
    """A caller who is in: the room, who they are there, and through which door."""

    room: Room
    person: Person
    door: Door


#: Tells who may enter a room, and how; raises NotFound or NotAllowed.
Doors = Callable[[Identity, str], Awaitable[Door]]
#: Tells which residues there are to annotate in a room, None where nothing is known of them.
Furnish = Callable[[str], Residues | None]


def person_of(identity: Identity, role: Role) -> Person:
    """Return who writes, with what role and token allow together."""
    may_comment, may_edit = (allows(role, verb, identity.may) for verb in ("comment", "edit"))
    return Person(identity.id, identity.name, may_comment, may_edit)


class Rooms:
    """The open rooms.

    Parameters
    ----------
    database : Database
        An open one by the time that a method is called.
    doors : callable
        Who may enter which room.
    furnish : callable
        Which residues there are to annotate in a room.
    on_change : callable, optional
        Called with a room after each change.
    """

    def __init__(
        self,
        database: Database,
        doors: Doors,
        furnish: Furnish,
        on_change: Callable[[Room], None] | None = None,
    ) -> None:
        self.log = Log(database)
        self._database, self._doors, self._furnish, self._on_change = database, doors, furnish, on_change
        self._rooms: dict[str, Room] = {}
        self._opening: dict[str, asyncio.Task[Room]] = {}
        self._used: dict[str, float] = {}
        self._callers: dict[Member, tuple[Identity, str]] = {}
        self._squashing: dict[str, asyncio.Task[None]] = {}
        self._closed = False

    async def enter(self, identity: Identity, door_id: str) -> Entered:
        """Open a room for a caller.

        Parameters
        ----------
        identity : Identity
        door_id : str
            A project, a structure, or a room of the local user's own.

        Raises
        ------
        NotFound
            When there is none, or none that they may know of.
        """
        door = await self._doors(identity, door_id)
        room = await self._open(door.room)
        self._used[room.id] = asyncio.get_running_loop().time()
        return Entered(room, person_of(identity, door.role), door)

    async def join(self, identity: Identity, door_id: str) -> tuple[Room, Member]:
        """Let a caller into a room to stay; raises as :meth:`enter`."""
        entered = await self.enter(identity, door_id)
        member = Member(entered.person, entered.door.role)
        entered.room.join(member)
        self._callers[member] = (identity, door_id)
        return entered.room, member

    def leave(self, room: Room, member: Member) -> None:
        """Let a member go."""
        room.leave(member)
        self._callers.pop(member, None)
        self._used[room.id] = asyncio.get_running_loop().time()

    async def _open(self, room_id: str) -> Room:
        room = self._rooms.get(room_id)
        if room is not None and not room.gone:
            return room
        if self._closed:
            raise ServiceUnavailable("The service is stopping.", hint="Try again.")
        task = self._opening.get(room_id)
        if task is None:
            task = self._opening[room_id] = asyncio.create_task(self._load(room_id))
            task.add_done_callback(lambda _: self._opening.pop(room_id, None))
        return await asyncio.shield(task)

    async def _load(self, room_id: str) -> Room:
        state = await self.log.load(room_id)
        room = self._rooms[room_id] = Room(room_id, state, self.log, self._furnish(room_id), self._changed)
        return room

    def _changed(self, room: Room) -> None:
        if room.since_squash > KEEP and room.id not in self._squashing:
            task = self._squashing[room.id] = asyncio.create_task(self._squash(room))
            task.add_done_callback(lambda _: self._squashing.pop(room.id, None))
        if self._on_change is not None:
            self._on_change(room)

    async def _squash(self, room: Room) -> None:
        try:
            room.squashed(await self.log.squash(room.id, KEEP))
        except AWAY as fault:
            _log.warning("room %s is squashed later: %s", room.id, fault)

    # ---- in step with other servers

    async def run(self) -> None:
        """Follow what other servers write, until the listening connection is lost."""
        rounds = asyncio.create_task(self._rounds())
        try:
            async for notice in self._database.listen(CHANNEL):
                head, _, room_id = notice.payload.partition(" ")
                room = self._rooms.get(room_id)
                if room is not None and int(head) > room.seq:
                    await self._catch_up(room, int(head))
        finally:
            await end((rounds,))
        raise OSError("the listening connection was lost")

    async def _catch_up(self, room: Room, head: int) -> None:
        try:
            await room.catch_up(head)
        except AWAY as fault:
            _log.warning("room %s falls behind: %s", room.id, fault)

    async def _rounds(self) -> None:
        while True:
            await asyncio.sleep(ROUND)
            for room in list(self._rooms.values()):
                # A notification can be lost with its connection.
                await self._catch_up(room, room.seq + 1)
                await self._let_go(room)
            await self._look_again()

    async def _let_go(self, room: Room) -> None:
        now = asyncio.get_running_loop().time()
        if room.gone or (not room.members and now - self._used.get(room.id, now) > IDLE):
            if self._rooms.get(room.id) is room:
                del self._rooms[room.id]
            self._used.pop(room.id, None)
            await room.close()

    async def _look_again(self) -> None:
        """Send away whose role has changed; they come again with the new one."""
        for room in list(self._rooms.values()):
            for member in list(room.members):
                caller = self._callers.get(member)
                if caller is None or member.closed is not None:
                    continue
                try:
                    door = await self._doors(*caller)
                except FoldSightError as error:
                    member.close(close_code(error), error.message)
                except AWAY as fault:
                    _log.warning("roles in room %s are looked at later: %s", room.id, fault)
                    return
                else:
                    if door.role != member.role:
                        member.close(4403, "your role has changed")

    async def close(self) -> None:
        """Finish what is in line and send everybody away."""
        self._closed = True
        await asyncio.gather(*self._squashing.values(), *self._opening.values(), return_exceptions=True)
        for room in list(self._rooms.values()):
            await room.close()
        self._rooms.clear()

    @property
    def open(self) -> int:
        """How many rooms are in memory."""
        return len(self._rooms)

    @property
    def connections(self) -> int:
        """How many connections there are in all rooms."""
        return len(self._callers)
