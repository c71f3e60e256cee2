"""Workers of the service and of its regions, as one cluster to the dispatcher."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from foldsight.errors import FoldSightError
from foldsight_server.dispatch.cluster import Cluster, Report
from foldsight_server.dispatch.clusters import address
from foldsight_server.dispatch.places import NoPlace
from foldsight_server.store.queue import Claim
from foldsight_server.store.regions import Region


class Pools(Cluster):
    """The common cluster, and one more for each region that has a scheduler of its own.

    A job of an organisation that is bound to a region runs there or not at all.

    Parameters
    ----------
    report : callable
        Takes the progress events.
    regions : mapping of str to Region
    """

    def __init__(self, report: Report, regions: Mapping[str, Region]) -> None:
        super().__init__(report)
        self._regions = regions
        self._schedulers = {
            name: address.checked(region.address, region.tls)
            for name, region in regions.items()
            if region.address
        }
        self._pools: dict[str, Cluster] = {}
        self._opening = {name: asyncio.Lock() for name in self._schedulers}

    async def execute(self, claim: Claim, inputs: list[dict[str, bytes]]) -> dict[str, Any]:
        """Run a claim in its region.

        Raises
        ------
        NoPlace
            When that region is not known, or its scheduler does not answer.
        """
        region = claim.region
        if region is not None and region not in self._regions:
            raise NoPlace(f"The region {region!r} is not known to this service.")
        if region in self._schedulers:
            return await (await self._pool(str(region))).execute(claim, inputs)
        return await super().execute(claim, inputs)

    async def _pool(self, region: str) -> Cluster:
        async with self._opening[region]:
            held = self._pools.get(region)
            if held is not None and held.healthy:
                return held
            if held is not None:
                await held.close()
            pool = Cluster(self._report, self._schedulers[region], region)
            try:
                await pool.start()
            except FoldSightError as fault:
                await pool.close()
                raise NoPlace(f"The scheduler of the region {region!r} does not answer.") from fault
            self._pools[region] = pool
            return pool

    async def cancel(self, claim: Claim) -> None:
        """Ask the worker to stop a run, wherever it runs."""
        for pool in self._pools.values():
            await pool.cancel(claim)
        await super().cancel(claim)

    async def close(self) -> None:
        """Disconnect from everywhere."""
        pools, self._pools = self._pools, {}
        for pool in pools.values():
            await pool.close()
        await super().close()
