"""A process that aligns pairs until its input ends; started by :mod:`.pool`.

TM-align as bound by tmtools holds the interpreter's lock for as long as it runs, and hangs for
ever on some input, so it lives in a process of its own that can be killed. It is spoken
to over its pipes (:mod:`.wire`).
"""

from __future__ import annotations

import signal
import sys

import numpy as np

from foldsight.analysis.alignment.wire import receive, send


def main() -> int:
    """Serve alignments on standard input and output."""
    from tmtools import tm_align

    # Ctrl-C reaches every process of a terminal; the one that asked decides what to do.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
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
