"""Results by the hash of their content, written once."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any

from foldsight.errors import NotFound


class ObjectStore:
    """A content-addressed store in a folder.

    Parameters
    ----------
    folder : Path
        Made when it is not there, readable by its owner only.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _store(self) -> Any:
        from obstore.store import LocalStore

        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return LocalStore(self._folder)

    async def put(self, data: bytes) -> str:
        """Store bytes and return their SHA-256, by which they are found again."""
        from obstore import put_async
        from obstore.exceptions import AlreadyExistsError

        digest = hashlib.sha256(data).hexdigest()
        try:
            await put_async(self._store, _path(digest), data, mode="create")
        except AlreadyExistsError:
            return digest
        return digest

    async def get(self, digest: str) -> bytes:
        """Return stored bytes.

        Raises
        ------
        NotFound
        """
        from obstore import get_async
        from obstore.exceptions import NotFoundError

        try:
            found = await get_async(self._store, _path(digest))
        except (NotFoundError, FileNotFoundError):
            raise NotFound("The stored file is gone.", hint="Run the job again.") from None
        return bytes(await found.bytes_async())

    async def has(self, digest: str) -> bool:
        """Say whether there are bytes with this digest."""
        from obstore import head_async
        from obstore.exceptions import NotFoundError

        try:
            await head_async(self._store, _path(digest))
        except (NotFoundError, FileNotFoundError):
            return False
        return True


def _path(digest: str) -> str:
    return f"{digest[:2]}/{digest}"
