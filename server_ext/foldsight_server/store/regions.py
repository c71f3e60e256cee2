"""Regions: where the files of an organisation lie, and which workers compute for it.

A TOML file named by ``FOLDSIGHT_REGIONS``, one table for each region::

    [eu]
    objects = "s3://foldsight-eu/objects"   # where its files go, and nowhere else
    address = "tls://dask-eu:8786"          # its scheduler; left out: workers of the common
    ca = "/etc/foldsight/eu/ca.pem"         #   cluster that have the resource REGION_eu
    cert = "/etc/foldsight/eu/cert.pem"
    key = "/etc/foldsight/eu/key.pem"
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from foldsight.errors import BadFile

Name = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]{0,30}$")]


class Region(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One region."""

    objects: Annotated[str, msgspec.Meta(pattern="^(s3|gs|az|file)://.")]
    address: str | None = None
    ca: str | None = None
    cert: str | None = None
    key: str | None = None

    @property
    def tls(self) -> dict[str, str | None]:
        """Return the certificate files by the words of Dask."""
        return {"ca_file": self.ca, "cert": self.cert, "key": self.key}


def read_regions(environment: Mapping[str, str] = os.environ) -> dict[str, Region]:
    """Read the file that ``FOLDSIGHT_REGIONS`` names; without one there are none.

    Raises
    ------
    BadFile
        When it cannot be read, or two regions have the same place for files.
    """
    named = environment.get("FOLDSIGHT_REGIONS")
    if not named:
        return {}
    try:
        found = msgspec.convert(tomllib.loads(Path(named).read_text("utf-8")), dict[Name, Region])
    except (OSError, ValueError) as fault:  # msgspec's and tomllib's errors are ValueErrors
        raise BadFile(f"{named} cannot be read: {fault}.", hint="docs/operators/scaling.md.") from None
    places = [region.objects.rstrip("/") for region in found.values()]
    if len(set(places)) < len(places):
        raise BadFile(f"{named}: two regions have the same objects.", hint="Give each a bucket of its own.")
    return found


def require_known(regions: Mapping[str, Region], asked: Mapping[str, str | None], named: str) -> None:
    """Refuse organisations that are bound to a region that is not in the file.

    Raises
    ------
    BadFile
    """
    for who, region in asked.items():
        if region is not None and region not in regions:
            raise BadFile(
                f"{named}: {who} is bound to the region {region!r}, which FOLDSIGHT_REGIONS does not name.",
                hint=f"It names {', '.join(sorted(regions)) or 'none'}.",
            )
