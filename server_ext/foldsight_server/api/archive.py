"""A tar archive that is sent while it is made: nothing larger than one file is ever held."""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import AsyncIterator


class Pieces(io.RawIOBase):
    """What a tar writes, to be taken away piece by piece."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: object) -> int:
        """Hold on to bytes until they are taken."""
        self._held.append(bytes(data))  # type: ignore[call-overload]
        return len(self._held[-1])

    def take(self) -> bytes:
        """Return what was written since the last time."""
        taken, self._held = b"".join(self._held), []
        return taken


async def tar(files: AsyncIterator[tuple[str, bytes]]) -> AsyncIterator[bytes]:
    """Yield a tar archive of files as they come."""
    pieces = Pieces()
    with tarfile.open(fileobj=pieces, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        async for name, data in files:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode = len(data), int(time.time()), 0o600
            archive.addfile(entry, io.BytesIO(data))
            yield pieces.take()
    yield pieces.take()
