"""Files by the hash of their content, written once: in a folder, S3, Google Cloud or Azure."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from foldsight.errors import Failed, NotFound, ServiceUnavailable

_log = logging.getLogger(__name__)
#: Is told of each object before it is written: digest and bytes.
Ledger = Callable[[str, int], Awaitable[None]]


async def no_ledger(digest: str, size: int) -> None:
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
    """

    def __init__(self, place: Path | str, ledger: Ledger = no_ledger) -> None:
        self._place, self._ledger = place, ledger

    @property
    def local(self) -> bool:
        """Whether it is a folder of this machine."""
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

    async def put(self, data: bytes) -> str:
        """Store bytes and return their SHA-256, by which they are found again."""
        from obstore import put_async
        from obstore.exceptions import AlreadyExistsError

        digest = hashlib.sha256(data).hexdigest()
        await self._ledger(digest, len(data))
        try:
            await put_async(self._store, path_of(digest), data, mode="create")
        except AlreadyExistsError:
            return digest
        return digest

    async def get(self, digest: str) -> bytes:
        """Return stored bytes.

        Raises
        ------
        NotFound
        Failed
            When they are not what was stored; they are put aside then, so that they can be made again.
        """
        from obstore import get_async
        from obstore.exceptions import NotFoundError

        try:
            found = await get_async(self._store, path_of(digest))
        except (NotFoundError, FileNotFoundError):
            raise NotFound("The stored file is gone.", hint="Run the job again.") from None
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

    async def has(self, digest: str) -> bool:
        """Say whether there are bytes with this digest."""
        from obstore import head_async
        from obstore.exceptions import NotFoundError

        try:
            await head_async(self._store, path_of(digest))
        except (NotFoundError, FileNotFoundError):
            return False
        return True

    async def remove(self, digest: str) -> None:
        """Remove an object; one that is not there is no fault."""
        from obstore import delete_async
        from obstore.exceptions import NotFoundError

        try:
            await delete_async(self._store, path_of(digest))
        except (NotFoundError, FileNotFoundError):
            _log.info("object %s was gone already", digest)

    async def signed_url(self, digest: str, lifetime: timedelta) -> str:
        """Return a URL of the store's own that anybody may read until it ends; not for a folder."""
        from obstore import sign_async

        return str(await sign_async(self._store, "GET", path_of(digest), lifetime))


def path_of(digest: str) -> str:
    """Return where an object lies."""
    return f"{digest[:2]}/{digest}"
