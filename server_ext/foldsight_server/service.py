"""The parts of a running server, started when first needed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from foldsight_server.billing.bookkeeper import Bookkeeper
from foldsight_server.billing.gateway import Gateway
from foldsight_server.billing.settings import read_billing
from foldsight_server.dispatch.dispatcher import Dispatcher
from foldsight_server.ending import end
from foldsight_server.events import Events
from foldsight_server.links import Links
from foldsight_server.operations.metrics import Metrics
from foldsight_server.rooms.doors import workspace_rooms
from foldsight_server.store.access import Access
from foldsight_server.store.analyses import Analyses
from foldsight_server.store.billing import Billing
from foldsight_server.store.database import Database, persist
from foldsight_server.store.discussion import Discussion
from foldsight_server.store.housekeeping import Housekeeping, ObjectRows
from foldsight_server.store.keys import Keys
from foldsight_server.store.objects import ObjectStore
from foldsight_server.store.organizations import Organizations
from foldsight_server.store.privacy import Privacy
from foldsight_server.store.projects import Projects
from foldsight_server.store.queue import Queue
from foldsight_server.store.regions import read_regions
from foldsight_server.store.results import Results
from foldsight_server.store.similar import Similar
from foldsight_server.store.structures import Structures
from foldsight_server.store.usage import Usage
from foldsight_server.store.webhooks import Webhooks
from foldsight_server.webhooks.courier import Courier
from foldsight_server.webhooks.guard import Guard
from foldsight_server.webhooks.post import Post


class Service:
    """Database, workspace, rooms, queue, results and dispatcher of one server.

    Parameters
    ----------
    home : Path
        The data folder.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.database = Database(home)
        self.metrics = Metrics()
        self.queue = Queue(self.database, self.metrics.job)
        self.object_rows = ObjectRows(self.database)
        place = os.environ.get("FOLDSIGHT_OBJECTS_URL") or home / "objects"
        regions = {name: region.objects for name, region in read_regions().items()}
        self.objects = ObjectStore(place, self.object_rows.note, regions)
        self.links = Links(self.objects, self.object_rows)
        self.events = Events(self.database)
        self.keys = Keys(self.database)
        self.access = Access(self.database)
        self.projects = Projects(self.access)
        self.organizations = Organizations(self.access)
        self.structures = Structures(self.access, self.objects)
        self.discussion = Discussion(self.access, self.database)
        self.analyses = Analyses(self.access)
        self.usage = Usage(self.access)
        self.similar = Similar(self.access, self.database)
        self.rooms = workspace_rooms(self.database, self.access, self.objects, self.discussion)
        self.privacy = Privacy(self.access, self.database)
        self.housekeeping = Housekeeping(self.database, self.objects, self.privacy.forget_due)
        #: Accounts whose export is being sent.
        self.exports: set[str] = set()
        self.guard = Guard()
        self.webhooks = Webhooks(self.access)
        self.courier = Courier(self.database, Post(self.guard), self.metrics.webhook)
        selling = read_billing()
        self.stripe = None if selling is None else Gateway(selling)
        self.billing = Billing(self.access, self.database, self.stripe, self._installation)
        self.results = Results(self.queue, self.objects)
        self.dispatcher = Dispatcher(self.database, self.queue, self.results)
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._starting: asyncio.Task[None] | None = None

    @property
    def started(self) -> bool:
        """Whether the parts are up."""
        return bool(self._tasks)

    async def start(self) -> None:
        """Start the parts once; callers that come meanwhile wait for the same start."""
        if self._tasks:
            return
        if self._starting is None or (self._starting.done() and not self._tasks):
            self._starting = asyncio.create_task(self._start())
        await asyncio.shield(self._starting)

    async def _start(self) -> None:
        await self.database.open()
        parts = (self.events, self.dispatcher, self.rooms, self.housekeeping, self.similar, self.courier)
        self._tasks = [self._forever(part.run) for part in parts]
        if self.stripe is not None:
            books = Bookkeeper(self.database, self.stripe, self.metrics.billing)
            self._tasks.append(self._forever(books.run))

    async def _installation(self) -> bytes:
        return await self.object_rows.secret("installation")

    def _forever(self, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        return asyncio.create_task(persist(work, stopping=self._stopping))

    async def stop(self) -> None:
        """Stop the parts; the database stops when no other server uses it."""
        self._stopping.set()
        if self._starting is not None:
            await asyncio.gather(self._starting, return_exceptions=True)
        await self.rooms.close()
        await end(self._tasks)
        await self.dispatcher.close()
        if self.stripe is not None:
            await self.stripe.close()
        if self._tasks:
            await self.database.close()
            await asyncio.to_thread(self.database.stop_if_alone)
        self._tasks = []
