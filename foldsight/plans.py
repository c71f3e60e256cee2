"""Plans, allowances, and whether a request fits one; pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """What an account may do.

    Attributes
    ----------
    id, title : str
    predictions : int or None
        Per billing period; None is without limit.
    max_running : int
        Jobs of one user at a time.
    head_start : float
        Seconds by which its jobs go before others that were submitted with them. A
        bounded head start, so that nobody starves.
    """

    id: str
    title: str
    predictions: int | None
    max_running: int
    head_start: float = 0.0


#: A laptop or a lab's own service: the machine is the only limit.
EMBEDDED = Plan("embedded", "Embedded", None, 64)


@dataclass(frozen=True)
class Allow:
    """The request may be queued and is charged with ``charge`` predictions."""

    charge: int


@dataclass(frozen=True)
class Refuse:
    """The request may not be queued; ``reason`` is for the user."""

    reason: str
    hint: str


def decide(used: int, plan: Plan, *, free: bool) -> Allow | Refuse:
    """Decide on one prediction; cache hits and retrievals are ``free``.

    The decision is a forecast: the exact count is taken in the transaction that queues
    the job.

    Examples
    --------
    >>> decide(10, Plan("free", "Free", 10, 1), free=False).reason
    'All 10 predictions of this period are used.'
    """
    if free or plan.predictions is None:
        return Allow(0)
    if used >= plan.predictions:
        return Refuse(
            f"All {plan.predictions} predictions of this period are used.",
            f"{plan.title} starts again with the next period.",
        )
    return Allow(1)
