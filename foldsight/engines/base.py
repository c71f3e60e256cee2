"""What an engine is: the protocol, its capabilities, and whether it can run here.

An engine is one file (or folder) plus one ``foldsight.engines`` entry point whose
target is a class with a no-argument constructor. Constructing it must be cheap:
torch, weights and network are touched in :meth:`Engine.fold` only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from foldsight.errors import Cancelled
from foldsight.prediction import Prediction
from foldsight.provenance import Origin
from foldsight.sequence import Query
from foldsight.typing import Network

Status = Literal[
    "ready", "not_installed", "missing_weights", "no_gpu", "no_network", "no_library", "needs_consent"
]


@dataclass(frozen=True)
class Availability:
    """Whether an engine can run here; ``fix`` is the one line that would make it."""

    status: Status
    reason: str = ""
    fix: str = ""

    @property
    def ready(self) -> bool:
        """True when the engine can run now."""
        return self.status == "ready"


@dataclass(frozen=True)
class Capabilities:
    """What an engine can do and what it asks for.

    Attributes
    ----------
    origin : {'predicted', 'retrieved', 'homology', 'experimental'}
    confidence : str
        Kind of its confidence values.
    max_residues : int
        Total residues over all chains.
    multimer : bool
        More than one chain.
    outputs : frozenset of str
        Of ``pae``, ``ptm``, ``iptm``.
    weights_bytes : int
        Size of the download, 0 when there is none.
    needs_gpu : bool
    sends : {'', 'hash', 'sequence'}
        What leaves the machine.
    deterministic : bool
        Same request, same coordinates, whatever the seed.
    """

    origin: Origin
    confidence: str
    max_residues: int = 2000
    multimer: bool = False
    outputs: frozenset[str] = frozenset()
    weights_bytes: int = 0
    needs_gpu: bool = False
    sends: Literal["", "hash", "sequence"] = ""
    deterministic: bool = True


@dataclass(frozen=True)
class FoldRequest:
    """What is asked of an engine.

    Attributes
    ----------
    query : Query
        Named chains, already valid.
    engine : str
        Engine id, or ``auto`` for the chain.
    settings : mapping
        Engine settings; an engine refuses keys it does not know.
    seed : int
    network : {'off', 'hash', 'sequence'}
    """

    query: Query
    engine: str = "auto"
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    network: Network = "hash"


class Context:
    """What an engine may use while it folds: progress out, cancellation in.

    Parameters
    ----------
    progress : callable
        Takes a fraction 0-1 and a short sentence.
    cancelled : callable
        Returns True once the job is to stop.
    """

    def __init__(
        self,
        progress: Callable[[float, str], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> None:
        self._progress = progress
        self._cancelled = cancelled

    def report(self, fraction: float, message: str) -> None:
        """Tell how far the work is, and stop here when it was cancelled."""
        self.check()
        if self._progress is not None:
            self._progress(min(max(fraction, 0.0), 1.0), message)

    def part(self, low: float, high: float) -> Context:
        """Return a context whose 0-1 is ``low``-``high`` of this one."""
        return Context(lambda f, text: self.report(low + (high - low) * f, text), self._cancelled)

    def check(self) -> None:
        """Raise :class:`~foldsight.errors.Cancelled` once the job is to stop."""
        if self._cancelled is not None and self._cancelled():
            raise Cancelled("The job was cancelled.")


class Engine(Protocol):
    """The protocol of every engine.

    Attributes
    ----------
    id : str
        Such as ``esmfold``; lower case, stable.
    title, version, licence, citation : str
    caps : Capabilities
    """

    id: str
    title: str
    version: str
    licence: str
    citation: str
    caps: Capabilities

    def available(self) -> Availability:
        """Say whether the engine can run here, without loading anything heavy."""
        ...

    def fingerprint(self, request: FoldRequest) -> str:
        """Return what, besides request and version, decides the result.

        For example a weights digest or the digest of the structure library. It is
        part of the cache key.
        """
        ...

    def fold(self, request: FoldRequest, context: Context) -> Prediction:
        """Return a prediction.

        Raises
        ------
        Refused
            When this engine can give no structure for the request.
        Failed
            When it broke.
        """
        ...
