"""Where a structure comes from: :class:`FoldManifest`, kept with every prediction."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from foldsight.typing import Network

#: How a structure came to be.
Origin = Literal["predicted", "retrieved", "homology", "experimental"]


@dataclass(frozen=True)
class Step:
    """One engine of the chain that was asked, and what came of it."""

    engine: str
    outcome: Literal["answered", "skipped", "refused", "failed"]
    reason: str = ""


@dataclass(frozen=True)
class SourceUse:
    """An outside record that a structure rests on."""

    name: str
    identifier: str
    url: str = ""
    date: str = ""
    licence: str = ""
    citation: str = ""


@dataclass(frozen=True)
class FoldManifest:
    """The full account of how a structure was made.

    Attributes
    ----------
    engine, engine_version : str
    origin : {'predicted', 'retrieved', 'homology', 'experimental'}
    sequence_key : str
        SHA-256 of the canonical sequences.
    name : str
        Name of the query.
    weights_digest : str
        SHA-256 over the weights, empty for engines that have none.
    settings : dict
        Every setting that can change the result.
    seeds : tuple of int
        Every seed tried, the used one last.
    sources : tuple of SourceUse
    steps : tuple of Step
        What the chain tried, in order.
    device, dtype : str
    seconds : dict of str to float
        Time by stage.
    network : {'off', 'hash', 'sequence'}
        The setting in force.
    sent : tuple of str
        What left the machine, one sentence each; empty when nothing did.
    warnings : tuple of str
    suspect : bool
        True when the sanity gate did not pass even in the safe setting.
    facts : dict
        What the engine wants to say besides (template, identity, coverage...).
    created : str
        ISO 8601 UTC.
    """

    engine: str
    engine_version: str
    origin: Origin
    sequence_key: str
    name: str = ""
    weights_digest: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    seeds: tuple[int, ...] = ()
    sources: tuple[SourceUse, ...] = ()
    steps: tuple[Step, ...] = ()
    device: str = "cpu"
    dtype: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    network: Network = "hash"
    sent: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    suspect: bool = False
    facts: dict[str, Any] = field(default_factory=dict)
    created: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the manifest as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> FoldManifest:
        """Rebuild a manifest from :meth:`to_dict`; unknown keys are ignored."""
        known = {f.name for f in fields(cls)}
        values = {key: value for key, value in data.items() if key in known}
        values["sources"] = tuple(SourceUse(**item) for item in values.get("sources", ()))
        values["steps"] = tuple(Step(**item) for item in values.get("steps", ()))
        for key in ("seeds", "sent", "warnings"):
            values[key] = tuple(values.get(key, ()))
        return cls(**values)
