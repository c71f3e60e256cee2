"""A scheduler that somebody else runs: where it is, and by which certificates it is spoken to.

=========================  ==============================================================
``FOLDSIGHT_DASK_ADDRESS``   ``tls://host:8786``; ``tcp://`` only for this very machine
``FOLDSIGHT_DASK_CA``        PEM file of the authority that signed the scheduler's certificate
``FOLDSIGHT_DASK_CERT``      PEM file of our certificate, by the same authority
``FOLDSIGHT_DASK_KEY``       PEM file of its key
=========================  ==============================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from foldsight.errors import BadRequest

_FILES = {"ca_file": "FOLDSIGHT_DASK_CA", "cert": "FOLDSIGHT_DASK_CERT", "key": "FOLDSIGHT_DASK_KEY"}
_HERE = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Address:
    """A scheduler's address and the paths of the client's certificate files."""

    url: str
    tls: Mapping[str, str] = field(default_factory=dict)


def read(environment: Mapping[str, str]) -> Address | None:
    """Return the scheduler that the environment names; None when it names none.

    Raises
    ------
    BadRequest
        When it is not encrypted and elsewhere, or a certificate is missing.
    """
    url = environment.get("FOLDSIGHT_DASK_ADDRESS")
    return checked(url, {part: environment.get(name) for part, name in _FILES.items()}) if url else None


def checked(url: str, files: Mapping[str, str | None]) -> Address:
    """Return an address that may be used.

    Raises
    ------
    BadRequest
    """
    place = urlsplit(url)
    if place.scheme == "tcp" and place.hostname in _HERE:
        return Address(url)
    if place.scheme != "tls" or not place.hostname:
        raise BadRequest(
            f"The Dask scheduler's address {url!r} is not encrypted.",
            hint="Use tls://host:port: whoever reaches a scheduler can run code on its workers.",
        )
    return Address(url, {part: _file(part, files.get(part)) for part in _FILES})


def _file(part: str, path: str | None) -> str:
    if not path:
        raise BadRequest(
            f"{_FILES[part]} is not set.", hint="A scheduler by tls:// needs all three PEM files."
        )
    if not Path(path).is_file():
        raise BadRequest(f"{_FILES[part]} names {path}, which is no file.")
    return path
