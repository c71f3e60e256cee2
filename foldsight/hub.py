"""Where the FoldSight service of a JupyterHub is, as seen from a user's server on it."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from urllib.parse import quote, urlsplit, urlunsplit

from foldsight.errors import ServiceUnavailable

#: Name of the service on the Hub.
SERVICE = os.environ.get("FOLDSIGHT_SERVICE_NAME", "foldsight")
#: Times that a Hub which does not answer is asked.
_TRIES = 3


def on_a_hub(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this process runs in a user's server on a Hub."""
    told = {"JUPYTERHUB_USER", "JUPYTERHUB_API_TOKEN", "JUPYTERHUB_API_URL"} <= environment.keys()
    return told and "JUPYTERHUB_SERVICE_NAME" not in environment  # which services have


def service_url(environment: Mapping[str, str] = os.environ) -> str | None:
    """Return where the Hub's FoldSight service is.

    ``FOLDSIGHT_SERVICE_URL`` says it, or else the Hub does, if the server's token has the scope
    ``read:services!service=foldsight``.

    Returns
    -------
    str or None
        Without the interface's own path; None off a Hub and on one that has no such service.

    Raises
    ------
    ServiceUnavailable
        When the Hub does not answer: whether there is a service cannot be known then.
    """
    if not on_a_hub(environment):
        return None
    told = environment.get("FOLDSIGHT_SERVICE_URL")
    return told.rstrip("/") if told else _asked(environment)


def _asked(environment: Mapping[str, str]) -> str | None:
    import httpx

    url = f"{environment['JUPYTERHUB_API_URL'].rstrip('/')}/services/{quote(SERVICE)}"
    headers = {"Authorization": f"token {environment['JUPYTERHUB_API_TOKEN']}"}
    for left in reversed(range(_TRIES)):
        try:
            answer = httpx.get(url, headers=headers, timeout=10, trust_env=False)
        except httpx.HTTPError as fault:
            kind = type(fault).__name__
        else:
            if answer.status_code < 500:
                return _place(answer.json(), url) if answer.status_code == 200 else None
            kind = str(answer.status_code)
        if left:
            time.sleep(1.0)
    raise ServiceUnavailable(f"The Hub at {url} does not answer ({kind}).", hint="Try again.")


def _place(model: Mapping[str, str], asked: str) -> str | None:
    """Return the service's address from the Hub's model of it: its host, under its prefix."""
    if not model.get("url"):
        return None
    place, hub = urlsplit(model["url"]), urlsplit(asked)
    # A service that listens everywhere is found where the Hub is.
    host = hub.hostname if place.hostname in ("0.0.0.0", "::") else place.hostname
    port = f":{place.port}" if place.port else ""
    return urlunsplit((place.scheme, f"{host}{port}", model["prefix"].rstrip("/"), "", ""))
