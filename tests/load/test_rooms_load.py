"""Two to five people in one room: nothing lost or twice, and how long an edit and a cursor take.

``make load`` prints the figures; set ``FOLDSIGHT_LOAD_SECONDS`` for longer runs (600 for the
acceptance run). Clients share this process, the service is one of its own; both compete for the
same cores, so that the figures are upper bounds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.integration.conftest import data_folder, running_in
from tests.load.people import Person, work_together
from tests.room_client import RoomClient


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with data_folder() as folder, running_in(folder) as service:
        client = service.start()
        base = client.address.url.replace("http://", "ws://")
        yield f"{base}/foldsight/api/v1/rooms/local-%s?token={client.address.token}"


@pytest.mark.parametrize("people", [2, 5])
def test_people_in_one_room(address: str, people: int) -> None:
    url = address % f"load{people}"

    async def go() -> None:
        found = [Person(await RoomClient(url).connect(), number) for number in range(people)]
        await work_together(f"{people} people", found, RoomClient(url).connect)

    asyncio.run(go())
