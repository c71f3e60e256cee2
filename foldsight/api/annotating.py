"""Rooms of the service, for :meth:`foldsight.annotation.annotated.Annotated.join`."""

from __future__ import annotations

import weakref

from foldsight.annotation.remote import SharedBook
from foldsight.client import connect


def open_room(room: str) -> SharedBook:
    """Return a room of the service that this kernel reaches, with the kernel's own token."""
    service = connect()
    found = service.room(room)
    # The connection ends with the last reference to the room.
    weakref.finalize(found, service.close)
    return found
