"""A process that aligns pairs until its input ends; started by :mod:`.pool`.

TM-align as bound by tmtools holds the interpreter's lock for as long as it runs, and hangs for
ever on some input, so it lives in a process of its own that can be killed. It speaks
over its pipes in arrays in numpy's file format, read without unpickling.
"""

from __future__ import annotations

import json
import struct
import sys
from typing import IO

import numpy as np

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


def main() -> int:
    """Serve alignments on standard input and output."""
    from tmtools import tm_align

    source, sink = sys.stdin.buffer, sys.stdout.buffer
    send(sink, {"ready": True})
    while (message := receive(source)) is not None:
        head, body = message
        x, y = str(head["x"]), str(head["y"])
        coord = np.frombuffer(body, dtype="<f8").reshape(-1, 3)
        found = tm_align(coord[: len(x)], coord[len(x) :], x, y)
        answer = {
            "tm_x": found.tm_norm_chain1,
            "tm_y": found.tm_norm_chain2,
            "rmsd": found.rmsd,
            "rotation": np.asarray(found.u).tolist(),
            "translation": np.asarray(found.t).tolist(),
            "x": found.seqxA,
            "y": found.seqyA,
        }
        send(sink, answer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
