"""Results of runs: stored, found again by their key, and given the asker's name."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any

from foldsight.errors import EngineFailed, NotFound
from foldsight.provenance import FoldManifest
from foldsight_server.store.objects import ObjectStore
from foldsight_server.store.queue import Queue, Result

_MANIFEST = "manifest.json"
_log = logging.getLogger(__name__)


class Results:
    """Files in the object store, and which of them answer which request.

    Parameters
    ----------
    queue : Queue
        Knows results by their cache key.
    objects : ObjectStore
    """

    def __init__(self, queue: Queue, objects: ObjectStore) -> None:
        self._queue, self._objects = queue, objects

    async def store(self, files: dict[str, bytes], region: str | None = None) -> Result:
        """Store a bundle where its region wants it."""
        names = sorted(files)
        digests = await self._objects.put_all([files[name] for name in names], region)
        stored = [
            {"name": name, "bytes": len(files[name]), "digest": digest}
            for name, digest in zip(names, digests, strict=True)
        ]
        return Result(stored, await asyncio.to_thread(_summary, files))

    async def known(self, cache_key: str, name: str, region: str | None = None) -> Result | None:
        """Return the result of an equal request, under this one's name; None when there is none.

        A result whose files are gone is forgotten.
        """
        found = await self._queue.result_of(cache_key)
        if found is None:
            return None
        if not all([await self._objects.has(item["digest"]) for item in found.files]):
            _log.warning("files of a stored result are gone; it is forgotten")
            await self._queue.forget(cache_key)
            return None
        return found if found.summary.get("name") == name else await self._renamed(found, name, region)

    async def inputs(self, request: Mapping[str, Any]) -> list[dict[str, bytes]]:
        """Return the files of the structures that an analysis takes; none for a fold.

        Raises
        ------
        EngineFailed
            When one of them has gone since the request was made.
        """
        try:
            return [
                {item["name"]: await self._objects.get(item["digest"]) for item in files}
                for files in request.get("files", [])
            ]
        except NotFound as fault:
            raise EngineFailed("A structure that the job needs is gone.", hint=fault.hint) from fault

    async def _renamed(self, result: Result, name: str, region: str | None) -> Result:
        files = []
        for item in result.files:
            if item["name"] == _MANIFEST:
                manifest = json.loads(await self._objects.get(item["digest"]))
                text = json.dumps({**manifest, "name": name}, indent=1)
                data = text.encode()
                digest = await self._objects.put(data, region)
                item = {"name": _MANIFEST, "bytes": len(data), "digest": digest}
            files.append(item)
        return Result(files, {**result.summary, "name": name})


def _summary(files: dict[str, bytes]) -> dict[str, Any]:
    from foldsight.io.bundle import from_bundle
    from foldsight.tasks import RESULT, summary_of

    if RESULT in files:
        return summary_of(files)
    prediction = from_bundle(files)
    return {**prediction.summary(), "ran": _ran(prediction.manifest)}


def _ran(manifest: FoldManifest) -> dict[str, Any]:
    """What the run took, and who else saw the sequence: the service answers for both."""
    return {
        "device": manifest.device,
        "seconds": manifest.seconds.get("total", sum(manifest.seconds.values())),
        "network": manifest.network,
        "sent": list(manifest.sent),
        "sources": sorted({source.name for source in manifest.sources}),
    }
