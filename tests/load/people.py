"""People in a room by raw websockets: they edit, point, and note when they hear of one another."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
from foldsight_server.rooms.document import comment_map, keys, read_all, root

from foldsight.annotation import Annotation, Comment
from tests.load.report import SECONDS, record
from tests.room_client import RoomClient, together, until
from tests.samples import helices

#: Edits and cursor moves of each person in a second.
EDITS, MOVES = 4.0, 25.0
#: Milliseconds that the design allows at the 95th percentile.
BARS = {"annotations": 50.0, "cursors": 100.0}
PROTEIN = helices({"A": "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRV" * 10}, name="400")


class Person:
    """Edits and moves, and notes when it hears of the others; ``fields`` are of its annotations."""

    def __init__(self, client: RoomClient, number: int, **fields: Any) -> None:
        self._fields = fields
        self.client, self.number, self.dice = client, number, random.Random(number)
        self.said: dict[str, float] = {}
        self.pointed: dict[str, float] = {}
        self.heard: dict[str, float] = {}
        self.mine: list[Annotation] = []
        self.deleted = 0
        self._root = root(client.doc, "annotations")
        self._root.observe_deep(self._note)

    def _note(self, events: list[Any]) -> None:
        now = time.perf_counter()
        for event in events:
            for key, change in getattr(event, "keys", {}).items():
                if change["action"] != "delete":
                    value = change.get("newValue")
                    self.heard.setdefault(value if key == "label" else key, now)

    async def edit(self) -> None:
        """Add, relabel, comment or delete."""
        deed = self.dice.random()
        if deed < 0.5 or not self.mine:
            first = self.dice.randint(1, 390)
            self.mine.append(
                await self.client.note("text", f"A:{first}-{first + 9}", on=PROTEIN, **self._fields)
            )
            self.said[self.mine[-1].id] = self.client.began
        elif deed < 0.8:
            label = f"{self.number}/{len(self.said)}"
            self.said[label] = time.perf_counter()
            await self._on(lambda held: held.__setitem__("label", label))
        elif deed < 0.95:
            said = Comment.new("and why?", (self.client.user, self.client.name))
            self.said[said.id] = time.perf_counter()
            await self._on(lambda held: held["comments"].__setitem__(said.id, comment_map(said)))
        else:
            made = self.mine.pop(self.dice.randrange(len(self.mine)))
            self.deleted += 1
            await self.client.change(lambda doc: root(doc, "annotations").pop(made.id))

    async def _on(self, act: Any) -> None:
        key = self.dice.choice(self.mine).id
        await self.client.change(lambda doc: act(root(doc, "annotations")[key]))

    async def work(self, until: float) -> None:
        """Edit and move until the time is up."""
        await together(self._every(1 / EDITS, until, self.edit), self._every(1 / MOVES, until, self.move))

    async def _every(self, pause: float, until: float, act: Any) -> None:
        while time.perf_counter() < until:
            await act()
            await asyncio.sleep(pause * self.dice.uniform(0.8, 1.2))

    async def move(self) -> None:
        """Point somewhere."""
        token = f"{self.number}:{len(self.pointed)}"
        self.pointed[token] = time.perf_counter()
        await self.client.point(
            self.number + 1, len(self.pointed), cursor=f"A:{len(self.pointed)}", token=token
        )


async def work_together(
    title: str, people: list[Person], another: Callable[[], Awaitable[RoomClient]]
) -> None:
    """Let people work in a room for the set time; then all of them, and one who comes late, have the same."""
    end = time.perf_counter() + SECONDS
    await together(*(person.work(end) for person in people))
    await together(*(person.client.all_saved() for person in people))
    wanted = sorted(made.id for person in people for made in person.mine)
    await until(lambda: all(sorted(keys(person._root)) == wanted for person in people))
    fresh = await another()
    assert sorted(item.id for item in read_all(fresh.doc)) == wanted, "something is lost or there twice"
    documents = [root(person.client.doc, "annotations").to_py() for person in [*people]]
    assert all(document == root(fresh.doc, "annotations").to_py() for document in documents)
    _print(f"{title}, {SECONDS:g} s", people)
    await together(*(client.close() for client in [fresh, *(person.client for person in people)]))


def _print(title: str, people: list[Person]) -> None:
    edits = [
        1000 * (other.heard[token] - at)
        for person in people
        for other in people
        if other is not person
        for token, at in person.said.items()
        if token in other.heard
    ]
    cursors = []
    for person in people:
        sent = {token: at for other in people if other is not person for token, at in other.pointed.items()}
        for at, kind, state in person.client.heard:
            if kind == "cursor" and state is not None and state.get("token") in sent:
                cursors.append(1000 * (at - sent[state["token"]]))
    print()
    for name, values in (("annotations", edits), ("cursors", cursors)):
        mean, p95 = np.mean(values), np.percentile(values, 95)
        record(f"{title}, {name}, p95", float(p95), BARS[name], "ms")
        print(
            f"{title}, {name}: {len(values)} arrivals, mean {mean:.1f} ms, p95 {p95:.1f} ms, "
            f"max {max(values):.1f} ms"
        )
