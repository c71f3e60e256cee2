"""What an operator says of their account at Stripe; without a key nothing is sold.

==================================  =================================================================
variable                            what
==================================  =================================================================
``FOLDSIGHT_STRIPE_KEY``            secret or restricted key (``sk_...``, ``rk_...``)
``FOLDSIGHT_STRIPE_WEBHOOK_SECRET`` signing secret of the webhook (``whsec_...``); two, with a comma
                                    between, while it is being changed
``FOLDSIGHT_SITE_URL``              where people come back to from Stripe's pages; webhooks come to it
                                    too
``FOLDSIGHT_STRIPE_TAX``            ``on`` lets Stripe Tax compute taxes
``FOLDSIGHT_STRIPE_API``            another address than Stripe's, for tests
==================================  =================================================================

The first two may be files instead: ``..._FILE`` names one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from foldsight.errors import BadRequest

KEY, SECRET = "FOLDSIGHT_STRIPE_KEY", "FOLDSIGHT_STRIPE_WEBHOOK_SECRET"
SITE = "FOLDSIGHT_SITE_URL"
_GUIDE = "docs/operators/billing.md."


@dataclass(frozen=True)
class BillingSettings:
    """An account at Stripe.

    Attributes
    ----------
    key : str
    webhook_secrets : tuple of str
    site : str
        Without a slash at its end.
    tax : bool
    api : str or None
    """

    key: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)
    site: str
    tax: bool = False
    api: str | None = None

    @property
    def live(self) -> bool:
        """Whether real money moves."""
        return "_live_" in self.key


def read_billing(environment: Mapping[str, str] = os.environ) -> BillingSettings | None:
    """Return what the environment says; None when it says nothing of Stripe.

    Raises
    ------
    BadRequest
        When it says half of it. No sentence holds a secret.
    """
    key = _secret(environment, KEY)
    if not key:
        return None
    secrets = tuple(part.strip() for part in _secret(environment, SECRET).split(",") if part.strip())
    site = environment.get(SITE, "").rstrip("/")
    if not key.startswith(("sk_", "rk_")):
        raise BadRequest(f"{KEY} is no secret key of Stripe.", hint="It begins with sk_ or rk_.")
    if not secrets or not all(part.startswith("whsec_") for part in secrets):
        raise BadRequest(f"{SECRET} is no signing secret.", hint=f"It begins with whsec_; {_GUIDE}")
    place = urlsplit(site)
    if place.scheme not in ("http", "https") or not place.netloc:
        raise BadRequest(f"{SITE} is {site!r}.", hint="It is the URL of FoldSight, as browsers see it.")
    tax = environment.get("FOLDSIGHT_STRIPE_TAX", "off") == "on"
    return BillingSettings(key, secrets, site, tax, environment.get("FOLDSIGHT_STRIPE_API") or None)


def _secret(environment: Mapping[str, str], name: str) -> str:
    named = environment.get(f"{name}_FILE")
    if not named:
        return environment.get(name, "").strip()
    try:
        return Path(named).read_text("utf-8").strip()
    except (OSError, ValueError) as fault:
        raise BadRequest(f"{name}_FILE cannot be read: {type(fault).__name__}.", hint=_GUIDE) from None
