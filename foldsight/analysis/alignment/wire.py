"""Messages between the pool and its workers: a JSON head and raw bytes, nothing unpickled."""

from __future__ import annotations

import json
import struct
from typing import IO

_LENGTH = struct.Struct("<II")


def send(stream: IO[bytes], head: object, body: bytes = b"") -> None:
    """Write one message: a JSON head and raw bytes."""
    text = json.dumps(head).encode()
    stream.write(_LENGTH.pack(len(text), len(body)) + text + body)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, object], bytes] | None:
    """Read one message, or None at the end of the input."""
    prefix = stream.read(_LENGTH.size)
    if len(prefix) < _LENGTH.size:
        return None
    head, body = _LENGTH.unpack(prefix)
    return json.loads(stream.read(head)), stream.read(body)
