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
    price : int
        US dollars a month.
    storage : int or None
        Bytes of structures and results; None is without limit.
    requests : int or None
        Calls of one user in a minute; None is without limit.
    features : frozenset of str
        Of :data:`FEATURES`.
    """

    id: str
    title: str
    predictions: int | None
    max_running: int
    head_start: float = 0.0
    price: int = 0
    storage: int | None = None
    requests: int | None = None
    features: frozenset[str] = frozenset()


#: ``analysis``: stored pockets and variant analyses; ``collaboration``: members in projects;
#: ``api``: tokens for scripts.
FEATURES = ("analysis", "collaboration", "api")
_GB = 1_000_000_000

#: A laptop or a lab's own service: the machine is the only limit.
EMBEDDED = Plan("embedded", "Embedded", None, 64, features=frozenset(FEATURES))
#: A Hub that nobody pays for: the operator's machines are the limit, shared among its people.
INSTITUTE = Plan("institute", "Institute", None, 16, requests=1000, features=frozenset(FEATURES))
#: The hosted plans. A lab's jobs go before a free user's by less than a day and a half.
PLANS: dict[str, Plan] = {
    plan.id: plan
    for plan in (
        EMBEDDED,
        INSTITUTE,
        Plan("free", "Free", 10, 1, storage=_GB, requests=100),
        Plan(
            "researcher", "Researcher", 100, 4, head_start=50_000, price=79,
            storage=20 * _GB, requests=100, features=frozenset(["analysis"]),
        ),
        Plan(
            "lab", "Lab", 500, 16, head_start=100_000, price=299,
            storage=200 * _GB, requests=100, features=frozenset(FEATURES),
        ),
    )
}  # fmt: skip


def cheapest_with(feature: str) -> Plan:
    """Return the cheapest hosted plan that has a feature.

    Examples
    --------
    >>> cheapest_with("analysis").title
    'Researcher'
    """
    return min(
        (plan for plan in PLANS.values() if feature in plan.features and plan.price), key=lambda p: p.price
    )


def larger(plan: Plan, *others: Plan) -> Plan:
    """Return the plan with the most predictions, of equals the first.

    Examples
    --------
    >>> larger(PLANS["free"], PLANS["institute"], PLANS["lab"]).id
    'institute'
    """
    return max(
        (plan, *others),
        key=lambda one: float("inf") if one.predictions is None else one.predictions,
    )


@dataclass(frozen=True)
class Allow:
    """The request may be queued and is charged with ``charge`` predictions."""

    charge: int


@dataclass(frozen=True)
class Refuse:
    """The request may not be queued; ``reason`` is for the user."""

    reason: str
    hint: str


def decide(used: int, plan: Plan, *, free: bool, beyond: int = 0) -> Allow | Refuse:
    """Decide on one prediction; cache hits and retrievals are ``free``.

    Whoever pays may have agreed to so many predictions ``beyond`` the allowance.

    The decision is a forecast: the exact count is taken in the transaction that queues
    the job.

    Examples
    --------
    >>> decide(10, Plan("free", "Free", 10, 1), free=False).reason
    'All 10 predictions of this period are used.'
    """
    if free or plan.predictions is None:
        return Allow(0)
    if used >= plan.predictions + beyond:
        return Refuse(
            f"All {plan.predictions + beyond} predictions of this period are used.",
            f"{plan.title} starts again with the next period.",
        )
    return Allow(1)
