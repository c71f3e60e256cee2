"""Engines for tests of the queue: one takes its time, the others kill their worker, refuse or break.

They lay the query out as an ideal helix, which passes the sanity gate and is no prediction.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np
from samples import helices

from foldsight.confidence import Confidence
from foldsight.engines.base import Availability, Capabilities, Context, FoldRequest
from foldsight.engines.options import Option
from foldsight.errors import EngineFailed, NoStructure
from foldsight.prediction import Prediction
from foldsight.provenance import FoldManifest


def note(what: str) -> None:
    """Append a line to the run log, so that a test can count runs."""
    path = Path(os.environ["FOLDSIGHT_HOME"]) / "runs.log"
    with path.open("a") as stream:
        stream.write(f"{what}\n")


class Slow:
    """Takes ``seconds`` and asks for cancellation twenty times a second."""

    id = "test-slow"
    title = "A slow test engine"
    version = "1"
    licence = "Apache-2.0"
    citation = ""
    caps = Capabilities(origin="homology", confidence="template_support")
    options = (Option("seconds", 0.0, "how long it takes", low=0, high=60),)

    def available(self) -> Availability:
        """Always."""
        return Availability("ready")

    def fingerprint(self, request: FoldRequest) -> str:
        """Nothing besides the request."""
        return ""

    def fold(self, request: FoldRequest, context: Context) -> Prediction:
        """Lay out a helix, slowly."""
        note(f"start {request.query.name}")
        seconds = float(request.settings["seconds"])
        steps = max(int(seconds * 20), 1)
        for step in range(steps):
            context.report(step / steps, f"step {step} of {steps}")
            time.sleep(seconds / steps)
        self.work()
        structure = helices({"A": request.query.chains[0]})
        values = np.full(len(structure.residues), 50, dtype=np.float32)
        manifest = FoldManifest(self.id, "1", "homology", request.query.key, facts={"pid": os.getpid()})
        note(f"end {request.query.name}")
        return Prediction(structure, Confidence("template_support", values), manifest)

    def work(self) -> None:
        """What goes wrong in the other engines."""


class Poison(Slow):
    """Kills its worker every time."""

    id = "test-poison"

    def work(self) -> None:
        """Die."""
        os.kill(os.getpid(), signal.SIGKILL)


class Refusing(Slow):
    """Has no structure for anything."""

    id = "test-refusing"

    def work(self) -> None:
        """Refuse."""
        raise NoStructure("The test engine has no structure.", hint="It never has.")


class Broken(Slow):
    """Breaks every time."""

    id = "test-broken"

    def work(self) -> None:
        """Fail."""
        raise EngineFailed("The test engine broke.", hint="It always does.")
