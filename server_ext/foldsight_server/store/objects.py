"""Files by the hash of their content, written once: in a folder, S3, Google Cloud or Azure."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from foldsight.errors import Failed, NotFound, ServiceUnavailable

_log = logging.getLogger(__name__)
#: Is told of objects before they are written: bytes by digest.
Ledger = Callable[[Mapping[str, int]], Awaitable[None]]


async def no_ledger(sizes: Mapping[str, int]) -> None:
    """Keep no account, as a store of its own does."""


class ObjectStore:
    """A content-addressed store.

    Parameters
    ----------
    place : Path or str
        A folder, made when it is not there and readable by its owner only; or a URL:
        ``s3://bucket/prefix``, ``gs://bucket/prefix``, ``az://container/prefix``, whose
        credentials come from where their tools look for them.
    ledger : callable, optional
        Called before each write, so that garbage collection knows of it.
    regions : mapping of str to str, optional
        URLs of the places of regions. What is put for a region goes there and nowhere else; what is
        asked for is looked for here first, then there.
    """

    def __init__(
        self, place: Path | str, ledger: Ledger = no_ledger, regions: Mapping[str, str] | None = None
    ) -> None:
        self._place, self._ledger = place, ledger
        self._regions = {name: ObjectStore(url) for name, url in (regions or {}).items()}

    @property
    def local(self) -> bool:
        """Whether some of it is a folder, whose links this service must sign itself."""
        return self._is_folder or any(store.local for store in self._regions.values())

    @property
    def _is_folder(self) -> bool:
        return isinstance(self._place, Path) or self._place.startswith("file://")

    @cached_property
    def _store(self) -> Any:
        from obstore.exceptions import BaseError
        from obstore.store import LocalStore, from_url

        if isinstance(self._place, Path):
            self._place.mkdir(parents=True, exist_ok=True, mode=0o700)
            return LocalStore(self._place)
        try:
            return from_url(self._place)
        except (BaseError, ValueError) as fault:
            raise ServiceUnavailable(
                f"The object store cannot be opened: {fault}.", hint="Check FOLDSIGHT_OBJECTS_URL."
            ) from fault

    async def put(self, data: bytes, region: str | None = None) -> str:
        """Store bytes and return their SHA-256, by which they are found again.

        Raises
        ------
        Failed
            When the region is not known: better nowhere than in a wrong place.
        """
        return (await self.put_all([data], region))[0]

    async def put_all(self, contents: Sequence[bytes], region: str | None = None) -> list[str]:
        """Store several contents as :meth:`put` does and return the SHA-256 of each."""
        if region is not None and region not in self._regions:
            raise Failed(
                f"There is no place for files of the region {region!r}.", hint="Check FOLDSIGHT_REGIONS."
            )
        digests = [hashlib.sha256(data).hexdigest() for data in contents]
        objects = dict(zip(digests, contents, strict=True))
        await self._ledger({digest: len(data) for digest, data in objects.items()})
        place = self if region is None else self._regions[region]
        if place._is_folder:
            # In one thread: obstore's own threads, a step for each object, take twice the CPU.
            await asyncio.to_thread(place._write_files, objects)
        else:
            for digest, data in objects.items():
                await place._write(digest, data)
        return digests

    def _write_files(self, objects: Mapping[str, bytes]) -> None:
        """Write into a folder, where the same bytes may replace themselves.

        ``create`` makes a second name and removes the first, after which ext4 searches long for the next
        free inode: a fifth of the service's CPU for a job.
        """
        from obstore import put

        for digest, data in objects.items():
            put(self._store, path_of(digest), data, mode="overwrite")

    async def _write(self, digest: str, data: bytes) -> None:
        from obstore import put_async
        from obstore.exceptions import AlreadyExistsError

        try:
            await put_async(self._store, path_of(digest), data, mode="create")
        except AlreadyExistsError:
            _log.debug("object %s is there already", digest)

    async def get(self, digest: str) -> bytes:
        """Return stored bytes.

        Raises
        ------
        NotFound
        Failed
            When they are not what was stored; they are put aside then, so that they can be made again.
        """
        for store in self._all:
            if (data := await store._read(digest)) is not None:
                return data
        raise NotFound("The stored file is gone.", hint="Run the job again.")

    async def _read(self, digest: str) -> bytes | None:
        from obstore import get_async
        from obstore.exceptions import NotFoundError

        try:
            found = await get_async(self._store, path_of(digest))
        except (NotFoundError, FileNotFoundError):
            return None
        data = bytes(await found.bytes_async())
        if hashlib.sha256(data).hexdigest() != digest:
            await self._set_aside(digest)
            raise Failed(
                "The stored file is damaged.", hint="Run the job again, or restore the file from a backup."
            )
        return data

    async def _set_aside(self, digest: str) -> None:
        from obstore import rename_async

        _log.error("object %s is damaged; it is kept as damaged/%s", digest, digest)
        await rename_async(self._store, path_of(digest), f"damaged/{digest}")

    @property
    def _all(self) -> list[ObjectStore]:
        return [self, *self._regions.values()]

    async def has(self, digest: str) -> bool:
        """Say whether there are bytes with this digest."""
        return await self._holder(digest) is not None

    async def _holder(self, digest: str) -> ObjectStore | None:
        for store in self._all:
            if await store._holds(digest):
                return store
        return None

    async def _holds(self, digest: str) -> bool:
        from obstore import head_async
        from obstore.exceptions import NotFoundError

        try:
            await head_async(self._store, path_of(digest))
        except (NotFoundError, FileNotFoundError):
            return False
        return True

    async def remove(self, digest: str) -> None:
        """Remove an object, wherever it lies; one that is not there is no fault."""
        for store in self._all:
            await store._delete(digest)

    async def _delete(self, digest: str) -> None:
        from obstore import delete_async
        from obstore.exceptions import NotFoundError

        try:
            await delete_async(self._store, path_of(digest))
        except (NotFoundError, FileNotFoundError):
            _log.debug("object %s was gone already", digest)

    async def signed_url(self, digest: str, lifetime: timedelta) -> str:
        """Return a URL of the store's own that anybody may read until it ends; not for a folder."""
        from obstore import sign_async

        store = await self._holder(digest) if self._regions else self
        return str(await sign_async((store or self)._store, "GET", path_of(digest), lifetime))


def path_of(digest: str) -> str:
    """Return where an object lies."""
    return f"{digest[:2]}/{digest}"
